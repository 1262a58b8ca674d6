"""Intervals of estimates from clustered observations, by the delete-one jackknife."""

import math
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

import numpy as np

from eros_assets.arrays import Floats

CONFIDENCE = 0.95
POWER = 0.80
NODES, WEIGHTS = np.polynomial.legendre.leggauss(200)
"""Gauss and Legendre's rule on [-1, 1]."""


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate, its standard error and two-sided bounds; NaN with too few clusters."""

    estimate: float
    standard_error: float
    lower: float
    upper: float


@lru_cache(maxsize=1024)
def student_quantile(probability: float, degrees: int) -> float:
    """Quantile of Student's t, `probability` from 0.5 up to under 1.

    P(|T| <= t) is the integral of cos^(degrees - 1) from 0 to arctan(t / sqrt(degrees)), over that
    to pi/2: smooth, so that a Gauss rule has it to the last digits. From 500 degrees on t is
    normal but for its second-order term.
    """
    if degrees >= 500:
        z = NormalDist().inv_cdf(probability)
        return z + (z**3 + z) / (4 * degrees)
    wanted = 2 * probability - 1
    whole = math.sqrt(math.pi) * math.exp(math.lgamma(degrees / 2) - math.lgamma((degrees + 1) / 2))
    low, high = 0.0, math.pi / 2
    for _ in range(60):
        angle = (low + high) / 2
        share = angle * float(WEIGHTS @ np.cos(angle * (NODES + 1) / 2) ** (degrees - 1)) / whole
        low, high = (angle, high) if share < wanted else (low, angle)
    return math.sqrt(degrees) * math.tan((low + high) / 2)


def jackknife_interval(estimate: float, without_each: Floats) -> Interval:
    """The interval of an estimate from its values without each cluster in turn.

    The variance is (G - 1)/G times the sum of squared distances to the estimate (Efron and Stein
    1981: biased upwards, never down), the quantile Student's with G - 1 degrees of freedom. Any
    value that isn't finite, or fewer than two clusters, gives no bounds.
    """
    clusters = without_each.size
    if clusters < 2 or not math.isfinite(estimate) or not np.isfinite(without_each).all():
        return Interval(estimate, math.nan, math.nan, math.nan)
    spread = float(((without_each - estimate) ** 2).sum()) * (clusters - 1) / clusters
    error = math.sqrt(spread)
    reach = student_quantile((1 + CONFIDENCE) / 2, clusters - 1) * error
    return Interval(estimate, error, estimate - reach, estimate + reach)


def units_until_detectable(standard_error: float, units: int, effect: float) -> int | None:
    """Further units (weeks, say) until `effect` is seen with POWER at the level of CONFIDENCE.

    `standard_error` is what `units` of them gave; it is taken to fall with the root of their
    number. None when it isn't known.
    """
    if not math.isfinite(standard_error) or standard_error <= 0 or units <= 0:
        return None
    return max(math.ceil(units * excess_variance(standard_error, effect)) - units, 0)


def excess_variance(standard_error: float, effect: float) -> float:
    """Variance over that with which `effect` is seen with POWER at the level of CONFIDENCE."""
    normal = NormalDist()
    needed = effect / (normal.inv_cdf((1 + CONFIDENCE) / 2) + normal.inv_cdf(POWER))
    return (standard_error / needed) ** 2
