"""Intervals of the fitted priors and dispersions, by jackknife over twenty folds of captions.

The fits are those of `update_caption_performance` on a page's own captions of a tier: the rate p
and strength M of the prior by the method of moments on first sends, the dispersion by Pearson's
chi-square over its degrees of freedom. What sends vary is taken out of the strength: the noise of
a send where it is known, else the dispersion. Logarithms are jackknifed, because all three are
positive and skewed.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from eros_assets.arrays import Floats
from eros_assets.evaluation.intervals import Interval, jackknife_interval

if TYPE_CHECKING:
    import pandas as pd

SUMS = ["captions", "trials", "trials_squared", "successes", "squares", "chi_square", "degrees"]


@dataclass(frozen=True, slots=True)
class Fit:
    """Fits of a page's tier, each with its 95 % bounds; NaN where there is too little."""

    page_name: str
    price_tier: str
    captions: int
    rate: Interval
    strength: Interval
    dispersion: Interval


def fits_of(sums: "pd.DataFrame") -> list[Fit]:
    """A fit per page and tier of the rows of `fit_sums`."""
    found: list[Fit] = []
    for (page, tier), rows in sums.groupby(["page_name", "price_tier"], sort=True):
        folds = rows[SUMS].to_numpy(dtype=np.float64)
        found.append(
            Fit(
                page_name=str(page),
                price_tier=str(tier),
                captions=int(folds[:, 0].sum()),
                rate=_interval(folds, _log_rate),
                strength=_interval(folds, partial(_log_strength, float(rows["send_noise"].max()))),
                dispersion=_interval(folds, _log_dispersion),
            )
        )
    return found


def _interval(folds: Floats, estimate: Callable[[Floats], float]) -> Interval:
    whole = folds.sum(axis=0)
    without = np.array([estimate(whole - fold) for fold in folds])
    log = jackknife_interval(estimate(whole), without)
    return Interval(
        *(math.exp(log.estimate), log.standard_error),
        *(math.exp(bound) for bound in (log.lower, log.upper)),
    )


def _log_rate(sums: Floats) -> float:
    return _log(sums[3] / sums[1]) if sums[1] else math.nan


def _log_dispersion(sums: Floats) -> float:
    return _log(max(sums[5] / sums[6], 1.0)) if sums[6] else math.nan


def _log_strength(send_noise: float, sums: Floats) -> float:
    """NaN where captions don't differ by more than their noise."""
    captions, trials, trials_squared, successes, squares, _, _ = sums
    if not 0 < successes < trials:
        return math.nan
    p = successes / trials
    known = math.exp(_log_dispersion(sums)) if sums[6] and not send_noise > 0 else 1.0
    noise = known * (captions - 1) * p * (1 - p)
    spread = trials - trials_squared / trials
    variance = (squares - successes**2 / trials - noise) / spread if spread > 0 else 0.0
    if send_noise > 0:
        variance = (variance + p**2) / (1 + send_noise) - p**2
    return _log(p * (1 - p) / variance - 1) if variance > 0 else math.nan


def _log(value: float) -> float:
    return math.log(value) if value > 0 else math.nan
