"""Dagster's records of old runs go, those of others stay."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage

from eros_assets.automation import old_runs
from eros_assets.automation.old_runs import KEPT_DAYS, OTHERS_KEPT_DAYS, remove_old_runs
from eros_assets.automation.schedules import SCHEDULES
from tests.automation.runs import queued_instance, run_of, status_of


@dg.asset
def looked_at() -> None: ...


HEALTH = dg.define_asset_job("health_check", selection=[looked_at])
WEEK = dg.define_asset_job("weekly_schedules", selection=[looked_at])
JOBS = dg.Definitions(assets=[looked_at], jobs=[HEALTH, WEEK])


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with queued_instance() as made:
        yield made


def ended(instance: dg.DagsterInstance, job: str) -> str:
    """The id of a run of the job that has just succeeded, with events and a log."""
    run_id = JOBS.resolve_job_def(job).execute_in_process(instance=instance).run_id
    log = Path(instance.storage_directory()) / run_id / "compute_logs" / "step.out"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text("said\n", encoding="utf-8")
    return run_id


def files(instance: dg.DagsterInstance, run_id: str) -> list[str]:
    folder = Path(instance.root_directory)
    return sorted(str(each.relative_to(folder)) for each in folder.rglob(f"*{run_id}*"))


def ids(instance: dg.DagsterInstance) -> set[str]:
    return {run.run_id for run in instance.get_runs()}


def in_days(days: float) -> dt.datetime:
    return dt.datetime.now(dt.UTC) + dt.timedelta(days=days)


def test_checks_of_health_go_after_a_month_with_their_files_and_weeks_stay(
    instance: dg.DagsterInstance,
) -> None:
    assert isinstance(instance.event_log_storage, SqliteEventLogStorage)
    health, week = ended(instance, "health_check"), ended(instance, "weekly_schedules")
    under_way = run_of(instance)
    assert files(instance, health)
    kept = files(instance, week)
    assert remove_old_runs(instance, in_days(KEPT_DAYS["health_check"] - 0.1)) == 0
    assert remove_old_runs(instance, in_days(KEPT_DAYS["health_check"] + 0.1)) == 1
    assert ids(instance) == {week, under_way.run_id}
    assert files(instance, health) == []
    assert files(instance, week) == kept
    newest = instance.get_latest_materialization_event(looked_at.key)
    assert newest is not None
    assert newest.run_id == week
    assert instance.all_logs(week)
    assert remove_old_runs(instance, in_days(OTHERS_KEPT_DAYS + 0.1)) == 1
    assert status_of(instance, under_way) is dg.DagsterRunStatus.STARTED


def test_it_goes_on_where_it_stopped_oldest_first(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(old_runs, "MOST_AT_ONCE", 2)
    runs = [ended(instance, "health_check") for _ in range(3)]
    later = in_days(OTHERS_KEPT_DAYS + 1)
    assert remove_old_runs(instance, later) == 2
    assert ids(instance) == {runs[-1]}
    assert remove_old_runs(instance, later) == 1
    assert remove_old_runs(instance, later) == 0


def test_the_jobs_that_it_names_are_started_by_the_clock() -> None:
    assert KEPT_DAYS.keys() <= {schedule.job_name for schedule in SCHEDULES}
