"""Test weeks, and a spreadsheet on loopback to export them to."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from google.auth.credentials import AnonymousCredentials

from eros_assets.calendar import la_instant
from eros_assets.exporting.message import ScheduledMessage
from eros_assets.exporting.sheets.client import Spreadsheet
from eros_assets.exporting.sheets.exporter import ExportedSheet, export_sheet
from eros_assets.exporting.sheets.planning import SheetWeek
from eros_assets.exporting.sheets.retry_policy import RetryPolicy
from eros_assets.exporting.sheets.review import Key, Said
from eros_assets.exporting.sheets.state import sheet_id
from eros_assets.exporting.sheets.tables import WeekEntry, week_name
from tests.exporting.sheets_service.service import SPREADSHEET, Sheets
from tests.google.loopback import serving

MONDAY = dt.date(2025, 11, 10)
TIERS = ("budget", "mid", "premium", "bump")
BIG_ID = 7_512_345_678_901_234_567


def message(
    number: int, page: str = "cook", week_start: dt.date = MONDAY, **changes: Any
) -> ScheduledMessage:
    """Message `number` of a page's week; messages are four hours apart."""
    tier = TIERS[number % 4]
    return replace(
        ScheduledMessage(
            schedule_id=f"sched_{week_start:%Y%m%d}_{page}_0a1b2c3d",
            page_name=page,
            display_name=page.title(),
            message_number=number,
            scheduled_send_time=la_instant(week_start, 8) + dt.timedelta(hours=4 * (number - 1)),
            message_type="Bump" if tier == "bump" else "PPV",
            price_tier=tier,
            content_category="recipes",
            has_urgency=number % 5 == 0,
            caption_id=BIG_ID + number,
            caption_text=f"Recipe {number} of {page}: fresh bread, and how to bake it at home 🍞",
            performance_score=number / 16,
        ),
        **changes,
    )


def messages(pages: Sequence[str] = ("coach", "cook"), each: int = 3, **more: Any) -> list[Any]:
    return [message(n, page, **more) for page in pages for n in range(1, each + 1)]


def full_week(week_start: dt.date = MONDAY) -> list[ScheduledMessage]:
    """38 creators, 30 messages each."""
    return messages([f"page_{n:02}" for n in range(38)], 30, week_start=week_start)


def week_of(
    shown: Sequence[ScheduledMessage],
    week_start: dt.date = MONDAY,
    *,
    run: str = "run-1",
    missing: Mapping[str, str] | None = None,
    said: Mapping[Key, Said] | None = None,
) -> SheetWeek:
    bumps = sum(each.price_tier == "bump" for each in shown)
    entry = WeekEntry(
        week_start=week_start,
        sheet_id=sheet_id(week_name(week_start)),
        run_id=run,
        creators=len({each.page_name for each in shown}),
        messages=len(shown),
        ppvs=len(shown) - bumps,
        bumps=bumps,
        missing=len(missing or {}),
    )
    return SheetWeek(entry, shown, missing or {}, said or {})


@dataclass
class Desk:
    """A spreadsheet on loopback, with the waits and reports of all exports to it."""

    sheets: Sheets
    address: str
    waits: list[float] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def spreadsheet(self, **changes: Any) -> Spreadsheet:
        given: dict[str, Any] = {
            "account": "eros@agency.iam.gserviceaccount.com",
            "endpoint": self.address,
            "timeout": 20.0,
            "retry_policy": RetryPolicy(sleep=self.waits.append),
            **changes,
        }
        name = given.pop("spreadsheet_id", SPREADSHEET)
        credentials = given.pop("credentials", AnonymousCredentials())
        return Spreadsheet(name, credentials, **given)

    def export(self, week: SheetWeek, **changes: Any) -> ExportedSheet:
        return self.export_with(self.spreadsheet(**changes), week)

    def export_with(self, spreadsheet: Spreadsheet, week: SheetWeek) -> ExportedSheet:
        return export_sheet(spreadsheet, week, self.said.append)

    def show(
        self, shown: Sequence[ScheduledMessage], *, run: str = "run-1", **changes: Any
    ) -> ExportedSheet:
        """Export these messages as the week of MONDAY."""
        named = {name: changes.pop(name, None) for name in ("missing", "said")}
        return self.export(week_of(shown, run=run, **named), **changes)


@contextmanager
def opened_desk() -> Iterator[Desk]:
    """Formulas, reads of all cells, and requests outside Google's document fail the test."""
    sheets = Sheets()
    with serving(sheets) as address:
        yield Desk(sheets, address)
    assert sheets.violations == []
