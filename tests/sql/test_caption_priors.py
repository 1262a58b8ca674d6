"""The priors and dispersions that update_caption_performance fits, against numpy and scipy."""

import datetime as dt
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tests.sql.dataset import UNMODELLED, Dataset, Row, caption, creators, days_before, purchases
from tests.sql.learning import method_of_moments, pearson, sends_of

AS_OF = dt.date(2025, 11, 10)
LOOKBACK = 90
YESTERDAY = days_before(AS_OF, 1)
PRIOR = ["prior_successes", "prior_failures"]


def fitted(dataset: Dataset) -> pd.DataFrame:
    """caption_priors by page and tier, fitted anew; sends vary by a dispersion."""
    dataset.tune(**UNMODELLED)
    dataset.update_performance(AS_OF, LOOKBACK)
    return dataset.rows("caption_priors").set_index(["page_name", "price_tier"]).sort_index()


def sent(row_id: int, caption_id: int, bought: int, viewed: int, **changes: Any) -> Row:
    """A PPV that so many viewed and bought, by default yesterday."""
    return purchases(row_id, caption_id, bought, viewed, **({"send_date": YESTERDAY} | changes))


def beta_binomial(
    rng: np.random.Generator,
    captions: int,
    alpha: float,
    beta: float,
    sends: int = 1,
    concentration: float = math.inf,
) -> list[Row]:
    """Facts of captions whose rates are Beta(alpha, beta), each send about 300 views.

    A finite `concentration` makes sends of one caption differ by more than chance.
    """
    rows: list[Row] = []
    for n in range(captions):
        rate = rng.beta(alpha, beta)
        for k in range(sends):
            viewed = int(rng.integers(200, 400))
            now = rate
            if math.isfinite(concentration):
                now = rng.beta(rate * concentration, (1 - rate) * concentration)
            rows.append(
                sent(
                    n * sends + k,
                    n,
                    int(rng.binomial(viewed, now)),
                    viewed,
                    send_date=days_before(AS_OF, 60 - 7 * k),
                )
            )
    return rows


def bank_of(facts: Sequence[Row], tier: str = "budget") -> list[Row]:
    return [caption(n, price_tier=tier) for n in sorted({f["caption_id"] for f in facts})]


