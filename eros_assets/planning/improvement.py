"""Improves a week by choosing slots and order together, where choosing them in turn falls short.

The best slots (prices) are found without regard to sameness, and the order (placement) for fixed
slots; other slots, worth hardly less, may allow an order with less sameness. This module searches
orders and values each at its best slots: for a fixed order of the PPVs and fixed bumps, dynamic
programming finds these exactly, first within the days, then over the days. A PPV that stands
already is between two of the order or beside one, whatever the slots make it: what it adds to the
sameness there is a cost of the way past it.

The search keeps a few orders and values the neighbours of all of them (a beam search, Lowerre
1976). It starts only when the week's value is not close to its bound, and stops when it is, or
after some rounds without improvement. A neighbour whose penalties can't be made up for even by the
best slots isn't valued.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eros_assets.planning.balance import Choices, levels
from eros_assets.planning.model import SentMessage, WeekRules
from eros_assets.planning.paths import CLOSED, Gaps
from eros_assets.planning.placement import (
    Arrangement,
    Orders,
    Penalties,
    Timeline,
    descend,
    near,
    rotations,
)
from eros_assets.planning.prices import Place, Slots, closed
from eros_assets.planning.slots import Day
from eros_assets.planning.standing import Passing, least_lost, lost_among, passings

NEAR_ENOUGH = 0.002
"""The distance to the week's bound, relative to the bound, at which nothing more is tried."""

KEPT = 8
"""Orders kept from round to round."""

VALUED = 256
"""Most orders valued in a round: those worth most in the best slots so far."""

PATIENCE = 2
"""Rounds in succession without a better week that end the search."""

MOST_ROUNDS = 12
"""Rounds at which the search ends in any case."""

MOST_ROTATED = 10
"""PPVs a week up to which rotations of three are among the neighbours."""

MOST_PPVS = 40
"""PPVs a week up to which anything is tried: no size tier has more, and neighbours grow many."""


@dataclass(frozen=True, slots=True)
class OrderedDays:
    """The slots open to the week's PPVs when their order and the bumps are fixed.

    `pays` is (slot, day, rank of a caption), CLOSED where no PPV may go; `gap` is that of two PPVs,
    steps of the grid. `levels` are the ways to balance the PPVs over the days (see balance), within
    the days' maximum. `begins` is for each day the least and the most PPVs of the days before it.
    `passed` are for each day the messages that stand and that a day's PPVs pass.
    """

    pays: NDArray[np.int64]
    gap: int
    levels: tuple[Choices, ...]
    begins: tuple[tuple[int, int], ...]
    passed: tuple[tuple[Passing, ...], ...]

    @classmethod
    def of(
        cls,
        slots: Slots,
        rules: WeekRules,
        days: Sequence[Day],
        passed: tuple[tuple[Passing, ...], ...],
    ) -> "OrderedDays":
        """The week beside the bumps of `slots`."""
        gaps = Gaps.of(rules)
        worth = slots.ppv.worth + slots.ppv.shuffle
        is_open = closed(slots.ppv, days, np.zeros_like(slots.ppv.shuffle)) == 0
        room = [max(rules.max_messages_per_day - day.sent, 0) for day in days]
        for day, at in slots.bump_places:
            is_open[max(at - gaps.message + 1, 0) : at + gaps.message, day] = False
            room[day] -= 1
        ppvs = len(slots.ppv.captions)
        within = [
            tuple(
                tuple(x for x in choice if x <= most)
                for choice, most in zip(choices, room, strict=True)
            )
            for choices in levels(days, ppvs)
        ]
        feasible = tuple(choices for choices in within if all(choices))
        return cls(
            np.where(is_open, worth, CLOSED).transpose(1, 2, 0).copy(),
            gaps.ppv,
            feasible,
            _begins(feasible, ppvs),
            passed,
        )

    def values(self, orders: Orders) -> NDArray[np.int64]:
        """What each order is worth in the best slots it can have.

        Sameness among its captions aside; that with what stands is taken off.
        """
        days = [[best[0] for best in self._day(day, orders)] for day in range(len(self.begins))]
        weeks = [self._week(days, choices)[0][:, 0] for choices in self.levels]
        return np.max(weeks, axis=0)

    def places(self, order: NDArray[np.intp]) -> tuple[Place, ...]:
        """The best slots that this order can have, in order of time."""
        tables = [self._day(day, order[None]) for day in range(len(self.begins))]
        days = [[best[0] for best in table] for table in tables]
        weeks = [self._week(days, choices) for choices in self.levels]
        level = int(np.argmax([week[0][0, 0] for week in weeks]))
        found: list[Place] = []
        for day, (first, _) in enumerate(self.begins):
            here, after = weeks[level][day : day + 2]
            begin = len(found)
            count = next(
                x
                for x in self.levels[level][day]
                if begin - first < days[day][x].shape[1]
                and here[0, begin] == days[day][x][0, begin - first] + after[0, begin + x]
            )
            at = 0
            for left in range(count, 0, -1):
                place = begin + count - left
                paid = self._first(tables[day], day, order[None], left)[:, 0, place - first]
                for each in self.passed[day]:
                    if at <= each.slot:
                        paid[each.slot :] -= each.costs(order[None])[0, place]
                # Of equal slots the caption's is the last.
                at = len(paid) - 1 - int(np.argmax(paid[at:][::-1]))
                found.append((day, at))
                at += self.gap
        return tuple(found)

    def _day(self, day: int, orders: Orders) -> list[NDArray[np.int64]]:
        """For 0, 1, 2 … captions, the most that they pay on the day from a slot on.

        Each table is (slot, order, place in the order of the first of the captions), places
        counted from the first at which the day may begin. A message that stands at or after the
        slot is still to be passed, and its cost taken off.
        """
        first, last = self.begins[day]
        most = max(choices[day][-1] for choices in self.levels)
        places = min(last + most, orders.shape[1]) - first + 1
        slots = len(self.pays) + self.gap + 1
        costs = [
            (each.slot, each.costs(orders)[:, first : first + places]) for each in self.passed[day]
        ]
        nothing = np.zeros((slots, len(orders), places), dtype=np.int64)
        for slot, cost in costs:
            nothing[: slot + 1] -= cost
        tables = [nothing]
        for count in range(1, most + 1):
            paid = self._first(tables, day, orders, count)
            table = np.maximum.accumulate(paid[::-1], axis=0)[::-1]
            # Before a message that stands: this side of it, or what is beyond, for its cost.
            for slot, cost in reversed(costs):
                beyond = table[slot] - cost[:, : paid.shape[2]] if slot < len(table) else None
                table[: slot + 1] = CLOSED
                table[:slot] = np.maximum.accumulate(paid[:slot][::-1], axis=0)[::-1]
                if beyond is not None:
                    table[: slot + 1] = np.maximum(table[: slot + 1], beyond)
            tables.append(table)
        return tables

    def _first(
        self, tables: Sequence[NDArray[np.int64]], day: int, orders: Orders, count: int
    ) -> NDArray[np.int64]:
        """What `count` captions pay when the first of them is at a slot, as the day's tables."""
        begin = self.begins[day][0]
        following = tables[count - 1][self.gap : self.gap + len(self.pays), :, 1:]
        width = following.shape[2]
        alone = self.pays[:, day][:, orders[:, begin : begin + width]]
        paid = np.full_like(alone, CLOSED)
        np.add(alone[: len(following)], following, out=paid[: len(following)])
        return paid

    def _week(
        self, days: Sequence[Sequence[NDArray[np.int64]]], choices: Choices
    ) -> list[NDArray[np.int64]]:
        """For each day, the most that the captions from a place in the order on pay from it on.

        Each table is (order, place); the last of the eight is the empty rest.
        """
        shape = days[0][0].shape[0], self.pays.shape[2] + 1
        rest = np.full(shape, CLOSED, dtype=np.int64)
        rest[:, -1] = 0
        tables = [rest]
        for (first, _), choice, best in reversed(
            list(zip(self.begins, choices, days, strict=True))
        ):
            here = np.full(shape, CLOSED, dtype=np.int64)
            for count in choice:
                stop = first + best[count].shape[1]
                target = here[:, first:stop]
                paid = best[count] + tables[0][:, first + count : stop + count]
                np.maximum(target, paid, out=target)
            tables.insert(0, here)
        return tables


