"""The files of a week: two CSV files and a picture of the calendar for each page."""

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

from eros_assets.dataset import Dataset
from eros_assets.exporting.calendar_picture import CalendarWeek
from eros_assets.exporting.schedule_csv import (
    excel_name,
    write_schedule_csv,
    write_schedule_csv_for_excel,
)
from eros_assets.publishing.export_log import Outcome
from eros_assets.tuning import read_knobs
from eros_assets.weekly.messages import messages_by_page

if TYPE_CHECKING:
    import pandas as pd


def write_week(rows: "pd.DataFrame", folder: Path) -> list[Outcome]:
    """Write each page's two CSV files; the outcomes are those of the files for machines."""
    outcomes: list[Outcome] = []
    for page, messages in messages_by_page(rows).items():
        written = write_schedule_csv(folder / f"{page}.csv", messages)
        write_schedule_csv_for_excel(folder / excel_name(page), messages)
        outcomes.append(
            Outcome(
                schedule_id=messages[0].schedule_id,
                page_name=page,
                location=str(written.path),
                row_count=written.row_count,
                checksum=written.sha256,
                status="succeeded",
            )
        )
    return outcomes


def calendar_weeks(
    dataset: Dataset, week_start: dt.date, rows: "pd.DataFrame"
) -> list[CalendarWeek]:
    """The pictures' contents, by page; `rows` are the messages of active schedules."""
    knobs = read_knobs(dataset)
    pages = messages_by_page(rows)
    week = {"week_start": week_start, "pages": list(pages)}
    targets = dataset.query("week_targets", **week)
    cooling = dict(zip(targets["page_name"], targets["cooling_days"], strict=True))
    slots = dataset.query(
        "slot_values", **week, account_lookback_days=knobs["account_lookback_days"]
    )
    values: dict[str, dict[tuple[int, int], float]] = {}
    for slot in slots[slots["message_type"] == "PPV"].to_dict("records"):
        hour = int(slot["day_of_week"]), int(slot["send_hour"])
        values.setdefault(slot["page_name"], {})[hour] = float(slot["slot_value"])
    return [
        CalendarWeek(
            page_name=page,
            week_start=week_start,
            messages=messages,
            slot_values=values.get(page, {}),
            cooling_days=int(cooling.get(page, 0)),
            first_hour=int(knobs["first_send_hour"]),
            last_hour=int(knobs["last_send_hour"]),
        )
        for page, messages in pages.items()
    ]
