"""What people type into the cells of the tabs of decisions, and what it means."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pytest

from eros_assets.exporting.sheets.cells import serial_date
from eros_assets.exporting.sheets.decision_reading import DecisionLine, decision_grid, read_lines
from eros_assets.exporting.sheets.decision_tabs import (
    AVAILABILITY,
    OVERRIDES,
    QUEUE,
    DecisionTab,
)

DAY = dt.date(2025, 11, 12)
SERIAL = serial_date(DAY)
PAGES = {"amber_lens": "amber_lens", "amber lens": "amber_lens", "zoë": "cook", "cook": "cook"}

QUEUED: Mapping[str, Any] = {"Page": "cook", "Date": SERIAL, "Time": 20 / 24, "Text": "Soup"}
OFF: Mapping[str, Any] = {"Page": "cook", "First date": SERIAL}
SET: Mapping[str, Any] = {"Page": "cook", "PPVs a week": 9}


def line(tab: DecisionTab, cells: Mapping[str, Any]) -> DecisionLine:
    row = [cells.get(title, "") for title in tab.titles]
    (read,) = read_lines(decision_grid(tab, [tab.titles, row], {}), PAGES)
    return read


@pytest.mark.parametrize(
    ("typed", "means"),
    [
        (SERIAL, DAY),
        (SERIAL + 0.75, DAY),
        ("2025-11-12", DAY),
        (" 2025-11-12 ", DAY),
        ("Wed 2025-11-12", DAY),
        ("2025/11/12", DAY),
        ("12 Nov 2025", DAY),
        ("Nov 12, 2025", DAY),
        ("November 12th 2025", DAY),
        ("Wednesday, 12 November 2025", DAY),
        ("13/11/2025", dt.date(2025, 11, 13)),
        ("11/13/2025", dt.date(2025, 11, 13)),
        ("11.11.2025", dt.date(2025, 11, 11)),
        ("3/4/2025", "may be 2025-03-04 or 2025-04-03: write it such as 2025-11-12"),
        ("2025-11-31", "is not a date: write it such as 2025-11-12"),
        ("12.11.25", "is not a date"),
        ("tomorrow", "is not a date"),
        ("#REF!", "is not a date"),
        (True, "is not a date"),
        (12, "is not a date from 2000 to 2099"),
        (1_762_905_600, "is not a date from 2000 to 2099"),
        ("1912-11-12", "is not a date"),
        ("", None),
    ],
)
def test_dates(typed: Any, means: dt.date | str | None) -> None:
    read = line(
        AVAILABILITY,
        {
            **OFF,
            "Last date": typed,
            "First date": serial_date(means) if isinstance(means, dt.date) else SERIAL,
        },
    )
    if isinstance(means, str):
        assert means in (read.fault or "")
        assert "Last date" in (read.fault or "")
    else:
        assert read.fault is None
        assert read.values["last_date"] == (means or DAY)


@pytest.mark.parametrize(
    ("typed", "means"),
    [
        (20 / 24, "20:00"),
        (0.8541666667, "20:30"),
        (SERIAL + 20 / 24, "20:00"),
        (0, "00:00"),
        (20, "20:00"),
        ("20:00", "20:00"),
        ("20:00:00", "20:00"),
        ("8 PM", "20:00"),
        ("8:30pm", "20:30"),
        ("8.30 p.m.", "20:30"),
        ("12 am", "00:00"),
        ("12 PM", "12:00"),
        ("20", "20:00"),
        ("20h15", "20:15"),
    ],
)
def test_times(typed: Any, means: str) -> None:
    read = line(QUEUE, {**QUEUED, "Time": typed})
    assert read.fault is None
    local = read.values["send_time"] - dt.timedelta(hours=8)
    assert f"{local:%Y-%m-%d %H:%M}" == f"{DAY} {means}"


def test_a_date_with_its_time_needs_no_other() -> None:
    read = line(QUEUE, {**QUEUED, "Date": SERIAL + 0.5, "Time": ""})
    assert read.values["send_time"] == dt.datetime(2025, 11, 12, 20, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("tab", "cells", "values"),
    [
        (QUEUE, {}, {"page_name": "cook", "message_type": "Bump", "message": "Soup"}),
        (QUEUE, {"Price": 12.5}, {"message_type": "PPV", "price": 12.5}),
        (QUEUE, {"Price": "$12.50"}, {"price": 12.5}),
        (QUEUE, {"Price": 0}, {"message_type": "Bump"}),
        (QUEUE, {"Type": " ppv "}, {"message_type": "PPV"}),
        (QUEUE, {"Type": "bump", "Price": 3}, {"message_type": "Bump", "price": 3.0}),
        (QUEUE, {"Caption ID": "7512345678901234567"}, {"caption_id": 7512345678901234567}),
        (QUEUE, {"Caption ID": 1042.0, "Text": ""}, {"caption_id": 1042}),
        (QUEUE, {"Text": 2025}, {"message": "2025"}),
        (QUEUE, {"Text": "=SUM(A1)", "Note": "half \ud83d"}, {"note": "half \ufffd"}),
        (QUEUE, {"Page": " Amber  Lens "}, {"page_name": "amber_lens"}),
        (QUEUE, {"Page": "ZOË"}, {"page_name": "cook"}),
        (QUEUE, {"Page": "@cook\u200b"}, {"page_name": "cook"}),
        (AVAILABILITY, {}, {"first_date": DAY, "last_date": DAY}),
        (AVAILABILITY, {"First hour": 18}, {"first_hour": 18}),
        (
            AVAILABILITY,
            {"First hour": 0.75, "Last hour": "2 am"},
            {"first_hour": 18, "last_hour": 2},
        ),
        (AVAILABILITY, {"First hour": "18:00"}, {"first_hour": 18}),
        (OVERRIDES, {"Bumps a week": "0"}, {"weekly_ppv": 9, "weekly_bump": 0}),
        (OVERRIDES, {"Until": "2025-11-30"}, {"valid_until": dt.date(2025, 11, 30)}),
    ],
)
def test_what_can_be_read(
    tab: DecisionTab, cells: Mapping[str, Any], values: Mapping[str, Any]
) -> None:
    whole = {QUEUE.name: QUEUED, AVAILABILITY.name: OFF, OVERRIDES.name: SET}[tab.name]
    read = line(tab, {**whole, **cells})
    assert read.fault is None
    assert {name: read.values[name] for name in values} == values


@pytest.mark.parametrize(
    ("tab", "cells", "fault"),
    [
        (QUEUE, {"Page": "nobody"}, "its Page 'nobody' is not a creator's page"),
        (QUEUE, {"Page": ""}, "its Page is empty"),
        (QUEUE, {"Date": ""}, "its Date is empty"),
        (QUEUE, {"Time": "25:00"}, "its Time '25:00' is not a time of day: write it such as 20:00"),
        (QUEUE, {"Time": "13 pm"}, "its Time '13 pm' is not a time of day"),
        (QUEUE, {"Date": "2026-03-08", "Time": "02:30"}, "its Time 02:30 does not exist on 2026"),
        (QUEUE, {"Date": "2025-11-02", "Time": "01:30"}, "its Time 01:30 is there twice on 2025"),
        (QUEUE, {"Type": "photo"}, "its Type 'photo' is not PPV or Bump"),
        (QUEUE, {"Price": "12,5"}, "its Price '12,5' is not an amount: write it such as 12.50"),
        (QUEUE, {"Price": -1}, "its Price -1 is not 0 to 10,000"),
        (QUEUE, {"Price": "€9"}, "its Price '€9' is not an amount"),
        (QUEUE, {"Caption ID": 7.5e18}, "has lost its last digits: write it as text"),
        (QUEUE, {"Caption ID": "soup"}, "its Caption ID 'soup' is not the number of a caption"),
        (QUEUE, {"Text": ""}, "it has neither a Caption ID nor a Text"),
        (QUEUE, {"Text": "x" * 50_001}, "its Text is longer than 50,000 characters"),
        (AVAILABILITY, {"Last date": "2025-11-11"}, "its Last date 2025-11-11 is before its First"),
        (AVAILABILITY, {"First hour": 24}, "its First hour 24 is not an hour: 0 to 23"),
        (AVAILABILITY, {"Last hour": "18:30"}, "its Last hour '18:30' is not a whole hour"),
        (AVAILABILITY, {"Last hour": "late"}, "its Last hour 'late' is not an hour"),
        (OVERRIDES, {"PPVs a week": ""}, "it sets no number"),
        (OVERRIDES, {"PPVs a week": 9.5}, "its PPVs a week 9.5 is not a whole number: 0 to 200"),
        (OVERRIDES, {"PPVs a week": 500}, "its PPVs a week 500 is not 0 to 200"),
        (OVERRIDES, {"Messages a day": "many"}, "its Messages a day 'many' is not a whole number"),
        (
            OVERRIDES,
            {"From": "2025-12-01", "Until": "2025-11-01"},
            "its Until 2025-11-01 is before",
        ),
    ],
)
def test_what_can_not_be_read_is_named_with_its_title(
    tab: DecisionTab, cells: Mapping[str, Any], fault: str
) -> None:
    whole = {QUEUE.name: QUEUED, AVAILABILITY.name: OFF, OVERRIDES.name: SET}[tab.name]
    read = line(tab, {**whole, **cells})
    assert fault in (read.fault or "")
    assert read.values == {}


def test_every_fault_of_a_line_is_named() -> None:
    read = line(QUEUE, {"Page": "nobody", "Date": "soon", "Text": "Soup"})
    assert (read.fault or "").count(";") == 2
