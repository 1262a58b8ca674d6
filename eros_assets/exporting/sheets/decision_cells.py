"""What people mean by a cell of a tab of decisions: dates, times, hours, numbers, ids and words.

Values are as the API gives them unformatted: texts, numbers, booleans; dates and times are numbers
of days since 1899-12-30.
"""

import datetime as dt
import re
from contextlib import suppress
from typing import Any, TypeGuard

from eros_assets.exporting.sheets.cells import LONGEST_TEXT, SERIAL_EPOCH, UNSHOWABLE
from eros_assets.exporting.sheets.decision_tabs import TYPES, DecisionColumn

FIRST_SERIAL, LAST_SERIAL = 36_526, 73_050
"""2000-01-01 and 2099-12-31."""

EXACT = 2**53
MINUTES_A_DAY = 24 * 60
MOST_SHOWN = 40
DATE_WORDS = ("%d %b %Y", "%d %B %Y", "%b %d %Y", "%B %d %Y")
WEEKDAY = r"^(mon|tues?|wed(nes)?|thu(rs?)?|fri|sat(ur)?|sun)(day)?\.?,?\s+"
SAID_DATE = "write it such as 2025-11-12"
SAID_TIME = "write it such as 20:00"


class CellError(ValueError):
    """A cell that can't be read; the text continues a sentence that begins with its title."""


def shown(value: Any) -> str:
    """A cell for people, cut."""
    text = repr(plain(value))
    return text if len(text) <= MOST_SHOWN else text[: MOST_SHOWN - 1] + "…"


def plain(value: Any) -> Any:
    """A value without what nobody sees: blanks around a text, the .0 of a whole number."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str):
        return UNSHOWABLE.sub("\ufffd", value).replace("\u00a0", " ").strip()
    return value


def date_of(value: Any) -> dt.date:
    """The date that is meant.

    Raises:
        CellError: none, or two.
    """
    if _is_number(value):
        if FIRST_SERIAL <= value < LAST_SERIAL + 1:
            return SERIAL_EPOCH + dt.timedelta(days=int(value))
        raise CellError(f"{shown(value)} is not a date from 2000 to 2099: {SAID_DATE}")
    text = re.sub(WEEKDAY, "", str(value), flags=re.I)
    if found := re.fullmatch(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})", text):
        one, other, year = (int(part) for part in found.groups())
        meant = {d for d in (_date(year, one, other), _date(year, other, one)) if d is not None}
        if len(meant) == 1:
            return meant.pop()
        if meant:
            both = " or ".join(str(d) for d in sorted(meant))
            raise CellError(f"{shown(value)} may be {both}: {SAID_DATE}")
    found = re.fullmatch(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})", text)
    day = _date(*(int(part) for part in found.groups())) if found else _worded(text)
    if day is None:
        raise CellError(f"{shown(value)} is not a date: {SAID_DATE}")
    return day


def _date(year: int, month: int, day: int) -> dt.date | None:
    if not 2000 <= year <= 2099:
        return None
    with suppress(ValueError):
        return dt.date(year, month, day)
    return None


def _worded(text: str) -> dt.date | None:
    words = re.sub(r"(?<=\d)(st|nd|rd|th)\b", "", text.replace(",", " ").replace(".", " "))
    for form in DATE_WORDS:
        with suppress(ValueError):
            found = dt.datetime.strptime(f"{' '.join(words.split())} +0000", f"{form} %z")
            return _date(found.year, found.month, found.day)
    return None


def time_of(value: Any) -> dt.time:
    """The time of day that is meant; seconds are left out.

    Raises:
        CellError: none.
    """
    if _is_number(value):
        if value != int(value):  # the part after the point of a date with a time, too
            minutes = round((value - int(value)) * MINUTES_A_DAY) % MINUTES_A_DAY
            return dt.time(minutes // 60, minutes % 60)
        if 0 <= value <= 23:
            return dt.time(int(value))
    elif found := re.fullmatch(
        r"(\d{1,2})(?:[:.h](\d{2}))?(?::\d{2})?\s*([ap])?\.?\s*(?(3)m?\.?)",
        str(value).casefold(),
    ):
        hour, minute = int(found[1]), int(found[2] or 0)
        if found[3] and 1 <= hour <= 12:
            hour = hour % 12 + (12 if found[3] == "p" else 0)
        elif found[3]:
            hour = 24
        if hour <= 23 and minute <= 59:
            return dt.time(hour, minute)
    raise CellError(f"{shown(value)} is not a time of day: {SAID_TIME}")


def hour_of(value: Any, column: DecisionColumn) -> int:
    """The hour that is meant.

    Raises:
        CellError: none, or no whole one.
    """
    try:
        time = time_of(value)
    except CellError:
        raise CellError(f"{shown(value)} is not an hour: {_bounds(column)}") from None
    if time.minute:
        raise CellError(f"{shown(f'{time:%H:%M}')} is not a whole hour: {_bounds(column)}")
    return time.hour


def count_of(value: Any, column: DecisionColumn) -> int:
    """The whole number that is meant.

    Raises:
        CellError: none within the column's bounds.
    """
    number = plain(value)
    if isinstance(number, str) and re.fullmatch(r"\d{1,9}", number):
        number = int(number)
    if _is_number(number) and number == int(number):
        if column.lowest <= number <= column.highest:
            return int(number)
        raise CellError(f"{shown(value)} is not {_bounds(column)}")
    raise CellError(f"{shown(value)} is not a whole number: {_bounds(column)}")


def money_of(value: Any, column: DecisionColumn) -> float:
    """The amount that is meant, USD.

    Raises:
        CellError: none within the column's bounds.
    """
    amount: Any = value
    if isinstance(value, str):
        found = re.fullmatch(r"(?:USD|\$)?\s*(\d{1,9}(?:\.\d+)?)\s*(?:USD|\$)?", value, re.I)
        amount = float(found[1]) if found else None
    if not _is_number(amount):
        raise CellError(f"{shown(value)} is not an amount: write it such as 12.50")
    if not column.lowest <= amount <= column.highest:
        raise CellError(f"{shown(value)} is not {_bounds(column)}")
    return float(amount)


def id_of(value: Any) -> int:
    """The id that is meant.

    Raises:
        CellError: none, or one whose last digits a spreadsheet has lost.
    """
    number = plain(value)
    if isinstance(number, str) and re.fullmatch(r"-?\d{1,19}", number):
        number = int(number)
        if -(2**63) <= number < 2**63:
            return number
    elif _is_number(number) and number == int(number):
        if abs(number) <= EXACT:
            return int(number)
        raise CellError(
            f"{shown(value)} has lost its last digits: write it as text, with ' before it"
        )
    raise CellError(f"{shown(value)} is not the number of a caption")


def type_of(value: Any) -> str:
    """The message type that is meant.

    Raises:
        CellError: none.
    """
    words = {name.casefold(): name for name in TYPES} | {"bumps": "Bump", "ppvs": "PPV"}
    found = words.get(str(value).casefold())
    if found is None:
        raise CellError(f"{shown(value)} is not PPV or Bump")
    return found


def text_of(value: Any) -> str:
    """The text; a number as it is written.

    Raises:
        CellError: it is longer than a message may be.
    """
    text = str(plain(value))
    if len(text) > LONGEST_TEXT:
        raise CellError(f"is longer than {LONGEST_TEXT:,} characters")
    return text


def _bounds(column: DecisionColumn) -> str:
    return f"{column.lowest} to {column.highest:,}"


def _is_number(value: Any) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
