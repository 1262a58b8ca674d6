"""What people decide in the spreadsheet is kept, holds beside tables, and outlives its failures."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from eros_assets.calendar import la_instant
from eros_assets.dataset import Dataset
from eros_assets.exporting.sheets.cells import serial_date
from eros_assets.exporting.sheets.decision_reader import read_decision_tabs
from eros_assets.exporting.sheets.decision_reading import DecisionGrid
from eros_assets.exporting.sheets.decision_tabs import AVAILABILITY, OVERRIDES, QUEUE
from eros_assets.weekly.inputs import quarantined_rows
from eros_assets.weekly.sheet_decisions import (
    ReadDecisions,
    open_decision_faults,
    read_sheet_decisions,
    shown_decisions,
)
from tests.exporting.sheets_service.service import GET
from tests.exporting.sheets_service.weeks import Desk, messages, opened_desk, week_of
from tests.google.exchange import Trouble
from tests.weekly.bad_rows import PAGES, WEEK
from tests.weekly.four_pages import copied, four_pages, opened, planned_week, session

MONDAY = serial_date(WEEK)
OFF = {"Page": "Anna", "First date": MONDAY, "Last date": MONDAY + 1, "Reason": "on a trip"}
SET = {"Page": "bella", "PPVs a week": 4}
SONG = {"Page": "carla", "Date": MONDAY, "Time": 0.5, "Price": 9, "Text": "A new song", "Note": "b"}


@pytest.fixture(scope="module")
def good() -> Path:
    return four_pages()


@pytest.fixture
def dataset(good: Path, tmp_path: Path) -> Iterator[Dataset]:
    dataset = opened(copied(good, tmp_path))
    with session(dataset):
        yield dataset


@contextmanager
def filled_desk(dataset: Dataset) -> Iterator[Desk]:
    """A spreadsheet that was exported, with a line in each tab."""
    with opened_desk() as desk:
        desk.export(replace(week_of(messages()), decisions=shown_decisions(dataset)))
        for tab, line in ((QUEUE, SONG), (AVAILABILITY, OFF), (OVERRIDES, SET)):
            write(desk, tab.name, 1, line)
        yield desk


@pytest.fixture
def desk(dataset: Dataset) -> Iterator[Desk]:
    with filled_desk(dataset) as desk:
        yield desk


def write(desk: Desk, tab: str, row: int, line: Mapping[str, Any]) -> None:
    for title, value in line.items():
        desk.sheets.tab(tab).type_in(row, desk.sheets.tab(tab).column(title), value)


def read(dataset: Dataset, desk: Desk) -> ReadDecisions:
    def grids() -> Mapping[str, DecisionGrid]:
        return read_decision_tabs(desk.spreadsheet())

    return read_sheet_decisions(dataset, grids, run_id="run-1")


def in_force(dataset: Dataset) -> dict[str, list[Any]]:
    """What the tabs decide for the week, as planning reads it."""
    week = {"week_start": WEEK, "pages": list(PAGES)}
    closed = dataset.query("week_availability", **week)
    numbers = dataset.query("week_overrides", **week)
    queue = dataset.query("queued_this_week", **week, planned_at=la_instant(WEEK))
    return {
        "closed": [(r.page_name, bool(r.is_closed)) for r in closed.itertuples()],
        "ppvs": [(r.page_name, int(r.weekly_ppv)) for r in numbers.itertuples()],
        "queued": [(r.page_name, r.message, float(r.price)) for r in queue.itertuples()],
    }


DECIDED = {
    "closed": [("anna", True), ("anna", True)],
    "ppvs": [("bella", 4)],
    "queued": [("carla", "A new song", 9.0)],
}


def test_lines_are_read_into_the_table_and_hold(dataset: Dataset, desk: Desk) -> None:
    found = read(dataset, desk)
    assert (found.in_force, found.faults, found.has_changed) == (3, [], True)
    assert in_force(dataset) == DECIDED
    assert quarantined_rows(dataset) == []


def test_the_same_tabs_change_no_row(dataset: Dataset, desk: Desk) -> None:
    read(dataset, desk)
    write(desk, QUEUE.name, 2, {"Page": "nobody"})
    read(dataset, desk)
    before = dataset.rows("sheet_decisions")
    assert not read(dataset, desk).has_changed
    pd.testing.assert_frame_equal(dataset.rows("sheet_decisions"), before)


def test_a_line_that_was_deleted_no_longer_holds(dataset: Dataset, desk: Desk) -> None:
    read(dataset, desk)
    desk.sheets.tab(AVAILABILITY.name).delete_line(1)
    assert read(dataset, desk).in_force == 2
    assert in_force(dataset) == {**DECIDED, "closed": []}


def test_a_bad_line_costs_itself_alone_and_stays_in_quarantine(
    dataset: Dataset, desk: Desk
) -> None:
    read(dataset, desk)
    write(desk, QUEUE.name, 2, {"Page": "dora", "Date": "soon", "Time": 0.5, "Text": "Hello"})
    found = read(dataset, desk)
    said = "Queued messages row 3: its Date 'soon' is not a date: write it such as 2025-11-12"
    assert found.faults == open_decision_faults(dataset) == [said]
    assert in_force(dataset) == DECIDED
    write(desk, QUEUE.name, 2, {"Date": MONDAY})
    assert read(dataset, desk).faults == []
    assert found.in_force == 3
    assert len(in_force(dataset)["queued"]) == 2
    kept = dataset.rows("sheet_decisions", is_open=False)
    assert kept["fault"].str.contains("'soon' is not a date").tolist() == [True]


@pytest.mark.parametrize(
    "trouble",
    [
        Trouble(status=403, message="The caller does not have permission"),
        Trouble(status=404, message="Requested entity was not found."),
        Trouble(status=401),
    ],
)
def test_what_is_known_holds_while_the_spreadsheet_cannot_be_read(
    dataset: Dataset, desk: Desk, trouble: Trouble
) -> None:
    read(dataset, desk)
    desk.sheets.trouble(GET, trouble)
    assert len(read(dataset, desk).faults) == 1
    assert in_force(dataset) == DECIDED
    assert len(open_decision_faults(dataset)) == 1
    assert read(dataset, desk).faults == []
    assert open_decision_faults(dataset) == []


def test_without_a_spreadsheet_what_is_known_holds(dataset: Dataset, desk: Desk) -> None:
    read(dataset, desk)
    found = read_sheet_decisions(dataset, lambda: None, run_id="run-2")
    assert (found.in_force, found.has_changed) == (3, False)
    assert in_force(dataset) == DECIDED


def test_a_tab_that_lost_a_column_or_itself_keeps_what_was_read_of_it(
    dataset: Dataset, desk: Desk
) -> None:
    read(dataset, desk)
    desk.sheets.tab(QUEUE.name).delete_column(2)
    gone = desk.sheets.tab(OVERRIDES.name).sheet_id
    del desk.sheets.tabs[gone]
    desk.sheets.order.remove(gone)
    desk.sheets.tab(AVAILABILITY.name).delete_line(1)
    found = read(dataset, desk)
    assert "its column Time is missing" in found.faults[1]
    assert "tab Overrides is gone" in found.faults[0]
    assert in_force(dataset) == {**DECIDED, "closed": []}
    desk.export(replace(week_of(messages()), decisions=shown_decisions(dataset)))
    found = read(dataset, desk)
    assert (found.in_force, found.faults) == (2, [])
    assert in_force(dataset) == {**DECIDED, "closed": []}


def test_tables_and_tabs_hold_together_and_of_equals_the_tab_s(
    dataset: Dataset, desk: Desk
) -> None:
    read(dataset, desk)
    tuesday = WEEK + pd.Timedelta(days=1)
    load(dataset, "creator_availability", ("anna", WEEK, tuesday, 9, 10), ("dora", WEEK, WEEK))
    load(dataset, "creator_overrides", ("bella", 8), ("dora", 2))
    noon = la_instant(WEEK, 12)
    load(
        dataset,
        "queued_messages",
        ("carla", noon, "PPV", None, "a NEW song!", 7.0, "of the table"),
        ("dora", noon, "PPV", None, "Another song", 5.0),
    )
    assert in_force(dataset) == {
        "closed": [("anna", True), ("anna", True), ("dora", True)],
        "ppvs": [("bella", 4), ("dora", 2)],
        "queued": [("carla", "A new song", 9.0), ("dora", "Another song", 5.0)],
    }
    load(dataset, "creator_availability", ("anna", WEEK, WEEK, 9, 10))
    assert in_force(dataset)["closed"] == [("anna", False), ("anna", True)], "the narrower holds"


def load(dataset: Dataset, table: str, *rows: tuple[Any, ...]) -> None:
    columns = [column.name for column in dataset.library[table].columns]
    full = [(*row, *[None] * (len(columns) - len(row))) for row in rows]
    dataset.load(table, pd.DataFrame(full, columns=columns))


def test_a_page_that_left_is_said_and_changes_nothing(dataset: Dataset, desk: Desk) -> None:
    read(dataset, desk)
    creators = dataset.rows("creators")
    dataset.load("creators", creators[creators["page_name"] != "anna"])
    assert [row.sentence for row in quarantined_rows(dataset)] == [
        "creator_availability: 'anna': the page is not in creators; the row is left out"
    ]


def test_a_name_of_two_creators_is_no_page(dataset: Dataset, desk: Desk) -> None:
    dataset.load("creators", dataset.rows("creators").assign(display_name="Anna"))
    write(desk, OVERRIDES.name, 1, {"Page": "ANNA"})
    assert read(dataset, desk).faults == []
    dataset.load("creators", dataset.rows("creators").assign(display_name="Twin"))
    write(desk, OVERRIDES.name, 1, {"Page": "Twin"})
    assert "its Page 'Twin' is not a creator's page" in read(dataset, desk).faults[0]


def test_the_week_is_planned_around_the_tabs(good: Path, tmp_path: Path) -> None:
    dataset = opened(copied(good, tmp_path))
    with session(dataset), filled_desk(dataset) as desk:
        read(dataset, desk)
        planned_week(dataset)
    week = dataset.query("schedule_messages", week_start=WEEK, pages=[*PAGES])
    of_anna = week[week["page_name"] == "anna"]
    assert set(of_anna["send_date"]) & {WEEK, WEEK + pd.Timedelta(days=1)} == set()
    assert len(of_anna)
    ppvs = week[(week["page_name"] == "bella") & (week["message_type"] == "PPV")]
    assert len(ppvs) == 4
    queued = week[week["source"] == "queued"]
    assert queued["caption_text"].tolist() == ["A new song"]
    assert queued["reason"].tolist() == ["Queued by hand: b."]