class TestPrior:
    def test_finds_the_rates_that_captions_were_drawn_from(self, dataset: Dataset) -> None:
        """Within the error that 300 such histories show, and equal to numpy's own computation."""
        alpha, beta, captions = 2.0, 60.0, 400
        facts = beta_binomial(np.random.default_rng(1), captions, alpha, beta)
        dataset.put("caption_bank", bank_of(facts))
        dataset.put("message_facts", facts)
        got = fitted(dataset).loc[("cook", "budget")]
        assert (got["fitted_on"], got["fitted_captions"], got["dispersion"]) == ("page", 400, 1)

        expected = method_of_moments(
            [f["purchased_count"] for f in facts], [f["viewed_count"] for f in facts], 1.0
        )
        assert got[PRIOR].tolist() == pytest.approx(expected, rel=1e-9)
        beta_prior = stats.beta(*expected)
        moments = [beta_prior.mean(), beta_prior.var() / beta_prior.mean() ** 2]
        assert got[["rate", "variation"]].tolist() == pytest.approx(moments, rel=1e-9)

        rng = np.random.default_rng(2)
        fits = []
        for _ in range(300):
            viewed = rng.integers(200, 400, captions)
            won = rng.binomial(viewed, rng.beta(alpha, beta, captions))
            fits.append(method_of_moments(won, viewed, 1.0))
        low, high = np.quantile(fits, [0.0005, 0.9995], axis=0)
        assert low[0] <= got["prior_successes"] <= high[0]
        assert low[1] <= got["prior_failures"] <= high[1]
        assert np.median(fits, axis=0) == pytest.approx([alpha, beta], rel=0.05)

    def test_sends_that_vary_more_do_not_pass_for_captions_that_differ(
        self, dataset: Dataset
    ) -> None:
        """Without the dispersion in the noise of a send the prior would be far too weak."""
        alpha, beta = 6.0, 180.0
        facts = beta_binomial(np.random.default_rng(3), 600, alpha, beta, 3, concentration=150.0)
        dataset.put("caption_bank", bank_of(facts))
        dataset.put("message_facts", facts)
        got = fitted(dataset).loc[("cook", "budget")]
        assert got["dispersion"] == pytest.approx(1 + 299 / 151, rel=0.2)
        strength = got["prior_successes"] + got["prior_failures"]
        assert strength == pytest.approx(alpha + beta, rel=0.3)
        firsts = [f for f in facts if f["row_id"] % 3 == 0]
        naive = method_of_moments(
            [f["purchased_count"] for f in firsts], [f["viewed_count"] for f in firsts], 1.0
        )
        assert sum(naive) < 0.6 * (alpha + beta)

    def test_only_first_sends_count(self, dataset: Dataset) -> None:
        """Captions are sent again because they did well: their later sends are a selection."""
        facts = beta_binomial(np.random.default_rng(4), 80, 2.0, 60.0)
        again = [
            sent(1000 + f["row_id"], f["caption_id"], 90, 100, send_date=YESTERDAY)
            for f in facts
            if f["purchased_count"] > 10
        ]
        dataset.put("caption_bank", bank_of(facts))
        dataset.put("message_facts", facts)
        before = fitted(dataset).loc[("cook", "budget")]
        dataset.put("message_facts", facts + again)
        dataset.tune(dispersion_min_degrees=10_000)
        after = fitted(dataset).loc[("cook", "budget")]
        assert after[PRIOR].tolist() == before[PRIOR].tolist()

    def test_what_the_window_has_of_an_older_caption_is_no_first_send(
        self, dataset: Dataset
    ) -> None:
        """Its first send lies before the window: what follows in the window is a selection."""
        facts = beta_binomial(np.random.default_rng(6), 80, 2.0, 60.0)
        older = [
            row | {"row_id": 2000 + row["row_id"], "caption_id": 2000 + row["caption_id"]}
            for row in facts[:30]
        ]
        before_it = [
            sent(
                row["row_id"] + 1000,
                row["caption_id"],
                1,
                100,
                send_date=days_before(AS_OF, LOOKBACK + 1),
            )
            for row in older
        ]
        dataset.put("caption_bank", bank_of([*facts, *older]))
        dataset.tune(dispersion_min_degrees=10_000)
        dataset.put("message_facts", facts)
        alone = fitted(dataset).loc[("cook", "budget")]
        dataset.put("message_facts", [*facts, *older, *before_it])
        beside = fitted(dataset).loc[("cook", "budget")]
        assert beside[PRIOR].tolist() == alone[PRIOR].tolist()
        assert beside["fitted_captions"] == alone["fitted_captions"] == 80

    def test_what_a_page_takes_over_from_another_is_no_first_send(self, dataset: Dataset) -> None:
        """It takes what did well there: its own first sends of these are a selection."""
        facts = beta_binomial(np.random.default_rng(7), 80, 2.0, 60.0)
        own = [
            sent(1000 + n, 1000 + n, n % 7, 300, page_name="coach", send_date=YESTERDAY)
            for n in range(60)
        ]
        taken_over = [
            sent(2000 + f["row_id"], f["caption_id"], 90, 100, page_name="coach")
            for f in facts
            if f["purchased_count"] > 10
        ]
        dataset.put("creators", creators("cook", "coach"))
        dataset.put("caption_bank", bank_of([*facts, *own]))
        dataset.tune(dispersion_min_degrees=10_000)
        dataset.put("message_facts", [*facts, *own])
        alone = fitted(dataset)
        dataset.put("message_facts", [*facts, *own, *taken_over])
        beside = fitted(dataset)
        for page, captions in (("cook", 80), ("coach", 60)):
            at = (page, "budget")
            assert beside.loc[at, PRIOR].tolist() == alone.loc[at, PRIOR].tolist()
            assert beside.loc[at, "fitted_captions"] == captions

    @pytest.mark.parametrize(("introduced", "fitted_captions"), [(49, 98), (50, 50)])
    def test_all_first_sends_count_in_a_tier_with_few_captions_of_its_own(
        self, dataset: Dataset, introduced: int, fitted_captions: int
    ) -> None:
        """A tier's prior is better from selected sends than from another tier's."""
        facts = beta_binomial(np.random.default_rng(8), introduced, 2.0, 60.0)
        taken_over = [
            sent(1000 + f["row_id"], f["caption_id"], 9, 100, page_name="coach") for f in facts
        ]
        dataset.put("creators", creators("cook", "coach", "idle"))
        dataset.put("caption_bank", bank_of(facts))
        dataset.tune(dispersion_min_degrees=10_000)
        dataset.put("message_facts", [*facts, *taken_over])
        got = fitted(dataset).loc[("idle", "budget")]
        assert (got["fitted_on"], got["fitted_captions"]) == ("tier", fitted_captions)

    def test_thin_tiers_learn_from_wider_pools(self, dataset: Dataset) -> None:
        """From 50 captions a page's tier has a prior of its own; the levels below it in order."""
        rng = np.random.default_rng(5)
        shapes = [
            ("cook", "budget", 50, 0.04),
            ("coach", "budget", 49, 0.02),
            ("cook", "mid", 30, 0.03),
            ("coach", "mid", 20, 0.06),
            ("cook", "premium", 49, 0.05),
        ]
        facts: list[Row] = []
        bank: list[Row] = []
        for page, tier, captions, rate in shapes:
            for _ in range(captions):
                n = len(bank) + 1
                viewed = int(rng.integers(200, 400))
                won = int(rng.binomial(viewed, rng.beta(3, 3 / rate)))
                bank.append(caption(n, price_tier=tier))
                facts.append(sent(n, n, won, viewed, page_name=page))
        dataset.put("creators", creators("cook", "coach", "idle"))
        dataset.put("caption_bank", bank)
        dataset.put("message_facts", facts)
        got = fitted(dataset)
        assert got[["fitted_on", "fitted_captions"]].apply(tuple, axis=1).to_dict() == {
            ("cook", "budget"): ("page", 50),
            ("coach", "budget"): ("tier", 99),
            ("idle", "budget"): ("tier", 99),
            **{(page, "mid"): ("tier", 50) for page in ("cook", "coach", "idle")},
            **{(page, "premium"): ("message_type", 198) for page in ("cook", "coach", "idle")},
            **{(page, "bump"): ("default", 0) for page in ("cook", "coach", "idle")},
        }
        assert got.loc[("idle", "bump"), PRIOR].tolist() == [1.0, 1.0]
        pool = [f for f, b in zip(facts, bank, strict=True) if b["price_tier"] == "budget"]
        expected = method_of_moments(
            [f["purchased_count"] for f in pool], [f["viewed_count"] for f in pool], 1.0
        )
        assert got.loc[("idle", "budget"), PRIOR].tolist() == pytest.approx(expected, rel=1e-9)

    @pytest.mark.parametrize(
        ("won", "strength"),
        [
            (lambda _: 15, 10_000.0),  # captions that don't differ at all
            (lambda n: 300 * (n % 2), 1.0),  # captions that are everything or nothing
        ],
    )
    def test_its_strength_stays_within_bounds(
        self, dataset: Dataset, won: Callable[[int], int], strength: float
    ) -> None:
        facts = [sent(n, n, won(n), 300) for n in range(60)]
        dataset.put("caption_bank", bank_of(facts))
        dataset.put("message_facts", facts)
        got = fitted(dataset).loc[("cook", "budget"), PRIOR]
        assert got.sum() == pytest.approx(strength, rel=1e-12)
        rate = sum(f["purchased_count"] for f in facts) / (60 * 300)
        assert got["prior_successes"] == pytest.approx(rate * strength, rel=1e-12)

    def test_a_caption_nobody_viewed_says_nothing(self, dataset: Dataset) -> None:
        facts = [sent(n, n, n % 7, 300) for n in range(60)]
        dataset.put("caption_bank", [*bank_of(facts), caption(99)])
        dataset.put("message_facts", [*facts, sent(99, 99, 0, 0)])
        assert fitted(dataset).loc[("cook", "budget"), "fitted_captions"] == 60
        stats_rows = dataset.rows("caption_bandit_stats", "caption_id")
        assert stats_rows["send_count"].tolist() == [1] * 61


