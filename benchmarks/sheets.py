"""Google Sheets: requests, bytes and cells of weeks of 38 creators with 30 messages each.

Against the tests' own server on loopback, which checks every request as Google would. Captions have
500 characters.
"""

import datetime as dt
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from eros_assets.exporting.message import ScheduledMessage
from eros_assets.exporting.sheets.planning import plan_batch
from eros_assets.exporting.sheets.reader import read_review_tabs
from eros_assets.exporting.sheets.state import STATE_FIELDS, read_state
from eros_assets.exporting.sheets.tables import week_name
from tests.exporting.sheets_service.service import BATCH, GET, SPREADSHEET, Sheets
from tests.exporting.sheets_service.tabs import Tab
from tests.exporting.sheets_service.weeks import MONDAY, Desk, full_week, opened_desk, week_of
from tests.google.exchange import Request

WEEKS = (1, 26, 52)
WATCHED = 3
CAPTION = 500
CELL_LIMIT = 10_000_000


def measure() -> Iterator[str]:
    """What exports and readings cost in a spreadsheet of 1, 26 and 52 weeks."""
    with opened_desk() as desk:
        there = 0
        for weeks in WEEKS:
            for number in range(there, weeks - 1):
                _put(desk.sheets, _monday(number))
            there = weeks
            yield from _week(desk, _monday(weeks - 1), weeks)
        tabs = [tab for tab in desk.sheets.tabs.values() if tab.sheet_id]
        allocated, used = sum(map(_allocated, tabs)), sum(map(_used, tabs))
        yield (
            f"{there} weeks: {allocated:,} cells allocated, {used:,} used "
            f"({used / allocated:.1%}), {allocated / CELL_LIMIT:.1%} of Google's limit"
        )


def _week(desk: Desk, monday: dt.date, weeks: int) -> Iterator[str]:
    week = _messages(monday)
    changed = [replace(week[0], caption_text="Another caption"), *week[1:]]
    other = [
        replace(each, schedule_id=f"{each.schedule_id[:-8]}99999999")
        if each.page_name == week[0].page_name
        else each
        for each in week
    ]
    cases = (("first", week), ("unchanged", week), ("changed", changed), ("new schedule", other))
    for name, shown in cases:
        yield f"{weeks:>2} weeks, {name:<12} {_costs(desk, shown, monday)}"
    spreadsheet = desk.spreadsheet(timeout=600.0)
    names = [week_name(monday - dt.timedelta(days=7 * n)) for n in range(WATCHED)]
    read = read_review_tabs(spreadsheet, names)
    yield (
        f"{weeks:>2} weeks, reading of {len(read)} Review tabs: {spreadsheet.traffic.reads} reads, "
        f"{spreadsheet.traffic.bytes_read / 1000:,.0f} kB"
    )


def _costs(desk: Desk, shown: Sequence[ScheduledMessage], monday: dt.date) -> str:
    begun = time.perf_counter()
    spreadsheet = desk.spreadsheet(timeout=600.0)
    done = desk.export_with(spreadsheet, week_of(shown, monday))
    seconds = time.perf_counter() - begun
    return (
        f"{done.status:<10} {done.reads} reads of {spreadsheet.traffic.bytes_read / 1000:,.0f} kB, "
        f"{done.writes} writes of {done.bytes_written / 1000:,.0f} kB, "
        f"{seconds:.1f} s with the server"
    )


def _messages(monday: dt.date) -> list[ScheduledMessage]:
    return [
        replace(each, caption_text=each.caption_text.ljust(CAPTION, "."))
        for each in full_week(monday)
    ]


def _monday(number: int) -> dt.date:
    return MONDAY + dt.timedelta(days=7 * number)


def _put(sheets: Sheets, monday: dt.date) -> None:
    """A week more, past the wire."""
    spreadsheet = {"spreadsheetId": SPREADSHEET}
    state = read_state(sheets.answer(Request(GET, spreadsheet, {"fields": STATE_FIELDS})))
    plan = plan_batch(state, {}, week_of(_messages(monday), monday))
    sheets.answer(Request(BATCH, spreadsheet, {}, {"requests": plan.requests}))


def _allocated(tab: Tab) -> int:
    return tab.rows * tab.columns


def _used(tab: Tab) -> int:
    return sum("userEnteredValue" in cell for cell in tab.cells.values())
