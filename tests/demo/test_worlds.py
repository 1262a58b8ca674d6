"""Worlds of another form: what is different in them, and what stays as it was."""

import datetime as dt

import numpy as np
import pytest

from eros_assets.demo.agency import agency_of_shape
from eros_assets.demo.roster import scaled_size
from eros_assets.demo.truth import HORIZON_WEEKS, Truth
from eros_assets.demo.worlds import SHOCK_AFTER, WORLDS, world_named

LAST_DAY = dt.date(2025, 11, 2)
SHAPE = scaled_size(8, captions=3_000, days=60)


@pytest.fixture(scope="module")
def truths() -> dict[str, Truth]:
    return {w.name: agency_of_shape(SHAPE, 1, LAST_DAY, world=w).truth for w in WORLDS}


def logs(truth: Truth) -> np.ndarray:
    return np.log(np.maximum(truth.appeal.astype(np.float64), 1e-12))


def between_pages(truth: Truth, one: int, other: int) -> float:
    return float(np.corrcoef(logs(truth)[[one, other]])[0, 1])


def test_the_usual_world_is_the_sample_agency(truths: dict[str, Truth]) -> None:
    plain = agency_of_shape(SHAPE, 1, LAST_DAY).truth
    np.testing.assert_array_equal(truths["usual"].appeal, plain.appeal)
    np.testing.assert_array_equal(truths["usual"].taste, plain.taste)


@pytest.mark.parametrize("name", [world.name for world in WORLDS])
def test_captions_sell_as_much_on_average(name: str, truths: dict[str, Truth]) -> None:
    usual = float(truths["usual"].appeal.mean())
    assert float(truths[name].appeal.mean()) == pytest.approx(usual, rel=0.25)


def test_appeal_may_be_mostly_a_pages_own(truths: dict[str, Truth]) -> None:
    own = 0.3**2 / (0.3**2 + 1.1**2)
    assert between_pages(truths["own"], 0, 1) == pytest.approx(own, abs=0.06)
    assert between_pages(truths["tails"], 0, 1) > 0.8


def test_groups_of_pages_share_what_is_theirs(truths: dict[str, Truth]) -> None:
    assert between_pages(truths["groups"], 0, 3) == pytest.approx(1.0)
    assert between_pages(truths["groups"], 3, 4) == pytest.approx(0.5, abs=0.06)


def test_tails_are_heavy(truths: dict[str, Truth]) -> None:
    """The best hundredth of captions, over the mean."""

    def best(truth: Truth) -> float:
        return float(np.quantile(truth.appeal[0], 0.999) / truth.appeal[0].mean())

    assert best(truths["tails"]) > 1.5 * best(truths["usual"])


def test_categories_have_their_season(truths: dict[str, Truth]) -> None:
    """What pages have in common rises and falls within a year by three quarters in all."""
    common = truths["seasons"].taste.mean(axis=0)
    usual = truths["usual"].taste.mean(axis=0)
    assert np.ptp((common - usual)[:, :53], axis=1) == pytest.approx(1.2, abs=0.01)
    np.testing.assert_allclose((common - usual)[:, 0], (common - usual)[:, 52], atol=0.06)


def test_half_of_the_audiences_change_at_once(truths: dict[str, Truth]) -> None:
    shift = truths["shock"].taste - truths["usual"].taste
    played_from = shift.shape[2] - HORIZON_WEEKS
    assert not shift[:, :, : played_from + SHOCK_AFTER].any()
    after = shift[:, :, played_from + SHOCK_AFTER :]
    assert (np.abs(after).max(axis=(1, 2)) > 0.5).sum() == 4
    assert np.ptp(after, axis=2).max() == pytest.approx(0)


def test_an_unknown_world_is_refused_with_those_there_are() -> None:
    with pytest.raises(ValueError, match="no world is called flat; there are usual, own, tails"):
        world_named("flat")
