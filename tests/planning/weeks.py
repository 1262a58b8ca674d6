"""Random weeks of every size tier, as varied as real ones and a little more so; seeded."""

import datetime as dt
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from eros_assets.calendar import la_instant
from eros_assets.planning.model import (
    Caption,
    MessageType,
    SendingHours,
    SentMessage,
    SlotValues,
    WeekRules,
)
from eros_assets.planning.volume import PageOutlook, weekly_target

SIZE_TIERS = {
    # midpoint PPV, midpoint bumps, maxima, gap in minutes, most messages a day
    "MICRO": (6, 4, 7, 5, 180, 8),
    "SMALL": (9, 6, 10, 7, 150, 10),
    "MEDIUM": (12, 9, 14, 10, 120, 15),
    "LARGE": (16, 12, 18, 14, 90, 20),
    "MEGA": (22, 16, 25, 18, 75, 25),
}
SATURATION = {
    # PPV and bump multipliers, gap extension in minutes, cooling days
    "GREEN": (1.0, 1.0, 0, 0),
    "YELLOW": (0.75, 1.2, 30, 0),
    "RED": (0.5, 2.0, 60, 2),
}
SEGMENTS = {
    "EXPLORATORY": (0.6, 0.3, 0.1),
    "STANDARD": (0.3, 0.45, 0.25),
    "LUXURY": (0.15, 0.35, 0.5),
}


@dataclass(frozen=True)
class SampleWeek:
    """A week to plan; `not_before` is None unless it has begun. `sent` are fixed messages in it."""

    size_tier: str
    captions: tuple[Caption, ...]
    rules: WeekRules
    values: SlotValues
    not_before: dt.datetime | None = None
    sent: tuple[SentMessage, ...] = ()


def sample_weeks(
    seed: int, each: int, *, begun: bool = False, decided: bool = False
) -> Iterator[SampleWeek]:
    """`each` weeks of each size tier, the tiers in turn.

    In those of a `decided` agency people have closed dates, set hours, past midnight too, and
    queued and pinned messages, some at minutes off the grid, out of hours or on a closed date.
    """
    chance = random.Random(seed)
    for _ in range(each):
        for size_tier in SIZE_TIERS:
            yield sample_week(chance, size_tier, begun=begun, decided=decided)


