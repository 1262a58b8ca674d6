"""The messages that lines of the Review tab are about, and lines that show another one."""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from eros_assets.calendar import ZONE
from eros_assets.exporting.sheets.cells import SECONDS_A_DAY, serial_date
from eros_assets.exporting.sheets.review import Key
from eros_assets.exporting.sheets.review_reading import ReviewLine, ReviewReading, UnreadLine

SHOWN = ("Page", "Date", "LA time")
"""Cells of a line that tell whose it is, beside its key."""

_Shown = tuple[str | int | None, ...]
"""Page, days since 1899-12-30, and seconds of the day, as a line shows them; None: nothing."""


@dataclass(frozen=True, slots=True)
class ReviewedMessage:
    """The message of a line."""

    page_name: str
    caption_id: int
    send_time: dt.datetime | None = None


def misplaced_lines(
    reading: ReviewReading, planned: Mapping[Key, ReviewedMessage]
) -> list[ReviewLine]:
    """Lines with something to say that show another message than their key names.

    One cell may have been overwritten; two that differ, or one that makes it another message's, are
    another message's.
    """
    shown = {key: _shown(message) for key, message in planned.items()}
    known = set(shown.values())
    return [
        line
        for line in reading.lines
        if (line.decision or line.note)
        and (own := shown.get(line.key)) is not None
        and _is_another(_cells(reading.found[line.key]), own, known)
    ]


def _shown(message: ReviewedMessage) -> _Shown | None:
    if message.send_time is None:
        return None
    local = message.send_time.astimezone(ZONE)
    seconds = (local.hour * 60 + local.minute) * 60 + local.second
    return message.page_name, serial_date(local.date()), seconds


def _cells(line: UnreadLine) -> _Shown:
    page, date, time = (line.cells.get(title) for title in SHOWN)
    return page, _number(date, 1), _number(time, SECONDS_A_DAY)


def _number(text: str | None, unit: int) -> int | str | None:
    """A cell's number in whole units; the text, when it is none."""
    try:
        return None if text is None else round(float(text) * unit)
    except ValueError:
        return text


def _is_another(cells: _Shown, own: _Shown, known: Collection[_Shown | None]) -> bool:
    pairs = zip(cells, own, strict=True)
    differing = sum(cell is not None and cell != wanted for cell, wanted in pairs)
    return differing > 1 or (differing == 1 and cells in known)
