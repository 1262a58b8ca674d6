"""What people decided in the Review tab, as a table that the next build reads."""

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import dagster as dg

from eros_assets.assets.reporting import frame_metadata, job_metadata, table_spec
from eros_assets.assets.spreadsheet import HOW_TO_TURN_ON, SheetsResource
from eros_assets.assets.week import WEEKLY, partition_week
from eros_assets.exporting.sheets.review import (
    MergedReviews,
    ReviewedMessage,
    ReviewLine,
    StoredReview,
    merge_reviews,
    week_of,
)
from eros_assets.installation import Installation
from eros_assets.warehouse.protocol import Warehouse

if TYPE_CHECKING:
    import pandas as pd

SCHEDULE_REVIEW = "schedule_review"


def review_assets(eros: Installation) -> Sequence[dg.AssetsDefinition]:
    """`schedule_review`."""

    @dg.multi_asset(
        name="read_review",
        specs=[
            table_spec(
                eros,
                SCHEDULE_REVIEW,
                group="selection",
                deps=["table_definitions"],
                partitions_def=WEEKLY,
            )
        ],
    )
    def read_review(
        context: dg.AssetExecutionContext, sheets: SheetsResource
    ) -> dg.MaterializeResult[Any]:
        week_start = partition_week(context)
        warehouse = eros.warehouse(
            asset=SCHEDULE_REVIEW, run=context.run_id, week=week_start.isoformat()
        )
        lines: list[ReviewLine] | None = None
        if sheets.spreadsheet_id is None:
            context.log.info(f"no reviews are read: {HOW_TO_TURN_ON}")
        else:
            from eros_assets.exporting.sheets.reader import read_review_tab

            lines = read_review_tab(sheets.spreadsheet())
            if lines is None:
                context.log.info("no reviews are read: the spreadsheet has no Review tab yet")
        merged = store_reviews(eros, warehouse, week_start, lines or [], run_id=context.run_id)
        for line in merged.unknown:
            context.log.warning(
                f"tab Review: no schedule of the week has message {line.message_number} of "
                f"{line.schedule_id}; {line.decision or 'its note'} is left out"
            )
        return dg.MaterializeResult(
            metadata={
                **frame_metadata(_frame(merged.reviews, week_start)),
                "lines_read": len(lines or []),
                "changed": len(merged.changed),
                "approved": sum(r.line.decision == "approve" for r in merged.reviews),
                "rejected": sum(r.line.decision == "reject" for r in merged.reviews),
                **job_metadata(warehouse),
            }
        )

    return [read_review]


def store_reviews(
    eros: Installation,
    warehouse: Warehouse,
    week_start: dt.date,
    lines: Sequence[ReviewLine],
    *,
    run_id: str,
) -> MergedReviews:
    """Bring what the Review tab says of a week into the table; the same tab changes no row."""
    before = warehouse.query(
        "SELECT r.* FROM `${dataset}.schedule_review` AS r WHERE r.week_start = @week_start",
        {"week_start": week_start},
    )
    messages = warehouse.query(eros.sql("reviewed_messages"), {"week_start": week_start})
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
        warehouse.load(
            SCHEDULE_REVIEW,
            _frame(merged.reviews, week_start),
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


def _frame(reviews: Sequence[StoredReview], week_start: dt.date) -> "pd.DataFrame":
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
