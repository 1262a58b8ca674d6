"""What texts say of captions is where their priors begin; evidence goes on from there."""

import dataclasses
import datetime as dt

import numpy as np
import pandas as pd
import pytest

from eros_assets.dataset import Dataset as Installation
from eros_assets.dataset import open_dataset
from eros_assets.tuning import read_knobs
from eros_assets.weekly.text_priors import refresh_text_priors
from tests.sql.dataset import Dataset, Row, caption, creators, days_before, purchases
from tests.sql.test_caption_appeal import AS_OF, LOOKBACK, PAGES, budget, shared_history

CAPTIONS = 200
EXPLAINED = 0.2
TABLES = ("caption_priors", "caption_appeal", "caption_bandit_stats")


def text_priors(multipliers: dict[int, float], explained: float = EXPLAINED) -> list[Row]:
    return [
        {
            "caption_id": n,
            "price_tier": "budget",
            "multiplier": multiplier,
            "variance": 0.5,
            "explained_variance": explained,
            "stats_as_of": AS_OF,
        }
        for n, multiplier in multipliers.items()
    ]


def learn(dataset: Dataset, appeal: float = 0.8, **knobs: float) -> None:
    facts = shared_history(np.random.default_rng(6), CAPTIONS, appeal, 0.3)
    dataset.put("creators", creators(*PAGES))
    dataset.put("caption_bank", [caption(n) for n in range(CAPTIONS + 5)])
    dataset.put("message_facts", facts)
    if knobs:
        dataset.tune(**knobs)
    dataset.update_performance(AS_OF, LOOKBACK)


def written(dataset: Dataset) -> list[str]:
    keys = ("page_name", "caption_id", "price_tier")
    found = [dataset.rows(name).drop(columns="last_updated") for name in TABLES]
    return [t.sort_values([k for k in keys if k in t]).to_csv(index=False) for t in found]


def test_without_priors_by_text_and_with_the_setting_at_0_all_is_as_it_was(
    dataset: Dataset,
) -> None:
    learn(dataset)
    without = written(dataset)
    dataset.put("caption_text_priors", text_priors(dict.fromkeys(range(CAPTIONS + 5), 1.5)))
    dataset.update_performance(AS_OF, LOOKBACK)
    assert written(dataset) != without
    dataset.tune(text_prior_weight=0.0)
    dataset.update_performance(AS_OF, LOOKBACK)
    assert written(dataset) == without


def test_an_untried_caption_starts_from_its_text_on_every_page(dataset: Dataset) -> None:
    learn(dataset)
    before = budget(dataset)
    untried = {CAPTIONS: 1.4, CAPTIONS + 1: 0.6}
    dataset.put("caption_text_priors", text_priors(untried))
    dataset.update_performance(AS_OF, LOOKBACK)
    now = budget(dataset)
    variance = (1 + before["appeal_variance"]) / (1 + EXPLAINED) - 1
    assert now["appeal_variance"].to_numpy() == pytest.approx(variance.to_numpy(), rel=1e-9)
    assert now["variation"].equals(before["variation"])
    appeal = dataset.rows("caption_appeal").set_index("caption_id")
    got = dataset.rows("borrowed_caption_priors").set_index(["page_name", "caption_id"])
    for page in PAGES:
        for n, multiplier in untried.items():
            assert appeal.loc[n, "pages"] == 0
            assert appeal.loc[n, "appeal"] == pytest.approx(multiplier, rel=1e-9)
            row = got.loc[(page, n)]
            assert not row["is_tried"]
            alpha, beta = row["prior_successes"], row["prior_failures"]
            mean = before.loc[page, "rate"] * multiplier
            assert alpha / (alpha + beta) == pytest.approx(mean, rel=1e-9)
            left = (1 + before.loc[page, "variation"]) / (1 + EXPLAINED) - 1
            assert beta / (alpha * (alpha + beta + 1)) == pytest.approx(left, rel=1e-6)
        # No text of theirs is known: they start from the mean of page and tier.
        assert (page, CAPTIONS + 2) not in got.index


def test_the_prior_by_text_fades_as_evidence_comes_in(dataset: Dataset) -> None:
    """Of a caption that pages tried, appeal lies between its text's and what they saw."""
    learn(dataset)
    plain = dataset.rows("caption_appeal").set_index("caption_id")
    dataset.put("caption_text_priors", text_priors(dict.fromkeys(range(CAPTIONS), 2.0)))
    dataset.update_performance(AS_OF, LOOKBACK)
    moved = dataset.rows("caption_appeal").set_index("caption_id")
    assert (moved["text_multiplier"] == 2.0).all()
    low = plain["appeal"] < 1.5
    assert (moved["appeal"][low] > plain["appeal"][low]).all()
    assert (moved["appeal"][low] < 2.0).all()
    share = (moved["appeal"] - plain["appeal"])[low] / (2.0 - plain["appeal"][low])
    three, two = plain["pages"][low] == 3, plain["pages"][low] == 2
    assert share[three].mean() < share[two].mean() < 0.8


