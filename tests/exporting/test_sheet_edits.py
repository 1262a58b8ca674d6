"""What people do to a spreadsheet, and the state of the sheet and of the reading afterwards.

A week is exported and reviewed, somebody edits the spreadsheet, its Review tab is read, and the
same week is exported again. Whatever was done: no decision is lost without a word, and the tabs of
EROS read as they were written.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from eros_assets.exporting.sheets.reader import read_review_tab
from eros_assets.exporting.sheets.review import TITLES, Said
from eros_assets.exporting.sheets.review_reading import ReviewReading, ReviewTabError
from eros_assets.exporting.sheets.state import REVIEW, SUMMARY
from eros_assets.weekly.reviewed_messages import ReviewedMessage, misplaced_lines
from tests.exporting.sheets_service.tabs import Tab
from tests.exporting.sheets_service.weeks import Desk, messages

WEEK = "2025-W46"
Edit = Callable[[Desk], Any]
Decisions = Mapping[tuple[str, int], str]
REVIEWED: Decisions = {("coach", 1): "approve", ("cook", 2): "reject"}
SAID = {
    (f"sched_20251110_{page}_0a1b2c3d", number): Said(decision, "too long")
    for (page, number), decision in REVIEWED.items()
}


@dataclass(frozen=True)
class Case:
    """An edit and what follows from it.

    `read` are the decisions that can be read after the edit, None when the tab is refused; `unread`
    what the reading says of lines that it can't read; `says` what the next export says that it put
    right; `after` the decisions that can be read after it. `left` are the lines of the Review tab,
    `misplaced` those that show another message than they name: they stay as they are.
    """

    edit: Edit
    read: Decisions | None = field(default_factory=lambda: REVIEWED)
    unread: Sequence[str] = ()
    says: str = ""
    misplaced: int = 0
    after: Decisions = field(default_factory=lambda: REVIEWED)
    still_unread: Sequence[str] = ()
    left: int = 6


def in_week(edit: Callable[[Tab], Any]) -> Edit:
    return lambda desk: edit(desk.sheets.tab(WEEK))


def in_summary(edit: Callable[[Tab], Any]) -> Edit:
    return lambda desk: edit(desk.sheets.tab(SUMMARY))


def in_review(edit: Callable[[Tab], Any]) -> Edit:
    return lambda desk: edit(desk.sheets.tab(REVIEW))


def write(title: str, value: Any, page: str = "cook", number: int = 2) -> Edit:
    """Write into a line of the Review tab."""
    return in_review(lambda tab: tab.write_beside(title, value, Page=page, Message=number))


def both(*edits: Edit) -> Edit:
    return lambda desk: [edit(desk) for edit in edits]


def rename(title: str, name: str) -> Edit:
    return lambda desk: setattr(desk.sheets.tab(title), "title", name)


def remove(title: str) -> Edit:
    def removed(desk: Desk) -> None:
        gone = desk.sheets.tab(title).sheet_id
        del desk.sheets.tabs[gone]
        desk.sheets.order.remove(gone)

    return removed


def copy(title: str) -> Edit:
    def copied(desk: Desk) -> None:
        own = desk.sheets.tab(title)
        new = {n + 1: {**m, "metadataId": n + 1} for n, m in own.metadata.items()}
        cells = {place: {**cell} for place, cell in own.cells.items()}
        desk.sheets.tabs[77] = replace(
            own.copied(), cells=cells, sheet_id=77, title=f"Copy of {title}", metadata=new
        )
        desk.sheets.order.append(77)

    return copied


def clear(tab: Tab) -> None:
    tab.cells = {}


def insert(at: int) -> Callable[[Tab], None]:
    def inserted(tab: Tab) -> None:
        tab.insert_column(at)
        tab.type_in(0, at, "Who")
        tab.type_in(1, at, "Zoë")

    return inserted


def column(title: str) -> Callable[[Tab], None]:
    """Delete a column."""
    return lambda tab: tab.delete_column(tab.column(title))


def retitle(title: str, name: str) -> Edit:
    return in_review(lambda tab: tab.type_in(0, tab.column(title), name))


def swap_titles(tab: Tab) -> None:
    one, other = tab.column("Decision"), tab.column("Note")
    tab.type_in(0, one, "Note")
    tab.type_in(0, other, "Decision")


def cut_and_paste(tab: Tab) -> None:
    """The cells move, the marks of the columns don't."""
    at, new = tab.column("Decision"), tab.columns
    tab.insert_column(new)
    moved = {(r, new): tab.cells.pop((r, at)) for r in range(tab.rows) if (r, at) in tab.cells}
    tab.cells.update(moved)


