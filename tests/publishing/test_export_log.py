"""The newest rows of the export log are those of what people find, whatever the clocks say."""

import datetime as dt
from threading import Event, Thread

import pytest

from eros_assets.gate import Finding, verdict
from eros_assets.publishing import publication
from eros_assets.publishing.export_log import Attempt, Outcome
from eros_assets.publishing.publication import publish_files
from eros_assets.publishing.status import week_status
from tests.assets.installed import WEEK, Installed

NOW = dt.datetime(2025, 11, 3, 18, tzinfo=dt.UTC)
SAID = Outcome("sched_20251103_ana_00000000", "ana", None, 1, None, "succeeded")


@pytest.fixture(autouse=True)
def open_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    def passed(*_: object, **__: object) -> tuple[Finding, ...]:
        return (Finding("gate", "It is open.", (), 0),)

    monkeypatch.setattr(verdict, "gate_findings", passed)


def take_back_a_page(agency: Installed) -> None:
    agency.change(
        "UPDATE `${dataset}.schedule_recommendations` SET is_active = FALSE, "
        "status = 'superseded' WHERE page_name = (SELECT MIN(page_name) FROM "
        "`${dataset}.schedule_recommendations` WHERE is_active)"
    )


def said_of_files(agency: Installed) -> str:
    [_, published] = week_status(agency.dataset, WEEK)
    return published


def publish(agency: Installed, run_id: str = "test") -> None:
    publish_files(agency.dataset, WEEK, run_id=run_id, report=lambda _: None)


def test_a_clock_that_went_back_hides_no_publication(agency: Installed) -> None:
    agency.change(
        "UPDATE `${dataset}.schedule_export_log` "
        "SET exported_at = TIMESTAMP_ADD(exported_at, INTERVAL 365 DAY) WHERE TRUE"
    )
    take_back_a_page(agency)
    assert "1 of them no longer in force" in said_of_files(agency)
    for _ in range(2):
        publish(agency)
        assert said_of_files(agency).endswith(" schedules.")
        assert "no longer" not in said_of_files(agency)


MICROSECOND = dt.timedelta(microseconds=1)


@pytest.mark.parametrize(
    "later",
    [dt.timedelta(days=-400), -MICROSECOND, dt.timedelta(0), MICROSECOND, dt.timedelta(days=1)],
)
def test_each_attempt_is_logged_later_than_those_before_it(
    agency: Installed, later: dt.timedelta
) -> None:
    dataset, begun = agency.dataset, NOW + later
    Attempt("sheets", WEEK, "first", begun_at=NOW).log(dataset, [SAID])
    second = Attempt("sheets", WEEK, "second", begun_at=begun)
    logged = second.log(dataset, [SAID])["exported_at"].iloc[0]
    assert logged == max(begun, NOW + MICROSECOND)
    other_week = Attempt("sheets", WEEK + dt.timedelta(weeks=1), "third", begun_at=begun)
    assert other_week.log(dataset, [SAID])["exported_at"].iloc[0] == begun

    second.log(dataset, [SAID, SAID])  # a second call replaces its rows
    assert len(dataset.rows("schedule_export_log", run_id="second")) == 2


def test_the_one_that_waited_for_the_week_is_the_newest(
    shared_agency: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It began before the other, and publishes after it what is in force by then."""
    agency, begun, free = shared_agency, Event(), Event()
    lock = publication.week_lock

    def held(*arguments: object) -> object:
        if not begun.is_set():
            begun.set()
            assert free.wait(60)
        return lock(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(publication, "week_lock", held)
    waiting = Thread(target=publish, args=(agency, "waited"))
    waiting.start()
    assert begun.wait(60)
    publish(agency, "overtook")
    take_back_a_page(agency)
    free.set()
    waiting.join(60)
    assert not waiting.is_alive()
    assert "no longer in force" not in said_of_files(agency)
    rows = agency.dataset.rows("schedule_export_log", destination="csv")
    newest = rows[rows["exported_at"] == rows["exported_at"].max()]
    assert set(newest["run_id"]) == {"waited"}