def test_a_page_is_left_out_of_what_it_borrows_and_keeps_the_text(dataset: Dataset) -> None:
    """A caption that one page alone tried has there the prior of its text, and no more."""
    alone = [purchases(90_000, CAPTIONS, 30, 900, send_date=days_before(AS_OF, 9))]
    facts = [*shared_history(np.random.default_rng(6), CAPTIONS, 0.8, 0.3), *alone]
    dataset.put("creators", creators(*PAGES))
    dataset.put("caption_bank", [caption(n) for n in range(CAPTIONS + 5)])
    dataset.put("message_facts", facts)
    dataset.put("caption_text_priors", text_priors({CAPTIONS: 1.3}))
    dataset.update_performance(AS_OF, LOOKBACK)
    stats = dataset.rows("caption_bandit_stats").set_index(["page_name", "caption_id"])
    row = stats.loc[("cook", CAPTIONS)]
    alpha, beta = row["prior_successes"], row["prior_failures"]
    assert alpha / (alpha + beta) == pytest.approx(
        1.3 * budget(dataset).loc["cook", "rate"], rel=1e-6
    )


def test_where_pages_share_nothing_texts_still_count(dataset: Dataset) -> None:
    """Appeal is then all but certain to be what the text says: the rest is the pages' own."""
    learn(dataset, borrowing_weight=0.0)
    assert dataset.rows("caption_appeal").empty
    flat = budget(dataset)
    dataset.put("caption_text_priors", text_priors({CAPTIONS: 1.5}))
    dataset.update_performance(AS_OF, LOOKBACK)
    assert set(budget(dataset)["appeal_variance"]) == {0.01}
    got = dataset.rows("borrowed_caption_priors").set_index(["page_name", "caption_id"])
    row = got.loc[("coach", CAPTIONS)]
    alpha, beta = row["prior_successes"], row["prior_failures"]
    assert alpha / (alpha + beta) == pytest.approx(1.5 * flat.loc["coach", "rate"], rel=1e-9)


def test_a_prior_of_another_tier_is_not_used(dataset: Dataset) -> None:
    """The bank's tier changed since the fit: one row per caption, that of its evidence."""
    learn(dataset)
    rows = [row | {"price_tier": "mid"} for row in text_priors({0: 1.5, CAPTIONS: 1.5})]
    dataset.put("caption_text_priors", rows)
    dataset.update_performance(AS_OF, LOOKBACK)
    appeal = dataset.rows("caption_appeal")
    assert appeal["caption_id"].is_unique
    tiers = appeal.set_index("caption_id")["price_tier"]
    assert tiers[0] == "budget"


def installation(dataset: Dataset) -> Installation:
    return open_dataset(dataset.settings)


def test_a_fit_of_the_tables_is_written_whole_and_twice_the_same(dataset: Dataset) -> None:
    """Words decide: half the captions hold one that doubles purchases."""
    rng = np.random.default_rng(8)
    words = [f"{letter}{letter}{letter}" for letter in "bcdfghjklmnp"]
    texts = [" ".join([*rng.permutation(words)[:5], str(n)]) for n in range(600)]
    factor = np.array([1.8 if "bbb" in text else 0.6 for text in texts])
    facts = [
        purchases(
            n,
            n,
            int(rng.binomial(2000, 0.02 * factor[n] * rng.gamma(4, 0.25))),
            2000,
            page_name=PAGES[n % 3],
            send_date=days_before(AS_OF, 190 - n // 3),
        )
        for n in range(500)
    ]
    dataset.put("creators", creators(*PAGES))
    dataset.put("caption_bank", [caption(n, caption_text=text) for n, text in enumerate(texts)])
    dataset.put("message_facts", facts)
    there = installation(dataset)
    knobs = read_knobs(there)
    done = refresh_text_priors(there, AS_OF, knobs)
    first = dataset.rows("caption_text_priors", "caption_id")
    assert done.captions == len(first) == 600
    assert "PPVs: what texts predicted" in done.outcome
    assert "600 captions have a prior by their text." in done.outcome
    assert "bbb" in [word.text for word in done.words[:5]]
    untried = first[first["caption_id"] >= 500]["multiplier"].to_numpy()
    holds = factor[500:] > 1
    assert untried[holds].mean() > 1.2 > 0.9 > untried[~holds].mean()
    assert set(pd.to_datetime(first["stats_as_of"]).dt.date) == {AS_OF}
    refresh_text_priors(there, AS_OF, knobs)
    again = dataset.rows("caption_text_priors", "caption_id")
    pd.testing.assert_frame_equal(
        first.drop(columns="last_updated"), again.drop(columns="last_updated")
    )


@pytest.mark.parametrize(
    ("bank", "facts", "knobs", "said"),
    [
        ([], [], {}, "the bank has no usable caption"),
        ([caption(1)], [], {}, "0 captions have a first send, and text_min_captions is 200"),
        (
            [caption(1, caption_text="🍞")],
            [purchases(1, 1, 5, 100)],
            {},
            "1 caption has a first send",
        ),
        ([caption(1)], [], {"text_prior_weight": 0.0}, "text_prior_weight is 0"),
    ],
)
def test_a_bank_without_texts_to_fit_gets_no_rows_and_a_sentence(
    dataset: Dataset, bank: list[Row], facts: list[Row], knobs: dict[str, float], said: str
) -> None:
    dataset.put("creators", creators(*PAGES))
    dataset.put("caption_bank", bank)
    dataset.put("message_facts", facts)
    dataset.put("caption_text_priors", text_priors({1: 1.5}))
    if knobs:
        dataset.tune(**knobs)
    there = installation(dataset)
    done = refresh_text_priors(there, AS_OF + dt.timedelta(days=7), read_knobs(there))
    assert said in done.outcome
    assert dataset.rows("caption_text_priors").empty
    assert dataclasses.astuple(done)[0] == 0
