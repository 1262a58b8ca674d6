"""The validator: it must see what is broken, blame who broke it, and pass what is at the edge."""

import datetime as dt
from dataclasses import replace

import pytest

from eros_assets.calendar import la_instant
from eros_assets.planning.model import Caption, Rule, SentMessage, WeekRules
from eros_assets.planning.validation import PlacedCaption, violations
from eros_assets.planning.week import plan_week

MONDAY = dt.date(2025, 11, 3)
RULES = WeekRules(MONDAY, min_gap_minutes=120, max_messages_per_day=3)
WEDNESDAY = dt.date(2025, 11, 5)


def ppv(caption_id: int, hour: int, minute: int = 0, day: dt.date = WEDNESDAY) -> PlacedCaption:
    return PlacedCaption(caption_id, "PPV", la_instant(day, hour, minute))


def bump(caption_id: int, hour: int, minute: int = 0) -> PlacedCaption:
    return PlacedCaption(caption_id, "Bump", la_instant(WEDNESDAY, hour, minute))


def broken(*messages: PlacedCaption, rules: WeekRules = RULES) -> set[Rule]:
    # A PPV on every other open day keeps the balance out of what is tried.
    return {v.rule for v in violations(rules, messages)} - {Rule.PPV_BALANCE}


@pytest.mark.parametrize(
    ("messages", "rule"),
    [
        ((ppv(1, 10), ppv(2, 11, 45)), Rule.MIN_GAP),
        ((ppv(1, 10), bump(2, 10, 30)), Rule.MESSAGE_GAP),
        ((bump(1, 10), bump(1, 12)), Rule.CAPTION_ONCE),
        ((bump(1, 10, 5),), Rule.GRID),
        ((bump(1, 7, 45),), Rule.SENDING_HOURS),
        ((bump(1, 22, 15),), Rule.SENDING_HOURS),
        ((ppv(1, 12, day=dt.date(2025, 11, 10)),), Rule.SENDING_HOURS),
        ((bump(1, 9), bump(2, 10), bump(3, 11), bump(4, 12)), Rule.MAX_MESSAGES_PER_DAY),
    ],
)
def test_a_broken_rule_is_seen(messages: tuple[PlacedCaption, ...], rule: Rule) -> None:
    assert broken(*messages) == {rule}


@pytest.mark.parametrize(
    "messages",
    [
        (ppv(1, 8), ppv(2, 22)),
        (ppv(1, 10), ppv(2, 12)),
        (ppv(1, 10), bump(2, 10, 45)),
        (bump(1, 9), bump(2, 10), bump(3, 11)),
    ],
    ids=["first and last minute", "just the gap", "just 45 minutes", "just the maximum"],
)
def test_the_edge_of_a_rule_is_within_it(messages: tuple[PlacedCaption, ...]) -> None:
    assert broken(*messages) == set()


def test_a_gap_blames_both_messages_but_never_one_that_was_sent() -> None:
    (found,) = violations(
        replace(RULES, cooling_days=2),
        [bump(7, 10)],
        sent=[SentMessage(la_instant(WEDNESDAY, 9, 30), "PPV")],
    )
    assert (found.rule, found.caption_ids) == (Rule.MESSAGE_GAP, (7,))
    sent = [SentMessage(la_instant(WEDNESDAY, 9, n), "PPV") for n in (0, 10)]
    assert violations(RULES, [], sent=sent) == []


def test_gaps_reach_across_midnight_and_a_bump_between_two_ppvs_does_not_hide_theirs() -> None:
    wide = replace(RULES, min_gap_minutes=660)
    assert broken(ppv(1, 22), ppv(2, 8, day=dt.date(2025, 11, 6)), rules=wide) == {Rule.MIN_GAP}
    assert broken(ppv(1, 10), bump(2, 10, 45), ppv(3, 11, 30)) == {Rule.MIN_GAP}


def test_a_gap_is_real_minutes_where_clocks_change() -> None:
    """From 01:00 PDT to 01:30 PST on the day that clocks go back it is an hour and a half."""
    rules = WeekRules(dt.date(2025, 10, 27), 90, 15, first_hour=0)
    first = la_instant(dt.date(2025, 11, 2), 1)
    messages = [PlacedCaption(n, "PPV", first + dt.timedelta(minutes=90 * n)) for n in range(2)]
    assert Rule.MIN_GAP not in {v.rule for v in violations(rules, messages)}


def test_ppvs_of_two_open_days_differ_by_one_at_most() -> None:
    every_day = [ppv(n, 9, day=MONDAY + dt.timedelta(days=n)) for n in range(7)]
    assert violations(RULES, every_day) == []
    assert violations(RULES, [*every_day, ppv(8, 12)]) == []
    crowded = violations(RULES, [*every_day, ppv(8, 12), ppv(9, 15)])
    assert [(v.rule, v.caption_ids) for v in crowded] == [(Rule.PPV_BALANCE, (2, 8, 9))]


def test_cooling_days_hold_no_ppv_and_are_not_compared() -> None:
    rules = replace(RULES, cooling_days=2)
    open_days = [ppv(n, 9, day=MONDAY + dt.timedelta(days=n)) for n in range(2, 7)]
    more = [ppv(10 + n, 12, day=MONDAY + dt.timedelta(days=n)) for n in range(2, 7)]
    assert violations(rules, [*open_days, *more]) == []
    assert {v.rule for v in violations(rules, [ppv(1, 9, day=MONDAY), *open_days])} == {
        Rule.COOLING_DAYS
    }


def test_a_day_partly_past_may_hold_fewer_and_nothing_may_lie_in_the_past() -> None:
    noon = la_instant(WEDNESDAY, 12)
    later = [ppv(n, hour, day=MONDAY + dt.timedelta(days=n)) for n in range(3, 7) for hour in (9,)]
    later += [ppv(10 + n, 12, day=MONDAY + dt.timedelta(days=n)) for n in range(3, 7)]
    assert violations(RULES, later, not_before=noon) == []
    early = violations(RULES, [*later, ppv(1, 11)], not_before=noon)
    assert [v.rule for v in early] == [Rule.WEEK_BEGUN]


def test_every_message_moved_off_a_plan_onto_its_neighbour_is_seen() -> None:
    captions = [Caption(n, "PPV", "mid", None, 1 - n / 100) for n in range(14)]
    plan = plan_week(captions, RULES)
    messages = [
        PlacedCaption(m.caption.caption_id, m.caption.message_type, m.send_time)
        for m in plan.messages
    ]
    assert violations(RULES, messages) == []
    for i in range(1, len(messages)):
        moved = list(messages)
        moved[i] = replace(messages[i], send_time=messages[i - 1].send_time)
        assert Rule.MIN_GAP in {v.rule for v in violations(RULES, moved)}
