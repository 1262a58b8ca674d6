"""update_caption_performance against numpy and scipy, on hand-made and on random histories."""

import dataclasses
import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pytest

from eros_assets.warehouse.protocol import RaisedError
from tests.sql.dataset import (
    UNMODELLED,
    Dataset,
    Row,
    caption,
    creators,
    days_before,
    fact,
    purchases,
)
from tests.sql.learning import priors_of, sends_of, statistics_of

AS_OF = dt.date(2025, 11, 10)
LOOKBACK = 90
YESTERDAY = days_before(AS_OF, 1)
PRIOR = ["prior_successes", "prior_failures"]


def learned(dataset: Dataset, as_of: dt.date = AS_OF) -> pd.DataFrame:
    dataset.tune(**UNMODELLED)
    dataset.update_performance(as_of, LOOKBACK)
    return dataset.rows("caption_bandit_stats", "page_name", "caption_id")


def priors(dataset: Dataset) -> pd.DataFrame:
    return dataset.rows("caption_priors").set_index(["page_name", "price_tier"]).sort_index()


def sent(row_id: int, caption_id: int, bought: int, viewed: int, **changes: Any) -> Row:
    """A PPV that so many viewed and bought, by default yesterday."""
    return purchases(row_id, caption_id, bought, viewed, **({"send_date": YESTERDAY} | changes))


