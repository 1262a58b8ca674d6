"""The published formulas of the draws, in Python's own words: what the SQL is compared with."""

import hashlib
import math
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import pandas as pd

N = TypeVar("N", float, "pd.Series[float]")

EPSILON = 2.220446049250313e-16  # 2 ** -52
SHARPENING, OPTIMISM = 32.0, 0.25  # as shipped


def uniforms(key: str) -> list[float]:
    """Four numbers in (0, 1): 13 hex digits each of the key's SHA-256."""
    digest = hashlib.sha256(key.encode()).hexdigest()
    return [(int(digest[13 * i : 13 * i + 13], 16) + 0.5) * EPSILON for i in range(4)]


def drawn_from(
    a: N, b: N, sharpening: float = SHARPENING, explored: "N | float" = 1.0
) -> tuple[N, N]:
    """The Beta counts of a posterior's draw: a quarter of a deviation more successes, sharpened.

    `explored` is the share of the posterior's variance that the page explores.
    """
    deviation = (explored * a * b / (a + b + 1)) ** 0.5
    sharpened = sharpening / explored
    return sharpened * (a + OPTIMISM * deviation), sharpened * b


def explored_share(a: N, b: N, pair_variance: float, pages: int, sharing: float = 1.0) -> N:
    """What a page explores of a belief, by its prior: its own part, its share of the rest."""
    variance = b / (a * (a + b + 1))
    in_common = (variance - pair_variance) / variance
    in_common = in_common * (in_common > 0)
    return 1 - sharing * (1 - 1 / pages) * in_common


def beta_draw(a: float, b: float, key: str) -> float:
    """A ratio of two gammas by the Wilson-Hilferty transform with a shape boost of 3."""
    u = [*uniforms(f"{key}|0"), *uniforms(f"{key}|1")]
    radius, angle = math.sqrt(-2 * math.log(u[0])), 2 * math.pi * u[1]

    def gamma(shape: float, normal: float, boosts: list[float]) -> float:
        boosted = shape + 3
        root = 1 - 1 / (9 * boosted) + normal / (3 * math.sqrt(boosted))
        lowered = sum(math.log(v) / (shape + i) for i, v in enumerate(boosts))
        return boosted * max(root, 1e-9) ** 3 * math.exp(lowered)

    first = gamma(a, radius * math.cos(angle), u[2:5])
    second = gamma(b, radius * math.sin(angle), u[5:8])
    return first / (first + second)
