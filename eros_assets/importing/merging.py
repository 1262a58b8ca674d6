"""Puts the inputs of two folders together: one agency with a second history."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
import pyarrow as pa

from eros_assets.importing.history import COUNTS
from eros_assets.importing.identity import normal_text
from eros_assets.importing.inputs import ImportedInputs
from eros_assets.importing.mapping import MAPPING_FILE
from eros_assets.importing.mistakes import InputFileError, Note

SHOWN = 3


def merged(first: ImportedInputs, second: ImportedInputs, name: str) -> ImportedInputs:
    """The inputs of both; what both have is taken once.

    A message that both have is the one with the higher counts, since counts only grow. A caption, a
    creator or terms that both have are those of `first`; restrictions of both hold.

    Raises:
        InputFileError: one id stands for different messages, or for different captions.
    """
    _refuse_other_messages(first, second, name)
    _refuse_other_captions(first, second, name)
    tables: dict[Any, pd.DataFrame] = {}
    messages, again = _messages(first.tables["mass_messages"], second.tables["mass_messages"])
    tables["mass_messages"] = messages
    keys = {"caption_bank": "caption_id", "creators": "page_name"}
    for table, rows in first.tables.items():
        if table not in tables:
            both = _together([rows, second.tables[table]])
            key = keys.get(table)
            tables[table] = both.drop_duplicates(key, ignore_index=True) if key else both
    terms = [each.terms for each in (first, second) if each.terms is not None]
    said = f"{len(second.tables['mass_messages']):,} messages, {again:,} of them known already"
    return replace(
        first,
        tables={table: tables[table] for table in first.tables},
        fingerprint=f"{first.fingerprint}+{second.fingerprint}",
        notes=(*first.notes, Note(f"history {name}", said)),
        terms=_together(terms).drop_duplicates("caption_id") if terms else None,
    )


def _messages(one: pd.DataFrame, two: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """The messages of both, and how many of the second were among the first."""
    shared = one["row_id"].dropna()
    again = two["row_id"].isin(shared)
    both = _together([one, two])
    # Rows of one history with the same id are quarantined together: only pairs across are joined.
    side = pd.Series([0] * len(one) + [1] * len(two))
    known = both["row_id"].isin(set(shared) & set(two["row_id"].dropna()))
    several = both[known].assign(side=side[known])
    several = several[~several.duplicated(["row_id", "side"], keep="first")]
    order = several.sort_values([*COUNTS, "side"], na_position="first", kind="stable")
    lost = order.index[order.duplicated("row_id", keep="last")]
    return both.drop(index=lost).reset_index(drop=True), int(again.sum())


def _refuse_other_messages(first: ImportedInputs, second: ImportedInputs, name: str) -> None:
    columns = ["row_id", "page_name", "sending_time"]
    pairs = first.tables["mass_messages"][columns].merge(
        second.tables["mass_messages"][columns], on="row_id", suffixes=("", "_there")
    )
    minute, there = (pairs[c].dt.floor("min") for c in ("sending_time", "sending_time_there"))
    other = pairs[(pairs["page_name"] != pairs["page_name_there"]) | (minute != there)]
    _refuse(
        [f"row_id {n}" for n in other["row_id"].drop_duplicates()],
        f"is another message in {name}: where files number their messages anew, write "
        f'mass_messages.ignore = "row_id" in the {MAPPING_FILE} of {name}',
    )


def _refuse_other_captions(first: ImportedInputs, second: ImportedInputs, name: str) -> None:
    columns = ["caption_id", "caption_text"]
    pairs = first.tables["caption_bank"][columns].merge(
        second.tables["caption_bank"][columns], on="caption_id", suffixes=("", "_there")
    )
    here, there = (
        normal_text(pa.array(pairs[c], pa.string(), from_pandas=True)).to_pandas()
        for c in ("caption_text", "caption_text_there")
    )
    _refuse(
        [f"caption_id {n}" for n in pairs["caption_id"][(here != there).to_numpy()]],
        f"is another caption in {name}: where it numbers its captions anew, write "
        f'caption_bank.ignore = "caption_id" and mass_messages.ignore = "caption_id" in the '
        f"{MAPPING_FILE} of {name}",
    )


def _refuse(what: Sequence[str], rule: str) -> None:
    if what:
        lines = [f"{each} {rule}" for each in what[:SHOWN]]
        more = len(what) - SHOWN
        raise InputFileError("\n".join([*lines, *([f"{more} more like it"] if more > 0 else [])]))


def _together(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    filled = [frame for frame in frames if len(frame)]
    return pd.concat(filled, ignore_index=True) if filled else frames[0]
