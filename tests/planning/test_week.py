"""A planned week holds every hard rule, loses nothing silently, and is the same on any machine."""

import datetime as dt
import random

import pytest

from eros_assets.planning.model import Caption, PlanningError, Rule, SentMessage, WeekRules
from eros_assets.planning.validation import PlacedCaption, violations
from eros_assets.planning.week import plan_week
from tests.planning.weeks import SampleWeek, sample_weeks

MONDAY = dt.date(2025, 11, 3)


def broken(week: SampleWeek) -> list[str]:
    plan = plan_week(week.captions, week.rules, week.values, not_before=week.not_before)
    messages = [
        PlacedCaption(m.caption.caption_id, m.caption.message_type, m.send_time)
        for m in plan.messages
    ]
    return [v.detail for v in violations(week.rules, messages, not_before=week.not_before)]


def captions(ppvs: int, bumps: int = 0, *, tier: str = "mid") -> list[Caption]:
    return [
        *(Caption(n, "PPV", tier, f"c{n % 7}", 1.0 - n / 1000) for n in range(ppvs)),
        *(Caption(1000 + n, "Bump", "bump", "c", 0.5 - n / 1000) for n in range(bumps)),
    ]


def rules(**more: int) -> WeekRules:
    return WeekRules(
        **{"week_start": MONDAY, "min_gap_minutes": 120, "max_messages_per_day": 15, **more}
    )


@pytest.mark.parametrize("seed", range(8))
def test_no_hard_rule_is_ever_broken(seed: int) -> None:
    assert not [b for week in sample_weeks(seed, 6) for b in broken(week)]


@pytest.mark.parametrize("seed", range(4))
def test_no_hard_rule_is_broken_in_a_week_that_has_begun(seed: int) -> None:
    assert not [b for week in sample_weeks(seed, 6, begun=True) for b in broken(week)]


def test_every_caption_is_planned_once_or_dropped_with_its_rule() -> None:
    for week in sample_weeks(17, 4):
        plan = plan_week(week.captions, week.rules, week.values)
        planned = [m.caption.caption_id for m in plan.messages]
        dropped = [d.caption.caption_id for d in plan.dropped]
        assert sorted(planned + dropped) == sorted(c.caption_id for c in week.captions)
        assert all(d.rules for d in plan.dropped)


def test_the_order_of_the_captions_changes_nothing() -> None:
    chance = random.Random(1)
    for week in sample_weeks(3, 2):
        shuffled = list(week.captions)
        chance.shuffle(shuffled)
        assert plan_week(shuffled, week.rules, week.values) == plan_week(
            week.captions, week.rules, week.values
        )


def test_the_value_stays_below_its_proven_bound_and_close_to_it() -> None:
    ratios = []
    for week in sample_weeks(5, 8):
        plan = plan_week(week.captions, week.rules, week.values)
        assert plan.bound is not None
        assert plan.objective <= plan.bound + 1e-9
        ratios.append(plan.objective / plan.bound)
    ratios.sort()
    assert ratios[len(ratios) // 2] > 0.97


def test_what_does_not_fit_is_dropped_from_the_lowest_score_and_names_the_rule() -> None:
    plan = plan_week(captions(20), rules(max_messages_per_day=2))
    assert [d.caption.caption_id for d in plan.dropped] == list(range(14, 20))
    assert {rule for d in plan.dropped for rule in d.rules} == {Rule.MAX_MESSAGES_PER_DAY}


def test_cooling_days_hold_no_ppv() -> None:
    plan = plan_week(captions(6, 6), rules(cooling_days=2))
    cooled = MONDAY + dt.timedelta(days=2)
    assert all(
        m.send_time.date() >= cooled for m in plan.messages if m.caption.message_type == "PPV"
    )
    assert len(plan.messages) == 12


@pytest.mark.parametrize("week_start", [dt.date(2025, 10, 27), dt.date(2026, 3, 2)])
def test_weeks_with_a_change_of_clocks_are_planned_in_la_time(week_start: dt.date) -> None:
    plan = plan_week(captions(14, 10), rules(week_start=week_start))  # type: ignore[arg-type]
    messages = [
        PlacedCaption(m.caption.caption_id, m.caption.message_type, m.send_time)
        for m in plan.messages
    ]
    assert len(messages) == 24
    assert not violations(rules(week_start=week_start), messages)  # type: ignore[arg-type]


def test_nothing_is_planned_in_place_of_an_hour_that_clocks_skip() -> None:
    """On 8 March 2026 there is no 02:00 in LA: its instant is 03:00, after the sending hours."""
    only_two = WeekRules(dt.date(2026, 3, 2), 120, 15, first_hour=2, last_hour=2)
    plan = plan_week(captions(0, 7), only_two)
    assert [d.caption.caption_id for d in plan.dropped] == [1006]
    messages = [
        PlacedCaption(m.caption.caption_id, m.caption.message_type, m.send_time)
        for m in plan.messages
    ]
    assert not violations(only_two, messages)


def test_gaps_to_messages_already_sent_hold() -> None:
    noon = dt.datetime(2025, 11, 5, 20, tzinfo=dt.UTC)
    sent = [SentMessage(noon, "PPV")]
    plan = plan_week(captions(14), rules(), not_before=noon, sent=sent)
    assert min(m.send_time for m in plan.messages) >= noon + dt.timedelta(minutes=120)


def test_a_caption_selected_twice_is_refused_by_name() -> None:
    with pytest.raises(PlanningError, match="caption 0 is selected 2 times"):
        plan_week([*captions(1), *captions(1)], rules())


def test_the_validator_sees_each_broken_rule() -> None:
    """Messages made to break one rule each: a validator that sees nothing proves nothing."""
    at = dt.datetime(2025, 11, 4, 18, tzinfo=dt.UTC)

    def seen(*messages: tuple[int, str, dt.datetime], **more: int) -> set[Rule]:
        scheduled = [PlacedCaption(c, kind, when) for c, kind, when in messages]  # type: ignore[arg-type]
        return {v.rule for v in violations(rules(**more), scheduled)}

    minutes = dt.timedelta(minutes=1)
    assert Rule.MIN_GAP in seen((1, "PPV", at), (2, "PPV", at + 60 * minutes))
    assert Rule.MESSAGE_GAP in seen((1, "PPV", at), (2, "Bump", at + 30 * minutes))
    assert Rule.CAPTION_ONCE in seen((1, "PPV", at), (1, "PPV", at + 300 * minutes))
    assert Rule.GRID in seen((1, "PPV", at + 7 * minutes))
    assert Rule.SENDING_HOURS in seen((1, "PPV", at - 360 * minutes))
    assert Rule.COOLING_DAYS in seen((1, "PPV", at), cooling_days=2)
    assert Rule.MAX_MESSAGES_PER_DAY in seen(
        (1, "Bump", at), (2, "Bump", at + 60 * minutes), max_messages_per_day=1
    )
    assert Rule.PPV_BALANCE in seen((1, "PPV", at), (2, "PPV", at + 180 * minutes))
