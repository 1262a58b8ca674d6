"""A truth fitted to a history: what the history says is in it, and weeks can be played with it."""

import numpy as np
import pandas as pd
import pytest

from eros_assets.demo import Agency, Truth
from eros_assets.demo.agency import agency_of_shape
from eros_assets.demo.roster import SIZES
from eros_assets.demo.truth import Response
from eros_assets.simulation.imported import NoTruthError, imported_truth
from eros_assets.simulation.season import Season, play
from tests.demo.conftest import LAST_DAY
from tests.simulation.conftest import fast_line, season

Tuning = dict[str, pd.DataFrame]


@pytest.fixture(scope="module")
def fitted(small: Agency, tuning: Tuning) -> Truth:
    """Fitted to the sample agency's history, whose own truth is known."""
    return imported_truth(small.tables, tuning, 1)


def test_well_tried_captions_have_the_rates_they_showed(small: Agency, fitted: Truth) -> None:
    history = small.tables["mass_messages"]
    ppvs = history[(history["message_type"] == "PPV") & history["caption_id"].notna()]
    views = ppvs.groupby("caption_id")["viewed_count"].sum()
    tried = np.isin(fitted.caption_ids, views[views > views.median()].index)
    true = small.truth.appeal.mean(axis=0)[tried]
    assert np.corrcoef(np.sqrt(true), np.sqrt(fitted.appeal[0][tried]))[0, 1] > 0.6


def test_untried_captions_differ_as_much_as_tried_ones(small: Agency, fitted: Truth) -> None:
    """They are drawn from the prior: a truth in which they are all alike has nothing to learn."""
    sent = small.tables["mass_messages"]["caption_id"].dropna()
    bank = small.tables["caption_bank"]
    ppv = (bank["price_tier"] != "bump").to_numpy()
    untried = ~np.isin(fitted.caption_ids, sent)
    new, old = fitted.appeal[0][ppv & untried], fitted.appeal[0][ppv & ~untried]
    assert new.std() > 0.4 * old.std()
    assert new.std() > 0.5 * new.mean()


def test_audiences_and_view_rates_are_those_of_the_pages(small: Agency, fitted: Truth) -> None:
    pages = [fitted.pages.index(creator.page_name) for creator in small.creators]
    ours, theirs = fitted.audience[pages], small.truth.audience
    np.testing.assert_allclose(ours, theirs, rtol=0.15)
    np.testing.assert_allclose(fitted.view_rate[pages], small.truth.view_rate, rtol=0.25)


def test_another_seed_is_another_truth_of_the_same_history(
    small: Agency, tuning: Tuning, fitted: Truth
) -> None:
    again, other = (imported_truth(small.tables, tuning, seed) for seed in (1, 2))
    np.testing.assert_array_equal(again.appeal, fitted.appeal)
    assert (other.appeal[0] != fitted.appeal[0]).mean() > 0.5
    np.testing.assert_array_equal(other.audience, fitted.audience)


def test_weeks_are_played_with_it(small: Agency, tuning: Tuning, fitted: Truth) -> None:
    played = season(small, 1)
    with_fitted = Season(played.tables, fitted, played.prices, played.first_week, 1, played.seed)
    line = fast_line(small, tuning)
    assert play(with_fitted, line)["earnings"].sum() > 0


def test_a_history_without_captions_has_no_truth(small: Agency, tuning: Tuning) -> None:
    strangers = small.tables["mass_messages"].assign(caption_id=pd.NA, message="nothing known")
    strangers["caption_id"] = strangers["caption_id"].astype("Int64")
    with pytest.raises(NoTruthError, match="no valid message"):
        imported_truth({**small.tables, "mass_messages": strangers}, tuning, 1)


@pytest.mark.parametrize(
    ("response", "noise", "wear"),
    [
        pytest.param(Response(), (0.45, 0.60), (0.15, 0.45), id="the sample's"),
        pytest.param(Response(buy_noise=0.1, wear_effect=0), (0.1, 0.35), (0, 0.12), id="calm"),
        pytest.param(Response(wear_effect=0.8), (0.45, 0.60), (0.5, 0.9), id="soon worn"),
    ],
)
def test_sends_vary_and_wear_as_the_history_shows(
    tuning: Tuning,
    response: Response,
    noise: tuple[float, float],
    wear: tuple[float, float],
) -> None:
    """The noise has the moods, tastes and hours in it that no message shows."""
    agency = agency_of_shape(SIZES["small"], 1, LAST_DAY, response)
    fitted = imported_truth(agency.tables, tuning, 1).response
    assert noise[0] < fitted.buy_noise < noise[1]
    assert wear[0] <= fitted.wear_effect < wear[1]
