"""Large tiers draw by order statistics: what is chosen is distributed as if every caption drew."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tests.sql.dataset import Dataset, Row, caption, creators, restriction, target
from tests.sql.draws import drawn_from, explored_share

PAGES = [f"page_{n:03}" for n in range(150)]
BANK = 1_200
PRIOR = (0.6, 90.0)
PAIR_VARIANCE = 0.2
EVERY_CAPTION = 1_000_000
"""`individual_draws` with which every caption draws by its own key: the exhaustive selection."""


def priors(pages: list[str]) -> list[Row]:
    alpha, beta = PRIOR
    mean = alpha / (alpha + beta)
    return [
        {
            "page_name": page,
            "price_tier": "budget",
            "prior_successes": alpha,
            "prior_failures": beta,
            "dispersion": 1.0,
            "rate": mean,
            "variation": stats.beta(alpha, beta).var() / mean**2,
            "pair_variance": PAIR_VARIANCE,
        }
        for page in pages
    ]


def appeal_of(caption_id: int, rng: np.random.Generator) -> Row:
    shape = float(rng.uniform(0.8, 12))
    appeal = float(rng.gamma(3, 1 / 3)) + 0.01
    return {
        "caption_id": caption_id,
        "price_tier": "budget",
        "pages": 2,
        "appeal": appeal,
        "appeal_shape": shape,
        "appeal_rate": shape / appeal,
    }


def tastes(pages: list[str]) -> list[Row]:
    """Of every category but the last: from 0.7 to 1.3, of each page others."""
    rng = np.random.default_rng(5)
    return [
        {
            "page_name": page,
            "content_category": f"category {n}",
            "taste": float(rng.uniform(0.7, 1.3)),
        }
        for page in pages
        for n in range(11)
    ]


def taste_of(rows: pd.DataFrame, liking: list[str]) -> np.ndarray:
    """That of each row's page for its category, 1 where it has none."""
    liked = {(row["page_name"], row["content_category"]): row["taste"] for row in tastes(liking)}
    keys = zip(rows["page_name"], rows["content_category"], strict=True)
    return np.array([liked.get(key, 1.0) for key in keys])


def put_agency(dataset: Dataset, pages: list[str], *, tried_elsewhere: bool) -> None:
    """Pages that want 3 budget captions each of one bank, half of it tried by pages not here."""
    rng = np.random.default_rng(11)
    bank = [caption(n, content_category=f"category {n % 12}") for n in range(BANK)]
    appeal = [appeal_of(n, rng) for n in range(0, BANK, 2)] if tried_elsewhere else []
    dataset.put("creators", creators(*pages))
    dataset.put("caption_bank", bank)
    dataset.put("caption_priors", priors(pages))
    dataset.put("caption_appeal", appeal)
    dataset.put("weekly_volume_targets", [target(page, budget=3) for page in pages])


def each_alone(dataset: Dataset, seeds: int) -> pd.DataFrame:
    """The choice of every page, before pages contend for captions."""
    found: list[pd.DataFrame] = []
    for seed in range(seeds):
        dataset.select(seed=f"seed {seed}")
        found.append(dataset.rows("selection_candidates").assign(seed=seed))
    return pd.concat(found, ignore_index=True)


def percentile_of(rows: pd.DataFrame) -> np.ndarray:
    """Where the draws lie in the posteriors that they are of."""
    explored = explored_share(
        rows["prior_successes"], rows["prior_failures"], PAIR_VARIANCE, len(PAGES)
    )
    posterior = rows["posterior_successes"], rows["posterior_failures"]
    return stats.beta.sf(rows["thompson_score"], *drawn_from(*posterior, explored=explored))