def delete_lines(*pages: tuple[str, int]) -> Callable[[Tab], None]:
    def deleted(tab: Tab) -> None:
        for page, number in pages:
            rows = tab.records()
            (row,) = [
                n for n, r in enumerate(rows, 1) if (r["Page"], r["Message"]) == (page, number)
            ]
            tab.delete_line(row)

    return deleted


def delete_first(page: str, number: int) -> Callable[[Tab], None]:
    """Delete the first of the lines of a message."""

    def deleted(tab: Tab) -> None:
        rows = enumerate(tab.records(), 1)
        tab.delete_line(next(n for n, r in rows if (r["Page"], r["Message"]) == (page, number)))

    return deleted


def duplicate(page: str, number: int, **changes: Any) -> Callable[[Tab], None]:
    """Copy a line to the end of the tab."""

    def duplicated(tab: Tab) -> None:
        (own,) = [r for r in tab.records() if (r["Page"], r["Message"]) == (page, number)]
        tab.rows += 1
        for title, value in {**own, **changes}.items():
            if value is not None:
                tab.type_in(tab.rows - 1, tab.column(title), value)

    return duplicated


def paste_over(tab: Tab) -> None:
    """The line of coach's message 1 is pasted over that of message 3."""
    (own,) = [r for r in tab.records() if (r["Page"], r["Message"]) == ("coach", 1)]
    (row,) = [
        n for n, r in enumerate(tab.records(), 1) if (r["Page"], r["Message"]) == ("coach", 3)
    ]
    for title, value in own.items():
        tab.type_in(row, tab.column(title), "" if value is None else value)


def sort_header_down(tab: Tab) -> None:
    """The header is sorted behind the lines."""
    last = tab.rows - 1
    new = {row: row - 1 for row in range(1, tab.rows)} | {0: last}
    tab.cells = {(new[r], c): cell for (r, c), cell in tab.cells.items()}
    tab.choices = {(new[r], c): rule for (r, c), rule in tab.choices.items()}


def sort_alone(first: int, last: int) -> Callable[[Tab], None]:
    """Sort the lines of these columns and leave the others where they are."""

    def sorted_(tab: Tab) -> None:
        cells = {p: cell for p, cell in tab.cells.items() if p[0] and first <= p[1] < last}
        tab.cells = {p: cell for p, cell in tab.cells.items() if p not in cells}
        tab.cells |= {(tab.rows - r, c): cell for (r, c), cell in cells.items()}

    return sorted_


def blank_rows(at: int, count: int) -> Callable[[Tab], None]:
    return lambda tab: tab.insert({"range": row_range(at, count)})


def row_range(at: int, count: int) -> dict[str, Any]:
    return {"dimension": "ROWS", "startIndex": at, "endIndex": at + count}


def hide_rows(tab: Tab) -> None:
    """A filter hides two lines."""
    tab.filtered = {2, 3}


def merge_captions(tab: Tab) -> None:
    at = tab.column("Caption")
    tab.merges = [
        {"startRowIndex": 1, "endRowIndex": 3, "startColumnIndex": at, "endColumnIndex": at + 1}
    ]
    tab.cells.pop((2, at))


