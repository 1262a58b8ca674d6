"""What counts in a day's figures, and what doesn't."""

import datetime as dt
from typing import Any

import pytest

from eros_assets.health.work import Work, is_refusal, work_done
from eros_assets.warehouse.protocol import Job
from tests.health.limits import LIMITS

NOW = dt.datetime(2025, 11, 4, 12, tzinfo=dt.UTC)
PROCEDURES = ("lock_caption_assignments", "select_captions_for_creator")


def job(hours_ago: float = 1, **more: Any) -> Job:
    values: dict[str, Any] = {
        "job_id": "j",
        "kind": "query",
        "statement": "SELECT",
        "started_at": NOW - dt.timedelta(hours=hours_ago),
        "duration_seconds": 1.0,
        "bytes_processed": 0,
        "rows": 0,
        "labels": {"asset": "message_facts"},
        "error": None,
    }
    return Job(**{**values, **more})


def work(*jobs: Job) -> Work:
    return work_done(jobs, NOW, PROCEDURES, LIMITS)


def test_failures_are_counted_over_the_day_s_own_operations() -> None:
    day = work(job(), job(), job(error="boom\nat line 2"), job(hours_ago=25, error="yesterday"))
    assert day.operations == 3
    assert day.error_rate == pytest.approx(1 / 3)
    assert day.failures == ["query at 2025-11-04 11:00 UTC: boom"]


@pytest.mark.parametrize(
    "labels",
    [
        {},
        {"asset": "smoke_tests", "purpose": "smoke"},
        {"asset": "system_health", "purpose": "health"},
    ],
    ids=["by hand", "a rehearsal", "watching"],
)
def test_what_is_not_eros_s_work_is_neither_operation_nor_failure(labels: dict[str, str]) -> None:
    day = work(job(labels=labels, error="boom", duration_seconds=500.0))
    assert (day.operations, day.failures, day.p95_seconds) == (0, [], None)
    assert day.error_rate is None


@pytest.mark.parametrize(
    ("error", "refused"),
    [
        ("lock_caption_assignments: caption 7 is reserved by sched_x", True),
        ("invalidQuery: Query error: lock_caption_assignments: there is no schedule x", True),
        ("procedure lock_caption_assignments is not deployed", False),
        ("procedure lock_caption_assignments line 7: Binder Error", False),
        ("some_other_thing: no", False),
        (None, False),
    ],
)
def test_a_procedure_that_says_no_has_not_failed(error: str | None, refused: bool) -> None:
    assert is_refusal(job(kind="call", error=error), PROCEDURES) is refused
    if error:
        assert len(work(job(kind="call", error=error)).failures) == (0 if refused else 1)


def test_cost_counts_everybody_s_bytes() -> None:
    tebibyte = 2**40
    day = work(
        job(bytes_processed=tebibyte),
        job(bytes_processed=tebibyte, labels={}),
        job(bytes_processed=tebibyte, labels={"asset": "x", "purpose": "smoke"}),
        job(bytes_processed=tebibyte, hours_ago=25),
    )
    assert day.cost_usd == pytest.approx(3 * 6.25)


def test_p95_is_the_value_that_95_of_100_do_not_exceed() -> None:
    assert work(*(job(duration_seconds=float(n)) for n in range(1, 101))).p95_seconds == 95
    assert work(job(duration_seconds=7.0)).p95_seconds == 7


def test_slower_is_told_from_the_same_statements_alone() -> None:
    usual = [job(hours_ago=30 + n, duration_seconds=2.0) for n in range(30)]
    other = [job(statement="LONG", duration_seconds=900.0) for _ in range(30)]
    slow = [job(duration_seconds=3.2) for _ in range(20)]
    assert work(*usual, *other, *slow).slowdown == pytest.approx(0.6)


def test_too_little_to_compare_is_unknown() -> None:
    usual = [job(hours_ago=30, duration_seconds=1.0)]
    assert work(*usual, *(job(duration_seconds=9.0) for _ in range(19))).slowdown is None
    assert work(*(job() for _ in range(50))).slowdown is None


def test_nothing_was_done() -> None:
    assert work() == Work(0, [], None, None, 0.0, [])


def test_the_slowest_statements_are_told_with_what_they_used_to_take() -> None:
    day = work(
        *(job(statement="SELECT facts\nFROM t", duration_seconds=s) for s in (4.0, 6.0)),
        *(job(hours_ago=48, statement="SELECT facts\nFROM t", duration_seconds=2.0),),
        job(statement="SELECT priors", duration_seconds=9.0),
        job(statement="SELECT nothing", duration_seconds=99.0, error="boom"),
    )
    told = [(s.statement, s.runs, s.seconds, s.usual_seconds) for s in day.slowest]
    assert told == [("SELECT facts", 2, 5.0, 2.0), ("SELECT priors", 1, 9.0, None)]
