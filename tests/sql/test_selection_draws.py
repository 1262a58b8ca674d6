"""The draws of select_captions_for_creator, its scores and its control arm, worked out again."""

import datetime as dt
import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tests.sql.dataset import (
    MONDAY,
    TIERS,
    Dataset,
    Row,
    caption,
    creators,
    days_before,
    fact,
    target,
)
from tests.sql.draws import SHARPENING, beta_draw, drawn_from, explored_share, uniforms

NEXT_MONDAY = MONDAY + dt.timedelta(days=7)


def a_history(seed: int = 5) -> tuple[list[Row], list[Row], list[Row]]:
    """A bank of 40 captions a tier, statistics of two in three on `cook`, priors of its tiers."""
    rng = np.random.default_rng(seed)
    bank = [
        caption(100 * place + n, price_tier=tier, content_category=f"category {n % 8}")
        for place, tier in enumerate(TIERS, start=1)
        for n in range(40)
    ]
    statistics = [
        {
            "page_name": "cook",
            "caption_id": c["caption_id"],
            "price_tier": c["price_tier"],
            "successes": int(rng.integers(0, 40)),
            "failures": int(rng.integers(0, 4000)),
            # of the pair's own, unlike those of caption_priors
            "prior_successes": float(rng.uniform(0.5, 4)),
            "prior_failures": float(rng.uniform(50, 400)),
            "effective_successes": float(rng.uniform(0, 20)),
            "effective_failures": float(rng.uniform(0, 900)),
            "dispersion": 77.0,  # not what draws are made from
            "total_observations": 100,
        }
        for c in bank
        if rng.random() < 2 / 3
    ]
    priors = [
        {
            "page_name": "cook",
            "price_tier": tier,
            "prior_successes": 0.6 + place,
            "prior_failures": 215.0 - 40 * place,
            "dispersion": 1.0 + 0.7 * place,
        }
        for place, tier in enumerate(TIERS)
    ]
    return bank, statistics, priors


def _of(page: str, first: int, row: Row) -> Row:
    """The row as a page's own, captions counted from `first`."""
    own = row | {"page_name": page}
    if "caption_id" in row:
        own["caption_id"] += first
    if "caption_text" in row:
        own["caption_text"] += f" of {page}"
    return own


def draws_of(
    bank: Sequence[Row],
    statistics: Sequence[Row],
    priors: Sequence[Row],
    seed: str,
    week: dt.date = MONDAY,
    sharpening: float = SHARPENING,
    page: str = "cook",
) -> dict[int, float]:
    """What a page draws of every caption, by the published formula."""
    tried = {row["caption_id"]: row for row in statistics}
    learned = {row["price_tier"]: row for row in priors}
    found = {}
    for c in bank:
        pair = tried.get(c["caption_id"]) or learned[c["price_tier"]]
        alpha = pair["prior_successes"] + pair.get("effective_successes", 0.0)
        beta = pair["prior_failures"] + pair.get("effective_failures", 0.0)
        key = f"{seed}|{week.isoformat()}|{page}|{c['caption_id']}"
        found[c["caption_id"]] = beta_draw(*drawn_from(alpha, beta, sharpening), key)
    return found


