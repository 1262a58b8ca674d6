"""Sensors lose nothing, repeat nothing, and never take a failed read for nothing new."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from eros_assets.alerts import AlertError
from eros_assets.assets.week import WEEKLY
from eros_assets.automation import sensors
from eros_assets.automation.sensors import (
    failed_checks,
    failed_runs,
    health_turns,
    new_history,
    new_schedule,
)
from eros_assets.definitions import build_definitions, resources_of
from eros_assets.resources import AlertsResource
from eros_assets.settings import Settings, load_settings
from eros_assets.warehouse.duckdb.storage import storage_of
from eros_assets.warehouse.protocol import WarehouseError
from tests.assets.installed import Installed
from tests.automation.loopback import Slack, slack

WEEKS = ("2025-11-03", "2025-11-10", "2025-11-17")


@dg.asset(name="active_caption_assignments", partitions_def=WEEKLY)
def locked() -> None: ...


@dg.asset(name="schedule_csv", partitions_def=WEEKLY, deps=[locked])
def exported() -> None: ...


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as made:
        yield made


@pytest.fixture
def workspace(monkeypatch: pytest.MonkeyPatch) -> Iterator[Slack]:
    monkeypatch.setenv("EROS_SLACK_TOKEN", "xoxb-token")
    with slack() as kept:
        yield kept


@cache
def repository(today: str | None = WEEKS[-1]) -> dg.RepositoryDefinition:
    """The jobs that sensors ask for; a tick brings resources of its own."""
    settings = {"env": "local", "home": Path(__file__).parent / "no home", "today": today}
    return build_definitions(load_settings(settings)).get_repository_def()


def tick(
    sensor: dg.SensorDefinition,
    instance: dg.DagsterInstance,
    cursor: str | None,
    settings: Settings | None = None,
    today: str | None = WEEKS[-1],
) -> Any:
    with dg.build_sensor_context(
        instance=instance,
        cursor=cursor,
        repository_def=repository(today),
        resources={
            name: resource
            for name, resource in (resources_of(settings) if settings else {}).items()
            if name in sensor.required_resource_keys
        },
    ) as context:
        return sensor.evaluate_tick(context)


def installation(folder: Path, workspace: Slack | None = None, **more: Any) -> Settings:
    told = {"slack_channel": "#eros", "slack_endpoint": workspace.address} if workspace else {}
    return Settings(home=folder, env="local", **told, **more)


# New history


def test_history_that_changed_is_learned_from_once(agency: Installed) -> None:
    settings = agency.dataset.settings
    first = tick(new_history, agency.instance, None, settings)
    assert not first.run_requests, "its facts are newer than the history"
    agency.change(
        "INSERT INTO `${dataset}.mass_messages` SELECT m.* REPLACE (-1 AS row_id) "
        "FROM `${dataset}.mass_messages` AS m LIMIT 1"
    )
    second = tick(new_history, agency.instance, first.cursor, settings)
    [request] = second.run_requests
    assert request.partition_key is None, "facts and statistics have no weeks"
    [again] = tick(new_history, agency.instance, first.cursor, settings).run_requests
    assert again.run_key == request.run_key, "a daemon that restarts repeats its last tick"
    third = tick(new_history, agency.instance, second.cursor, settings)
    assert not third.run_requests
    assert "as it was" in third.skip_message


def test_a_failed_read_ends_the_tick_and_is_not_nothing_new(shared_agency: Installed) -> None:
    """The cursor stays, so that the next tick that can read sees the change."""
    settings = shared_agency.dataset.settings
    first = tick(new_history, shared_agency.instance, None, settings)
    file = settings.warehouse_file
    storage_of(file).close()
    content = file.read_bytes()
    file.write_bytes(b"not a database" * 1000)
    with pytest.raises(WarehouseError, match="can't be opened"):
        tick(new_history, shared_agency.instance, first.cursor, settings)
    file.write_bytes(content)
    assert not tick(new_history, shared_agency.instance, first.cursor, settings).run_requests


def test_no_table_is_said_and_leaves_the_cursor(tmp_path: Path, instance: Any) -> None:
    result = tick(new_history, instance, None, installation(tmp_path))
    assert "does not exist" in result.skip_message
    assert result.cursor is None


# Exports


def test_several_weeks_between_two_ticks_are_all_exported(instance: dg.DagsterInstance) -> None:
    for week in WEEKS:
        dg.materialize([locked], partition_key=week, instance=instance)
    first = tick(new_schedule, instance, None)
    assert [request.partition_key for request in first.run_requests] == list(WEEKS)
    assert len({request.run_key for request in first.run_requests}) == len(WEEKS)
    assert not tick(new_schedule, instance, first.cursor).run_requests


def test_a_run_that_exports_itself_is_left_alone(instance: dg.DagsterInstance) -> None:
    dg.materialize([locked], partition_key=WEEKS[0], instance=instance)
    dg.materialize([locked, exported], partition_key=WEEKS[1], instance=instance)
    first = tick(new_schedule, instance, None)
    assert [request.partition_key for request in first.run_requests] == [WEEKS[0]]
    dg.materialize([locked], partition_key=WEEKS[1], instance=instance)
    second = tick(new_schedule, instance, first.cursor)
    assert [request.partition_key for request in second.run_requests] == [WEEKS[1]]


def test_a_week_that_a_rollback_could_not_publish_is_exported(
    instance: dg.DagsterInstance,
) -> None:
    dg.materialize([locked, exported], partition_key=WEEKS[0], instance=instance)
    first = tick(new_schedule, instance, None)
    assert not first.run_requests
    instance.report_runless_asset_event(dg.AssetMaterialization(locked.key, partition=WEEKS[0]))
    second = tick(new_schedule, instance, first.cursor)
    assert [request.partition_key for request in second.run_requests] == [WEEKS[0]]


def test_a_run_that_failed_before_its_exports_leaves_them_to_the_sensor(
    instance: dg.DagsterInstance,
) -> None:
    @dg.asset(name="schedule_csv", partitions_def=WEEKLY, deps=[locked])
    def breaks() -> None:
        raise OSError("the disk is full")

    dg.materialize(
        [locked, breaks], partition_key=WEEKS[0], instance=instance, raise_on_error=False
    )
    result = tick(new_schedule, instance, None)
    assert [request.partition_key for request in result.run_requests] == [WEEKS[0]]


@pytest.mark.parametrize("channel", ["schedule_sheet", "schedule_bucket"])
def test_a_run_whose_sheet_or_bucket_failed_leaves_them_to_the_sensor(
    instance: dg.DagsterInstance, channel: str
) -> None:
    works = [True]

    @dg.asset(name=channel, partitions_def=WEEKLY, deps=[locked])
    def publishes() -> None:
        if not works[-1]:
            raise OSError("it is not shared")

    assets = [locked, exported, publishes]
    dg.materialize(assets, partition_key=WEEKS[0], instance=instance)
    works.append(False)
    dg.materialize(assets, partition_key=WEEKS[1], instance=instance, raise_on_error=False)
    found = tick(new_schedule, instance, None)
    assert [request.partition_key for request in found.run_requests] == [WEEKS[1]]


def test_a_run_that_has_yet_to_export_is_waited_for(
    instance: dg.DagsterInstance,
) -> None:
    while_running: list[Any] = []

    @dg.asset(name="schedule_csv", partitions_def=WEEKLY, deps=[locked])
    def looks() -> None:
        while_running.append(tick(new_schedule, instance, None))

    dg.materialize([locked, looks], partition_key=WEEKS[0], instance=instance)
    [waits] = while_running
    assert not waits.run_requests
    assert "has yet to export" in waits.skip_message
    assert waits.cursor is None
    after = tick(new_schedule, instance, None)
    assert not after.run_requests
    assert after.cursor


def test_a_tick_that_is_repeated_asks_for_the_runs_that_were_asked_for(
    instance: dg.DagsterInstance,
) -> None:
    """A daemon that ends between a request and the new cursor; Dagster knows runs by their key."""
    dg.materialize([locked], partition_key=WEEKS[0], instance=instance)
    [first] = tick(new_schedule, instance, None).run_requests
    dg.materialize([locked], partition_key=WEEKS[1], instance=instance)
    repeated = tick(new_schedule, instance, None)
    assert first.run_key in {request.run_key for request in repeated.run_requests}
    assert len(repeated.run_requests) == 2
    dg.materialize([locked], partition_key=WEEKS[0], instance=instance)
    [changed] = tick(new_schedule, instance, repeated.cursor).run_requests
    assert changed.run_key != first.run_key, "the week was locked again since"


def test_events_that_cannot_be_read_are_exported_at_the_next_tick(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    dg.materialize([locked], partition_key=WEEKS[0], instance=instance)
    cursor = tick(new_schedule, instance, None).cursor
    dg.materialize([locked], partition_key=WEEKS[1], instance=instance)
    with monkeypatch.context() as failing:
        failing.setattr(type(instance), "fetch_materializations", broken_read)
        with pytest.raises(OSError, match="database is locked"):
            tick(new_schedule, instance, cursor)
    [request] = tick(new_schedule, instance, cursor).run_requests
    assert request.partition_key == WEEKS[1]


def broken_read(*_: object, **__: object) -> None:
    raise OSError("database is locked")


def test_more_events_than_a_tick_takes_are_exported_by_the_next_ones(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sensors, "EVENTS_A_TICK", 2)
    for week in WEEKS:
        dg.materialize([locked], partition_key=week, instance=instance)
    first = tick(new_schedule, instance, None)
    second = tick(new_schedule, instance, first.cursor)
    asked = [request.partition_key for request in [*first.run_requests, *second.run_requests]]
    assert asked == list(WEEKS)


def test_a_week_that_has_passed_is_not_exported(instance: dg.DagsterInstance) -> None:
    """The sensor may be turned on months later."""
    dg.materialize([locked], partition_key=WEEKS[0], instance=instance)
    result = tick(new_schedule, instance, None, today=None)
    assert not result.run_requests
    assert result.cursor


# Health


def check(instance: dg.DagsterInstance, verdict: str, *watched: str) -> None:
    @dg.asset(name="system_health")
    def system_health() -> dg.MaterializeResult[Any]:
        return dg.MaterializeResult(
            metadata={
                "decision": verdict,
                "health_score": 55.0,
                "reasons": dg.MetadataValue.json(["data corruption"]),
                "watched": dg.MetadataValue.json(list(watched)),
            }
        )

    dg.materialize([system_health], instance=instance)


@pytest.mark.parametrize("auto", [False, True])
def test_a_rollback_starts_by_itself_only_when_told_to(
    auto: bool, tmp_path: Path, instance: dg.DagsterInstance, workspace: Slack
) -> None:
    settings = installation(tmp_path, workspace, auto_rollback=auto)
    check(instance, "OK")
    first = tick(health_turns, instance, None, settings)
    assert not first.run_requests
    assert not workspace.messages
    check(instance, "ROLLBACK")
    second = tick(health_turns, instance, first.cursor, settings)
    assert len(second.run_requests or []) == (1 if auto else 0)
    [message] = workspace.messages
    assert "decision ROLLBACK" in message["text"]
    assert "data corruption" in message["text"]
    check(instance, "ROLLBACK")
    third = tick(health_turns, instance, second.cursor, settings)
    assert not third.run_requests
    assert len(workspace.messages) == 1


def test_a_creator_in_trouble_is_told(
    tmp_path: Path, instance: dg.DagsterInstance, workspace: Slack
) -> None:
    settings = installation(tmp_path, workspace)
    check(instance, "OK", "cook: RED: rest the page")
    result = tick(health_turns, instance, None, settings)
    check(instance, "OK", "cook: RED: rest the page")
    tick(health_turns, instance, result.cursor, settings)
    [message] = workspace.messages
    assert "cook: RED: rest the page" in message["text"]


def test_an_alert_that_nobody_took_is_told_at_the_next_tick(
    tmp_path: Path, instance: dg.DagsterInstance, workspace: Slack
) -> None:
    settings = installation(tmp_path, workspace)
    check(instance, "INVESTIGATE")
    workspace.error = "internal_error"
    with pytest.raises(AlertError, match="internal_error"):
        tick(health_turns, instance, None, settings)
    workspace.error = None
    tick(health_turns, instance, None, settings)
    assert len(workspace.messages) == 1


def test_a_rollback_does_not_wait_for_the_channels(
    tmp_path: Path, instance: dg.DagsterInstance, workspace: Slack
) -> None:
    settings = installation(tmp_path, workspace, auto_rollback=True)
    check(instance, "ROLLBACK")
    workspace.error = "internal_error"
    first = tick(health_turns, instance, None, settings)
    assert len(first.run_requests) == 1
    with pytest.raises(AlertError, match="internal_error"):
        tick(health_turns, instance, first.cursor, settings)
    workspace.error = None
    second = tick(health_turns, instance, first.cursor, settings)
    assert not second.run_requests
    [message] = workspace.messages
    assert "decision ROLLBACK" in message["text"]
    tick(health_turns, instance, second.cursor, settings)
    assert len(workspace.messages) == 1


# Runs and checks


def context_of(
    result: dg.ExecuteInProcessResult,
    instance: dg.DagsterInstance,
    name: str,
    alerts: AlertsResource,
) -> Any:
    run = instance.get_run_by_id(result.run_id)
    ends = (dg.DagsterEventType.RUN_FAILURE, dg.DagsterEventType.RUN_SUCCESS)
    [event] = [e for e in result.all_events if e.event_type in ends]
    return dg.build_run_status_sensor_context(
        sensor_name=name,
        dagster_instance=instance,
        dagster_run=run,
        dagster_event=event,
        resources={"alerts": alerts},
    )


def test_a_failed_run_is_told_with_its_cause(
    tmp_path: Path, instance: dg.DagsterInstance, workspace: Slack
) -> None:
    @dg.asset
    def choose_captions() -> None:
        raise ValueError("the bank is empty")

    result = dg.materialize([choose_captions], instance=instance, raise_on_error=False)
    settings = installation(tmp_path, workspace, ui_address="http://localhost:3000")
    alerts = AlertsResource(settings=settings)
    with context_of(result, instance, "failed_runs", alerts).for_run_failure() as context:
        failed_runs(context)
    [message] = workspace.messages
    assert "choose_captions: ValueError: the bank is empty" in message["text"]
    assert f"http://localhost:3000/runs/{result.run_id}" in message["text"]


def test_failed_error_checks_are_told_and_warnings_are_not(
    tmp_path: Path, instance: dg.DagsterInstance, workspace: Slack
) -> None:
    @dg.asset
    def page() -> None: ...

    def judged(name: str, passed: bool, severity: dg.AssetCheckSeverity) -> Any:
        @dg.asset_check(asset=page, name=name)
        def judge() -> dg.AssetCheckResult:
            return dg.AssetCheckResult(passed=passed, severity=severity, description=f"{name}!")

        return judge

    wrong = judged("wrong", False, dg.AssetCheckSeverity.ERROR)
    others = [
        judged("odd", False, dg.AssetCheckSeverity.WARN),
        judged("right", True, dg.AssetCheckSeverity.ERROR),
    ]
    alerts = AlertsResource(settings=installation(tmp_path, workspace))
    fine = dg.materialize([page, *others], instance=instance)
    with context_of(fine, instance, "failed_checks", alerts) as context:
        failed_checks(context)
    assert not workspace.messages
    bad = dg.materialize([page, wrong, *others], instance=instance)
    with context_of(bad, instance, "failed_checks", alerts) as context:
        failed_checks(context)
    [message] = workspace.messages
    assert "check wrong: wrong!" in message["text"]
    assert "odd" not in message["text"]


def test_without_a_channel_a_failed_run_is_told_to_nobody_without_an_error(
    tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    @dg.asset
    def broken() -> None:
        raise ValueError("no")

    result = dg.materialize([broken], instance=instance, raise_on_error=False)
    alerts = AlertsResource(settings=installation(tmp_path))
    with context_of(result, instance, "failed_runs", alerts).for_run_failure() as context:
        failed_runs(context)
