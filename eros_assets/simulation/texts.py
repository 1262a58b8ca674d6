"""What captions' texts say of their rates, as the asset `caption_text_priors` fits it.

Arrays are by caption (c) and price tier (t).
"""

from dataclasses import dataclass

import numpy as np

from eros_assets.arrays import Floats, Ints
from eros_assets.simulation.catalogue import BUMP, UNKNOWN_TIER, Catalogue
from eros_assets.simulation.sends import Trials
from eros_assets.text_priors.corpus import Corpus
from eros_assets.text_priors.fit import fit_text_priors
from eros_assets.text_priors.rates import BUMP as A_BUMP
from eros_assets.text_priors.rates import PPV as A_PPV
from eros_assets.text_priors.rates import FirstRates
from eros_assets.tuning import Knobs


@dataclass(frozen=True, slots=True, eq=False)
class TextPriors:
    """The content of `caption_text_priors`: multipliers, NaN without one, and what they explain."""

    multiplier: Floats  # (c,)
    explained_variance: Floats  # (t,)


@dataclass(frozen=True, slots=True, eq=False)
class Texts:
    """The contents of the bank by their captions' ids, and their texts.

    `caption` (texts,) are their places in the catalogue, `place` (c,) the way back, -1 without one.
    """

    corpus: Corpus
    caption: Ints
    place: Ints

    @classmethod
    def of(cls, catalogue: Catalogue) -> "Texts":
        """The texts that a fit of the catalogue's agency reads, hashed once."""
        own = np.arange(catalogue.caption_ids.size)
        is_content = (catalogue.content == own) & (catalogue.tier != UNKNOWN_TIER)
        caption = np.flatnonzero(is_content)
        caption = caption[np.argsort(catalogue.caption_ids[caption], kind="stable")]
        place = np.full(own.size, -1, dtype=np.int64)
        place[caption] = np.arange(caption.size)
        texts = [catalogue.texts[i] for i in caption]
        corpus = Corpus([text if isinstance(text, str) else "" for text in texts], keep=True)
        return cls(corpus, caption, place)

    def priors(self, first: Trials, catalogue: Catalogue, knobs: Knobs) -> TextPriors:
        """The fit to first sends of the window."""
        tier = catalogue.tier[self.caption]
        rows = np.lexsort((first.page, catalogue.caption_ids[first.caption]))
        first = first.where(rows[self.place[first.caption[rows]] >= 0])
        fit = fit_text_priors(
            self.corpus,
            np.where(tier == BUMP, A_BUMP, A_PPV),
            FirstRates(
                caption=self.place[first.caption],
                page=first.page,
                tier=first.tier,
                message_type=first.message_type,
                day=first.day.astype(np.int64),
                trials=first.trials.astype(np.float64),
                successes=first.successes.astype(np.float64),
            ),
            weight=float(knobs["text_prior_weight"]),
            least_captions=int(knobs["text_min_captions"]),
        )
        multiplier = np.full(catalogue.caption_ids.size, np.nan)
        multiplier[self.caption] = fit.multiplier
        explained = np.array([judgement.explained_variance for judgement in fit.judgements])
        of_tier = np.where(np.arange(BUMP + 1) == BUMP, explained[A_BUMP], explained[A_PPV])
        return TextPriors(multiplier, of_tier)
