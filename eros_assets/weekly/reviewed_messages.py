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
"""Page or creator, days since 1899-12-30, seconds of the day; None: the line shows none."""


@dataclass(frozen=True, slots=True)
class ReviewedMessage:
    """The message of a line."""

    page_name: str
    caption_id: int
    send_time: dt.datetime | None = None
    creator: str | None = None


def misplaced_lines(
    reading: ReviewReading, planned: Mapping[Key, ReviewedMessage]
) -> list[ReviewLine]:
    """Lines with something to say that show another message than their key names.

    One cell may have been overwritten. Two that differ, or the page or creator and time of another
    message, are that message's: people changed the key, or sorted some columns alone.
    """
    known = {_shown(message, each) for message in planned.values() for each in _names(message)}
    return [
        line
        for line in reading.lines
        if (line.decision or line.note)
        and (message := planned.get(line.key)) is not None
        and _is_another(reading.found[line.key], message, known)
    ]


def _is_another(line: UnreadLine, message: ReviewedMessage, known: Collection[_Shown]) -> bool:
    page, date, time, creator = (line.cells.get(title) for title in (*SHOWN, "Creator"))
    when = _number(date, 1), _number(time, SECONDS_A_DAY)
    own = _shown(message, message.page_name)
    pairs = zip((page, *when), own, strict=True)
    differing = sum(cell is not None and cell != wanted for cell, wanted in pairs)
    others = {(page, *when), (creator, *when)} - {_shown(message, n) for n in _names(message)}
    return message.send_time is not None and (differing > 1 or not others.isdisjoint(known))


def _names(message: ReviewedMessage) -> tuple[str | None, ...]:
    return message.page_name, message.creator


def _shown(message: ReviewedMessage, name: str | None) -> _Shown:
    if message.send_time is None:
        return name, None, None
    local = message.send_time.astimezone(ZONE)
    seconds = (local.hour * 60 + local.minute) * 60 + local.second
    return name, serial_date(local.date()), seconds


def _number(text: str | None, unit: int) -> int | str | None:
    """A cell's number in whole units; the text, when it is none."""
    try:
        return None if text is None else round(float(text) * unit)
    except ValueError:
        return text
