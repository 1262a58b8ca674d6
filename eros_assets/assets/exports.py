"""Schedules for people: one CSV file and one picture per page and week."""

import datetime as dt
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import dagster as dg
import pandas as pd

from eros_assets.assets.reporting import OWNERS, frame_metadata, job_metadata
from eros_assets.assets.week import WEEKLY, WeekScope, partition_week
from eros_assets.exporting.schedule_csv import write_schedule_csv
from eros_assets.installation import Installation
from eros_assets.warehouse.protocol import Typed

EXPORT_LOG_COLUMNS = (
    *("schedule_id", "page_name", "week_start", "destination", "location", "row_count"),
    *("checksum", "status", "error_message", "duration_seconds", "exported_at", "run_id"),
)


def export_assets(eros: Installation) -> Sequence[dg.AssetsDefinition]:
    """`schedule_csv`."""
    return [_schedule_csv(eros)]


def _schedule_csv(eros: Installation) -> dg.AssetsDefinition:
    @dg.asset(
        name="schedule_csv",
        group_name="exports",
        owners=OWNERS,
        kinds={"csv"},
        description="One CSV file per page and week with the messages to send. Grain: one row per "
        "message of an active schedule.",
        deps=[
            *("active_caption_assignments", "schedule_recommendations"),
            *("schedule_recommendations_with_messages", "caption_bank"),
        ],
        partitions_def=WEEKLY,
    )
    def schedule_csv(
        context: dg.AssetExecutionContext, week_scope: WeekScope
    ) -> dg.MaterializeResult[None]:
        week_start = partition_week(context)
        warehouse = eros.warehouse(
            asset="schedule_csv", run=context.run_id, week=week_start.isoformat()
        )
        folder = eros.week_folder(week_start)
        log = export_week(
            warehouse.query(
                eros.sql("schedule_messages"),
                {"week_start": week_start, "pages": Typed(week_scope.pages, "ARRAY<STRING>")},
            ),
            folder,
            week_start,
            run_id=context.run_id,
        )
        warehouse.load(
            "schedule_export_log",
            log,
            replacing={"run_id": context.run_id, "destination": "csv", "week_start": week_start},
        )
        return dg.MaterializeResult(
            metadata={
                **frame_metadata(log[["page_name", "schedule_id", "row_count", "location"]]),
                "folder": dg.MetadataValue.path(folder),
                **job_metadata(warehouse),
            }
        )

    return schedule_csv


def export_week(
    messages: pd.DataFrame, folder: Path, week_start: dt.date, *, run_id: str
) -> pd.DataFrame:
    """Write each page's file; rows of `schedule_export_log`, one per file."""
    log: list[Mapping[str, Any]] = []
    for page, rows in messages.groupby("page_name", sort=True):
        begun = time.perf_counter()
        written = write_schedule_csv(folder / f"{page}.csv", rows.to_dict("records"))
        log.append(
            {
                "schedule_id": rows["schedule_id"].iloc[0],
                "page_name": page,
                "week_start": week_start,
                "destination": "csv",
                "location": str(written.path),
                "row_count": written.row_count,
                "checksum": written.sha256,
                "status": "succeeded",
                "error_message": None,
                "duration_seconds": time.perf_counter() - begun,
                "exported_at": dt.datetime.now(dt.UTC),
                "run_id": run_id,
            }
        )
    return pd.DataFrame(log, columns=list(EXPORT_LOG_COLUMNS))
