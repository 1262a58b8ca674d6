"""What people do to the tabs of decisions, and what is read, kept and put right afterwards."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from eros_assets.exporting.sheets.decision_planning import ShownDecisions
from eros_assets.exporting.sheets.decision_reader import mark_lines, read_decision_tabs
from eros_assets.exporting.sheets.decision_reading import (
    DecisionTabError,
    digest_of,
    read_lines,
)
from eros_assets.exporting.sheets.decision_tabs import DECISION_TABS, OVERRIDES, QUEUE
from eros_assets.exporting.sheets.exporter import ExportedSheet
from tests.exporting.sheets_service.tabs import Tab
from tests.exporting.sheets_service.weeks import Desk, full_week, messages, week_of

PAGES = {"coach": "coach", "cook": "cook"}
FIRST = {"Page": "cook", "Date": 45973, "Time": 0.75, "Type": "PPV", "Price": 12.5, "Text": "Soup"}
SECOND = {"Page": "coach", "Date": "2025-11-13", "Time": "9:00", "Text": "Run", "Note": "early"}
BOTH = ("Soup", "Run")
Edit = Callable[[Tab], Any]


@dataclass(frozen=True)
class Case:
    """An edit of the tab Queued messages and what follows from it.

    `read` are the texts of the lines that can be read after it, None when the tab is refused;
    `fault` what is said of the line that can't be read, or of the tab; `says` what the next export
    says that it put right; `after` the texts that can be read after it.
    """

    edit: Edit
    read: tuple[str, ...] | None = BOTH
    fault: str = ""
    says: str = ""
    after: tuple[str, ...] = BOTH
    rest: Mapping[str, Any] = field(default_factory=dict[str, Any])


def filled(tab: Tab, *lines: Mapping[str, Any], first: int = 1) -> None:
    for row, line in enumerate(lines, start=first):
        for title, value in line.items():
            tab.type_in(row, tab.column(title), value)


def write(title: str, value: Any) -> Edit:
    return lambda tab: tab.type_in(1, tab.column(title), value)


def retitle(title: str, name: str) -> Edit:
    return lambda tab: tab.type_in(0, tab.column(title), name)


def gone(title: str) -> Edit:
    return lambda tab: tab.delete_column(tab.column(title))


def moved(title: str, to: int) -> Edit:
    return lambda tab: tab.move_column(tab.column(title), to)


def insert(at: int) -> Edit:
    def inserted(tab: Tab) -> None:
        tab.insert_column(at)
        tab.type_in(0, at, "Who asked")
        tab.type_in(1, at, "Zoë")

    return inserted


def all_of(*edits: Edit) -> Edit:
    return lambda tab: [edit(tab) for edit in edits]


def clear(tab: Tab) -> None:
    tab.cells = {}


def sort_header_down(tab: Tab) -> None:
    new = {0: 2, 1: 0, 2: 1}
    tab.cells = {(new.get(r, r), c): cell for (r, c), cell in tab.cells.items()}


def swap_titles(tab: Tab) -> None:
    one, other = tab.column("Text"), tab.column("Note")
    tab.type_in(0, one, "Note")
    tab.type_in(0, other, "Text")


def cut_and_paste(tab: Tab) -> None:
    """The cells move, the marks of the columns don't."""
    at, new = tab.column("Text"), tab.columns
    tab.insert_column(new)
    moving = {(r, new): tab.cells.pop((r, at)) for r in range(tab.rows) if (r, at) in tab.cells}
    tab.cells.update(moving)


def merge(tab: Tab) -> None:
    """The second line's page is lost, as Google keeps the first cell's."""
    at = tab.column("Page")
    tab.merges = [
        {"startRowIndex": 1, "endRowIndex": 3, "startColumnIndex": at, "endColumnIndex": at + 1}
    ]
    tab.cells.pop((2, at))


def cut_and_rename(tab: Tab) -> None:
    cut_and_paste(tab)
    tab.type_in(0, tab.column("Text"), "Words")