def _begins(weeks: Sequence[Choices], ppvs: int) -> tuple[tuple[int, int], ...]:
    """For each day the least and the most PPVs of the days before it, whatever the level."""
    days = range(len(weeks[0]))
    fewest = [min(choices[day][0] for choices in weeks) for day in days]
    most = [max(choices[day][-1] for choices in weeks) for day in days]
    return tuple(
        (
            max(sum(fewest[:day]), ppvs - sum(most[day:])),
            min(sum(most[:day]), ppvs - sum(fewest[day:])),
        )
        for day in days
    )


def improve(
    arranged: Arrangement,
    slots: Slots,
    rules: WeekRules,
    days: Sequence[Day],
    sent: Sequence[SentMessage],
    penalties: Penalties,
) -> Arrangement:
    """The best week found for the PPVs, bumps unchanged; `arranged` if none is better.

    `sent` are the messages of the week that stand, as for `arrange`.
    """
    ppvs = len(slots.ppv.captions)
    most = slots.bound - slots.bump.value_of(slots.bump_places)
    enough = most - arranged.unavoidable - NEAR_ENOUGH * abs(slots.bound - arranged.unavoidable)
    if not 2 <= ppvs <= MOST_PPVS or arranged.value >= enough:
        return arranged
    moves = np.concatenate([near(ppvs), *([rotations(ppvs)] if ppvs <= MOST_ROTATED else [])])
    best, kept = arranged, arranged.order[None]
    timeline = Timeline.of(slots.ppv, [place for _, place in best.placed], days, sent)
    passed = passings(timeline, days, sent, penalties)
    ordered = OrderedDays.of(slots, rules, days, passed)
    met: set[bytes] = set()
    idle = 0
    for _ in range(MOST_ROUNDS):
        orders = np.unique(np.concatenate([kept, *(order[moves] for order in kept)]), axis=0)
        orders = orders[[order.tobytes() not in met for order in orders]]
        lost = least_lost(orders, timeline, passed, penalties)
        promising = most - lost > best.value
        orders, lost = orders[promising], lost[promising]
        by_value = np.argsort(lost - timeline.paid(orders), kind="stable")
        orders = orders[by_value[:VALUED]]
        if not len(orders):
            break
        met |= {order.tobytes() for order in orders}
        values = ordered.values(orders) - lost_among(orders, timeline, penalties)
        kept = orders[np.argsort(-values, kind="stable")[:KEPT]]
        idle += 1
        # Beside messages that stand the values are nearly exact: the first may not be the best.
        for tried in kept if any(passed) else kept[:1]:
            # Each set of slots has its own timeline: the neighbours may differ.
            moved = Timeline.of(slots.ppv, ordered.places(tried), days, sent)
            found = moved.arranged(tried, penalties)
            if found.value > best.value:
                order = descend(moved, tried, penalties)
                best, timeline, idle = moved.arranged(order, penalties), moved, 0
                kept = np.concatenate([kept, order[None]])
        if idle == PATIENCE or best.value >= enough:
            break
    return best
