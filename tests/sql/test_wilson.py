"""The two scalar functions against scipy, exact arithmetic and the published values."""

import math
from collections.abc import Callable
from decimal import Decimal, localcontext

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from eros_assets.warehouse.protocol import Typed
from tests.sql.dataset import Dataset
from tests.sql.draws import beta_draw

DRAWS = 50_000
FURTHEST = 0.012  # Kolmogorov-Smirnov; 50,000 exact draws stay under 0.0087 in 999 of 1,000 cases
TAIL_ERROR = 4 * math.sqrt(0.001 / DRAWS)

PUBLISHED_BOUNDS = [
    (1, 1, 0.094531205734231, 0.905468794265769),
    (3, 97, 0.010254524024039, 0.084519364290528),
    (0, 10, 0.0, 0.277532799862889),
    (1, 100_000, 0.000001765230078, 0.000056646530148),
]
PUBLISHED_DRAWS = [
    (1.0, 1.0, "2026-W07|c1|k1", 0.31076990898112355),
    (1.0, 251.0, "2026-W07|c1|k2", 0.005523895861270898),
    (4.0, 300.0, "2026-W07|c2|k1", 0.018103068899010838),
    (0.6, 465.0, "2026-W07|c1|k3", 8.902331461567346e-06),
    (30.0, 2000.0, "2026-W08|c1|k1", 0.015631232913480515),
]


def bounds(dataset: Dataset, successes: float | None, failures: float | None) -> pd.Series:
    return dataset.warehouse.query(
        """
        SELECT b IS NULL AS is_null, b.lower_bound, b.upper_bound, b.exploration_bonus
        FROM (SELECT `${dataset}.wilson_score_bounds`(@successes, @failures) AS b)
        """,
        {"successes": Typed(successes, "FLOAT64"), "failures": Typed(failures, "FLOAT64")},
    ).iloc[0]


def draw(dataset: Dataset, a: float | None, b: float | None, key: str | None) -> float | None:
    value = dataset.warehouse.query(
        "SELECT `${dataset}.wilson_sample`(@a, @b, @key) AS draw",
        {"a": Typed(a, "FLOAT64"), "b": Typed(b, "FLOAT64"), "key": Typed(key, "STRING")},
    )["draw"].iloc[0]
    return None if pd.isna(value) else float(value)


def draws(dataset: Dataset, a: float, b: float, prefix: str = "k") -> np.ndarray:
    """Draws of the keys `prefix1`, `prefix2` and so on, in that order."""
    frame = dataset.warehouse.query(
        """
        SELECT n, `${dataset}.wilson_sample`(@a, @b, CONCAT(@prefix, CAST(n AS STRING))) AS draw
        FROM UNNEST(GENERATE_ARRAY(1, @draws)) AS n
        """,
        {"a": a, "b": b, "prefix": prefix, "draws": DRAWS},
    )
    return frame.sort_values("n")["draw"].to_numpy()


def kolmogorov_smirnov(sample: np.ndarray, cdf: Callable[[np.ndarray], np.ndarray]) -> float:
    """The distance, but for draws so close to 1 that FLOAT64 can't tell them apart."""
    ordered = np.sort(sample)
    places = np.arange(len(ordered))
    told_apart = ordered < 1 - 1e-12
    expected = cdf(ordered)
    gaps = np.maximum((places + 1) / len(ordered) - expected, expected - places / len(ordered))
    return float(gaps[told_apart].max())


def exact_interval(successes: float, failures: float) -> tuple[float, float]:
    """The Wilson interval as it is usually written, to 60 digits."""
    with localcontext() as context:
        context.prec = 60
        s, n = Decimal(successes), Decimal(successes) + Decimal(failures)
        z = Decimal(float(stats.norm.ppf(0.975)))
        p = s / n
        centre = p + z * z / (2 * n)
        reach = z * (p * (1 - p) / n + z * z / (4 * n * n)).sqrt()
        weight = 1 + z * z / n
        return float((centre - reach) / weight), float((centre + reach) / weight)


