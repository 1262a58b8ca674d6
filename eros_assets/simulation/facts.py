"""The history as columns of valid messages and their captions, as `refresh_message_facts` makes it.

Indices of pages and captions are those of the `Catalogue`; dates are days since 1970 (LA).
"""

from dataclasses import dataclass, fields

import numpy as np
import pandas as pd

from eros_assets.arrays import Bools, Floats, Ints
from eros_assets.calendar import ZONE_NAME
from eros_assets.simulation.catalogue import Catalogue, normal_text

PAGE_NAME = r"[a-z0-9_]+"
LONGEST_PAGE_NAME = 100
FIRST_TIME, END_OF_TIME = pd.Timestamp("2000-01-01", tz="UTC"), pd.Timestamp("2100-01-01", tz="UTC")
MOST_RECIPIENTS, MOST_EARNED, MOST_ASKED = 100_000_000, 100_000_000.0, 100_000.0


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """Valid messages, one row each, in no particular order.

    `time` is microseconds since 1970 UTC, `date` days since 1970 and `hour` 0 to 23 in LA,
    `day_of_week` ISO (1 Monday). `caption` is -1 where none is known, `price` NaN where none was
    set.
    """

    row_id: Ints
    page: Ints
    caption: Ints
    is_ppv: Bools
    time: Ints
    date: Ints
    hour: Ints
    day_of_week: Ints
    price: Floats
    sent: Ints
    viewed: Ints
    purchased: Ints
    earnings: Floats

    def where(self, rows: Bools) -> "Facts":
        """Some of the rows."""
        return Facts(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})

    def between(self, first: int, end: int) -> "Facts":
        """Rows whose date lies in [first, end)."""
        return self.where((self.date >= first) & (self.date < end))

    def followed_by(self, others: "Facts") -> "Facts":
        """These rows, then the others'."""
        return Facts(
            **{
                f.name: np.concatenate((getattr(self, f.name), getattr(others, f.name)))
                for f in fields(self)
            }
        )


def sorted_facts(messages: pd.DataFrame, catalogue: Catalogue) -> Facts:
    """The facts of `mass_messages`; what breaks a rule is left out, lost captions are matched."""
    valid = messages[_is_valid(messages)]
    first = valid.sort_values(["row_id", "sending_time", "page_name"], kind="stable")
    if "counted_at" in first and "status" in first:
        newest = ["row_id", "sending_time", "page_name", "counted_at", "viewed_count"]
        first = first.sort_values(
            newest, ascending=[True, True, True, False, False], kind="stable", na_position="last"
        )
        first = first[first["status"] != "scheduled"]
    return facts_of(_with_captions(first.drop_duplicates("row_id"), catalogue), catalogue)


def facts_of(messages: pd.DataFrame, catalogue: Catalogue) -> Facts:
    """The facts of messages that break no rule and name their captions where they have one."""
    utc = messages["sending_time"].dt.tz_convert("UTC")
    local = pd.DatetimeIndex(utc).tz_convert(ZONE_NAME)
    caption = catalogue.caption_index(messages["caption_id"].astype("Int64"))
    return Facts(
        row_id=_ints(messages["row_id"]),
        page=pd.Index(catalogue.pages).get_indexer(pd.Index(messages["page_name"])).astype("int64"),
        caption=caption,
        is_ppv=(messages["message_type"] == "PPV").to_numpy(dtype=bool),
        time=utc.dt.tz_localize(None).to_numpy(dtype="datetime64[us]").astype(np.int64),
        date=local.tz_localize(None).to_numpy().astype("datetime64[D]").astype(np.int64),
        hour=local.hour.to_numpy().astype(np.int64),
        day_of_week=local.dayofweek.to_numpy().astype(np.int64) + 1,
        price=messages["price"].to_numpy(dtype=np.float64),
        sent=_ints(messages["sent_count"]),
        viewed=_ints(messages["viewed_count"]),
        purchased=_ints(messages["purchased_count"].fillna(0)),
        earnings=messages["earnings"].fillna(0.0).to_numpy(dtype=np.float64),
    )


def _ints(values: "pd.Series[float]") -> Ints:
    return values.to_numpy(dtype=np.float64).astype(np.int64)


def _is_valid(messages: pd.DataFrame) -> "pd.Series[bool]":
    """Whether a row breaks none of the rules of `refresh_message_facts`, duplicates aside."""
    page = messages["page_name"].astype("string").str.fullmatch(PAGE_NAME)
    sent, viewed = messages["sent_count"].astype("float64"), messages["viewed_count"]
    purchased = messages["purchased_count"].fillna(0)
    time = messages["sending_time"]
    return (
        messages["row_id"].notna()
        & page.fillna(value=False).astype(bool)
        & (messages["page_name"].str.len() <= LONGEST_PAGE_NAME)
        & (time >= FIRST_TIME)
        & (time < END_OF_TIME)
        & messages["message_type"].isin(("PPV", "Bump"))
        & (sent > 0)
        & (sent <= MOST_RECIPIENTS)
        & (viewed.astype("float64") >= 0)
        & (purchased >= 0)
        & (viewed.astype("float64") <= sent)
        & (purchased <= viewed.astype("float64").fillna(0))
        & messages["earnings"].fillna(0.0).between(0.0, MOST_EARNED)
        & messages["price"].fillna(0.0).between(0.0, MOST_ASKED)
    )


def _with_captions(messages: pd.DataFrame, catalogue: Catalogue) -> pd.DataFrame:
    """The messages, those without a caption given the one whose normalised text is theirs.

    Among several, one of the message's own type, then the page's own, then the smallest id.
    """
    lost = messages["caption_id"].isna()
    by_text: dict[str, list[int]] = {}
    for index, text in enumerate(map(normal_text, catalogue.texts)):
        by_text.setdefault(text, []).append(index)
    found: list[int | None] = []
    rows = messages.loc[lost, ["page_name", "message_type"]]
    texts = map(normal_text, messages.loc[lost, "message"])
    for (_, row), text in zip(rows.iterrows(), texts, strict=True):
        page, is_bump = row["page_name"], row["message_type"] == "Bump"
        fitting = [
            (
                (catalogue.tier_of(index) == "bump") != is_bump,
                catalogue.owners[index] is None,
                int(catalogue.caption_ids[index]),
            )
            for index in (by_text.get(text, []) if text else [])
            if catalogue.owners[index] in (None, page)
        ]
        found.append(min(fitting)[2] if fitting else None)
    ids = messages["caption_id"].astype("Int64").copy()
    ids[lost] = pd.array(found, dtype="Int64")
    return messages.assign(caption_id=ids)
