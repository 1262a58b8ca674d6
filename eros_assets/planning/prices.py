"""Chooses slots by pricing captions, which also proves a bound on the week's value.

A slot of value v is worth w·v·s to a caption of score s, and each caption may be used once. Put a
price on every caption instead and let each slot take the caption that pays it most: then slots no
longer compete for captions, and the day programme finds the best slots exactly. Whatever the
prices, the payoff found plus the sum of the prices is at least the value of the best week (a
Lagrangian bound), and equal to it when every caption is used exactly once.

For scores in descending order the prices reduce to thresholds: caption k goes to slots of value
between threshold k and threshold k-1. With just k slots above every threshold k the prices are
right, so the thresholds are read off the slots last found, until they repeat.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from eros_assets.planning.balance import allocate, levels, within_day_maximum
from eros_assets.planning.model import Caption, MessageType, WeekRules
from eros_assets.planning.paths import Gaps, Payoffs, day_paths, open_slots
from eros_assets.planning.slots import Day

Place = tuple[int, int]
"""Day of the week from 0, slot of the day from 0."""

SHUFFLE = 256
"""Payoffs carry a shuffle of 0 to 255 units: it decides between slots of equal value."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """The captions of one type, best first, and what each is worth in each slot.

    `worth` is (caption, slot, day) in whole units of the week; `values` is (slot, day).
    """

    message_type: MessageType
    captions: tuple[Caption, ...]
    scores: NDArray[np.float64]
    values: NDArray[np.float64]
    worth: NDArray[np.int64]
    shuffle: NDArray[np.int64]
    unit: float

    def payoffs(self, thresholds: NDArray[np.float64]) -> tuple[Payoffs, int]:
        """The payoff of each slot at these thresholds, and the sum of the prices."""
        if not self.captions:
            return np.zeros_like(self.shuffle), 0
        steps = np.rint((self.scores[:-1] - self.scores[1:]) * thresholds / self.unit)
        prices = np.zeros(len(self.captions), dtype=np.int64)
        prices[:-1] = steps.astype(np.int64)[::-1].cumsum()[::-1]
        pays = (self.worth - prices[:, None, None]).max(axis=0)
        return pays + self.shuffle, int(prices.sum())

    def flat(self) -> NDArray[np.float64]:
        """Thresholds to begin with: every slot is worth the mean."""
        return np.full(
            max(len(self.captions) - 1, 0), float(self.values.mean()) if self.values.size else 0.0
        )

    def by_value(self, places: Sequence[Place]) -> list[Place]:
        """The places from the most valuable to the least, the earlier first among equals."""
        return sorted(places, key=lambda p: (-self.values[p[1], p[0]], p))

    def value_of(self, places: Sequence[Place]) -> int:
        """Units that the captions are worth in these places, the best in the most valuable."""
        ordered = self.by_value(places)
        return sum(int(self.worth[k, slot, day]) for k, (day, slot) in enumerate(ordered))

    def thresholds_of(self, places: Sequence[Place]) -> NDArray[np.float64]:
        """Thresholds halfway between the values of neighbours in rank."""
        values = np.array([self.values[slot, day] for day, slot in self.by_value(places)])
        return (values[:-1] + values[1:]) / 2


def ranking(
    captions: Sequence[Caption],
    message_type: MessageType,
    rules: WeekRules,
    days: Sequence[Day],
    unit: float,
) -> Ranking:
    """Rank the captions of one type and value them in every slot; see Ranking."""
    ours = tuple(c for c in captions if c.message_type == message_type)
    length = max(len(day.slots) for day in days)
    values = np.zeros((length, len(days)))
    for d, day in enumerate(days):
        values[: len(day.slots), d] = [slot.value(message_type) for slot in day.slots]
    scores = np.array([c.worth for c in ours]) * rules.weight(message_type)
    worth = np.rint(scores[:, None, None] * values[None] / unit).astype(np.int64)
    # Knuth's multiplicative hash of the slot's number: scattered, and the same everywhere.
    number = np.arange(values.size, dtype=np.uint64).reshape(len(days), length).T
    shuffle = (number * np.uint64(2_654_435_761) % np.uint64(2**32)) >> np.uint64(24)
    return Ranking(
        message_type, ours, scores, values, worth, shuffle.astype(np.int64) % SHUFFLE, unit
    )


def closed(ranked: Ranking, days: Sequence[Day], payoff: Payoffs) -> Payoffs:
    """The payoff with the slots closed that the type may not use."""
    return open_slots(days, payoff, ranked.message_type)


@dataclass(frozen=True, slots=True)
class Slots:
    """The slots found for a week's PPVs and bumps, and what they are worth at best, in units.

    `bound` is proven: no slots are worth more.
    """

    ppv: Ranking
    bump: Ranking
    ppv_places: tuple[Place, ...]
    bump_places: tuple[Place, ...]
    worth: int
    bound: int
    unit: float


ROUNDS = 6


def best_slots(captions: Sequence[Caption], rules: WeekRules, days: Sequence[Day]) -> Slots | None:
    """The best slots for these captions, sameness ignored; None when no week fits them all."""
    unit = _unit(captions, rules, days)
    ppv = ranking(captions, "PPV", rules, days, unit)
    bump = ranking(captions, "Bump", rules, days, unit)
    ppvs, bumps = len(ppv.captions), len(bump.captions)
    gaps = Gaps.of(rules)
    length = len(ppv.values)
    most_ppvs = max((max(c) for choices in levels(days, ppvs) for c in choices), default=0)
    most_bumps = min(bumps, rules.max_messages_per_day, -(-length // gaps.message))
    most_ppvs = min(most_ppvs, ppvs, rules.max_messages_per_day, -(-length // gaps.ppv))

    best: Slots | None = None
    bound: int | None = None
    thresholds = ppv.flat(), bump.flat()
    for _ in range(ROUNDS):
        ppv_payoff, ppv_prices = ppv.payoffs(thresholds[0])
        bump_payoff, bump_prices = bump.payoffs(thresholds[1])
        paths = day_paths(
            gaps,
            closed(ppv, days, ppv_payoff),
            closed(bump, days, bump_payoff),
            most_ppvs,
            most_bumps,
        )
        table = within_day_maximum(paths.best, days, rules.max_messages_per_day)
        allocation = allocate(table, days, ppvs, bumps)
        if allocation is None:
            return None
        proven = allocation.payoff + ppv_prices + bump_prices
        bound = proven if bound is None else min(bound, proven)
        chosen = [paths.slots(d, *counts) for d, counts in enumerate(allocation.counts)]
        ppv_places = tuple((d, t) for d, (slots, _) in enumerate(chosen) for t in slots)
        bump_places = tuple((d, t) for d, (_, slots) in enumerate(chosen) for t in slots)
        worth = ppv.value_of(ppv_places) + bump.value_of(bump_places)
        if best is None or worth > best.worth:
            best = Slots(ppv, bump, ppv_places, bump_places, worth, bound, unit)
        following = ppv.thresholds_of(ppv_places), bump.thresholds_of(bump_places)
        if all((a == b).all() for a, b in zip(thresholds, following, strict=True)):
            break
        thresholds = following
    if best is None or bound is None:
        return None
    return replace(best, bound=bound)


def _unit(captions: Sequence[Caption], rules: WeekRules, days: Sequence[Day]) -> float:
    """The value of one unit: a power of two.

    The largest payoff, or penalty, is about 2^30 units.
    """
    score = max((abs(c.worth) * rules.weight(c.message_type) for c in captions), default=0.0)
    value = max(
        (max(abs(s.ppv_value), abs(s.bump_value)) for day in days for s in day.slots), default=0.0
    )
    largest = max(score * value, rules.category_penalty, rules.tier_penalty, 1e-9)
    return 2.0 ** (math.frexp(largest)[1] - 30)
