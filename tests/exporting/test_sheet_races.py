"""Edits while EROS reads or writes: no cell of people is overwritten, nothing is misread."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from eros_assets.exporting.sheets.decision_planning import ShownDecisions
from eros_assets.exporting.sheets.decision_reader import mark_lines, read_decision_tabs
from eros_assets.exporting.sheets.decision_reading import read_lines
from eros_assets.exporting.sheets.decision_tabs import QUEUE
from eros_assets.exporting.sheets.faults import SheetsRefusedError
from eros_assets.exporting.sheets.reader import mark_unread, read_review_tab
from eros_assets.exporting.sheets.review import Said
from eros_assets.exporting.sheets.review_reading import ReviewReading
from eros_assets.exporting.sheets.state import REVIEW
from tests.exporting.sheets_service.tabs import Tab
from tests.exporting.sheets_service.weeks import Desk, message, messages, week_of

WEEK = "2025-W46"
COACH, COOK = (f"sched_20251110_{page}_0a1b2c3d" for page in ("coach", "cook"))
SAID = {(COACH, 1): Said("approve", "fine"), (COOK, 2): Said("reject", "too long")}
PLANNED_AGAIN = [
    *messages(("coach",)),
    *(message(n, schedule_id="sched_20251110_cook_99999999") for n in (1, 2, 3)),
]
"""Cook's schedule is another one: its old lines get a Status, and new ones are added."""


def insert(at: int) -> Callable[[Tab], None]:
    def inserted(tab: Tab) -> None:
        tab.insert_column(at)
        tab.type_in(0, at, "Who")
        tab.type_in(1, at, "Zoë")

    return inserted


EDITS: dict[str, Callable[[Tab], Any]] = {
    "a column inserted at the left": insert(0),
    "a column inserted before Decision": insert(7),
    "Decision moved to the front": lambda tab: tab.move_column(tab.column("Decision"), 0),
    "Schedule moved to the front": lambda tab: tab.move_column(tab.column("Schedule"), 0),
    "Note moved to the end": lambda tab: tab.move_column(tab.column("Note"), tab.columns - 1),
    "Caption deleted": lambda tab: tab.delete_column(tab.column("Caption")),
    "lines sorted": lambda tab: tab.put_in_order(list(range(tab.rows - 1))[::-1]),
}


@pytest.fixture
def review(desk: Desk) -> Tab:
    """The Review tab of an exported week, with what people said."""
    desk.show(messages())
    review = desk.sheets.tab(REVIEW)
    for (schedule, number), said in SAID.items():
        where = {"Schedule": schedule, "Message": number}
        review.write_beside("Decision", said.decision, **where)
        review.write_beside("Note", said.note, **where)
    return review


def read(desk: Desk) -> ReviewReading:
    found = read_review_tab(desk.spreadsheet(), WEEK)
    assert found is not None
    return found.reading


def what_people_said(reading: ReviewReading) -> dict[Any, Said]:
    return {
        line.key: Said(line.decision, line.note)
        for line in reading.lines
        if line.decision or line.note
    }


@pytest.mark.parametrize("after", range(4))
@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_during_an_export_costs_nothing_that_people_said(
    desk: Desk, review: Tab, edit: str, after: int
) -> None:
    """The edit comes before the read of the state, of the values, the write, or the read-back."""
    desk.sheets.interrupt(after, lambda: EDITS[edit](review))
    assert desk.show(PLANNED_AGAIN, run="run-2", said=SAID).status == "succeeded"
    desk.show(PLANNED_AGAIN, run="run-3", said=SAID)
    reading = read(desk)
    assert what_people_said(reading) == SAID
    assert reading.unread == []
    assert len(reading.lines) == 9
    assert desk.show(PLANNED_AGAIN, run="run-4", said=SAID).status == "unchanged"


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("is_whole", [True, False])
def test_an_edit_between_two_reads_is_not_misread(
    desk: Desk, review: Tab, edit: str, is_whole: bool
) -> None:
    """Also where the tab is read whole, because a title is another one."""
    if not is_whole:
        review.type_in(0, review.column("Date"), "Day")
    desk.sheets.interrupt(1, lambda: EDITS[edit](review))
    reading = read(desk)
    assert what_people_said(reading) == SAID
    assert reading.unread == []


def test_a_column_inserted_before_lines_are_marked_has_nothing_overwritten(
    desk: Desk, review: Tab
) -> None:
    review.write_beside("Decision", "perhaps", Schedule=COOK, Message=2)
    found = read_review_tab(desk.spreadsheet(), WEEK)
    assert found is not None
    insert(0)(review)
    before = review.grid()
    with pytest.raises(SheetsRefusedError):
        mark_unread(desk.spreadsheet(), found, found.reading.unread)
    review = desk.sheets.tab(REVIEW)
    assert review.grid() == before
    again = read_review_tab(desk.spreadsheet(), WEEK)
    assert again is not None
    mark_unread(desk.spreadsheet(), again, again.reading.unread)
    assert [row["Status"] for row in review.records() if row["Status"]] == [
        "not read: its Decision 'perhaps' is not approve or reject"
    ]


def test_decisions_in_columns_that_people_move_meanwhile_are_read_and_kept(desk: Desk) -> None:
    desk.export(replace(week_of(messages()), decisions=ShownDecisions(["cook"])))
    tab = desk.sheets.tab(QUEUE.name)
    line = {"Page": "cook", "Date": 45973, "Time": 0.75, "Price": "a lot", "Text": "Soup"}
    for title, value in line.items():
        tab.type_in(1, tab.column(title), value)
    desk.sheets.interrupt(1, lambda: insert(0)(tab))
    grids = read_decision_tabs(desk.spreadsheet())
    (read_line,) = read_lines(grids[QUEUE.name], {"cook": "cook"})
    assert read_line.said == line
    tab.move_column(tab.column("Status"), 0)
    before = tab.grid()
    with pytest.raises(SheetsRefusedError):
        mark_lines(desk.spreadsheet(), grids, {QUEUE.name: [read_line]})
    tab = desk.sheets.tab(QUEUE.name)
    assert tab.grid() == before
    desk.sheets.interrupt(2, lambda: tab.move_column(tab.column("Text"), 0))
    shown = ShownDecisions(["anna", "cook"], {QUEUE.name: [line]})
    tab.delete_column(tab.column("Note"))
    desk.export(replace(week_of(messages()), decisions=shown))
    (again,) = read_lines(read_decision_tabs(desk.spreadsheet())[QUEUE.name], {"cook": "cook"})
    assert again.said == line
