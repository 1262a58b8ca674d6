"""Merges the decisions of the Review tab into `schedule_review`, and keeps what can't be read.

The Review tab is an optional input: what people wrote there that can't be read, and a spreadsheet
that can't be read at all, is in `quarantined_reviews`, and the week is planned on what is known.
"""

import datetime as dt
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from eros_assets.calendar import ZONE
from eros_assets.dataset import Dataset
from eros_assets.errors import ErosError
from eros_assets.exporting.sheets.review import MISPLACED, REJECT, Key
from eros_assets.exporting.sheets.review_reading import ReviewLine, ReviewReading, UnreadLine
from eros_assets.weekly.messages import creator_names
from eros_assets.weekly.reviewed_messages import ReviewedMessage, misplaced_lines

if TYPE_CHECKING:
    import pandas as pd


SCHEDULE_REVIEW = "schedule_review"
QUARANTINED_REVIEWS = "quarantined_reviews"

UNKNOWN = "no schedule of the week has message {1} of {0}: was its Schedule or Message changed?"
TOO_LATE = "too late: message {1} of {0} was due on {2:%a %Y-%m-%d %H:%M} Los Angeles time"


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


@dataclass(frozen=True, slots=True)
class QuarantinedReview:
    """A line that can't be read or, without a row, a spreadsheet that can't.

    `payload` is the line as JSON. `is_open`: the tab said so when it was last read.
    """

    tab_row: int | None
    reason: str
    decision: str | None
    note: str | None
    payload: str | None
    read_at: dt.datetime
    run_id: str
    is_open: bool = True

    @property
    def sentence(self) -> str:
        """One line for people."""
        return self.reason if self.tab_row is None else f"Review row {self.tab_row}: {self.reason}"


@dataclass(frozen=True, slots=True)
class ReadReviews:
    """A week's reviews after a reading.

    `unread` are the tab's lines that can't be read, `open_faults` all that can't, one line each.
    `too_late` are the lines that reject a message whose time had come when the week was read.
    """

    lines_read: int
    merged: MergedReviews
    unread: Sequence[UnreadLine]
    open_faults: Sequence[str]
    too_late: Sequence[UnreadLine] = ()