def calculate(tab: Tab) -> None:
    """A formula where a decision was."""
    (row,) = [n for n, r in enumerate(tab.records(), 1) if (r["Page"], r["Message"]) == ("cook", 2)]
    tab.cells[row, tab.column("Decision")]["userEnteredValue"] = {
        "formulaValue": '=IF(A1="","","x")'
    }


def in_copy(edit: Callable[[Tab], Any]) -> Edit:
    return lambda desk: edit(desk.sheets.tab(f"Copy of {REVIEW}"))


def merge(tab: Tab) -> None:
    place = {"startRowIndex": 1, "endRowIndex": 3, "startColumnIndex": 10, "endColumnIndex": 11}
    tab.merges = [place]
    tab.cells.pop((2, 10))


def add_rows(tab: Tab) -> None:
    tab.rows += 2
    tab.type_in(tab.rows - 1, 0, "our own line")


def formula(tab: Tab) -> None:
    tab.cells[1, 10]["userEnteredValue"] = {"formulaValue": "=1+1"}


def without(*keys: tuple[str, int]) -> Decisions:
    return {key: decision for key, decision in REVIEWED.items() if key not in keys}


OTHER_WEEK = "sched_20251117_cook_0a1b2c3d"

CASES: Mapping[str, Case] = {
    # The week's tab
    "caption typed over": Case(in_week(lambda t: t.type_in(2, 10, "oops")), says=f"{WEEK}!K3 is"),
    "caption emptied": Case(in_week(lambda t: t.type_in(2, 10, "")), says=f"{WEEK}!K3 is empty"),
    "date typed as text": Case(in_week(lambda t: t.type_in(1, 3, "Monday")), says=f"{WEEK}!D2"),
    "id typed as a number": Case(in_week(lambda t: t.type_in(1, 11, 7.5e18)), says=f"{WEEK}!L2"),
    "formula typed": Case(in_week(formula), says="is '#COMPUTED!'"),
    "title changed": Case(in_week(lambda t: t.type_in(0, 0, "Model")), says=f"{WEEK}!A1"),
    "rows deleted": Case(in_week(lambda t: t.delete_line(3)), says=f"{WEEK}!A4"),
    "rows added": Case(in_week(add_rows), says=f"{WEEK}!A9"),
    "rows sorted": Case(in_week(lambda t: t.put_in_order([5, 4, 3, 2, 1, 0])), says=f"{WEEK}!A2"),
    "column inserted": Case(in_week(insert(0)), says=f"{WEEK}!A1"),
    "column deleted": Case(in_week(column("Tier")), says=f"{WEEK}!H1"),
    "cells merged": Case(in_week(merge), says=f"{WEEK}!K3"),
    "everything cleared": Case(in_week(clear), says=f"{WEEK}!A1 is empty"),
    "week's tab deleted": Case(remove(WEEK)),
    "week's tab renamed": Case(rename(WEEK, "This week")),
    "week's tab moved": Case(lambda desk: desk.sheets.order.reverse()),
    "week's tab copied": Case(copy(WEEK)),
    # Summary
    "summary typed over": Case(in_summary(lambda t: t.type_in(1, 2, 99)), says="Summary!C2 is 99"),
    "summary cleared": Case(in_summary(clear), says="Summary!A1 is empty"),
    "summary line deleted": Case(in_summary(lambda t: t.delete_line(1)), says="Summary!"),
    "summary deleted": Case(remove(SUMMARY)),
    "summary renamed": Case(rename(SUMMARY, "Overview")),
    # The Review tab, as a whole
    "review sorted": Case(in_review(lambda t: t.put_in_order([5, 4, 3, 2, 1, 0]))),
    "review renamed": Case(rename(REVIEW, "To check")),
    "review copied": Case(copy(REVIEW)),
    "review deleted": Case(remove(REVIEW), read=None),
    "review cleared": Case(in_review(clear), read=None, says="Review!A1 was empty, not 'Week'"),
    "review hidden": Case(in_review(lambda t: setattr(t, "hidden", True))),
    "review filtered": Case(in_review(hide_rows)),
    "review deleted, the week filtered": Case(both(remove(REVIEW), in_week(hide_rows)), read=None),
    "review's first row no longer frozen": Case(in_review(lambda t: setattr(t, "frozen", 0))),
    "review's cells merged": Case(in_review(merge_captions), says="Review!G3 was empty, not"),
    "row inserted above the titles": Case(
        in_review(blank_rows(0, 1)), says="Review: its header was not in the first row"
    ),
    "5,000 blank rows between the lines": Case(in_review(blank_rows(4, 5000))),
    "decided otherwise in a copy": Case(
        both(
            copy(REVIEW),
            in_copy(lambda t: t.write_beside("Decision", "ok", Page="cook", Message=1)),
        ),
        unread=["tab Copy of Review row 5: EROS does not read this copy"],
        still_unread=["tab Copy of Review row 5: EROS does not read this copy"],
    ),
    "review deleted, its copy kept": Case(
        both(copy(REVIEW), remove(REVIEW)),
        read={},
        unread=["tab Copy of Review row 2: EROS does", "tab Copy of Review row 6: EROS does"],
    ),
    "own lines added": Case(in_review(add_rows), left=7),
    # Its columns
    "column inserted at the left": Case(in_review(insert(0))),
    "column inserted before Decision": Case(in_review(insert(7))),
    "column added at the right": Case(in_review(insert(len(TITLES)))),
    "Decision moved to the front": Case(in_review(lambda t: t.move_column(7, 0))),
    "Schedule moved to the front": Case(in_review(lambda t: t.move_column(12, 0))),
    "Decision renamed": Case(
        retitle("Decision", "Verdict"), says="Review!H1 was 'Verdict', not 'Decision'"
    ),
    "Decision in capitals": Case(retitle("Decision", " DECISION ")),
    "Decision without title": Case(retitle("Decision", ""), says="Review!H1 was empty"),
    "two columns named Decision": Case(
        both(in_review(insert(8)), in_review(lambda t: t.type_in(0, 8, "Decision")))
    ),
    "titles swapped": Case(in_review(swap_titles), says="Review!H1 was 'Note', not 'Decision'"),
    "Decision cut and pasted": Case(in_review(cut_and_paste)),
    "Decision deleted": Case(
        in_review(column("Decision")), read=None, says="Review: its column Decision was gone"
    ),
    "Note deleted": Case(
        in_review(column("Note")), read=None, says="Review: its column Note was gone"
    ),
    "Schedule deleted": Case(
        in_review(column("Schedule")), read=None, says="Review: its column Schedule was gone"
    ),
    "Message deleted": Case(
        in_review(column("Message")), read=None, says="Review: its column Message was gone"
    ),
    "Status deleted": Case(in_review(column("Status")), says="Review: its column Status was gone"),
    "Caption deleted": Case(
        in_review(column("Caption")), says="Review: its column Caption was gone"
    ),
    "column inserted, and another renamed": Case(
        both(in_review(insert(0)), retitle("Decision", "Verdict")),
        says="Review!I1 was 'Verdict', not 'Decision'",
    ),
    "Decision cut and pasted, and renamed": Case(
        both(in_review(cut_and_paste), retitle("Decision", "Verdict")),
        read=None,
        says="Review!H1 was empty, not 'Decision'",
    ),
    "columns sorted without Schedule": Case(
        in_review(sort_alone(0, 10)),
        read={},
        says="Review!",
        after={},
        misplaced=2,
    ),
    "header sorted into the lines": Case(
        in_review(sort_header_down), says="Review: its header was not in the first row"
    ),
    "header deleted": Case(
        in_review(lambda t: t.delete_line(0)), says="Review: its header was not in the first row"
    ),
    # Its lines
    "caption of a line typed over": Case(write("Caption", "?"), says="Review!G6 was '?'"),
    "Schedule overwritten": Case(
        write("Schedule", "done"),
        read=without(("cook", 2)),
        unread=["row 6: its Schedule 'done' is not the id of a schedule"],
        says="Review!M6 was 'done'",
    ),
    "Schedule emptied": Case(
        write("Schedule", ""),
        read=without(("cook", 2)),
        unread=["row 6: its Schedule is empty"],
        says="Review!M6 was empty",
    ),
    "Message overwritten": Case(
        write("Message", "two"),
        read=without(("cook", 2)),
        unread=["row 6: its Message 'two' is not a message's number"],
        says="Review!L6 was 'two', not 2",
    ),
    "Message mistyped": Case(
        write("Message", 22),
        read=without(("cook", 2)) | {("cook", 22): "reject"},  # no message: quarantined
        says="Review!L6 was 22, not 2",
    ),
    "Message mistyped as another's": Case(
        write("Message", 1),
        read=without(("cook", 2)),  # it shows message 2
        says="Review!L6 was 1, not 2",
    ),
    "Message mistyped as that of a deleted line": Case(
        both(write("Message", 1), in_review(delete_first("cook", 1))),
        read=without(("cook", 2)),
        says="Review!L5 was 1, not 2",
        left=5,
    ),
    "Message typed as text": Case(write("Message", " 2"), says="Review!L6 was ' 2', not 2"),
    "date typed in another way": Case(
        write("Date", "10.11.2025"), says="Review!C6 was '10.11.2025'"
    ),
    "Schedule and Page overwritten": Case(
        both(write("Schedule", "done"), write("Page", "ours")),
        read=without(("cook", 2)),
        unread=["row 6: its Schedule 'done'"],
        after=without(("cook", 2)),
        still_unread=["row 6: its Schedule 'done'"],
    ),
    "decision of another word": Case(
        write("Decision", "maybe"),
        read=without(("cook", 2)),
        unread=["row 6: its Decision 'maybe' is not approve or reject"],
        after=without(("cook", 2)),
        still_unread=["row 6: its Decision 'maybe'"],
    ),
    "decision ticked": Case(
        write("Decision", True),
        read=without(("cook", 2)),
        unread=["row 6: its Decision 'True'"],
        after=without(("cook", 2)),
        still_unread=["row 6: its Decision 'True'"],
    ),
    "decision as a number": Case(
        write("Decision", 1),
        read=without(("cook", 2)),
        unread=["row 6: its Decision '1'"],
        after=without(("cook", 2)),
        still_unread=["row 6: its Decision '1'"],
    ),
    "decision as a formula": Case(
        in_review(calculate),
        read=without(("cook", 2)),
        unread=["row 6: its Decision '#COMPUTED!'"],
        after=without(("cook", 2)),
        still_unread=["row 6: its Decision '#COMPUTED!'"],
    ),
    "boxes that nobody ticked": Case(
        both(*(write("Decision", value=False, page="cook", number=n) for n in (1, 3)))
    ),
    "decision with blanks that don't break": Case(write("Decision", "\u00a0Reject\u00a0 ")),
    "decision in other words": Case(
        both(write("Decision", " Approved "), write("Decision", "NO", "cook", 1)),
        read={("coach", 1): "approve", ("cook", 2): "approve", ("cook", 1): "reject"},
        after={("coach", 1): "approve", ("cook", 2): "approve", ("cook", 1): "reject"},
    ),
    "decision taken back": Case(
        write("Decision", ""), read=without(("cook", 2)), after=without(("cook", 2))
    ),
    "line deleted": Case(
        in_review(delete_lines(("cook", 1))),
        left=5,
    ),
    "all lines of a page deleted": Case(
        in_review(delete_lines(*(("cook", n) for n in (1, 2, 3)))), read=without(("cook", 2))
    ),
    "line copied": Case(in_review(duplicate("cook", 2)), left=7),
    "line copied and decided otherwise": Case(
        in_review(duplicate("cook", 2, Decision="approve")),
        read=without(("cook", 2)),
        unread=["row 6: rows 6, 8 have different", "row 8: rows 6, 8 have different"],
        after=without(("cook", 2)),
        still_unread=["row 6: rows 6, 8 have different", "row 8: rows 6, 8 have different"],
        left=7,
    ),
    "line pasted over another": Case(in_review(paste_over)),
    "line of another week pasted": Case(
        in_review(duplicate("cook", 2, Schedule=OTHER_WEEK, Decision="approve")),
        read=REVIEWED,
        left=7,
    ),
}


