"""Titles, merges and developer metadata of tabs, made to fit the spreadsheet's state."""

from collections.abc import Iterable, Mapping
from typing import Any

from eros_assets.exporting.sheets import requests as api
from eros_assets.exporting.sheets.requests import Request
from eros_assets.exporting.sheets.state import COLUMN_KEY, ColumnMetadata, SheetState, Tab


def free_title(name: str, state: SheetState) -> str:
    """The name, with a number if another tab has it."""
    titles = [name, *(f"{name} ({number})" for number in range(2, len(state.tabs) + 3))]
    return next(title for title in titles if title.casefold() not in state.titles)


def replace_metadata(
    state: SheetState, own: int, values: Mapping[str, str], revision: int
) -> Iterable[Request]:
    """Write these pieces of a tab's developer metadata anew; `revision` is that of the write."""
    tab = state.tabs.get(own)
    for old in tab.metadata if tab else ():
        if old.key in values:
            yield api.delete_metadata(old.id)
    for key, value in values.items():
        identity = state.free_metadata_id(str(own), key, str(revision))
        yield api.create_metadata(own, identity, key, value)


def without_merges(tab: Tab) -> Iterable[Request]:
    """Unmerge a tab's cells before it is written: values for hidden cells of a merge are lost."""
    if tab.has_merges:
        yield api.unmerge(api.grid_range(tab.sheet_id, (0, tab.row_count), (0, tab.column_count)))


def mark_columns(
    state: SheetState, own: int, places: Mapping[str, int], revision: int
) -> Iterable[Request]:
    """Mark a tab's columns, by title; the batch is refused when a marked one was moved meanwhile.

    A batch has no preconditions. So each mark is deleted at the place where it was read, and
    created again with its id: where people moved the column, nothing is deleted, and Google refuses
    an id in use, with the whole batch.
    """
    tab = state.tabs.get(own)
    marks = _single_marks(tab) if tab else {}
    for old in tab.column_metadata if tab else ():
        if old.key == COLUMN_KEY and old not in marks.values():
            yield api.delete_metadata(old.id)
    for title, place in places.items():
        if (mark := marks.get(title)) is not None:
            yield _delete_mark(own, mark)
            yield _mark_column(own, mark.id, title, place)
        else:
            identity = state.free_metadata_id(str(own), COLUMN_KEY, title, str(revision))
            yield _mark_column(own, identity, title, place)


def hold_columns(tab: Tab) -> Iterable[Request]:
    """Have the batch refused when a marked column of the tab was moved since the tab was read."""
    for title, mark in _single_marks(tab).items():
        yield _delete_mark(tab.sheet_id, mark)
        yield _mark_column(tab.sheet_id, mark.id, title, mark.column)


def _single_marks(tab: Tab) -> dict[str, ColumnMetadata]:
    """The marks by title, of titles that have one."""
    titles = tab.marked_columns
    found = [each for each in tab.column_metadata if each.key == COLUMN_KEY]
    return {each.value: each for each in found if each.value in titles}


def _column_range(own: int, column: int) -> dict[str, Any]:
    return {
        "sheetId": own,
        "dimension": "COLUMNS",
        "startIndex": column,
        "endIndex": column + 1,
    }


def _mark_column(own: int, metadata_id: int, title: str, column: int) -> Request:
    """Create developer metadata of a column; it stays with the column when people move that."""
    metadata = {
        "metadataId": metadata_id,
        "metadataKey": COLUMN_KEY,
        "metadataValue": title,
        "location": {"dimensionRange": _column_range(own, column)},
        "visibility": "DOCUMENT",
    }
    return {"createDeveloperMetadata": {"developerMetadata": metadata}}


def _delete_mark(own: int, mark: ColumnMetadata) -> Request:
    """Delete a column's metadata where it was read, and nowhere else."""
    lookup = {
        "metadataId": mark.id,
        "metadataLocation": {"dimensionRange": _column_range(own, mark.column)},
        "locationMatchingStrategy": "EXACT_LOCATION",
    }
    return {"deleteDeveloperMetadata": {"dataFilter": {"developerMetadataLookup": lookup}}}
