"""Learns counts, noise, wear and priors from the history, as `update_caption_performance` does.

Small functions in the procedure's order, each from arrays to arrays, so that a change there has
one place here. Arrays are by page (g), caption (c), tier (t, of PRICE_TIERS) and message type
(m: 0 PPV, 1 Bump).
"""

from dataclasses import dataclass

import numpy as np

from eros_assets.arrays import Floats, Ints
from eros_assets.demo.roster import PRICE_TIERS
from eros_assets.simulation.borrowing import (
    Appeal,
    FirstSends,
    FlatPriors,
    appeal_of,
    appeal_variances,
)
from eros_assets.simulation.catalogue import BUMP, Catalogue
from eros_assets.simulation.columns import totals
from eros_assets.simulation.facts import Facts
from eros_assets.simulation.sends import Trials, first_sends, introductions, trials_of
from eros_assets.simulation.tastes import Tastes, fitted_tastes
from eros_assets.simulation.texts import TextPriors, Texts
from eros_assets.simulation.wear import USUAL_NOISE, RatedSends, Wear, fitted_wear
from eros_assets.tuning import Knobs

TIERS = len(PRICE_TIERS)
TYPE_OF_TIER = np.array([int(tier == "bump") for tier in PRICE_TIERS])
MIDDLE_OF_WEEK = 3.5
"""Days after its Monday: what is worn is as worn as then."""


@dataclass(frozen=True, slots=True, eq=False)
class Learned:
    """The content of `caption_priors`, `caption_appeal` and `caption_bandit_stats`.

    Counts of the window are 0 for pairs never sent; the effective ones are what its sends are
    worth. `left` is the share of its conversion that wear has left a pair.
    """

    successes: Ints  # (g, c)
    failures: Ints  # (g, c)
    flat: FlatPriors
    appeal: Appeal
    effective_successes: Floats  # (g, c)
    effective_trials: Floats  # (g, c)
    left: Floats  # (g, c)
    wear: Wear
    noise: Floats  # (m,)
    text: TextPriors | None
    tastes: Tastes
    taste: Floats  # (g, c)

    def posterior(self, page: int, tier: int, captions: Ints) -> tuple[Floats, Floats]:
        """Successes and failures of the Beta posterior, in effective trials, unsharpened."""
        prior, evidence = self.beliefs(page, tier, captions)
        successes, failures = prior + evidence
        return successes, failures

    def beliefs(self, page: int, tier: int, captions: Ints) -> tuple[Floats, Floats]:
        """Counts of prior and evidence, (2, n) each, worn: the posterior is their sum."""
        a, b = self.appeal.priors(page, tier, captions, self.flat)
        left, taste = self.left[page, captions], self.taste[page, captions]
        successes = self.effective_successes[page, captions]
        trials = self.effective_trials[page, captions]
        prior = np.stack((a, ((a + b) / left - a) / taste))
        return prior, np.stack((successes, (trials / left - successes) / taste))

    def rate(self, page: int, tier: int, captions: Ints) -> Floats:
        """Successes to expect of a trial."""
        a, b = self.posterior(page, tier, captions)
        return a / (a + b)


