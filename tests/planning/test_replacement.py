"""Captions come into the places of others: the best offers, within limits, at the places' times."""

import datetime as dt
from collections import Counter
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from eros_assets.calendar import la_instant
from eros_assets.planning.model import (
    Caption,
    MessageType,
    Rule,
    SendingHours,
    SentMessage,
    SlotValues,
    WeekRules,
)
from eros_assets.planning.replacement import Offer, Place, allot, narrower_hours, put_in_place

MONDAY = dt.date(2025, 11, 10)
RULES = WeekRules(MONDAY, min_gap_minutes=120, max_messages_per_day=8)


def at(day: int, hour: int) -> dt.datetime:
    return la_instant(MONDAY + dt.timedelta(days=day), hour)


def place(number: int, page: str = "cook", arm: str = "treatment", worth: float = 1.0) -> Place:
    return Place(page, number, at(number % 7, 12), "mid", arm, worth)


def offer(caption_id: int, score: float, page: str = "cook", **more: object) -> Offer:
    base = Offer(page, "mid", "treatment", caption_id, score, score, category_room=9, urgent_room=9)
    return replace(base, **more)


offers = st.builds(
    Offer,
    page_name=st.sampled_from(["cook", "coach"]),
    price_tier=st.just("mid"),
    arm=st.sampled_from(["treatment", "control"]),
    caption_id=st.integers(1, 12),
    offer_score=st.floats(0, 1),
    final_score=st.floats(0, 1),
    content_category=st.sampled_from([None, "bread", "soup"]),
    has_urgency=st.booleans(),
    category_room=st.just(2),
    urgent_room=st.just(1),
)
kinds = st.tuples(st.sampled_from(["cook", "coach"]), st.sampled_from(["treatment", "control"]))


@given(
    st.lists(kinds, max_size=8),
    st.lists(offers, max_size=25, unique_by=lambda o: (o.page_name, o.arm, o.caption_id)),
)
def test_limits_hold_and_nothing_that_could_come_is_left_out(
    wanted: list[tuple[str, str]], found: list[Offer]
) -> None:
    places = [place(n, page, arm) for n, (page, arm) in enumerate(wanted)]
    won = allot(places, found)
    assert all(offered.kind == where.kind for where, offered in won.items())
    captions = [offered.caption_id for offered in won.values()]
    assert len(set(captions)) == len(captions), "a caption goes to one place, agency-wide"
    categories = Counter((o.page_name, o.content_category) for o in won.values())
    urgent = Counter(o.page_name for o in won.values() if o.has_urgency)
    assert all(n <= 2 for (_, category), n in categories.items() if category is not None)
    assert all(n <= 1 for n in urgent.values())
    for empty in set(places) - won.keys():
        left = [
            o
            for o in found
            if o.kind == empty.kind
            and o.caption_id not in captions
            and (o.content_category is None or categories[o.page_name, o.content_category] < 2)
            and not (o.has_urgency and urgent[o.page_name])
        ]
        assert left == []
    assert won == allot(places[::-1], found[::-1]), "whatever the order"


def test_the_best_offer_comes_first_and_into_the_place_that_is_worth_most() -> None:
    low, high = place(1, worth=0.5), place(2, worth=1.5)
    won = allot([low, high], [offer(1, 0.2), offer(2, 0.9), offer(3, 0.6)])
    assert {where.number: o.caption_id for where, o in won.items()} == {1: 3, 2: 2}


def test_a_caption_that_two_pages_want_goes_to_the_higher_offer() -> None:
    cook, coach = place(1), place(1, "coach")
    won = allot([cook, coach], [offer(1, 0.8), offer(1, 0.9, "coach"), offer(2, 0.1)])
    assert won[coach].caption_id == 1
    assert won[cook].caption_id == 2


def caption(caption_id: int, kind: MessageType = "PPV") -> Caption:
    return Caption(caption_id, kind, "mid", "bread", 0.8)


def put(arrivals: dict[Place, Caption], *standing: SentMessage, rules: WeekRules = RULES):
    return put_in_place(
        arrivals,
        rules,
        SlotValues(),
        planned_at=at(2, 0),
        standing=standing,
        worths=[0.9, 0.5],
    )


def test_a_place_keeps_its_time_where_no_rule_forbids_it() -> None:
    found = put({place(4, worth=1.3): caption(7)}, SentMessage(at(4, 10), "PPV"))
    [message] = found.kept.values()
    assert (message.number, message.send_time, message.slot_value) == (4, at(4, 12), 1.3)
    assert message.rank == 2
    assert not found.moved
    assert not found.dropped


def test_a_place_whose_time_a_rule_forbids_is_moved_ahead() -> None:
    for rules, standing, rule in (
        (RULES, SentMessage(at(4, 11), "PPV"), Rule.MIN_GAP),
        (RULES, SentMessage(at(4, 12) + dt.timedelta(minutes=30), "Bump"), Rule.MESSAGE_GAP),
        (replace(RULES, max_messages_per_day=1), SentMessage(at(4, 20), "Bump"), None),
        (replace(RULES, exceptions={MONDAY + dt.timedelta(days=4): None}), None, None),
        (replace(RULES, cooling_days=5), None, Rule.COOLING_DAYS),
    ):
        found = put({place(4): caption(7)}, *([standing] if standing else []), rules=rules)
        [message] = found.moved.values()
        assert message.send_time != at(4, 12)
        assert message.send_time >= at(2, 0)
        assert rule in (None, found.forbidden[4])


def test_a_place_that_has_no_room_ahead_is_dropped_with_the_rules() -> None:
    closed = {MONDAY + dt.timedelta(days=day): None for day in range(7)}
    found = put({place(4): caption(7)}, rules=replace(RULES, exceptions=closed))
    assert found.dropped[4].rules == (Rule.SENDING_HOURS,)


def test_hours_are_those_in_which_a_date_was_planned_and_is_open_now() -> None:
    days = [MONDAY + dt.timedelta(days=day) for day in range(5)]
    planned = {days[0]: SendingHours(18, 2), days[1]: None, days[2]: SendingHours(9, 12)}
    now = {
        days[0]: SendingHours(20, 23),
        days[2]: SendingHours(14, 20),
        days[3]: SendingHours(10, 23),
        days[4]: None,
    }
    assert narrower_hours(planned, now, SendingHours(8, 22)) == {
        days[0]: SendingHours(20, 23),
        days[1]: None,
        days[2]: None,
        days[3]: SendingHours(10, 22),
        days[4]: None,
    }
