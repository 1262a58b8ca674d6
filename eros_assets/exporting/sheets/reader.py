"""Reads the Review tabs of weeks, and marks the lines that can't be read."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest

from eros_assets.exporting.sheets.client import Spreadsheet
from eros_assets.exporting.sheets.faults import SheetsRefusedError
from eros_assets.exporting.sheets.metadata import hold_columns
from eros_assets.exporting.sheets.review import TITLES
from eros_assets.exporting.sheets.review_grid import ReviewGrid, review_grid, week_of
from eros_assets.exporting.sheets.review_reading import (
    ReviewReading,
    ReviewTabError,
    UnreadLine,
    read_copies,
    read_review,
)
from eros_assets.exporting.sheets.review_tab import status_requests
from eros_assets.exporting.sheets.settled_reading import settled_values
from eros_assets.exporting.sheets.state import (
    REVIEW,
    REVIEW_KEY,
    SheetState,
    Tab,
    review_id,
    sheet_id,
)
from eros_assets.exporting.sheets.tables import week_name

READ = ("Creator", "Date", "LA time", "Decision", "Note", "Status", "Page", "Message", "Schedule")
"""The columns that tell what people decided, and about which message."""

SHARED_TAB = sheet_id(REVIEW)
"""The one Review tab of earlier versions."""

NO_TAB = -1
LARGEST_COPY = 100_000
"""Cells of a tab that is read because its title says Review; a week has about 15,000."""


@dataclass(frozen=True, slots=True)
class ReviewTab:
    """A week's Review tab as it was read.

    `tab` is None where the week has none of its own, `status` the column Status, None when there is
    none. `copies` are tabs that people made of it, by title. `is_gone`: people deleted it.
    """

    week: str
    grid: ReviewGrid
    status: int | None
    tab: Tab | None = None
    copies: Mapping[str, ReviewGrid] = field(default_factory=dict[str, ReviewGrid])
    is_gone: bool = False

    @property
    def reading(self) -> ReviewReading:
        """Its lines.

        Raises:
            ReviewTabError: the tab lacks a column, or is gone.
        """
        if self.is_gone:
            raise ReviewTabError(
                f"the Review tab of {self.week} is gone; the next export writes it again, with the "
                "decisions that were read before"
            )
        monday = dt.date.fromisoformat(f"{self.week}-1")
        return read_copies(read_review(self.grid), self.copies, monday)


def read_review_tab(spreadsheet: Spreadsheet, week: str) -> ReviewTab | None:
    """A week's Review tab, in two reads; None when there is no such tab.

    A week without a tab of its own has its lines of the one Review tab that all weeks shared in
    earlier versions, where that is still there.

    Raises:
        SheetsError: the tab can't be read.
    """
    state = spreadsheet.state()
    if review_id(week) in state.tabs or SHARED_TAB not in state.tabs:
        return _read_tabs(spreadsheet, [week], state).get(week)
    shared = state.tabs[SHARED_TAB]
    values = spreadsheet.values([shared.sheet_id]).get(shared.sheet_id, [])
    return _of_week(review_grid(values, shared.marked_columns), week)


def read_review_tabs(spreadsheet: Spreadsheet, weeks: Collection[str]) -> dict[str, ReviewTab]:
    """The Review tabs of weeks such as 2026-W53, in two reads; those that exist.

    Raises:
        SheetsError: the tabs can't be read.
    """
    return _read_tabs(spreadsheet, weeks, spreadsheet.state())


def _read_tabs(
    spreadsheet: Spreadsheet, weeks: Collection[str], state: SheetState
) -> dict[str, ReviewTab]:
    own = {week: number for week in weeks if (number := review_id(week)) in state.tabs}
    narrow = _narrow(spreadsheet, [state.tabs[number] for number in own.values()])
    copies = [tab.sheet_id for tab in state.tabs.values() if _is_copy(tab)]
    wide = [number for number in own.values() if number not in narrow]
    state, found = settled_values(spreadsheet, state, [*wide, *copies])
    grids = {
        number: review_grid(values, state.tabs[number].marked_columns)
        for number, values in found.items()
    }
    copied = {state.tabs[number].title: grids[number] for number in copies if number in grids}
    read: dict[str, ReviewTab] = {}
    for week in weeks:
        tab = state.tabs.get(own.get(week, NO_TAB))
        if tab is not None and tab.sheet_id in grids:
            grid = grids[tab.sheet_id]
            read[week] = ReviewTab(week, grid, grid.places.get("Status"), tab, copied)
        elif tab is not None:
            status = tab.marked_columns.get("Status")
            read[week] = ReviewTab(week, narrow[tab.sheet_id], status, tab, copied)
        elif copied:
            nothing = ReviewGrid([], {title: n for n, title in enumerate(TITLES)}, None)
            read[week] = ReviewTab(week, nothing, None, None, copied)
        elif _had_lines(state.tabs.get(sheet_id(week))):
            read[week] = ReviewTab(week, ReviewGrid([], {}, None), None, is_gone=True)
    return read


def _had_lines(week: Tab | None) -> bool:
    """Whether a week's own tab shows messages: then it had a Review tab, which people deleted."""
    return week is not None and week.value("rows") not in (None, "0")


def _is_copy(tab: Tab) -> bool:
    """Whether a person may have made the tab of a Review tab."""
    week = tab.value(REVIEW_KEY)
    is_own = tab.sheet_id == SHARED_TAB or (week is not None and tab.sheet_id == review_id(week))
    is_named = REVIEW.casefold() in tab.title.casefold()
    is_small = 0 < tab.row_count * tab.column_count <= LARGEST_COPY  # a chart's tab has none
    return not is_own and (week is not None or (is_named and is_small))


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


def _narrow(spreadsheet: Spreadsheet, tabs: Sequence[Tab]) -> dict[int, ReviewGrid]:
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
    try:
        found = spreadsheet.columns({own: list(places.values()) for own, places in marked.items()})
    except SheetsRefusedError:  # a tab or column was deleted meanwhile
        return {}
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
    own = [line for line in unread if line.copy is None]
    requests = status_requests(review_id(tab.week), tab.grid, tab.status, own, too_late)
    if requests and tab.tab is not None:
        spreadsheet.change([*requests, *hold_columns(tab.tab)])
