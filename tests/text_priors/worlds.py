"""Histories of first sends whose captions' words sell, or tell nothing."""

from dataclasses import dataclass

import numpy as np

from eros_assets.arrays import Floats, Ints
from eros_assets.text_priors.corpus import Corpus
from eros_assets.text_priors.fit import TextFit, fit_text_priors
from eros_assets.text_priors.rates import FirstRates

VOCABULARY = 60
RATE = {0: 0.01, 1: 0.4}


@dataclass(frozen=True, eq=False)
class World:
    """Texts of seven words each, their message types, first sends, and the factor of the words."""

    texts: list[str]
    message_type: Ints
    first: FirstRates
    factor: Floats

    def fit(self, *, keep: bool = False, weight: float = 1.0, least: int = 50) -> TextFit:
        corpus = Corpus(self.texts, keep=keep)
        return fit_text_priors(
            corpus, self.message_type, self.first, weight=weight, least_captions=least
        )


def world(
    seed: int, *, effect: float, captions: int = 900, tried: int = 700, variation: float = 0.5
) -> World:
    """Words of log effects whose sum over a text has the deviation `effect`.

    The first `tried` captions were sent once each within 300 days, the others never.
    """
    rng = np.random.default_rng(seed)
    words = np.array([f"word{letter}{n}" for n in range(10) for letter in "abcdef"])
    effects = rng.standard_normal(VOCABULARY)
    held = np.array([rng.permutation(VOCABULARY)[:7] for _ in range(captions)])
    score = effects[held].sum(axis=1)
    score = (score - score.mean()) / score.std()
    factor = np.exp(effect * score - effect**2 / 2)
    message_type = (np.arange(captions) % 3 == 0).astype(np.int64)
    caption = np.arange(tried)
    page = rng.integers(0, 4, tried)
    of = message_type[:tried]
    own = rng.gamma(1 / variation, variation, tried)
    own = np.where(of == 1, 1 + 0.2 * (own - 1), own)
    rate = np.where(of == 1, RATE[1], RATE[0]) * np.array([0.5, 1.0, 1.5, 2.0])[page]
    share = np.minimum(rate * own * factor[:tried] ** np.where(of == 1, 0.3, 1.0), 0.9)
    trials = rng.integers(500, 2000, tried)
    return World(
        [" ".join(words[row]) for row in held],
        message_type,
        FirstRates(
            caption=caption,
            page=page,
            tier=of,
            message_type=of,
            day=np.sort(rng.integers(-300, 0, tried)),
            trials=trials.astype(np.float64),
            successes=rng.binomial(trials, share).astype(np.float64),
        ),
        factor,
    )
