"""Fits with their uncertainty: values against the reference, intervals by what they cover."""

from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from eros_assets.evaluation.fits import Fit, fits_of
from eros_assets.exporting.fits_picture import fits_picture
from tests.sql.learning import method_of_moments

ALPHA, BETA = 2.0, 60.0
SVG = "{http://www.w3.org/2000/svg}"


def history(rng: np.random.Generator, captions: int = 400, sends: int = 2) -> pd.DataFrame:
    """Sends of captions with Beta(2, 60) rates, whose sends vary beyond a binomial."""
    rate = np.repeat(rng.beta(ALPHA, BETA, captions), sends)
    now = rng.beta(rate * 150, (1 - rate) * 150)
    trials = rng.integers(200, 400, now.size)
    return pd.DataFrame(
        {
            "caption_id": np.repeat(np.arange(captions), sends),
            "trials": trials,
            "successes": rng.binomial(trials, now),
        }
    )


def sums_of(sends: pd.DataFrame) -> pd.DataFrame:
    """As `fit_sums` gives them, worked out caption by caption."""
    rows: list[dict[str, float]] = []
    for caption_id, group in sends.groupby("caption_id"):
        s, n = group["successes"].to_numpy(float), group["trials"].to_numpy(float)
        p = s.sum() / n.sum()
        is_usable = n.size > 1 and 0 < p < 1
        rows.append(
            {
                "fold": int(str(caption_id)) % 20,
                "captions": 1,
                "trials": n[0],
                "trials_squared": n[0] ** 2,
                "successes": s[0],
                "squares": s[0] ** 2 / n[0],
                "chi_square": ((s - n * p) ** 2 / (n * p * (1 - p))).sum() if is_usable else 0,
                "degrees": n.size - 1 if is_usable else 0,
            }
        )
    folds = pd.DataFrame(rows).groupby("fold", as_index=False).sum()
    return folds.assign(page_name="cook", price_tier="mid", send_noise=0.0)


def fitted(sends: pd.DataFrame) -> Fit:
    [fit] = fits_of(sums_of(sends))
    return fit


def test_the_values_are_those_of_the_method_of_moments() -> None:
    sends = history(np.random.default_rng(1))
    fit = fitted(sends)
    firsts = sends.drop_duplicates("caption_id")
    alpha, beta = method_of_moments(
        firsts["successes"].tolist(), firsts["trials"].tolist(), fit.dispersion.estimate
    )
    assert fit.captions == 400
    assert fit.rate.estimate == pytest.approx(alpha / (alpha + beta), rel=1e-9)
    assert fit.strength.estimate == pytest.approx(alpha + beta, rel=1e-9)
    assert fit.dispersion.estimate == pytest.approx(1 + 299 / 151, rel=0.2)


def test_the_intervals_cover_what_captions_were_drawn_from() -> None:
    rng = np.random.default_rng(2)
    fits = [fitted(history(rng)) for _ in range(60)]
    rate = sum(f.rate.lower <= ALPHA / (ALPHA + BETA) <= f.rate.upper for f in fits)
    strength = sum(f.strength.lower <= ALPHA + BETA <= f.strength.upper for f in fits)
    assert rate >= 52
    assert strength >= 50


@pytest.mark.parametrize("captions", [1, 2])
def test_too_little_gives_no_interval(captions: int) -> None:
    sends = history(np.random.default_rng(3), captions, sends=1).assign(successes=3, trials=300)
    fit = fitted(sends)
    assert np.isnan(fit.strength.lower)
    assert np.isnan(fit.dispersion.estimate)
    drawn = ElementTree.fromstring(fits_picture([fit]))
    dots = drawn.findall(f".//{SVG}circle[@r='1.8']")
    assert len(dots) == sum(np.isfinite(i.estimate) for i in (fit.rate, fit.strength))
