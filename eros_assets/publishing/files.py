"""Writes a week's files of messages and makes the contents of its calendar pictures."""

import datetime as dt
from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING

from eros_assets.dataset import Dataset
from eros_assets.errors import ErosError
from eros_assets.exporting.calendar_picture import CalendarWeek
from eros_assets.exporting.message import ScheduledMessage
from eros_assets.exporting.schedule_csv import (
    Messages,
    all_creators_csv_bytes,
    excel_name,
    messages_in,
    read_excel_messages,
    read_schedule_csv,
    write_all_creators_csv,
    write_schedule_csv,
    write_schedule_csv_for_excel,
)
from eros_assets.exporting.schedule_events import schedule_events, write_schedule_events
from eros_assets.planning.volume import hours_of_text
from eros_assets.publishing.export_log import Outcome
from eros_assets.tuning import read_knobs
from eros_assets.weekly.messages import messages_by_page

if TYPE_CHECKING:
    import pandas as pd


ALL_CREATORS, ALL_CREATORS_EXCEL = "all-creators.csv", "all-creators.excel.csv"
"""The files of all creators; no page's name has a hyphen."""


def csv_name(page: str) -> str:
    """The name of a page's CSV for machines."""
    return f"{page}.csv"


def events_name(page: str) -> str:
    """The name of a page's calendar events."""
    return f"{page}.ics"


def picture_name(page: str) -> str:
    """The name of a page's picture."""
    return f"{page}.svg"


def page_files(page: str) -> tuple[str, ...]:
    """The names of a page's files in the week's folder."""
    return csv_name(page), excel_name(page), events_name(page), picture_name(page)


def files_of_all(pages: Collection[str]) -> tuple[str, ...]:
    """The names of the files of all creators; there are none when there are no pages."""
    return (ALL_CREATORS, ALL_CREATORS_EXCEL) if pages else ()


def write_week(rows: "pd.DataFrame", folder: Path) -> list[Outcome]:
    """Write each page's CSV files and events, and the CSV files of all pages.

    The outcomes are those of each page's file for machines.
    """
    outcomes: list[Outcome] = []
    pages = messages_by_page(rows)
    if pages:
        everyone = [message for messages in pages.values() for message in messages]
        write_all_creators_csv(folder / ALL_CREATORS, everyone)
        write_all_creators_csv(folder / ALL_CREATORS_EXCEL, everyone, for_excel=True)
    for page, messages in pages.items():
        written = write_schedule_csv(folder / csv_name(page), messages)
        write_schedule_csv_for_excel(folder / excel_name(page), messages)
        write_schedule_events(folder / events_name(page), messages)
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


def wrong_files(rows: "pd.DataFrame", folder: Path) -> list[str]:
    """How the files of `folder` differ from these messages, one line per file or message."""
    wrong: list[str] = []
    pages = messages_by_page(rows)
    for page, messages in pages.items():
        wrong += _faults(folder / csv_name(page), _read_messages, messages_in(messages))
        wrong += _faults(
            folder / excel_name(page),
            read_excel_messages,
            messages_in(messages, for_excel=True),
        )
        wrong += _differs(folder / events_name(page), schedule_events(messages))
    if pages:
        everyone: list[ScheduledMessage] = [m for messages in pages.values() for m in messages]
        wrong += _differs(folder / ALL_CREATORS, all_creators_csv_bytes(everyone))
        wrong += _differs(
            folder / ALL_CREATORS_EXCEL, all_creators_csv_bytes(everyone, for_excel=True)
        )
    return wrong


def _differs(path: Path, wanted: bytes) -> list[str]:
    if not path.is_file():
        return [f"{path}: no such file; export the week again"]
    if path.read_bytes() != wanted:
        return [f"{path}: it is not what the schedules in force give; export the week again"]
    return []


def calendar_weeks(
    dataset: Dataset, week_start: dt.date, rows: "pd.DataFrame"
) -> list[CalendarWeek]:
    """The pictures' contents, by page; `rows` are the messages of active schedules."""
    knobs = read_knobs(dataset)
    pages = messages_by_page(rows)
    week = {"week_start": week_start, "pages": list(pages)}
    targets = dataset.cached_query("week_targets", **week)
    cooling = dict(zip(targets["page_name"], targets["cooling_days"], strict=True))
    decided = dict(zip(targets["page_name"], targets["sending_hours"], strict=True))
    slots = dataset.cached_query(
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
            closed=[date for date, hours in hours_of_text(decided.get(page)).items() if not hours],
        )
        for page, messages in pages.items()
    ]


def _read_messages(path: Path) -> Messages:
    return messages_in(read_schedule_csv(path))


def _faults(path: Path, read: Callable[[Path], Messages], wanted: Messages) -> list[str]:
    """How a file differs from what it should say, one line per message."""
    try:
        found = read(path)
    except ErosError as error:
        return [str(error)]
    return [
        *(f"{path}: {_words(key)} is missing" for key in wanted if key not in found),
        *(f"{path}: {_words(key)} is not scheduled" for key in found if key not in wanted),
        *(
            f"{path}: {_words(key)}: {', '.join(differing)} not as scheduled"
            for key, message in wanted.items()
            if (differing := [c for c in message if message[c] != found.get(key, message)[c]])
        ),
    ]


def _words(key: tuple[int, int]) -> str:
    caption, before = key
    return f"caption {caption}" if not before else f"caption {caption}, no. {before + 1}"