class TestCounts:
    def test_a_ppvs_trials_are_views_and_a_bumps_are_recipients(self, dataset: Dataset) -> None:
        dataset.put("caption_bank", [caption(1), caption(2, price_tier="bump")])
        bump = {"caption_id": 2, "message_type": "Bump", "purchased_count": 0, "earnings": 0.0}
        dataset.put(
            "message_facts",
            [
                sent(1, 1, bought=20, viewed=400),
                sent(2, 1, bought=5, viewed=100, send_hour=15),
                fact(3, send_date=YESTERDAY, sent_count=900, viewed_count=300, **bump),
                fact(4, send_date=YESTERDAY, sent_count=100, viewed_count=10, **bump),
            ],
        )
        got = learned(dataset)
        assert got["successes"].tolist() == [25, 310]
        assert got["failures"].tolist() == [475, 690]
        assert got["total_observations"].tolist() == [500, 1000]
        assert got["send_count"].tolist() == [2, 2]
        assert got["avg_conversion_rate"].tolist() == [0.05, 0.31]
        assert got["price_tier"].tolist() == ["budget", "bump"]

    def test_revenue_is_summed_and_emv_weighted_by_recipients(self, dataset: Dataset) -> None:
        dataset.put("caption_bank", [caption(1)])
        dataset.put(
            "message_facts",
            [
                fact(1, caption_id=1, send_date=YESTERDAY, sent_count=1000, earnings=100.0),
                fact(
                    2, caption_id=1, send_date=days_before(AS_OF, 5), sent_count=400, earnings=180
                ),
            ],
        )
        [got] = learned(dataset).to_dict("records")
        assert got["total_revenue"] == 280.0
        assert got["avg_emv"] == 200.0  # not 275, the mean of 100 and 450
        assert got["last_emv_observed"] == 100.0
        assert got["last_used"] == pd.Timestamp(fact(1, send_date=YESTERDAY)["sending_time"])

    def test_of_two_sends_at_one_instant_the_later_row_is_the_last(self, dataset: Dataset) -> None:
        dataset.put(
            "message_facts",
            [fact(n, caption_id=1, send_date=YESTERDAY, earnings=10.0 * n) for n in (7, 9, 8)],
        )
        assert learned(dataset)["last_emv_observed"].tolist() == [90.0]

    def test_the_window_is_half_open(self, dataset: Dataset) -> None:
        """Its first date counts, `as_of` doesn't; hours don't matter."""
        edges = [(LOOKBACK + 1, 23), (LOOKBACK, 0), (LOOKBACK - 1, 12), (1, 23), (0, 0), (-1, 12)]
        dataset.put(
            "message_facts",
            [
                sent(
                    n, 1, bought=10**n, viewed=10**6, send_date=days_before(AS_OF, ago), send_hour=h
                )
                for n, (ago, h) in enumerate(edges)
            ],
        )
        [got] = learned(dataset).to_dict("records")
        assert got["successes"] == 10 + 100 + 1000
        assert got["send_count"] == 3

    def test_a_pair_that_left_the_window_goes_back_to_zero(self, dataset: Dataset) -> None:
        """It stays in the table: what was learned once must not linger as if it were news."""
        long_ago = sent(1, 1, bought=9, viewed=90, send_date=days_before(AS_OF, 60))
        dataset.put("message_facts", [long_ago])
        assert learned(dataset)["successes"].tolist() == [9]
        [got] = learned(dataset, AS_OF + dt.timedelta(days=60)).to_dict("records")
        zeros = ["send_count", "successes", "failures", "total_observations", "total_revenue"]
        assert [got[name] for name in zeros] == [0] * 5
        unknown = ["avg_conversion_rate", "avg_emv", "last_emv_observed"]
        assert all(pd.isna(got[name]) for name in unknown)
        assert (got["confidence_lower_bound"], got["confidence_upper_bound"]) == (0, 1)
        assert got["exploration_score"] == 1
        assert got["last_used"] == pd.Timestamp(long_ago["sending_time"])

    def test_a_pair_not_yet_sent_as_of_then_has_no_row(self, dataset: Dataset) -> None:
        """Planning an old week again must not know the future."""
        dataset.put(
            "message_facts",
            [sent(1, 1, 9, 90, send_date=days_before(AS_OF, 20)), sent(2, 2, 9, 90)],
        )
        assert learned(dataset)["caption_id"].tolist() == [1, 2]
        assert learned(dataset, days_before(AS_OF, 10))["caption_id"].tolist() == [1]

    def test_a_message_of_the_other_type_is_no_trial(self, dataset: Dataset) -> None:
        """Views of a free copy would pass for purchases."""
        dataset.put("caption_bank", [caption(1), caption(2, price_tier="bump")])
        dataset.put(
            "message_facts",
            [
                sent(1, 1, bought=3, viewed=30),
                fact(2, caption_id=1, send_date=YESTERDAY, message_type="Bump", price=None),
                fact(3, caption_id=2, send_date=YESTERDAY, message_type="PPV"),
            ],
        )
        got = learned(dataset)
        assert got["caption_id"].tolist() == [1]
        assert got[["send_count", "successes", "failures"]].iloc[0].tolist() == [1, 3, 27]

    def test_captions_that_left_the_bank_go_by_their_messages(self, dataset: Dataset) -> None:
        """As a PPV they are of tier mid; only ever sent free, of tier bump."""
        bump = {"message_type": "Bump", "price": None, "send_date": YESTERDAY}
        dataset.put(
            "message_facts",
            [
                sent(1, 1, bought=3, viewed=30),
                fact(2, caption_id=1, **bump),
                fact(3, caption_id=2, **bump),
            ],
        )
        got = learned(dataset)
        assert got[["caption_id", "price_tier", "send_count"]].values.tolist() == [
            [1, "mid", 1],
            [2, "bump", 1],
        ]

    def test_pages_learn_apart(self, dataset: Dataset) -> None:
        dataset.put(
            "message_facts",
            [
                sent(1, 1, bought=3, viewed=30),
                sent(2, 1, bought=7, viewed=50, page_name="coach"),
                fact(3, send_date=YESTERDAY, caption_id=None),
            ],
        )
        got = learned(dataset)
        assert got[["page_name", "successes"]].values.tolist() == [["coach", 7], ["cook", 3]]

    @pytest.mark.parametrize(
        ("as_of", "lookback"), [(None, 90), (AS_OF, None), (AS_OF, 0), (AS_OF, -3)]
    )
    def test_a_window_that_is_none_is_an_error(
        self, dataset: Dataset, as_of: dt.date | None, lookback: int | None
    ) -> None:
        with pytest.raises(RaisedError, match=r"update_caption_performance: p_"):
            dataset.update_performance(as_of, lookback)


