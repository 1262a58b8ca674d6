"""The week on one page: what people open first."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import dagster as dg

from eros_assets.assets.reporting import OWNERS, gate_table, job_metadata
from eros_assets.assets.week import WEEKLY, partition_week
from eros_assets.exporting.week_index import (
    week_index_page,
)
from eros_assets.exporting.whole_file import write_whole
from eros_assets.installation import Installation
from eros_assets.publishing.export_log import pass_gate
from eros_assets.publishing.index import INDEX_FILE, week_index
from eros_assets.weekly.messages import active_messages

if TYPE_CHECKING:
    pass


def index_assets(eros: Installation) -> Sequence[dg.AssetsDefinition]:
    """`schedule_index`."""

    @dg.asset(
        name="schedule_index",
        group_name="exports",
        owners=OWNERS,
        kinds={"html"},
        description="One static page per week, index.html: totals, shortfalls, and every "
        "creator's calendar, messages and files. Grain: one file per week.",
        deps=["schedule_csv", "schedule_calendar", "active_caption_assignments", "creators"],
        partitions_def=WEEKLY,
    )
    def schedule_index(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        week_start = partition_week(context)
        warehouse = eros.warehouse(
            asset="schedule_index", run=context.run_id, week=week_start.isoformat()
        )
        messages = active_messages(eros, warehouse, week_start)
        findings = pass_gate(eros, warehouse, week_start, messages)
        week = week_index(eros, warehouse, week_start, messages)
        page = week_index_page(week)
        written = write_whole(eros.week_folder(week_start) / INDEX_FILE, page, len(week.pages))
        return dg.MaterializeResult(
            metadata={
                "dagster/row_count": len(week.pages),
                "page": dg.MetadataValue.path(written.path),
                "bytes": len(page),
                "totals": dg.MetadataValue.json(dict(week.totals)),
                "shortfalls": dg.MetadataValue.json(list(week.shortfalls)),
                "gate": gate_table(findings),
                **job_metadata(warehouse),
            }
        )

    return [schedule_index]
