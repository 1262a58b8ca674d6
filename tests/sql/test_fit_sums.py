"""The sums that fits are judged by, against pandas, and the fits against caption_priors."""

import numpy as np
import pandas as pd
import pytest

from eros_assets.evaluation.fits import SUMS, fits_of
from tests.evaluation.test_fits import history, sums_of
from tests.sql.dataset import UNMODELLED, Dataset, Row, caption, creators, days_before, purchases
from tests.sql.test_caption_priors import AS_OF, LOOKBACK


def facts_of(sends: pd.DataFrame) -> list[Row]:
    """Facts of one page's sends, a row each, on two dates of the window."""
    return [
        purchases(
            *(n, int(row["caption_id"]), int(row["successes"]), int(row["trials"])),
            send_date=days_before(AS_OF, 60 - 20 * (n % 2)),
        )
        for n, row in enumerate(sends.to_dict("records"))
    ]


def fit_sums(dataset: Dataset) -> pd.DataFrame:
    """The sums of the window that ends at AS_OF."""
    return dataset.warehouse.query(
        dataset.library["fit_sums"].text, {"as_of": AS_OF, "lookback_days": LOOKBACK}
    )


def test_sums_are_those_of_each_captions_sends_and_fits_those_of_the_procedure(
    dataset: Dataset,
) -> None:
    sends = history(np.random.default_rng(1), 200)
    facts = facts_of(sends)
    outside = [
        purchases(9_000, 1, 5, 300, send_date=AS_OF),
        purchases(9_001, 999, 5, 300, send_date=days_before(AS_OF, 3)),
    ]
    dataset.put("creators", creators("cook"))
    dataset.put("caption_bank", [caption(n, price_tier="mid") for n in range(200)])
    dataset.put("message_facts", [*facts, *outside])
    dataset.tune(**UNMODELLED)
    dataset.update_performance(AS_OF, LOOKBACK)
    got = fit_sums(dataset)
    expected = sums_of(sends)
    assert got["fold"].tolist() == expected["fold"].tolist()
    np.testing.assert_allclose(got[SUMS].to_numpy(float), expected[SUMS].to_numpy(float), rtol=1e-9)
    [fit] = fits_of(got)
    dataset.put("message_facts", facts)
    dataset.tune(**UNMODELLED)
    dataset.update_performance(AS_OF, LOOKBACK)
    row = dataset.rows("caption_priors").set_index("price_tier").loc["mid"]
    strength = row["prior_successes"] + row["prior_failures"]
    assert fit.strength.estimate == pytest.approx(strength, rel=1e-9)
    assert fit.dispersion.estimate == pytest.approx(row["dispersion"], rel=1e-9)


def test_what_the_window_has_of_an_older_caption_is_no_first_send(dataset: Dataset) -> None:
    """Its sends tell how much sends vary; the prior's fit leaves it out, as the procedure does."""
    facts = facts_of(history(np.random.default_rng(4), 200))
    before = [
        purchases(9_000 + n, n, 90, 300, send_date=days_before(AS_OF, LOOKBACK + 1))
        for n in range(0, 200, 2)
    ]
    dataset.put("creators", creators("cook"))
    dataset.put("caption_bank", [caption(n, price_tier="mid") for n in range(200)])
    dataset.put("message_facts", [*facts, *before])
    dataset.tune(**UNMODELLED)
    dataset.update_performance(AS_OF, LOOKBACK)
    got = fit_sums(dataset)
    row = dataset.rows("caption_priors").set_index("price_tier").loc["mid"]
    [fit] = fits_of(got)
    assert fit.captions == row["fitted_captions"] == 100
    strength = row["prior_successes"] + row["prior_failures"]
    assert fit.rate.estimate == pytest.approx(row["prior_successes"] / strength, rel=1e-9)
    assert fit.strength.estimate == pytest.approx(strength, rel=1e-9)
    assert fit.dispersion.estimate == pytest.approx(row["dispersion"], rel=1e-9)


def test_what_a_page_takes_over_from_another_is_no_first_send(dataset: Dataset) -> None:
    """As in the procedure: the page that tried a caption first is the only one it is a fit of."""
    facts = facts_of(history(np.random.default_rng(5), 100))
    taken_over = [
        purchases(9_000 + n, n, 90, 300, page_name="coach", send_date=days_before(AS_OF, 1))
        for n in range(0, 100, 2)
    ]
    dataset.put("creators", creators("cook", "coach"))
    dataset.put("caption_bank", [caption(n, price_tier="mid") for n in range(100)])
    dataset.put("message_facts", [*facts, *taken_over])
    dataset.tune(**UNMODELLED)
    dataset.update_performance(AS_OF, LOOKBACK)
    got = fit_sums(dataset).set_index("page_name")
    assert got.loc["cook", "captions"].sum() == 100
    assert got.loc["coach", "captions"].sum() == 0
    dataset.tune(prior_min_captions=101)
    of_all_pages = fit_sums(dataset).set_index("page_name")
    assert of_all_pages.loc["coach", "captions"].sum() == 50


def test_statistics_of_another_date_have_no_sums(dataset: Dataset) -> None:
    """Sums of two windows would be taken for one."""
    dataset.put("creators", creators("cook"))
    dataset.put("caption_bank", [caption(1)])
    dataset.put("message_facts", [purchases(1, 1, 5, 300, send_date=days_before(AS_OF, 3))])
    dataset.tune(**UNMODELLED)
    dataset.update_performance(AS_OF, LOOKBACK)
    sums = dataset.library["fit_sums"].text
    for as_of, rows in ((AS_OF, 1), (days_before(AS_OF, 1), 0)):
        got = dataset.warehouse.query(sums, {"as_of": as_of, "lookback_days": LOOKBACK})
        assert len(got) == rows
