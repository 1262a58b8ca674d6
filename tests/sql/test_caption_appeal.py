"""What a caption did on other pages is evidence on this one, at a weight that the data give."""

import datetime as dt
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tests.sql.dataset import Dataset, Row, caption, creators, days_before, purchases
from tests.sql.learning import (
    appeal_variances,
    borrowed_prior,
    evidence_of,
    priors_of,
    sends_of,
)

AS_OF = dt.date(2025, 11, 10)
LOOKBACK = 200
PAGES = ("cook", "coach", "band")
LEVELS = {"cook": 1.0, "coach": 0.5, "band": 1.6}


def shared_history(rng: np.random.Generator, captions: int, appeal: float, own: float) -> list[Row]:
    """Captions that each page sends once, in an order of its own; half of them on two pages only.

    A caption's rate is 0.02 x the page's level x appeal (variance `appeal`) x own (variance `own`).
    """
    rows: list[Row] = []
    for n in range(captions):
        common = rng.gamma(1 / appeal, appeal) if appeal else 1.0
        pages = rng.permutation(PAGES)[: 2 + n % 2]
        for place, page in enumerate(pages):
            rate = 0.02 * LEVELS[str(page)] * common * (rng.gamma(1 / own, own) if own else 1.0)
            viewed = int(rng.integers(500, 1500))
            rows.append(
                purchases(
                    len(rows) + 1,
                    n,
                    int(rng.binomial(viewed, min(rate, 0.9))),
                    viewed,
                    page_name=str(page),
                    send_date=days_before(AS_OF, 150 - 30 * place - n % 20),
                )
            )
    return rows


def learn(dataset: Dataset, facts: Sequence[Row], captions: int, **knobs: float) -> None:
    dataset.put("creators", creators(*PAGES))
    dataset.put("caption_bank", [caption(n) for n in range(captions + 5)])
    dataset.put("message_facts", facts)
    if knobs:
        dataset.tune(**knobs)
    dataset.update_performance(AS_OF, LOOKBACK)


def budget(dataset: Dataset) -> pd.DataFrame:
    rows = dataset.rows("caption_priors")
    return rows[rows["price_tier"] == "budget"].set_index("page_name")


@pytest.mark.parametrize(("appeal", "own"), [(0.8, 0.15), (0.3, 0.3), (0.1, 0.6)])
def test_the_share_that_pages_have_in_common_is_found(
    dataset: Dataset, appeal: float, own: float
) -> None:
    learn(dataset, shared_history(np.random.default_rng(1), 600, appeal, own), 600)
    got = budget(dataset)
    assert set(got["appeal_fitted_on"]) == {"tier"}
    assert got["appeal_variance"].nunique() == 1
    assert got["appeal_variance"].iloc[0] == pytest.approx(appeal, rel=0.35, abs=0.08)
    assert got["pair_variance"].mean() == pytest.approx(own, rel=0.5, abs=0.1)


def test_where_pages_have_nothing_in_common_next_to_nothing_is_borrowed(dataset: Dataset) -> None:
    learn(dataset, shared_history(np.random.default_rng(2), 600, 0.0, 0.8), 600)
    got = budget(dataset)
    assert got["appeal_variance"].iloc[0] < 0.1


def test_choosing_what_did_well_elsewhere_does_not_pass_for_common_appeal(
    dataset: Dataset,
) -> None:
    """A second page tries what the first had luck with; covariances would be far off."""
    rng = np.random.default_rng(3)
    rows: list[Row] = []
    for n in range(900):
        won = int(rng.binomial(1000, 0.02 * rng.gamma(1 / 0.5, 0.5)))
        rows.append(purchases(len(rows) + 1, n, won, 1000, send_date=days_before(AS_OF, 90)))
        if won > 25 or n % 10 == 0:
            again = int(rng.binomial(1000, 0.02 * rng.gamma(1 / 0.5, 0.5)))
            rows.append(
                purchases(
                    *(len(rows) + 1, n, again, 1000),
                    page_name="coach",
                    send_date=days_before(AS_OF, 30),
                )
            )
    learn(dataset, rows, 900)
    assert budget(dataset)["appeal_variance"].iloc[0] < 0.08


def test_every_number_is_the_references(dataset: Dataset) -> None:
    """caption_appeal, and the priors of pairs that were tried; the bank has untried ones too."""
    facts = shared_history(np.random.default_rng(4), 120, 0.6, 0.2)
    learn(dataset, facts, 120, stats_half_life_days=120)
    bank = [caption(n) for n in range(125)]
    sends = sends_of(facts, bank, AS_OF, LOOKBACK, half_life_days=120)
    flat = priors_of(sends, PAGES)
    variances = appeal_variances(sends, flat)
    variance = variances["budget"]
    assert variance > 0
    evidence = evidence_of(sends, flat, variances)
    got = dataset.rows("caption_appeal", "caption_id")
    assert got["caption_id"].tolist() == sorted({n for _, n in evidence})
    for row in got.to_dict("records"):
        pages = [e for (_, n), e in evidence.items() if n == row["caption_id"]]
        shape = 1 / variance + sum(e.shape for e in pages)
        exposure = 1 / variance + sum(e.exposure for e in pages)
        assert row["pages"] == len(pages)
        assert row["appeal_shape"] == pytest.approx(shape, rel=1e-9)
        assert row["appeal"] == pytest.approx(shape / exposure, rel=1e-9)
    for row in dataset.rows("caption_bandit_stats").to_dict("records"):
        page, n = row["page_name"], row["caption_id"]
        others = [e for (p, m), e in evidence.items() if m == n and p != page]
        expected = borrowed_prior(flat[page, "budget"], variance, others)
        pair = (row["prior_successes"], row["prior_failures"])
        assert pair == pytest.approx(expected, rel=1e-9)