def random_history(seed: int, weeks: int = 16) -> tuple[list[Row], list[Row]]:
    """Facts and bank of three pages of unlike size, with repeats, both types, stray captions."""
    rng = np.random.default_rng(seed)
    tiers = rng.choice(["budget", "mid", "premium", "bump"], 260, p=[0.4, 0.25, 0.1, 0.25])
    bank = [caption(n, price_tier=str(tier)) for n, tier in enumerate(tiers, start=1)]
    rates = rng.beta(1.5, 40, 400)
    facts: list[Row] = []
    for page, messages, audience in (("cook", 700, 4000), ("coach", 350, 900), ("band", 60, 300)):
        for _ in range(messages):
            n = int(rng.integers(1, 275))  # the last 14 are in no bank
            tier = str(tiers[n - 1]) if n <= 260 else "mid"
            is_bump = (tier == "bump") != (rng.random() < 0.04)
            sent = int(rng.integers(audience // 2, audience))
            viewed = int(rng.binomial(sent, rng.beta(8, 14)))
            bought = 0 if is_bump else int(rng.binomial(viewed, rates[n] * rng.uniform(0.5, 1.5)))
            facts.append(
                fact(
                    len(facts) + 1,
                    page_name=page,
                    caption_id=None if rng.random() < 0.05 else n,
                    message_type="Bump" if is_bump else "PPV",
                    send_date=AS_OF - dt.timedelta(days=int(rng.integers(-3, 7 * weeks))),
                    send_hour=int(rng.integers(8, 23)),
                    sent_count=sent,
                    viewed_count=viewed,
                    purchased_count=bought,
                    earnings=round(bought * float(rng.uniform(5, 30)), 2),
                )
            )
    return facts, bank


class TestWholeHistory:
    @pytest.fixture(scope="class")
    def history(self) -> tuple[list[Row], list[Row]]:
        return random_history(11)

    def test_every_number_is_the_references(
        self, dataset: Dataset, history: tuple[list[Row], list[Row]]
    ) -> None:
        facts, bank = history
        dataset.put("creators", creators("cook", "coach", "band", "idle"))
        dataset.put("caption_bank", bank)
        dataset.put("message_facts", facts)
        got = learned(dataset).set_index(["page_name", "caption_id"])
        sends = sends_of(facts, bank, AS_OF, LOOKBACK)
        expected_priors = priors_of(sends, ("cook", "coach", "band", "idle"))
        levels = {p.fitted_on for p in expected_priors.values()}
        assert levels == {"page", "tier", "message_type"}
        got_priors = priors(dataset)
        assert set(got_priors.index) == set(expected_priors)
        for key, prior in expected_priors.items():
            row = got_priors.loc[key]
            names = [*PRIOR, "dispersion"]
            numbers = (prior.alpha, prior.beta, prior.dispersion)
            assert row[names].tolist() == pytest.approx(numbers, rel=1e-9), key
            names = ["fitted_on", "fitted_captions", "dispersion_fitted_on"]
            words = dataclasses.astuple(prior)[3:]
            assert tuple(row[names]) == words, key

        expected = statistics_of(sends, expected_priors)
        assert {(str(p), int(c)) for p, c in got.index} == set(expected)
        reference = pd.DataFrame(expected.values(), index=pd.MultiIndex.from_tuples(expected))
        reference = reference.drop(columns="posterior_mean").loc[got.index]
        assert (reference["send_count"] == 0).any()
        for name in reference:
            if name in ("price_tier", "last_used"):
                assert got[name].tolist() == reference[name].tolist(), name
            else:
                np.testing.assert_allclose(
                    got[name].to_numpy(float),
                    reference[name].to_numpy(float),
                    rtol=1e-9,
                    atol=1e-12,
                )
        assert (got["stats_as_of"] == AS_OF).all()

    def test_a_second_run_changes_only_last_updated(
        self, dataset: Dataset, history: tuple[list[Row], list[Row]]
    ) -> None:
        """Nor does the order of the input, to the last bit."""
        facts, bank = history
        dataset.put("caption_bank", bank)
        dataset.put("message_facts", facts)
        first, first_priors = learned(dataset), priors(dataset)
        second, second_priors = learned(dataset), priors(dataset)
        assert (second["last_updated"] > first["last_updated"]).all()
        shuffled = [facts[n] for n in np.random.default_rng(0).permutation(len(facts))]
        dataset.put("message_facts", shuffled)
        third, third_priors = learned(dataset), priors(dataset)
        for again, again_priors in ((second, second_priors), (third, third_priors)):
            for one, other in ((first, again), (first_priors, again_priors)):
                pd.testing.assert_frame_equal(
                    one.drop(columns="last_updated"),
                    other.drop(columns="last_updated"),
                    check_exact=True,
                )

    def test_a_history_that_is_weeks_older_teaches_the_same(
        self, dataset: Dataset, history: tuple[list[Row], list[Row]]
    ) -> None:
        """Across changes of the clocks: only dates of Los Angeles matter."""
        facts, bank = history
        dataset.put("caption_bank", bank)
        dataset.put("message_facts", facts)
        now = learned(dataset)
        older = []
        shift = dt.timedelta(weeks=31)
        for f in facts:
            same = {k: v for k, v in f.items() if k in SAME}
            older.append(fact(**same, send_date=f["send_date"] - shift, send_hour=f["send_hour"]))
        dataset.put("message_facts", older)
        then = learned(dataset, AS_OF - shift)
        times = ["last_used", "stats_as_of", "last_updated"]
        pd.testing.assert_frame_equal(
            now.drop(columns=times), then.drop(columns=times), check_exact=True
        )


SAME = {
    "row_id",
    "page_name",
    "price",
    "sent_count",
    "viewed_count",
    "purchased_count",
    "earnings",
    "message_type",
    "caption_id",
}
