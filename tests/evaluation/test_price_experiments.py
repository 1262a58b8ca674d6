"""What a history of prices suggests to try: seldom where nothing differs, right where it does."""

import datetime as dt
import math
import random

import numpy as np
import pytest
from scipy import stats

from eros_assets.evaluation.intervals import CONFIDENCE, student_quantile
from eros_assets.evaluation.price_experiments import (
    LEAST_WEEKS,
    MOST_WEEKS,
    SHARE,
    Experiment,
    PricedWeek,
    suggested_experiment,
)

MONDAY = dt.date(2025, 5, 5)
WEEKS = 26
ERROR = 0.5
"""Standard deviation of a message's earnings over their mean."""


def history(lifts: dict[tuple[str, float], float], seed: int, a_week: int = 3) -> list[PricedWeek]:
    """Messages of each price to 1,000 fans, so many a week, that earn 100 USD times a lift."""
    chance = np.random.default_rng(seed)
    shape = 1 / ERROR**2
    return [
        PricedWeek(
            tier,
            price,
            MONDAY + dt.timedelta(weeks=week),
            a_week,
            1000.0 * a_week,
            float(100 * lift * chance.gamma(shape, 1 / shape, a_week).sum()),
        )
        for week in range(WEEKS)
        for (tier, price), lift in lifts.items()
    ]


EQUAL = {
    **{("budget", price): 1.0 for price in (5.0, 7.0, 9.0)},
    **{("mid", price): 1.0 for price in (12.0, 15.0, 18.0)},
}


def test_nothing_is_proposed_where_prices_and_tiers_earn_alike() -> None:
    """Of 300 histories without any difference about one in twenty proposes something."""
    found = sum(suggested_experiment(history(EQUAL, seed)) is not None for seed in range(300))
    assert found <= 300 * 0.08


def test_a_better_tier_is_found_and_its_interval_holds_the_truth() -> None:
    """A tier that earns half more, in 200 histories."""
    lifts = {key: 1.5 if key[0] == "mid" else 1.0 for key in EQUAL}
    found = [suggested_experiment(history(lifts, seed)) for seed in range(200)]
    right = [each for each in found if each is not None and each.is_of_tier]
    assert len(right) > 190
    assert {each.price_tier for each in right} == {"mid"}
    assert {tuple(each.tiers) for each in right} == {("budget",)}
    assert np.mean([each.lift for each in right]) == pytest.approx(0.5, abs=0.03)
    covered = np.mean([each.lower <= 0.5 <= each.upper for each in right])
    assert 0.91 <= covered <= 0.985


def test_a_better_price_is_found_in_its_tier() -> None:
    lifts = EQUAL | {("mid", 18.0): 1.6}
    found = suggested_experiment(history(lifts, 1))
    assert found is not None
    assert (found.is_of_tier, found.price_tier, found.tiers) == (False, "mid", ("mid",))
    assert found.price == 18.0
    assert found.lift == pytest.approx(0.6, abs=0.25)
    lifts = EQUAL | {("mid", 12.0): 1.6}
    found = suggested_experiment(history(lifts, 1))
    assert found is not None
    assert found.price == 12.0


def test_the_experiment_is_as_long_as_a_comparison_of_two_means_needs() -> None:
    """With two thirds unchanged, a power of 80 % asks for (1.96 + 0.84)^2 times the variance."""
    lifts = {("budget", 7.0): 1.0, ("mid", 15.0): 1.35}
    found = [suggested_experiment(history(lifts, seed, a_week=12)) for seed in range(80)]
    made = [each for each in found if each is not None]
    assert len(made) > 75
    quantiles = stats.norm.ppf(0.975) + stats.norm.ppf(0.8)
    needed = ERROR**2 / (SHARE * (1 - SHARE)) * quantiles**2
    given = [each.messages * math.log1p(each.lift) ** 2 for each in made]
    assert np.mean(given) == pytest.approx(needed, rel=0.1)


def test_the_numbers_are_those_of_the_jackknife() -> None:
    """Two weeks of each side in closed form: the estimate is that of the sums."""
    rows = [
        PricedWeek(tier, price, MONDAY + dt.timedelta(weeks=week), 10, 1000.0, earned)
        for tier, price, earnings in (
            ("budget", 5.0, (100.0, 101.0, 99.0, 100.0)),
            ("mid", 15.0, (121.0, 122.0, 120.0, 121.0)),
        )
        for week, earned in enumerate(earnings)
    ]
    found = suggested_experiment(rows)
    assert found is not None
    assert found.lift == pytest.approx(0.21)
    without = np.log([363 / 300, 362 / 299, 364 / 301, 363 / 300])
    error = math.sqrt(((without - math.log(1.21)) ** 2).sum() * 3 / 4)
    reach = student_quantile((1 + CONFIDENCE) / 2, 3) * error
    assert found.lower == pytest.approx(1.21 * math.exp(-reach) - 1)
    assert found.upper == pytest.approx(1.21 * math.exp(reach) - 1)
    assert (found.weeks, found.messages_a_week) == (LEAST_WEEKS, 20)
    # Each of the two tiers is compared with the other; there are no other prices in either.
    assert found.comparisons == 2


def test_too_few_messages_are_not_compared() -> None:
    lifts = {("budget", 5.0): 1.0, ("mid", 15.0): 3.0}
    rows = history(lifts, 1, a_week=1)
    few = [
        each
        for each in rows
        if each.price_tier == "budget" or each.week < MONDAY + dt.timedelta(weeks=19)
    ]
    assert suggested_experiment(few) is None
    assert suggested_experiment(rows) is not None
    assert suggested_experiment([]) is None


def test_a_tier_that_never_earned_is_nothing_to_compare_with() -> None:
    assert suggested_experiment(history({("budget", 5.0): 0.0, ("mid", 15.0): 1.0}, 1)) is None


def test_the_order_of_the_rows_changes_nothing() -> None:
    rows = history({key: 1.5 if key[0] == "mid" else 1.0 for key in EQUAL}, 5)
    first = suggested_experiment(rows)
    random.Random(1).shuffle(rows)
    again = suggested_experiment(rows)
    assert isinstance(first, Experiment)
    assert again is not None
    assert again.lift == pytest.approx(first.lift, rel=1e-12)
    assert (again.price, again.messages) == (first.price, first.messages)
    assert first.weeks <= MOST_WEEKS
