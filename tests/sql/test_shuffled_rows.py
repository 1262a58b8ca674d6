"""The same rows in another order: sums differ in their last digits, decisions don't."""

import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.sql.dataset import (
    MONDAY,
    Dataset,
    Row,
    caption,
    creators,
    days_before,
    fact,
    purchases,
    target,
)

ORDERS = 4
PAGES = ["cook", "diver", "fiddler"]
BANK = 400
CENTS = [0.1, 0.2, 0.7, 1.1, 1.3, 2.9, 4.35, 17.9]
"""Amounts that FLOAT64 has not exactly: their sums hang on the order."""


def orders(rows: list[Row]) -> Iterator[list[Row]]:
    """The rows as they are, and shuffled."""
    yield rows
    for order in range(1, ORDERS):
        shuffled = list(rows)
        random.Random(order).shuffle(shuffled)
        yield shuffled


def at_the_border(total: float) -> list[Row]:
    """Messages of 90 days of `cook` that earn exactly `total` USD, in amounts of cents."""
    amounts = [amount for amount in CENTS for _ in range(20)]
    rest = round(total - sum(round(100 * a) for a in amounts) / 100, 2)
    amounts += [rest - 0.3, 0.1, 0.1, 0.1]
    days = (1 + number % 89 for number in range(len(amounts)))
    return [
        fact(n, page_name="cook", send_date=days_before(MONDAY, day), earnings=amount, price=12.0)
        for n, (amount, day) in enumerate(zip(amounts, days, strict=True), 1)
    ]


def test_revenue_at_the_border_of_two_tiers_is_in_the_upper_one_in_every_order(
    dataset: Dataset,
) -> None:
    dataset.put("creators", creators("cook"))
    rows = at_the_border(25_000.0)
    sums, tiers = set[float](), set[str]()
    for ordered in orders(rows):
        dataset.put("message_facts", ordered)
        found = dataset.warehouse.query(
            "SELECT f.* FROM `${dataset}.classify_account_size`(NULL, @as_of, 90) AS f",
            {"as_of": MONDAY},
        )
        sums.add(found["total_revenue"].iloc[0])
        tiers.add(found["size_tier"].iloc[0])
        sums.add(sum(row["earnings"] for row in ordered))
    assert len(sums) > 1, "the orders must differ in the last digits to prove anything"
    assert tiers == {"MEDIUM"}


@pytest.mark.parametrize(
    ("function", "decided"),
    [
        ("analyze_saturation_status", ["saturation_status", "exclusion_reason", "confidence"]),
        ("get_creator_baseline", ["behavioral_segment"]),
        ("detect_anomalies", ["send_date", "metric", "direction", "severity"]),
        ("classify_account_size", ["size_tier"]),
    ],
)
def test_what_a_history_decides_is_the_same_in_every_order(
    dataset: Dataset, function: str, decided: list[str]
) -> None:
    dataset.put("creators", creators(*PAGES))
    rows = history()
    found: list[list[Any]] = []
    for ordered in orders(rows):
        dataset.put("message_facts", ordered)
        frame = dataset.warehouse.query(
            f"SELECT f.* FROM `${{dataset}}.{function}`(NULL, @as_of, 90) AS f", {"as_of": MONDAY}
        )
        found.append(sorted(map(str, frame[["page_name", *decided]].to_dict("records"))))
    assert found[0]
    assert all(each == found[0] for each in found)


def history() -> list[Row]:
    """Half a year of three pages, the same every week, so that many numbers lie at borders."""
    rng = np.random.default_rng(5)
    rows: list[Row] = []
    for page in PAGES:
        for day in range(1, 180):
            for _ in range(2):
                bought = int(rng.integers(0, 9))
                rows.append(
                    purchases(
                        len(rows) + 1,
                        int(rng.integers(0, BANK)),
                        bought,
                        300,
                        page_name=page,
                        price=12.0,
                        send_date=days_before(MONDAY, day),
                    )
                    | {"earnings": bought * float(rng.choice(CENTS))}
                )
    return rows


def test_the_captions_of_a_week_are_the_same_in_every_order(dataset: Dataset) -> None:
    bank = [
        caption(n, content_category=f"category {n % 7}", has_urgency=n % 11 == 0)
        for n in range(BANK)
    ]
    dataset.put("creators", creators(*PAGES))
    dataset.put("weekly_volume_targets", [target(page, budget=9) for page in PAGES])
    dataset.tune(individual_draws=50)
    chosen: list[pd.DataFrame] = []
    facts = history()
    for banked, ordered in zip(orders(bank), orders(facts), strict=True):
        dataset.put("caption_bank", banked)
        dataset.put("message_facts", ordered)
        dataset.warehouse.call(
            "update_caption_performance",
            {"p_as_of": MONDAY, "p_lookback_days": 90},
        )
        dataset.select()
        rows = dataset.rows("caption_selections", "page_name", "caption_id")
        chosen.append(rows[["page_name", "caption_id", "arm", "tier_rank"]])
    assert len(chosen[0]) == 27
    for other in chosen[1:]:
        pd.testing.assert_frame_equal(chosen[0], other)
