"""The lines of the Review tab: the columns that EROS fills, and people's decisions and notes.

EROS only adds lines, above the others, and never changes existing ones: people may sort and delete
lines, and add columns at the right. A decision applies to a message of a schedule. It is copied to
the same caption's line when the page's week gets another schedule.
"""

import datetime as dt
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eros_assets.errors import ErosError
from eros_assets.exporting.message import ScheduledMessage
from eros_assets.exporting.sheets.cells import SheetColumn, Value, cell_value, sheet_text
from eros_assets.exporting.sheets.tables import Table, in_order, week_name

APPROVE, REJECT = "approve", "reject"

REVIEW_COLUMNS = (
    SheetColumn("Week", "text", 80),
    SheetColumn("Creator", "text", 140),
    SheetColumn("Date", "date", 115),
    SheetColumn("LA time", "time", 65),
    SheetColumn("UTC offset", "text", 80),
    SheetColumn("Tier", "text", 75),
    SheetColumn("Caption", "long", 460),
    SheetColumn("Decision", "text", 90),
    SheetColumn("Note", "long", 260),
    SheetColumn("Page", "text", 130),
    SheetColumn("Message", "whole", 75),
    SheetColumn("Schedule", "text", 270),
)
TITLES = tuple(column.title for column in REVIEW_COLUMNS)
DECISION, NOTE, SCHEDULE, MESSAGE = (
    TITLES.index(title) for title in ("Decision", "Note", "Schedule", "Message")
)
TIER = TITLES.index("Tier")


class ReviewTabError(ErosError):
    """The Review tab's contents are invalid; line and column are named."""


@dataclass(frozen=True, slots=True)
class EarlierReview:
    """The review of a page's caption in an earlier schedule of the week."""

    decision: str | None
    note: str | None


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


def review_table(
    messages: Sequence[ScheduledMessage], earlier: Mapping[tuple[str, int], EarlierReview]
) -> Table:
    """The lines of these messages. `earlier` is by page and caption.

    Raises:
        SheetContentError: a text longer than a cell holds.
    """
    nothing = EarlierReview(None, None)
    return Table(
        REVIEW_COLUMNS,
        [
            _line(message, earlier.get((message.page_name, message.caption_id), nothing))
            for message in in_order(messages)
        ],
    )


def _line(message: ScheduledMessage, earlier: EarlierReview) -> list[Value]:
    where, local = message.label, message.local_time
    return [
        week_name(local.date()),
        sheet_text(message.display_name, f"{where}: display_name"),
        cell_value("date", local, where),
        cell_value("time", local, where),
        message.utc_offset,
        message.price_tier,
        sheet_text(message.caption_text, f"{where}: caption {message.caption_id}"),
        earlier.decision,
        sheet_text(earlier.note, f"{where}: note"),
        message.page_name,
        message.message_number,
        message.schedule_id,
    ]


def read_review(values: Sequence[Sequence[Any]]) -> list[ReviewLine]:
    """The lines of the tab; `values` begin with the header, rows and columns in any order.

    Lines without a schedule, which people added, are left out.

    Raises:
        ReviewTabError: a missing or duplicate column, an invalid decision, a message that is not a
            number, or two lines of a message with different decisions.
    """
    header = [str(value).strip() for value in values[0]] if values else []
    places = {title: _place(header, title) for title in ("Decision", "Note", "Schedule", "Message")}
    lines: dict[tuple[str, int], ReviewLine] = {}
    for number, row in enumerate(values[1:], start=2):
        cells = {title: _text(row, place) for title, place in places.items()}
        if not cells["Schedule"].strip():
            continue
        line = _read_line(cells, number)
        other = lines.setdefault(line.key, line)
        if (other.decision or line.decision) != (line.decision or other.decision):
            raise ReviewTabError(
                f"tab Review line {number}: message {line.message_number} of {line.schedule_id} "
                f"has two lines, {other.decision!r} and {line.decision!r}; delete one of them"
            )
        lines[line.key] = ReviewLine(
            *line.key, other.decision or line.decision, other.note or line.note
        )
    return list(lines.values())


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
    return str(value)


