"""Reads people's decisions and notes from the lines of the Review tab.

A line that can't be read does not stop the others: it is returned with its row and the reason.
"""

import datetime as dt
import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from eros_assets.errors import ErosError
from eros_assets.exporting.sheets.review import APPROVE, REJECT

WORDS = {
    **dict.fromkeys(("approve", "approved", "ok", "okay", "yes", "y"), APPROVE),
    **dict.fromkeys(("reject", "rejected", "no", "n", "x"), REJECT),
}
"""What people write as a decision, in any case, with blanks around it or a full stop behind it."""

KEYS = ("Decision", "Note", "Schedule", "Message")
INVISIBLE = re.compile("[\u200b-\u200f\u2060\ufeff]")


class ReviewTabError(ErosError):
    """The tab's columns can't be told apart."""


@dataclass(frozen=True, slots=True)
class ReviewLine:
    """A line of the Review tab as people left it."""

    schedule_id: str
    message_number: int
    decision: str | None
    note: str | None

    @property
    def key(self) -> tuple[str, int]:
        """Schedule and message number."""
        return self.schedule_id, self.message_number


@dataclass(frozen=True, slots=True)
class UnreadLine:
    """A line whose decision or note can't be used.

    `row` counts from 1, the header. `cells` are the line's texts by title, without empty ones.
    """

    row: int
    reason: str
    cells: Mapping[str, str]

    @property
    def sentence(self) -> str:
        """One line for people."""
        return f"tab Review row {self.row}: {self.reason}"


@dataclass(frozen=True, slots=True)
class ReviewReading:
    """The lines that could be read, those that could not, and the rows of the former by key."""

    lines: Sequence[ReviewLine] = ()
    unread: Sequence[UnreadLine] = ()
    rows: Mapping[tuple[str, int], int] = field(default_factory=dict[tuple[str, int], int])

    def of_week(self, week_start: dt.date) -> "ReviewReading":
        """The lines of a week; an unread line that names no week belongs to every week."""
        return replace(
            self,
            lines=[line for line in self.lines if week_of(line.schedule_id) == week_start],
            unread=[line for line in self.unread if _week_named(line) in (week_start, None)],
        )


def read_review(values: Sequence[Sequence[Any]]) -> ReviewReading:
    """The lines of the tab; `values` begin with the header, rows and columns in any order.

    Lines without decision and note say nothing, also where people have changed their other cells.
    Of two lines of a message with different decisions neither is read.

    Raises:
        ReviewTabError: a missing or duplicate column.
    """
    header = [str(value).strip() for value in values[0]] if values else []
    places = {title: _place(header, title) for title in KEYS}
    lines: dict[tuple[str, int], ReviewLine] = {}
    rows: dict[tuple[str, int], list[UnreadLine]] = {}
    unread: list[UnreadLine] = []
    for number, row in enumerate(values[1:], start=2):
        cells = {title: _text(row, place) for title, place in places.items()}
        shown = {title: _text(row, place) for place, title in enumerate(header) if title}
        said = UnreadLine(number, _fault(cells), {t: text for t, text in shown.items() if text})
        if said.reason and (cells["Decision"] or cells["Note"]):
            unread.append(said)
        if said.reason:
            continue
        line = _line(cells)
        rows.setdefault(line.key, []).append(said)
        other = lines.setdefault(line.key, line)
        if other.decision and line.decision and other.decision != line.decision:
            unread += _contested(line.key, rows[line.key])
        lines[line.key] = ReviewLine(
            *line.key, other.decision or line.decision, other.note or line.note
        )
    contested = {line.row for line in unread}
    kept = [
        line for key, line in lines.items() if not any(said.row in contested for said in rows[key])
    ]
    newest = {line.row: line for line in unread}
    return ReviewReading(
        kept,
        [newest[row] for row in sorted(newest)],
        {key: said[0].row for key, said in rows.items()},
    )


