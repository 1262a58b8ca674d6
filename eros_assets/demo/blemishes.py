"""Adds the defects of real histories: messages without caption_id, retyped texts, bad rows."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from eros_assets.demo.wording import reworded

UNLABELLED_SHARE = 0.04
"""Messages without caption_id, to be matched by their text."""

RETYPED_SHARE = 0.85
"""Of those: how many were retyped with other case, punctuation or emoji."""

ONE_OFF_SHARE = 0.01
"""Of those: how many say something that is in no caption."""

ONE_OFFS = (
    "Sorry for the late message, the power was out all day.",
    "Wrong link yesterday! Here’s the right one.",
    "The server was down, please try again now 🙏",
    "Quick heads-up: no live session tonight.",
)

BAD_ROW_KINDS = (
    "missing page",
    "missing time",
    "nothing sent",
    "negative recipients",
    "negative views",
    "negative purchases",
    "viewed > sent",
    "purchased > viewed",
    "negative earnings",
    "duplicate row_id",
)


def forget_captions(history: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """The history with nullable caption ids, some lost, and the texts of most of those changed."""
    is_lost = rng.random(len(history)) < UNLABELLED_SHARE
    lost = np.flatnonzero(is_lost)
    text = history["message"].to_numpy(dtype=object, copy=True)
    fate = rng.random(lost.size)
    retyped = lost[fate < RETYPED_SHARE]
    text[retyped] = reworded(text[retyped].tolist(), rng)
    one_off = lost[fate > 1 - ONE_OFF_SHARE]
    text[one_off] = rng.choice(np.array(ONE_OFFS, dtype=object), size=one_off.size)
    caption_id = history["caption_id"].astype("Int64").mask(is_lost)
    return history.assign(message=text, caption_id=caption_id)


def kinds_of(bad_rows: int) -> list[str]:
    """Which rule each bad row breaks: all in turn."""
    return [BAD_ROW_KINDS[n % len(BAD_ROW_KINDS)] for n in range(bad_rows)]


def spoil(history: pd.DataFrame, kinds: Sequence[str], rng: np.random.Generator) -> pd.DataFrame:
    """The history with one bad row per kind; a duplicate adds a row, the others change one.

    The rows of the last day stay as they are.
    """
    rows = history.reset_index(drop=True)
    older = int((rows["sending_time"] < rows["sending_time"].max() - pd.Timedelta(days=1)).sum())
    at = rng.choice(older, size=len(kinds), replace=False)

    def of(kind: str) -> NDArray[np.int64]:
        return at[[k == kind for k in kinds]]

    copies = rows.iloc[of("duplicate row_id")]
    rows.loc[of("missing page"), "page_name"] = None
    rows.loc[of("missing time"), "sending_time"] = pd.NaT
    rows.loc[of("nothing sent"), ["sent_count", "viewed_count", "purchased_count"]] = 0
    rows.loc[of("nothing sent"), "earnings"] = 0.0
    rows.loc[of("negative recipients"), "sent_count"] *= -1
    rows.loc[of("negative views"), "viewed_count"] = -1
    rows.loc[of("negative purchases"), "purchased_count"] = -1
    above = of("viewed > sent")
    rows.loc[above, "viewed_count"] = rows.loc[above, "sent_count"] + 7
    above = of("purchased > viewed")
    rows.loc[above, "purchased_count"] = rows.loc[above, "viewed_count"] + 3
    rows.loc[of("negative earnings"), "earnings"] = -9.99
    return pd.concat([rows, copies], ignore_index=True)
