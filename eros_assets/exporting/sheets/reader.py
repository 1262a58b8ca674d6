"""What people wrote in the Review tab, read back."""

from eros_assets.exporting.sheets.client import Spreadsheet
from eros_assets.exporting.sheets.review import ReviewLine, read_review
from eros_assets.exporting.sheets.state import REVIEW, sheet_id


def read_review_tab(spreadsheet: Spreadsheet) -> list[ReviewLine] | None:
    """Its lines, in two reads; None when there is no Review tab yet.

    Raises:
        ReviewTabError: the tab holds something that can't be understood.
        SheetsError: it can't be read; never taken for "nothing there".
    """
    own = sheet_id(REVIEW)
    if own not in spreadsheet.state().tabs:
        return None
    return read_review(spreadsheet.values([own]).get(own, []))
