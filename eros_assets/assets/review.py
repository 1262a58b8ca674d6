"""What people decided in the Review tab, as a table that the next build reads."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import dagster as dg

from eros_assets.assets.reporting import job_metadata, table_asset
from eros_assets.assets.stored import rows_metadata
from eros_assets.assets.week import (
    CONFIGURED,
    HANDED_OUT,
    PLANNED,
    REPLACING,
    SCOPE,
    WEEKLY,
    materializes,
    partition_week,
    refuse_plan,
)
from eros_assets.errors import ErosError
from eros_assets.exporting.sheets.review_reading import ReviewReading, UnreadLine
from eros_assets.exporting.sheets.tables import week_name
from eros_assets.resources import HOW_TO_TURN_ON, SheetsResource, WarehouseResource, WeekScope
from eros_assets.weekly.replacing.choosing import rejected_ahead
from eros_assets.weekly.reviews import read_reviews

TO_REPLACE = "rejected_to_replace"
"""Metadata: messages in force that lie ahead and are rejected, and wait for another run."""

if TYPE_CHECKING:
    from eros_assets.exporting.sheets.reader import ReviewTab


@table_asset(
    "schedule_review",
    group_name="selection",
    runs=["reviewed_messages", "creator_names"],
    # Reports are not read: a backfill that makes them first can run all of a week in one run.
    deps=["table_definitions", "creator_performance", *SCOPE, *CONFIGURED, *REPLACING],
    earlier=HANDED_OUT,
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
    tab = _Tab(context, sheets, week_name(week_start))
    found = read_reviews(dataset, week_start, tab.read, run_id=context.run_id)
    for sentence in found.open_faults:
        context.log.warning(sentence)
    for line in found.too_late:
        context.log.warning(line.sentence)
    tab.mark(found.unread, found.too_late)
    # A run that plans or replaces acts on what it has read itself.
    waiting = [] if materializes(context, PLANNED) else rejected_ahead(dataset, week_start)
    reviews = found.merged.reviews
    stored = dataset.cached_rows("schedule_review", week_start=week_start)
    return dg.MaterializeResult(
        metadata={
            **rows_metadata("schedule_review", stored),
            "lines_read": found.lines_read,
            "lines_not_read": len(found.open_faults),
            TO_REPLACE: len(waiting),
            "rejected_too_late": dg.MetadataValue.json([each.reason for each in found.too_late]),
            "changed": len(found.merged.changed),
            "approved": sum(r.line.decision == "approve" for r in reviews),
            "rejected": sum(r.line.decision == "reject" for r in reviews),
            **job_metadata(dataset),
        }
    )


class _Tab:
    """The week's Review tab."""

    def __init__(
        self, context: dg.AssetExecutionContext, sheets: SheetsResource, week: str
    ) -> None:
        self._log = context.log
        self._sheets = sheets
        self._week = week
        self._found: ReviewTab | None = None

    def read(self) -> ReviewReading | None:
        """Its lines; None, with a line in the log, when there is no such tab.

        Raises:
            ErosError: it can't be read.
        """
        if self._sheets.spreadsheet_id is None:
            self._log.info(f"no reviews are read: {HOW_TO_TURN_ON}")
            return None
        from eros_assets.exporting.sheets.reader import read_review_tab

        self._found = read_review_tab(self._sheets.spreadsheet(), self._week)
        if self._found is None:
            self._log.info("no reviews are read: the week has no Review tab yet")
        return self._found.reading if self._found else None

    def mark(self, unread: Sequence[UnreadLine], too_late: Sequence[UnreadLine]) -> None:
        """Say beside the lines why they change nothing; a failure costs the marks alone."""
        if self._found is None:
            return
        from eros_assets.exporting.sheets.reader import mark_unread

        try:
            mark_unread(self._sheets.spreadsheet(), self._found, unread, too_late)
        except ErosError as error:
            self._log.warning(f"the lines that are not read could not be marked: {error}")
