"""Schedules for people: two CSV files, for machines and for Excel, and one picture per page."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import dagster as dg

from eros_assets.assets.reporting import (
    OWNERS,
    column_schema,
    frame_metadata,
    gate_table,
    inline_picture,
    job_metadata,
)
from eros_assets.assets.week import WEEKLY, WeekScope, partition_week
from eros_assets.exporting.calendar_picture import (
    calendar_picture,
)
from eros_assets.exporting.schedule_csv import (
    COLUMNS,
)
from eros_assets.exporting.whole_file import write_whole
from eros_assets.installation import Installation
from eros_assets.publishing.export_log import Attempt, pass_gate
from eros_assets.publishing.files import calendar_weeks, write_week
from eros_assets.weekly.messages import active_messages

if TYPE_CHECKING:
    pass

SHOWN_PICTURES = 3


def export_assets(eros: Installation) -> Sequence[dg.AssetsDefinition]:
    """`schedule_csv` and `schedule_calendar`."""
    return [_schedule_csv(eros), _schedule_calendar(eros)]


def _schedule_csv(eros: Installation) -> dg.AssetsDefinition:
    @dg.asset(
        name="schedule_csv",
        group_name="exports",
        owners=OWNERS,
        kinds={"csv"},
        description="Two CSV files per page and week with the messages to send: <page>.csv for "
        "machines, <page>.excel.csv for people with Excel. Grain: one row per message of an active "
        "schedule.",
        deps=[
            *("active_caption_assignments", "schedule_recommendations"),
            *("schedule_recommendations_with_messages", "caption_bank"),
        ],
        partitions_def=WEEKLY,
        metadata={
            "dagster/column_schema": column_schema(
                eros.library["schedule_recommendations_with_messages"], COLUMNS
            )
        },
    )
    def schedule_csv(
        context: dg.AssetExecutionContext, week_scope: WeekScope
    ) -> dg.MaterializeResult[Any]:
        week_start = partition_week(context)
        warehouse = eros.warehouse(
            asset="schedule_csv", run=context.run_id, week=week_start.isoformat()
        )
        folder = eros.week_folder(week_start)
        messages = active_messages(eros, warehouse, week_start, week_scope.pages)
        attempt = Attempt("csv", week_start, context.run_id)
        try:
            findings = pass_gate(eros, warehouse, week_start, messages, week_scope.pages)
            outcomes = write_week(messages, folder)
        except Exception as error:
            attempt.log_failure(warehouse, messages, error, str(folder))
            raise
        log = attempt.log(warehouse, outcomes)
        return dg.MaterializeResult(
            metadata={
                **frame_metadata(log[["page_name", "schedule_id", "row_count", "location"]]),
                "folder": dg.MetadataValue.path(folder),
                "gate": gate_table(findings),
                **job_metadata(warehouse),
            }
        )

    return schedule_csv


def _schedule_calendar(eros: Installation) -> dg.AssetsDefinition:
    @dg.asset(
        name="schedule_calendar",
        group_name="exports",
        owners=OWNERS,
        kinds={"png"},
        description="One picture per page and week: days, hours, tiers, and what the hours are "
        "worth. Grain: one file per active schedule.",
        deps=["active_caption_assignments", "schedule_recommendations_with_messages"],
        partitions_def=WEEKLY,
    )
    def schedule_calendar(
        context: dg.AssetExecutionContext, week_scope: WeekScope
    ) -> dg.MaterializeResult[Any]:
        week_start = partition_week(context)
        warehouse = eros.warehouse(
            asset="schedule_calendar", run=context.run_id, week=week_start.isoformat()
        )
        messages = active_messages(eros, warehouse, week_start, week_scope.pages)
        findings = pass_gate(eros, warehouse, week_start, messages, week_scope.pages)
        weeks = calendar_weeks(eros, warehouse, week_start, messages)
        folder = eros.week_folder(week_start)
        for number, week in enumerate(weeks, start=1):
            write_whole(folder / f"{week.page_name}.png", calendar_picture(week, "page"))
            if number % 10 == 0 or number == len(weeks):
                context.log.info(f"drew {number} of {len(weeks)} weeks")
        return dg.MaterializeResult(
            metadata={
                "dagster/row_count": len(weeks),
                "folder": dg.MetadataValue.path(folder),
                "pictures": dg.MetadataValue.md(
                    "\n\n".join(
                        inline_picture(week.page_name, calendar_picture(week, "metadata"))
                        for week in weeks[:SHOWN_PICTURES]
                    )
                ),
                "gate": gate_table(findings),
                **job_metadata(warehouse),
            }
        )

    return schedule_calendar
