"""Whatever the rules, captions, values and messages that stand: what holds for every week."""

import datetime as dt
import math
import random
from dataclasses import dataclass
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from eros_assets.calendar import la_date
from eros_assets.planning.model import (
    Caption,
    MessageType,
    SendingHours,
    SentMessage,
    SlotValues,
    WeekPlan,
    WeekRules,
)
from eros_assets.planning.validation import PlacedCaption, violations
from eros_assets.planning.week import plan_week

LA = ZoneInfo("America/Los_Angeles")
MONDAYS = st.sampled_from(
    [
        dt.date(2025, 11, 3),
        dt.date(2025, 10, 27),  # 169 hours: clocks go back on its Sunday
        dt.date(2026, 3, 2),  # 167 hours
        dt.date(2025, 12, 22),  # across Christmas
        dt.date(2026, 12, 28),  # across the year's end, ISO week 53
    ]
)
KINDS: st.SearchStrategy[MessageType] = st.sampled_from(["PPV", "PPV", "Bump"])
CATEGORIES = st.sampled_from(["portrait", "recipe", "rehearsal", "workout", None])
SCORES = st.floats(0, 6)


@dataclass(frozen=True)
class AnyWeek:
    captions: tuple[Caption, ...]
    rules: WeekRules
    values: SlotValues
    not_before: dt.datetime | None
    sent: tuple[SentMessage, ...]

    def plan(self) -> WeekPlan:
        return plan_week(
            self.captions, self.rules, self.values, not_before=self.not_before, sent=self.sent
        )


@st.composite
def any_exceptions(draw: st.DrawFn, monday: dt.date) -> dict[dt.date, SendingHours | None]:
    """Dates that are closed, or have hours of their own, past midnight too; none, half the time."""
    hour = st.integers(0, 23)
    hours = st.one_of(st.none(), st.builds(SendingHours, hour, hour))
    dates = st.integers(0, 6).map(lambda n: monday + dt.timedelta(days=n))
    return draw(st.one_of(st.just({}), st.dictionaries(dates, hours)))


@st.composite
def any_rules(draw: st.DrawFn) -> WeekRules:
    """The contracts' rules, most often; or any that the model takes."""
    monday = draw(MONDAYS)
    exceptions = draw(any_exceptions(monday))
    if draw(st.integers(0, 3)):
        return WeekRules(
            monday,
            min_gap_minutes=draw(st.sampled_from([75, 90, 120, 150, 180, 135, 240])),
            max_messages_per_day=draw(st.sampled_from([8, 10, 15, 20, 25])),
            cooling_days=draw(st.sampled_from([0, 0, 2])),
            exceptions=exceptions,
        )
    first = draw(st.integers(0, 23))
    return WeekRules(
        monday,
        min_gap_minutes=draw(st.integers(0, 1320)),
        max_messages_per_day=draw(st.integers(0, 25)),
        cooling_days=draw(st.integers(0, 7)),
        bump_weight=draw(st.floats(0, 2)),
        category_penalty=draw(st.floats(0, 0.5)),
        tier_penalty=draw(st.floats(0, 0.5)),
        first_hour=first,
        last_hour=draw(st.integers(first, 23)),
        grid_minutes=draw(st.sampled_from([10, 15, 20, 30, 60])),
        message_gap_minutes=draw(st.integers(1, 720)),
        exceptions=exceptions,
    )


@st.composite
def any_captions(draw: st.DrawFn) -> tuple[Caption, ...]:
    def caption(caption_id: int) -> Caption:
        kind = draw(KINDS)
        tier = "bump" if kind == "Bump" else draw(st.sampled_from(["budget", "mid", "premium"]))
        placement = draw(st.sampled_from([None, None, None, 0.9]))
        return Caption(
            caption_id,
            kind,
            tier,
            draw(CATEGORIES),
            draw(SCORES),
            "treatment" if placement is None else "control",
            placement,
        )

    return tuple(caption(n) for n in range(draw(st.integers(0, 30))))


@st.composite
def any_values(draw: st.DrawFn) -> SlotValues:
    chance = random.Random(draw(st.integers(0, 2**32)))
    swing = draw(st.sampled_from([0.0, 0.2, 1.0]))
    kinds: tuple[MessageType, ...] = ("PPV", "Bump")
    return SlotValues(
        {
            (day, hour, kind): 1 + swing * (chance.random() - 0.5)
            for day in range(1, 8)
            for hour in range(24)
            for kind in kinds
            if chance.random() < 0.9
        }
    )


