"""What a planned message is expected to earn, from the belief about its caption and page."""

from dataclasses import dataclass, replace

from eros_assets.planning.explanation import Evidence

CENTS = 2
"""Decimals of a sum of money."""


@dataclass(frozen=True, slots=True)
class TierPrices:
    """A page's prices of a price tier, and what earnings depend on beside the conversion rate.

    `suggested_price` is USD, None for a Bump. A trial is a view (PPV) or a recipient (Bump).
    `recipients` of a message, `trials_per_recipient` and `earnings_per_success` (USD) are None
    where the history doesn't say.
    """

    suggested_price: float | None = None
    recipients: float | None = None
    trials_per_recipient: float | None = None
    earnings_per_success: float | None = None

    def asking(self, own_price: float | None) -> "TierPrices":
        """The same for a PPV that has a price of its own, USD; None: it has the tier's."""
        if own_price is None:
            return self
        return replace(self, suggested_price=own_price, earnings_per_success=own_price)

    @property
    def earnings_at_certainty(self) -> float | None:
        """What a message would earn if every trial succeeded, USD."""
        factors = (self.recipients, self.trials_per_recipient, self.earnings_per_success)
        earnings = 1.0
        for factor in factors:
            if factor is None:
                return None
            earnings *= factor
        return earnings


NO_PRICES = TierPrices()


@dataclass(frozen=True, slots=True)
class ExpectedValue:
    """Expected earnings of a message, USD, in cents.

    `lower` and `upper` are those of the 95 % interval of the conversion rate: prices, views and
    recipients are taken as they were.
    """

    mean: float
    lower: float
    upper: float


def expected_value(evidence: Evidence, prices: TierPrices) -> ExpectedValue | None:
    """What a message is expected to earn; None where belief or prices don't say."""
    earnings, mean, interval = (
        prices.earnings_at_certainty,
        evidence.posterior_mean,
        evidence.posterior_interval,
    )
    if earnings is None or mean is None or interval is None:
        return None
    lower, upper = interval
    return ExpectedValue(
        mean=round(mean * earnings, CENTS),
        lower=round(lower * earnings, CENTS),
        upper=round(upper * earnings, CENTS),
    )
