"""What people decided in the Review tab, as a table that the next build reads."""

from functools import partial
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
from eros_assets.exporting.sheets.review_reading import ReviewReading
from eros_assets.resources import HOW_TO_TURN_ON, SheetsResource, WarehouseResource, WeekScope
from eros_assets.weekly.reviews import read_reviews


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
    """Decisions and notes of the Review tab about the week.

    The tab is an optional input: what can't be read of it goes to quarantined_reviews.
    """
    dataset, week_start = warehouse.dataset(context), partition_week(context)
    refuse_plan(context, dataset, week_scope)
    found = read_reviews(
        dataset, week_start, partial(_read, context, sheets), run_id=context.run_id
    )
    for sentence in found.open_faults:
        context.log.warning(sentence)
    reviews = found.merged.reviews
    return dg.MaterializeResult(
        metadata={
            **stored_metadata(dataset, "schedule_review", week_start=week_start),
            "lines_read": found.lines_read,
            "lines_not_read": len(found.open_faults),
            "changed": len(found.merged.changed),
            "approved": sum(r.line.decision == "approve" for r in reviews),
            "rejected": sum(r.line.decision == "reject" for r in reviews),
            **job_metadata(dataset),
        }
    )


def _read(context: dg.AssetExecutionContext, sheets: SheetsResource) -> ReviewReading | None:
    """The Review tab; None, with a line in the log, when there is none."""
    if sheets.spreadsheet_id is None:
        context.log.info(f"no reviews are read: {HOW_TO_TURN_ON}")
        return None
    from eros_assets.exporting.sheets.reader import read_review_tab

    reading = read_review_tab(sheets.spreadsheet())
    if reading is None:
        context.log.info("no reviews are read: the spreadsheet has no Review tab yet")
    return reading
