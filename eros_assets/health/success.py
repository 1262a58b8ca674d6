"""The success criteria of EROS, each with its target and the value observed."""

from collections.abc import Sequence
from dataclasses import dataclass

from eros_assets.health.limits import HealthLimits
from eros_assets.health.scores import Improvement
from eros_assets.health.work import Work

DUPLICATES = "no_caption_reserved_twice"


@dataclass(frozen=True, slots=True)
class Figure:
    """One criterion; `holds` is None where it isn't known yet."""

    name: str
    target: str
    seen: str
    holds: bool | None


def success_figures(
    score: float,
    violations: Sequence[str],
    work: Work,
    improvement: Improvement | None,
    target: float,
    limits: HealthLimits,
) -> list[Figure]:
    """All of them, of one check of the system.

    Args:
        score: health, 0 to 100.
        violations: sentences of broken conditions of integrity.
        work: the last 24 hours.
        improvement: EMV of treatment over control.
        target: what that is to be, relative.
        limits: from the tuning.
    """
    duplicates = sum(sentence.startswith(DUPLICATES) for sentence in violations)
    corruptions = len(violations) - duplicates
    p95, emv = work.p95_seconds, improvement.value if improvement else None
    return [
        Figure(
            "health", f"over {limits.healthy_score:g}", f"{score:.1f}", score > limits.healthy_score
        ),
        Figure(
            "queries, 95 %",
            f"under {limits.query_max_seconds:g} s",
            "none today" if p95 is None else f"{p95:.2f} s",
            None if p95 is None else p95 < limits.query_max_seconds,
        ),
        Figure("duplicate reservations", "none", "found" if duplicates else "none", not duplicates),
        Figure(
            "corrupt data",
            "none",
            f"{corruptions} kinds" if corruptions else "none",
            not corruptions,
        ),
        Figure(
            "cost of a day",
            f"under {limits.good_cost_usd_day:g} USD",
            f"{work.cost_usd:.2f} USD",
            work.cost_usd < limits.good_cost_usd_day,
        ),
        Figure(
            "EMV over the control arm",
            f"over {target:+.0%}",
            "not measured yet" if emv is None else f"{emv:+.1%}",
            None if emv is None else emv > target,
        ),
    ]
