"""The tails of the Beta distribution and the uniforms that the ordered draws are made of."""

import hashlib

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from eros_assets.warehouse.protocol import Typed
from tests.sql.dataset import Dataset

SHAPES = [(1.0, 1.0), (1.0, 900.0), (2.5, 40.0), (4.0, 4000.0), (30.0, 200.0), (400.0, 1e5)]
SURVIVALS = [0.5, 0.2, 0.06, 0.04, 1e-2, 1e-4, 1e-7, 1e-12]


def quantiles(dataset: Dataset, a: float, b: float) -> np.ndarray:
    """The numbers that a draw exceeds with each of SURVIVALS."""
    frame = dataset.warehouse.query(
        """
        SELECT s, `${dataset}.beta_tail_logit`(@a, @b, s) AS logit
        FROM UNNEST(@survivals) AS s
        ORDER BY s DESC
        """,
        {"a": a, "b": b, "survivals": Typed(SURVIVALS, "ARRAY<FLOAT64>")},
    )
    return 1 / (1 + np.exp(-frame["logit"].to_numpy(float)))


@pytest.mark.parametrize(("a", "b"), SHAPES)
def test_the_inverse_of_the_tail_is_that_of_scipy(shared: Dataset, a: float, b: float) -> None:
    exact = stats.beta.isf(SURVIVALS, a, b)
    relative = np.abs(quantiles(shared, a, b) / exact - 1)
    far = np.array(SURVIVALS) < 0.05
    assert relative[far].max() < 0.02, "where the draws that are made lie"
    assert relative[~far].max() < 0.02


@pytest.mark.parametrize(
    ("a", "b", "survival"), [(None, 1, 0.1), (1, None, 0.1), (1, 1, None), (0, 1, 0.1), (1, 1, 0)]
)
def test_no_inverse_without_a_distribution(
    shared: Dataset, a: float | None, b: float | None, survival: float | None
) -> None:
    found = shared.warehouse.query(
        "SELECT `${dataset}.beta_tail_logit`(@a, @b, @s) AS logit",
        {"a": Typed(a, "FLOAT64"), "b": Typed(b, "FLOAT64"), "s": Typed(survival, "FLOAT64")},
    )
    assert pd.isna(found["logit"].iloc[0])


@pytest.mark.parametrize(("a", "b"), SHAPES[1:])
@pytest.mark.parametrize("survival", [0.7, 0.3, 0.1, 0.01, 0.001])
def test_the_share_over_a_number_is_about_that_of_scipy(
    shared: Dataset, a: float, b: float, survival: float
) -> None:
    x = stats.beta.isf(survival, a, b)
    found = shared.warehouse.query(
        "SELECT `${dataset}.beta_tail_share`(@distance, @variance_a, @variance_b) AS share",
        {
            "distance": float(np.log(x / (1 - x)) - np.log(a / b)),
            "variance_a": 1 / (9 * a),
            "variance_b": 1 / (9 * b),
        },
    )
    assert found["share"].iloc[0] == pytest.approx(survival, abs=0.01)


def test_a_uniform_is_the_digits_of_the_hash(shared: Dataset) -> None:
    digest = hashlib.sha256(b"a key").hexdigest()
    for first in (1, 14, 27, 40):
        found = shared.warehouse.query(
            "SELECT `${dataset}.hash_uniform`(@digest, @first) AS u",
            {"digest": digest, "first": first},
        )
        expected = (int(digest[first - 1 : first + 12], 16) + 0.5) / 2**52
        assert found["u"].iloc[0] == expected


@pytest.mark.parametrize(
    ("rate", "variation", "expected"), [(0.1, 0.5, 17.0), (0.1, 1e-9, 100.0), (0.9, 5.0, 2.0)]
)
def test_the_strength_of_a_prior_keeps_its_bounds(
    shared: Dataset, rate: float, variation: float, expected: float
) -> None:
    found = shared.warehouse.query(
        "SELECT `${dataset}.prior_strength`(@rate, @variation, 2.0, 100.0) AS strength",
        {"rate": rate, "variation": variation},
    )
    assert found["strength"].iloc[0] == pytest.approx(expected)
