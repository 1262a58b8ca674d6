"""What a message is expected to earn follows from the belief about its caption and its page."""

from dataclasses import replace

import pytest

from eros_assets.planning.expectation import (
    NO_PRICES,
    ExpectedValue,
    TierPrices,
    expected_value,
)
from eros_assets.planning.explanation import NO_EVIDENCE, Evidence

BELIEF = Evidence(posterior_successes=12.0, posterior_failures=388.0)  # mean 3 %
PRICES = TierPrices(
    suggested_price=15.0, recipients=2000.0, trials_per_recipient=0.5, earnings_per_success=15.0
)


def test_the_value_is_rate_times_views_times_price() -> None:
    value = expected_value(BELIEF, PRICES)
    assert value is not None
    assert value.mean == 450.0  # 3 % of 1,000 views, 15 USD each
    assert value.lower < value.mean < value.upper


def test_the_interval_is_that_of_the_rate() -> None:
    value = expected_value(BELIEF, PRICES)
    assert value is not None
    assert BELIEF.posterior_interval is not None
    lower, upper = BELIEF.posterior_interval
    assert (value.lower, value.upper) == pytest.approx((15_000 * lower, 15_000 * upper), abs=0.005)


def test_bumps_that_earn_nothing_are_worth_nothing() -> None:
    value = expected_value(BELIEF, replace(PRICES, suggested_price=None, earnings_per_success=0.0))
    assert value == ExpectedValue(0.0, 0.0, 0.0)


@pytest.mark.parametrize("unknown", ["recipients", "trials_per_recipient", "earnings_per_success"])
def test_without_a_factor_there_is_no_value(unknown: str) -> None:
    assert expected_value(BELIEF, replace(PRICES, **{unknown: None})) is None


def test_without_a_belief_or_prices_there_is_no_value() -> None:
    assert expected_value(NO_EVIDENCE, PRICES) is None
    assert expected_value(BELIEF, NO_PRICES) is None
