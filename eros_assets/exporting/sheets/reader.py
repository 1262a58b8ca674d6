"""Reads the Review tab."""

from eros_assets.exporting.sheets.client import Spreadsheet
from eros_assets.exporting.sheets.review_reading import ReviewReading, read_review
from eros_assets.exporting.sheets.state import REVIEW, sheet_id


def read_review_tab(spreadsheet: Spreadsheet) -> ReviewReading | None:
    """The lines of the Review tab, in two reads; None when there is no such tab.

    Raises:
        ReviewTabError: the tab's columns can't be told apart.
        SheetsError: the tab can't be read.
    """
    own = sheet_id(REVIEW)
    if own not in spreadsheet.state().tabs:
        return None
    return read_review(spreadsheet.values([own]).get(own, []))