def test_every_page_borrows_from_the_others_alone(dataset: Dataset) -> None:
    """Also where a page never tried the caption; where no other page did, there is nothing."""
    facts = shared_history(np.random.default_rng(7), 60, 0.6, 0.2)
    alone = [
        purchases(9_000 + n, 60 + n, 20, 900, send_date=days_before(AS_OF, 9)) for n in range(3)
    ]
    learn(dataset, [*facts, *alone], 63)
    sends = sends_of([*facts, *alone], [caption(n) for n in range(68)], AS_OF, LOOKBACK)
    flat = priors_of(sends, PAGES)
    variances = appeal_variances(sends, flat)
    evidence = evidence_of(sends, flat, variances)
    got = dataset.rows("borrowed_caption_priors").set_index(["page_name", "caption_id"])
    found = 0
    for page in PAGES:
        for n in range(68):
            others = [e for (p, m), e in evidence.items() if m == n and p != page]
            assert bool(others) == ((page, n) in got.index)
            if others:
                row = got.loc[(page, n)]
                expected = borrowed_prior(flat[page, "budget"], variances["budget"], others)
                pair = (row["prior_successes"], row["prior_failures"])
                assert pair == pytest.approx(expected, rel=1e-9)
                assert row["is_tried"] == ((page, n) in evidence)
                found += 1
    assert found == len(got) > got["is_tried"].sum() > 0


def test_borrowed_priors_foretell_sends_better_than_flat_ones(dataset: Dataset) -> None:
    """On sends that nothing was learned from: the last page's, left out of the history."""
    facts = shared_history(np.random.default_rng(5), 500, 0.8, 0.15)
    last = {f["caption_id"]: f for f in facts}  # the latest page of each
    known = [f for f in facts if last[f["caption_id"]] is not f]
    learn(dataset, known, 500)
    flat = budget(dataset)
    appeal = dataset.rows("caption_appeal").set_index("caption_id")
    scores = {"flat": 0.0, "borrowed": 0.0}
    for n, f in last.items():
        prior = flat.loc[f["page_name"]]
        alpha, beta = prior["prior_successes"], prior["prior_failures"]
        told = appeal.loc[n]
        rate = alpha / (alpha + beta) * told["appeal"]
        variation = (1 + 1 / told["appeal_shape"]) * (1 + prior["pair_variance"]) - 1
        strength = (1 - rate) / (variation * rate) - 1
        shapes = {"flat": (alpha, beta), "borrowed": (rate * strength, (1 - rate) * strength)}
        for name, shape in shapes.items():
            scores[name] += float(
                stats.betabinom.logpmf(f["purchased_count"], f["viewed_count"], *shape)
            )
    assert scores["borrowed"] > scores["flat"] + 0.2 * len(last)


@pytest.mark.parametrize("knobs", [{"borrowing_weight": 0}, {"borrowing_min_pairs": 10_000}])
def test_turned_off_or_with_too_little_to_tell_priors_are_the_pages_own(
    dataset: Dataset, knobs: dict[str, float]
) -> None:
    learn(dataset, shared_history(np.random.default_rng(6), 100, 0.8, 0.15), 100, **knobs)
    assert dataset.rows("caption_appeal").empty
    flat = budget(dataset)
    rows = dataset.rows("caption_bandit_stats")
    assert len(rows) == 250
    for row in rows.to_dict("records"):
        prior = flat.loc[row["page_name"]]
        for name in ("prior_successes", "prior_failures"):
            assert row[name] == prior[name]


def test_evidence_fades_by_half_in_its_half_life_and_never_faster_than_a_quarter(
    dataset: Dataset,
) -> None:
    facts = [purchases(1, 1, 30, 300, send_date=days_before(AS_OF, 182))]
    facts.append(purchases(2, 2, 30, 300, send_date=AS_OF - dt.timedelta(days=1)))
    dataset.put("caption_bank", [caption(1), caption(2)])
    dataset.put("message_facts", facts)
    for half_life, left in ((0, 1.0), (182, 0.5), (91, 0.25), (10, 0.25)):
        dataset.tune(stats_half_life_days=half_life)
        dataset.update_performance(AS_OF, LOOKBACK)
        row = dataset.rows("caption_bandit_stats", "caption_id").iloc[0]
        counted = (row["effective_successes"], row["effective_failures"])
        assert counted == pytest.approx((30 * left, 270 * left), rel=1e-12)
        assert (row["successes"], row["failures"]) == (30, 270)  # as they happened
