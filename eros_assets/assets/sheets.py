"""The week in Google Sheets: one atomic update, and a row of the export log for every attempt."""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import dagster as dg

from eros_assets.assets.reporting import OWNERS, frame_metadata, job_metadata
from eros_assets.assets.spreadsheet import HOW_TO_TURN_ON, SheetsResource
from eros_assets.assets.week import WEEKLY, partition_week
from eros_assets.installation import Installation
from eros_assets.publishing.export_log import Attempt, Outcome, counts_of, pass_gate
from eros_assets.publishing.sheet import shown_week
from eros_assets.warehouse.protocol import Warehouse
from eros_assets.weekly.messages import active_messages

if TYPE_CHECKING:
    import pandas as pd

    from eros_assets.exporting.sheets.exporter import ExportedSheet


def sheet_assets(eros: Installation) -> Sequence[dg.AssetsDefinition]:
    """`schedule_sheet`."""

    @dg.multi_asset(
        name="export_sheet",
        specs=[
            dg.AssetSpec(
                "schedule_sheet",
                group_name="exports",
                owners=OWNERS,
                kinds={"googlesheets"},
                description="A tab of the Google Sheet per week, changed as a whole or not at all: "
                "every message of the active schedules, by creator and time. New schedules get "
                "their lines in the Review tab. Skipped without EROS_SPREADSHEET_ID. Grain: one "
                "row per message of an active schedule.",
                deps=[
                    *("active_caption_assignments", "schedule_recommendations_with_messages"),
                    *("schedule_review", "creators"),
                ],
                partitions_def=WEEKLY,
                skippable=True,
            )
        ],
    )
    def export_sheet(
        context: dg.AssetExecutionContext, sheets: SheetsResource
    ) -> Iterator[dg.MaterializeResult[Any]]:
        if sheets.spreadsheet_id is None:
            context.log.info(f"schedule_sheet is skipped: {HOW_TO_TURN_ON}")
            return
        week_start = partition_week(context)
        warehouse = eros.warehouse(
            asset="schedule_sheet", run=context.run_id, week=week_start.isoformat()
        )
        exported, log = publish_week(
            eros, warehouse, sheets, week_start, run_id=context.run_id, report=context.log.warning
        )
        yield dg.MaterializeResult(
            metadata={
                "sheet": dg.MetadataValue.url(exported.address),
                "status": exported.status,
                "tab": exported.title,
                "requests": f"{exported.reads} reads, {exported.writes} writes",
                "bytes_written": exported.bytes_written,
                **frame_metadata(log[["page_name", "schedule_id", "row_count", "status"]]),
                "dagster/row_count": exported.row_count,
                **job_metadata(warehouse),
            }
        )

    return [export_sheet]


def publish_week(
    eros: Installation,
    warehouse: Warehouse,
    sheets: SheetsResource,
    week_start: dt.date,
    *,
    run_id: str,
    report: Callable[[str], None],
) -> "tuple[ExportedSheet, pd.DataFrame]":
    """Show the week's active schedules, of all creators; the export log's rows of it.

    An attempt that fails is in the export log as well.

    Raises:
        ErosError: the gate is closed, or the spreadsheet could not be changed; what it held of the
            week is intact.
    """
    from eros_assets.exporting.sheets.exporter import export_sheet

    messages = active_messages(eros, warehouse, week_start)
    attempt = Attempt("sheets", week_start, run_id)
    try:
        pass_gate(eros, warehouse, week_start, messages)
        week = shown_week(eros, warehouse, week_start, messages, run_id=run_id)
        exported = export_sheet(sheets.spreadsheet(), week, report)
    except Exception as error:
        attempt.log_failure(warehouse, messages, error, sheets.address)
        raise
    outcomes = [
        Outcome(schedule, page, exported.address, count, exported.digest, exported.status)
        for schedule, page, count in counts_of(messages)
    ]
    return exported, attempt.log(warehouse, outcomes)