def learned(
    facts: Facts, catalogue: Catalogue, knobs: Knobs, as_of: int, texts: Texts | None = None
) -> Learned:
    """Counts, noise, wear, priors and appeal as of a date (days since 1970, LA).

    Without `texts` the captions' texts say nothing, as before their first fit.
    """
    trials_ever = trials_of(facts, catalogue, knobs, as_of)
    shape = (len(catalogue.pages), catalogue.caption_ids.size)
    window = trials_ever.where(trials_ever.in_window)
    own, pooled = dispersions(window, shape, knobs)
    noise_weight = float(knobs["send_noise_weight"])
    if noise_weight > 0:
        own, pooled = np.ones_like(own), np.ones_like(pooled)
    first = first_sends(trials_ever, shape[1])
    unselected = introductions(first, trials_ever, int(knobs["prior_min_captions"]))
    pools = prior_pools(unselected, shape[0], own, pooled, knobs)
    usual_noise = np.array(USUAL_NOISE) * (noise_weight > 0)
    pair = trials_ever.page * shape[1] + trials_ever.caption
    ordered = trials_ever.where(np.argsort(pair, kind="stable"))
    sends = _rated(ordered, shape[1], pools.priors(own, usual_noise, knobs), usual_noise)
    least = int(knobs["dispersion_min_degrees"])
    wear = fitted_wear(sends, float(knobs["wear_weight"]), least)
    left = wear.left(sends.pair, sends.day, sends.message_type)
    noise = noise_weight * send_noise(sends, ordered.usual_trials, left, least)
    flat = pools.priors(own, noise, knobs)
    cells = shape[0] * shape[1]
    worth = _worth(sends, ordered, left, flat, noise, cells)
    effective_successes = totals(sends.pair, worth * ordered.successes, cells).reshape(shape)
    effective_trials = totals(sends.pair, worth * left * ordered.usual_trials, cells)
    effective_trials = np.maximum(effective_trials.reshape(shape), effective_successes)
    cell = window.page * shape[1] + window.caption
    successes = totals(cell, window.successes, cells).reshape(shape)
    trials = totals(cell, window.trials, cells).reshape(shape)
    tier = np.maximum(catalogue.tier, 0)
    tier[window.caption] = window.tier
    variance = appeal_variances(weighed(first, flat, noise), TYPE_OF_TIER, knobs)
    text = texts.priors(first, catalogue, knobs) if texts else None
    appeal = appeal_of(effective_successes, effective_trials, tier, flat, variance, text, knobs)
    prior = _priors_of_sends(ordered, appeal, flat)
    tastes = fitted_tastes(ordered, sends, wear, noise, prior, catalogue, knobs)
    return Learned(
        successes=successes.astype(np.int64),
        failures=(trials - successes).astype(np.int64),
        flat=flat,
        appeal=appeal,
        effective_successes=effective_successes,
        effective_trials=effective_trials,
        left=_left_now(sends, wear, cells).reshape(shape),
        wear=wear,
        noise=noise,
        text=text,
        tastes=tastes,
        taste=_taste_of_captions(tastes, catalogue),
    )


def _priors_of_sends(sends: Trials, appeal: Appeal, flat: FlatPriors) -> tuple[Floats, Floats]:
    """Of each send's pair: the prior's mean over its page's rate, and its variation."""
    mean, variation = np.ones(sends.page.size), np.ones(sends.page.size)
    place = sends.page * TIERS + sends.tier
    for at in np.unique(place):
        page, tier = divmod(int(at), TIERS)
        rows = place == at
        a, b = appeal.priors(page, tier, sends.caption[rows], flat)
        mean[rows] = a / (a + b) / flat.rate[page, tier]
        variation[rows] = b / (a * (a + b + 1.0))
    return mean, variation


def _taste_of_captions(tastes: Tastes, catalogue: Catalogue) -> Floats:
    """What each page's taste multiplies a caption's odds by: (g, c)."""
    knows = (catalogue.tier != BUMP) & catalogue.has_category
    taste = tastes.multiplier[:, catalogue.category]
    return np.where(knows, taste, 1.0)


def _rated(sends: Trials, captions: int, priors: FlatPriors, noise: Floats) -> RatedSends:
    at = (sends.page, sends.tier)
    return RatedSends(
        pair=sends.page * captions + sends.caption,
        day=sends.day,
        message_type=sends.message_type,
        expected=sends.usual_trials * priors.rate[at],
        successes=sends.successes.astype(np.float64),
        dispersion=priors.dispersion[at],
        noise=noise[sends.message_type],
        variation=priors.variation[at],
        in_window=sends.in_window,
    )


