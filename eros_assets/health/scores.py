"""Scores five components from 0 to 20, with evidence, and combines them to a score of 0 to 100.

A component that can't be scored doesn't count: the score is scaled over the others.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from eros_assets.health.limits import HealthLimits
from eros_assets.health.work import Work

MOST = 20.0

Status = Literal["HEALTHY", "DEGRADED", "CRITICAL"]


@dataclass(frozen=True, slots=True)
class Component:
    """A score from 0 to 20, or None when it is not applicable, with its evidence."""

    name: str
    score: float | None
    evidence: Sequence[str]


@dataclass(frozen=True, slots=True)
class Improvement:
    """Relative EMV of treatment over control, minus 1, with its 95 % bounds; None: unknown."""

    value: float | None
    lower: float | None
    upper: float | None


@dataclass(frozen=True, slots=True)
class Supply:
    """The data and schedules that users have."""

    history_age_hours: float | None
    active_creators: int
    without_schedule: Sequence[str]
    expired_reservations: int


@dataclass(frozen=True, slots=True)
class Selector:
    """The selector's smoke test; `fault` None: it works and is fast enough."""

    seconds: float
    longest: float
    fault: str | None


def integrity(violations: Sequence[str]) -> Component:
    """20, or 0 with any violation."""
    found = list(violations) or ["no row lost, no caption reserved twice, no schedule changed"]
    return Component("integrity", 0.0 if violations else MOST, found)


def query_performance(work: Work, selector: Selector, limits: HealthLimits) -> Component:
    """20 when p95 and selector are within their limits; the worse of the two counts."""
    p95 = 1.0 if work.p95_seconds is None else _within(work.p95_seconds, limits.query_max_seconds)
    down = selector.fault is not None and selector.seconds < selector.longest
    chosen = 0.0 if down else _within(selector.seconds, selector.longest)
    told = "no job" if work.p95_seconds is None else f"{work.p95_seconds:.2f} s"
    speed = f"p95 of {work.operations} jobs in 24 h: {told}, under {limits.query_max_seconds:g} s"
    return Component(
        "query performance",
        MOST * min(p95, chosen),
        [
            f"{speed} wanted",
            selector.fault
            or f"selector: {selector.seconds:.2f} s, under {selector.longest:g} s wanted",
        ],
    )


def error_rate(work: Work, limits: HealthLimits) -> Component:
    """20 below the good rate, 0 from the worst rate, linear between them.

    Not applicable with fewer than `min_error_operations` jobs.
    """
    told = [f"{len(work.failures)} of {work.operations} operations failed in 24 h"]
    if not is_rate_known(work, limits):
        return Component("error rate", None, [f"{told[0]}: too few to tell", *work.failures[:3]])
    rate = work.error_rate or 0.0
    span = limits.max_error_rate - limits.good_error_rate
    share = (limits.max_error_rate - rate) / span if span > 0 else float(rate <= 0)
    return Component("error rate", MOST * _clamp(share), [*told, *work.failures[:3]])


def is_rate_known(work: Work, limits: HealthLimits) -> bool:
    """Whether there were enough operations for an error rate."""
    return work.operations >= max(limits.min_error_operations, 1)


def emv(improvement: Improvement | None) -> Component:
    """20 when the whole interval is above 0, 0 when it is below, else unknown."""
    if improvement is None or improvement.lower is None or improvement.upper is None:
        return Component("EMV", None, ["treatment against control: not measured yet"])
    interval = f"{improvement.lower:+.1%} to {improvement.upper:+.1%}"
    value = "" if improvement.value is None else f"{improvement.value:+.1%}, "
    told = f"treatment against control: {value}95 % interval {interval}"
    if improvement.lower > 0:
        return Component("EMV", MOST, [told])
    if improvement.upper < 0:
        return Component("EMV", 0.0, [told])
    return Component("EMV", None, [f"{told}: undecided"])


def availability(supply: Supply, limits: HealthLimits) -> Component:
    """20 when history is fresh, every creator scheduled, no reservation overdue; worst counts."""
    age = supply.history_age_hours
    fresh = 0.0 if age is None else _within(age, limits.history_max_age_hours)
    lacking = len(supply.without_schedule)
    scheduled = 1 - lacking / supply.active_creators if supply.active_creators else 0.0
    swept = 0.5 if supply.expired_reservations else 1.0
    names = ", ".join(supply.without_schedule[:5]) + (", ..." if lacking > 5 else "")
    return Component(
        "availability",
        MOST * min(fresh, _clamp(scheduled), swept),
        [
            "no message in the history"
            if age is None
            else f"newest message {age:.1f} h old, {limits.history_max_age_hours:g} h allowed",
            f"{lacking} of {supply.active_creators} active creators without a schedule"
            + (f": {names}" if lacking else ""),
            f"{supply.expired_reservations} expired reservations left",
        ],
    )


def health_score(components: Sequence[Component]) -> float:
    """0 to 100, over the applicable components; 0 when none is applicable."""
    known = [component.score for component in components if component.score is not None]
    return 100 * sum(known) / (MOST * len(known)) if known else 0.0


def health_status(score: float, limits: HealthLimits) -> Status:
    """HEALTHY above the healthy score, CRITICAL below the least, DEGRADED between."""
    if score > limits.healthy_score:
        return "HEALTHY"
    return "CRITICAL" if score < limits.min_health_score else "DEGRADED"


def _within(value: float, limit: float) -> float:
    """1 below the limit; at it a half, falling to 0 at twice the limit."""
    return 1.0 if value < limit else _clamp(1 - value / (2 * limit))


def _clamp(share: float) -> float:
    return min(max(share, 0.0), 1.0)
