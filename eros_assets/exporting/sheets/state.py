"""The state of a spreadsheet: its tabs, their sizes and metadata, without cells.

A tab is identified by its id, which is computed from its original name, so people may rename and
move it. The tab's developer metadata, which people don't see, records what was written to it.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from eros_assets.exporting.sheets.tables import WeekEntry

Body = Mapping[str, Any]

SUMMARY, REVIEW = "Summary", "Review"
PROTECTION = "EROS writes this tab; what is changed here is written over"
REVIEW_PROTECTION = "EROS fills these columns; write in Decision and Note"

METADATA_FIELDS = "metadataId,metadataKey,metadataValue"
STATE_FIELDS = (
    "sheets(properties(sheetId,title,index,hidden,gridProperties(rowCount,columnCount)),"
    "bandedRanges(bandedRangeId),protectedRanges(description),merges,"
    f"developerMetadata({METADATA_FIELDS}),"
    f"data(columnMetadata(developerMetadata({METADATA_FIELDS},"
    "location(dimensionRange(startIndex))))))"
)
"""The fields of the spreadsheet that are read: no cells."""

REVIEW_KEY = "review"
"""Key of the metadata of a Review tab; its value is the week."""

COLUMN_KEY = "column"
"""Key of the metadata of a column of a Review tab; its value is the column's title."""


@dataclass(frozen=True, slots=True)
class Metadata:
    """A piece of developer metadata."""

    id: int
    key: str
    value: str


@dataclass(frozen=True, slots=True)
class ColumnMetadata:
    """Developer metadata of a column; it stays with the column when people move that."""

    id: int
    key: str
    value: str
    column: int


@dataclass(frozen=True, slots=True)
class Tab:
    """A tab of the spreadsheet."""

    sheet_id: int
    title: str
    row_count: int
    column_count: int
    is_hidden: bool = False
    bandings: Sequence[int] = ()
    protections: Sequence[str] = ()
    has_merges: bool = False
    metadata: Sequence[Metadata] = ()
    column_metadata: Sequence[ColumnMetadata] = ()

    def value(self, key: str) -> str | None:
        """The value of the metadata with this key; None unless there is exactly one."""
        found = [each.value for each in self.metadata if each.key == key]
        return found[0] if len(found) == 1 else None

    @property
    def revision(self) -> int:
        """Number of times the tab was written; 0 when its metadata lacks it."""
        value = self.value("revision")
        return int(value) if value and value.isdecimal() else 0

    @property
    def marked_columns(self) -> dict[str, int]:
        """The places of the columns that EROS has marked, by title."""
        found = [each for each in self.column_metadata if each.key == COLUMN_KEY]
        titles = [each.value for each in found]
        return {each.value: each.column for each in found if titles.count(each.value) == 1}


@dataclass(frozen=True, slots=True)
class SheetState:
    """The tabs of a spreadsheet by their id."""

    tabs: Mapping[int, Tab] = field(default_factory=dict[int, Tab])

    @property
    def titles(self) -> set[str]:
        """Titles in use, in lower case: Google compares them without case."""
        return {tab.title.casefold() for tab in self.tabs.values()}

    def week_entries(self) -> list[WeekEntry]:
        """The Summary's entries of the weeks that have a tab."""
        entries = (_entry(tab) for tab in self.tabs.values())
        return [entry for entry in entries if entry is not None]

    def free_metadata_id(self, *parts: str) -> int:
        """A metadata id that is unused in the spreadsheet.

        It is computed from `parts`, which include a revision, and from the ids in use. Two exports
        that start from the same state choose the same ids, so Google refuses the second batch.
        """
        taken = {
            each.id for tab in self.tabs.values() for each in (*tab.metadata, *tab.column_metadata)
        }
        ids = (_number("metadata", *parts, str(salt)) for salt in count())
        return next(each for each in ids if each not in taken)


def read_state(spreadsheet: Body) -> SheetState:
    """The state from the API's response, which has STATE_FIELDS."""
    tabs = [_tab(sheet) for sheet in spreadsheet.get("sheets", [])]
    return SheetState({tab.sheet_id: tab for tab in tabs})


def sheet_id(name: str) -> int:
    """The id of the tab of this name: Summary, or a week such as 2026-W53."""
    return _number("tab", name)


def review_id(week: str) -> int:
    """The id of the Review tab of a week such as 2026-W53."""
    return _number("tab", REVIEW, week)


def _number(*parts: str) -> int:
    digest = hashlib.sha256("|".join(("eros", *parts)).encode()).digest()
    return int.from_bytes(digest[:4], "big") % (2**31 - 1) + 1


def _tab(sheet: Body) -> Tab:
    properties = sheet.get("properties", {})
    grid = properties.get("gridProperties", {})
    return Tab(
        sheet_id=int(properties.get("sheetId", 0)),  # the API leaves out 0, the first tab's
        title=properties.get("title", ""),
        row_count=int(grid.get("rowCount", 0)),
        column_count=int(grid.get("columnCount", 0)),
        is_hidden=bool(properties.get("hidden")),
        bandings=[int(each["bandedRangeId"]) for each in sheet.get("bandedRanges", [])],
        protections=[each.get("description", "") for each in sheet.get("protectedRanges", [])],
        has_merges=bool(sheet.get("merges")),
        metadata=[
            Metadata(int(m["metadataId"]), m.get("metadataKey", ""), m.get("metadataValue", ""))
            for m in sheet.get("developerMetadata", [])
        ],
        column_metadata=[
            ColumnMetadata(
                int(m["metadataId"]),
                m.get("metadataKey", ""),
                m.get("metadataValue", ""),
                int(m.get("location", {}).get("dimensionRange", {}).get("startIndex", 0)),
            )
            for data in sheet.get("data", [])
            for column in data.get("columnMetadata", [])
            for m in column.get("developerMetadata", [])
        ],
    )


def _entry(tab: Tab) -> WeekEntry | None:
    week, totals = tab.value("week"), tab.value("totals")
    if week is None or totals is None or sheet_id(week) != tab.sheet_id:
        return None  # not a week's tab, or a copy of one
    try:
        return WeekEntry(
            week_start=dt.date.fromisoformat(f"{week}-1"),
            sheet_id=tab.sheet_id,
            run_id=tab.value("run") or "",
            **json.loads(totals),
        )
    except (ValueError, TypeError):
        return None  # written by another program under our keys
