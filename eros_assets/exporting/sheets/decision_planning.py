"""Plans what makes the tabs of decisions right: titles, notes, validation, lines that were lost.

EROS writes no line that people deleted. A tab that is gone, or empty, gets the lines that were read
of it last; a column that was deleted gets its cells of the lines that are otherwise as they were.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from eros_assets.exporting.sheets import requests as api
from eros_assets.exporting.sheets.cells import Value
from eros_assets.exporting.sheets.decision_reading import DecisionGrid, decision_grid
from eros_assets.exporting.sheets.decision_tabs import (
    DECISION_TABS,
    STATUS,
    TYPES,
    DecisionColumn,
    DecisionTab,
)
from eros_assets.exporting.sheets.metadata import (
    free_title,
    mark_columns,
    replace_metadata,
    without_merges,
)
from eros_assets.exporting.sheets.requests import Request, grid_range
from eros_assets.exporting.sheets.state import SheetState, Tab, sheet_id

ROWS = 200
"""Rows of a new tab; people may add more."""

MOST_CHOICES = 500
"""What Google allows in one list."""

PROTECTION = "EROS writes the titles and Status; write your lines under the titles"
NOT_READ = "not read: "
DECISIONS_KEY = "decisions"
"""Key of the metadata of a tab of decisions; its value is the tab's name."""

PAGES_KEY = "pages"
"""Key of the metadata that says for which pages the validation of Page is."""

Said = Mapping[str, Any]
"""A line's cells by title."""


@dataclass(frozen=True, slots=True)
class ShownDecisions:
    """What the tabs of decisions show: pages to choose from, and by tab the lines that are known.

    `lines` are used where a tab or column was lost.
    """

    pages: Sequence[str] = ()
    lines: Mapping[str, Sequence[Said]] = field(default_factory=dict[str, Sequence[Said]])


@dataclass(frozen=True, slots=True)
class DecisionsPlan:
    """Requests for the tabs of decisions, the tabs that they write, and what people had changed."""

    requests: Sequence[Request] = ()
    written: Sequence[int] = ()
    repaired: Sequence[str] = ()


def decision_tabs_to_read(state: SheetState) -> list[int]:
    """The tabs of decisions that there are."""
    return [own for tab in DECISION_TABS if (own := sheet_id(tab.name)) in state.tabs]


def plan_decisions(
    state: SheetState,
    found: Mapping[int, Sequence[Sequence[Any]]],
    shown: ShownDecisions,
    tabs_before: int,
) -> DecisionsPlan:
    """Make the tabs right; nothing where they are.

    Args:
        state: the spreadsheet's.
        found: the values of `decision_tabs_to_read`.
        shown: what the tabs are to show.
        tabs_before: tabs that there are when the requests are applied; new ones come after them.
    """
    requests: list[Request] = []
    written: list[int] = []
    repaired: list[str] = []
    for tab in DECISION_TABS:
        own = sheet_id(tab.name)
        there = state.tabs.get(own)
        if there is not None and own not in found:
            continue  # it was not read; the next export looks at it
        if there is None:
            made = [*_new_tab(state, tab, shown, tabs_before)]
            tabs_before += 1
        else:
            grid = decision_grid(tab, found[own], there.marked_columns)
            made, changed = _mended(state, there, grid, shown)
            repaired += changed
        requests += made
        written += [own] if made else []
    return DecisionsPlan(requests, written, repaired)


def still_wrong(found: Mapping[int, Sequence[Sequence[Any]]], written: Iterable[int]) -> list[str]:
    """Titles that are not as written in these tabs, one line each."""
    by_id = {sheet_id(tab.name): tab for tab in DECISION_TABS}
    wrong: list[str] = []
    for own in written:
        tab = by_id[own]
        grid = decision_grid(tab, found.get(own, []), {})
        wrong += [f"{tab.name}: its title {title} is not as written" for title in grid.missing]
    return wrong


def status_requests(own: int, grid: DecisionGrid, faults: Mapping[int, str]) -> list[Request]:
    """Say in Status why lines are not read, and clear what no longer holds.

    `faults` are by row, counted from 0.
    """
    place = grid.places.get(STATUS)
    if place is None:
        return []  # the next export adds the column
    wanted = {row: f"{NOT_READ}{fault}" for row, fault in faults.items()}
    for row in range(len(grid.values)):
        if row not in wanted and str(grid.cell(row, STATUS)).startswith(NOT_READ):
            wanted[row] = ""
    return [
        api.write_column(own, (row, place), [text])
        for row, text in sorted(wanted.items())
        if grid.cell(row, STATUS) != text
    ]


def _new_tab(
    state: SheetState, tab: DecisionTab, shown: ShownDecisions, index: int
) -> Iterator[Request]:
    own = sheet_id(tab.name)
    places = {title: place for place, title in enumerate(tab.titles)}
    lines = shown.lines.get(tab.name, ())
    size = (max(ROWS, 2 * len(lines)), len(tab.columns))
    yield api.add_sheet(own, free_title(tab.name, state), index, size, frozen=1)
    yield api.write_values(own, [list(tab.titles)], (0, 0), (1, size[1]))
    for column in tab.columns:
        yield from _column(own, column, places[column.title], shown.pages)
    yield from _lines(own, tab, places, lines)
    free = [grid_range(own, (0, None), (p, p + 1)) for t, p in places.items() if t != STATUS]
    yield api.protect(own, PROTECTION, *free)
    yield from _metadata(state, None, tab, places, shown)


