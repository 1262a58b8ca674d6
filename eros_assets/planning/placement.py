"""Assigns captions to the chosen slots, by worth and with little sameness.

For fixed slots the order of most worth is by rank: the best caption in the most valuable slot. Two
penalties count against it. A pair is two consecutive PPVs of one category; a run is a PPV whose two
forerunners are of its own tier, so four of one tier in a row are two runs. From the order by rank
the search moves to the best neighbouring order, until none is better (variable neighbourhood
descent, Mladenović & Hansen 1997). All neighbours are valued at once, each after the captions of
every kind, category and tier, have been put by rank among the places of their kind: that changes no
penalty.
"""

import datetime as dt
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from eros_assets.planning.model import Caption, SentMessage
from eros_assets.planning.prices import Place, Ranking
from eros_assets.planning.slots import Day

Orders = NDArray[np.intp]
"""Ranks of the captions in order of time, (order, place)."""


MOST_ROTATED = 32
"""PPVs a week up to which rotations are tried: beyond, they grow too many to value at once."""


@dataclass(frozen=True, slots=True)
class Penalties:
    """The cost of a pair and of a run, in units of the week."""

    pair: int
    run: int


@dataclass(frozen=True, slots=True)
class Arrangement:
    """PPVs in their places in order of time, and the sameness that remains.

    `order` is their ranks, `value` what they are worth, penalties taken off, in units. No order of
    the week's PPVs, in whatever places, has less sameness than `unavoidable`, units.
    """

    placed: tuple[tuple[Caption, Place], ...]
    order: NDArray[np.intp]
    pairs: int
    runs: int
    value: int
    unavoidable: int


@dataclass(frozen=True, slots=True)
class Timeline:
    """The week's PPVs in order of time: places to fill, among PPVs that are already fixed.

    `captions` are by rank, `worth` is (place, rank of a caption). Categories and tiers are
    numbered, each unknown one by itself: of the captions by rank; and, `standing_…`, of the whole
    timeline, where only those of messages that stand already count. `free` are the positions of
    the places in the timeline.
    """

    captions: tuple[Caption, ...]
    places: tuple[Place, ...]
    by_rank: NDArray[np.intp]
    worth: NDArray[np.int64]
    categories: NDArray[np.int64]
    tiers: NDArray[np.int64]
    standing_categories: NDArray[np.int64]
    standing_tiers: NDArray[np.int64]
    free: NDArray[np.intp]

    @classmethod
    def of(
        cls,
        ranking: Ranking,
        places: Sequence[Place],
        days: Sequence[Day],
        sent: Sequence[SentMessage],
    ) -> "Timeline":
        """The timeline of these places and of the PPVs in `sent`."""
        rank_at = {place: rank for rank, place in enumerate(ranking.by_value(places))}
        entries: list[tuple[dt.datetime, Place | None, str | None, str | None]] = [
            (s.send_time, None, s.content_category, s.price_tier)
            for s in sent
            if s.message_type == "PPV"
        ]
        entries += [(days[day].slots[t].time, (day, t), None, None) for day, t in places]
        entries.sort(key=lambda entry: entry[0])
        in_time = tuple(place for _, place, _, _ in entries if place is not None)
        captions = ranking.captions
        categories = _numbered(
            [*(c.content_category for c in captions), *(category for _, _, category, _ in entries)]
        )
        tiers = _numbered([*(c.price_tier for c in captions), *(tier for _, _, _, tier in entries)])
        return cls(
            captions,
            in_time,
            np.array([rank_at[place] for place in in_time], dtype=np.intp),
            np.array([ranking.worth[:, t, day] for day, t in in_time], dtype=np.int64).reshape(
                len(in_time), len(captions)
            ),
            categories[: len(captions)],
            tiers[: len(captions)],
            categories[len(captions) :],
            tiers[len(captions) :],
            np.array([i for i, entry in enumerate(entries) if entry[1] is not None], dtype=np.intp),
        )

    def sameness(self, orders: Orders) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Pairs and runs of each order."""
        categories = np.repeat(self.standing_categories[None], len(orders), axis=0)
        categories[:, self.free] = self.categories[orders]
        tiers = np.repeat(self.standing_tiers[None], len(orders), axis=0)
        tiers[:, self.free] = self.tiers[orders]
        pairs = categories[:, 1:] == categories[:, :-1]
        like = tiers[:, 1:] == tiers[:, :-1]
        return pairs.sum(axis=1), (like[:, 1:] & like[:, :-1]).sum(axis=1)

    def least_sameness(self) -> tuple[int, int]:
        """Pairs and runs that no order avoids: there are too few others to separate equal ones."""
        total = len(self.standing_tiers)
        pairs = sum(max(2 * n - total - 1, 0) for n in self._counts(self.categories))
        runs = sum(max(3 * n - 2 * total - 2, 0) for n in self._counts(self.tiers))
        return pairs, runs

    @staticmethod
    def _counts(numbers: NDArray[np.int64]) -> list[int]:
        return [int(n) for n in np.unique(numbers, return_counts=True)[1]]

    def settled(self, orders: Orders) -> Orders:
        """The orders with the captions of each kind by rank among the places that the kind has."""
        kinds = self.categories * (int(self.tiers.max()) + 1) + self.tiers
        by_kind = np.argsort(kinds, kind="stable")
        by_value = np.argsort(self.by_rank)
        places = by_value[np.argsort(kinds[orders[:, by_value]], axis=1, kind="stable")]
        settled = np.empty_like(orders)
        np.put_along_axis(settled, places, np.broadcast_to(by_kind, orders.shape), axis=1)
        return settled

    def lost(self, orders: Orders, penalties: Penalties) -> NDArray[np.int64]:
        """The cost of each order's sameness."""
        pairs, runs = self.sameness(orders)
        return penalties.pair * pairs + penalties.run * runs

    def values(self, orders: Orders, penalties: Penalties) -> NDArray[np.int64]:
        """The value of each order, less its penalties."""
        return self.paid(orders) - self.lost(orders, penalties)

    def paid(self, orders: Orders) -> NDArray[np.int64]:
        """The value of each order, sameness aside."""
        return self.worth[np.arange(len(self.places)), orders].sum(axis=1)

    def arranged(self, order: NDArray[np.intp], penalties: Penalties) -> Arrangement:
        """The captions in this order."""
        pairs, runs = self.sameness(order[None])
        least_pairs, least_runs = self.least_sameness()
        return Arrangement(
            tuple(
                (self.captions[rank], place) for rank, place in zip(order, self.places, strict=True)
            ),
            order,
            int(pairs[0]),
            int(runs[0]),
            int(self.values(order[None], penalties)[0]),
            unavoidable=penalties.pair * least_pairs + penalties.run * least_runs,
        )


