"""Of a week that has begun only what is left is planned, and no day is crowded."""

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eros_assets.calendar import la_date, la_instant, week_dates
from eros_assets.planning.model import PlannedMessage, Rule, SentMessage, WeekRules
from eros_assets.planning.remaining import (
    DailyPlan,
    TimeAhead,
    daily_plan,
    has_begun,
    remaining_target,
    split_evenly,
    tier_of,
    time_ahead,
)
from eros_assets.planning.validation import PlacedCaption, violations
from eros_assets.planning.volume import WeeklyTarget
from eros_assets.planning.week import plan_week
from tests.planning.weeks import SampleWeek, sample_weeks

MONDAY = dt.date(2025, 11, 3)
TIERS = ("budget", "mid", "premium", "bump")
RULES = WeekRules(MONDAY, min_gap_minutes=90, max_messages_per_day=20)
TARGET = WeeklyTarget(
    page_name="amber_lens",
    week_start=MONDAY,
    size_tier="LARGE",
    behavioral_segment="STANDARD",
    saturation_status="GREEN",
    saturation_score=0.1,
    ppv_count=16,
    bump_count=12,
    num_budget=5,
    num_mid=7,
    num_premium=4,
    num_bump=12,
    min_gap_minutes=90,
    max_messages_per_day=20,
    cooling_days=0,
    holiday_factor=1.0,
)

mondays = st.integers(0, 260).map(lambda n: dt.date(2023, 1, 2) + dt.timedelta(weeks=n))
hours = st.integers(0, 7 * 24 + 6)
cooling = st.integers(0, 7)
numbers = st.integers(0, 30)
standing_counts = st.dictionaries(st.sampled_from(TIERS), st.integers(0, 12))


def counts(target: WeeklyTarget) -> dict[str, int]:
    return {tier: int(getattr(target, f"num_{tier}")) for tier in TIERS}


def whole_week(budget: int, mid: int, premium: int, bump: int) -> WeeklyTarget:
    return replace(
        TARGET,
        ppv_count=budget + mid + premium,
        bump_count=bump,
        num_budget=budget,
        num_mid=mid,
        num_premium=premium,
        num_bump=bump,
    )


targets = st.builds(whole_week, numbers, numbers, numbers, numbers)


def left(
    target: WeeklyTarget,
    week_start: dt.date,
    planned_at: dt.datetime,
    cooling_days: int = 0,
    standing: Mapping[str, int] | None = None,
) -> dict[str, int]:
    rules = replace(RULES, week_start=week_start, cooling_days=cooling_days)
    return counts(remaining_target(target, time_ahead(rules, planned_at), standing or {}))


# The time ahead


def test_the_share_is_that_of_the_slots_that_can_still_be_used() -> None:
    noon_of_saturday = la_instant(MONDAY + dt.timedelta(days=5), 12)
    # 57 slots a day from 08:00 to 22:00; 41 of them from noon on.
    assert time_ahead(RULES, noon_of_saturday).bump == Fraction(41 + 57, 7 * 57)


def test_the_night_is_no_time_to_send_in() -> None:
    evening, morning = la_instant(MONDAY, 22, 15), la_instant(MONDAY + dt.timedelta(days=1), 8)
    assert time_ahead(RULES, evening) == time_ahead(RULES, morning)
    assert time_ahead(RULES, morning).ppv == Fraction(6, 7)


@pytest.mark.parametrize(("cooling_days", "ppv"), [(0, 6), (1, 6), (2, 5), (7, 0)])
def test_cooling_days_are_no_time_for_ppvs(cooling_days: int, ppv: int) -> None:
    ahead = time_ahead(
        replace(RULES, cooling_days=cooling_days), la_instant(MONDAY + dt.timedelta(days=1), 8)
    )
    open_days = 7 - cooling_days
    assert ahead.ppv == (Fraction(min(ppv, open_days), open_days) if open_days else 0)
    assert ahead.bump == Fraction(6, 7)


@given(mondays, cooling)
def test_a_week_is_all_ahead_before_it_and_not_at_all_after_it(
    week_start: dt.date, cooling_days: int
) -> None:
    rules = replace(RULES, week_start=week_start, cooling_days=cooling_days)
    ppv = Fraction(1 if cooling_days < 7 else 0)
    assert time_ahead(rules, la_instant(week_start)) == TimeAhead(ppv, Fraction(1))
    after = la_instant(week_start + dt.timedelta(days=7))
    assert time_ahead(rules, after) == TimeAhead(Fraction(0), Fraction(0))


