"""Fits what captions' texts say of their rates, and keeps it for the statistics."""

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from eros_assets.dataset import Dataset
from eros_assets.tuning import Knobs

if TYPE_CHECKING:
    import pandas as pd

    from eros_assets.text_priors.fit import Judgement, WordEffect

TABLE = "caption_text_priors"
MESSAGE_TYPES = ("PPV", "Bump")


@dataclass(frozen=True, slots=True)
class TextPriors:
    """The rows that were written, what they stand on by message type, and telling words."""

    captions: int
    judgements: tuple["Judgement", ...]
    words: tuple["WordEffect", ...]
    outcome: str


def refresh_text_priors(dataset: Dataset, as_of: dt.date, knobs: Knobs) -> TextPriors:
    """Replace the rows of `caption_text_priors` by a fit as of a date.

    A bank without texts, too few captions with a first send, texts that tell nothing: no rows, and
    `outcome` says why.
    """
    import numpy as np
    import pandas as pd

    from eros_assets.text_priors.corpus import Corpus
    from eros_assets.text_priors.fit import fit_text_priors
    from eros_assets.text_priors.rates import BUMP, PPV, FirstRates

    frame = dataset.query(
        "caption_first_rates", as_of=as_of, lookback_days=knobs["stats_lookback_days"]
    )
    bank = frame.drop_duplicates("caption_id").reset_index(drop=True)
    message_type = np.where(bank["price_tier"] == "bump", BUMP, PPV).astype(np.int64)
    sent = frame[frame["page_name"].notna()]
    caption = pd.Index(bank["caption_id"]).get_indexer(pd.Index(sent["caption_id"]))
    first = FirstRates(
        caption=caption.astype(np.int64),
        page=np.asarray(pd.factorize(sent["page_name"], sort=True)[0], dtype=np.int64),
        tier=np.asarray(pd.factorize(sent["price_tier"], sort=True)[0], dtype=np.int64),
        message_type=message_type[caption],
        day=sent["day"].to_numpy(dtype=np.int64),
        trials=sent["trials"].to_numpy(dtype=np.float64),
        successes=sent["successes"].to_numpy(dtype=np.float64),
    )
    least, weight = int(knobs["text_min_captions"]), float(knobs["text_prior_weight"])
    corpus = Corpus([text if isinstance(text, str) else "" for text in bank["caption_text"]])
    fit = fit_text_priors(corpus, message_type, first, weight=weight, least_captions=least)
    rows = _rows(bank, message_type, fit.multiplier, fit.judgements)
    dataset.load(TABLE, rows.assign(stats_as_of=as_of, last_updated=dt.datetime.now(dt.UTC)))
    tried = np.unique(caption).size
    outcome = (
        _said(fit.judgements, len(rows))
        if weight > 0 and tried >= least
        else _not_fitted(len(bank), tried, least, weight)
    )
    return TextPriors(len(rows), fit.judgements, fit.words, outcome)


def _rows(
    bank: "pd.DataFrame",
    message_type: object,
    multiplier: object,
    judgements: tuple["Judgement", ...],
) -> "pd.DataFrame":
    import numpy as np

    of_type = np.asarray(message_type)
    rows = bank[["caption_id", "price_tier"]].assign(
        multiplier=np.asarray(multiplier),
        variance=np.array([judgement.variance for judgement in judgements])[of_type],
        explained_variance=np.array([j.explained_variance for j in judgements])[of_type],
    )
    return rows[rows["multiplier"].notna()].reset_index(drop=True)


def _not_fitted(captions: int, tried: int, least: int, weight: float) -> str:
    if weight <= 0:
        return "No text was fitted: text_prior_weight is 0."
    if not captions:
        return "No text was fitted: the bank has no usable caption."
    have = "caption has" if tried == 1 else "captions have"
    return (
        f"No text was fitted: {tried:,} {have} a first send, and text_min_captions is {least:,}. "
        "Untried captions start from the mean of their page and tier."
    )


def _said(judgements: tuple["Judgement", ...], rows: int) -> str:
    said = [
        _of_type(message_type, judgement)
        for message_type, judgement in zip(MESSAGE_TYPES, judgements, strict=True)
        if judgement.captions
    ]
    return " ".join([*said, f"{rows:,} captions have a prior by their text."])


def _of_type(message_type: str, judgement: "Judgement") -> str:
    if judgement.slope != judgement.slope:  # NaN: not judged
        return (
            f"{message_type}s: {judgement.held_out:,} captions were first sent in later weeks, too "
            "few to judge texts by; nothing is used."
        )
    used = f"used with weight {judgement.weight:.2f}" if judgement.weight else "nothing is used"
    return (
        f"{message_type}s: what texts predicted and what {judgement.held_out:,} captions of later "
        f"weeks did have the correlation {judgement.correlation:.2f}, slope {judgement.slope:.2f} "
        f"± {judgement.slope_error:.2f}; {used}."
    )
