"""The graph keeps itself current while `keep_current` is on, and the others rest meanwhile."""

import datetime as dt
import json
from collections.abc import Iterator

import dagster as dg
import pytest
from dagster._core.remote_origin import (
    InProcessCodeLocationOrigin,
    RemoteInstigatorOrigin,
    RemoteRepositoryOrigin,
)
from dagster._core.scheduler.instigation import InstigatorState, InstigatorStatus, InstigatorType
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin

from eros_assets.automation.keep_current import (
    BEFORE_THE_WEEK,
    CONDITIONS,
    KEPT_CURRENT,
    LEARNED,
    PLANNED,
    keep_current,
    keeps_itself_current,
)
from eros_assets.automation.schedules import daily_caption_update, weekly_schedules
from eros_assets.automation.sensors import new_history
from eros_assets.definitions import build_definitions
from eros_assets.resources import WarehouseResource
from eros_assets.settings import load_settings
from eros_assets.weekly.weeks import SPAN_FILE

# Far ahead: Dagster counts partitions from the present on, which no test can set.
FRIDAY = dt.datetime(2071, 11, 27, 12, tzinfo=dt.UTC)
SUNDAY_EVENING = dt.datetime(2071, 11, 30, 3, tzinfo=dt.UTC)  # 19:00 in Los Angeles
WEEK = "2071-11-30"
CHECKED = {
    "message_facts": "facts_and_quarantine_are_the_input",
    "analyze_creator_performance": "routines_are_those_of_sql",
}


class Graph:
    """The graph of an installation whose coming week is `WEEK`, ticked by its conditions."""

    def __init__(self, definitions: dg.Definitions, instance: dg.DagsterInstance) -> None:
        self.definitions = definitions
        self._instance = instance
        self._cursor: dg.AssetDaemonCursor | None = None

    def happens(self, *names: str) -> None:
        for name in names:
            self._instance.report_runless_asset_event(dg.AssetMaterialization(name))

    def is_checked(self, asset: str, *, passed: bool) -> None:
        key = dg.AssetKey(asset)
        event = dg.AssetCheckEvaluation(
            asset_key=key, check_name=CHECKED[asset], passed=passed, metadata={}, blocking=True
        )
        self._instance.report_runless_asset_event(event)

    def requested(self, at: dt.datetime) -> dict[str, set[str]]:
        """The assets that a tick requests, with their weeks."""
        result = dg.evaluate_automation_conditions(
            defs=self.definitions,
            instance=self._instance,
            asset_selection=keep_current.asset_selection,
            evaluation_time=at,
            cursor=self._cursor,
        )
        self._cursor = result.cursor
        return {
            found.key.to_user_string(): (
                set(found.true_subset.expensively_compute_partition_keys())
                if found.true_subset.is_partitioned
                else set()
            )
            for found in result.results
            if found.true_subset.size
        }

    def names(self, *groups: str) -> set[str]:
        graph = self.definitions.resolve_asset_graph()
        keys = dg.AssetSelection.groups(*groups).resolve(graph)
        return {key.to_user_string() for key in keys}


@pytest.fixture(scope="module")
def definitions(tmp_path_factory: pytest.TempPathFactory) -> dg.Definitions:
    """Of a short history: a tick looks at every week."""
    home = tmp_path_factory.mktemp("home")
    span = {"oldest": "2071-11-16T12:00:00+00:00", "newest": FRIDAY.isoformat()}
    (home / SPAN_FILE).write_text(json.dumps(span), encoding="utf-8")
    return build_definitions(load_settings({"env": "local", "home": home, "week": WEEK}))


@pytest.fixture
def graph(definitions: dg.Definitions) -> Iterator[Graph]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield Graph(definitions, instance)


def test_what_is_learned_follows_new_history_unless_a_check_fails(graph: Graph) -> None:
    assert graph.requested(FRIDAY) == {}
    graph.happens("mass_messages")
    facts = {"message_facts", "scheduled_messages", "quarantined_messages", "fitted_maturity"}
    facts |= {"message_days"}
    assert graph.requested(FRIDAY).keys() == facts
    graph.happens(*facts)
    graph.is_checked("analyze_creator_performance", passed=True)
    graph.is_checked("message_facts", passed=False)
    assert graph.requested(FRIDAY) == {}
    graph.is_checked("message_facts", passed=True)
    assert graph.requested(FRIDAY).keys() == graph.names(*LEARNED) - facts
    assert graph.requested(FRIDAY) == {}


def test_the_coming_week_is_planned_on_sunday_evening_once(graph: Graph) -> None:
    for asset in CHECKED:
        graph.is_checked(asset, passed=True)
    assert graph.requested(FRIDAY) == {}
    requested = graph.requested(SUNDAY_EVENING)
    assert {"weekly_volume_targets", "caption_selections"} <= requested.keys()
    assert requested.keys() <= graph.names(*PLANNED)
    # What people decide in the spreadsheet is of no week.
    requested_weeks = {week for weeks in requested.values() for week in weeks}
    assert requested_weeks - {None} == {WEEK}
    again = graph.requested(SUNDAY_EVENING + dt.timedelta(minutes=1))
    assert again.keys().isdisjoint(requested)


def test_a_week_is_not_planned_while_a_blocking_check_fails(graph: Graph) -> None:
    graph.is_checked("analyze_creator_performance", passed=True)
    graph.is_checked("message_facts", passed=False)
    assert graph.requested(FRIDAY) == {}
    assert "weekly_volume_targets" not in graph.requested(SUNDAY_EVENING)


def test_it_is_off_until_somebody_turns_it_on_and_then_replaces_the_others(graph: Graph) -> None:
    assert keep_current.default_status is dg.DefaultSensorStatus.STOPPED
    assert weekly_schedules.cron_schedule == BEFORE_THE_WEEK
    assert set(CONDITIONS) == {*LEARNED, *PLANNED}
    repository = graph.definitions.get_repository_def()
    with dg.instance_for_test() as instance:
        warehouse = WarehouseResource(settings=load_settings({"env": "local"}))
        schedule = dg.build_schedule_context(
            instance=instance, repository_def=repository, scheduled_execution_time=SUNDAY_EVENING
        )
        [request] = weekly_schedules.evaluate_tick(schedule).run_requests or []
        assert request.partition_key == WEEK
        assert not keeps_itself_current(instance)
        turn_on(instance)
        assert keeps_itself_current(instance)
        assert weekly_schedules.evaluate_tick(schedule).skip_message == KEPT_CURRENT
        assert daily_caption_update.evaluate_tick(schedule).skip_message is not None
        with dg.build_sensor_context(
            instance, repository_def=repository, resources={"warehouse": warehouse}
        ) as sensor:
            assert new_history.evaluate_tick(sensor).skip_message == KEPT_CURRENT


def turn_on(instance: dg.DagsterInstance) -> None:
    """Turn keep_current on, as the Dagster UI does."""
    location = InProcessCodeLocationOrigin(LoadableTargetOrigin(module_name="eros"), "eros")
    repository = RemoteRepositoryOrigin(location, "__repository__")
    origin = RemoteInstigatorOrigin(repository, keep_current.name)
    instance.add_instigator_state(
        InstigatorState(origin, InstigatorType.SENSOR, InstigatorStatus.RUNNING)
    )