def merge_reviews(
    before: Sequence[StoredReview],
    seen: Sequence[ReviewLine],
    messages: Mapping[Key, ReviewedMessage],
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


def merge_quarantine(
    before: Sequence[QuarantinedReview], seen: Sequence[QuarantinedReview], *, is_read: bool
) -> list[QuarantinedReview]:
    """What could not be read, now and earlier.

    A line is the same when its reason and its cells are, wherever in the tab it is. What the tab
    says no more is closed, and stays. When the tab is not read (`is_read` False), nothing is known
    of its lines, and they stay as they are.
    """
    merged = {
        (each.reason, each.payload): each
        if each.tab_row is not None and not is_read
        else replace(each, is_open=False)
        for each in before
    }
    for each in seen:
        known = merged.get((each.reason, each.payload), each)
        merged[each.reason, each.payload] = replace(known, tab_row=each.tab_row, is_open=True)
    return sorted(merged.values(), key=lambda each: (each.tab_row or 0, each.reason, each.read_at))


def read_reviews(
    dataset: Dataset,
    week_start: dt.date,
    read: Callable[[], ReviewReading | None],
    *,
    run_id: str,
) -> ReadReviews:
    """Merge a week's lines of the Review tab into the tables; the same tab changes no row.

    When `read` fails, the reviews stay as they are known, and the failure is in the quarantine.

    Args:
        dataset: a handle.
        week_start: the Monday that names the week.
        read: reads the tab; None when there is none.
        run_id: the run that reads.
    """
    now = dt.datetime.now(dt.UTC)
    try:
        reading = read()
    except ErosError as error:
        fault = QuarantinedReview(None, str(error), None, None, None, now, run_id)
        merged = _store_reviews(dataset, week_start, [], {}, now, run_id)
        return ReadReviews(
            0, merged, [], _store_faults(dataset, week_start, [fault], is_read=False)
        )
    own = reading or ReviewReading()
    planned = _planned(dataset, week_start)
    misplaced = misplaced_lines(own, planned)
    lines = [line for line in own.lines if line not in misplaced]
    merged = _store_reviews(dataset, week_start, lines, planned, now, run_id)
    faults = [
        *own.unread,
        *(_named(own.found[line.key], MISPLACED.format(*line.key)) for line in misplaced),
        *(_named(own.found[line.key], UNKNOWN.format(*line.key)) for line in merged.unknown),
    ]
    kept = _store_faults(
        dataset, week_start, [_fault(line, now, run_id) for line in faults], is_read=True
    )
    late = [
        _named(own.found[line.key], TOO_LATE.format(*line.key, due.astimezone(ZONE)))
        for line in lines
        if line.decision == REJECT
        and line.key in planned
        and (due := planned[line.key].send_time) is not None
        and due <= dataset.planning_instant()
    ]
    return ReadReviews(len(own.lines), merged, faults, kept, late)


def open_faults(dataset: Dataset, week_start: dt.date) -> list[str]:
    """What could not be read about a week when the tab was last read, one line each."""
    return [each.sentence for each in _quarantined(dataset, week_start) if each.is_open]


def _fault(line: UnreadLine, read_at: dt.datetime, run_id: str) -> QuarantinedReview:
    cells = {title: line.cells[title] for title in sorted(line.cells)}
    return QuarantinedReview(
        tab_row=None if line.copy else line.row,
        reason=line.sentence if line.copy else line.reason,
        decision=line.cells.get("Decision"),
        note=line.cells.get("Note"),
        payload=json.dumps(cells, ensure_ascii=False),
        read_at=read_at,
        run_id=run_id,
    )


def _named(line: UnreadLine, reason: str) -> UnreadLine:
    return replace(line, reason=reason)


def _planned(dataset: Dataset, week_start: dt.date) -> dict[Key, ReviewedMessage]:
    """The messages that the week's lines are about, by key."""
    messages = dataset.query("reviewed_messages", week_start=week_start)
    names = creator_names(dataset)
    return {
        (row["schedule_id"], int(row["message_number"])): ReviewedMessage(
            row["page_name"],
            int(row["caption_id"]),
            row["scheduled_send_time"].to_pydatetime(),
            names.get(row["page_name"]),
        )
        for row in messages.to_dict("records")
    }


def _store_reviews(
    dataset: Dataset,
    week_start: dt.date,
    lines: Sequence[ReviewLine],
    planned: Mapping[Key, ReviewedMessage],
    read_at: dt.datetime,
    run_id: str,
) -> MergedReviews:
    merged = merge_reviews(
        [_stored(row) for row in _rows(dataset, SCHEDULE_REVIEW, week_start)],
        lines,
        planned,
        read_at=read_at,
        run_id=run_id,
    )
    if merged.changed:
        dataset.load(
            SCHEDULE_REVIEW,
            review_rows(merged.reviews, week_start),
            replacing={"week_start": week_start},
        )
    return merged


def _store_faults(
    dataset: Dataset,
    week_start: dt.date,
    seen: Sequence[QuarantinedReview],
    *,
    is_read: bool,
) -> list[str]:
    import pandas as pd

    before = _quarantined(dataset, week_start)
    merged = merge_quarantine(before, seen, is_read=is_read)
    if merged != before:
        rows = [{"week_start": week_start, **asdict(each)} for each in merged]
        frame = pd.DataFrame(rows).astype({"tab_row": "Int64"})
        dataset.load(QUARANTINED_REVIEWS, frame, replacing={"week_start": week_start})
    return [each.sentence for each in merged if each.is_open]


def _quarantined(dataset: Dataset, week_start: dt.date) -> list[QuarantinedReview]:
    found = [
        QuarantinedReview(
            tab_row=None if row["tab_row"] is None else int(row["tab_row"]),
            reason=row["reason"],
            decision=row["decision"],
            note=row["note"],
            payload=row["payload"],
            read_at=row["read_at"].to_pydatetime(),
            run_id=row["run_id"],
            is_open=bool(row["is_open"]),
        )
        for row in _rows(dataset, QUARANTINED_REVIEWS, week_start)
    ]
    return sorted(found, key=lambda each: (each.tab_row or 0, each.reason, each.read_at))


def _rows(dataset: Dataset, table: str, week_start: dt.date) -> list[dict[Any, Any]]:
    """A week's rows, NULL as None."""
    import pandas as pd

    return [
        {name: None if pd.isna(value) else value for name, value in row.items()}
        for row in dataset.cached_rows(table, week_start=week_start).to_dict("records")
    ]


def _stored(row: Any) -> StoredReview:
    return StoredReview(
        ReviewLine(row["schedule_id"], int(row["message_number"]), row["decision"], row["note"]),
        ReviewedMessage(row["page_name"], int(row["caption_id"])),
        row["read_at"].to_pydatetime(),
        row["run_id"],
    )


def review_rows(reviews: Sequence[StoredReview], week_start: dt.date) -> "pd.DataFrame":
    """Reviews of a week as rows of `schedule_review`."""
    import pandas as pd

    columns = (
        *("schedule_id", "message_number", "page_name", "week_start", "caption_id", "decision"),
        *("note", "read_at", "run_id"),
    )
    rows = [
        (
            *review.line.key,
            review.message.page_name,
            week_start,
            review.message.caption_id,
            review.line.decision,
            review.line.note,
            review.read_at,
            review.run_id,
        )
        for review in reviews
    ]
    return pd.DataFrame(rows, columns=list(columns))
