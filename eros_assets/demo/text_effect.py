"""A part of captions' appeal that their words make, for agencies whose texts tell something."""

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from eros_assets.arrays import Floats
from eros_assets.demo.truth import Truth

WORD = re.compile(r"[^\W_]+")
LURE_SHARE = 0.3
"""Of the words' effect on purchases, that on the views of a Bump; both in logarithms."""


def word_scores(texts: Sequence[str], seed: int) -> Floats:
    """A normal number for each word, added up over a text's different words; mean 0, variance 1."""
    words = [sorted(set(WORD.findall(text.lower()))) for text in texts]
    vocabulary = {
        word: place for place, word in enumerate(sorted({w for text in words for w in text}))
    }
    effect = np.random.default_rng([seed, 0x7EC7]).standard_normal(len(vocabulary))
    scores = np.array([effect[[vocabulary[w] for w in text]].sum() for text in words])
    deviation = float(scores.std())
    return (scores - scores.mean()) / deviation if deviation > 0 else np.zeros(scores.size)


def with_text_effect(
    truth: Truth,
    texts: Sequence[str],
    price_tier: NDArray[np.object_],
    effect: float,
    seed: int,
) -> Truth:
    """The truth with a factor of mean 1 on appeal, and one on the views of Bumps, by words.

    Args:
        truth: captions in the order of `texts`.
        texts: the captions' texts.
        price_tier: their tiers.
        effect: standard deviation between captions of the logarithm of the factor on appeal.
        seed: another seed, other words that sell.
    """
    scores = word_scores(texts, seed)
    factor = np.exp(effect * scores - effect**2 / 2)
    lure = truth.lure + np.where(price_tier == "bump", LURE_SHARE * effect * scores, 0.0)
    return replace(truth, appeal=(truth.appeal * factor).astype(np.float32), lure=lure)
