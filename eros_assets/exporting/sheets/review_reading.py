"""Reads people's decisions and notes from the lines of the Review tab.

A line that can't be read does not stop the others: it is returned with its row and the reason.
"""

import datetime as dt
import hashlib
import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from eros_assets.errors import ErosError
from eros_assets.exporting.sheets.review import APPROVE, PEOPLES, REJECT, Key
from eros_assets.exporting.sheets.review_grid import ReviewGrid, week_of

WORDS = {
    **dict.fromkeys(("approve", "approved", "ok", "okay", "yes", "y"), APPROVE),
    **dict.fromkeys(("reject", "rejected", "no", "n", "x"), REJECT),
}
"""What people write as a decision, in any case, with blanks around it or a full stop behind it."""

KEYS = ("Decision", "Note", "Schedule", "Message")


class ReviewTabError(ErosError):
    """The tab lacks a column."""


@dataclass(frozen=True, slots=True)
class ReviewLine:
    """A line of the Review tab as people left it."""

    schedule_id: str
    message_number: int
    decision: str | None
    note: str | None

    @property
    def key(self) -> Key:
        """Schedule and message number."""
        return self.schedule_id, self.message_number


@dataclass(frozen=True, slots=True)
class UnreadLine:
    """A line whose decision or note can't be used.

    `row` counts from 1, the header. `cells` are the line's texts by title, without empty ones.
    `copy` is the title of the tab where it stands, when that is a copy of the Review tab.
    """

    row: int
    reason: str
    cells: Mapping[str, str]
    copy: str | None = None

    @property
    def sentence(self) -> str:
        """One line for people."""
        return f"tab {self.copy or 'Review'} row {self.row}: {self.reason}"


@dataclass(frozen=True, slots=True)
class ReviewReading:
    """The lines that could be read, those that could not, and the cells of the former by key.

    Of several lines of a message, the cells are those of the first that says something.
    """

    lines: Sequence[ReviewLine] = ()
    unread: Sequence[UnreadLine] = ()
    found: Mapping[Key, UnreadLine] = field(default_factory=dict[Key, UnreadLine])


def read_review(grid: ReviewGrid) -> ReviewReading:
    """The lines of a Review tab, rows and columns in any order.

    Lines without decision and note say nothing, also where people have changed their other cells.
    Of two lines of a message with different decisions neither is read.

    Raises:
        ReviewTabError: a column is missing.
    """
    for title in KEYS:
        is_gone = title not in grid.places or (title in PEOPLES and grid.is_vacated(title))
        if is_gone:
            raise ReviewTabError(
                f"tab Review: its column {title} is missing, so nothing of it is read; the next "
                "export adds it again, with the decisions that were read before"
            )
    lines: dict[Key, ReviewLine] = {}
    rows: dict[Key, list[UnreadLine]] = {}
    unread: dict[int, UnreadLine] = {}
    for row in grid.lines():
        cells = _texts(grid, row)
        said = UnreadLine(row + 1, _fault(grid, row), cells)
        if said.reason:
            if _says_something(said):
                unread[row] = said
            continue
        line = _line(grid, row)
        rows.setdefault(line.key, []).append(said)
        other = lines.setdefault(line.key, line)
        if other.decision and line.decision and other.decision != line.decision:
            unread |= {each.row - 1: each for each in _contested(line.key, rows[line.key])}
        lines[line.key] = ReviewLine(
            *line.key, other.decision or line.decision, other.note or line.note
        )
    kept = [
        line for key, line in lines.items() if not any(said.row - 1 in unread for said in rows[key])
    ]
    return ReviewReading(
        kept,
        [unread[row] for row in sorted(unread)],
        {key: max(said, key=_says_something) for key, said in rows.items()},
    )


def _says_something(line: UnreadLine) -> bool:
    return any(title in line.cells for title in PEOPLES)


def read_copies(
    reading: ReviewReading, copies: Mapping[str, ReviewGrid], week_start: dt.date
) -> ReviewReading:
    """The reading, with the lines of copies of the tab that decide otherwise than it does.

    `copies` are by title. People may take a copy for the tab itself, so nothing of it is dropped;
    nor is it read, because it may be older.
    """
    said = {line.key: (line.decision, line.note) for line in reading.lines}
    unread = list(reading.unread)
    for title, grid in copies.items():
        if any(name not in grid.places for name in KEYS):
            continue
        for row in grid.lines():
            key = grid.key(row)
            decision, note = grid.text(row, "Decision"), grid.text(row, "Note")
            mine = decision_of(decision) or decision or None, note or None
            is_ours = key is None or week_of(key[0]) == week_start
            if is_ours and mine != (None, None) and (key is None or mine != said.get(key)):
                reason = "EROS does not read this copy; write it into the tab Review"
                unread.append(UnreadLine(row + 1, reason, _texts(grid, row), title))
    return replace(reading, unread=unread)


def _texts(grid: ReviewGrid, row: int) -> dict[str, str]:
    return {title: text for title in grid.places if (text := grid.text(row, title))}


def _contested(key: Key, rows: Sequence[UnreadLine]) -> list[UnreadLine]:
    """The lines of a message that decide differently, with the reason."""
    schedule, message = key
    named = ", ".join(str(line.row) for line in rows)
    reason = (
        f"rows {named} have different decisions on message {message} of {schedule}; delete all "
        "of them but one"
    )
    return [UnreadLine(line.row, reason, line.cells) for line in rows]


def _fault(grid: ReviewGrid, row: int) -> str:
    """Why a line can't be read; empty when it can."""
    schedule, message = grid.text(row, "Schedule"), grid.text(row, "Message")
    decision = grid.text(row, "Decision")
    if not schedule:
        return "its Schedule is empty"
    if week_of(schedule) is None:
        return f"its Schedule {schedule!r} is not the id of a schedule"
    if not message.isdecimal():
        return f"its Message {message!r} is not a message's number"
    if decision and decision_of(decision) is None:
        return f"its Decision {decision!r} is not {APPROVE} or {REJECT}"
    return ""


def _line(grid: ReviewGrid, row: int) -> ReviewLine:
    return ReviewLine(
        schedule_id=grid.text(row, "Schedule"),
        message_number=int(grid.text(row, "Message")),
        decision=decision_of(grid.text(row, "Decision")),
        note=grid.text(row, "Note") or None,
    )


def decision_of(text: str) -> str | None:
    """The decision that a word means; None for another word."""
    word = unicodedata.normalize("NFKC", text).casefold().strip().rstrip(".!").rstrip()
    return WORDS.get(word)


def changed_weeks(
    before: Mapping[str, str], readings: Mapping[str, ReviewReading | ReviewTabError]
) -> dict[str, str]:
    """Digests, by Monday, of the weeks whose reviews differ from `before`, the last digests.

    `readings` are the weeks' tabs by Monday, or why one can't be read. Lines that say nothing don't
    count; lines that can't be read do.
    """
    digests = {week: _digest(reading) for week, reading in readings.items()}
    nothing = _digest(ReviewReading())
    return {week: d for week, d in digests.items() if before.get(week, nothing) != d}


def _digest(reading: ReviewReading | ReviewTabError) -> str:
    if isinstance(reading, ReviewTabError):
        return hashlib.sha256(str(reading).encode()).hexdigest()
    told = [
        [*map(str, line.key), line.decision or "", line.note or ""]
        for line in reading.lines
        if line.decision or line.note
    ]
    told += [[line.reason, line.copy or "", *line.cells.values()] for line in reading.unread]
    return hashlib.sha256(json.dumps(sorted(told)).encode()).hexdigest()
