"""Schedules for people: CSV files, pictures of weeks, one page, the Google Sheet, the bucket."""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import dagster as dg

from eros_assets.assets.gate_checks import JUDGED, gate_evaluations, published_by
from eros_assets.assets.reporting import (
    DATASET_POOL,
    column_schema,
    dependencies,
    frame_metadata,
    gate_table,
    inline_picture,
    job_metadata,
    lineage_metadata,
    markdown_rows,
)
from eros_assets.assets.week import WEEKLY, week_to_publish
from eros_assets.dataset import sql_library
from eros_assets.exporting.calendar_picture import calendar_picture
from eros_assets.exporting.columns import CSV_COLUMNS
from eros_assets.publishing.files import ALL_CREATORS
from eros_assets.publishing.index import INDEX_FILE
from eros_assets.publishing.publication import publish_files
from eros_assets.publishing.record import read_record
from eros_assets.resources import ExportBucket, SheetsResource, WarehouseResource

if TYPE_CHECKING:
    import pandas as pd

GROUP = "exports"
PICTURES = ("schedule_messages", "week_targets", "slot_values", "tuning")
INSIGHTS = (
    *("believed_captions", "new_captions", "exploration_costs", "earned_by_price", "slot_values"),
)
"""Files of `sql/` from which the page says what is known of creators."""
SHOWN_INSIGHTS = ("Exploration", "Experiment to consider")
SHOWN_PICTURES = 3


@dg.multi_asset(
    name="schedule_csv",
    pool=DATASET_POOL,
    specs=[
        dg.AssetSpec(
            "schedule_csv",
            group_name=GROUP,
            kinds={"csv"},
            description="Two CSV files per page and week with the messages to send: the page's "
            "name with .csv for machines, with .excel.csv for people with Excel; the same of all "
            "pages, all-creators.csv; and the page's calendar events, .ics. Grain: one row or "
            "event per message of an active schedule.",
            deps=[*JUDGED, *dependencies("schedule_messages", without=JUDGED)],
            partitions_def=WEEKLY,
            metadata={
                "dagster/column_schema": column_schema(
                    sql_library()["schedule_recommendations_with_messages"], tuple(CSV_COLUMNS)
                )
            },
        ),
        dg.AssetSpec(
            "schedule_calendar",
            group_name=GROUP,
            kinds={"svg"},
            description="One picture per page and week: days, hours, tiers, and what the hours are "
            "worth. Grain: one file per active schedule.",
            deps=dependencies(*PICTURES),
            partitions_def=WEEKLY,
        ),
        dg.AssetSpec(
            "schedule_index",
            group_name=GROUP,
            kinds={"html"},
            description="One static page per week, index.html: an agenda of all messages, what is "
            "missing, and every creator's calendar, targets and files, with what is known of it: "
            "captions, hours, exploration, an experiment to consider. Grain: one file per week.",
            deps=dependencies(
                *("schedule_csv", "schedule_calendar", "week_shortfalls", "creator_names"),
                *("schedule_messages", "target_origins", "scheduled_messages"),
                *("weekly_volume_targets", "quarantined_rows", "queued_elsewhere", *INSIGHTS),
            ),
            partitions_def=WEEKLY,
        ),
    ],
)
def schedule_csv(
    context: dg.AssetExecutionContext, warehouse: WarehouseResource
) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckEvaluation]:
    """Publish the files of the week's schedules in force, of all creators, as one unit."""
    dataset = warehouse.dataset(context)
    week_start = week_to_publish(context, dataset)
    published = yield from published_by(
        context,
        week_start,
        partial(
            publish_files, dataset, week_start, run_id=context.run_id, report=context.log.warning
        ),
    )
    yield from gate_evaluations(context, week_start, published.verdict.findings)
    of_all = {
        "folder": dg.MetadataValue.path(published.folder),
        "url": dg.MetadataValue.url((published.folder / INDEX_FILE).absolute().as_uri()),
        # A week without a schedule has a page that says why, and no file of all creators.
        "sha256": read_record(published.folder).files.get(ALL_CREATORS, ""),
        "publication": published.verdict.publication_id,
        "gate": gate_table(published.verdict.findings),
        "withheld": _withheld(published.log),
        **job_metadata(dataset),
    }
    log = published.log[["page_name", "row_count", "location", "checksum"]]
    messages = published.index.totals["messages"]
    sources = lineage_metadata("schedule_messages", names=tuple(CSV_COLUMNS))
    yield dg.MaterializeResult(
        asset_key="schedule_csv",
        metadata={
            **frame_metadata(log),
            "dagster/row_count": messages,
            "pages": len(published.index.pages),
            "expected_revenue": round(published.index.expected_revenue, 2),
            "bytes": sum(file.stat().st_size for file in published.folder.iterdir()),
            **sources,
            **of_all,
        },
    )
    shown = [
        inline_picture(week.page_name, calendar_picture(week))
        for week in published.weeks[:SHOWN_PICTURES]
    ]
    yield dg.MaterializeResult(
        asset_key="schedule_calendar",
        metadata={
            "pages": len(published.weeks),
            "pictures": dg.MetadataValue.md("\n\n".join(shown)),
            **of_all,
        },
    )
    yield dg.MaterializeResult(
        asset_key="schedule_index",
        metadata={
            "page": dg.MetadataValue.path(published.folder / INDEX_FILE),
            **published.index.totals,
            "shortfalls": len(published.index.shortfalls),
            "lacking": dg.MetadataValue.json(list(published.index.shortfalls)),
            **{
                heading.lower().replace(" ", "_"): markdown_rows(
                    ("creator", ""),
                    (
                        (page.page_name, " ".join(page.known[heading]))
                        for page in published.index.pages
                        if heading in page.known
                    ),
                )
                for heading in SHOWN_INSIGHTS
            },
            **of_all,
        },
    )


