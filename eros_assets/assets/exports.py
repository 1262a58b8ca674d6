"""Schedules for people: CSV files, pictures of weeks, one page, the Google Sheet, the bucket."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from eros_assets.assets.reporting import (
    OWNERS,
    column_schema,
    frame_metadata,
    gate_table,
    inline_picture,
    job_metadata,
)
from eros_assets.assets.week import WEEKLY, partition_week
from eros_assets.atomic_write import atomic_write
from eros_assets.dataset import sql_library
from eros_assets.exporting.calendar_picture import calendar_picture
from eros_assets.exporting.columns import CSV_COLUMNS
from eros_assets.exporting.week_index import week_index_page
from eros_assets.publishing.bucket import publish_bucket
from eros_assets.publishing.export_log import Attempt, pass_gate
from eros_assets.publishing.files import calendar_weeks, write_week
from eros_assets.publishing.index import INDEX_FILE, week_index
from eros_assets.publishing.sheet import publish_sheet
from eros_assets.resources import (
    HOW_TO_SET_A_BUCKET,
    HOW_TO_TURN_ON,
    ExportBucket,
    SheetsResource,
    WarehouseResource,
    WeekScope,
)
from eros_assets.weekly.messages import active_messages

GROUP = "exports"
SHOWN_PICTURES = 3


@dg.asset(
    group_name=GROUP,
    owners=OWNERS,
    kinds={"csv"},
    deps=[
        *("active_caption_assignments", "schedule_recommendations"),
        *("schedule_recommendations_with_messages", "caption_bank"),
    ],
    partitions_def=WEEKLY,
    metadata={
        "dagster/column_schema": column_schema(
            sql_library()["schedule_recommendations_with_messages"], tuple(CSV_COLUMNS)
        )
    },
)
def schedule_csv(
    context: dg.AssetExecutionContext, warehouse: WarehouseResource, week_scope: WeekScope
) -> dg.MaterializeResult[Any]:
    """Two CSV files per page and week with the messages to send.

    <page>.csv for machines, <page>.excel.csv for people with Excel. Grain: one row per message
    of an active schedule.
    """
    dataset, week_start = warehouse.dataset(context), partition_week(context)
    folder = dataset.week_folder(week_start)
    messages = active_messages(dataset, week_start, week_scope.pages)
    attempt = Attempt("csv", week_start, context.run_id)
    try:
        findings = pass_gate(dataset, week_start, messages, week_scope.pages)
        outcomes = write_week(messages, folder)
    except Exception as error:
        attempt.log_failure(dataset, messages, error, str(folder))
        raise
    log = attempt.log(dataset, outcomes)
    return dg.MaterializeResult(
        metadata={
            **frame_metadata(log[["page_name", "schedule_id", "row_count", "location"]]),
            "folder": dg.MetadataValue.path(folder),
            "gate": gate_table(findings),
            **job_metadata(dataset),
        }
    )


@dg.asset(
    group_name=GROUP,
    owners=OWNERS,
    kinds={"png"},
    deps=["active_caption_assignments", "schedule_recommendations_with_messages"],
    partitions_def=WEEKLY,
)
def schedule_calendar(
    context: dg.AssetExecutionContext, warehouse: WarehouseResource, week_scope: WeekScope
) -> dg.MaterializeResult[Any]:
    """One picture per page and week.

    Days, hours, tiers, and what the hours are worth. Grain: one file per active schedule.
    """
    dataset, week_start = warehouse.dataset(context), partition_week(context)
    messages = active_messages(dataset, week_start, week_scope.pages)
    findings = pass_gate(dataset, week_start, messages, week_scope.pages)
    weeks = calendar_weeks(dataset, week_start, messages)
    folder = dataset.week_folder(week_start)
    for number, week in enumerate(weeks, start=1):
        atomic_write(folder / f"{week.page_name}.png", calendar_picture(week, "page"))
        if number % 10 == 0 or number == len(weeks):
            context.log.info(f"drew {number} of {len(weeks)} weeks")
    shown = [
        inline_picture(week.page_name, calendar_picture(week, "metadata"))
        for week in weeks[:SHOWN_PICTURES]
    ]
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(weeks),
            "folder": dg.MetadataValue.path(folder),
            "pictures": dg.MetadataValue.md("\n\n".join(shown)),
            "gate": gate_table(findings),
            **job_metadata(dataset),
        }
    )


@dg.asset(
    group_name=GROUP,
    owners=OWNERS,
    kinds={"html"},
    deps=["schedule_csv", "schedule_calendar", "active_caption_assignments", "creators"],
    partitions_def=WEEKLY,
)
def schedule_index(
    context: dg.AssetExecutionContext, warehouse: WarehouseResource
) -> dg.MaterializeResult[Any]:
    """One static page per week, index.html.

    Totals, shortfalls, and every creator's calendar, messages and files. Grain: one file per
    week.
    """
    dataset, week_start = warehouse.dataset(context), partition_week(context)
    messages = active_messages(dataset, week_start)
    findings = pass_gate(dataset, week_start, messages)
    week = week_index(dataset, week_start, messages)
    page = week_index_page(week)
    written = atomic_write(dataset.week_folder(week_start) / INDEX_FILE, page, len(week.pages))
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(week.pages),
            "page": dg.MetadataValue.path(written.path),
            "bytes": len(page),
            "totals": dg.MetadataValue.json(dict(week.totals)),
            "shortfalls": dg.MetadataValue.json(list(week.shortfalls)),
            "gate": gate_table(findings),
            **job_metadata(dataset),
        }
    )


@dg.asset(
    group_name=GROUP,
    owners=OWNERS,
    kinds={"googlesheets"},
    deps=[
        *("active_caption_assignments", "schedule_recommendations_with_messages"),
        *("schedule_review", "creators"),
    ],
    partitions_def=WEEKLY,
    output_required=False,
)
def schedule_sheet(
    context: dg.AssetExecutionContext, warehouse: WarehouseResource, sheets: SheetsResource
) -> Iterator[dg.MaterializeResult[Any]]:
    """A tab of the Google Sheet per week, changed as a whole or not at all.

    Every message of the active schedules, by creator and time. New schedules get their lines in
    the Review tab. Skipped without EROS_SPREADSHEET_ID. Grain: one row per message of an active
    schedule.
    """
    if sheets.spreadsheet_id is None:
        context.log.info(f"schedule_sheet is skipped: {HOW_TO_TURN_ON}")
        return
    dataset = warehouse.dataset(context)
    exported, log = publish_sheet(
        dataset,
        partition_week(context),
        sheets.spreadsheet,
        address=sheets.address,
        run_id=context.run_id,
        report=context.log.warning,
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
            **job_metadata(dataset),
        }
    )


@dg.asset(
    group_name=GROUP,
    owners=OWNERS,
    kinds={"gcs"},
    deps=[
        *("schedule_csv", "schedule_calendar", "schedule_index"),
        "active_caption_assignments",
    ],
    partitions_def=WEEKLY,
    output_required=False,
)
def schedule_bucket(
    context: dg.AssetExecutionContext, warehouse: WarehouseResource, bucket: ExportBucket
) -> Iterator[dg.MaterializeResult[Any]]:
    """The week's files in a Google Cloud Storage bucket, under a prefix of its Monday.

    The objects under the prefix are made equal to the files of the active schedules: what differs
    is uploaded, index.html last, and other objects are deleted. Skipped without
    EROS_EXPORT_BUCKET. Grain: one object per file.
    """
    if bucket.location is None:
        context.log.info(f"schedule_bucket is skipped: {HOW_TO_SET_A_BUCKET}")
        return
    dataset, week_start = warehouse.dataset(context), partition_week(context)
    folder = bucket.week_folder(week_start)
    published = publish_bucket(dataset, week_start, folder, bucket.connect, run_id=context.run_id)
    files = published.files
    yield dg.MaterializeResult(
        metadata={
            "location": folder.address,
            "console": dg.MetadataValue.url(folder.console),
            "uploaded": len(files.uploaded),
            "unchanged": len(files.unchanged),
            "deleted": len(files.deleted),
            "bytes_uploaded": files.bytes_uploaded,
            **frame_metadata(published.log[["page_name", "schedule_id", "row_count", "status"]]),
            "dagster/row_count": len(files.uploaded) + len(files.unchanged),
            "gate": gate_table(published.findings),
            **job_metadata(dataset),
        }
    )
