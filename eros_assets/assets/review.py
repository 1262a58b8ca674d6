"""What people decided in the Review tab, as a table that the next build reads."""

from typing import Any

import dagster as dg

from eros_assets.assets.reporting import job_metadata, table_asset
from eros_assets.assets.stored import stored_metadata
from eros_assets.assets.week import (
    CONFIGURED,
    IN_FORCE,
    SCOPE,
    WEEKLY,
    partition_week,
    refuse_plan,
)
from eros_assets.exporting.sheets.review import ReviewLine
from eros_assets.resources import HOW_TO_TURN_ON, SheetsResource, WarehouseResource, WeekScope
from eros_assets.weekly.reviews import store_reviews


@table_asset(
    "schedule_review",
    group_name="selection",
    runs=["reviewed_messages"],
    # Reports are not read: a backfill that makes them first can run all of a week in one run.
    deps=["table_definitions", "creator_performance", *SCOPE, *CONFIGURED],
    earlier=IN_FORCE,
    partitions_def=WEEKLY,
)
def schedule_review(
    context: dg.AssetExecutionContext,
    warehouse: WarehouseResource,
    sheets: SheetsResource,
    week_scope: WeekScope,
) -> dg.MaterializeResult[Any]:
    """Decisions and notes of the Review tab about the week."""
    dataset, week_start = warehouse.dataset(context), partition_week(context)
    refuse_plan(context, dataset, week_scope)
    lines: list[ReviewLine] | None = None
    if sheets.spreadsheet_id is None:
        context.log.info(f"no reviews are read: {HOW_TO_TURN_ON}")
    else:
        from eros_assets.exporting.sheets.reader import read_review_tab

        lines = read_review_tab(sheets.spreadsheet())
        if lines is None:
            context.log.info("no reviews are read: the spreadsheet has no Review tab yet")
    merged = store_reviews(dataset, week_start, lines or [], run_id=context.run_id)
    for line in merged.unknown:
        context.log.warning(
            f"tab Review: no schedule of the week has message {line.message_number} of "
            f"{line.schedule_id}; {line.decision or 'its note'} is left out"
        )
    return dg.MaterializeResult(
        metadata={
            **stored_metadata(dataset, "schedule_review", week_start=week_start),
            "lines_read": len(lines or []),
            "changed": len(merged.changed),
            "approved": sum(r.line.decision == "approve" for r in merged.reviews),
            "rejected": sum(r.line.decision == "reject" for r in merged.reviews),
            **job_metadata(dataset),
        }
    )