def formula(tab: Tab) -> None:
    tab.cells[1, tab.column("Price")]["userEnteredValue"] = {"formulaValue": "=1+1"}


TIME_GONE = "tab Queued messages: its column Time is missing"
CASES: Mapping[str, Case] = {
    "nothing": Case(lambda _: None),
    "a line added far below": Case(
        lambda t: filled(t, {**SECOND, "Text": "Swim"}, first=150),
        read=(*BOTH, "Swim"),
        after=(*BOTH, "Swim"),
    ),
    "a line deleted": Case(lambda t: t.delete_line(1), read=("Run",), after=("Run",)),
    "a line emptied": Case(
        lambda t: [t.type_in(1, c, "") for c in range(t.columns)], read=("Run",), after=("Run",)
    ),
    "all lines deleted": Case(
        all_of(lambda t: t.delete_line(1), lambda t: t.delete_line(1)), read=(), after=()
    ),
    "lines sorted": Case(
        lambda t: t.put_in_order([1, 0, *range(2, t.rows - 1)]),
        read=("Run", "Soup"),
        after=("Run", "Soup"),
    ),
    "a line copied": Case(
        lambda t: filled(t, FIRST, first=3), read=(*BOTH, "Soup"), after=(*BOTH, "Soup")
    ),
    "blanks and invisible characters": Case(write("Page", " Cook\u200b ")),
    "a page that is none": Case(
        write("Page", "nobody"), read=("Run",), fault="its Page 'nobody'", after=("Run",)
    ),
    "a date that is none": Case(
        write("Date", "soon"), read=("Run",), fault="its Date 'soon' is not a date", after=("Run",)
    ),
    "a date with two readings": Case(
        write("Date", "3/4/2025"), read=("Run",), fault="2025-03-04 or 2025-04-03", after=("Run",)
    ),
    "a time that is none": Case(
        write("Time", "late"), read=("Run",), fault="its Time 'late'", after=("Run",)
    ),
    "a price as a formula": Case(
        formula, read=("Run",), fault="its Price '#COMPUTED!'", after=("Run",)
    ),
    "a ticked box": Case(write("Price", True), read=("Run",), fault="Price True", after=("Run",)),
    "Status typed over": Case(write("Status", "ok")),
    "a column inserted at the left": Case(insert(0)),
    "a column inserted between": Case(insert(3)),
    "a column added at the right": Case(insert(9)),
    "Text moved to the front": Case(moved("Text", 0)),
    "Page moved to the end": Case(moved("Page", 8)),
    "Time renamed": Case(retitle("Time", "At"), says="Queued messages: its title Time was 'At'"),
    "Time in capitals": Case(retitle("Time", " TIME ")),
    "Time without a title": Case(
        retitle("Time", ""), says="Queued messages: its title Time was ''"
    ),
    "two columns named Time": Case(all_of(insert(5), lambda t: t.type_in(0, 5, "Time"))),
    "titles swapped": Case(swap_titles, says="its title Text was 'Note'"),
    "Text cut and pasted": Case(cut_and_paste),
    "Text cut, pasted and renamed": Case(
        cut_and_rename,
        read=None,
        fault="its column Text is missing",
        says="Queued messages: its title Text was ''",
    ),
    "cells of two lines merged": Case(
        merge, read=("Soup",), fault="its Page is empty", after=("Soup",)
    ),
    "Time deleted": Case(gone("Time"), read=None, fault=TIME_GONE, says="its column Time was gone"),
    "Note deleted": Case(gone("Note"), says="its column Note was gone"),
    "Status deleted": Case(gone("Status"), says="its column Status was gone"),
    "Page and Text deleted": Case(
        all_of(gone("Page"), gone("Text")),
        read=None,
        fault="its column Page and Text is missing",
        says="its column Page was gone",
    ),
    "Time deleted, and a line changed": Case(
        all_of(gone("Time"), write("Price", 9)),
        read=None,
        fault=TIME_GONE,
        says="its column Time was gone",
        after=("Run",),
    ),
    "titles sorted into the lines": Case(
        sort_header_down, says="its titles were not in the first row"
    ),
    "titles deleted": Case(
        lambda t: t.delete_line(0),
        read=None,
        fault="its titles are gone",
        says="its titles were not in the first row",
    ),
    "everything cleared": Case(
        clear, read=None, fault="its titles are gone", says="its titles were not in the first row"
    ),
    "rows added": Case(lambda t: setattr(t, "rows", t.rows + 500)),
    "tab renamed": Case(lambda t: setattr(t, "title", "To send")),
}