class TestBounds:
    def test_are_scipys_for_whole_counts(self, shared: Dataset) -> None:
        counts = [0, 1, 2, 7, 50, 999, 100_000]
        got = shared.warehouse.query(
            """
            SELECT
              s, f,
              `${dataset}.wilson_score_bounds`(CAST(s AS FLOAT64), CAST(f AS FLOAT64)) AS b
            FROM UNNEST(@counts) AS s CROSS JOIN UNNEST(@counts) AS f
            WHERE s + f > 0
            """,
            {"counts": counts},
        )
        assert len(got) == len(counts) ** 2 - 1
        for s, f, b in got.itertuples(index=False):
            expected = stats.binomtest(s, s + f).proportion_ci(method="wilson")
            assert b["lower_bound"] == pytest.approx(expected.low, abs=1e-12), (s, f)
            assert b["upper_bound"] == pytest.approx(expected.high, abs=1e-12), (s, f)
            assert b["exploration_bonus"] == pytest.approx(1 / math.sqrt(s + f + 1), abs=1e-12)

    @pytest.mark.parametrize(
        ("successes", "failures"), [(0.5, 0.25), (12.75, 1e9), (1e-9, 3.0), (2.5e6, 1.5)]
    )
    def test_hold_for_effective_counts_too(
        self, shared: Dataset, successes: float, failures: float
    ) -> None:
        got = bounds(shared, successes, failures)
        lower, upper = exact_interval(successes, failures)
        assert got["lower_bound"] == pytest.approx(lower, abs=1e-12, rel=1e-9)
        assert got["upper_bound"] == pytest.approx(upper, abs=1e-12)

    @pytest.mark.parametrize(("s", "f", "lower", "upper"), PUBLISHED_BOUNDS)
    def test_are_the_published_values(
        self, shared: Dataset, s: int, f: int, lower: float, upper: float
    ) -> None:
        got = bounds(shared, s, f)
        assert got["lower_bound"] == pytest.approx(lower, abs=1e-12)
        assert got["upper_bound"] == pytest.approx(upper, abs=1e-12)

    def test_without_a_trial_nothing_is_known(self, shared: Dataset) -> None:
        got = bounds(shared, 0, 0)
        assert (got["lower_bound"], got["upper_bound"], got["exploration_bonus"]) == (0, 1, 1)

    def test_never_leave_zero_to_one(self, shared: Dataset) -> None:
        """Rounding may carry a bound past 0 or 1 where every trial went one way."""
        for n in (1, 3, 77, 10_000, 10**9):
            none, every = bounds(shared, 0, n), bounds(shared, n, 0)
            assert none["lower_bound"] == pytest.approx(0, abs=1e-15)
            assert none["lower_bound"] >= 0
            assert every["upper_bound"] == pytest.approx(1, abs=1e-15)
            assert every["upper_bound"] <= 1

    @pytest.mark.parametrize(
        ("successes", "failures"), [(None, 1.0), (1.0, None), (None, None), (-1.0, 5), (5, -0.5)]
    )
    def test_a_null_or_negative_count_gives_null(
        self, shared: Dataset, successes: float | None, failures: float | None
    ) -> None:
        got = bounds(shared, successes, failures)
        assert got["is_null"]
        assert got[["lower_bound", "upper_bound", "exploration_bonus"]].isna().all()


class TestSample:
    @pytest.mark.parametrize(("a", "b", "key", "expected"), PUBLISHED_DRAWS)
    def test_gives_the_published_draws(
        self, shared: Dataset, a: float, b: float, key: str, expected: float
    ) -> None:
        assert draw(shared, a, b, key) == pytest.approx(expected, rel=1e-12, abs=1e-12)
        assert beta_draw(a, b, key) == pytest.approx(expected, rel=1e-12, abs=1e-12)

    @pytest.mark.parametrize(
        ("a", "b", "key"),
        [
            (None, 1.0, "k"),
            (1.0, None, "k"),
            (1.0, 1.0, None),
            (0.0, 1.0, "k"),
            (1.0, 0.0, "k"),
            (-2.0, 1.0, "k"),
            (1.0, -2.0, "k"),
        ],
    )
    def test_what_is_no_beta_or_has_no_key_gives_null(
        self, shared: Dataset, a: float | None, b: float | None, key: str | None
    ) -> None:
        assert draw(shared, a, b, key) is None

    @pytest.mark.parametrize(
        ("a", "b"),
        [
            (0.05, 0.05),
            (0.05, 1000.0),
            (0.6, 215.0),
            (1.0, 1.0),
            (2.4, 860.0),
            (30.0, 2000.0),
            (1000.0, 0.05),
            (1000.0, 1000.0),
        ],
    )
    def test_is_distributed_as_the_posterior(self, shared: Dataset, a: float, b: float) -> None:
        sample, posterior = draws(shared, a, b), stats.beta(a, b)
        assert kolmogorov_smirnov(sample, posterior.cdf) <= FURTHEST
        assert abs(sample.mean() - posterior.mean()) < 4 * posterior.std() / math.sqrt(DRAWS)
        assert sample.std() == pytest.approx(posterior.std(), rel=0.05)

    @pytest.mark.parametrize(("a", "b"), [(0.6, 215.0), (2.4, 860.0), (30.0, 2000.0)])
    def test_has_the_tails_of_the_posterior(self, shared: Dataset, a: float, b: float) -> None:
        """A sampler with thin tails stops exploring and locks in on a wrong caption."""
        sample, posterior = draws(shared, a, b), stats.beta(a, b)
        assert (sample < posterior.ppf(0.001)).mean() == pytest.approx(0.001, abs=TAIL_ERROR)
        assert (sample > posterior.ppf(0.999)).mean() == pytest.approx(0.001, abs=TAIL_ERROR)

    def test_draws_of_neighbouring_keys_are_independent(self, shared: Dataset) -> None:
        """Captions and weeks have keys that differ in a digit; their draws must not."""
        ranks = stats.beta(0.6, 215).cdf(draws(shared, 0.6, 215))
        for lag in (1, 2, 7, 10, 100):
            assert abs(np.corrcoef(ranks[lag:], ranks[:-lag])[0, 1]) < 4 / math.sqrt(DRAWS)
        week, next_week = (draws(shared, 2, 9, f"s|2025-11-{d}|cook|") for d in (10, 17))
        assert abs(np.corrcoef(week, next_week)[0, 1]) < 4 / math.sqrt(DRAWS)
        assert len(np.unique(week)) == DRAWS

    def test_the_same_key_gives_the_same_draw(self, shared: Dataset) -> None:
        assert draw(shared, 3.5, 20.0, "k") == draw(shared, 3.5, 20.0, "k")

    def test_more_success_never_lowers_a_draw(self, shared: Dataset) -> None:
        """With the key held, a better record is a better draw in all but the clamped far tail."""
        few, many = draws(shared, 2, 100), draws(shared, 4, 100)
        assert (many >= few).mean() > 0.999
