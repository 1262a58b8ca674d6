"""Tails of the Beta distribution, which numpy draws from but doesn't integrate."""

import math

import numpy as np
from numpy.typing import ArrayLike

from eros_assets.arrays import Floats

MOST_TERMS = 2_000
PRECISION = 1e-14
TINY = 1e-300

_log_gamma = np.vectorize(math.lgamma, otypes=[np.float64])


def beta_survival(alpha: ArrayLike, beta: ArrayLike, x: ArrayLike) -> Floats:
    """P(draw > x) of Beta(alpha, beta), element by element; `x` in (0, 1).

    By the continued fraction of the incomplete beta function (DLMF 8.17.22), on the side of the
    mean where it converges fast.
    """
    log_beta = _log_gamma(alpha) + _log_gamma(beta) - _log_gamma(np.add(alpha, beta))
    a, b, at, scale = np.broadcast_arrays(
        *(np.asarray(v, dtype=np.float64) for v in (alpha, beta, x, log_beta))
    )
    front = np.exp(a * np.log(at) + b * np.log1p(-at) - scale)
    is_below = at < (a + 1) / (a + b + 2)
    tail = front * _fraction(
        np.where(is_below, a, b), np.where(is_below, b, a), np.where(is_below, at, 1 - at)
    )
    return np.clip(np.where(is_below, 1 - tail, tail), 0.0, 1.0)


def _fraction(a: Floats, b: Floats, x: Floats) -> Floats:
    """The fraction over a, by Lentz's method: from the front, until a factor is one."""
    value = np.ones_like(x)
    upper, lower = np.ones_like(x), np.zeros_like(x)
    for term in range(1, MOST_TERMS):
        m = term // 2
        if term % 2:
            d = -(a + m - 0.0) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            d = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        lower = 1 / _kept_off_zero(1 + d * lower)
        upper = _kept_off_zero(1 + d / upper)
        factor = upper * lower
        value = value * factor
        if np.all(np.abs(factor - 1) < PRECISION):
            break
    return 1 / (value * a)


def _kept_off_zero(values: Floats) -> Floats:
    return np.where(np.abs(values) < TINY, TINY, values)
