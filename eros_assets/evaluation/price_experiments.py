"""Finds what a page's history of prices suggests to try: a price tier, or prices within one.

What was asked a higher price differed in other ways too, so a comparison of a history is a reason
to try something and no proof.
"""

import datetime as dt
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from eros_assets.arrays import Floats
from eros_assets.evaluation.intervals import (
    CONFIDENCE,
    Interval,
    excess_variance,
    jackknife_interval,
    student_quantile,
)

LEAST_MESSAGES = 20
"""Messages on either side of a comparison, at least."""
SHARE = 1 / 3
"""Of the messages, what an experiment gives to what it tries."""
LEAST_WEEKS, MOST_WEEKS = 4, 26
"""Weeks that an experiment takes, at least; one that would take longer is not proposed."""


@dataclass(frozen=True, slots=True)
class PricedWeek:
    """What a page earned in a week with its PPVs of one tier and price; exposure in recipients."""

    price_tier: str
    price: float
    week: dt.date
    messages: int
    exposure: float
    earnings: float


@dataclass(frozen=True, slots=True)
class Experiment:
    """Something to try, and what the history says of it.

    `tiers` are those of which a third of the messages would be changed: to `price_tier`, or where
    that is among them to `price` (USD, the one asked most often). The lift is relative, of earnings
    per 1,000 recipients against the other messages of `tiers` and `price_tier`, with the bounds of
    its 95 % interval. `messages` would show it with a power of 80 %, in `weeks` weeks at the page's
    volume. `comparisons` is how many were made.
    """

    price_tier: str
    tiers: Sequence[str]
    price: float
    lift: float
    lower: float
    upper: float
    messages: int
    weeks: int
    messages_a_week: float
    comparisons: int

    @property
    def is_of_tier(self) -> bool:
        """Whether it tries another tier, not another price of the same."""
        return self.price_tier not in self.tiers


@dataclass(frozen=True, slots=True)
class _Comparison:
    """Messages of `group` against those of `base`, as masks over the prices that were asked."""

    tier: str
    tiers: Sequence[str]
    price: float
    log_ratio: Interval
    group_messages: int
    base_messages: int


def suggested_experiment(history: Sequence[PricedWeek]) -> Experiment | None:
    """What the history of a page suggests the most; None where it suggests nothing.

    Each tier is compared with the page's other PPVs, and in each tier what was asked more, or less,
    than its median price with the rest. A comparison counts when its earnings per 1,000 recipients
    are higher with an interval that excludes equality at CONFIDENCE for all comparisons of the page
    together (Bonferroni). The interval is the delete-one jackknife over weeks of the logarithm of
    the ratio. Of those that count the one with the highest lower bound is taken.
    """
    found = [each for each in _comparisons(history) if math.isfinite(each.log_ratio.lower)]
    weeks = len({each.week for each in history})
    best: tuple[float, Experiment] | None = None
    for each in found:
        certain = 1 - (1 - CONFIDENCE) / 2 / len(found)
        error = each.log_ratio.standard_error
        bound = each.log_ratio.estimate - student_quantile(certain, weeks - 1) * error
        if bound <= 0 or (best is not None and bound <= best[0]):
            continue
        experiment = _experiment(each, weeks, len(found))
        if experiment.weeks <= MOST_WEEKS:
            best = bound, experiment
    return None if best is None else best[1]


def _comparisons(history: Sequence[PricedWeek]) -> Iterator[_Comparison]:
    """Those for which there are messages enough on both sides."""
    of_tier: dict[str, list[PricedWeek]] = {}
    for each in history:
        of_tier.setdefault(each.price_tier, []).append(each)
    weeks = sorted({each.week for each in history})
    for tier, own in sorted(of_tier.items()):
        others = sorted(of_tier.keys() - {tier})
        median = _median(own)
        above = [each for each in own if each.price > median]
        below = [each for each in own if each.price < median]
        rest = [each for each in history if each.price_tier != tier]
        for tiers, group, base in (
            (others, own, rest),
            ([tier], above, [each for each in own if each.price <= median]),
            ([tier], below, [each for each in own if each.price >= median]),
        ):
            counts = [sum(each.messages for each in side) for side in (group, base)]
            if min(counts) >= LEAST_MESSAGES:
                log_ratio = _log_ratio(_sums(group, weeks), _sums(base, weeks))
                yield _Comparison(tier, tiers, _most_asked(group), log_ratio, *counts)


def _sums(rows: Sequence[PricedWeek], weeks: Sequence[dt.date]) -> Floats:
    """Shape (weeks, 2): earnings and exposure of each week."""
    place = {week: number for number, week in enumerate(weeks)}
    sums = np.zeros((len(weeks), 2))
    for each in rows:
        sums[place[each.week]] += each.earnings, each.exposure
    return sums


def _log_ratio(group: Floats, base: Floats) -> Interval:
    """Logarithm of the ratio of earnings per recipient, by the jackknife over weeks."""

    def logarithm(sums: Floats) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.log(sums[..., 0] / sums[..., 1])

    estimate = float(logarithm(group.sum(0)) - logarithm(base.sum(0)))
    without_each = logarithm(group.sum(0) - group) - logarithm(base.sum(0) - base)
    return jackknife_interval(estimate, without_each)


def _experiment(found: _Comparison, weeks: int, comparisons: int) -> Experiment:
    """How many messages show the lift when SHARE of them are changed.

    The variance of a message's logarithm is taken to be that of the history, on both sides.
    """
    messages = found.group_messages + found.base_messages
    ratio = found.log_ratio
    variance = ratio.standard_error**2 / (1 / found.group_messages + 1 / found.base_messages)
    error = math.sqrt(variance / (messages * SHARE * (1 - SHARE)))
    needed = math.ceil(messages * excess_variance(error, ratio.estimate))
    weekly = messages / weeks
    return Experiment(
        price_tier=found.tier,
        tiers=tuple(found.tiers),
        price=found.price,
        lift=math.expm1(ratio.estimate),
        lower=math.expm1(ratio.lower),
        upper=math.expm1(ratio.upper),
        messages=needed,
        weeks=max(math.ceil(needed / weekly), LEAST_WEEKS),
        messages_a_week=weekly,
        comparisons=comparisons,
    )


def _median(rows: Sequence[PricedWeek]) -> float:
    """The median price of the messages, of two the lower."""
    ordered = sorted(rows, key=lambda each: each.price)
    half = (sum(each.messages for each in ordered) + 1) // 2
    for each in ordered:
        half -= each.messages
        if half <= 0:
            return each.price
    return math.nan


def _most_asked(rows: Sequence[PricedWeek]) -> float:
    """The price of most messages; of several the lowest."""
    asked = Counter[float]()
    for each in rows:
        asked[each.price] += each.messages
    return min(asked, key=lambda price: (-asked[price], price))
