"""Slots and order chosen together: exact for a given order, and worth it where it is tried."""

import datetime as dt
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations, islice

import numpy as np
import pytest

from eros_assets.calendar import la_instant
from eros_assets.planning.bumps_after import with_bumps_after
from eros_assets.planning.improvement import OrderedDays, improve
from eros_assets.planning.model import Caption, SentMessage, SlotValues, WeekRules
from eros_assets.planning.placement import Arrangement, Penalties, Timeline, arrange
from eros_assets.planning.prices import SHUFFLE, Place, Slots, best_slots
from eros_assets.planning.slots import Day, week_days
from eros_assets.planning.standing import least_lost, lost_among, passings
from eros_assets.planning.validation import PlacedCaption, violations
from tests.planning.weeks import SampleWeek, sample_weeks

MONDAY = dt.date(2025, 11, 3)
PPVS = 5


def small_week(seed: int) -> SampleWeek:
    """Five PPVs and three bumps on the last three days, five slots each; begun in odd seeds."""
    chance = random.Random(seed)
    captions = (
        *(Caption(n, "PPV", "mid", None, chance.uniform(0.1, 1)) for n in range(PPVS)),
        *(Caption(10 + n, "Bump", "bump", None, chance.uniform(0.1, 1)) for n in range(3)),
    )
    rules = WeekRules(
        MONDAY,
        min_gap_minutes=120,
        max_messages_per_day=3,
        cooling_days=4,
        first_hour=16,
        last_hour=20,
        grid_minutes=60,
        message_gap_minutes=60,
    )
    values = SlotValues(
        {(day, hour, "PPV"): chance.uniform(0.5, 1.5) for day in range(5, 8) for hour in range(24)}
        | {(day, 20, "Bump"): chance.uniform(0.5, 3) for day in range(1, 8)}
    )
    # Friday from 18:00 LA on.
    begun = dt.datetime(2025, 11, 8, 2, tzinfo=dt.UTC) if seed % 2 else None
    return SampleWeek("MICRO", captions, rules, values, begun)


def slots_of(week: SampleWeek) -> tuple[Slots, Sequence[Day]]:
    days = week_days(week.rules, week.values, not_before=week.not_before, sent=week.sent)
    ranked = sorted(week.captions, key=lambda c: (-c.worth, c.message_type == "Bump", c.caption_id))
    slots = best_slots(ranked, week.rules, days)
    assert slots is not None
    return slots, days


def valid_places(
    week: SampleWeek, slots: Slots, days: Sequence[Day]
) -> Iterator[tuple[Place, ...]]:
    """All that the validator lets pass beside the bumps."""
    bumps = [
        PlacedCaption(10 + n, "Bump", days[day].slots[at].time)
        for n, (day, at) in enumerate(slots.bump_places)
    ]
    for places in combinations([(day, at) for day in (4, 5, 6) for at in range(5)], PPVS):
        ppvs = [
            PlacedCaption(n, "PPV", days[day].slots[at].time) for n, (day, at) in enumerate(places)
        ]
        if not violations(week.rules, [*ppvs, *bumps], not_before=week.not_before, sent=week.sent):
            yield places


NOTHING_STANDS = ((),) * 7


@pytest.mark.parametrize("seed", range(6))
def test_an_order_is_valued_at_the_best_slots_that_the_validator_lets_it_have(seed: int) -> None:
    week = small_week(seed)
    slots, days = slots_of(week)
    ordered = OrderedDays.of(slots, week.rules, days, NOTHING_STANDS)
    chance = random.Random(seed)
    orders = np.array([chance.sample(range(PPVS), PPVS) for _ in range(20)], dtype=np.intp)
    places = list(valid_places(week, slots, days))
    day, at = np.array(places).transpose(2, 0, 1)
    assert len(places) > 1

    for order, value in zip(orders, ordered.values(orders), strict=True):
        worth = slots.ppv.worth[order[None], at, day].sum(axis=1)
        # The shuffle decides between slots of one hour and adds next to nothing.
        assert 0 <= value - worth.max() < PPVS * SHUFFLE
        chosen = places.index(ordered.places(order))
        assert worth[chosen] > worth.max() - PPVS * SHUFFLE


