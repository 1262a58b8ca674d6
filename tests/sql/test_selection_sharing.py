"""One bank for many pages: a caption goes to one page a week, and few go wanting that need not."""

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching

from tests.sql.agencies import FIRST, of_agency, only_of, put_agencies
from tests.sql.dataset import (
    MONDAY,
    TIERS,
    Dataset,
    Row,
    caption,
    creators,
    target,
)


def most_possible(bank: list[Row], targets: list[Row], barred: dict[str, set[str]]) -> int:
    """Captions that could be given out at most: a maximum matching of captions and places.

    It knows tiers, owners and barred categories; where the limits on categories and urgency bind,
    less is possible.
    """
    places = [
        (row["page_name"], tier)
        for row in targets
        for tier in TIERS
        for _ in range(row[f"num_{tier}"])
    ]
    allowed = [
        [
            c["price_tier"] == tier
            and c["page_name"] in (None, page)
            and c["content_category"] not in barred.get(page, ())
            for c in bank
        ]
        for page, tier in places
    ]
    matching = maximum_bipartite_matching(csr_array(np.array(allowed, dtype=int)))
    return int((matching >= 0).sum())


def allotted_by_score(candidates: pd.DataFrame) -> pd.DataFrame:
    """The contract to the letter: the highest score of all is served first, one by one."""
    chosen: list[Row] = []
    taken: set[int] = set()
    counts: Counter[tuple[str, ...]] = Counter()
    order = ["offer_score", "page_name", "arm"]
    for row in candidates.sort_values(order, ascending=[False, True, True]).to_dict("records"):
        place = (row["page_name"], row["price_tier"], row["arm"])
        category = (row["page_name"], row["content_category"])
        if (
            row["caption_id"] not in taken
            and counts[place] < row["wanted"]
            and counts[category] < max(1, int(0.4 * row["week_wanted"]))
        ):
            taken.add(row["caption_id"])
            counts.update([place, category])
            chosen.append(row)
    return pd.DataFrame(chosen)


@dataclass(frozen=True)
class Agency:
    """20 pages that want 8 budget, 4 mid and 4 bump captions each, 320 in all."""

    bank: list[Row]
    barred: dict[str, set[str]] = field(default_factory=dict[str, set[str]])

    NAMES: ClassVar = [f"page_{n:02}" for n in range(20)]
    TARGETS: ClassVar = [target(p, budget=8, mid=4, bump=4) for p in NAMES]
    WANTED: ClassVar = 320


