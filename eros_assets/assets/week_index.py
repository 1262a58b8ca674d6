"""The week on one page: what people open first."""

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg

from eros_assets.assets.export_log import pass_gate
from eros_assets.assets.exports import excel_name
from eros_assets.assets.messages import active_messages
from eros_assets.assets.reporting import OWNERS, gate_table, job_metadata
from eros_assets.assets.shortfalls import week_shortfalls
from eros_assets.assets.week import WEEKLY, partition_week
from eros_assets.exporting.calendar_picture import smaller_picture
from eros_assets.exporting.week_index import (
    IndexFile,
    IndexMessage,
    IndexPage,
    WeekIndex,
    week_index_page,
)
from eros_assets.exporting.whole_file import write_whole
from eros_assets.installation import Installation
from eros_assets.warehouse.protocol import Typed, Warehouse

if TYPE_CHECKING:
    import pandas as pd

INDEX_FILE = "index.html"


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


def week_index(
    eros: Installation, warehouse: Warehouse, week_start: dt.date, messages: "pd.DataFrame"
) -> WeekIndex:
    """The week's active schedules, whichever run made them, with the files that are there.

    `messages` are those of the schedules.
    """
    pages = sorted(set(messages["page_name"]))
    targets = warehouse.query(
        eros.sql("week_targets"),
        {"week_start": week_start, "pages": Typed(pages, "ARRAY<STRING>")},
    )
    names = warehouse.query(eros.sql("creator_names"))
    return WeekIndex(
        week_start=week_start,
        pages=_pages(
            messages,
            names=dict(zip(names["page_name"], names["display_name"], strict=True)),
            targets={row["page_name"]: row for row in targets.to_dict("records")},
            folder=eros.week_folder(week_start),
        ),
        shortfalls=[each.sentence for each in week_shortfalls(eros, warehouse, week_start)],
        sheet=eros.settings.sheet_address,
    )


def _pages(
    messages: "pd.DataFrame",
    *,
    names: Mapping[str, str],
    targets: Mapping[str, Mapping[Any, Any]],
    folder: Path,
) -> list[IndexPage]:
    return [
        IndexPage(
            page_name=str(page),
            display_name=names.get(str(page), str(page)),
            schedule_id=rows["schedule_id"].iloc[0],
            messages=[
                IndexMessage(
                    row["scheduled_send_time"].to_pydatetime(),
                    row["price_tier"],
                    row["content_category"],
                    row["caption_text"] or "",
                )
                for row in rows.to_dict("records")
            ],
            facts=_facts(targets.get(str(page))),
            picture=_picture(folder / f"{page}.png"),
            files=[
                file
                for file in (
                    IndexFile(f"{page}.csv", "CSV"),
                    IndexFile(excel_name(str(page)), "CSV for Excel"),
                    IndexFile(f"{page}.png", "Picture"),
                )
                if (folder / file.name).is_file()
            ],
        )
        for page, rows in messages.groupby("page_name", sort=True)
    ]


def _facts(target: Mapping[Any, Any] | None) -> Sequence[str]:
    if target is None:
        return ()
    cooling = int(target["cooling_days"])
    facts = (
        f"{target['size_tier']} account",
        f"{target['behavioral_segment']} prices",
        f"saturation {target['saturation_status']}",
        f"{cooling} cooling days" if cooling else "",
    )
    return tuple(fact for fact in facts if fact)


def _picture(path: Path) -> bytes | None:
    return smaller_picture(path.read_bytes()) if path.is_file() else None
