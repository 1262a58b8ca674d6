"""Reads the Review tabs of weeks, and marks the lines that can't be read."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from eros_assets.exporting.sheets.client import Spreadsheet
from eros_assets.exporting.sheets.review_grid import ReviewGrid, review_grid, week_of
from eros_assets.exporting.sheets.review_reading import ReviewReading, UnreadLine, read_review
from eros_assets.exporting.sheets.review_tab import status_requests
from eros_assets.exporting.sheets.state import REVIEW, Tab, review_id, sheet_id
from eros_assets.exporting.sheets.tables import week_name

READ = ("Date", "LA time", "Decision", "Note", "Status", "Page", "Message", "Schedule")
"""The columns that tell what people decided, and about which message."""

SHARED_TAB = sheet_id(REVIEW)
"""The one Review tab of earlier versions."""


@dataclass(frozen=True, slots=True)
class ReviewTab:
    """A week's Review tab as it was read."""

    week: str
    grid: ReviewGrid
    status: int | None
    """The tab's column Status; None when there is none."""

    @property
    def reading(self) -> ReviewReading:
        """Its lines.

        Raises:
            ReviewTabError: the tab lacks a column.
        """
        return read_review(self.grid)


def read_review_tab(spreadsheet: Spreadsheet, week: str) -> ReviewTab | None:
    """A week's Review tab, in two reads; None when there is no such tab.

    A week without a tab of its own has its lines of the one Review tab that all weeks shared in
    earlier versions, where that is still there.

    Raises:
        SheetsError: the tab can't be read.
    """
    tabs = spreadsheet.state().tabs
    if review_id(week) in tabs or SHARED_TAB not in tabs:
        return _read_tabs(spreadsheet, [week], tabs).get(week)
    shared = tabs[SHARED_TAB]
    values = spreadsheet.values([shared.sheet_id]).get(shared.sheet_id, [])
    return _of_week(review_grid(values, shared.marked_columns), week)


def read_review_tabs(spreadsheet: Spreadsheet, weeks: Iterable[str]) -> dict[str, ReviewTab]:
    """The Review tabs of weeks such as 2026-W53, in two reads; those that exist.

    Raises:
        SheetsError: the tabs can't be read.
    """
    return _read_tabs(spreadsheet, weeks, spreadsheet.state().tabs)


def _read_tabs(
    spreadsheet: Spreadsheet, weeks: Iterable[str], tabs: Mapping[int, Tab]
) -> dict[str, ReviewTab]:
    there = {week: tabs[own] for week in weeks if (own := review_id(week)) in tabs}
    if not there:
        return {}
    grids = _narrow(spreadsheet, there.values())
    wide = [tab.sheet_id for tab in there.values() if tab.sheet_id not in grids]
    found = spreadsheet.values(wide) if wide else {}
    for tab in there.values():
        if tab.sheet_id in found:
            grids[tab.sheet_id] = review_grid(found[tab.sheet_id], tab.marked_columns)
    return {
        week: ReviewTab(
            week,
            grid := grids[tab.sheet_id],
            grid.places.get("Status") if tab.sheet_id in found else tab.marked_columns["Status"],
        )
        for week, tab in there.items()
    }


def _of_week(grid: ReviewGrid, week: str) -> ReviewTab | None:
    """A week's lines of the tab that weeks shared, in their rows; None without any.

    They are not marked: the next export makes the week's own tab, with what they say.
    """
    own = {row for row in grid.lines() if (key := grid.key(row)) and _week_of_key(key[0]) == week}
    if not own:
        return None
    values = [
        cells if row in own or row == grid.header else [] for row, cells in enumerate(grid.values)
    ]
    return ReviewTab(week, replace(grid, values=values), None)


def _week_of_key(schedule: str) -> str | None:
    monday = week_of(schedule)
    return None if monday is None else week_name(monday)


def _narrow(spreadsheet: Spreadsheet, tabs: Iterable[Tab]) -> dict[int, ReviewGrid]:
    """The columns that matter, of the tabs where they are marked and titled as they should be.

    Captions are most of a tab, and say nothing here.
    """
    marked = {
        tab.sheet_id: {title: tab.marked_columns[title] for title in READ}
        for tab in tabs
        if all(title in tab.marked_columns for title in READ)
    }
    if not marked:
        return {}
    found = spreadsheet.columns({own: list(places.values()) for own, places in marked.items()})
    grids: dict[int, ReviewGrid] = {}
    for own, places in marked.items():
        columns = [found.get((own, place), []) for place in places.values()]
        values = [list(row) for row in zip_longest(*columns, fillvalue="")]
        grid = review_grid(values, {title: place for place, title in enumerate(READ)})
        is_whole = grid.header == 0 and all(
            grid.text(0, title).casefold() == title.casefold() for title in READ
        )
        if is_whole:
            grids[own] = grid
    return grids


def mark_unread(
    spreadsheet: Spreadsheet,
    tab: ReviewTab,
    unread: Sequence[UnreadLine],
    too_late: Sequence[UnreadLine] = (),
) -> None:
    """Write into Status why lines change nothing, and clear it where they do again.

    One write, or none when Status says so already.

    Raises:
        SheetsError: nothing was written, or it is unknown whether it was.
    """
    if tab.status is None:
        return  # the next export adds the column
    requests = status_requests(review_id(tab.week), tab.grid, tab.status, unread, too_late)
    if requests:
        spreadsheet.change(requests)