@pytest.mark.parametrize(
    "stands",
    [
        *(la_instant(MONDAY + dt.timedelta(days=5), hour, 7) for hour in (9, 16, 17, 18, 19, 23)),
        la_instant(MONDAY + dt.timedelta(days=6), 20),
        la_instant(MONDAY + dt.timedelta(days=3), 18),
    ],
    ids=lambda time: f"{time:%A %H:%M}",
)
@pytest.mark.parametrize("seed", [0, 2, 4])
def test_an_order_is_valued_with_what_it_has_of_a_message_that_stands(
    seed: int, stands: dt.datetime
) -> None:
    """Wherever it stands: between two PPVs it adds sameness or parts what is the same."""
    chance = random.Random(seed)
    week = small_week(seed)
    kinds = [(f"tier {chance.randrange(2)}", f"about {chance.randrange(2)}") for _ in range(PPVS)]
    captions = [
        replace(c, price_tier=kinds[n][0], content_category=kinds[n][1]) if n < PPVS else c
        for n, c in enumerate(week.captions)
    ]
    rules = replace(week.rules, max_messages_per_day=4)
    sent = (SentMessage(stands, "PPV", *kinds[0]),)
    week = replace(week, captions=(*captions[:PPVS], captions[-1]), rules=rules, sent=sent)
    slots, days = slots_of(week)
    unit = slots.unit
    penalties = Penalties(round(0.3 / unit), round(0.2 / unit))
    orders = np.array([chance.sample(range(PPVS), PPVS) for _ in range(20)], dtype=np.intp)
    places = list(valid_places(week, slots, days))
    timelines = [Timeline.of(slots.ppv, each, days, sent) for each in places]
    passed = passings(timelines[0], days, sent, penalties)
    ordered = OrderedDays.of(slots, rules, days, passed)
    among = lost_among(orders, timelines[0], penalties)
    least = least_lost(orders, timelines[0], passed, penalties)
    exact = np.array([timeline.values(orders, penalties) for timeline in timelines])
    assert len(places) > 1

    values = ordered.values(orders) - among
    for n, (order, value) in enumerate(zip(orders, values, strict=True)):
        assert 0 <= value - exact[:, n].max() < PPVS * SHUFFLE
        chosen = places.index(ordered.places(order))
        assert exact[chosen, n] > exact[:, n].max() - PPVS * SHUFFLE
        assert least[n] <= min(line.lost(order[None], penalties)[0] for line in timelines)


def one_after_the_other(week: SampleWeek) -> tuple[Arrangement, Arrangement]:
    """The week's PPVs as arranged in the best slots, and with slots and order chosen together."""
    slots, days = slots_of(week)
    penalties = penalties_of(week, slots)
    apart = arrange(slots.ppv, slots.ppv_places, days, [], penalties)
    return apart, improve(apart, slots, week.rules, days, [], penalties)


def at_time(days: Sequence[Day], place: Place) -> dt.datetime:
    return days[place[0]].slots[place[1]].time


def penalties_of(week: SampleWeek, slots: Slots) -> Penalties:
    return Penalties(
        round(week.rules.category_penalty / slots.unit), round(week.rules.tier_penalty / slots.unit)
    )


@pytest.mark.parametrize("number", [85, 93])
def test_sameness_gives_way_to_slots_worth_hardly_less(number: int) -> None:
    """Weeks whose plan was under the optimum by 1 % and 0.6 %."""
    apart, together = one_after_the_other(next(islice(sample_weeks(11, 20), number, None)))
    assert together.value > 1.003 * apart.value


def test_bumps_give_way_to_a_better_order_of_ppvs() -> None:
    """A week of short evenings: with its bumps where they were, it is worth 98.5 %."""
    week = next(islice(sample_weeks(11, 30, decided=True), 134, None))
    slots, days = slots_of(week)
    penalties = penalties_of(week, slots)
    apart = arrange(slots.ppv, slots.ppv_places, days, week.sent, penalties)
    beside = improve(apart, slots, week.rules, days, week.sent, penalties)
    moved, found = with_bumps_after(beside, slots, week.rules, days, week.sent, penalties)
    assert set(found.bump_places) != set(slots.bump_places)
    before, after = (
        ppvs.value + slots.bump.value_of(places)
        for ppvs, places in ((beside, slots.bump_places), (moved, found.bump_places))
    )
    assert after > 1.01 * before
    placed = [
        *(PlacedCaption(c.caption_id, "PPV", at_time(days, place)) for c, place in moved.placed),
        *(
            PlacedCaption(1001 + n, "Bump", at_time(days, place))
            for n, place in enumerate(found.bump_places)
        ),
    ]
    assert not violations(week.rules, placed, not_before=week.not_before, sent=week.sent)


def test_a_week_at_its_bound_stays_as_it_is() -> None:
    """PPVs of one tier alone are as much the same in any order."""
    apart, together = one_after_the_other(small_week(0))
    assert apart.runs == PPVS - 2
    assert together is apart
