"""The columns of the export: the CSV files and the sheet's week are both made from COLUMNS.

To add a column, add a line to COLUMNS, and to ScheduledMessage a field named as the column of
`schedule_recommendations_with_messages`. Where that has NULL, give the field a default of None and
the line a format that is `optional`.
"""

import datetime as dt
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from eros_assets.calendar import ZONE
from eros_assets.exporting.sheets.cells import SheetColumn

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""First characters by which a spreadsheet takes text for a formula (OWASP, and full-width)."""

EXCEL_DIGITS = 15
"""Digits of a number that Excel keeps; a longer id goes as text."""


@dataclass(frozen=True, slots=True)
class CsvFormat:
    """How a column is written to CSV, read from it, and guarded for Excel.

    `write` is given values that are not None, `read` text that is not empty; None is an empty
    field, which `is_optional` allows. `read` raises ValueError with the rule that the text breaks.
    """

    write: Callable[[Any], str] = str
    read: Callable[[str], Any] = str
    guard: Callable[[str], str] = str
    is_optional: bool = False

    def text(self, value: Any) -> str:
        """The field of a value."""
        return "" if value is None else self.write(value)

    def value(self, text: str) -> Any:
        """The value of a field.

        Raises:
            ValueError: the text breaks a rule, which the error names.
        """
        if text:
            return self.read(text)
        if self.is_optional:
            return None
        raise ValueError("is empty")


@dataclass(frozen=True, slots=True)
class ExportColumn:
    """A column of the export. `name` is an attribute of ScheduledMessage, and the CSV's header.

    `csv` is None for a column of the sheet alone, `sheet` for one of the files alone. `place`
    counts the sheet's columns from the left; two of the same place stand in the order of COLUMNS.
    """

    name: str
    csv: CsvFormat | None = None
    place: int = 0
    sheet: SheetColumn | None = None


def optional(csv: CsvFormat) -> CsvFormat:
    """The format, with empty fields allowed."""
    return replace(csv, is_optional=True)


def matching(pattern: str, rule: str) -> CsvFormat:
    """Text that matches the whole pattern; `rule` completes the error "<column> <text> ..."."""

    def read(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(rule)
        return text

    return CsvFormat(read=read, guard=_guard_formula)


def _guard_formula(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _guard_digits(text: str) -> str:
    return f"'{text}" if len(text) > EXCEL_DIGITS else text


def _read_whole_number(text: str) -> int:
    if not re.fullmatch(r"-?\d+", text):
        raise ValueError("is not a whole number")
    return int(text)


def _read_number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError("is not a finite number")
    return number


def _read_flag(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError("is not true, false or empty")
    return text == "true"


def _read_instant(text: str) -> dt.datetime:
    try:
        instant = dt.datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("is not a time in ISO 8601") from None
    if instant.tzinfo is None or instant.utcoffset() != instant.astimezone(ZONE).utcoffset():
        raise ValueError("does not have the offset of America/Los_Angeles")
    return instant.astimezone(dt.UTC)


TEXT = CsvFormat(guard=_guard_formula)
WHOLE_NUMBER = CsvFormat(read=_read_whole_number, guard=_guard_digits)
NUMBER = CsvFormat(lambda value: repr(float(value)), _read_number)
MONEY = CsvFormat(lambda value: f"{value:.2f}", _read_number)
FLAG = CsvFormat(lambda value: "true" if value else "false", _read_flag)
LA_TIME = CsvFormat(
    lambda instant: instant.astimezone(ZONE).isoformat(timespec="seconds"), _read_instant
)
SCHEDULE_ID = matching(
    r"sched_\d{8}_[a-z0-9_]+_[0-9a-f]{8}", "is not sched_<YYYYMMDD>_<page_name>_<8 hex digits>"
)
PAGE_NAME = matching("[a-z0-9_]+", "does not match [a-z0-9_]+")
SOURCE = matching("planned|queued", "is not one of planned, queued")
MESSAGE_TYPE = matching("PPV|Bump", "is not one of PPV, Bump")

COLUMNS = (
    # In the files, in this order, and most of them in the sheet.
    ExportColumn("schedule_id", SCHEDULE_ID, 14, SheetColumn("Schedule", "text", 270)),
    ExportColumn("page_name", PAGE_NAME, 2, SheetColumn("Page", "text", 130)),
    ExportColumn("day_of_week", TEXT),
    ExportColumn("scheduled_send_time", LA_TIME),
    ExportColumn("message_type", MESSAGE_TYPE, 7, SheetColumn("Type", "text", 60)),
    ExportColumn("caption_id", WHOLE_NUMBER, 12, SheetColumn("Caption id", "id", 150)),
    ExportColumn("caption_text", TEXT, 11, SheetColumn("Caption", "long", 460)),
    ExportColumn("price_tier", TEXT, 8, SheetColumn("Tier", "text", 75)),
    ExportColumn("content_category", optional(TEXT), 9, SheetColumn("Category", "text", 110)),
    ExportColumn("has_urgency", optional(FLAG), 10, SheetColumn("Urgent", "flag", 60)),
    ExportColumn("performance_score", optional(NUMBER), 13, SheetColumn("Score", "score", 65)),
    ExportColumn("suggested_price", optional(MONEY), 8, SheetColumn("Price", "money", 70)),
    ExportColumn("expected_value", optional(MONEY), 8, SheetColumn("Expected", "money", 90)),
    ExportColumn("reason", optional(TEXT), 11, SheetColumn("Reason", "long", 460)),
    ExportColumn("source", SOURCE, 13, SheetColumn("Source", "text", 75)),
    # In the sheet alone.
    ExportColumn("display_name", None, 1, SheetColumn("Creator", "text", 140)),
    ExportColumn("message_number", None, 3, SheetColumn("No", "whole", 45)),
    ExportColumn("local_time", None, 4, SheetColumn("Date", "date", 115)),
    ExportColumn("local_time", None, 5, SheetColumn("LA time", "time", 65)),
    ExportColumn("utc_offset", None, 6, SheetColumn("UTC offset", "text", 80)),
)

CSV_COLUMNS: Mapping[str, CsvFormat] = {c.name: c.csv for c in COLUMNS if c.csv is not None}
"""The columns of the CSV files, in order, with their formats."""

SHEET_COLUMNS = tuple(
    (column.name, column.sheet)
    for column in sorted(COLUMNS, key=lambda column: column.place)
    if column.sheet is not None
)
"""The attributes of ScheduledMessage that the sheet's week shows, from left to right."""
