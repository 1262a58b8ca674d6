"""Draws the sample agency's history: people choose captions, the audiences answer.

Drawn in blocks of four weeks, so that a page repeats captions that did well on it before by
observed EMV (PPV) or view rate (Bump), as a person would.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from eros_assets.demo.roster import PPV_TIERS, PRICE_RANGES, PRICE_TIERS, Creator
from eros_assets.demo.timetable import Timetable
from eros_assets.demo.truth import Truth

BLOCK_DAYS = 28
REMEMBERED_BLOCKS = 7
"""Half a year: older messages tire nobody."""

REPEAT_SHARE = 0.30
"""Of a page's messages: how many repeat a caption that it sent before."""

UNTRIED_SHARE = 0.5
"""Of the other messages: how many try a caption that no page has sent yet."""

REST_DAYS = 14
PRICE_SPREAD = 12.0
"""Concentration of the Beta that prices within a tier's range come from."""


class CaptionChooser:
    """Which captions each page may use, and what it remembers of those it sent.

    `last_sent` is the day of the history (-inf when never), `result` the running mean of outcomes,
    `tried` whether any page has sent the caption.
    """

    def __init__(
        self, bank: pd.DataFrame, creators: Sequence[Creator], first_day: pd.Timestamp
    ) -> None:
        """Nothing sent yet; `first_day` is the instant at which day 0 begins."""
        page_names = [c.page_name for c in creators]
        owner = pd.Index(page_names).get_indexer(pd.Index(bank["page_name"]))
        anyone = bank["page_name"].isna().to_numpy()
        tier = bank["price_tier"].to_numpy()
        created = (bank["created_at"] - first_day).dt.total_seconds().to_numpy() / 86_400
        self.created: NDArray[np.float64] = created
        self.allowed = [
            {t: np.flatnonzero((anyone | (owner == g)) & (tier == t)) for t in PRICE_TIERS}
            for g in range(len(creators))
        ]
        shape = (len(creators), len(bank))
        self.last_sent = np.full(shape, -np.inf, dtype=np.float32)
        self.result = np.zeros(shape, dtype=np.float32)
        self.uses = np.zeros(shape, dtype=np.int32)
        self.tried = np.zeros(len(bank), dtype=np.bool_)

    def choose(
        self, page: int, tier: str, wanted: int, day: int, rng: np.random.Generator
    ) -> NDArray[np.int64]:
        """Captions for `wanted` messages of one page and tier, in random order.

        A caption is chosen at most once unless too few may be used.
        """
        may = self.allowed[page][tier]
        may = may[self.created[may] < day]
        last = self.last_sent[page, may]
        rested = may[last < day - REST_DAYS]
        known = rested[self.uses[page, rested] > 0]
        repeats = min(int(rng.binomial(wanted, REPEAT_SHARE)), known.size)
        chosen = known[_weighted(self.result[page, known], repeats, rng)]
        fresh = may[np.isneginf(last)]
        untried = fresh[~self.tried[fresh]]
        tries = int(rng.binomial(wanted - repeats, UNTRIED_SHARE))
        chosen = _topped_up(chosen, untried, chosen.size + tries, rng)
        chosen = _topped_up(chosen, fresh, wanted, rng)
        chosen = _topped_up(chosen, rested, wanted, rng)
        if chosen.size < wanted:
            chosen = np.concatenate((chosen, rng.choice(may, size=wanted - chosen.size)))
        self.tried[chosen] = True
        return rng.permutation(chosen)

    def remember(
        self,
        page: NDArray[np.int64],
        caption: NDArray[np.int64],
        day: NDArray[np.int64],
        result: NDArray[np.float64],
    ) -> None:
        """Add what messages brought; rows by time."""
        np.maximum.at(self.last_sent, (page, caption), day.astype(np.float32))
        np.add.at(self.uses, (page, caption), 1)
        step = (result - self.result[page, caption]) / self.uses[page, caption]
        np.add.at(self.result, (page, caption), step.astype(np.float32))