class TestDispersion:
    def repeated(self, rates: Sequence[float], captions: int, page: str, first: int) -> list[Row]:
        """Captions sent once at each of these rates."""
        return [
            sent(
                first + 100 * n + k,
                first + n,
                round(400 * rate),
                400,
                page_name=page,
                send_date=days_before(AS_OF, 10 + 7 * k),
            )
            for n in range(captions)
            for k, rate in enumerate(rates)
        ]

    def test_is_pearsons_chi_square_over_its_degrees(self, dataset: Dataset) -> None:
        facts = self.repeated([0.02, 0.05, 0.11], 20, "cook", 1)
        once = [sent(9000 + n, 500 + n, 40 * n, 400) for n in range(1, 9)]
        dataset.put("caption_bank", bank_of(facts + once))
        dataset.put("message_facts", facts + once)
        one = stats.chi2_contingency([[8, 20, 44], [392, 380, 356]], correction=False)
        got = fitted(dataset).loc[("cook", "budget")]
        assert got["dispersion"] == pytest.approx(one.statistic / one.dof, rel=1e-12)
        assert got["dispersion_fitted_on"] == "page"

    def test_is_never_under_one(self, dataset: Dataset) -> None:
        facts = self.repeated([0.05, 0.05, 0.05], 20, "cook", 1)
        dataset.put("caption_bank", bank_of(facts))
        dataset.put("message_facts", facts)
        got = fitted(dataset).loc[("cook", "budget")]
        assert (got["dispersion"], got["dispersion_fitted_on"]) == (1.0, "page")

    def test_under_30_degrees_it_is_that_of_all_pages(self, dataset: Dataset) -> None:
        enough = self.repeated([0.02, 0.08], 30, "cook", 1)
        thin = self.repeated([0.02, 0.20], 29, "coach", 5000)
        facts = enough + thin
        dataset.put("creators", creators("cook", "coach", "idle"))
        dataset.put("caption_bank", bank_of(facts))
        dataset.put("message_facts", facts)
        got = fitted(dataset)
        sends = sends_of(facts, bank_of(facts), AS_OF, LOOKBACK)
        own_square, own_degrees = pearson(s for s in sends if s.page == "cook")
        square, degrees = pearson(sends)
        assert (own_degrees, degrees) == (30, 59)
        cook, coach = got.loc[("cook", "budget")], got.loc[("coach", "budget")]
        assert cook["dispersion"] == pytest.approx(own_square / own_degrees, rel=1e-12)
        assert coach["dispersion"] == pytest.approx(square / degrees, rel=1e-12)
        assert coach["dispersion_fitted_on"] == "message_type"
        assert got.loc[("idle", "premium"), "dispersion"] == coach["dispersion"]
        assert got.loc[("idle", "bump"), "dispersion"] == 1.0
        assert got.loc[("idle", "bump"), "dispersion_fitted_on"] == "default"