class TestDraws:
    WANTED: Mapping[str, int] = {"budget": 9, "mid": 7, "premium": 5, "bump": 4}

    @pytest.fixture(autouse=True)
    def _page(self, dataset: Dataset) -> None:
        self.bank, self.statistics, self.priors = a_history()
        dataset.put("creators", creators("cook", "coach"))
        dataset.put("caption_bank", self.bank)
        dataset.put("caption_bandit_stats", self.statistics)
        dataset.put("caption_priors", self.priors)
        dataset.put("weekly_volume_targets", [target("cook", **self.WANTED)])

    def draws(self, rows: pd.DataFrame) -> dict[int, float]:
        return dict(zip(rows["caption_id"].astype(int), rows["thompson_score"], strict=True))

    @pytest.mark.parametrize(
        ("seed", "week", "sharpening"),
        [
            ("seed", MONDAY, 4),
            ("another seed", MONDAY, 4),
            ("seed", NEXT_MONDAY, 4),
            ("", MONDAY, 1),
        ],
    )
    def test_are_of_the_pairs_posterior_and_key(
        self, dataset: Dataset, seed: str, week: dt.date, sharpening: float
    ) -> None:
        dataset.tune(posterior_sharpening=sharpening)
        got = self.draws(dataset.select("cook", week, seed, counts=self.WANTED))
        assert len(got) == 25
        expected = draws_of(self.bank, self.statistics, self.priors, seed, week, sharpening)
        for caption_id, draw in got.items():
            assert draw == pytest.approx(expected[caption_id], rel=1e-9), caption_id

    def test_carry_the_pairs_counts(self, dataset: Dataset) -> None:
        tried = {s["caption_id"]: (s["successes"], s["failures"]) for s in self.statistics}
        rows = dataset.select("cook")
        for row in rows.to_dict("records"):
            expected = tried.get(row["caption_id"], (0, 0))
            assert (row["successes"], row["failures"]) == expected

    @pytest.mark.parametrize("sharing", [1.0, 0.4, 0.0])
    def test_an_untried_caption_borrows_from_pages_that_tried_it(
        self, dataset: Dataset, sharing: float
    ) -> None:
        """Its prior has the page's mean times its appeal, and spreads no more than the page's.

        Both pages explore together what is uncertain on both.
        """
        dataset.tune(exploration_sharing=sharing)
        rng = np.random.default_rng(9)
        tried = {s["caption_id"] for s in self.statistics}
        appeal = {
            c["caption_id"]: (float(rng.gamma(1, 1)) + 0.01, float(rng.uniform(0.3, 60)))
            for c in self.bank[::2]
        }
        dataset.put(
            "caption_appeal",
            [
                {"caption_id": n, "price_tier": c["price_tier"], "pages": 2}
                | {"appeal": (told := appeal[n])[0], "appeal_shape": told[1]}
                | {"appeal_rate": told[1] / told[0]}
                for c in self.bank
                if (n := c["caption_id"]) in appeal
            ],
        )
        flat = {
            p["price_tier"]: stats.beta(p["prior_successes"], p["prior_failures"])
            for p in self.priors
        }
        dataset.put(
            "caption_priors",
            [
                p
                | {"pair_variance": 0.25, "rate": (own := flat[p["price_tier"]]).mean()}
                | {"variation": own.var() / own.mean() ** 2}
                for p in self.priors
            ],
        )
        got = dataset.select("cook", counts=dict.fromkeys(TIERS, 20)).set_index("caption_id")
        borrowed = 0
        for caption_id, row in got.iterrows():
            n = int(str(caption_id))
            if n in tried or n not in appeal:
                assert row["other_pages"] == (1 if n in appeal else 0)
                continue
            prior, (mean, shape) = flat[row["price_tier"]], appeal[n]
            variation = min((1 + 1 / shape) * 1.25 - 1, prior.var() / prior.mean() ** 2)
            rate = min(prior.mean() * mean, 0.95)
            strength = max((1 - rate) / (variation * rate) - 1, 1.0)
            posterior = (row["posterior_successes"], row["posterior_failures"])
            assert posterior == pytest.approx((rate * strength, (1 - rate) * strength), rel=1e-9)
            assert row["other_pages"] == 2
            key = f"seed|{MONDAY}|cook|{n}"
            explored = explored_share(*posterior, 0.25, 2, sharing)
            draw = beta_draw(*drawn_from(*posterior, explored=explored), key)
            assert row["thompson_score"] == pytest.approx(draw, rel=1e-9)
            borrowed += 1
        assert borrowed >= 5

    @pytest.mark.parametrize(
        ("owner", "others", "sharing", "pages"),
        [
            (None, ["coach"], 1.0, 2),
            (None, ["coach", "yoga"], 1.0, 3),
            (None, ["coach", "yoga"], 0.5, 3),
            (None, ["coach", "yoga"], 0.0, 1),
            (None, [], 1.0, 1),
            ("cook", ["coach", "yoga"], 1.0, 1),
        ],
    )
    def test_explore_a_pages_share_of_what_is_uncertain_on_all(
        self,
        dataset: Dataset,
        owner: str | None,
        others: list[str],
        sharing: float,
        pages: int,
    ) -> None:
        """By the pair's own prior, tried or not. Pages that are not active explore nothing."""
        active = creators("cook", *others)
        dataset.put("creators", [*active, *creators("idle", is_active=False)])
        dataset.put("caption_bank", [c | {"page_name": owner} for c in self.bank])
        variance = 0.3
        dataset.put("caption_priors", [p | {"pair_variance": variance} for p in self.priors])
        dataset.tune(exploration_sharing=sharing)
        tried = {s["caption_id"]: s for s in self.statistics}
        flat = {p["price_tier"]: p for p in self.priors}
        rows = dataset.select("cook", counts=dict.fromkeys(TIERS, 20))
        shares: list[float] = []
        for row in rows.to_dict("records"):
            caption_id = row["caption_id"]
            prior = tried.get(caption_id) or flat[row["price_tier"]]
            share = explored_share(
                prior["prior_successes"], prior["prior_failures"], variance, pages, sharing
            )
            shares.append(share)
            posterior = (row["posterior_successes"], row["posterior_failures"])
            key = f"seed|{MONDAY}|cook|{caption_id}"
            draw = beta_draw(*drawn_from(*posterior, explored=share), key)
            assert row["thompson_score"] == pytest.approx(draw, rel=1e-9)
        assert len(shares) >= 60
        if pages > 1 and sharing > 0:
            assert min(shares) < 0.9  # of captions that are less certain than pages are alike
            assert max(shares) == 1.0
        else:
            assert set(shares) == {1.0}

    def test_a_page_without_a_prior_draws_from_the_uniform(self, dataset: Dataset) -> None:
        rows = dataset.select("coach", counts=self.WANTED)
        for caption_id, draw in self.draws(rows).items():
            key = f"seed|{MONDAY}|coach|{caption_id}"
            assert draw == pytest.approx(beta_draw(*drawn_from(1.0, 1.0), key), rel=1e-9)

    def test_final_scores_are_percentiles_times_segment_plus_diversity(
        self, dataset: Dataset
    ) -> None:
        """And without a control arm each tier takes its best. A page of each segment."""
        pages = {
            f"cook_{segment.lower()}": (segment, 1000 * place)
            for place, segment in enumerate(
                ("PREMIUM", "LUXURY", "BUDGET", "STANDARD", "EXPLORATORY")
            )
        }
        own = {
            page: [[_of(page, first, row) for row in rows] for rows in a_history()]
            for page, (_, first) in pages.items()
        }
        sent = [(100, days) for days in (1, 1, 1, 1)] + [(201, 7), (201, 7), (302, 2)]
        sent += [(403, 8)]  # too long ago
        facts = [
            {"page_name": page, "caption_id": first + caption_id, "days": days}
            for page, (_, first) in pages.items()
            for caption_id, days in sent
        ]
        facts += [
            {"page_name": "coach", "caption_id": first + 304, "days": 3}
            for _, first in pages.values()
        ]
        used = {f"category {n}": 0.0 for n in range(8)}
        used |= {"category 0": 1.0, "category 1": 2 / 4, "category 2": 1 / 4}
        dataset.put(
            "message_facts",
            [
                fact(n, send_date=days_before(MONDAY, row.pop("days")), **row)
                for n, row in enumerate(facts)
            ],
        )
        dataset.put("creators", creators(*pages, "coach"))
        for place, table in enumerate(("caption_bank", "caption_bandit_stats", "caption_priors")):
            dataset.put(table, [row for tables in own.values() for row in tables[place]])
        dataset.tune(control_share=0, max_category_share=1, rest_days=7)
        dataset.put(
            "weekly_volume_targets",
            [
                target(page, **self.WANTED, behavioral_segment=segment)
                for page, (segment, _) in pages.items()
            ],
        )
        chosen = dataset.select()

        for page, (segment, first) in pages.items():
            got = chosen[chosen["page_name"] == page].set_index("caption_id")
            bank, statistics, priors = own[page]
            draws = draws_of(bank, statistics, priors, "seed", page=page)
            expected: dict[int, float] = {}
            best: set[int] = set()
            for tier, wanted in self.WANTED.items():
                peers = {
                    c["caption_id"]: c["content_category"]
                    for c in bank
                    if c["price_tier"] == tier and c["caption_id"] - first not in (100, 201, 302)
                }
                multiplier = {"premium": 1.25} if segment in ("PREMIUM", "LUXURY") else {}
                multiplier |= {"budget": 1.15} if segment == "BUDGET" else {}
                scores = {
                    c: sum(draws[other] <= draws[c] for other in peers)
                    / len(peers)
                    * multiplier.get(tier, 1)
                    + 0.05 * (1 - 2 * used[category])
                    for c, category in peers.items()
                }
                expected |= scores
                best |= set(sorted(scores, key=lambda c: (-round(scores[c], 12), c))[:wanted])
            assert set(got.index) == best, page
            for caption_id, row in got.iterrows():
                score = pytest.approx(expected[int(str(caption_id))], rel=1e-12)
                assert row["final_score"] == score, page

    def test_the_same_call_chooses_the_same(self, dataset: Dataset) -> None:
        """Whatever the order of the inputs, and whatever was chosen before."""
        first = dataset.select("cook").drop(columns="selected_at")
        dataset.put("caption_bank", self.bank[::-1])
        dataset.put("caption_bandit_stats", self.statistics[::-1])
        dataset.select("cook", seed="another")
        again = dataset.select("cook").drop(columns="selected_at")
        together = dataset.select().drop(columns="selected_at")
        pd.testing.assert_frame_equal(first, again, check_exact=True)
        pd.testing.assert_frame_equal(first, together, check_exact=True)

    def test_seed_and_week_change_the_choice(self, dataset: Dataset) -> None:
        first = self.draws(dataset.select("cook", counts=self.WANTED))
        for changed in (
            self.draws(dataset.select("cook", seed="another", counts=self.WANTED)),
            self.draws(dataset.select("cook", NEXT_MONDAY, counts=self.WANTED)),
        ):
            assert set(changed) != set(first)
            assert all(changed[c] != first[c] for c in changed.keys() & first.keys())

    def test_better_records_are_chosen_more_often(self, dataset: Dataset) -> None:
        """A caption that sells ten times as often is the first of its tier nearly everywhere.

        Five pages have captions of their own: each draws by itself.
        """
        pages = [f"cook_{n}" for n in range(5)]
        sold = {n: (400, 600) if n == 0 else (40, 960) for n in range(40)}
        own = [(page, n, 100 * place + n) for place, page in enumerate(pages, 1) for n in sold]
        dataset.put("creators", creators(*pages))
        dataset.put("caption_bank", [caption(i, page_name=page) for page, _, i in own])
        dataset.put(
            "caption_bandit_stats",
            [
                {"page_name": page, "caption_id": i}
                | {"successes": sold[n][0], "failures": sold[n][1]}
                for page, n, i in own
            ],
        )
        dataset.put("weekly_volume_targets", [target(page, budget=3) for page in pages])
        dataset.tune(control_share=0)
        rows = dataset.select()
        first = rows[rows["tier_rank"] == 1].set_index("page_name")["caption_id"]
        assert first.to_dict() == {page: 100 * place for place, page in enumerate(pages, 1)}