@pytest.fixture
def read_before(desk: Desk) -> ShownDecisions:
    """The tab has two lines, which have been read."""
    export(desk)
    filled(desk.sheets.tab(QUEUE.name), FIRST, SECOND)
    return known(desk)


def export(desk: Desk, decisions: ShownDecisions | None = None) -> ExportedSheet:
    shown = decisions or ShownDecisions(sorted(PAGES))
    return desk.export(replace(week_of(messages()), decisions=shown))


def known(desk: Desk) -> ShownDecisions:
    lines = read_lines(read_decision_tabs(desk.spreadsheet())[QUEUE.name], PAGES)
    return ShownDecisions(sorted(PAGES), {QUEUE.name: [line.said for line in lines]})


def texts(desk: Desk) -> tuple[tuple[str, ...], str]:
    """The texts that can be read, and the faults; lines are marked as a run marks them."""
    grids = read_decision_tabs(desk.spreadsheet())
    lines = read_lines(grids[QUEUE.name], PAGES)
    mark_lines(desk.spreadsheet(), grids, {QUEUE.name: lines})
    faults = "; ".join(line.fault for line in lines if line.fault)
    return tuple(str(line.values["message"]) for line in lines if not line.fault), faults


@pytest.mark.parametrize("name", CASES)
def test_an_edit_costs_no_other_line_and_is_put_right(
    desk: Desk, read_before: ShownDecisions, name: str
) -> None:
    case = CASES[name]
    tab = desk.sheets.tab(QUEUE.name)
    case.edit(tab)
    if case.read is None:
        with pytest.raises(DecisionTabError, match=case.fault):
            texts(desk)
    else:
        assert texts(desk)[0] == case.read
        assert case.fault in texts(desk)[1]
        before = desk.sheets.writes
        texts(desk)
        assert desk.sheets.writes == before, "Status says so already"
    exported = export(desk, read_before)
    assert bool(exported.repaired) == bool(case.says)
    assert case.says in "; ".join(exported.repaired)
    assert texts(desk)[0] == case.after
    titles = {str(text) for text in tab.grid()[0]}
    assert {title.casefold() for title in QUEUE.titles} <= {t.strip().casefold() for t in titles}
    again = export(desk, read_before)
    assert (again.status, again.repaired) == ("unchanged", [])


def test_a_tab_that_is_deleted_comes_back_with_the_lines_that_were_known(
    desk: Desk, read_before: ShownDecisions
) -> None:
    own = desk.sheets.tab(QUEUE.name).sheet_id
    del desk.sheets.tabs[own]
    desk.sheets.order.remove(own)
    assert QUEUE.name not in read_decision_tabs(desk.spreadsheet())
    export(desk, read_before)
    assert texts(desk) == (BOTH, "")
    assert desk.sheets.tab(QUEUE.name).records()[0]["Date"] == 45973


def test_a_copy_of_a_tab_is_not_read(desk: Desk, read_before: ShownDecisions) -> None:
    own = desk.sheets.tab(QUEUE.name)
    marks = {n + 1: {**m, "metadataId": n + 1} for n, m in own.metadata.items()}
    desk.sheets.tabs[77] = replace(own.copied(), sheet_id=77, title="Copy", metadata=marks)
    desk.sheets.order.append(77)
    stew = {"userEnteredValue": {"stringValue": "Stew"}}
    desk.sheets.tabs[77].cells[1, own.column("Text")] = stew
    assert texts(desk)[0] == BOTH


