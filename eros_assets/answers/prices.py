"""Why a message has its price, and what its expected earnings are made of."""

from collections.abc import Iterator, Mapping
from typing import Any

from eros_assets.answers.lookup import Question
from eros_assets.dataset import Dataset
from eros_assets.tuning import Knobs
from eros_assets.weekly.records import records


def price_lines(
    dataset: Dataset, question: Question, said: Mapping[str, Any], knobs: Knobs
) -> Iterator[str]:
    """Sentences on the price to ask, and on the earnings to expect."""
    row = question.row
    days = int(knobs["account_lookback_days"])
    if row["suggested_price"] is None:
        yield "A bump is free."
    else:
        yield (
            f"${row['suggested_price']:g}: the median of what the page asked for the tier in the "
            f"{days} days before the week; the agency's median where it asked for none."
        )
    if row["expected_value"] is None:
        yield "No earnings can be expected of it: the page has no history of its type."
        return
    if not row["expected_value"]:
        yield "It is not expected to earn anything: what the page sent of its type did not."
        return
    yield (
        f"Expected earnings ${row['expected_value']:,.2f} (${row['expected_value_lower'] or 0:,.2f}"
        f" to ${row['expected_value_upper'] or 0:,.2f} by the interval of the rate)."
    )
    parts = dataset.query("tier_prices", pages=[question.page])
    found = [each for each in records(parts) if each["price_tier"] == row["price_tier"]]
    if not found or found[0]["recipients"] is None or "posterior_mean" not in said:
        return
    [part] = found
    product = (
        said["posterior_mean"]
        * part["trials_per_recipient"]
        * part["earnings_per_success"]
        * part["recipients"]
    )
    if round(product, 2) == round(row["expected_value"], 2):
        trials = "views" if row["message_type"] == "PPV" else "recipients"
        yield (
            f"That is {said['posterior_mean']:.3%} of {trials} × {part['trials_per_recipient']:.3f}"
            f" {trials} per recipient × {part['recipients']:,.0f} recipients × "
            f"${part['earnings_per_success']:,.2f}."
        )
