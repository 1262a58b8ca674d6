"""The success figures: at once, after a week, after four weeks."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from statistics import fmean

from eros_assets.acceptance.criterion import Criterion
from eros_assets.acceptance.installation import HealthSeen, Installation
from eros_assets.acceptance.lines import Answer, failed, none_of, passed, unknown
from eros_assets.acceptance.operations import HEALTH, NO_CRITICAL_ERROR, alerts_are_configured
from eros_assets.calendar import ZONE, la_date
from eros_assets.gate.findings import Finding
from eros_assets.health.limits import HealthLimits
from eros_assets.health.success import DUPLICATES
from eros_assets.health.work import Work

HOURLY = "health_check"
OVERDUE = dt.timedelta(hours=2)
"""A health check that runs each hour is missing when the newest is older."""

WEEKS = 4
EMV_TARGET = 0.10
"""Relative; `evaluation.arms` measures against the same, and brings numpy."""

RECENT_DAYS = 7
STABLE = 1.25
"""Most that the mean cost of the last days may be of the mean of the days before."""

NEGLIGIBLE_USD = 1.0
"""A mean cost of a day under this is stable, whatever it was before."""


def all_tests_pass(findings: Sequence[Finding]) -> Answer:
    """Every condition of the gate holds on what is in force."""
    return none_of(
        [finding.sentence for finding in findings if not finding.passed],
        f"{len(findings)} conditions hold: {', '.join(finding.name for finding in findings)}",
    )


def cost_is_low(work: Work | None, limits: HealthLimits) -> Answer:
    """A day's queries cost less than the target."""
    if work is None:
        return unknown("no job was logged yet: run make week")
    told = f"{work.cost_usd:.4f} USD in 24 h, under {limits.good_cost_usd_day:g} wanted"
    return passed(told) if work.cost_usd < limits.good_cost_usd_day else failed(told)


def queries_are_fast(work: Work | None, limits: HealthLimits) -> Answer:
    """95 % of the day's statements took less than the limit."""
    if work is None or work.p95_seconds is None:
        return unknown("no statement ran in 24 h: run make week")
    told = (
        f"95 % of {work.operations} operations took at most {work.p95_seconds:.2f} s, under "
        f"{limits.query_max_seconds:g} wanted"
    )
    return passed(told) if work.p95_seconds < limits.query_max_seconds else failed(told)


def no_caption_is_assigned_twice(corruption: Sequence[str]) -> Answer:
    """No two active reservations of one caption lie within the reservation days."""
    twice = [sentence for sentence in corruption if sentence.startswith(DUPLICATES)]
    return none_of(twice, "0 pairs of reservations of one caption too close together")


def nothing_is_corrupt(corruption: Sequence[str]) -> Answer:
    """Facts, schedules in force and reservations agree."""
    others = [sentence for sentence in corruption if not sentence.startswith(DUPLICATES)]
    return none_of(others, "facts, schedules in force and reservations agree: 0 conditions broken")


def is_monitored(newest: HealthSeen | None, now: dt.datetime, on: Collection[str]) -> Answer:
    """The hourly health check is turned on, and its newest result is recent."""
    if HOURLY not in on:
        return unknown(f"schedule {HOURLY} is off: turn it on in make dev, Automation")
    if newest is None:
        return unknown(f"schedule {HOURLY} is on; its first check comes at the full hour")
    at = newest.checked_at.astimezone(ZONE).isoformat(" ", "minutes")
    if now - newest.checked_at > OVERDUE:
        return failed(f"schedule {HOURLY} is on, and the newest check is of {at}")
    return passed(f"schedule {HOURLY} is on; newest check {at}")


def _monitoring(installation: Installation) -> Answer:
    state = installation.dagster
    checks = is_monitored(installation.newest_health, installation.now, state.schedules_on)
    if checks.status != "PASS":
        return checks
    alerts = alerts_are_configured(
        installation.channels, installation.contents.sensors, state.sensors_on
    )
    return Answer(alerts.status, f"{checks.evidence}; {alerts.evidence}")