def test_a_week_has_begun_after_its_first_midnight() -> None:
    midnight = la_instant(MONDAY)
    assert not has_begun(MONDAY, midnight)
    assert has_begun(MONDAY, midnight + dt.timedelta(microseconds=1))


# The numbers of the tiers


def test_half_a_week_has_half_of_the_messages() -> None:
    ahead = TimeAhead(Fraction(1, 2), Fraction(1, 2))
    assert counts(remaining_target(TARGET, ahead, {})) == {
        "budget": 2,
        "mid": 4,
        "premium": 2,
        "bump": 6,
    }


def test_what_was_sent_is_taken_off_its_tier() -> None:
    ahead = TimeAhead(Fraction(1, 2), Fraction(1, 2))
    sent = {"budget": 1, "mid": 9, "bump": 2}
    assert counts(remaining_target(TARGET, ahead, sent)) == {
        "budget": 1,
        "mid": 0,
        "premium": 2,
        "bump": 4,
    }


def test_the_week_s_own_numbers_stay_known() -> None:
    left_over = remaining_target(TARGET, TimeAhead(Fraction(0), Fraction(0)), {})
    assert (left_over.ppv_count, left_over.bump_count) == (16, 12)


@pytest.mark.parametrize(
    ("message_type", "price_tier", "counts_for"),
    [
        ("PPV", "premium", "premium"),
        ("PPV", None, "mid"),
        ("PPV", "bump", "mid"),
        ("Bump", "bump", "bump"),
        ("Bump", None, "bump"),
        ("Bump", "premium", "bump"),
    ],
)
def test_every_message_sent_counts_for_one_tier(
    message_type: str, price_tier: str | None, counts_for: str
) -> None:
    assert tier_of(message_type, price_tier) == counts_for  # type: ignore[arg-type]


@given(targets, mondays, hours, cooling, standing_counts)
def test_no_tier_is_negative_or_above_the_week_s_target(
    target: WeeklyTarget, week: dt.date, hour: int, cooling_days: int, sent: dict[str, int]
) -> None:
    planned_at = la_instant(week) + dt.timedelta(hours=hour)
    found, whole = left(target, week, planned_at, cooling_days, sent), counts(target)
    assert all(0 <= found[tier] <= max(whole[tier] - sent.get(tier, 0), 0) for tier in TIERS)


@given(targets, mondays, standing_counts)
def test_the_whole_week_is_left_at_its_start_and_nothing_at_its_end(
    target: WeeklyTarget, week: dt.date, sent: dict[str, int]
) -> None:
    for start in (la_instant(week), la_instant(week, 8)):
        assert left(target, week, start) == counts(target)
    sunday = week + dt.timedelta(days=6)
    for end in (la_instant(sunday, 22, 1), la_instant(sunday + dt.timedelta(days=1))):
        assert set(left(target, week, end, standing=sent).values()) == {0}


@given(targets, mondays, hours, st.integers(0, 48), cooling, standing_counts, standing_counts)
def test_no_tier_grows_while_the_week_passes(
    target: WeeklyTarget,
    week: dt.date,
    hour: int,
    later: int,
    cooling_days: int,
    sent: dict[str, int],
    more: dict[str, int],
) -> None:
    first = la_instant(week) + dt.timedelta(hours=hour)
    second = first + dt.timedelta(hours=later)
    before = left(target, week, first, cooling_days, sent)
    after = left(target, week, second, cooling_days, Counter(sent) + Counter(more))
    assert all(after[tier] <= before[tier] for tier in TIERS)


@given(st.lists(numbers, min_size=3, max_size=3), st.data())
def test_the_parts_add_up_and_none_grows_when_there_is_less_to_split(
    week: list[int], data: st.DataObject
) -> None:
    total = data.draw(st.integers(0, sum(week)))
    parts = split_evenly(total, week)
    assert sum(parts) == total
    assert all(0 <= part <= number for part, number in zip(parts, week, strict=True))
    if total:
        assert all(
            fewer <= part for fewer, part in zip(split_evenly(total - 1, week), parts, strict=True)
        )
    assert split_evenly(sum(week), week) == tuple(week)


# The days


