"""Beta tails against scipy."""

import numpy as np
import pytest
from scipy import stats

from eros_assets.evaluation.beta import beta_survival


def test_tails_are_scipys_over_shapes_and_places() -> None:
    """Shapes from 0.05 to 60,000; near the mean, and far out where chances are one in 10^100."""
    rng = np.random.default_rng(1)
    a, b = np.exp(rng.uniform(-3, 8, 20_000)), np.exp(rng.uniform(-3, 11, 20_000))
    x = np.clip(rng.beta(a, b) * rng.uniform(0.2, 4, a.size), 1e-9, 1 - 1e-9)
    expected = stats.beta.sf(x, a, b)
    got = beta_survival(a, b, x)
    np.testing.assert_allclose(got, expected, atol=1e-9)
    far = expected > 1e-100
    np.testing.assert_allclose(got[far], expected[far], rtol=1e-8)


@pytest.mark.parametrize("x", [1e-12, 0.2, 0.5, 1 - 1e-12])
def test_the_uniforms_tail_is_what_is_left(x: float) -> None:
    assert beta_survival(1.0, 1.0, x) == pytest.approx(1 - x, abs=1e-12)


def test_arguments_broadcast() -> None:
    got = beta_survival(np.ones(3), np.ones(3), np.array([[0.1], [0.2]]))
    assert got.shape == (2, 3)
