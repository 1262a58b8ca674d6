"""The files of a week: two CSV files and a picture of the calendar for each page."""

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

from eros_assets.dataset import Dataset
from eros_assets.exporting.calendar_picture import CalendarMessage, CalendarWeek
from eros_assets.exporting.schedule_csv import (
    excel_name,
    write_schedule_csv,
    write_schedule_csv_for_excel,
)
from eros_assets.publishing.export_log import Outcome
from eros_assets.tuning import Knobs, read_knobs
from eros_assets.weekly.messages import schedule_lines

if TYPE_CHECKING:
    import pandas as pd


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


def calendar_weeks(
    dataset: Dataset, week_start: dt.date, messages: "pd.DataFrame"
) -> list[CalendarWeek]:
    """What the pictures show, by page; `messages` are those of active schedules."""
    knobs = read_knobs(dataset)
    week = {
        "week_start": week_start,
        "pages": sorted(set(messages["page_name"])),
    }
    slots = dataset.query(
        "slot_values", **week, account_lookback_days=knobs["account_lookback_days"]
    )
    targets = dataset.query("week_targets", **week)
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