def _worth(
    sends: RatedSends, trials: Trials, left: Floats, flat: FlatPriors, noise: Floats, cells: int
) -> Floats:
    """What each send's trials are worth: 1 over how much they vary; 0 outside the window.

    What varies is the pair's own rate, as all its sends tell it.
    """
    expected, of_type = sends.expected * left, noise[sends.message_type]
    begin = 1.0 / flat.variation[trials.page, trials.tier]

    def worth_at(pair_rate: Floats) -> Floats:
        varies = sends.dispersion + of_type * expected * pair_rate
        return np.where(sends.in_window, trials.freshness / varies, 0.0)

    worth = worth_at(np.ones(expected.size))
    told = begin + totals(sends.pair, worth * sends.successes, cells)[sends.pair]
    met = begin + totals(sends.pair, worth * expected, cells)[sends.pair]
    return worth_at(told / met)


def _left_now(sends: RatedSends, wear: Wear, cells: int) -> Floats:
    since = np.exp((sends.day - MIDDLE_OF_WEEK) / wear.days[sends.message_type])
    worn = totals(sends.pair, wear.effect[sends.message_type] * since, cells)
    return np.exp(-worn)


def dispersions(window: Trials, shape: tuple[int, int], knobs: Knobs) -> tuple[Floats, Floats]:
    """Pearson's chi-square over its degrees of freedom, at least 1: by page and type, by type.

    A page with too few degrees takes the value of all pages, and 1 where they have too few.
    """
    tried = window.where(window.trials > 0)
    pair, which = np.unique(tried.page * shape[1] + tried.caption, return_inverse=True)
    n, s = totals(which, tried.trials, pair.size), totals(which, tried.successes, pair.size)
    count = np.bincount(which, minlength=pair.size)
    squares = totals(which, tried.successes * tried.successes / tried.trials, pair.size)
    message_type = np.zeros(pair.size, np.int64)
    message_type[which] = tried.message_type
    repeated = (count >= 2) & (s > 0) & (s < n)
    pair, n, s, count = pair[repeated], n[repeated], s[repeated], count[repeated]
    rate = s / n
    chi_square = (squares[repeated] - s * s / n) / (rate * (1.0 - rate))
    cell = (pair // shape[1]) * 2 + message_type[repeated]
    cells = 2 * shape[0]
    chi = totals(cell, chi_square, cells).reshape(-1, 2)
    degrees = totals(cell, count - 1, cells).reshape(-1, 2)
    least = knobs["dispersion_min_degrees"]
    pooled = _over(chi.sum(axis=0), degrees.sum(axis=0), least, np.ones(2))
    return _over(chi, degrees, least, np.broadcast_to(pooled, chi.shape)), pooled


def _over(chi: Floats, degrees: Floats, least: float, otherwise: Floats) -> Floats:
    ratio = np.divide(chi, degrees, out=np.ones_like(chi), where=degrees > 0)
    return np.where(degrees >= max(least, 1), np.maximum(ratio, 1.0), otherwise)


def send_noise(sends: RatedSends, trials: Floats, left: Floats, least: int) -> Floats:
    """How much sends of one caption vary beyond a binomial: squared, relative, by type (m,).

    From factorial moments of pairs sent twice or more: s(s - 1) / n(n - 1) has the mean
    rate² (1 + noise), the product of two sends' rates rate². 0 where too few repeats tell.
    """
    used = sends.in_window & (trials > 0)
    pair, which = np.unique(sends.pair[used], return_inverse=True)
    s, n, expected = sends.successes[used], trials[used], (sends.expected * left)[used]
    weight = expected / (1.0 + expected)
    told = weight * s / expected
    squares = np.where(n > 1, s * (s - 1.0) * n / np.maximum(n - 1.0, 1e-9), 0.0)
    squares = weight * weight * squares / (expected * expected)
    count = np.bincount(which, minlength=pair.size)
    weights, weights_2 = (totals(which, v, pair.size) for v in (weight, weight * weight))
    squares = totals(which, squares, pair.size)
    products = totals(which, told, pair.size) ** 2 - totals(which, told * told, pair.size)
    message_type = np.zeros(pair.size, dtype=np.int64)
    message_type[which] = sends.message_type[used]
    noise = np.zeros(2)
    for kind in (0, 1):
        again = (count >= 2) & (message_type == kind)
        if (count[again] - 1).sum() < max(least, 1):
            continue
        shared = (weights**2 - weights_2)[again] / weights[again]
        both = (products[again] / weights[again]).sum()
        if both > 0:
            noise[kind] = max((shared * squares[again] / weights_2[again]).sum() / both - 1.0, 0.0)
    return noise


def weighed(first: Trials, flat: FlatPriors, noise: Floats) -> FirstSends:
    """How far each first send lies from its page's mean, and what that weighs."""
    at = (first.page, first.tier)
    expected = first.usual_trials * flat.rate[at]
    varies = noise[first.message_type] * (1.0 + flat.variation[at]) * expected
    effective = expected / (flat.dispersion[at] + varies)
    return FirstSends(
        caption=first.caption,
        tier=first.tier,
        time=first.time,
        excess=first.successes / expected - 1.0,
        weight=effective / (1.0 + effective * flat.variation[at]),
    )


@dataclass(frozen=True, slots=True, eq=False)
class PriorPools:
    """The rate of each page's tier, and how much first sends vary beyond a binomial; (g, t) each.

    `variance` is relative to the rate's square, and has the send's noise in it; NaN where no pool
    is wide enough.
    """

    rate: Floats
    variance: Floats

    def priors(self, dispersion: Floats, noise: Floats, knobs: Knobs) -> FlatPriors:
        """The Beta priors, the noise taken out; 1/1 where nothing is known."""
        lowest, highest = float(knobs["prior_min_strength"]), float(knobs["prior_max_strength"])
        variation = (1.0 + self.variance) / (1.0 + noise[TYPE_OF_TIER]) - 1.0
        with np.errstate(divide="ignore", invalid="ignore"):
            strength = (1.0 - self.rate) / (self.rate * variation) - 1.0
        strength = np.where(variation > 0, np.clip(strength, lowest, highest), highest)
        is_fitted = ~np.isnan(self.rate)
        return FlatPriors(
            successes=np.where(is_fitted, self.rate * strength, 1.0),
            failures=np.where(is_fitted, (1.0 - self.rate) * strength, 1.0),
            dispersion=dispersion[:, TYPE_OF_TIER],
        )


def prior_pools(first: Trials, pages: int, own: Floats, pooled: Floats, knobs: Knobs) -> PriorPools:
    """Moments of captions' first sends: of the page's tier, else the tier, else the type."""
    wanted = int(knobs["prior_min_captions"])
    narrow = _moments(first, first.page * TIERS + first.tier, pages * TIERS)
    by_tier = _moments(first, first.tier, TIERS)
    by_type = _moments(first, first.message_type, 2)
    shape = (pages, TIERS)
    wide = np.broadcast_to(pooled[TYPE_OF_TIER], shape)
    pools = (
        (narrow.reshape(5, *shape), own[:, TYPE_OF_TIER], wanted),
        (np.broadcast_to(by_tier[:, None, :], (5, *shape)), wide, wanted),
        (np.broadcast_to(by_type[:, None, TYPE_OF_TIER], (5, *shape)), wide, 2),
    )
    rate, variance = np.full(shape, np.nan), np.full(shape, np.nan)
    for moments, dispersion, least in pools:
        at, of = _fitted(moments, dispersion, least)
        missing = np.isnan(rate)
        rate, variance = np.where(missing, at, rate), np.where(missing, of, variance)
    return PriorPools(rate, variance)


def _moments(first: Trials, cell: Ints, cells: int) -> Floats:
    """Captions, trials, trials squared, successes, successes squared over trials: (5, cells)."""
    n, s = first.usual_trials, first.successes.astype(np.float64)
    return np.stack([totals(cell, v, cells) for v in (np.ones_like(n), n, n * n, s, s * s / n)])


def _fitted(moments: Floats, dispersion: Floats, least: int) -> tuple[Floats, Floats]:
    captions, n, n_squared, s, squares = moments
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = s / n
        variance = (squares - s * s / n - dispersion * (captions - 1) * rate * (1.0 - rate)) / (
            (n - n_squared / n) * rate * rate
        )
    usable = (s > 0) & (s < n) & (captions >= least)
    # One caption has no variance.
    return np.where(usable, rate, np.nan), np.where(
        usable, np.nan_to_num(variance, nan=0.0), np.nan
    )