class TestUntried:
    """One bin: every draw is of one posterior."""

    @pytest.fixture(scope="class")
    def candidates(self, shared: Dataset) -> pd.DataFrame:
        shared.tune(control_share=0, diversity_weight=0, candidate_depth_extra=20)
        put_agency(shared, PAGES, tried_elsewhere=False)
        return each_alone(shared, 2)

    @pytest.mark.parametrize("rank", [1, 2, 10])
    def test_the_best_draws_are_order_statistics(self, candidates: pd.DataFrame, rank: int) -> None:
        """The k-th of n uniforms is Beta(n + 1 - k, k)."""
        rows = candidates[candidates["arm_rank"] == rank]
        assert len(rows) == 2 * len(PAGES)
        explored = explored_share(*PRIOR, PAIR_VARIANCE, len(PAGES))
        assert explored < 0.2
        survival = stats.beta.sf(rows["thompson_score"], *drawn_from(*PRIOR, explored=explored))
        assert stats.kstest(survival, stats.beta(rank, BANK + 1 - rank).cdf).pvalue > 0.001

    def test_every_caption_is_as_likely_to_have_one(self, candidates: pd.DataFrame) -> None:
        best = candidates[candidates["arm_rank"] <= 12]
        counts = np.bincount(best["caption_id"].astype(int) // 40, minlength=BANK // 40)
        assert stats.chisquare(counts).pvalue > 0.001
        assert not best.duplicated(["seed", "page_name", "caption_id"]).any()

    def test_percentiles_count_all_that_are_eligible(self, candidates: pd.DataFrame) -> None:
        for _, rows in candidates.groupby(["seed", "page_name"]):
            by_rank = rows.sort_values("arm_rank")
            expected = (BANK - np.arange(len(rows))) / BANK
            assert by_rank["final_score"].to_numpy() == pytest.approx(expected, abs=1e-12)


class TestAgainstEveryDraw:
    """The same agency with every caption drawing by its own key."""

    @pytest.fixture(scope="class", params=[0, 2], ids=["no tastes", "half of the pages"])
    def liking(self, request: pytest.FixtureRequest) -> list[str]:
        """The pages that have tastes."""
        return PAGES[:: request.param] if request.param else []

    @pytest.fixture(scope="class")
    def both(
        self, shared: Dataset, liking: list[str]
    ) -> dict[str, tuple[pd.DataFrame, pd.DataFrame]]:
        """Candidates and chosen by order statistics, and with every draw made."""
        put_agency(shared, PAGES, tried_elsewhere=True)
        shared.put("page_tastes", tastes(liking))
        shared.put(
            "creator_caption_restrictions",
            [restriction(page, restricted_categories=["category 3"]) for page in PAGES[::3]],
        )
        found: dict[str, tuple[pd.DataFrame, pd.DataFrame]] = {}
        for name, individual in (("ordered", 500), ("every", EVERY_CAPTION)):
            shared.tune(
                individual_draws=individual,
                candidate_depth_extra=100,
                control_share=0.1,
                diversity_weight=0.05,
            )
            chosen: list[pd.DataFrame] = []
            candidates: list[pd.DataFrame] = []
            for seed in range(3):
                chosen.append(shared.select(seed=f"seed {seed}").assign(seed=seed))
                candidates.append(shared.rows("selection_candidates").assign(seed=seed))
            found[name] = (pd.concat(candidates), pd.concat(chosen))
        return found

    @pytest.mark.parametrize("arm", ["treatment", "control"])
    def test_chosen_captions_are_distributed_alike(
        self, both: dict[str, tuple[pd.DataFrame, pd.DataFrame]], arm: str
    ) -> None:
        """Draws, their place in the posterior, what was believed, and the scores."""
        ordered, every = (rows[rows["arm"] == arm] for _, rows in both.values())
        assert len(ordered) == pytest.approx(len(every), rel=0.2)
        columns = ["thompson_score", "posterior_successes", "posterior_failures"]
        columns += ["final_score"] if arm == "treatment" else []
        for column in columns:
            test = stats.ks_2samp(ordered[column], every[column])
            assert test.pvalue > 0.001, column
        test = stats.ks_2samp(percentile_of(ordered), percentile_of(every))
        assert test.pvalue > 0.001

    def test_tastes_are_in_what_is_believed(
        self, both: dict[str, tuple[pd.DataFrame, pd.DataFrame]], liking: list[str]
    ) -> None:
        """Of captions that nobody has tried: they multiply the odds."""
        for candidates, _ in both.values():
            plain = candidates[candidates["caption_id"] % 2 == 1]
            taste = taste_of(plain, liking)
            assert not liking or len(set(taste)) > 100
            assert plain["posterior_successes"].to_numpy() == pytest.approx(PRIOR[0], rel=1e-12)
            failures = plain["posterior_failures"].to_numpy()
            assert failures * taste == pytest.approx(PRIOR[1], rel=1e-12)

    def test_a_liked_category_is_chosen_more_often(
        self, both: dict[str, tuple[pd.DataFrame, pd.DataFrame]], liking: list[str]
    ) -> None:
        for _, chosen in both.values():
            treated = chosen[(chosen["arm"] == "treatment") & chosen["page_name"].isin(liking)]
            assert not liking or taste_of(treated, liking).mean() > 1.05

    def test_nothing_of_value_is_lost(
        self, both: dict[str, tuple[pd.DataFrame, pd.DataFrame]], liking: list[str]
    ) -> None:
        rates = [
            (
                rows["posterior_successes"]
                / (rows["posterior_successes"] + rows["posterior_failures"])
            )
            for _, rows in both.values()
        ]
        error = np.hypot(*(rate.sem() for rate in rates))
        assert rates[0].mean() > 0.99 * rates[1].mean() - 3 * error
        # Where pages like different captions, how many are on any list depends on the draws.
        assert len(rates[0]) == pytest.approx(len(rates[1]), rel=0.01 if liking else 0, abs=0)

    def test_no_page_gets_what_it_must_not_use(
        self, both: dict[str, tuple[pd.DataFrame, pd.DataFrame]]
    ) -> None:
        for _, chosen in both.values():
            barred = chosen[chosen["page_name"].isin(PAGES[::3])]
            assert "category 3" not in set(barred["content_category"])

    def test_a_page_alone_has_the_candidates_that_it_has_among_all(
        self, shared: Dataset, both: dict[str, tuple[pd.DataFrame, pd.DataFrame]]
    ) -> None:
        """A narrowed run is the same query with a filter: what others got is left out, no more."""
        put_agency(shared, PAGES[:20], tried_elsewhere=True)
        shared.tune(individual_draws=500, candidate_depth_extra=40)
        shared.select(seed="one")
        among_all = shared.rows("selection_candidates").set_index("caption_id")
        page = PAGES[7]
        shared.select(page, seed="one")
        alone = shared.rows("selection_candidates")
        alone = alone[alone["page_name"] == page].set_index("caption_id")
        same = among_all[among_all["page_name"] == page]
        both_times = alone.index.intersection(same.index)
        assert len(both_times) > 10
        for n in both_times:
            if alone.loc[n, "arm"] == same.loc[n, "arm"]:
                assert alone.loc[n, "thompson_score"] == same.loc[n, "thompson_score"]


def test_what_is_chosen_does_not_depend_on_the_order_of_rows(dataset: Dataset) -> None:
    """Sums of floats differ in their last digits with the order of rows; no choice does."""
    put_agency(dataset, PAGES[:10], tried_elsewhere=True)
    first = dataset.select().drop(columns="selected_at")
    rng = np.random.default_rng(3)
    for table in ("caption_bank", "caption_appeal", "caption_priors", "weekly_volume_targets"):
        rows = dataset.rows(table)
        dataset.put(table, rows.iloc[rng.permutation(len(rows))].to_dict("records"))
    again = dataset.select().drop(columns="selected_at")
    pd.testing.assert_frame_equal(first, again, check_exact=True)