@dg.asset(
    pool=DATASET_POOL,
    group_name=GROUP,
    kinds={"googlesheets"},
    deps=[
        *JUDGED,
        *dependencies(
            "schedule_messages", "week_reviews", "creator_names", "sheet_decisions", without=JUDGED
        ),
    ],
    partitions_def=WEEKLY,
)
def schedule_sheet(
    context: dg.AssetExecutionContext, warehouse: WarehouseResource, sheets: SheetsResource
) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckEvaluation]:
    """A tab of the Google Sheet per week, changed as a whole or not at all.

    Every message of the active schedules, by creator and time. New schedules get their lines in
    the Review tab. Grain: one row per message of an active schedule.
    """
    from eros_assets.publishing.sheet import publish_sheet  # imported here: few installations do

    dataset = warehouse.dataset(context)
    week_start = week_to_publish(context, dataset)
    exported, log = yield from published_by(
        context,
        week_start,
        partial(
            publish_sheet,
            dataset,
            week_start,
            sheets.spreadsheet,
            address=sheets.address,
            run_id=context.run_id,
            report=context.log.warning,
        ),
    )
    for sentence in exported.repaired:
        context.log.warning(f"somebody had changed the spreadsheet: {sentence}; put right")
    yield dg.MaterializeResult(
        metadata={
            "url": dg.MetadataValue.url(exported.address),
            "status": exported.status,
            "tab": exported.title,
            "reads": exported.reads,
            "writes": exported.writes,
            "bytes_written": exported.bytes_written,
            "sha256": exported.digest,
            "withheld": _withheld(log),
            "put_right": dg.MetadataValue.json(list(exported.repaired)),
            **frame_metadata(log[["page_name", "schedule_id", "row_count", "status"]]),
            "dagster/row_count": exported.row_count,
            **job_metadata(dataset),
        }
    )


@dg.asset(
    pool=DATASET_POOL,
    group_name=GROUP,
    kinds={"gcs"},
    deps=[
        *("schedule_csv", "schedule_calendar", "schedule_index", *JUDGED),
        *dependencies("schedule_messages", "exported_weeks", without=JUDGED),
    ],
    partitions_def=WEEKLY,
)
def schedule_bucket(
    context: dg.AssetExecutionContext, warehouse: WarehouseResource, bucket: ExportBucket
) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckEvaluation]:
    """The week's files in a Google Cloud Storage bucket, under a prefix of its Monday.

    The objects under the prefix are made equal to the files of the active schedules: what differs
    is uploaded, index.html last, and other objects are deleted. weeks.html above the prefix links
    to the weeks. Grain: one object per file.
    """
    from eros_assets.publishing.bucket import publish_bucket  # imported here: few installations do

    dataset = warehouse.dataset(context)
    week_start = week_to_publish(context, dataset)
    folder = bucket.week_folder(week_start)
    published = yield from published_by(
        context,
        week_start,
        partial(publish_bucket, dataset, week_start, folder, bucket.connect, run_id=context.run_id),
    )
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
            "withheld": _withheld(published.log),
            **job_metadata(dataset),
        }
    )


def _withheld(log: "pd.DataFrame") -> dg.MetadataValue[Any]:
    """The pages in force that were not published, with the reasons; from the export log's rows."""
    failed = log[log["status"] == "failed"]
    return dg.MetadataValue.json(
        dict(zip(failed["page_name"], failed["error_message"], strict=True))
    )