class TestControl:
    """Many pages with captions of their own: each is a draw of its own, in one call."""

    PAGES = 300
    SEEDS = ("seed 0", "seed 1")
    EACH = 16  # captions of tier budget and of tier mid

    @pytest.fixture(scope="class")
    def drawn(self, shared: Dataset) -> pd.DataFrame:
        """What two seeds choose; captions 0 of the 16 are much better than the rest."""
        pages = [f"page_{n:03}" for n in range(self.PAGES)]
        bank: list[Row] = []
        statistics: list[Row] = []
        for page_number, page in enumerate(pages):
            for n in range(2 * self.EACH):
                tier = "budget" if n < self.EACH else "mid"
                bank.append(caption(100 * page_number + n, price_tier=tier, page_name=page))
                rate = 500 - 30 * (n % self.EACH)
                statistics.append(
                    {
                        "page_name": page,
                        "caption_id": bank[-1]["caption_id"],
                        "successes": rate,
                        "failures": 1000 - rate,
                    }
                )
        shared.put("creators", creators(*pages))
        shared.put("caption_bank", bank)
        shared.put("caption_bandit_stats", statistics)
        shared.put("weekly_volume_targets", [target(page, budget=4, mid=2) for page in pages])
        return pd.concat([shared.select(seed=seed) for seed in self.SEEDS], ignore_index=True)

    def controls(self, drawn: pd.DataFrame) -> pd.Series:
        """Control captions of each page and seed."""
        is_control = drawn["arm"] == "control"
        return is_control.groupby([drawn["selection_seed"], drawn["page_name"]]).sum()

    def test_is_a_tenth_of_the_ppvs_on_average(self, drawn: pd.DataFrame) -> None:
        """6 PPVs make 0.6 of one: none or one, so that the mean is exact."""
        counts = self.controls(drawn)
        assert len(counts) == len(self.SEEDS) * self.PAGES
        assert set(counts) == {0, 1}
        test = stats.binomtest(int(counts.sum()), len(counts), 0.6)
        assert test.pvalue > 0.001

    def test_is_rounded_by_the_published_draw(self, drawn: pd.DataFrame) -> None:
        for (seed, page), count in self.controls(drawn).items():
            u = uniforms(f"{seed}|{MONDAY}|{page}|control")[0]
            assert count == math.floor(0.6 + u)

    def test_every_eligible_caption_is_as_likely(self, drawn: pd.DataFrame) -> None:
        """However well it did before: that is what makes the arms comparable."""
        control = drawn[drawn["arm"] == "control"]
        for tier in ("budget", "mid"):
            places = (control.loc[control["price_tier"] == tier, "caption_id"] % 100) % self.EACH
            counts = np.bincount(places.astype(int), minlength=self.EACH)
            assert counts.sum() > 100
            assert stats.chisquare(counts).pvalue > 0.001
        treatment = drawn[(drawn["arm"] == "treatment") & (drawn["price_tier"] == "budget")]
        counts = np.bincount((treatment["caption_id"] % 100).astype(int), minlength=self.EACH)
        assert stats.chisquare(counts).pvalue < 1e-6  # the same test sees what treatment prefers

    def test_tiers_have_their_share_of_it(self, drawn: pd.DataFrame) -> None:
        control = drawn[drawn["arm"] == "control"]["price_tier"].value_counts()
        test = stats.binomtest(int(control["budget"]), int(control.sum()), 4 / 6)
        assert test.pvalue > 0.001

    def test_comes_out_of_the_pages_ppvs_and_not_on_top(self, drawn: pd.DataFrame) -> None:
        sizes = drawn.groupby(["selection_seed", "page_name", "price_tier"]).size().unstack()
        assert (sizes["budget"] == 4).all()
        assert (sizes["mid"] == 2).all()

    @pytest.mark.parametrize(("share", "controls"), [(0.0, 0), (0.25, 3), (1.0, 12)])
    def test_the_knob_sets_its_share_and_bumps_have_none(
        self, dataset: Dataset, share: float, controls: int
    ) -> None:
        dataset.tune(control_share=share)
        bank, _, _ = a_history()
        dataset.put("creators", creators("cook"))
        dataset.put("caption_bank", bank)
        counts = {"budget": 4, "mid": 4, "premium": 4, "bump": 9}
        rows = dataset.select("cook", counts=counts)
        assert len(rows) == 21
        assert (rows["arm"] == "control").sum() == controls
        assert set(rows.loc[rows["price_tier"] == "bump", "arm"]) == {"treatment"}

    @pytest.mark.parametrize(
        ("measured", "controls"),
        [
            pytest.param([(-7, "overall", 0.0)], 3, id="known well: the least share"),
            pytest.param([(-7, "overall", 0.5)], 6, id="half as many are needed"),
            pytest.param([(-7, "overall", 1.0)], 9, id="never more than the knob"),
            pytest.param([(-7, "overall", None)], 9, id="not known yet"),
            pytest.param([(-14, "overall", 0.0), (0, "overall", 0.5)], 6, id="the newest counts"),
            pytest.param([(-7, "overall", 0.5), (7, "overall", 0.0)], 6, id="the future does not"),
            pytest.param([(-7, "before", 0.0)], 9, id="nor what was before"),
        ],
    )
    def test_its_share_falls_as_the_improvement_is_known(
        self, dataset: Dataset, measured: list[tuple[int, str, float | None]], controls: int
    ) -> None:
        dataset.tune(control_share=0.75, control_share_least=0.25)
        bank, _, _ = a_history()
        dataset.put("creators", creators("cook"))
        dataset.put("caption_bank", bank)
        dataset.put(
            "emv_improvement",
            [
                {
                    "as_of": MONDAY + dt.timedelta(days=days),
                    "scope": scope,
                    "control_share_needed": needed,
                }
                for days, scope, needed in measured
            ],
        )
        counts = {"budget": 4, "mid": 4, "premium": 4, "bump": 0}
        rows = dataset.select("cook", counts=counts)
        assert (rows["arm"] == "control").sum() == controls