def play_history(
    timetable: Timetable,
    creators: Sequence[Creator],
    bank: pd.DataFrame,
    truth: Truth,
    first_day: pd.Timestamp,
    seed: int,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """One row per message, by time, with its caption, price and outcome.

    Columns: page_name, message, sending_time, price (NaN of a Bump), sent_count, viewed_count,
    purchased_count, earnings, message_type, caption_id.
    """
    chooser = CaptionChooser(bank, creators, first_day)
    caption = np.zeros(timetable.page.size, dtype=np.int64)
    tier = _tiers(timetable, creators, rng)
    messages = pd.DataFrame(
        {
            "page_name": np.array([c.page_name for c in creators], dtype=object)[timetable.page],
            "sending_time": timetable.time,
            "price": _prices(timetable.page, tier, creators, rng),
            "message_type": np.where(timetable.is_ppv, "PPV", "Bump").astype(object),
            "caption_id": np.zeros(timetable.page.size, dtype=np.int64),
        }
    )
    ids = bank["caption_id"].to_numpy()
    played: list[pd.DataFrame] = []
    for block, start in enumerate(range(0, int(timetable.day.max()) + 1, BLOCK_DAYS)):
        rows = np.flatnonzero(timetable.day // BLOCK_DAYS == block)
        kind = timetable.page[rows] * len(PRICE_TIERS) + tier[rows]
        for which in np.unique(kind):
            page, t = divmod(int(which), len(PRICE_TIERS))
            at = rows[kind == which]
            caption[at] = chooser.choose(page, PRICE_TIERS[t], at.size, start, rng)
        sends = messages.iloc[rows].assign(caption_id=ids[caption[rows]])
        earlier = pd.concat(played[-REMEMBERED_BLOCKS:]) if played else None
        outcomes = truth.draw_outcomes(sends, seed=seed + block, earlier=earlier)
        played.append(pd.concat([sends, outcomes], axis=1))
        gained = np.where(
            timetable.is_ppv[rows],
            1000 * outcomes["earnings"] / outcomes["sent_count"],
            outcomes["viewed_count"] / outcomes["sent_count"],
        )
        chooser.remember(timetable.page[rows], caption[rows], timetable.day[rows], gained)
    history = pd.concat(played)
    history["message"] = bank["caption_text"].to_numpy(dtype=object)[caption]
    return history


def _tiers(
    timetable: Timetable, creators: Sequence[Creator], rng: np.random.Generator
) -> NDArray[np.int64]:
    """Index into PRICE_TIERS of each message: the page's mix of PPV tiers, or bump."""
    steps = np.cumsum([c.pricing.mix for c in creators], axis=1)[:, : len(PPV_TIERS) - 1]
    drawn = (rng.random(timetable.page.size)[:, None] > steps[timetable.page]).sum(axis=1)
    return np.where(timetable.is_ppv, drawn, len(PPV_TIERS))


def _prices(
    page: NDArray[np.int64],
    tier: NDArray[np.int64],
    creators: Sequence[Creator],
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Whole dollars within the tier's range, around the page's level; NaN for bumps."""
    level = np.array([c.pricing.level for c in creators])[page]
    place = rng.beta(PRICE_SPREAD * level, PRICE_SPREAD * (1 - level))
    low, high = np.array([*(PRICE_RANGES[t] for t in PPV_TIERS), (np.nan, np.nan)]).T[:, tier]
    return np.rint(low + place * (high - low))


def _topped_up(
    chosen: NDArray[np.int64], pool: NDArray[np.int64], wanted: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """`chosen` and as many others of `pool` as are wanted, or as there are."""
    others = pool[~np.isin(pool, chosen)]
    more = rng.choice(others, size=min(wanted - chosen.size, others.size), replace=False)
    return np.concatenate((chosen, more))


def _weighted(
    result: NDArray[np.float32], wanted: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Positions of `wanted` results, better ones likelier (Gumbel top-k), none twice."""
    typical = float(result.mean()) if result.size else 1.0
    wish = np.log(result + 0.1 * typical + 1e-9) + rng.gumbel(size=result.size)
    return np.argsort(-wish, kind="stable")[:wanted]
