"""Learns counts, dispersion and priors from the history, as `update_caption_performance` does.

Small functions in the procedure's order, each from arrays to arrays, so that a change there has
one place here. Arrays are by page (g), caption (c), tier (t, of PRICE_TIERS) and message type
(m: 0 PPV, 1 Bump).
"""

from dataclasses import dataclass, fields

import numpy as np

from eros_assets.arrays import Bools, Floats, Ints
from eros_assets.demo.roster import PRICE_TIERS
from eros_assets.simulation.borrowing import (
    Appeal,
    FirstSends,
    FlatPriors,
    appeal_of,
    appeal_variances,
)
from eros_assets.simulation.catalogue import BUMP, UNKNOWN_TIER, Catalogue
from eros_assets.simulation.columns import totals
from eros_assets.simulation.facts import Facts
from eros_assets.tuning import Knobs

TIERS = len(PRICE_TIERS)
TYPE_OF_TIER = np.array([int(tier == "bump") for tier in PRICE_TIERS])
MID = PRICE_TIERS.index("mid")
SHORTEST_HALF_LIFE = 91
"""Days: evidence that fades sooner is lost before it can tell captions apart."""


@dataclass(frozen=True, slots=True, eq=False)
class Trials:
    """Sends that are trials of their caption, by time and row_id, older than the window too."""

    page: Ints
    caption: Ints
    tier: Ints
    message_type: Ints
    time: Ints
    trials: Ints
    successes: Ints
    freshness: Floats
    in_window: Bools

    def where(self, rows: Bools) -> "Trials":
        """Some of the rows."""
        return Trials(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})


@dataclass(frozen=True, slots=True, eq=False)
class Learned:
    """The content of `caption_priors`, `caption_appeal` and `caption_bandit_stats`.

    Counts of the window are 0 for pairs never sent; the effective ones are over the dispersion and
    faded by their age.
    """

    successes: Ints  # (g, c)
    failures: Ints  # (g, c)
    flat: FlatPriors
    appeal: Appeal
    effective_successes: Floats  # (g, c)
    effective_trials: Floats  # (g, c)

    def posterior(self, page: int, tier: int, captions: Ints) -> tuple[Floats, Floats]:
        """Successes and failures of the Beta posterior, in effective trials, unsharpened."""
        a, b = self.appeal.priors(page, tier, captions, self.flat)
        successes = self.effective_successes[page, captions]
        return a + successes, b + self.effective_trials[page, captions] - successes


def learned(facts: Facts, catalogue: Catalogue, knobs: Knobs, as_of: int) -> Learned:
    """Counts, dispersion, priors and appeal as of a date (days since 1970, LA)."""
    trials_ever = trials_of(facts, catalogue, knobs, as_of)
    window = trials_ever.where(trials_ever.in_window)
    shape = (len(catalogue.pages), catalogue.caption_ids.size)
    own, pooled = dispersions(window, shape, knobs)
    first = first_sends(trials_ever, shape[1])
    rate, strength = prior_strengths(first, shape[0], own, pooled, knobs)
    is_fitted = ~np.isnan(rate)
    flat = FlatPriors(
        successes=np.where(is_fitted, rate * strength, 1.0),
        failures=np.where(is_fitted, (1.0 - rate) * strength, 1.0),
        dispersion=own[:, TYPE_OF_TIER],
    )
    cell, cells = window.page * shape[1] + window.caption, shape[0] * shape[1]
    successes = totals(cell, window.successes, cells).reshape(shape)
    trials = totals(cell, window.trials, cells).reshape(shape)
    worth = window.freshness / flat.dispersion[window.page, window.tier]
    effective_successes = totals(cell, worth * window.successes, cells).reshape(shape)
    effective_trials = totals(cell, worth * window.trials, cells).reshape(shape)
    tier = np.zeros(shape[1], dtype=np.int64)
    tier[window.caption] = window.tier
    variance = appeal_variances(weighed(first, flat), TYPE_OF_TIER, knobs)
    return Learned(
        successes=successes.astype(np.int64),
        failures=(trials - successes).astype(np.int64),
        flat=flat,
        appeal=appeal_of(effective_successes, effective_trials, tier, flat, variance, knobs),
        effective_successes=effective_successes,
        effective_trials=effective_trials,
    )