PLANNED = {
    (each.schedule_id, each.message_number): ReviewedMessage(
        each.page_name, each.caption_id, each.scheduled_send_time, each.display_name
    )
    for each in messages()
}


def decisions(reading: ReviewReading) -> Decisions:
    """What is stored of a reading of the week; a message that there isn't is quarantined."""
    misplaced = misplaced_lines(reading, PLANNED)
    return {
        (line.schedule_id.split("_")[2], line.message_number): line.decision
        for line in reading.lines
        if line.decision and line.schedule_id != OTHER_WEEK and line not in misplaced
    }


def read(desk: Desk) -> ReviewReading | None:
    try:
        tab = read_review_tab(desk.spreadsheet(), WEEK)
        return tab.reading if tab else None
    except ReviewTabError:  # a column is missing
        return None


@pytest.mark.parametrize("name", CASES)
def test_edit_loses_no_decision_and_leaves_no_wrong_cell(desk: Desk, name: str) -> None:
    case = CASES[name]
    desk.show(messages())
    for page, number in REVIEWED:
        write("Decision", REVIEWED[page, number], page, number)(desk)
        write("Note", "too long", page, number)(desk)
    week, summary, review = (desk.sheets.tab(title) for title in (WEEK, SUMMARY, REVIEW))
    written = {tab.sheet_id: shown(tab) for tab in (week, summary)}
    lines = {(r["Page"], r["Message"]): r for r in review.records()}

    case.edit(desk)
    found = read(desk)
    assert (None if found is None else decisions(found)) == case.read
    assert_said([line.sentence for line in found.unread] if found else [], case.unread)

    exported = desk.show(messages(), run="run-2", said=SAID)
    assert (case.says in "; ".join(exported.repaired)) if case.says else not exported.repaired
    assert {number: shown(desk.sheets.tabs[number]) for number in written} == written
    after = [r for r in desk.sheets.tabs[review.sheet_id].records() if any(r.values())]
    assert len(after) == case.left
    misplaced = [r for r in after if "it does not show" in str(r["Status"])]
    assert len(misplaced) == case.misplaced
    for record in [each for each in after if each not in misplaced]:
        own = lines.get((record["Page"], record["Message"]))
        if own and record["Schedule"] == own["Schedule"]:
            filled = [title for title in TITLES if title not in ("Decision", "Note", "Status")]
            assert [record[title] for title in filled] == [own[title] for title in filled]
    found = read(desk)
    assert found is not None
    assert decisions(found) == case.after
    assert_said([line.sentence for line in found.unread], case.still_unread)

    again = desk.show(messages(), run="run-3", said=SAID)
    assert (again.status, again.reads, again.writes) == ("unchanged", 2, 0)


def shown(tab: Tab) -> list[list[Any]]:
    """What a tab shows, but for the run that wrote it."""
    return [[None if value in ("run-1", "run-2") else value for value in row] for row in tab.grid()]


def assert_said(sentences: Sequence[str], wanted: Sequence[str]) -> None:
    assert len(sentences) == len(wanted), sentences
    for sentence, part in zip(sentences, wanted, strict=True):
        assert part in sentence


def test_the_table_has_forty_edits() -> None:
    assert len(CASES) >= 40
