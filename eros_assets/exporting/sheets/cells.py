"""Typed cells: what a value becomes in a sheet. No cell is a formula.

Text goes as text, ids as text (a JSON number loses digits beyond 2**53), dates and times of day as
the numbers by which spreadsheets count them.
"""

import datetime as dt
import math
import re
from dataclasses import dataclass
from typing import Any, Literal

from eros_assets.errors import ErosError

Value = str | float | bool | None
"""What a cell holds; None and "" both mean an empty one."""

CellKind = Literal["text", "long", "id", "whole", "score", "money", "date", "time", "flag"]

LONGEST_TEXT = 50_000
"""UTF-16 units that Google allows in a cell."""

SERIAL_EPOCH = dt.date(1899, 12, 30)
SECONDS_A_DAY = 86_400
INVISIBLE = re.compile("[\u200b-\u200f\u2060\ufeff]")
UNSHOWABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


class SheetContentError(ErosError):
    """A value that does not fit into a cell."""


@dataclass(frozen=True, slots=True)
class SheetColumn:
    """A column of a tab; `width` in pixels."""

    title: str
    kind: CellKind
    width: int


def cell_value(kind: CellKind, value: Any, where: str) -> Value:
    """The cell of a value; `date` and `time` take an LA wall time. `where` is for errors.

    Raises:
        SheetContentError: a text longer than a cell holds.
    """
    if value is None:
        return None
    match kind:
        case "text" | "long":
            return sheet_text(value, where)
        case "id":
            return str(value)
        case "score" | "money":
            return None if math.isnan(value) else float(value)
        case "date":
            return serial_date(value.date())
        case "time":
            return (value.hour * 3600 + value.minute * 60 + value.second) / SECONDS_A_DAY
        case "whole" | "flag":
            return value


def folded(value: Any) -> str:
    """A title as titles are compared: without what nobody sees, in lower case."""
    return INVISIBLE.sub("", str(value)).strip().casefold()


def serial_date(day: dt.date) -> int:
    """Days since 1899-12-30."""
    return (day - SERIAL_EPOCH).days


def sheet_text(text: str | None, where: str) -> str | None:
    """The text with LF as line ends, and U+FFFD for characters that no cell can hold.

    Raises:
        SheetContentError: longer than a cell holds; `where` is named.
    """
    if text is None:
        return None
    cleaned = UNSHOWABLE.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))
    if len(cleaned) > LONGEST_TEXT // 2 and len(cleaned.encode("utf-16-le")) // 2 > LONGEST_TEXT:
        raise SheetContentError(
            f"{where} has more than {LONGEST_TEXT:,} characters, more than a cell holds; shorten it"
        )
    return cleaned
