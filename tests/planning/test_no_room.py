"""A week with too many messages drops the lowest scores and names the rule that shut them out."""

import datetime as dt
from dataclasses import replace

import pytest

from eros_assets.calendar import la_instant
from eros_assets.planning.model import Caption, Rule, SentMessage, WeekRules
from eros_assets.planning.week import plan_week

MONDAY = dt.date(2025, 11, 3)
SUNDAY = dt.date(2025, 11, 9)
RULES = WeekRules(MONDAY, min_gap_minutes=120, max_messages_per_day=15)


def ppvs(count: int) -> list[Caption]:
    """The first scores highest."""
    return [Caption(n, "PPV", "mid", f"category {n % 7}", 1 - n / 1000) for n in range(count)]


def bumps(count: int) -> list[Caption]:
    return [Caption(1000 + n, "Bump", "bump", None, 0.5 - n / 1000) for n in range(count)]


# Days have 57 slots: 8 PPVs two hours apart, 19 messages three quarters of an hour apart.
@pytest.mark.parametrize(
    ("captions", "rules", "fit", "binding"),
    [
        (ppvs(60), RULES, 56, {Rule.MIN_GAP, Rule.SENDING_HOURS}),
        (ppvs(20), replace(RULES, max_messages_per_day=2), 14, {Rule.MAX_MESSAGES_PER_DAY}),
        (
            ppvs(45),
            replace(RULES, cooling_days=2),
            40,
            {Rule.COOLING_DAYS, Rule.MIN_GAP, Rule.SENDING_HOURS},
        ),
        (
            bumps(140),
            replace(RULES, max_messages_per_day=25),
            133,
            {Rule.MESSAGE_GAP, Rule.SENDING_HOURS},
        ),
        (ppvs(3), replace(RULES, cooling_days=7), 0, {Rule.COOLING_DAYS}),
    ],
    ids=["gap", "day maximum", "cooling days", "message gap", "no open day"],
)
def test_what_has_no_room_names_its_rules(
    captions: list[Caption], rules: WeekRules, fit: int, binding: set[Rule]
) -> None:
    plan = plan_week(captions, rules)
    assert len(plan.messages) == fit
    assert [d.caption.caption_id for d in plan.dropped] == [c.caption_id for c in captions[fit:]]
    assert {rule for d in plan.dropped for rule in d.rules} == binding


def test_a_week_that_is_over_holds_nothing_more() -> None:
    plan = plan_week(ppvs(2), RULES, not_before=la_instant(SUNDAY, 22, 1))
    assert plan.messages == ()
    assert {d.rules for d in plan.dropped} == {(Rule.WEEK_BEGUN,)}


def test_the_last_minute_of_the_week_can_still_be_used() -> None:
    plan = plan_week(ppvs(2), RULES, not_before=la_instant(SUNDAY, 22))
    assert [m.send_time for m in plan.messages] == [la_instant(SUNDAY, 22)]
    assert [d.caption.caption_id for d in plan.dropped] == [1]


def test_one_full_day_holds_the_others_to_one_ppv_more() -> None:
    """Tuesday is taken by a person's messages: by the balance of days the others get one each."""
    sent = [
        SentMessage(la_instant(dt.date(2025, 11, 4), 8 + n // 4, 15 * (n % 4)), "Bump")
        for n in range(0, 57, 3)
    ]
    plan = plan_week(ppvs(8), RULES, sent=sent)
    assert len(plan.messages) == 6
    assert all(Rule.PPV_BALANCE in d.rules for d in plan.dropped)


def test_a_bump_that_scores_less_makes_room_for_a_ppv_and_not_the_reverse() -> None:
    plan = plan_week([*ppvs(14), *bumps(3)], replace(RULES, max_messages_per_day=2))
    assert [d.caption.message_type for d in plan.dropped] == ["Bump"] * 3


def test_a_control_caption_is_kept_by_the_score_it_is_placed_by() -> None:
    """Its own low score must not cost it the slot, or the control arm would flatter itself."""
    control = Caption(99, "PPV", "mid", None, 0.1, "control", placement_score=0.995)
    plan = plan_week([*ppvs(14), control], replace(RULES, max_messages_per_day=2))
    assert [d.caption.caption_id for d in plan.dropped] == [13]
