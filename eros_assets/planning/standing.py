"""PPVs that stand already among those to plan: the sameness that each adds between two of an order.

Where a message stands in the order depends on the slots that the order's PPVs are given. For each
place in an order, before the first PPV up to after the last, the message there makes new pairs and
runs with its neighbours, and parts those that they made with each other. Messages that stand are
counted each for itself: of two in one place the sum is not exact.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eros_assets.planning.model import SentMessage
from eros_assets.planning.placement import Orders, Penalties, Timeline
from eros_assets.planning.slots import Day

BEYOND = 10**4
"""A slot after all of a day: whatever slots its PPVs have, they pass what stands there."""


@dataclass(frozen=True, slots=True)
class Passing:
    """A PPV that stands before the slot of a day with this number, and after those before it.

    `categories` and `tiers` are those of the captions by rank, numbered; `category` and `tier` the
    message's own.
    """

    slot: int
    category: int
    tier: int
    categories: NDArray[np.int64]
    tiers: NDArray[np.int64]
    penalties: Penalties

    def costs(self, orders: Orders) -> NDArray[np.int64]:
        """What the message adds to the cost of sameness, (order, place 0 to all its captions)."""
        pairs = _added(self.categories[orders], self.category, 2)
        runs = _added(self.tiers[orders], self.tier, 3)
        return self.penalties.pair * pairs + self.penalties.run * runs


def passings(
    timeline: Timeline, days: Sequence[Day], sent: Sequence[SentMessage], penalties: Penalties
) -> tuple[tuple[Passing, ...], ...]:
    """The PPVs that stand, in order of time, each with the last day that has begun by then.

    What stands before the week's first slot belongs to the first day that has any.
    """
    stands = np.ones(len(timeline.standing_tiers), dtype=bool)
    stands[timeline.free] = False
    times = sorted(message.send_time for message in sent if message.message_type == "PPV")
    found: list[list[Passing]] = [[] for _ in days]
    for time, category, tier in zip(
        times,
        timeline.standing_categories[stands],
        timeline.standing_tiers[stands],
        strict=True,
    ):
        day = _day_of(time, days)
        found[day].append(
            Passing(
                _slot_at(time, days[day]),
                int(category),
                int(tier),
                timeline.categories,
                timeline.tiers,
                penalties,
            )
        )
    return tuple(map(tuple, found))


def least_lost(
    orders: Orders,
    timeline: Timeline,
    passed: Sequence[Sequence[Passing]],
    penalties: Penalties,
) -> NDArray[np.int64]:
    """The cost of each order's sameness when every message that stands is where it adds least."""
    least = lost_among(orders, timeline, penalties)
    for passing in (each for of_day in passed for each in of_day):
        least += passing.costs(orders).min(axis=1)
    return least


def lost_among(orders: Orders, timeline: Timeline, penalties: Penalties) -> NDArray[np.int64]:
    """The cost of each order's sameness, with nothing that stands."""
    pairs = _in_a_row(timeline.categories[orders], 2).sum(axis=1)
    runs = _in_a_row(timeline.tiers[orders], 3).sum(axis=1)
    return penalties.pair * pairs + penalties.run * runs


def _slot_at(time: dt.datetime, day: Day) -> int:
    """The number of the day's first slot from a time on; BEYOND when all are before it."""
    before = sum(slot.time < time for slot in day.slots)
    return before if before < len(day.slots) else BEYOND


def _day_of(time: dt.datetime, days: Sequence[Day]) -> int:
    with_slots = [day for day, each in enumerate(days) if each.slots]
    begun = [day for day in with_slots if days[day].slots[0].time <= time]
    return begun[-1] if begun else next(iter(with_slots), 0)


def _added(kinds: NDArray[np.int64], kind: int, length: int) -> NDArray[np.int64]:
    """Rows of `length` of one kind that a message of `kind` adds at each place of each order."""
    orders, captions = kinds.shape
    added = np.zeros((orders, captions + 1), dtype=np.int64)
    before = _in_a_row(kinds, length).sum(axis=1)
    for place in range(captions + 1):
        among = np.insert(kinds, place, kind, axis=1)
        added[:, place] = _in_a_row(among, length).sum(axis=1) - before
    return added


def _in_a_row(kinds: NDArray[np.int64], length: int) -> NDArray[np.bool_]:
    """Whether `length` of one kind end at each place from the `length`-th on."""
    if kinds.shape[1] < length:
        return np.zeros((len(kinds), 0), dtype=bool)
    same = kinds[:, 1:] == kinds[:, :-1]
    if length == 2:
        return same
    return same[:, 1:] & same[:, :-1]
