"""Draws the audiences' answers to a planned week, with common random numbers for all policies.

Each message has a generator of its own, named by seed, week, page, type and its place among the
page's messages of the type: two policies that send different captions there meet the same random
numbers, so that their difference comes from the captions.
"""

import hashlib

import numpy as np
import pandas as pd

from eros_assets.demo.roster import PPV_TIERS, PRICE_RANGES
from eros_assets.demo.truth import Truth
from eros_assets.simulation.catalogue import Tables

REMEMBERED_DAYS = 200
"""Older messages tire nobody."""

PriceList = dict[tuple[str, str], float]


def price_list(tables: Tables) -> PriceList:
    """USD by page and tier: the page's median price, else that of all pages."""
    bank = tables["caption_bank"][["caption_id", "price_tier"]]
    history = tables["mass_messages"]
    priced = history[(history["message_type"] == "PPV") & (history["price"] > 0)]
    known = priced.dropna(subset=["caption_id", "page_name"]).merge(bank, on="caption_id")
    of_tier = known.groupby("price_tier")["price"].median()
    of_page = known.groupby(["page_name", "price_tier"])["price"].median()
    prices: PriceList = {}
    for page in tables["creators"]["page_name"]:
        for tier in PPV_TIERS:
            usual = float(of_tier.get(tier, float(np.mean(PRICE_RANGES[tier]))))
            prices[page, tier] = round(float(of_page.get((page, tier), usual)))
    return prices


def priced(schedule: pd.DataFrame, prices: PriceList) -> pd.DataFrame:
    """The schedule with the price of each PPV; NaN for Bumps."""
    keys = zip(schedule["page_name"], schedule["price_tier"], strict=True)
    return schedule.assign(price=[prices.get(key, np.nan) for key in keys])


def answers(
    truth: Truth, messages: pd.DataFrame, week: int, seed: int, earlier: pd.DataFrame
) -> pd.DataFrame:
    """Outcomes of the messages of one week, in the rows' order and index.

    Columns as of `mass_messages` (sent_count, viewed_count, purchased_count, earnings), and their
    expected values: expected_sent, expected_earnings.

    Args:
        truth: the hidden truth.
        messages: as `Truth.draw_outcomes` takes them.
        week: number of the week, part of each message's key.
        seed: another seed, another draw.
        earlier: what was sent before, whatever its age.
    """
    start = messages["sending_time"].min() - pd.Timedelta(days=REMEMBERED_DAYS)
    means = truth.expected(messages, earlier[earlier["sending_time"] >= start])
    constants = truth.response
    audience = means["recipients"].to_numpy() / ((1 + constants.least_reach) / 2)
    views, buys = means["view_rate"].to_numpy(), means["purchase_rate"].to_numpy()
    place = (
        messages.sort_values(["sending_time", "caption_id"])
        .groupby(["page_name", "message_type"])
        .cumcount()
        .reindex(messages.index)
    )
    keys = zip(messages["page_name"], messages["message_type"] == "PPV", place, strict=True)
    outcomes = np.zeros((len(messages), 3), dtype=np.int64)
    for row, (page, is_ppv, number) in enumerate(keys):
        rng = np.random.default_rng([seed, week, _page_number(page), int(is_ppv), int(number)])
        reach = rng.uniform(constants.least_reach, 1.0)
        noise = rng.standard_normal(2)
        sent = max(round(audience[row] * reach), 1)
        v = views[row] * _lognormal(noise[0], constants.view_noise)
        viewed = rng.binomial(sent, min(v, constants.most_viewed))
        q = buys[row] * _lognormal(noise[1], constants.buy_noise)
        outcomes[row] = sent, viewed, rng.binomial(viewed, min(q, constants.most_bought))
    price = messages["price"].fillna(0.0).to_numpy()
    return pd.DataFrame(
        {
            "sent_count": outcomes[:, 0],
            "viewed_count": outcomes[:, 1],
            "purchased_count": outcomes[:, 2],
            "earnings": np.round(price * outcomes[:, 2], 2),
            "expected_sent": means["recipients"],
            "expected_earnings": means["recipients"] * views * buys * price,
        },
        index=messages.index,
    )


def _page_number(page_name: str) -> int:
    return int.from_bytes(hashlib.sha256(page_name.encode()).digest()[:4], "big")


def _lognormal(normal: float, deviation: float) -> float:
    """A multiplier with mean one."""
    return float(np.exp(deviation * normal - deviation**2 / 2))