@pytest.mark.parametrize(
    ("ppvs", "bumps", "ppv_days", "days", "expected"),
    [
        (14, 7, 7, 7, DailyPlan(2, 3)),
        (15, 8, 7, 7, DailyPlan(3, 5)),
        (10, 0, 5, 7, DailyPlan(2, 2)),
        (11, 14, 5, 7, DailyPlan(3, 5)),
        (11, 14, 3, 5, DailyPlan(4, 7)),
        (0, 3, 0, 7, DailyPlan(0, 1)),
        (0, 0, 0, 0, DailyPlan(0, 0)),
    ],
)
def test_the_daily_plan_is_an_even_week_s_fullest_day(
    ppvs: int, bumps: int, ppv_days: int, days: int, expected: DailyPlan
) -> None:
    assert daily_plan(ppvs, bumps, ppv_days=ppv_days, days=days) == expected


def begun_rules(week: SampleWeek) -> tuple[WeekRules, DailyPlan]:
    """The rules of the sample week as one that has begun; its captions are its whole target."""
    ppvs = sum(c.message_type == "PPV" for c in week.captions)
    a_day = daily_plan(
        ppvs, len(week.captions) - ppvs, ppv_days=7 - week.rules.cooling_days, days=7
    )
    most = min(week.rules.max_messages_per_day, a_day.messages)
    return replace(week.rules, max_messages_per_day=most, max_ppvs_per_day=a_day.ppvs), a_day


def per_day(messages: tuple[PlannedMessage, ...], *types: str) -> Counter[dt.date]:
    return Counter(la_date(m.send_time) for m in messages if m.caption.message_type in types)


@pytest.mark.parametrize("seed", range(3))
def test_a_begun_week_has_no_more_on_a_day_than_its_daily_plan(seed: int) -> None:
    """All of the week's captions offered for its last days: the days take their share, no more."""
    for week in sample_weeks(seed, 1, begun=False):
        rules, a_day = begun_rules(week)
        dates = week_dates(rules.week_start)
        not_before = la_instant(dates[4 + seed % 3], 8 + 5 * (seed % 2))
        sent = [
            SentMessage(la_instant(dates[6], 8), "PPV"),
            SentMessage(la_instant(dates[1], 9), "Bump"),
        ]
        plan = plan_week(week.captions, rules, week.values, not_before=not_before, sent=sent)
        ppvs = per_day(plan.messages, "PPV") + Counter({dates[6]: 1})
        assert max(ppvs.values()) <= max(a_day.ppvs, 1)
        everything = per_day(plan.messages, "PPV", "Bump") + Counter({dates[6]: 1})
        assert max(everything.values()) <= max(a_day.messages, 1)
        assert {rule.words for dropped in plan.dropped for rule in dropped.rules}, (
            "a week's captions do not fit its last days"
        )
        assert not violations(
            rules,
            [
                PlacedCaption(m.caption.caption_id, m.caption.message_type, m.send_time)
                for m in plan.messages
            ],
            not_before=not_before,
            sent=sent,
        )


@pytest.mark.parametrize(("first", "hour"), [(6, 8), (6, 15), (5, 8), (5, 21), (2, 12)])
def test_the_validation_finds_a_day_with_more_ppvs_than_the_plan(first: int, hour: int) -> None:
    date = week_dates(MONDAY)[first]
    times = [la_instant(date, hour), la_instant(date, hour) + dt.timedelta(minutes=90)]
    placed = [PlacedCaption(n, "PPV", time) for n, time in enumerate(times)]
    begun = replace(RULES, max_ppvs_per_day=1, last_hour=23)
    found = violations(begun, placed, not_before=times[0])
    assert [v.rule for v in found if "daily plan" in v.detail] == [Rule.WEEK_BEGUN]
    assert not [
        v
        for v in violations(replace(begun, max_ppvs_per_day=2), placed, not_before=times[0])
        if "daily plan" in v.detail
    ]


def test_a_day_that_holds_too_many_already_takes_no_more() -> None:
    week = next(sample_weeks(1, 1))
    rules = replace(week.rules, max_ppvs_per_day=1, cooling_days=0, min_gap_minutes=45)
    sunday = week_dates(rules.week_start)[6]
    sent = [SentMessage(la_instant(sunday, 8 + n), "PPV") for n in range(3)]
    plan = plan_week(week.captions, rules, not_before=la_instant(sunday, 12), sent=sent)
    assert not per_day(plan.messages, "PPV")
