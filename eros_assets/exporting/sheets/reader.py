"""Reads the Review tabs of weeks, and marks the lines that can't be read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from eros_assets.exporting.sheets.client import Spreadsheet
from eros_assets.exporting.sheets.review_grid import ReviewGrid, review_grid
from eros_assets.exporting.sheets.review_reading import ReviewReading, UnreadLine, read_review
from eros_assets.exporting.sheets.review_tab import status_requests
from eros_assets.exporting.sheets.state import review_id


@dataclass(frozen=True, slots=True)
class ReviewTab:
    """A week's Review tab as it was read."""

    week: str
    grid: ReviewGrid

    @property
    def reading(self) -> ReviewReading:
        """Its lines.

        Raises:
            ReviewTabError: the tab lacks a column.
        """
        return read_review(self.grid)


def read_review_tab(spreadsheet: Spreadsheet, week: str) -> ReviewTab | None:
    """A week's Review tab, in two reads; None when there is no such tab.

    Raises:
        SheetsError: the tab can't be read.
    """
    return read_review_tabs(spreadsheet, [week]).get(week)


def read_review_tabs(spreadsheet: Spreadsheet, weeks: Iterable[str]) -> dict[str, ReviewTab]:
    """The Review tabs of weeks such as 2026-W53, in two reads; those that exist.

    Raises:
        SheetsError: the tabs can't be read.
    """
    tabs = spreadsheet.state().tabs
    there = {week: review_id(week) for week in weeks if review_id(week) in tabs}
    if not there:
        return {}
    found = spreadsheet.values(list(there.values()))
    return {
        week: ReviewTab(week, review_grid(found.get(own, []), tabs[own].marked_columns))
        for week, own in there.items()
    }


def mark_unread(spreadsheet: Spreadsheet, tab: ReviewTab, unread: Sequence[UnreadLine]) -> None:
    """Write into Status why lines are not read, and clear it where they are again.

    One write, or none when Status says so already.

    Raises:
        SheetsError: nothing was written, or it is unknown whether it was.
    """
    requests = status_requests(review_id(tab.week), tab.grid, unread)
    if requests:
        spreadsheet.change(requests)
