"""The rollback decision matrix, row by row and at its borders."""

from dataclasses import replace
from typing import Any

import pytest

from eros_assets.health.decision import Decision, decide
from eros_assets.health.work import Work
from tests.health.limits import LIMITS

QUIET = Work(operations=1000, failures=[], p95_seconds=1.0, slowdown=0.0, cost_usd=1.0)


def decided(
    score: float = 100, corruption: tuple[str, ...] = (), faults: tuple[str, ...] = (), **work: Any
) -> Decision:
    return decide(score, replace(QUIET, **work), corruption, faults, LIMITS)


def test_all_is_well() -> None:
    assert decided() == Decision("OK", [])


@pytest.mark.parametrize(
    ("seen", "verdict", "reason"),
    [
        ({"score": 69.9}, "ROLLBACK", "health 69.9 is under 70"),
        ({"score": 70.0}, "OK", None),
        ({"cost_usd": 100.01}, "ROLLBACK", "cost 100.01 USD"),
        ({"cost_usd": 100.0}, "OK", None),
        ({"failures": ["x"] * 101}, "ROLLBACK", "10.1% of operations failed"),
        ({"failures": ["x"] * 100}, "OK", None),
        ({"failures": ["x"] * 6, "operations": 6}, "OK", None),
        ({"corruption": ("caption 7 twice",)}, "ROLLBACK", "data corruption: caption 7 twice"),
        ({"slowdown": 0.51}, "INVESTIGATE", "51% slower than before"),
        ({"slowdown": 0.50}, "OK", None),
        ({"slowdown": None}, "OK", None),
        ({"faults": ("smoke_selector: down",)}, "INVESTIGATE", "smoke_selector: down"),
    ],
)
def test_each_row(seen: dict[str, Any], verdict: str, reason: str | None) -> None:
    decision = decided(**seen)
    assert decision.verdict == verdict
    assert len(decision.reasons) == (0 if reason is None else 1)
    if reason:
        assert reason in decision.reasons[0]


def test_a_rollback_outweighs_a_look_and_both_are_said() -> None:
    decision = decided(score=10, slowdown=2.0, corruption=("lost rows",))
    assert decision.verdict == "ROLLBACK"
    assert len(decision.reasons) == 3
    assert "slower" in decision.reasons[-1]
