"""Uses a caption's results on other pages as evidence, as `update_caption_performance` does.

A pair's rate is its page's mean x the caption's appeal x a part of its own. Arrays are by page (g),
caption (c) and tier (t).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eros_assets.arrays import Floats, Ints
from eros_assets.simulation.columns import safe_divide, totals
from eros_assets.simulation.texts import TextPriors
from eros_assets.tuning import Knobs

LEAST_VARIANCE = 0.01
"""Of appeal beyond what texts tell, where they tell anything."""


@dataclass(frozen=True, slots=True, eq=False)
class FlatPriors:
    """The Beta prior and the dispersion of each page and tier (g, t)."""

    successes: Floats
    failures: Floats
    dispersion: Floats

    @property
    def rate(self) -> Floats:
        """The prior's mean."""
        return self.successes / (self.successes + self.failures)

    @property
    def variation(self) -> Floats:
        """The prior's squared coefficient of variation."""
        return self.failures / (self.successes * (self.successes + self.failures + 1.0))


@dataclass(frozen=True, slots=True, eq=False)
class FirstSends:
    """Each pair's first send: its rate over the page's mean, less 1, and the weight of that."""

    caption: Ints
    tier: Ints
    time: Ints
    excess: Floats
    weight: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Appeal:
    """The Gamma posterior of each caption's appeal, with what each page contributed to it.

    `variance` (t,) is that of appeal between captions beyond what texts tell, 0 where nothing is
    borrowed. `has_text` (c,) marks the captions of whose texts there is a prior.
    """

    variance: Floats  # (t,)
    pair_variance: Floats  # (g, t)
    pages: Ints  # (c,) that tried the caption
    shape: Floats  # (c,)
    rate: Floats  # (c,)
    own_successes: Floats  # (g, c)
    own_exposure: Floats  # (g, c)
    is_tried: NDArray[np.bool_]  # (g, c)
    has_text: NDArray[np.bool_]  # (c,)
    least_strength: float
    greatest_strength: float
    greatest_rate: float

    def priors(
        self, page: int, tier: int, captions: Ints, flat: FlatPriors
    ) -> tuple[Floats, Floats]:
        """Alpha and beta of the pairs' priors; the flat ones where nothing else is known."""
        alpha, beta = flat.successes[page, tier], flat.failures[page, tier]
        a, b = np.full(captions.size, alpha), np.full(captions.size, beta)
        if self.variance[tier] <= 0:
            return a, b
        borrowed = self.pages[captions] > self.is_tried[page, captions]
        borrowed |= self.has_text[captions]
        at = captions[borrowed]
        shape = self.shape[at] - self.own_successes[page, at]
        others = shape / (self.rate[at] - self.own_exposure[page, at])
        rate = np.minimum(flat.rate[page, tier] * others, self.greatest_rate)
        own = 1.0 + self.pair_variance[page, tier]
        variation = np.minimum((1.0 + 1.0 / shape) * own - 1.0, flat.variation[page, tier])
        strength = safe_divide(1.0 - rate, variation * rate) - 1.0
        strength = np.clip(strength, self.least_strength, self.greatest_strength)
        is_known = ~np.isnan(strength)
        a[borrowed] = np.where(is_known, rate * strength, alpha)
        b[borrowed] = np.where(is_known, (1.0 - rate) * strength, beta)
        return a, b


def appeal_variances(first: FirstSends, type_of_tier: Ints, knobs: Knobs) -> Floats:
    """The variance of appeal by tier (t,), from first sends of a caption on several pages.

    A tier with too few pairs of first sends takes its message type's value, or 0.
    """
    tiers = type_of_tier.size
    order = np.lexsort((first.time, first.caption))
    caption, time, tier = first.caption[order], first.time[order], first.tier[order]
    w, z = first.weight[order], first.excess[order]
    group = np.searchsorted(caption, caption, side="left")
    is_new = np.ones(caption.size, dtype=bool)
    is_new[1:] = (caption[1:] != caption[:-1]) | (time[1:] != time[:-1])
    until = np.maximum.accumulate(np.where(is_new, np.arange(caption.size), 0))
    product = w * z * _earlier(w * z, group, until)
    square = w * _earlier((w * z) ** 2, group, until)
    pairs = until - group

    def pooled(cell: Ints, cells: int) -> tuple[Floats, Floats]:
        ratio = safe_divide(totals(cell, product, cells), totals(cell, square, cells))
        return totals(cell, pairs, cells), np.maximum(np.nan_to_num(ratio, nan=0.0), 0.0)

    counts, own = pooled(tier, tiers)
    type_counts, of_type = pooled(type_of_tier[tier], int(type_of_tier.max()) + 1)
    least = max(int(knobs["borrowing_min_pairs"]), 1)
    pool = np.where(type_counts >= least, of_type, 0.0)[type_of_tier]
    return float(knobs["borrowing_weight"]) * np.where(counts >= least, own, pool)


def appeal_of(
    successes: Floats,
    trials: Floats,
    tier: Ints,
    flat: FlatPriors,
    variance: Floats,
    text: TextPriors | None,
    knobs: Knobs,
) -> Appeal:
    """Appeal of every caption from the pairs' effective counts (g, c); `tier` (c,) is theirs.

    `variance` (t,) is that between captions; what texts explain of it is taken out.
    """
    variation, has_text, multiplier = flat.variation, np.zeros(tier.size, bool), np.ones(tier.size)
    if text is not None:
        has_text = ~np.isnan(text.multiplier)
        multiplier = np.where(has_text, text.multiplier, 1.0)
        explained = text.explained_variance
        left = np.maximum((1.0 + variance) / (1.0 + explained) - 1.0, LEAST_VARIANCE)
        variance = np.where(explained > 0, left, variance)
        left = (1.0 + variation) / (1.0 + explained) - 1.0
        variation = np.where(explained > 0, left, variation)
    pair_variance = np.maximum(variation - variance, 0.0) / (1.0 + variance)
    expected = trials * flat.rate[:, tier]
    shrunk = 1.0 + expected * pair_variance[:, tier]
    own_successes, own_exposure = successes / shrunk, expected / shrunk
    is_tried = trials > 0
    begin = safe_divide(np.ones(tier.size), variance[tier])
    return Appeal(
        variance=variance,
        pair_variance=pair_variance,
        pages=is_tried.sum(axis=0),
        shape=begin + own_successes.sum(axis=0),
        rate=begin / multiplier + own_exposure.sum(axis=0),
        own_successes=own_successes,
        own_exposure=own_exposure,
        is_tried=is_tried,
        has_text=has_text,
        least_strength=float(knobs["prior_min_strength"]),
        greatest_strength=float(knobs["prior_max_strength"]),
        greatest_rate=float(knobs["prior_max_rate"]),
    )


def _earlier(values: Floats, group: Ints, until: Ints) -> Floats:
    """The sum of the values from each row's `group` up to its `until`, exclusive."""
    total = np.concatenate(([0.0], np.cumsum(values)))
    return total[until] - total[group]
