"""How many messages a page sends in a week, from how its audience has been doing.

All arithmetic is exact (fractions of the decimal numbers as written), so that half a message rounds
the same on any machine.
"""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from eros_assets.calendar import DAYS_A_WEEK, week_dates
from eros_assets.planning.model import PlanningError, SendingHours

UNCAPPED_BUMPS = "RED"
"""The saturation status whose bumps may pass the size tier's weekly maximum."""


@dataclass(frozen=True, slots=True)
class PageOutlook:
    """What is known of a page before the week: size, segment, saturation, and their multipliers.

    Bases and maxima are messages a week, gaps are minutes. `min_gap_minutes` is the size tier's,
    before saturation's extension. Shares are of the segment and add up to 1.
    """

    page_name: str
    size_tier: str
    behavioral_segment: str
    saturation_status: str
    saturation_score: float
    weekly_ppv_base: int
    weekly_bump_base: int
    weekly_ppv_max: int
    weekly_bump_max: int
    ppv_multiplier: float
    bump_multiplier: float
    min_gap_minutes: int
    gap_extension_minutes: int
    max_messages_per_day: int
    cooling_days: int
    budget_share: float
    mid_share: float
    premium_share: float


@dataclass(frozen=True, slots=True)
class WeekDecisions:
    """What people decided for a page's week.

    `hours` are those of dates that have hours of their own, None where a date is closed. The others
    replace what is computed, None where it holds: messages a week, minutes between two PPVs
    (extension included), messages a day.
    """

    hours: Mapping[dt.date, SendingHours | None] = field(
        default_factory=dict[dt.date, SendingHours | None]
    )
    weekly_ppv: int | None = None
    weekly_bump: int | None = None
    min_gap_minutes: int | None = None
    max_messages_per_day: int | None = None

    @property
    def numbers(self) -> tuple[str, ...]:
        """The names of the numbers that people set."""
        names = ("weekly_ppv", "weekly_bump", "min_gap_minutes", "max_messages_per_day")
        return tuple(name for name in names if getattr(self, name) is not None)


NOTHING_DECIDED = WeekDecisions()
OPEN = SendingHours(0, 23)
"""Stands for the usual hours of a date, whatever they are."""


@dataclass(frozen=True, slots=True)
class WeeklyTarget:
    """One row of `weekly_volume_targets`: one page and week.

    `min_gap_minutes` is effective, extension included. `holiday_factor` is the mean of the open
    dates' volume factors, 1 where none is open. `closed_days` are dates without messages,
    `sending_hours` the dates with hours of their own as `hours_as_text` writes them,
    `set_by_people` the names of the numbers that people set.
    """

    page_name: str
    week_start: dt.date
    size_tier: str
    behavioral_segment: str
    saturation_status: str
    saturation_score: float
    ppv_count: int
    bump_count: int
    num_budget: int
    num_mid: int
    num_premium: int
    num_bump: int
    min_gap_minutes: int
    max_messages_per_day: int
    cooling_days: int
    holiday_factor: float
    closed_days: int = 0
    sending_hours: str | None = None
    set_by_people: str | None = None