def _read_line(cells: Mapping[str, str], number: int) -> ReviewLine:
    decision = cells["Decision"].strip().lower()
    if decision not in ("", APPROVE, REJECT):
        raise ReviewTabError(
            f"tab Review line {number}: Decision {cells['Decision']!r} is not {APPROVE}, {REJECT} "
            "or empty"
        )
    if not cells["Message"].strip().isdecimal():
        raise ReviewTabError(
            f"tab Review line {number}: Message {cells['Message']!r} is not a message's number"
        )
    return ReviewLine(
        schedule_id=cells["Schedule"].strip(),
        message_number=int(cells["Message"]),
        decision=decision or None,
        note=cells["Note"].strip() or None,
    )


@dataclass(frozen=True, slots=True)
class ReviewedMessage:
    """The message of a line."""

    page_name: str
    caption_id: int


@dataclass(frozen=True, slots=True)
class StoredReview:
    """A message's review; `read_at` is when its last change was read."""

    line: ReviewLine
    message: ReviewedMessage
    read_at: dt.datetime
    run_id: str


@dataclass(frozen=True, slots=True)
class MergedReviews:
    """A week's reviews after a reading; `unknown` are lines without a planned message."""

    reviews: Sequence[StoredReview]
    changed: Sequence[StoredReview]
    unknown: Sequence[ReviewLine]


def merge_reviews(
    before: Sequence[StoredReview],
    seen: Sequence[ReviewLine],
    messages: Mapping[tuple[str, int], ReviewedMessage],
    *,
    read_at: dt.datetime,
    run_id: str,
) -> MergedReviews:
    """The stored reviews, updated with the lines of the tab.

    A line that was deleted from the tab keeps its review. Reading the same tab again changes
    nothing.
    """
    reviews = {review.line.key: review for review in before}
    changed: list[StoredReview] = []
    unknown: list[ReviewLine] = []
    for line in seen:
        known = reviews.get(line.key)
        if known is not None and known.line == line:
            continue
        if known is None and line.decision is None and line.note is None:
            continue
        message = known.message if known else messages.get(line.key)
        if message is None:
            unknown.append(line)
            continue
        reviews[line.key] = StoredReview(line, message, read_at, run_id)
        changed.append(reviews[line.key])
    return MergedReviews([reviews[key] for key in sorted(reviews)], changed, unknown)


def week_of(schedule_id: str) -> dt.date | None:
    """The Monday in a schedule's id, `sched_<YYYYMMDD>_...`; None for another text."""
    found = re.fullmatch(r"sched_(\d{8})_[a-z0-9_]+", schedule_id)
    if found is None:
        return None
    try:
        day = dt.date.fromisoformat(found[1])
    except ValueError:
        return None
    return day if day.isoweekday() == 1 else None


def changed_weeks(before: Mapping[str, str], lines: Sequence[ReviewLine]) -> dict[str, str]:
    """Digests, by Monday, of the weeks whose reviews differ from `before`, the last digests.

    Lines without decision and note don't count.
    """
    said: dict[str, list[ReviewLine]] = {}
    for line in lines:
        week = week_of(line.schedule_id)
        if week is not None and (line.decision or line.note):
            said.setdefault(week.isoformat(), []).append(line)
    digests = {week: _digest(listed) for week, listed in said.items()}
    emptied = {week: _digest([]) for week in before if week not in digests}
    return {w: d for w, d in {**digests, **emptied}.items() if before.get(w) != d}


def _digest(lines: Sequence[ReviewLine]) -> str:
    ordered = sorted((*line.key, line.decision or "", line.note or "") for line in lines)
    return hashlib.sha256(json.dumps(ordered).encode()).hexdigest()
