"""Google Sheets: requests, bytes and cells of a week of 38 creators with 30 messages each.

Against the tests' own server on loopback, which checks every request as Google would.
"""

import datetime as dt
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from eros_assets.exporting.message import ScheduledMessage
from eros_assets.exporting.sheets.planning import plan_batch
from eros_assets.exporting.sheets.state import STATE_FIELDS, read_state
from tests.exporting.sheets_service.service import BATCH, GET, SPREADSHEET, Sheets
from tests.exporting.sheets_service.tabs import Tab
from tests.exporting.sheets_service.weeks import MONDAY, Desk, full_week, opened_desk, week_of
from tests.google.exchange import Request

WEEKS = 26
CELL_LIMIT = 10_000_000


def measure() -> Iterator[str]:
    """What a first, a repeated and a changed export cost, and what half a year of weeks takes."""
    with opened_desk() as desk:
        week = full_week()
        changed = [replace(week[0], caption_text="Another caption"), *week[1:]]
        for name, shown in (("first", week), ("repeated", week), ("changed", changed)):
            yield _costs(desk, name, shown)
        for number in range(1, WEEKS):
            _put(desk.sheets, MONDAY + dt.timedelta(days=7 * number))
        tabs = [tab for tab in desk.sheets.tabs.values() if tab.sheet_id]
        allocated, used = sum(map(_allocated, tabs)), sum(map(_used, tabs))
        yield (
            f"{WEEKS} weeks: {allocated:,} cells allocated, {used:,} used "
            f"({used / allocated:.1%}), {allocated / CELL_LIMIT:.1%} of Google's limit"
        )


def _costs(desk: Desk, name: str, shown: Sequence[ScheduledMessage]) -> str:
    begun = time.perf_counter()
    done = desk.show(shown, timeout=600.0)
    seconds = time.perf_counter() - begun
    return (
        f"{name:<9} {done.status:<10} {done.reads} reads, {done.writes} writes, "
        f"{done.bytes_written / 1000:,.0f} kB written, {seconds:.1f} s with the server"
    )


def _put(sheets: Sheets, monday: dt.date) -> None:
    """A week more, past the wire."""
    spreadsheet = {"spreadsheetId": SPREADSHEET}
    state = read_state(sheets.answer(Request(GET, spreadsheet, {"fields": STATE_FIELDS})))
    plan = plan_batch(state, {}, week_of(full_week(monday), monday))
    sheets.answer(Request(BATCH, spreadsheet, {}, {"requests": plan.requests}))


def _allocated(tab: Tab) -> int:
    return tab.rows * tab.columns


def _used(tab: Tab) -> int:
    return sum("userEnteredValue" in cell for cell in tab.cells.values())