def weekly_target(
    outlook: PageOutlook,
    week_start: dt.date,
    holiday_factors: Sequence[float],
    decided: WeekDecisions = NOTHING_DECIDED,
) -> WeeklyTarget:
    """The page's target for the week; `holiday_factors` are those of its dates, Monday first.

    PPVs stay within the size tier's maximum. So do bumps, except those of a RED page, which stay
    within what the days can hold. Numbers that people set replace the computed ones, whatever the
    page's size, saturation and the holidays say. The volume, computed or set, shrinks by the share
    of the closed dates.

    Raises:
        PlanningError: not seven factors, a negative number, or shares that don't add up to 1.
    """
    _check(outlook, holiday_factors)
    open_factors = [
        _exact(factor)
        for date, factor in zip(week_dates(week_start), holiday_factors, strict=True)
        if decided.hours.get(date, OPEN) is not None
    ]
    open_share = Fraction(len(open_factors), DAYS_A_WEEK)
    factor = sum(open_factors, Fraction()) / len(open_factors) if open_factors else Fraction(1)
    max_a_day = decided.max_messages_per_day
    if max_a_day is None:
        max_a_day = outlook.max_messages_per_day
    min_gap = decided.min_gap_minutes
    if min_gap is None:
        min_gap = outlook.min_gap_minutes + outlook.gap_extension_minutes

    most_bumps = DAYS_A_WEEK * max_a_day
    if outlook.saturation_status != UNCAPPED_BUMPS:
        most_bumps = min(most_bumps, outlook.weekly_bump_max)
    computed_ppvs = min(
        outlook.weekly_ppv_base * _exact(outlook.ppv_multiplier) * factor,
        Fraction(outlook.weekly_ppv_max),
    )
    computed_bumps = min(
        outlook.weekly_bump_base * _exact(outlook.bump_multiplier) * factor, Fraction(most_bumps)
    )
    weekly_ppv = computed_ppvs if decided.weekly_ppv is None else decided.weekly_ppv
    weekly_bump = computed_bumps if decided.weekly_bump is None else decided.weekly_bump
    ppvs, bumps = _round(weekly_ppv * open_share), _round(weekly_bump * open_share)
    shares = (outlook.budget_share, outlook.mid_share, outlook.premium_share)
    budget, mid, premium = split_by_largest_remainder(ppvs, shares)
    return WeeklyTarget(
        page_name=outlook.page_name,
        week_start=week_start,
        size_tier=outlook.size_tier,
        behavioral_segment=outlook.behavioral_segment,
        saturation_status=outlook.saturation_status,
        saturation_score=outlook.saturation_score,
        ppv_count=ppvs,
        bump_count=bumps,
        num_budget=budget,
        num_mid=mid,
        num_premium=premium,
        num_bump=bumps,
        min_gap_minutes=min_gap,
        max_messages_per_day=max_a_day,
        cooling_days=outlook.cooling_days,
        holiday_factor=float(factor),
        closed_days=DAYS_A_WEEK - len(open_factors),
        sending_hours=hours_as_text(decided.hours),
        set_by_people=", ".join(decided.numbers) or None,
    )


def hours_as_text(hours: Mapping[dt.date, SendingHours | None]) -> str | None:
    """Dates with hours of their own as JSON: date to [first, last hour], null where closed."""
    if not hours:
        return None
    return json.dumps(
        {
            date.isoformat(): None if span is None else [span.first, span.last]
            for date, span in sorted(hours.items())
        }
    )


def hours_of_text(text: str | None) -> dict[dt.date, SendingHours | None]:
    """The dates with hours of their own that `hours_as_text` has written."""
    return {
        dt.date.fromisoformat(date): None if span is None else SendingHours(*span)
        for date, span in json.loads(text or "{}").items()
    }


def split_by_largest_remainder(total: int, shares: Sequence[float]) -> tuple[int, ...]:
    """Whole parts of `total` in proportion to `shares`, adding up to it exactly.

    Each part gets its quota rounded down; what is left goes to the largest remainders, of equal
    remainders to the larger share, of equal shares to the one named first (Hamilton's method).
    """
    exact = [_exact(share) for share in shares]
    quotas = [total * share / sum(exact) for share in exact]
    parts = [quota.numerator // quota.denominator for quota in quotas]
    by_remainder = sorted(range(len(parts)), key=lambda i: (parts[i] - quotas[i], -exact[i], i))
    for i in by_remainder[: total - sum(parts)]:
        parts[i] += 1
    return tuple(parts)


def _exact(number: float) -> Fraction:
    """The number as written in decimal, not the binary float beside it."""
    return Fraction(str(number))


def _round(number: Fraction) -> int:
    """Half away from zero; `number` is not negative."""
    return int(number + Fraction(1, 2))


def _check(outlook: PageOutlook, holiday_factors: Sequence[float]) -> None:
    page = f"page {outlook.page_name}"
    if len(holiday_factors) != DAYS_A_WEEK:
        raise PlanningError(f"{page}: {len(holiday_factors)} holiday factors; a week has seven")
    if min(holiday_factors) < 0:
        raise PlanningError(f"{page}: holiday factor {min(holiday_factors)} is negative")
    for name in (
        "weekly_ppv_base",
        "weekly_bump_base",
        "weekly_ppv_max",
        "weekly_bump_max",
        "ppv_multiplier",
        "bump_multiplier",
        "min_gap_minutes",
        "gap_extension_minutes",
        "max_messages_per_day",
        "cooling_days",
        "budget_share",
        "mid_share",
        "premium_share",
    ):
        if getattr(outlook, name) < 0:
            raise PlanningError(f"{page}: {name} {getattr(outlook, name)} is negative")
    shares = (
        _exact(outlook.budget_share) + _exact(outlook.mid_share) + _exact(outlook.premium_share)
    )
    if abs(shares - 1) > Fraction(1, 1_000_000):
        raise PlanningError(f"{page}: tier shares add up to {float(shares):g}, not 1")
