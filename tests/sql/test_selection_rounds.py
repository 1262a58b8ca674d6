"""The choice, which is one statement, is what six rounds of the view caption_offers give."""

import re
from itertools import product
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest

from eros_assets.dataset import sql_library
from tests.sql.agencies import only_of, put_agencies
from tests.sql.dataset import MONDAY, Dataset, Row, caption, creators, target

ROUNDS = 6
NAMES = [f"page_{n:02}" for n in range(12)]

BEGINNING = """
DELETE FROM `${dataset}.caption_selections` AS s
WHERE s.week_start = @week_start AND (@page = '' OR s.page_name = @page)
"""

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


def targets_of_all() -> list[Row]:
    return [target(p, budget=5, mid=3, premium=2, bump=4) for p in NAMES]


def put(dataset: Dataset, captions: int, seed: int) -> None:
    dataset.put("creators", creators(*NAMES))
    dataset.put("caption_bank", bank_of(captions, seed))
    dataset.put("weekly_volume_targets", targets_of_all())


def in_rounds(dataset: Dataset, page: str | None) -> pd.DataFrame:
    """The week's selections if those of the page, or of all, are chosen anew round by round."""
    week = {"week_start": MONDAY, "page": page or ""}
    dataset.warehouse.run(BEGINNING, week)
    for _ in range(ROUNDS):
        dataset.warehouse.run(ROUND, week)
    return chosen(dataset)


def chosen(dataset: Dataset) -> pd.DataFrame:
    rows = dataset.rows("caption_selections")[["page_name", "arm", "caption_id", "final_score"]]
    return rows.sort_values(["page_name", "caption_id"]).reset_index(drop=True)


class TestOfAllPages:
    CAPTIONS: ClassVar = {"plenty": 400, "too few for all": 130, "far too few": 40}
    AGENCIES: ClassVar = tuple(product(CAPTIONS, (1, 2)))

    @pytest.fixture(scope="class")
    def both(self, shared: Dataset) -> tuple[pd.DataFrame, pd.DataFrame]:
        """What one call chooses for all agencies, and what rounds choose."""
        put_agencies(
            shared,
            [bank_of(self.CAPTIONS[captions], seed) for captions, seed in self.AGENCIES],
            [targets_of_all() for _ in self.AGENCIES],
            [{} for _ in self.AGENCIES],
        )
        shared.select()
        return chosen(shared), in_rounds(shared, None)

    @pytest.mark.parametrize(
        "agency",
        range(len(AGENCIES)),
        ids=[f"{captions}-{seed}" for captions, seed in AGENCIES],
    )
    def test_each_gets_what_six_rounds_of_offers_give(
        self, both: tuple[pd.DataFrame, pd.DataFrame], agency: int
    ) -> None:
        once, rounds = (only_of(agency, rows) for rows in both)
        assert len(once) > 30
        pd.testing.assert_frame_equal(once, rounds)

    def test_an_earlier_choice_of_the_week_is_in_nobody_s_way(self, dataset: Dataset) -> None:
        put(dataset, 130, 3)
        dataset.select(seed="another")
        dataset.select()
        pd.testing.assert_frame_equal(chosen(dataset), in_rounds(dataset, None))


class TestOfOnePage:
    @pytest.mark.parametrize("captions", [300, 130])
    def test_it_gets_what_six_rounds_leave_it_beside_the_others(
        self, dataset: Dataset, captions: int
    ) -> None:
        """Other pages keep theirs; those that lack captions wish for the same ones."""
        put(dataset, captions, 4)
        dataset.select()
        for page in NAMES[:3]:
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


def rounds_of(text: str) -> list[str]:
    """The named queries of each round of the selection, with the number of the round taken out."""
    blocks = re.split(r"(?m)^    wishing_\d AS \(\n", text)[1:]
    found: list[str] = []
    for number, block in enumerate(blocks, start=1):
        lines = [line for line in block.split("\n    SELECT\n")[0].splitlines() if "--" not in line]
        alike = "\n".join(lines).rstrip().removesuffix(",")
        for after, name in ((number - 1, "before"), (number, "now")):
            alike = re.sub(rf"\b(\w+)_{after}\b", rf"\1_{name}", alike)
        found.append(
            alike.replace(f"IF(t.is_taken, {number}, t.round)", "IF(t.is_taken, now, t.round)")
        )
    return found


def test_the_rounds_of_the_statement_are_the_same_text_but_for_their_number() -> None:
    *rounds, last = rounds_of(sql_library()["select_captions_for_creator"].text)
    assert len(rounds) == ROUNDS - 1
    assert set(rounds) == {rounds[0]}
    assert "counted_before" in last
    assert rounds[0].startswith(f"{last},\n\n    counted_now AS (")


def test_a_round_that_differs_is_noticed() -> None:
    text = sql_library()["select_captions_for_creator"].text
    spare = "w.wish_rank <= w.lacking + 5"
    first, _, rest = text.rpartition(spare)
    *rounds, last = rounds_of(f"{first}w.wish_rank <= w.lacking + 4{rest}")
    assert not rounds[0].startswith(last)
