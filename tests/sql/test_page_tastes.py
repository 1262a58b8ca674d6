"""What pages like of categories: what their PPVs sold over what was expected of each."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from tests.sql.dataset import Dataset, Row, caption, creators, days_before, purchases

AS_OF = dt.date(2025, 11, 10)
LOOKBACK = 200
PAGES = ("band", "coach", "cook")
CATEGORIES = ("bread", "garden", "market", "music")
LIKED = {("cook", "bread"): 1.8, ("band", "music"): 1.6, ("coach", "garden"): 0.5}
"""What multiplies a page's rate for a category; 1 for the rest."""


def history(seed: int, liked: dict[tuple[str, str], float]) -> list[Row]:
    """Two captions a page and day, each first sent by one page and later by the others."""
    rng = np.random.default_rng(seed)
    rows: list[Row] = []
    appeal = rng.gamma(4, 1 / 4, 240)
    for day in range(180, 0, -1):
        for place, page in enumerate(PAGES):
            for again in range(2):
                n = ((180 - day) * 2 + again + 40 * place) % 240
                rate = 0.04 * appeal[n] * liked.get((page, CATEGORIES[n % 4]), 1.0)
                rows.append(
                    purchases(
                        *(len(rows) + 1, n, int(rng.binomial(1500, min(rate, 0.9))), 1500),
                        page_name=page,
                        send_date=days_before(AS_OF, day),
                    )
                )
    return rows


def learn(
    dataset: Dataset,
    facts: list[Row],
    categories: tuple[str | None, ...] = CATEGORIES,
    **knobs: float,
) -> pd.DataFrame:
    """The tastes that are learned."""
    bank = [caption(n, content_category=categories[n % len(categories)]) for n in range(240)]
    dataset.put("creators", creators(*PAGES))
    dataset.put("caption_bank", bank)
    dataset.put("message_facts", facts)
    dataset.tune(send_noise_weight=1.0, wear_weight=1.0, **knobs)
    dataset.update_performance(AS_OF, LOOKBACK)
    return dataset.rows("page_tastes").set_index(["page_name", "content_category"])


def test_what_a_page_likes_is_found(dataset: Dataset) -> None:
    """Against the page's mean: a page that likes one of four more buys of the others less."""
    got = learn(dataset, history(1, LIKED))
    assert len(got) == len(PAGES) * len(CATEGORIES)
    assert (got["sends"] == 90).all()
    assert set(got["stats_as_of"]) == {AS_OF}
    assert got["variance"].nunique() == got["half_life_days"].nunique() == 1
    for page in PAGES:
        rates = np.array([LIKED.get((page, c), 1.0) for c in CATEGORIES])
        found = got["taste"].loc[page].reindex(CATEGORIES).to_numpy()
        assert np.corrcoef(found, rates)[0, 1] > 0.7
    assert got["taste"][("cook", "bread")] > 1.15
    assert got["taste"][("coach", "garden")] < 0.85


def test_the_weight_is_how_much_of_it_counts(dataset: Dataset) -> None:
    facts = history(1, LIKED)
    whole = learn(dataset, facts)["taste"]
    half = learn(dataset, facts, taste_weight=0.5)["taste"]
    assert half.to_numpy() == pytest.approx(1.0 + (whole.to_numpy() - 1.0) / 2, rel=1e-12)
    assert learn(dataset, facts, taste_weight=0.0).empty


def test_without_categories_there_are_none(dataset: Dataset) -> None:
    assert learn(dataset, history(1, LIKED), (None,)).empty


def test_nothing_is_written_where_nothing_is_predicted(dataset: Dataset) -> None:
    """And what was written before is gone."""
    assert len(learn(dataset, history(1, LIKED))) > 0
    assert learn(dataset, history(2, {})).empty


def test_bumps_tell_nothing_and_have_none(dataset: Dataset) -> None:
    facts = [{**row, "message_type": "Bump", "price": None} for row in history(1, LIKED)]
    dataset.put("creators", creators(*PAGES))
    bank = [caption(n, content_category=CATEGORIES[n % 4], price_tier="bump") for n in range(240)]
    dataset.put("caption_bank", bank)
    dataset.put("message_facts", facts)
    dataset.update_performance(AS_OF, LOOKBACK)
    assert dataset.rows("page_tastes").empty