def arrange(
    ranking: Ranking,
    places: Sequence[Place],
    days: Sequence[Day],
    sent: Sequence[SentMessage],
    penalties: Penalties,
) -> Arrangement:
    """The best order found of the week's PPVs in these places."""
    timeline = Timeline.of(ranking, places, days, sent)
    return timeline.arranged(descend(timeline, timeline.by_rank, penalties), penalties)


def descend(timeline: Timeline, order: NDArray[np.intp], penalties: Penalties) -> NDArray[np.intp]:
    """The local optimum that the search reaches from `order`."""
    value = int(timeline.values(order[None], penalties)[0])
    neighbourhoods = [moves for moves in (near(len(order)), rotations(len(order))) if len(moves)]
    level = 0
    while level < len(neighbourhoods):
        orders = timeline.settled(order[neighbourhoods[level]])
        values = timeline.values(orders, penalties)
        best = int(values.argmax())
        if values[best] > value:
            order, value, level = orders[best], int(values[best]), 0
        else:
            level += 1
    return order


@lru_cache(maxsize=64)
def near(places: int) -> Orders:
    """Moves of one or two captions: exchanges, insertions elsewhere, and reversals of a stretch."""
    rows: list[list[int]] = []
    line = list(range(places))
    for i, j in combinations(range(places), 2):
        before, between, after = line[:i], line[i + 1 : j], line[j + 1 :]
        rows.append([*before, j, *between, i, *after])
        if between:
            rows.append([*before, *between, j, i, *after])
            rows.append([*before, j, i, *between, *after])
        if len(between) > 1:
            rows.append([*before, j, *reversed(between), i, *after])
    return np.array(rows, dtype=np.intp).reshape(len(rows), places)


@lru_cache(maxsize=64)
def rotations(places: int) -> Orders:
    """Moves of three captions, each to the next one's place; none where there are too many."""
    rows: list[list[int]] = []
    if places > MOST_ROTATED:
        return np.array(rows, dtype=np.intp).reshape(len(rows), places)
    for i, j, k in combinations(range(places), 3):
        for x, y, z in ((j, k, i), (k, i, j)):
            row = list(range(places))
            row[i], row[j], row[k] = x, y, z
            rows.append(row)
    return np.array(rows, dtype=np.intp).reshape(len(rows), places)


def _numbered(names: Sequence[str | None]) -> NDArray[np.int64]:
    """Equal names get equal numbers; None equals nothing, itself included."""
    numbers: dict[Hashable, int] = {}
    keys = [("unknown", i) if name is None else name for i, name in enumerate(names)]
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.int64)
