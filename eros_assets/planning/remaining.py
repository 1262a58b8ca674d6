"""A week under way: how many messages of each tier are still to be planned, and how many a day.

Sendable time is counted in slots of the grid, from the first to the last sending hour of the
week's open dates. PPVs can't go out on cooling days, so these are no sendable time for PPVs.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from eros_assets.calendar import la_instant
from eros_assets.planning.model import MessageType, SlotValues, WeekRules
from eros_assets.planning.slots import week_days
from eros_assets.planning.volume import WeeklyTarget

PPV_TIERS = ("budget", "mid", "premium")
BUMP = "bump"
DEFAULT_PPV_TIER = "mid"
"""The tier of a PPV whose caption has none, as in the caption statistics."""


@dataclass(frozen=True, slots=True)
class TimeAhead:
    """The share of a week's sendable time that lies ahead, 0 to 1, by message type."""

    ppv: Fraction
    bump: Fraction


WHOLE_WEEK = TimeAhead(Fraction(1), Fraction(1))


@dataclass(frozen=True, slots=True)
class DailyPlan:
    """The most that one day of the whole week's plan has: PPVs, and messages of both types."""

    ppvs: int
    messages: int


def has_begun(week_start: dt.date, planned_at: dt.datetime) -> bool:
    """Whether a week is planned after its first midnight."""
    return planned_at > la_instant(week_start)


def time_ahead(rules: WeekRules, planned_at: dt.datetime) -> TimeAhead:
    """The share of the week's slots from `planned_at` on, which the planner may still use."""
    whole = week_days(rules, SlotValues())
    left = week_days(rules, SlotValues(), not_before=planned_at)

    def share(kind: MessageType) -> Fraction:
        of_week, ahead = (
            sum(slot.is_open(kind) for day in days for slot in day.slots) for days in (whole, left)
        )
        return Fraction(ahead, of_week) if of_week else Fraction(0)

    return TimeAhead(share("PPV"), share("Bump"))


def tier_of(message_type: MessageType, price_tier: str | None) -> str:
    """The tier that a message sent or queued counts for, whatever the bank says of its caption."""
    if message_type == "Bump":
        return BUMP
    return price_tier if price_tier in PPV_TIERS else DEFAULT_PPV_TIER


def remaining_target(
    target: WeeklyTarget, ahead: TimeAhead, standing: Mapping[str, int]
) -> WeeklyTarget:
    """The target with each tier's number of messages that are still to be planned.

    A tier's number is the week's target times the share of time ahead, less the messages in
    `standing`: those of the tier that were sent or are queued in the week, by tier. It is never
    negative. `ppv_count` and `bump_count` stay those of the whole week.

    The PPVs ahead are rounded as a whole, half up, and split over the tiers by `split_evenly`, so
    that the parts add up to them.
    """
    week = (target.num_budget, target.num_mid, target.num_premium)
    parts = split_evenly(_round(sum(week) * ahead.ppv), week)
    budget, mid, premium = (
        max(part - standing.get(tier, 0), 0) for tier, part in zip(PPV_TIERS, parts, strict=True)
    )
    bumps = max(_round(target.num_bump * ahead.bump) - standing.get(BUMP, 0), 0)
    return replace(target, num_budget=budget, num_mid=mid, num_premium=premium, num_bump=bumps)


def split_evenly(total: int, week: Sequence[int]) -> tuple[int, ...]:
    """Whole parts of `total` in proportion to the tiers' numbers of the week, adding up to it.

    Each message in turn goes to the tier whose next one comes first when each tier's messages
    are spread evenly over the week (Webster's method); of equals to the larger tier, then to the
    one named first. With all of the week's messages each tier has its own number, and no part
    grows when `total` gets smaller. The method of largest remainders does not guarantee the
    latter: there a tier may gain a message while the week gets shorter.
    """
    turns = sorted(
        (Fraction(2 * n + 1, 2 * number), -number, tier)
        for tier, number in enumerate(week)
        for n in range(number)
    )
    parts = [0] * len(week)
    for _, _, tier in turns[:total]:
        parts[tier] += 1
    return tuple(parts)


def daily_plan(ppvs: int, bumps: int, *, ppv_days: int, days: int) -> DailyPlan:
    """What a day of the week's plan has at most; `ppvs` and `bumps` are those of the whole week.

    PPVs are spread over `ppv_days`, the open dates without cooling, bumps over `days`, all open
    dates.
    """
    most_ppvs = _ceiling(Fraction(ppvs, ppv_days)) if ppv_days else 0
    most_bumps = _ceiling(Fraction(bumps, days)) if days else 0
    return DailyPlan(most_ppvs, most_ppvs + most_bumps)


def _round(number: Fraction) -> int:
    """Half up; `number` is not negative."""
    return int(number + Fraction(1, 2))


def _ceiling(number: Fraction) -> int:
    return -(-number.numerator // number.denominator)
