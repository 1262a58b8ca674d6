"""What people decided in the Review tab, as a table that the next build reads."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import dagster as dg

from eros_assets.assets.reporting import frame_metadata, job_metadata, table_spec
from eros_assets.assets.spreadsheet import HOW_TO_TURN_ON, SheetsResource
from eros_assets.assets.week import WEEKLY, partition_week
from eros_assets.exporting.sheets.review import (
    ReviewLine,
)
from eros_assets.installation import Installation
from eros_assets.weekly.reviews import SCHEDULE_REVIEW, review_rows, store_reviews

if TYPE_CHECKING:
    pass


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
                **frame_metadata(review_rows(merged.reviews, week_start)),
                "lines_read": len(lines or []),
                "changed": len(merged.changed),
                "approved": sum(r.line.decision == "approve" for r in merged.reviews),
                "rejected": sum(r.line.decision == "reject" for r in merged.reviews),
                **job_metadata(warehouse),
            }
        )

    return [read_review]
