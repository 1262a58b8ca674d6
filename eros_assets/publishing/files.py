"""The files of a week: two CSV files and a picture of the calendar for each page."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from eros_assets.dataset import Dataset
from eros_assets.errors import ErosError
from eros_assets.exporting.calendar_picture import CalendarMessage, CalendarWeek
from eros_assets.exporting.schedule_csv import (
    Messages,
    excel_name,
    messages_in,
    read_excel_messages,
    read_schedule_csv,
    write_schedule_csv,
    write_schedule_csv_for_excel,
)
from eros_assets.publishing.export_log import Outcome
from eros_assets.tuning import Knobs, read_knobs
from eros_assets.weekly.messages import schedule_lines

if TYPE_CHECKING:
    import pandas as pd


def csv_name(page: str) -> str:
    """The name of a page's CSV for machines."""
    return f"{page}.csv"


def picture_name(page: str) -> str:
    """The name of a page's picture."""
    return f"{page}.png"


def page_files(page: str) -> tuple[str, ...]:
    """The names of a page's files in the week's folder."""
    return csv_name(page), excel_name(page), picture_name(page)


def write_week(messages: "pd.DataFrame", folder: Path) -> list[Outcome]:
    """Write each page's files; what the export log says of them is the machine file's."""
    outcomes: list[Outcome] = []
    for page, rows in messages.groupby("page_name", sort=True):
        lines = schedule_lines(rows)
        written = write_schedule_csv(folder / csv_name(str(page)), lines)
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


def wrong_files(messages: "pd.DataFrame", folder: Path) -> list[str]:
    """How the CSV files of `folder` differ from these messages, one line per file or message."""
    wrong: list[str] = []
    for page, rows in messages.groupby("page_name", sort=True):
        lines = schedule_lines(rows)
        wrong += _faults(folder / csv_name(str(page)), _read_messages, messages_in(lines))
        wrong += _faults(
            folder / excel_name(str(page)),
            read_excel_messages,
            messages_in(lines, for_excel=True),
        )
    return wrong


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


def _read_messages(path: Path) -> Messages:
    return messages_in(read_schedule_csv(path))


def _faults(path: Path, read: Callable[[Path], Messages], wanted: Messages) -> list[str]:
    """How a file differs from what it should say, one line per message."""
    try:
        found = read(path)
    except ErosError as error:
        return [str(error)]
    return [
        *(f"{path}: caption {caption} is missing" for caption in wanted if caption not in found),
        *(
            f"{path}: caption {caption} is not scheduled"
            for caption in found
            if caption not in wanted
        ),
        *(
            f"{path}: caption {caption}: {', '.join(differing)} not as scheduled"
            for caption, message in wanted.items()
            if (differing := [c for c in message if message[c] != found.get(caption, message)[c]])
        ),
    ]
