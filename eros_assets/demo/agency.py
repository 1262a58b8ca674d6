"""Makes the sample agency's input tables, and the truth behind them, from a seed.

Made by numpy from a seed, in columns; the same size, seed and last day give identical frames. How
audiences answer is described in `truth.py`, who sends what in `roster.py`, `timetable.py` and
`history.py`, what is wrong with the data in `blemishes.py`.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from eros_assets.calendar import la_instant
from eros_assets.demo.bank import draw_bank, draw_restrictions
from eros_assets.demo.blemishes import forget_captions, kinds_of, spoil
from eros_assets.demo.history import play_history
from eros_assets.demo.population import TASTE, Mood, draw_truth
from eros_assets.demo.roster import SIZES, AgencySize, Creator, SampleSize, draw_roster
from eros_assets.demo.text_effect import with_text_effect
from eros_assets.demo.timetable import draw_timetable
from eros_assets.demo.truth import Response, Truth
from eros_assets.demo.wording import read_wording
from eros_assets.demo.worlds import USUAL, World

MESSAGE_COLUMNS = (
    "row_id",
    "page_name",
    "message",
    "sending_time",
    "price",
    "sent_count",
    "viewed_count",
    "purchased_count",
    "earnings",
    "message_type",
    "caption_id",
    "status",
    "counted_at",
    "text_id",
)

FINAL_AFTER = pd.Timedelta(days=30)
"""After sending, until a message's counts were read: the sample's counts are final."""

RESPONSE = Response()


@dataclass(frozen=True, eq=False)
class Agency:
    """A sample agency.

    `tables` are `mass_messages`, `caption_bank`, `creators`, `creator_caption_restrictions`, with
    the columns of the contracts: TIMESTAMP is datetime64[us, UTC], INT64 int64 (Int64 where it may
    be NULL), ARRAY<STRING> a list of str, STRING object with None for NULL.
    """

    tables: Mapping[str, pd.DataFrame]
    truth: Truth
    creators: tuple[Creator, ...]


def sample_agency(size: SampleSize, seed: int, last_day: dt.date) -> Agency:
    """An agency whose history ends on `last_day` (LA date, inclusive).

    "full": 38 creators, 44,651 captions, 63,411 messages over 18 months. "small": 7 creators, 900
    captions, 2,500 messages over 120 days.
    """
    return agency_of_shape(SIZES[size], seed, last_day)


def agency_of_shape(
    shape: AgencySize,
    seed: int,
    last_day: dt.date,
    response: Response = RESPONSE,
    taste: Mood = TASTE,
    world: World = USUAL,
    text_effect: float = 0.0,
) -> Agency:
    """An agency of any size, whose audiences tire and drift as `response` and `taste` say.

    `world` is what else is different from the usual truth; `text_effect` is how much words have to
    do with what sells, see `with_text_effect`; 0: nothing.
    """
    rng = np.random.default_rng([seed, shape.captions])
    first_day = last_day - dt.timedelta(days=shape.days - 1)
    start = pd.Timestamp(la_instant(first_day))
    creators = draw_roster(shape, rng)
    bank = draw_bank(shape, creators, first_day, rng)
    categories = pd.Index(read_wording().categories)
    truth = draw_truth(
        creators,
        bank["caption_id"].to_numpy(),
        categories.get_indexer(pd.Index(bank["content_category"])).astype(np.int64),
        bank["price_tier"].to_numpy(dtype=object),
        first_day,
        last_day,
        rng,
        response=response,
        taste=taste,
        world=world,
    )
    if text_effect > 0:
        tiers = bank["price_tier"].to_numpy(dtype=object)
        truth = with_text_effect(truth, list(bank["caption_text"]), tiers, text_effect, seed)
    kinds = kinds_of(shape.bad_rows)
    genuine = shape.messages - kinds.count("duplicate row_id")
    timetable = draw_timetable(shape, genuine, creators, first_day, rng)
    history = play_history(timetable, creators, bank, truth, start, seed, rng)
    history = forget_captions(history, rng)
    history["status"] = history["text_id"] = np.full(len(history), None, dtype=object)
    history["counted_at"] = (history["sending_time"] + FINAL_AFTER).dt.as_unit("us")
    history.insert(0, "row_id", np.arange(1, len(history) + 1, dtype=np.int64))
    tables = {
        "mass_messages": spoil(history[list(MESSAGE_COLUMNS)], kinds, rng),
        "caption_bank": bank.assign(text_id=np.full(len(bank), None, dtype=object)),
        "creators": pd.DataFrame(
            {
                "page_name": [c.page_name for c in creators],
                "display_name": [c.display_name for c in creators],
                "is_active": [c.is_active for c in creators],
            }
        ),
        "creator_caption_restrictions": draw_restrictions(creators, rng),
    }
    return Agency(tables, truth, creators)
