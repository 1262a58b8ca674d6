"""Merges the decisions of the Review tab into `schedule_review`."""

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from eros_assets.dataset import Dataset
from eros_assets.exporting.sheets.review import (
    MergedReviews,
    ReviewedMessage,
    ReviewLine,
    StoredReview,
    merge_reviews,
    week_of,
)

if TYPE_CHECKING:
    import pandas as pd


SCHEDULE_REVIEW = "schedule_review"


def store_reviews(
    dataset: Dataset,
    week_start: dt.date,
    lines: Sequence[ReviewLine],
    *,
    run_id: str,
) -> MergedReviews:
    """Merge a week's Review tab into the table; the same tab again changes no row."""
    before = dataset.warehouse.query(
        "SELECT r.* FROM `${dataset}.schedule_review` AS r WHERE r.week_start = @week_start",
        {"week_start": week_start},
    )
    messages = dataset.query("reviewed_messages", week_start=week_start)
    merged = merge_reviews(
        [_stored(row) for row in before.to_dict("records")],
        [line for line in lines if week_of(line.schedule_id) == week_start],
        {
            (row["schedule_id"], int(row["message_number"])): ReviewedMessage(
                row["page_name"], int(row["caption_id"])
            )
            for row in messages.to_dict("records")
        },
        read_at=dt.datetime.now(dt.UTC),
        run_id=run_id,
    )
    if merged.changed:
        dataset.load(
            SCHEDULE_REVIEW,
            review_rows(merged.reviews, week_start),
            replacing={"week_start": week_start},
        )
    return merged


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
