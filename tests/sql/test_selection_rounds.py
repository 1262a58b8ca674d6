"""The choice, which is one statement, is what six rounds of the view caption_offers give."""

from typing import ClassVar

import numpy as np
import pandas as pd
import pytest

from tests.sql.dataset import MONDAY, Dataset, Row, caption, creators, target

ROUNDS = 6
NAMES = [f"page_{n:02}" for n in range(12)]

ROUND = """
INSERT INTO `${dataset}.caption_selections` (
  page_name, week_start, arm, caption_id, price_tier, content_category, has_urgency, final_score
)
SELECT
  o.page_name, o.week_start, o.arm, o.caption_id, o.price_tier, o.content_category,
  o.has_urgency, o.final_score
FROM `${dataset}.caption_offers` AS o
WHERE o.week_start = @week_start AND (@page = '' OR o.page_name = @page)
"""


def bank_of(captions: int, seed: int) -> list[Row]:
    """Captions of few categories, some without one, many of them urgent."""
    rng = np.random.default_rng(seed)
    tiers = rng.choice(["budget", "mid", "premium", "bump"], captions)
    return [
        caption(
            n,
            price_tier=str(tier),
            content_category=None if rng.random() < 0.2 else f"category {rng.integers(4)}",
            has_urgency=bool(rng.random() < 0.5),
            page_name=str(rng.choice(NAMES)) if rng.random() < 0.1 else None,
        )
        for n, tier in enumerate(tiers)
    ]


def put(dataset: Dataset, captions: int, seed: int) -> None:
    dataset.put("creators", creators(*NAMES))
    dataset.put("caption_bank", bank_of(captions, seed))
    dataset.put(
        "weekly_volume_targets", [target(p, budget=5, mid=3, premium=2, bump=4) for p in NAMES]
    )


def in_rounds(dataset: Dataset, page: str | None) -> pd.DataFrame:
    """The week's selections if those of the page, or of all, are chosen anew round by round."""
    for each in [page] if page else NAMES:
        dataset.put("caption_selections", [], week_start=MONDAY, page_name=each)
    for _ in range(ROUNDS):
        dataset.warehouse.run(ROUND, {"week_start": MONDAY, "page": page or ""})
    return chosen(dataset)


def chosen(dataset: Dataset) -> pd.DataFrame:
    rows = dataset.rows("caption_selections")[["page_name", "arm", "caption_id", "final_score"]]
    return rows.sort_values(["page_name", "caption_id"]).reset_index(drop=True)


class TestOfAllPages:
    CAPTIONS: ClassVar = {"plenty": 400, "too few for all": 130, "far too few": 40}

    @pytest.mark.parametrize("seed", [1, 2])
    @pytest.mark.parametrize("captions", CAPTIONS.values(), ids=CAPTIONS.keys())
    def test_each_gets_what_six_rounds_of_offers_give(
        self, dataset: Dataset, captions: int, seed: int
    ) -> None:
        put(dataset, captions, seed)
        dataset.select()
        once = chosen(dataset)
        assert len(once) > 30
        pd.testing.assert_frame_equal(once, in_rounds(dataset, None))

    def test_an_earlier_choice_of_the_week_is_in_nobody_s_way(self, dataset: Dataset) -> None:
        put(dataset, 130, 3)
        dataset.select(seed="another")
        dataset.select()
        pd.testing.assert_frame_equal(chosen(dataset), in_rounds(dataset, None))


class TestOfOnePage:
    @pytest.mark.parametrize("page", NAMES[:3])
    @pytest.mark.parametrize("captions", [300, 130])
    def test_it_gets_what_six_rounds_leave_it_beside_the_others(
        self, dataset: Dataset, page: str, captions: int
    ) -> None:
        """Other pages keep theirs; those that lack captions wish for the same ones."""
        put(dataset, captions, 4)
        dataset.select()
        before = chosen(dataset)
        dataset.select(page, seed="another")
        once = chosen(dataset)
        others = once[once["page_name"] != page]
        pd.testing.assert_frame_equal(
            others.reset_index(drop=True),
            before[before["page_name"] != page].reset_index(drop=True),
        )
        pd.testing.assert_frame_equal(once, in_rounds(dataset, page))


def test_ranks_and_posteriors_are_those_of_the_candidates(dataset: Dataset) -> None:
    put(dataset, 200, 5)
    rows = dataset.select()
    key = ["page_name", "caption_id", "arm"]
    columns = [
        *("prior_successes", "prior_failures", "posterior_successes", "posterior_failures"),
        *("other_pages", "suggested_price", "expected_value", "thompson_score", "selection_seed"),
    ]
    candidates = dataset.rows("selection_candidates")[[*key, *columns]]
    both = rows[[*key, *columns]].merge(candidates, on=key, suffixes=("", "_of_candidate"))
    assert len(both) == len(rows)
    for name in columns:
        pd.testing.assert_series_equal(both[name], both[f"{name}_of_candidate"], check_names=False)
    for _, tier in rows.groupby(["page_name", "price_tier"]):
        ranked = tier.sort_values(["final_score", "caption_id"], ascending=[False, True])
        assert ranked["tier_rank"].tolist() == list(range(1, len(tier) + 1))