def sample_week(
    chance: random.Random, size_tier: str, *, begun: bool = False, decided: bool = False
) -> SampleWeek:
    """One week: a page's outlook, its target, captions to match, and the hours' values."""
    week_start = dt.date(2025, 1, 6) + dt.timedelta(weeks=chance.randrange(104))
    base_ppv, base_bump, most_ppv, most_bump, gap, a_day = SIZE_TIERS[size_tier]
    status = chance.choice(("GREEN", "GREEN", "YELLOW", "RED"))
    segment = chance.choice(tuple(SEGMENTS))
    holidays = [chance.choice((1.0, 1.0, 1.0, 1.3)) for _ in range(7)]
    target = weekly_target(
        PageOutlook(
            "page", size_tier, segment, status, 0.0, base_ppv, base_bump, most_ppv, most_bump,
            *SATURATION[status][:2], gap, SATURATION[status][2], a_day, SATURATION[status][3],
            *SEGMENTS[segment],
        ),
        week_start,
        holidays,
    )  # fmt: skip
    tiers = ("budget",) * target.num_budget + ("mid",) * target.num_mid
    tiers += ("premium",) * target.num_premium
    captions = _captions(chance, tiers, target.num_bump)
    rules = WeekRules(
        week_start, target.min_gap_minutes, target.max_messages_per_day, target.cooling_days
    )
    sent: tuple[SentMessage, ...] = ()
    if decided:
        rules = replace(rules, exceptions=_exceptions(chance, week_start))
        sent = _queued(chance, rules, captions)
        captions = _beside(captions, sent)
    not_before = None
    if begun:
        minutes = chance.randrange(6 * 24 * 60)
        start = dt.datetime.combine(week_start, dt.time(8), dt.UTC)
        not_before = start + dt.timedelta(minutes=minutes)
        share = 1 - minutes / (7 * 24 * 60)
        captions = tuple(c for c in captions if chance.random() < share)
        if decided:
            ppvs = target.num_budget + target.num_mid + target.num_premium
            most = max(-(-ppvs // (7 - target.cooling_days)), 1)
            rules = replace(rules, max_ppvs_per_day=most)
    return SampleWeek(size_tier, captions, rules, _slot_values(chance), not_before, sent)


def _exceptions(chance: random.Random, week_start: dt.date) -> dict[dt.date, SendingHours | None]:
    """Days off, evenings alone, or a page that is awake at night all week."""
    dates = [week_start + dt.timedelta(days=n) for n in range(7)]
    some = chance.sample(dates, chance.choice((1, 2, 3)))
    owls = dict.fromkeys(dates, SendingHours(18, 2))
    evenings = dict.fromkeys(some, SendingHours(17, chance.choice((23, 1))))
    days_off: dict[dt.date, SendingHours | None] = dict.fromkeys(some)
    return chance.choice((days_off, {**evenings}, {**owls}, {**owls, **days_off}))


def _queued(
    chance: random.Random, rules: WeekRules, captions: Sequence[Caption]
) -> tuple[SentMessage, ...]:
    """Up to three messages on different dates: texts of people's own, and pinned captions.

    Of a pinned caption category and tier are known, and are those of captions of the week. Some
    messages are out of hours, on a closed date or, PPVs, on one of cooling.
    """
    dates = [rules.week_start + dt.timedelta(days=n) for n in range(7)]
    queued: list[SentMessage] = []
    for date in chance.sample(dates, chance.randrange(4)):
        hours = rules.hours_of(date)
        kind: MessageType = chance.choice(("PPV", "PPV", "Bump"))
        if date < rules.week_start + dt.timedelta(days=rules.cooling_days):
            kind = chance.choice((kind, "Bump"))
        if hours is None or chance.random() < 0.25:
            hours = SendingHours(10, 20)
        last = 23 if hours.passes_midnight else hours.last
        hour, minute = chance.randrange(hours.first, last), chance.choice((0, 15, 30, 45, 7, 52))
        like = chance.choice([None, *(c for c in captions if c.message_type == kind)])
        known = (like.price_tier, like.content_category) if like else (None, None)
        queued.append(SentMessage(la_instant(date, hour, minute), kind, *known))
    return tuple(queued)


def _beside(captions: Sequence[Caption], sent: Sequence[SentMessage]) -> tuple[Caption, ...]:
    """The captions that are left when each message in `sent` takes the place of one of its type."""
    left = list(reversed(captions))
    for message in sent:
        same = [c for c in left if c.message_type == message.message_type]
        if same:
            left.remove(same[0])
    return tuple(reversed(left))


def _captions(chance: random.Random, tiers: tuple[str, ...], bumps: int) -> tuple[Caption, ...]:
    """Captions of a rich bank, of a thin one (any percentile), or of one that is all weak."""
    low, high = chance.choice(((0.8, 1.1), (0.5, 1.3), (0.0, 1.1), (0.0, 0.3)))
    categories = [f"category {n}" for n in range(chance.choice((2, 4, 8, 15)))]
    scores = [chance.uniform(low, high) for _ in tiers]
    mean = sum(scores) / max(len(scores), 1)
    ppvs = (
        Caption(
            1 + n, "PPV", tier, chance.choice(categories), score, *chance.choice(
                (("treatment", None),) * 9 + (("control", mean),)
            )
        )
        for n, (tier, score) in enumerate(zip(tiers, scores, strict=True))
    )  # fmt: skip
    free = (
        Caption(1001 + n, "Bump", "bump", chance.choice(categories), chance.uniform(low, high))
        for n in range(bumps)
    )
    return (*ppvs, *free)


def _slot_values(chance: random.Random) -> SlotValues:
    """Evenings better than mornings, more or less; flat; or with hours missing."""
    swing = chance.choice((0.0, 0.1, 0.3, 0.6))
    noise = chance.choice((0.0, 0.05, 0.2))
    missing = chance.choice((0.0, 0.0, 0.5))
    values: dict[tuple[int, int, MessageType], float] = {}
    for day in range(1, 8):
        for hour in range(8, 23):
            rise = swing * (hour - 15) / 14 + chance.gauss(0, noise)
            if chance.random() >= missing:
                values[day, hour, "PPV"] = max(0.05, 1 + rise)
                values[day, hour, "Bump"] = max(0.05, 1 + chance.gauss(0, swing / 2))
    return SlotValues(values)
