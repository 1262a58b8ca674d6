"""A history that several exports overlap in: each message once for each time of counting.

The warehouse takes the newest row of a message; how its counts grew tells how counts ripen.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from eros_assets.importing.identity import ids_of, normal_text
from eros_assets.importing.mapping import MAPPING_FILE
from eros_assets.importing.mistakes import Mistake, MistakeLog

COUNTS = ["viewed_count", "purchased_count", "earnings", "sent_count"]
LASTING = ["message_type", "price", "caption_id"]
"""What of a message does not change after it was sent."""


@dataclass(frozen=True, slots=True, eq=False)
class Export:
    """The messages of one file, and the place of each row in it."""

    file: str
    place: str
    numbers: np.ndarray
    rows: pd.DataFrame


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """The messages of all files.

    `replaced` counts rows that a newer row of the same message replaces, `scheduled` messages that
    were not sent yet, `withdrawn` those among the rows that were taken back. `disagreeing` says
    which rows of one message differ in what does not change; empty when none do.
    """

    rows: pd.DataFrame
    replaced: int
    disagreeing: str
    scheduled: int
    withdrawn: int


def one_history(exports: Sequence[Export], log: MistakeLog) -> History:
    """The messages of all exports, each once for each time of counting.

    A message is known by its row_id, else by page, minute and text. Rows of one message that say
    when they were counted are kept, one for each time. Of those that do not, the one with the most
    views is, since counts only grow; then the last one; none beside a row that says when. Rows of
    one file that have the same row_id, and do not say when they were counted, are left as they are:
    they are quarantined.
    """
    rows, replaced, disagreeing = _newest(exports, log)
    status = rows["status"]
    return History(
        rows,
        replaced,
        disagreeing,
        int((status == "scheduled").sum()),
        int((status == "withdrawn").sum()),
    )


def _newest(exports: Sequence[Export], log: MistakeLog) -> tuple[pd.DataFrame, int, str]:
    """The row of each message and time of counting; how many rows newer ones replace.

    And what the rows of one message do not agree on.
    """
    rows = pd.concat([export.rows for export in exports], ignore_index=True)
    file = np.repeat(np.arange(len(exports)), [len(export.rows) for export in exports])
    given = rows["row_id"].notna().to_numpy(dtype=np.bool_)
    counted = rows["counted_at"].notna().to_numpy(dtype=np.bool_)
    if given.all() and len(exports) == 1 and not counted.any():
        return rows, 0, ""
    place = np.concatenate([export.numbers for export in exports])
    rows = _with_natural_ids(rows, given, place)
    again = rows["row_id"].duplicated(keep=False).to_numpy(dtype=np.bool_)
    if not again.any():
        return rows, 0, ""
    _refuse_two_messages(exports, rows, given & again, file, place, log)
    several = rows.loc[again, ["row_id", "counted_at", *COUNTS]].assign(
        file=file[again], at=place[again]
    )
    # Within a file a given row_id is there once, or its rows are quarantined together.
    several["copy"] = several.groupby(["row_id", "file"]).cumcount()
    several["copy"] = several["copy"].where(given[again] & ~counted[again], 0)
    order = several.sort_values(
        ["counted_at", *COUNTS, "file", "at"], na_position="first", kind="stable"
    )
    newest = order.drop_duplicates(["row_id", "copy", "counted_at"], keep="last")
    says_when = newest["counted_at"].notna()
    timed = newest.loc[says_when, "row_id"]
    newest = newest[says_when | ~newest["row_id"].isin(timed)]
    kept = np.ones(len(rows), dtype=np.bool_)
    kept[several.index.difference(newest.index)] = False
    repeats = int(timed.duplicated().sum())
    disagreeing = _disagreement(exports, rows[again].assign(file=file[again], at=place[again]))
    return rows[kept].reset_index(drop=True), int((~kept).sum()) + repeats, disagreeing


def _disagreement(exports: Sequence[Export], several: pd.DataFrame) -> str:
    """How many messages have rows that differ in what does not change, with an example.

    Between files only: rows of one file that have the same row_id are quarantined. An empty value
    disagrees with nothing.
    """
    found: set[int] = set()
    example = ""
    for column in LASTING:
        filled = several[several[column].notna()].drop_duplicates(["row_id", column])
        other = filled[filled["row_id"].duplicated(keep=False)]
        files = other.groupby("row_id")["file"].agg(["min", "max"])
        ids = files.index[files["min"] < files["max"]]
        if len(ids) and not example:
            group = other[other["row_id"] == ids[0]].sort_values("file", kind="stable")[:2]
            places = (
                f"{value} in {exports[number].file} {exports[number].place} {at}"
                for value, number, at in group[[column, "file", "at"]].itertuples(index=False)
            )
            example = f"{column} is {', '.join(places)}"
        found.update(ids)
    if not found:
        return ""
    count = "1 message differs" if len(found) == 1 else f"{len(found):,} messages differ"
    return f"{count} between files in more than counts; the newest row counts: {example}"


def _with_natural_ids(rows: pd.DataFrame, given: np.ndarray, place: np.ndarray) -> pd.DataFrame:
    """Rows without a row_id get one from page, minute and text; incomplete ones stay apart."""
    if given.all():
        return rows
    lacking = rows[~given]
    text = normal_text(pa.array(lacking["message"], pa.string(), from_pandas=True)).to_pylist()
    known = lacking["sending_time"].notna().to_numpy(dtype=np.bool_)
    instants = lacking["sending_time"].dt.tz_convert("UTC").dt.tz_localize(None)
    minutes = instants.to_numpy(dtype="datetime64[m]").astype(np.int64)
    keys = [
        f"message {page}|{time}|{words or ''}"
        if isinstance(page, str) and there
        else f"message {page}|{time}|{words}|{at}"
        for page, time, there, words, at in zip(
            lacking["page_name"], minutes, known, text, place[~given], strict=True
        )
    ]
    ids = rows["row_id"].copy()
    ids[~given] = ids_of(keys)
    return rows.assign(row_id=ids)


def _refuse_two_messages(
    exports: Sequence[Export],
    rows: pd.DataFrame,
    again: np.ndarray,
    file: np.ndarray,
    place: np.ndarray,
    log: MistakeLog,
) -> None:
    """Files that number their messages anew give different messages one row_id."""
    told = rows.loc[again, ["row_id", "page_name", "sending_time"]].assign(
        file=file[again], at=place[again]
    )
    told["sending_time"] = told["sending_time"].dt.floor("min")
    for _, group in told.groupby("row_id", sort=True):
        if group["file"].nunique() < 2:
            continue
        if len(group[["page_name", "sending_time"]].drop_duplicates()) < 2:
            continue
        first = group.iloc[0]
        last = group[group["file"] != first["file"]].iloc[-1]
        one, two = exports[int(first["file"])], exports[int(last["file"])]
        text = (
            f"row_id {last['row_id']} is another message in {one.file} {one.place} {first['at']}: "
            "where files number their messages anew, write mass_messages.ignore = "
            f'"row_id" in {MAPPING_FILE}; a message is then known by page, minute and text'
        )
        where = f"{two.place} {last['at']}"
        log.add(Mistake(two.file, where, "row_id", text), "two messages of one row_id")
