"""Quantiles against scipy, the jackknife against textbook formulas."""

import math

import numpy as np
import pytest
from scipy import stats

from eros_assets.evaluation.intervals import (
    jackknife_interval,
    student_quantile,
    units_until_detectable,
)


@pytest.mark.parametrize("probability", [0.5, 0.8, 0.975, 0.9995])
@pytest.mark.parametrize("degrees", [1, 2, 3, 7, 37, 120, 499])
def test_students_quantile_is_scipys(probability: float, degrees: int) -> None:
    expected = float(stats.t.ppf(probability, degrees))
    assert student_quantile(probability, degrees) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("degrees", [500, 2_000, 10**6])
def test_students_quantile_of_many_degrees_is_scipys_to_four_digits(degrees: int) -> None:
    assert student_quantile(0.975, degrees) == pytest.approx(
        float(stats.t.ppf(0.975, degrees)), abs=2e-5
    )


def test_the_jackknife_of_a_mean_is_the_t_interval() -> None:
    """The one case in which both are the same in exact arithmetic."""
    sample = np.random.default_rng(1).gamma(0.6, 3, 25)
    without = (sample.sum() - sample) / (sample.size - 1)
    got = jackknife_interval(float(sample.mean()), without)
    low, high = stats.t.interval(0.95, sample.size - 1, loc=sample.mean(), scale=stats.sem(sample))
    assert (got.lower, got.upper) == pytest.approx((low, high), rel=1e-9)
    assert got.standard_error == pytest.approx(stats.sem(sample), rel=1e-9)


@pytest.mark.parametrize("without", [[], [1.0], [1.0, math.nan, 2.0], [1.0, math.inf]])
def test_too_few_clusters_or_none_without_one_give_no_bounds(without: list[float]) -> None:
    got = jackknife_interval(1.5, np.array(without))
    assert got.estimate == 1.5
    assert math.isnan(got.lower)
    assert math.isnan(got.upper)


def test_the_weeks_until_detectable_give_the_power_that_they_promise() -> None:
    """After them the standard error is such that 10 % is seen four times in five."""
    further = units_until_detectable(0.2, 4, 0.10)
    assert further is not None
    for weeks, seen_enough in ((4 + further, True), (3 + further, False)):
        error = 0.2 * math.sqrt(4 / weeks)
        power = stats.norm.sf(stats.norm.ppf(0.975) - 0.10 / error)
        assert (power >= 0.80) == seen_enough
    assert units_until_detectable(0.01, 4, 0.10) == 0
    assert units_until_detectable(math.nan, 4, 0.10) is None
    assert units_until_detectable(0.2, 0, 0.10) is None
