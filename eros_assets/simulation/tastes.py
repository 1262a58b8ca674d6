"""Estimates what pages like of each category, as `update_caption_performance` does.

A page's taste for a category is what its PPVs of the category sold lately, over what was believed
of each just before it was sent. Arrays are by page (g), category (k) and week (w), which are
counted backwards from the statistics' date.
"""

from dataclasses import dataclass

import numpy as np

from eros_assets.arrays import Floats
from eros_assets.calendar import DAYS_A_WEEK
from eros_assets.simulation.catalogue import Catalogue
from eros_assets.simulation.columns import totals
from eros_assets.simulation.sends import PPV, Trials
from eros_assets.simulation.wear import Beliefs, RatedSends, Wear
from eros_assets.tuning import Knobs

HALF_LIVES = (21.0, 42.0, 84.0, 168.0)
"""Days that are tried for the time in which what is known of a taste fades by half."""

VARIANCES = (0.01, 0.02, 0.04, 0.08, 0.16)
"""Of tastes about 1, that are tried."""

CLEARLY_BETTER = 4.0
"""By so much of chi-square tastes must predict better than none."""


@dataclass(frozen=True, slots=True, eq=False)
class Tastes:
    """How much more of a category than of others a page buys (g, k), and what it was fitted with.

    1 where nothing is known, or where tastes predict nothing: the variance is 0 then.
    """

    multiplier: Floats
    half_life_days: float
    variance: float


def fitted_tastes(
    trials: Trials,
    sends: RatedSends,
    wear: Wear,
    noise: Floats,
    prior: tuple[Floats, Floats],
    catalogue: Catalogue,
    knobs: Knobs,
) -> Tastes:
    """Tastes by prediction: each week against what the weeks before it told.

    `trials` and `sends` are the same rows, by pair and time; `prior` is the mean of each row's
    pair over its page's, and its squared coefficient of variation.
    """
    pages, kinds = len(catalogue.pages), len(catalogue.categories)
    none = Tastes(np.ones((pages, kinds)), HALF_LIVES[0], 0.0)
    weight = float(knobs["taste_weight"])
    if weight == 0:
        return none
    expected, unsure = _before(sends, wear, prior)
    used = trials.in_window & (trials.message_type == PPV) & (trials.trials > 0)
    used &= catalogue.has_category[trials.caption]
    if not used.any():
        return none
    expected, unsure, at = expected[used], unsure[used], trials.where(used)
    worth = 1.0 / (1.0 + (noise[PPV] + unsure) * expected)
    week = ((-at.day - 1.0) // DAYS_A_WEEK).astype(np.int64)
    weeks = int(week.max()) + 1
    cell = (at.page * kinds + catalogue.category[at.caption]) * weeks + week
    sold = totals(cell, worth * at.successes, pages * kinds * weeks).reshape(pages, kinds, weeks)
    met = totals(cell, worth * expected, pages * kinds * weeks).reshape(pages, kinds, weeks)
    best, found = 0.0, none
    for half_life in HALF_LIVES:
        # What the weeks before each one tell, and in the last column all of them.
        known_sold, known_met = (_faded(values, half_life) for values in (sold, met))
        level = (1.0 + known_sold.sum(axis=1)) / (1.0 + known_met.sum(axis=1))
        known_met = known_met * level[:, None, :]
        usual = met * level[:, None, 1:]

        nothing = _loss(sold, usual)
        for variance in VARIANCES:
            taste = (1.0 / variance + known_sold) / (1.0 / variance + known_met)
            gain = nothing - _loss(sold, usual, taste[:, :, 1:])
            if gain > CLEARLY_BETTER and round(gain, 6) > best:
                multiplier = 1.0 + weight * (taste[:, :, 0] - 1.0)
                best, found = round(gain, 6), Tastes(multiplier, half_life, variance)
    return found


def _loss(sold: Floats, usual: Floats, taste: Floats | float = 1.0) -> float:
    """Chi-square of what was sold being `usual` x `taste`; `usual` is its variance, too."""
    misses = np.divide((sold - usual * taste) ** 2, usual, where=usual > 0, out=np.zeros_like(sold))
    return float(misses.sum())


def _before(sends: RatedSends, wear: Wear, prior: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
    """What each PPV was expected to sell before it was sent, and its relative variance."""
    mean, variation = prior
    beliefs = Beliefs.before(sends, wear.days[PPV])
    begin = 1.0 / sends.variation
    shape = 1.0 / variation + beliefs.shape - begin
    told = beliefs.exposure_at(wear.effect[PPV]) - begin
    exposure = 1.0 / (variation * mean) + np.maximum(told, 0.0)
    left = np.exp(-wear.effect[PPV] * beliefs.wear)
    return sends.expected * left * shape / exposure, 1.0 / shape


def _faded(values: Floats, half_life: float) -> Floats:
    """What the weeks before each week have, faded: (g, k, weeks + 1), first what all have."""
    keeps = 0.5 ** (DAYS_A_WEEK / half_life)
    weeks = values.shape[2]
    faded = np.zeros((*values.shape[:2], weeks + 1))
    for week in range(weeks - 1, -1, -1):
        faded[:, :, week] = keeps * (faded[:, :, week + 1] + values[:, :, week])
    return faded