def trials_of(facts: Facts, catalogue: Catalogue, knobs: Knobs, as_of: int) -> Trials:
    """The trials before `as_of`, those of the window marked.

    A caption that is not in the bank counts as mid when any PPV was sent of it, else as bump.
    """
    first = as_of - int(knobs["stats_lookback_days"])
    sends = facts.where((facts.caption >= 0) & (facts.date < as_of))
    any_ppv = np.zeros(catalogue.caption_ids.size, dtype=bool)
    any_ppv[sends.caption[sends.is_ppv]] = True
    tier = np.where(catalogue.tier == UNKNOWN_TIER, np.where(any_ppv, MID, BUMP), catalogue.tier)[
        sends.caption
    ]
    is_trial = sends.is_ppv == (tier != BUMP)
    order = np.lexsort((sends.row_id, sends.time))
    order = order[is_trial[order]]
    is_ppv = sends.is_ppv[order]
    half_life = int(knobs["stats_half_life_days"])
    age = (as_of - sends.date[order]) / max(half_life, SHORTEST_HALF_LIFE)
    return Trials(
        page=sends.page[order],
        caption=sends.caption[order],
        tier=tier[order],
        message_type=(~is_ppv).astype(np.int64),
        time=sends.time[order],
        trials=np.where(is_ppv, sends.viewed[order], sends.sent[order]),
        successes=np.where(is_ppv, sends.purchased[order], sends.viewed[order]),
        freshness=0.5**age if half_life > 0 else np.ones(order.size),
        in_window=sends.date[order] >= first,
    )


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


def weighed(first: Trials, flat: FlatPriors) -> FirstSends:
    """How far each first send lies from its page's mean, and what that weighs."""
    at = (first.page, first.tier)
    expected = first.trials * flat.rate[at]
    effective = expected / flat.dispersion[at]
    return FirstSends(
        caption=first.caption,
        tier=first.tier,
        time=first.time,
        excess=first.successes / expected - 1.0,
        weight=effective / (1.0 + effective * flat.variation[at]),
    )


def first_sends(trials_ever: Trials, captions: int) -> Trials:
    """Each pair's first trial, where it lies in the window: later ones are selected by its result.

    So is the first that the window has of an older pair.
    """
    tried = trials_ever.where(trials_ever.trials > 0)
    _, first = np.unique(tried.page * captions + tried.caption, return_index=True)
    is_first = np.zeros(tried.page.size, dtype=bool)
    is_first[first] = True
    return tried.where(is_first & tried.in_window)


def prior_strengths(
    first: Trials, pages: int, own: Floats, pooled: Floats, knobs: Knobs
) -> tuple[Floats, Floats]:
    """Rate and strength of each page's and tier's prior, (g, t) each; NaN where none is fitted.

    By the method of moments on the page's tier, else on the tier, else on the message type.
    """
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
    rate, strength = np.full(shape, np.nan), np.full(shape, np.nan)
    for moments, dispersion, least in pools:
        at, of = _fitted(moments, dispersion, least, knobs)
        missing = np.isnan(rate)
        rate, strength = np.where(missing, at, rate), np.where(missing, of, strength)
    return rate, strength


def _moments(first: Trials, cell: Ints, cells: int) -> Floats:
    """Captions, trials, trials squared, successes, successes squared over trials: (5, cells)."""
    n, s = first.trials.astype(np.float64), first.successes.astype(np.float64)
    return np.stack([totals(cell, v, cells) for v in (np.ones_like(n), n, n * n, s, s * s / n)])


def _fitted(moments: Floats, dispersion: Floats, least: int, knobs: Knobs) -> tuple[Floats, Floats]:
    captions, n, n_squared, s, squares = moments
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = s / n
        variance = (squares - s * s / n - dispersion * (captions - 1) * rate * (1.0 - rate)) / (
            n - n_squared / n
        )
        strength = rate * (1.0 - rate) / variance - 1.0
    lowest, highest = float(knobs["prior_min_strength"]), float(knobs["prior_max_strength"])
    strength = np.where(variance > 0, np.clip(strength, lowest, highest), highest)
    usable = (s > 0) & (s < n) & (captions >= least)
    return np.where(usable, rate, np.nan), np.where(usable, strength, np.nan)