def emv_is_up(improvement: Mapping[str, object] | None) -> Answer:
    """The EMV of the treatment arm is more than 10 % over that of the control arm.

    Met when the estimate is over the target and its whole interval above 0; not met when its whole
    interval is at or below the target; before four measured weeks, or in between, not known.
    """
    value, lower, upper, weeks = _measured(improvement)
    if value is None:
        return unknown("not measured yet: planned weeks must be sent and come in as history")
    interval = (
        "" if lower is None or upper is None else f", 95 % interval {lower:+.1%} to {upper:+.1%}"
    )
    told = f"{value:+.1%}{interval}, {weeks} weeks measured, over {EMV_TARGET:+.0%} wanted"
    if weeks < WEEKS or lower is None or upper is None:
        return unknown(f"{told}; {WEEKS} weeks are needed")
    if value > EMV_TARGET and lower > 0:
        return passed(told)
    return (
        failed(told) if upper <= EMV_TARGET else unknown(f"{told}; the interval does not decide it")
    )


def increase_is_measurable(improvement: Mapping[str, object] | None) -> Answer:
    """The arms have sent enough for an increase of 10 % to be seen."""
    left = _number(improvement["weeks_until_detectable"]) if improvement is not None else None
    *_, weeks = _measured(improvement)
    if left is None:
        return unknown(f"{weeks} weeks measured; both arms must be sent before it can be told")
    if left > 0:
        return unknown(
            f"{weeks} weeks measured; {left:.0f} more like these until an increase of "
            f"{EMV_TARGET:.0%} is seen with 80 % power"
        )
    return passed(
        f"{weeks} weeks measured: an increase of {EMV_TARGET:.0%} is seen with 80 % power"
    )


def _measured(
    improvement: Mapping[str, object] | None,
) -> tuple[float | None, float | None, float | None, int]:
    if improvement is None:
        return None, None, None, 0
    names = ("relative_improvement", "relative_lower", "relative_upper")
    value, lower, upper = (_number(improvement[name]) for name in names)
    return value, lower, upper, int(_number(improvement["weeks_measured"]) or 0)


def _number(value: object) -> float | None:
    """A number of a row; None for NULL, however pandas has it."""
    try:
        number = float(value)  # pyright: ignore[reportArgumentType]
    except (TypeError, ValueError):
        return None
    return number if number == number else None


def cost_is_stable(costs: Mapping[dt.date, float], today: dt.date) -> Answer:
    """The mean cost of the last 7 days is at most 25 % above that of the days before."""
    recent = [cost for day, cost in costs.items() if day > today - dt.timedelta(days=RECENT_DAYS)]
    before = [cost for day, cost in costs.items() if day <= today - dt.timedelta(days=RECENT_DAYS)]
    known = (today - min(costs)).days + 1 if costs else 0
    if known < 7 * WEEKS or not recent or not before:
        return unknown(
            f"{known} of {7 * WEEKS} days of health checks: the schedule {HOURLY} makes them"
        )
    now, then = fmean(recent), fmean(before)
    told = f"{now:.2f} USD a day in the last {RECENT_DAYS} days, {then:.2f} before"
    return passed(told) if now <= max(STABLE * then, NEGLIGIBLE_USD) else failed(told)


AT_ONCE = (
    HEALTH,
    Criterion(
        "all tests pass", "make week; table gate_verdicts", lambda i: all_tests_pass(i.findings)
    ),
    NO_CRITICAL_ERROR,
    Criterion(
        "cost < 10 USD a day",
        "make health; asset system_health",
        lambda i: cost_is_low(i.work, i.limits),
    ),
)
WEEK_1 = (
    Criterion(
        "queries < 30 s",
        "make health; asset system_health",
        lambda i: queries_are_fast(i.work, i.limits),
    ),
    Criterion(
        "no caption assigned twice",
        "make week; check no_caption_reserved_twice",
        lambda i: no_caption_is_assigned_twice(i.corruption),
    ),
    Criterion(
        "no corruption",
        "make health; asset system_health",
        lambda i: nothing_is_corrupt(i.corruption),
    ),
    Criterion("monitoring and alerts working", "make dev, Automation", _monitoring),
)
WEEK_4 = (
    Criterion(
        "EMV up more than 10 % against the control arm, with its interval",
        "asset emv_improvement",
        lambda i: emv_is_up(i.improvement),
    ),
    Criterion(
        "revenue's increase measurable",
        "asset emv_improvement",
        lambda i: increase_is_measurable(i.improvement),
    ),
    Criterion(
        "cost stable",
        "table system_health",
        lambda i: cost_is_stable(i.costs, la_date(i.now)),
    ),
)