@st.composite
def any_weeks(draw: st.DrawFn) -> AnyWeek:
    rules = draw(any_rules())
    start = dt.datetime.combine(rules.week_start, dt.time(8), dt.UTC)
    minutes = st.integers(0, 7 * 24 * 60).map(lambda n: start + dt.timedelta(minutes=n))
    not_before = draw(st.one_of(st.none(), minutes))
    earlier = st.one_of(
        # A person's messages come at any time, the week before included.
        st.integers(-24 * 60, 7 * 24 * 60).map(lambda n: start + dt.timedelta(minutes=n)),
        minutes,
    )
    sent = draw(
        st.lists(
            st.builds(
                SentMessage, earlier, KINDS, st.sampled_from(["mid", "premium", None]), CATEGORIES
            ),
            max_size=8,
        )
    )
    return AnyWeek(draw(any_captions()), rules, draw(any_values()), not_before, tuple(sent))


def broken(week: AnyWeek, plan: WeekPlan) -> list[str]:
    messages = [
        PlacedCaption(m.caption.caption_id, m.caption.message_type, m.send_time)
        for m in plan.messages
    ]
    found = violations(week.rules, messages, not_before=week.not_before, sent=week.sent)
    return [f"{v.rule}: {v.detail}" for v in found]


def value(week: AnyWeek, plan: WeekPlan) -> float:
    """The contracts' value of a plan, from its times and captions alone."""
    total = 0.0
    line: list[tuple[dt.datetime, str | None, str | None]] = []
    for message in plan.messages:
        caption = message.caption
        local = message.send_time.astimezone(LA)
        slot = week.values.values.get((local.isoweekday(), local.hour, caption.message_type), 1.0)
        score = caption.score if caption.placement_score is None else caption.placement_score
        total += (1 if caption.message_type == "PPV" else week.rules.bump_weight) * slot * score
        if caption.message_type == "PPV":
            line.append((message.send_time, caption.content_category, caption.price_tier))
    days = [week.rules.week_start + dt.timedelta(days=n) for n in range(7)]
    line += [
        (s.send_time, s.content_category, s.price_tier)
        for s in week.sent
        if s.message_type == "PPV" and la_date(s.send_time) in days
    ]
    line.sort(key=lambda entry: entry[0])
    categories = [entry[1] for entry in line]
    tiers = [entry[2] for entry in line]
    total -= week.rules.category_penalty * sum(
        a is not None and a == b for a, b in pairwise(categories)
    )
    triples = zip(tiers, tiers[1:], tiers[2:], strict=False)
    return total - week.rules.tier_penalty * sum(
        a is not None and a == b == c for a, b, c in triples
    )


def test_captions_worth_nothing_have_penalties_all_the_same() -> None:
    """They are in one unit with what the captions are worth, however little that is."""
    monday = dt.date(2025, 11, 3)
    begin = dt.datetime(2025, 11, 3, tzinfo=LA).astimezone(dt.UTC)
    week = AnyWeek(
        tuple(Caption(n, "PPV", "budget", "portrait", 0.0) for n in range(2)),
        WeekRules(
            monday,
            min_gap_minutes=0,
            max_messages_per_day=1,
            bump_weight=0.0,
            category_penalty=0.5,
            tier_penalty=0.0,
            first_hour=0,
            last_hour=0,
            grid_minutes=10,
            message_gap_minutes=1,
        ),
        SlotValues({}),
        None,
        tuple(SentMessage(begin, "PPV", "mid", "portrait") for _ in range(4)),
    )
    plan = week.plan()
    assert broken(week, plan) == []
    assert math.isclose(plan.objective, value(week, plan), abs_tol=1e-9)


@settings(max_examples=150, deadline=None)
@given(any_weeks())
def test_every_week_is_valid_whole_and_worth_what_it_says(week: AnyWeek) -> None:
    plan = week.plan()

    assert broken(week, plan) == []

    planned = [m.caption for m in plan.messages]
    left_out = [d.caption for d in plan.dropped]
    assert sorted(c.caption_id for c in planned + left_out) == sorted(
        c.caption_id for c in week.captions
    )
    assert all(d.rules for d in plan.dropped)
    for kind in ("PPV", "Bump"):
        kept = [c.worth for c in planned if c.message_type == kind]
        dropped = [c.worth for c in left_out if c.message_type == kind]
        assert not kept or not dropped or max(dropped) <= min(kept)

    assert math.isclose(plan.objective, value(week, plan), abs_tol=1e-9)
    assert plan.bound is not None
    assert plan.objective <= plan.bound + 1e-9
    assert [m.number for m in plan.messages] == list(range(1, len(planned) + 1))
    assert [m.send_time for m in plan.messages] == sorted(m.send_time for m in plan.messages)
