"""Schedules for people: two CSV files, for machines and for Excel, and one picture per page."""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg

from eros_assets.assets.export_log import Attempt, Outcome, pass_gate
from eros_assets.assets.messages import active_messages, schedule_lines
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
    CalendarMessage,
    CalendarWeek,
    calendar_picture,
)
from eros_assets.exporting.schedule_csv import (
    COLUMNS,
    write_schedule_csv,
    write_schedule_csv_for_excel,
)
from eros_assets.exporting.whole_file import write_whole
from eros_assets.installation import Installation
from eros_assets.tuning import Knobs, read_knobs
from eros_assets.warehouse.protocol import Typed, Warehouse

if TYPE_CHECKING:
    import pandas as pd

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


def write_week(messages: "pd.DataFrame", folder: Path) -> list[Outcome]:
    """Write each page's files; what the export log says of them is the machine file's."""
    outcomes: list[Outcome] = []
    for page, rows in messages.groupby("page_name", sort=True):
        lines = schedule_lines(rows)
        written = write_schedule_csv(folder / f"{page}.csv", lines)
        write_schedule_csv_for_excel(folder / excel_name(str(page)), lines)
        outcomes.append(
            Outcome(
                schedule_id=rows["schedule_id"].iloc[0],
                page_name=str(page),
                location=str(written.path),
                row_count=written.row_count,
                checksum=written.sha256,
                status="succeeded",
            )
        )
    return outcomes


def excel_name(page: str) -> str:
    """The name of a page's CSV for people with Excel; `<page>.csv` is the one for machines."""
    return f"{page}.excel.csv"


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


def calendar_weeks(
    eros: Installation, warehouse: Warehouse, week_start: dt.date, messages: "pd.DataFrame"
) -> list[CalendarWeek]:
    """What the pictures show, by page; `messages` are those of active schedules."""
    knobs = read_knobs(warehouse)
    week = {
        "week_start": week_start,
        "pages": Typed(sorted(set(messages["page_name"])), "ARRAY<STRING>"),
    }
    slots = warehouse.query(
        eros.sql("slot_values"),
        {**week, "account_lookback_days": knobs["account_lookback_days"]},
    )
    targets = warehouse.query(eros.sql("week_targets"), week)
    cooling = dict(zip(targets["page_name"], targets["cooling_days"], strict=True))
    return [
        _calendar_week(
            str(page),
            week_start,
            rows,
            slots[(slots["page_name"] == page) & (slots["message_type"] == "PPV")],
            int(cooling.get(page, 0)),
            knobs,
        )
        for page, rows in messages.groupby("page_name", sort=True)
    ]


def _calendar_week(
    page: str,
    week_start: dt.date,
    messages: "pd.DataFrame",
    slots: "pd.DataFrame",
    cooling_days: int,
    knobs: Knobs,
) -> CalendarWeek:
    return CalendarWeek(
        page_name=page,
        week_start=week_start,
        messages=[
            CalendarMessage(row["scheduled_send_time"].to_pydatetime(), row["price_tier"])
            for row in messages.to_dict("records")
        ],
        slot_values={
            (int(row["day_of_week"]), int(row["send_hour"])): float(row["slot_value"])
            for row in slots.to_dict("records")
        },
        cooling_days=cooling_days,
        first_hour=int(knobs["first_send_hour"]),
        last_hour=int(knobs["last_send_hour"]),
    )