def _mended(
    state: SheetState, there: Tab, grid: DecisionGrid, shown: ShownDecisions
) -> tuple[list[Request], list[str]]:
    tab, own = grid.tab, there.sheet_id
    lines = shown.lines.get(tab.name, ())
    width = max(there.column_count, *(place + 1 for place in grid.places.values()), 0)
    places = {**grid.places, **dict(zip(grid.missing, count(width), strict=False))}
    requests: list[Request] = []
    repaired: list[str] = []
    if grid.missing:
        requests.append(api.append_columns(own, len(grid.missing)))
        for title in grid.missing:
            repaired.append(f"{tab.name}: its column {title} was gone")
            requests += _column(own, tab.column[title], places[title], shown.pages)
    if grid.header != 0:
        repaired.append(f"{tab.name}: its titles were not in the first row")
        requests += _new_header(own, grid, places)
    else:
        for title in tab.titles:
            text = str(grid.cell(0, title))
            if title in grid.missing:
                requests.append(api.write_column(own, (0, places[title]), [title]))
            elif text.casefold() != title.casefold():
                requests.append(api.write_column(own, (0, places[title]), [title]))
                repaired.append(f"{tab.name}: its title {title} was {text!r}")
    if not any(grid.lines()) and grid.header is None:
        requests += [api.insert_rows(own, 1, len(lines))] if lines else []
        requests += _lines(own, tab, places, lines)
    elif grid.missing or grid.vacated:
        requests += _lost_cells(own, grid, places, lines)
    is_shown = there.value(PAGES_KEY) == _digest(shown.pages)
    if not is_shown and "Page" not in grid.missing:
        requests.append(_validation(own, tab.column["Page"], places["Page"], shown.pages))
    if requests or places != there.marked_columns:
        requests = [*without_merges(there), *requests]
        requests += _metadata(state, there, tab, places, shown)
    return requests, repaired


def _column(
    own: int, column: DecisionColumn, place: int, pages: Sequence[str]
) -> Iterator[Request]:
    """The look, note and validation of a column."""
    look = column.look
    yield api.format_cells(grid_range(own, (0, 1), (place, place + 1)), api.header_look(look.kind))
    yield api.write_note(own, (0, place), column.note)
    yield api.format_cells(
        grid_range(own, (1, None), (place, place + 1)), api.column_look(look.kind)
    )
    if column.kind not in ("text", "status", "id", "time"):
        yield _validation(own, column, place, pages)
    yield api.column_width(own, place, column.width)


def _validation(own: int, column: DecisionColumn, place: int, pages: Sequence[str]) -> Request:
    """What a column takes: other values are marked by the spreadsheet, and not refused."""
    where = grid_range(own, (1, None), (place, place + 1))
    match column.kind:
        case "page" if not 0 < len(pages) <= MOST_CHOICES:
            return api.clear_validation(where)
        case "page":
            return api.set_choices(where, pages)
        case "type":
            return api.set_choices(where, TYPES)
        case "date":
            return api.validate(where, "DATE_IS_VALID")
        case _:
            bounds = (str(column.lowest), str(column.highest))
            return api.validate(where, "NUMBER_BETWEEN", *bounds)


def _new_header(own: int, grid: DecisionGrid, places: Mapping[str, int]) -> Iterator[Request]:
    """Titles in the first row; those that were sorted into the lines are deleted."""
    yield api.insert_rows(own, 0, 1)
    for title, place in places.items():
        column = grid.tab.column[title]
        yield api.write_column(own, (0, place), [title])
        where = grid_range(own, (0, 1), (place, place + 1))
        yield api.format_cells(where, api.header_look(column.look.kind))
        yield api.write_note(own, (0, place), column.note)
    if grid.header is not None:
        yield api.delete_row(own, grid.header + 1)
    yield api.freeze(own, 1)


def _lines(
    own: int, tab: DecisionTab, places: Mapping[str, int], lines: Sequence[Said]
) -> Iterator[Request]:
    """Write lines under the titles."""
    for title in tab.titles if lines else ():
        values = [_cell(line.get(title)) for line in lines]
        if any(value is not None for value in values):
            yield api.write_column(own, (1, places[title]), values)


def _lost_cells(
    own: int, grid: DecisionGrid, places: Mapping[str, int], lines: Sequence[Said]
) -> Iterator[Request]:
    """The cells of columns that are gone, of the lines that are otherwise as they were read."""
    gone = [title for title in (*grid.missing, *grid.vacated) if title != STATUS]
    known: dict[str, Said] = {}
    for line in lines:
        rest = {title: value for title, value in line.items() if title not in gone}
        known.setdefault(json.dumps(rest, sort_keys=True), line)
    for row in grid.lines():
        line = known.get(json.dumps(grid.said(row), sort_keys=True))
        # Titles are written into a new first row, and those in another row are deleted.
        is_below = grid.header is not None and row > grid.header
        at = row if grid.header == 0 else row + 1 - is_below
        for title in gone if line else ():
            if line is not None and title in line:
                yield api.write_column(own, (at, places[title]), [_cell(line[title])])


def _cell(value: Any) -> Value:
    return value if isinstance(value, str | int | float | bool) else None


def _metadata(
    state: SheetState,
    there: Tab | None,
    tab: DecisionTab,
    places: Mapping[str, int],
    shown: ShownDecisions,
) -> Iterator[Request]:
    own = sheet_id(tab.name)
    revision = (there.revision if there else 0) + 1
    values = {
        DECISIONS_KEY: tab.name,
        PAGES_KEY: _digest(shown.pages),
        "revision": str(revision),
    }
    yield from replace_metadata(state, own, values, revision)
    yield from mark_columns(state, own, places, revision)


def _digest(pages: Sequence[str]) -> str:
    return hashlib.sha256(json.dumps([*pages]).encode()).hexdigest()[:16]