def bank_of(captions: int, owned: float = 0.0) -> list[Row]:
    """Captions of 23 categories in the proportions that are wanted; a share has an owner."""
    rng = np.random.default_rng(3)
    tiers = np.repeat(["budget", "mid", "bump"], [captions // 2, captions // 4, captions // 4])
    return [
        caption(
            n,
            price_tier=str(tier),
            content_category=f"category {n % 23}",
            page_name=str(rng.choice(Agency.NAMES)) if rng.random() < owned else None,
        )
        for n, tier in enumerate(tiers)
    ]


def restrictions() -> dict[str, set[str]]:
    """Nine categories of 23 that each page doesn't use."""
    rng = np.random.default_rng(4)
    return {
        name: {f"category {n}" for n in rng.choice(23, 9, replace=False)} for name in Agency.NAMES
    }


# What may be missing, as a share of what a maximum matching could give out. Where any page may use
# a caption, a bank a fifth larger than is wanted leaves nobody wanting. Where many have owners,
# serving the highest score first costs more: pages take shared captions and leave their own.
SCENES = {
    "twice what is wanted": (Agency(bank_of(640)), 0.0),
    "a fifth more": (Agency(bank_of(384)), 0.0),
    "a fifth more, restricted": (Agency(bank_of(384), restrictions()), 0.0),
    "twice, owned in part": (Agency(bank_of(640, owned=0.4)), 0.0),
    "half of what is wanted": (Agency(bank_of(160)), 0.0),
    "just what is wanted": (Agency(bank_of(320)), 0.02),
    "just what is wanted, restricted": (Agency(bank_of(320), restrictions()), 0.03),
    "a fifth more, owned in part": (Agency(bank_of(384, owned=0.4)), 0.12),
}


@pytest.mark.parametrize("scene", SCENES)
class TestTightBanks:
    @pytest.fixture(scope="class")
    def played(self, shared: Dataset) -> Mapping[str, tuple[pd.DataFrame, pd.DataFrame]]:
        """What is chosen in each scene, and its candidates: all in one call."""
        agencies = [agency for agency, _ in SCENES.values()]
        put_agencies(
            shared,
            [agency.bank for agency in agencies],
            [agency.TARGETS for agency in agencies],
            [agency.barred for agency in agencies],
        )
        # As in a bank of one agency, every caption draws by itself.
        shared.tune(individual_draws=FIRST * len(agencies))
        both = shared.select(), shared.rows("selection_candidates")
        return {scene: (only_of(n, both[0]), only_of(n, both[1])) for n, scene in enumerate(SCENES)}

    def test_no_caption_goes_to_two_pages(
        self, played: Mapping[str, tuple[pd.DataFrame, pd.DataFrame]], scene: str
    ) -> None:
        agency = SCENES[scene][0]
        chosen, _ = played[scene]
        assert not chosen["caption_id"].duplicated().any()
        sizes = chosen.groupby(["page_name", "price_tier"]).size().unstack(fill_value=0)
        assert (sizes["budget"] <= 8).all()
        assert (sizes["mid"] <= 4).all()
        assert (sizes["bump"] <= 4).all()
        categories = chosen.groupby(["page_name", "content_category"]).size()
        assert categories.max() <= 6
        for row in chosen.to_dict("records"):
            own = agency.bank[row["caption_id"]]
            assert own["page_name"] in (None, row["page_name"])
            assert own["content_category"] not in agency.barred.get(row["page_name"], ())

    def test_few_places_stay_empty_that_need_not(
        self, played: Mapping[str, tuple[pd.DataFrame, pd.DataFrame]], scene: str
    ) -> None:
        """Measured against a maximum matching, and against the contract done one by one."""
        agency, missing = SCENES[scene]
        chosen, candidates = played[scene]
        possible = most_possible(agency.bank, agency.TARGETS, agency.barred)
        assert possible == min(Agency.WANTED, len(agency.bank))
        assert len(chosen) >= (1 - missing) * possible
        one_by_one = allotted_by_score(candidates)
        assert len(chosen) >= 0.98 * len(one_by_one)
        scores = [
            rows.loc[rows["arm"] == "treatment", "final_score"].sum()
            for rows in (chosen, one_by_one)
        ]
        assert scores[0] >= 0.98 * scores[1]


class TestContest:
    def contests(
        self, dataset: Dataset, exponent: float, *stakes: Mapping[str, Row]
    ) -> list[dict[str, int]]:
        """Who gets caption 1, which both pages of an agency want more than caption 2.

        Each agency's `stakes` change its pages' priors and the counts of caption 1 there.
        """
        pages = ("coach", "cook")
        dataset.tune(control_share=0, offer_money_exponent=exponent)
        put_agencies(
            dataset,
            [[caption(1), caption(2)] for _ in stakes],
            [[target(page, budget=1) for page in pages] for _ in stakes],
            [{} for _ in stakes],
        )
        priors: list[Row] = []
        pairs: list[Row] = []
        for (n, of_pages), page in product(enumerate(stakes), pages):
            given = {"successes": 500, "recipients": 1000, "rate": 0.1} | of_pages.get(page, {})
            name = of_agency(n, page)
            priors.append(
                {
                    "page_name": name,
                    "price_tier": "budget",
                    "prior_successes": 100 * given["rate"],
                    "prior_failures": 100 * (1 - given["rate"]),
                    "suggested_price": 10.0,
                    "earnings_per_success": 10.0,
                    "trials_per_recipient": 0.4,
                    "recipients": given["recipients"],
                }
            )
            pairs += [
                {"page_name": name, "caption_id": FIRST * n + c, "successes": won, "failures": 5000}
                for c, won in ((1, given["successes"]), (2, 5))
            ]
        dataset.put("caption_priors", priors)
        dataset.put("caption_bandit_stats", pairs)
        chosen = dataset.select()
        got = [only_of(n, chosen) for n in range(len(stakes))]
        return [
            {
                str(page): int(c)
                for page, c in zip(rows["page_name"], rows["caption_id"], strict=True)
            }
            for rows in got
        ]

    BOTH_ORDERS: ClassVar = (("coach", "cook"), ("cook", "coach"))
    """Which page comes first by name doesn't matter."""

    def test_in_money_a_caption_goes_to_the_page_where_it_earns_most(
        self, dataset: Dataset
    ) -> None:
        """The other takes its second best."""
        stakes = [
            {rich: {"recipients": 9000}, poor: {"successes": 900}}
            for rich, poor in self.BOTH_ORDERS
        ]
        got = self.contests(dataset, 1.0, *stakes)
        assert got == [{rich: 1, poor: 2} for rich, poor in self.BOTH_ORDERS]

    def test_as_shipped_it_goes_where_it_stands_out_unless_that_earns_far_less(
        self, dataset: Dataset
    ) -> None:
        stakes = [
            {rich: {"recipients": 9000}, poor: {"successes": successes}}
            for successes in (900, 520)
            for rich, poor in self.BOTH_ORDERS
        ]
        got = self.contests(dataset, 0.1, *stakes)
        assert got[:2] == [{rich: 2, poor: 1} for rich, poor in self.BOTH_ORDERS]
        assert got[2:] == [{rich: 1, poor: 2} for rich, poor in self.BOTH_ORDERS]

    def test_a_rate_counts_over_the_mean_of_its_page(self, dataset: Dataset) -> None:
        """The same rate is more of a success where captions sell less."""
        stakes = [{keen: {"rate": 0.02}, other: {"rate": 0.2}} for keen, other in self.BOTH_ORDERS]
        got = self.contests(dataset, 0.0, *stakes)
        assert got == [{keen: 1, other: 2} for keen, other in self.BOTH_ORDERS]

    def test_the_limits_hold_for_each_page_of_many(self, dataset: Dataset) -> None:
        pages = [f"page_{n}" for n in range(6)]
        bank = [
            caption(
                n,
                price_tier=TIERS[n % 4],
                has_urgency=n % 3 > 0,
                content_category=f"category {min(n % 7, 3)}",
            )
            for n in range(600)
        ]
        dataset.put("creators", creators(*pages))
        dataset.put("caption_bank", bank)
        dataset.put(
            "weekly_volume_targets",
            [target(p, budget=6, mid=3, premium=2, bump=4) for p in pages],
        )
        rows = dataset.select()
        assert len(rows) == 6 * 15
        assert rows.groupby("page_name")["has_urgency"].sum().max() <= 5
        assert rows.groupby(["page_name", "content_category"]).size().max() <= 6


class TestOnePage:
    @pytest.fixture(autouse=True)
    def _week(self, dataset: Dataset) -> None:
        pages = ("band", "coach", "cook")
        dataset.put("creators", creators(*pages))
        dataset.put("caption_bank", [caption(n) for n in range(36)])
        dataset.put("weekly_volume_targets", [target(p, budget=10) for p in pages])

    def test_leaves_the_others_alone_and_never_takes_theirs(self, dataset: Dataset) -> None:
        before = dataset.select()
        for seed in ("b", "c"):
            dataset.select("cook", seed=seed)
        after = dataset.rows("caption_selections", "caption_id")
        others = [
            rows[rows["page_name"] != "cook"].sort_values("caption_id", ignore_index=True)
            for rows in (before, after)
        ]
        pd.testing.assert_frame_equal(*others, check_exact=True)
        assert len(after) == 30
        assert not after["caption_id"].duplicated().any()
        old, new = (set(r.loc[r["page_name"] == "cook", "caption_id"]) for r in (before, after))
        assert old != new

    def test_may_take_what_others_hold_in_another_week(self, dataset: Dataset) -> None:
        """Drafts of other weeks reserve nothing until they are locked."""
        dataset.select()
        later = MONDAY + dt.timedelta(days=28)
        rows = dataset.select("cook", later, counts={"budget": 36})
        assert len(rows) == 36

    def test_without_rivals_it_chooses_as_all_together_do(self, dataset: Dataset) -> None:
        dataset.put("caption_bank", [caption(n, page_name=owner(n)) for n in range(90)])
        together = dataset.select()
        for page in ("band", "coach", "cook"):
            alone = dataset.select(page)
            expected = together[together["page_name"] == page]
            pd.testing.assert_frame_equal(
                alone.drop(columns="selected_at"),
                expected.drop(columns="selected_at").reset_index(drop=True),
                check_exact=True,
            )


def owner(caption_id: int) -> str:
    return ("band", "coach", "cook")[caption_id % 3]
