"""An hourly check reads again only what may have changed since the last one."""

import datetime as dt

import pytest

from benchmarks.bills import Bill, bill_of
from eros_assets.dataset import Dataset
from eros_assets.gate import Finding
from eros_assets.health import observations
from eros_assets.health.limits import limits_of
from eros_assets.health.observations import (
    Observations,
    newest_observations,
    observed,
    state_of,
)
from eros_assets.tuning import read_knobs
from tests.assets.installed import Installed
from tests.gate.swift import PASSED

REHEARSAL = "rehearse select_captions_for_creator"


@pytest.fixture
def rehearsed(monkeypatch: pytest.MonkeyPatch) -> list[dt.date]:
    """The weeks for which the smoke tests were asked meanwhile; they pass at once."""
    weeks: list[dt.date] = []

    def asked(_: Dataset, week_start: dt.date) -> tuple[Finding, ...]:
        weeks.append(week_start)
        return PASSED

    monkeypatch.setattr(observations, "smoke_findings", asked)
    return weeks


def run_check(agency: Installed) -> tuple[list[str], Bill]:
    """What a health check ran, and what BigQuery would bill for it."""
    since = dt.datetime.now(dt.UTC)
    agency.run("health_check")
    jobs = agency.dataset.warehouse.jobs(since)
    bills = [bill_of(agency.dataset, job) for job in jobs]
    return [job.statement for job in jobs], sum(bills, Bill())


def test_a_check_reads_no_table_that_has_not_changed_since_the_last_one(
    agency: Installed,
) -> None:
    first, _ = run_check(agency)
    assert REHEARSAL in first
    scores = agency.query("SELECT h.health_score FROM `${dataset}.system_health` AS h")

    second, bill = run_check(agency)
    assert REHEARSAL not in second
    assert not [statement for statement in second if "message_facts" in statement]
    # The job log, which is no table of the dataset, is a job and a table more.
    whole = bill + Bill(1, 1)
    assert whole.jobs <= 12
    assert whole.usd < 0.0003
    again = agency.query("SELECT h.health_score FROM `${dataset}.system_health` AS h")
    assert list(again["health_score"]) == [scores["health_score"].iloc[0]] * 2

    agency.change("UPDATE `${dataset}.creators` SET display_name = 'New' WHERE TRUE")
    third, _ = run_check(agency)
    assert REHEARSAL in third


def test_what_is_wrong_is_looked_at_again_although_nothing_changed(
    agency: Installed, rehearsed: list[dt.date]
) -> None:
    dataset, planned_at = agency.dataset, agency.dataset.planning_instant()
    agency.change("DELETE FROM `${dataset}.message_facts` WHERE row_id < 100")
    seen, state = observed(dataset, planned_at)
    assert seen.violations
    remembered = newest_observations({"state": state, "observations": seen.as_text()})
    assert remembered is not None
    rehearsed.clear()
    assert observed(dataset, planned_at, remembered)[0].violations == seen.violations
    assert rehearsed


def test_a_new_day_is_looked_at_whole_after_the_daily_update(
    agency: Installed, rehearsed: list[dt.date]
) -> None:
    """At 03:00; at midnight on a Monday too, when other weeks come in sight."""
    dataset, midnight = agency.dataset, agency.dataset.planning_instant()
    hours = dt.timedelta(hours=1)
    noon = midnight + 12 * hours
    seen, state = observed(dataset, noon)
    remembered = newest_observations({"state": state, "observations": seen.as_text()})

    def is_remembered(at: dt.datetime) -> bool:
        rehearsed.clear()
        other = observed(dataset, at, remembered)[1] != state
        assert bool(rehearsed) is other
        return not other

    assert is_remembered(noon + 14.5 * hours)
    assert not is_remembered(noon + 15.5 * hours)
    monday = midnight - dt.timedelta(days=midnight.weekday())
    assert state_at(dataset, monday + 0.5 * hours) != state_at(dataset, monday - 0.5 * hours)


def state_at(dataset: Dataset, planned_at: dt.datetime) -> str:
    return state_of(dataset, planned_at, limits_of(read_knobs(dataset)))


def test_observations_of_another_version_are_not_taken_over() -> None:
    assert Observations.of_text("{}") is None
    assert Observations.of_text("None") is None
    assert newest_observations(None) is None
    assert newest_observations({"state": "a", "observations": '{"knobs": {}}'}) is None