def test_a_fault_is_marked_beside_its_line_until_it_is_mended(
    desk: Desk, read_before: ShownDecisions
) -> None:
    tab = desk.sheets.tab(QUEUE.name)
    tab.type_in(1, tab.column("Price"), "a lot")
    texts(desk)
    assert [row["Status"] for row in tab.records()[:2]] == [
        "not read: its Price 'a lot' is not an amount: write it such as 12.50",
        None,
    ]
    tab.type_in(1, tab.column("Price"), 9)
    texts(desk)
    assert not tab.records()[0]["Status"]


def test_columns_are_explained_and_validated_and_other_values_can_be_typed(desk: Desk) -> None:
    export(desk)
    for each in DECISION_TABS:
        tab = desk.sheets.tab(each.name)
        assert tab.grid()[0] == list(each.titles)
        assert tab.frozen == 1
        assert [tab.cells[0, c]["note"] for c in range(tab.columns)] == [
            column.note for column in each.columns
        ]
        assert not any(rule["strict"] for rule in tab.choices.values())
    pages = desk.sheets.tab(OVERRIDES.name).choices[5, 0]["condition"]
    assert [value["userEnteredValue"] for value in pages["values"]] == ["coach", "cook"]


def test_new_pages_can_be_chosen_after_the_next_export(desk: Desk) -> None:
    export(desk)
    export(desk, ShownDecisions(["coach", "cook", "rosa"]))
    rules = [desk.sheets.tab(each.name).choices[5, 0]["condition"] for each in DECISION_TABS]
    assert all(len(rule["values"]) == 3 for rule in rules)
    assert export(desk, ShownDecisions(["coach", "cook", "rosa"])).status == "unchanged"
    export(desk, ShownDecisions([f"page_{n}" for n in range(501)]))
    assert (5, 0) not in desk.sheets.tab(QUEUE.name).choices, "Google's lists end at 500"


def test_the_sensor_s_digest_tells_what_people_changed(
    desk: Desk, read_before: ShownDecisions
) -> None:
    def digest() -> str:
        return digest_of(read_decision_tabs(desk.spreadsheet()))

    tab = desk.sheets.tab(QUEUE.name)
    first = digest()
    tab.type_in(1, tab.column("Status"), "not read: by EROS")
    assert digest() == first
    tab.move_column(tab.column("Text"), 0)
    assert digest() == first
    tab.type_in(1, tab.column("Time"), "21:00")
    second = digest()
    tab.delete_column(tab.column("Time"))
    assert len({first, second, digest()}) == 3
    assert digest_of({}) not in (first, second)


def test_the_tabs_cost_few_bytes(desk: Desk) -> None:
    pages = ShownDecisions([f"page_{n:02}" for n in range(38)])
    plain = week_of(full_week())
    before = desk.export(plain).bytes_written
    first = desk.export(replace(plain, decisions=pages))
    assert (first.reads, first.writes) == (3, 1)
    assert first.bytes_written < 50_000
    assert before + first.bytes_written < 2_000_000
    assert desk.export(replace(plain, decisions=pages)).bytes_written == 0
    for each in DECISION_TABS:
        tab = desk.sheets.tab(each.name)
        for row in range(1, tab.rows):
            for column in range(tab.columns):
                tab.type_in(row, column, "a text of some length, say 50 characters of it.")
    spreadsheet = desk.spreadsheet()
    read_decision_tabs(spreadsheet)
    assert spreadsheet.traffic.reads == 2
    assert spreadsheet.traffic.bytes_read < 1_000_000


def test_tabs_stay_as_they_are_where_an_export_knows_nothing_of_decisions(desk: Desk) -> None:
    export(desk)
    before = desk.sheets.tab(QUEUE.name).grid()
    desk.sheets.tab(QUEUE.name).cells = {}
    desk.export(week_of(messages()))
    assert desk.sheets.tab(QUEUE.name).grid() != before
