"""Each component's score says what the contract says, and the total counts what can be told."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eros_assets.health import scores
from eros_assets.health.scores import Component, Improvement, Selector, Supply
from eros_assets.health.work import Work
from tests.health.limits import LIMITS

QUIET = Work(operations=100, failures=[], p95_seconds=1.0, slowdown=None, cost_usd=0.1)
FAST = Selector(seconds=0.5, longest=2.0, fault=None)
WELL = Supply(history_age_hours=5, active_creators=10, without_schedule=[], expired_reservations=0)


def test_any_violation_leaves_no_integrity() -> None:
    assert scores.integrity([]).score == 20
    broken = scores.integrity(["caption 7 twice"])
    assert (broken.score, broken.evidence) == (0, ["caption 7 twice"])


@pytest.mark.parametrize(
    ("p95", "selector", "score"),
    [
        (29.9, FAST, 20),
        (None, FAST, 20),
        (30.0, FAST, 10),
        (45.0, FAST, 5),
        (60.0, FAST, 0),
        (1.0, replace(FAST, seconds=2.0, fault="took 2.00 s"), 10),
        (1.0, replace(FAST, seconds=3.0, fault="took 3.00 s"), 5),
        (1.0, Selector(0.0, 2.0, "WarehouseError: not deployed"), 0),
    ],
)
def test_performance_is_the_worse_of_jobs_and_selector(
    p95: float | None, selector: Selector, score: float
) -> None:
    component = scores.query_performance(replace(QUIET, p95_seconds=p95), selector, LIMITS)
    assert component.score == pytest.approx(score)


@pytest.mark.parametrize(("failed", "score"), [(0, 20), (10, 20), (55, 10), (100, 0), (400, 0)])
def test_error_rate_falls_from_one_to_ten_percent(failed: int, score: float) -> None:
    work = replace(QUIET, operations=1000, failures=["boom"] * failed)
    assert scores.error_rate(work, LIMITS).score == pytest.approx(score)


def test_one_failure_of_a_few_operations_is_no_rate() -> None:
    """A night with six jobs and a hiccup must not ask for a rollback."""
    component = scores.error_rate(replace(QUIET, operations=6, failures=["boom"]), LIMITS)
    assert component.score is None
    assert "too few" in component.evidence[0]
    assert "boom" in component.evidence


@pytest.mark.parametrize(
    ("improvement", "score"),
    [
        (None, None),
        (Improvement(None, None, None), None),
        (Improvement(0.2, -0.01, 0.4), None),
        (Improvement(0.2, 0.01, 0.4), 20),
        (Improvement(-0.2, -0.4, -0.01), 0),
    ],
)
def test_emv_counts_when_it_is_decided(
    improvement: Improvement | None, score: float | None
) -> None:
    assert scores.emv(improvement).score == score


@pytest.mark.parametrize(
    ("change", "score"),
    [
        ({}, 20),
        ({"history_age_hours": 35.9}, 20),
        ({"history_age_hours": 36.0}, 10),
        ({"history_age_hours": 80.0}, 0),
        ({"history_age_hours": None}, 0),
        ({"without_schedule": ["a", "b"]}, 16),
        ({"expired_reservations": 1}, 10),
        ({"active_creators": 0}, 0),
    ],
)
def test_availability_is_its_worst_part(change: dict[str, object], score: float) -> None:
    supply = replace(WELL, **change)  # type: ignore[arg-type]
    assert scores.availability(supply, LIMITS).score == pytest.approx(score)


@given(st.lists(st.none() | st.floats(0, 20), max_size=5))
def test_the_total_is_the_mean_of_what_applies(values: list[float | None]) -> None:
    total = scores.health_score([Component("c", value, []) for value in values])
    known = [value for value in values if value is not None]
    assert 0 <= total <= 100
    assert total == pytest.approx(5 * sum(known) / len(known) if known else 0)


@pytest.mark.parametrize(
    ("score", "status"),
    [(100, "HEALTHY"), (90.1, "HEALTHY"), (90, "DEGRADED"), (70, "DEGRADED"), (69.9, "CRITICAL")],
)
def test_above_ninety_is_healthy(score: float, status: str) -> None:
    assert scores.health_status(score, LIMITS) == status