def _contested(key: tuple[str, int], rows: Sequence[UnreadLine]) -> list[UnreadLine]:
    """The lines of a message that decide differently, with the reason."""
    schedule, message = key
    named = ", ".join(str(line.row) for line in rows)
    reason = (
        f"rows {named} have different decisions on message {message} of {schedule}; delete all "
        "of them but one"
    )
    return [UnreadLine(line.row, reason, line.cells) for line in rows]


def _fault(cells: Mapping[str, str]) -> str:
    """Why a line can't be read; empty when it can."""
    schedule, message = cells["Schedule"], cells["Message"]
    if not schedule:
        return "its Schedule is empty; copy it from another line of the page and week"
    if week_of(schedule) is None:
        return f"Schedule {schedule!r} is not the id of a schedule; undo the change"
    if not message.isdecimal():
        return f"Message {message!r} is not a message's number; undo the change"
    if cells["Decision"] and _decision(cells["Decision"]) is None:
        return f"Decision {cells['Decision']!r} is not {APPROVE} or {REJECT}; choose one of them"
    return ""


def _line(cells: Mapping[str, str]) -> ReviewLine:
    return ReviewLine(
        schedule_id=cells["Schedule"],
        message_number=int(cells["Message"]),
        decision=_decision(cells["Decision"]),
        note=cells["Note"] or None,
    )


def _decision(text: str) -> str | None:
    word = unicodedata.normalize("NFKC", text).casefold().strip().rstrip(".!").rstrip()
    return WORDS.get(word)


def _place(header: Sequence[str], title: str) -> int:
    if header.count(title) != 1:
        raise ReviewTabError(
            f"tab Review: {header.count(title)} columns of its first line are named {title!r}, not "
            "one; restore the title, or delete the tab: the next export creates it again, with the "
            "decisions that were read before"
        )
    return header.index(title)


def _text(row: Sequence[Any], place: int) -> str:
    value = row[place] if place < len(row) else ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return INVISIBLE.sub("", str(value)).strip()


def _week_named(line: UnreadLine) -> dt.date | None:
    """The week in a line's Schedule, else in its Week; None when neither names one."""
    named = week_of(line.cells.get("Schedule", ""))
    try:
        return named or dt.date.fromisoformat(f"{line.cells.get('Week')}-1")
    except ValueError:
        return None


def week_of(schedule_id: str) -> dt.date | None:
    """The Monday in a schedule's id, `sched_<YYYYMMDD>_...`; None for another text."""
    found = re.fullmatch(r"sched_(\d{8})_[a-z0-9_]+_[0-9a-f]{8}", schedule_id)
    if found is None:
        return None
    try:
        day = dt.date.fromisoformat(found[1])
    except ValueError:
        return None
    return day if day.isoweekday() == 1 else None


def changed_weeks(before: Mapping[str, str], reading: ReviewReading) -> dict[str, str]:
    """Digests, by Monday, of the weeks whose reviews differ from `before`, the last digests.

    Lines that say nothing don't count; lines that can't be read do.
    """
    said: dict[str, list[list[str]]] = {}
    for line in reading.lines:
        week = week_of(line.schedule_id)
        if week is not None and (line.decision or line.note):
            message = str(line.message_number)
            told = [line.schedule_id, message, line.decision or "", line.note or ""]
            said.setdefault(week.isoformat(), []).append(told)
    named = {week.isoformat() for line in reading.unread if (week := _week_named(line))}
    for week in {*before, *said, *named}:
        unread = reading.of_week(dt.date.fromisoformat(week)).unread
        said.setdefault(week, []).extend([each.reason, *each.cells.values()] for each in unread)
    digests = {week: _digest(told) for week, told in said.items()}
    return {w: d for w, d in digests.items() if before.get(w) != d}


def _digest(told: Sequence[list[str]]) -> str:
    return hashlib.sha256(json.dumps(sorted(told)).encode()).hexdigest()
