"""Decides whether to roll back, by the rollback decision matrix.

| seen | decision |
| --- | --- |
| health under `min_health_score` (70) | ROLLBACK |
| cost over `max_cost_usd_day` (100 USD) in 24 h | ROLLBACK |
| error rate over `max_error_rate` (10 %) in 24 h | ROLLBACK |
| any data corruption | ROLLBACK |
| more than `max_slowdown` (50 %) slower than before | INVESTIGATE |
| a smoke test fails, routines are not those of sql/ | INVESTIGATE |
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from eros_assets.health.limits import HealthLimits
from eros_assets.health.scores import is_rate_known
from eros_assets.health.work import Work

Verdict = Literal["OK", "INVESTIGATE", "ROLLBACK"]


@dataclass(frozen=True, slots=True)
class Decision:
    """The decision and its reasons, those of the decision first; no reasons when it is OK."""

    verdict: Verdict
    reasons: Sequence[str]


def decide(
    score: float,
    work: Work,
    corruption: Sequence[str],
    faults: Sequence[str],
    limits: HealthLimits,
) -> Decision:
    """Apply the matrix; every row that applies gives a reason.

    Args:
        score: health, 0 to 100.
        work: the day's figures.
        corruption: violations of integrity.
        faults: failed smoke tests and differing routines.
        limits: the matrix's numbers.
    """
    rollback: list[str] = []
    if score < limits.min_health_score:
        rollback.append(f"health {score:.1f} is under {limits.min_health_score:g}")
    if work.cost_usd > limits.max_cost_usd_day:
        rollback.append(
            f"queries cost {work.cost_usd:.2f} USD in 24 h, over {limits.max_cost_usd_day:g}"
        )
    rate = work.error_rate
    if rate is not None and is_rate_known(work, limits) and rate > limits.max_error_rate:
        rollback.append(
            f"{rate:.1%} of operations failed in 24 h, over {limits.max_error_rate:.0%}"
        )
    rollback += [f"data corruption: {violation}" for violation in corruption]
    investigate = [f"to look into: {fault}" for fault in faults]
    if work.slowdown is not None and work.slowdown > limits.max_slowdown:
        investigate.append(
            f"{work.slowdown:.0%} slower than before, over {limits.max_slowdown:.0%}"
        )
    verdict: Verdict = "ROLLBACK" if rollback else "INVESTIGATE" if investigate else "OK"
    return Decision(verdict, [*rollback, *investigate])
