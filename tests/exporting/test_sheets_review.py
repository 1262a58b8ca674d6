"""The Review tab: people's decisions are read, stored, and never overwritten."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eros_assets.exporting.sheets.reader import mark_unread, read_review_tab
from eros_assets.exporting.sheets.requests import add_sheet, write_values
from eros_assets.exporting.sheets.review import TITLES, Said
from eros_assets.exporting.sheets.review_grid import review_grid, week_of
from eros_assets.exporting.sheets.review_reading import (
    ReviewLine,
    ReviewReading,
    ReviewTabError,
    changed_weeks,
)
from eros_assets.exporting.sheets.review_reading import read_review as read_grid
from eros_assets.exporting.sheets.state import REVIEW, sheet_id
from eros_assets.weekly.reviewed_messages import ReviewedMessage
from eros_assets.weekly.reviews import (
    QuarantinedReview,
    StoredReview,
    merge_quarantine,
    merge_reviews,
)
from tests.exporting.sheets_service.service import GET, VALUES
from tests.exporting.sheets_service.tabs import Tab
from tests.exporting.sheets_service.weeks import Desk, message, messages
from tests.google.exchange import Trouble

SCHEDULE = "sched_20251110_cook_0a1b2c3d"
WEEK = "2025-W46"
NOW = dt.datetime(2025, 11, 11, tzinfo=dt.UTC)
LATER = NOW + dt.timedelta(hours=1)


def line(number: int = 1, decision: str | None = None, note: str | None = None) -> ReviewLine:
    return ReviewLine(SCHEDULE, number, decision, note)


def read_review(values: list[list[Any]]) -> ReviewReading:
    return read_grid(review_grid(values, {}))


def tab(*rows: dict[str, Any], header: Any = TITLES) -> list[list[Any]]:
    filled = [{"Schedule": SCHEDULE, "Message": 1, **row} for row in rows]
    return [list(header), *[[row.get(title, "") for title in header] for row in filled]]


# Contents of the tab


def test_export_keeps_edits_of_people_in_the_review_tab(desk: Desk) -> None:
    """The tab is sorted and has a column, decisions and notes of people."""
    desk.show(messages())
    review = desk.sheets.tab(REVIEW)
    review.resize({"columnCount": review.columns + 1})
    review.type_in(0, review.columns - 1, "Who")
    review.write_beside("Decision", "reject", Page="cook", Message=2)
    review.write_beside("Note", "too long", Page="cook", Message=2)
    review.write_beside("Who", "Zoë", Page="cook", Message=2)
    review.put_in_order([5, 4, 3, 2, 1, 0])
    before = [{**each, "Status": None} for each in review.records()]
    changed = [message(n, schedule_id="sched_20251110_cook_99999999") for n in (1, 2)]
    desk.show([*messages(("coach",)), *changed])
    after = desk.sheets.tab(REVIEW).records()
    assert [{**each, "Status": None} for each in after[2:]] == before
    assert {each["Page"] for each in after if each["Status"]} == {"cook"}
    assert [each["Schedule"] for each in after[:2]] == [changed[0].schedule_id] * 2
    assert after[0]["Who"] is None


def test_review_lines_have_a_dropdown_and_unprotected_decision_and_note(desk: Desk) -> None:
    desk.show(messages())
    desk.show([*messages(), *messages(("band",))])
    review = desk.sheets.tab(REVIEW)
    column = TITLES.index("Decision")
    rules = [review.choices[row, column] for row in range(1, review.rows)]
    assert len(rules) == 9
    assert all(
        [value["userEnteredValue"] for value in rule["condition"]["values"]]
        == ["approve", "reject"]
        for rule in rules
    )
    (protection,) = review.protections
    free = {each["startColumnIndex"] for each in protection["unprotectedRanges"]}
    assert free == {column, TITLES.index("Note")}
    assert len(review.rules) == 6  # added with the tab, and never again
    hanging = [*protection["unprotectedRanges"], *(r["ranges"][0] for r in review.rules)]
    assert {each["startRowIndex"] for each in hanging} == {0}, "new lines are left out"


def test_approval_is_copied_to_the_next_schedule(desk: Desk) -> None:
    earlier = {(message(1).schedule_id, 1): Said("approve", "lovely")}
    desk.show([message(1), message(2)], said=earlier)
    said = {r["Message"]: (r["Decision"], r["Note"]) for r in desk.sheets.tab(REVIEW).records()}
    assert said == {1: ("approve", "lovely"), 2: (None, None)}


@pytest.mark.parametrize("is_replaced", [True, False])
def test_line_without_its_schedule_is_of_the_new_one_where_its_caption_is(
    desk: Desk, is_replaced: bool
) -> None:
    """Page, time and number are those of the message that replaced the rejected one, too."""
    desk.show(messages())
    review = desk.sheets.tab(REVIEW)
    review.write_beside("Decision", "reject", Page="cook", Message=2)
    review.write_beside("Schedule", "", Page="cook", Message=2)
    new = "sched_20251110_cook_99999999"
    planned = [message(n, schedule_id=new) for n in (1, 2, 3)]
    if is_replaced:
        planned[1] = replace(planned[1], caption_text="Another recipe", caption_id=9)
    for _ in range(2):
        desk.show([*messages(("coach",)), *planned])
    lines = [line for line in review.records() if line["Page"] == "cook"]
    said = {line["Message"]: line["Decision"] for line in lines if line["Schedule"] == new}
    assert said == {1: None, 2: None if is_replaced else "reject", 3: None}
    assert [line["Decision"] for line in lines if not line["Schedule"]] == ["reject"] * is_replaced
    assert ["not read: its Schedule is empty" in str(line["Status"]) for line in lines].count(
        True
    ) == is_replaced


def test_deleted_review_tab_is_created_again(desk: Desk) -> None:
    desk.show(messages())
    gone = desk.sheets.tab(REVIEW).sheet_id
    del desk.sheets.tabs[gone]
    desk.sheets.order.remove(gone)
    found = read_review_tab(desk.spreadsheet(), WEEK)
    assert found is not None
    with pytest.raises(ReviewTabError, match="tab of 2025-W46 is gone; the next export writes it"):
        _ = found.reading
    desk.show(messages())
    assert len(desk.sheets.tab(REVIEW).records()) == 6


def test_week_without_messages_lacks_no_review_tab(desk: Desk) -> None:
    desk.show([])
    assert read_review_tab(desk.spreadsheet(), WEEK) is None


def test_renamed_review_tab_is_read(desk: Desk) -> None:
    assert read_review_tab(desk.spreadsheet(), WEEK) is None
    desk.show(messages())
    review = desk.sheets.tab(REVIEW)
    review.title = "Ours"
    review.write_beside("Decision", "approve", Page="coach", Message=3)
    found = read_review_tab(desk.spreadsheet(), WEEK)
    assert found is not None
    assert len(found.reading.lines) == 6
    assert [each for each in found.reading.lines if each.decision or each.note] == [
        ReviewLine("sched_20251110_coach_0a1b2c3d", 3, "approve", None)
    ]


def test_other_tabs_whose_title_says_review_are_no_matter(desk: Desk) -> None:
    """A chart, and a table of people with a column Decision."""
    desk.show(messages())
    desk.sheets.tabs |= {7: Tab(7, "Review chart", 0, 0), 8: Tab(8, "Reviews of April")}
    desk.sheets.order += [7, 8]
    for place, text in enumerate(("Decision", "Note", "Creator", "reject", "why", "Cook")):
        desk.sheets.tabs[8].type_in(place // 3, place % 3, text)
    found = read_review_tab(desk.spreadsheet(), WEEK)
    assert found is not None
    assert len(found.reading.lines) == 6
    assert found.reading.unread == []
    assert desk.show(messages()).status == "unchanged"


def test_the_one_tab_that_weeks_shared_is_read_for_a_week_without_its_own(desk: Desk) -> None:
    """A spreadsheet of an earlier version: one Review tab, without marks and Status."""
    titles = [title for title in TITLES if title != "Status"]
    earlier = "sched_20251103_cook_0a1b2c3d"
    rows = [
        {"Schedule": earlier, "Message": 1, "Decision": "approve"},
        {"Schedule": SCHEDULE, "Message": 2, "Decision": "reject", "Note": "too long"},
        {"Schedule": SCHEDULE, "Message": 3, "Decision": "perhaps"},
    ]
    cells = [titles, *[[row.get(title, "") for title in titles] for row in rows]]
    shared = sheet_id(REVIEW)
    desk.spreadsheet().change(
        [
            add_sheet(shared, REVIEW, 0, (len(cells), len(titles)), 1),
            write_values(shared, cells, (0, 0), (len(cells), len(titles))),
        ]
    )
    found = read_review_tab(desk.spreadsheet(), WEEK)
    assert found is not None
    assert found.reading.lines == [ReviewLine(SCHEDULE, 2, "reject", "too long")]
    assert [line.row for line in found.reading.unread] == [4]
    assert found.status is None
    assert read_review_tab(desk.spreadsheet(), "2025-W47") is None

    desk.show(messages())
    own = read_review_tab(desk.spreadsheet(), WEEK)
    assert own is not None
    assert len(own.reading.lines) == 6


@pytest.mark.parametrize("method", [GET, VALUES])
def test_unreadable_review_tab_raises_instead_of_being_empty(desk: Desk, method: str) -> None:
    desk.show(messages())
    desk.sheets.trouble(method, Trouble(status=403))
    with pytest.raises(Exception, match="may not write"):
        read_review_tab(desk.spreadsheet(), WEEK)


def test_unread_lines_are_marked_until_they_can_be_read(desk: Desk) -> None:
    desk.show(messages())
    review = desk.sheets.tab(REVIEW)

    def mark() -> list[Any]:
        found = read_review_tab(desk.spreadsheet(), WEEK)
        assert found is not None
        mark_unread(desk.spreadsheet(), found, found.reading.unread)
        return [record["Status"] for record in review.records() if record["Status"]]

    review.write_beside("Decision", "maybe", Page="cook", Message=2)
    said = ["not read: its Decision 'maybe' is not approve or reject"]
    assert mark() == said
    writes = desk.sheets.writes
    assert mark() == said
    assert desk.sheets.writes == writes
    review.put_in_order([5, 4, 3, 2, 1, 0])
    review.write_beside("Decision", "reject", Page="cook", Message=2)
    assert mark() == []
    found = read_review_tab(desk.spreadsheet(), WEEK)
    assert found is not None
    (own,) = [line for line in found.reading.lines if line.decision]
    late = replace(found.reading.found[own.key], reason="too late: it was due on Monday")
    mark_unread(desk.spreadsheet(), found, [], [late])
    assert mark() == []  # once it is no longer late, or no longer rejected
    assert desk.show(messages()).status == "unchanged"


def test_reading_takes_two_reads_without_captions(desk: Desk) -> None:
    desk.show([message(n, caption_text="bread " * 500) for n in range(1, 31)])
    spreadsheet = desk.spreadsheet()
    read_review_tab(spreadsheet, WEEK)
    assert spreadsheet.traffic.reads == 2
    assert spreadsheet.traffic.bytes_read < 30 * 200 + 5_000


# Reading the tab


def test_review_columns_are_found_by_title() -> None:
    values = tab({"Decision": " Reject ", "Note": " no\n"}, header=TITLES[::-1])
    assert read_review(values).lines == [line(1, "reject", "no")]


def test_short_rows_and_lines_without_schedule_are_read() -> None:
    values = [*tab({"Decision": "approve"}), [], ["", "", "our own line"]]
    assert read_review(values).lines == [line(1, "approve")]
    assert read_review(values).unread == []


@pytest.mark.parametrize("number", [3, 3.0, "3", " 3 "])
def test_message_number_is_read_from_text_or_number_cells(number: Any) -> None:
    assert read_review(tab({"Message": number})).lines == [line(3)]


@pytest.mark.parametrize(
    ("word", "decision"),
    [
        *((word, "approve") for word in ("Approved ", "OK", "yes", " Y", "okay.", "\u200bapprove")),
        *((word, "reject") for word in ("rejected", "NO!", "x", "Ｘ", "\xa0Reject\n", "n")),
    ],
)
def test_people_may_use_their_own_words_for_a_decision(word: str, decision: str) -> None:
    assert read_review(tab({"Decision": word})).lines == [line(1, decision)]


def test_duplicate_lines_are_merged_unless_decisions_differ() -> None:
    one, other = {"Decision": "reject"}, {"Note": "again"}
    assert read_review(tab(one, other)).lines == [line(1, "reject", "again")]
    third = {"Message": 2, "Decision": "x"}
    found = read_review(tab(one, third, other, {"Decision": "yes"}))
    assert found.lines == [line(2, "reject")]
    assert [each.row for each in found.unread] == [2, 4, 5]
    said = f"rows 2, 4, 5 have different decisions on message 1 of {SCHEDULE}"
    assert all(each.reason.startswith(said) for each in found.unread)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"Decision": "rejcet"}, "Decision 'rejcet' is not approve or reject"),
        ({"Decision": "yes, but later"}, "Decision 'yes, but later' is not approve or reject"),
        ({"Decision": True}, "Decision 'True' is not approve or reject"),
        ({"Message": "first", "Decision": "ok"}, "Message 'first' is not a message's number"),
        ({"Message": 1.5, "Decision": "ok"}, "Message '1.5' is not a message's number"),
        ({"Message": "", "Note": "late"}, "Message '' is not a message's number"),
        ({"Schedule": "", "Decision": "ok"}, "its Schedule is empty"),
        ({"Schedule": SCHEDULE[:-1], "Decision": "ok"}, "is not the id of a schedule"),
    ],
)
def test_unreadable_line_is_named_and_the_others_are_read(
    changed: dict[str, Any], says: str
) -> None:
    found = read_review(tab({"Decision": "reject"}, changed, {"Message": 2, "Decision": "ok"}))
    assert found.lines == [line(1, "reject"), line(2, "approve")]
    (unread,) = found.unread
    assert unread.row == 3
    assert says in unread.reason
    kept = {title: str(value) for title, value in changed.items() if value}
    assert kept.items() <= unread.cells.items()


def test_overwritten_line_that_says_nothing_is_left_out() -> None:
    found = read_review(tab({"Schedule": "ours", "Message": "-"}))
    assert (found.lines, found.unread) == ([], [])


@pytest.mark.parametrize("title", ["Decision", "Note", "Schedule", "Message"])
def test_tab_without_a_column_is_not_read(title: str) -> None:
    values = tab({"Decision": "reject"}, header=[t for t in TITLES if t != title])
    with pytest.raises(ReviewTabError, match=f"its column {title} is missing"):
        read_review(values)


# Storing reviews


def merged(before: list[StoredReview], *seen: ReviewLine, at: dt.datetime = NOW) -> Any:
    known = {(SCHEDULE, n): ReviewedMessage("cook", 100 + n) for n in (1, 2)}
    return merge_reviews(before, seen, known, read_at=at, run_id=f"run at {at:%H}")


def test_lines_with_decision_or_note_are_stored_with_their_caption() -> None:
    result = merged([], line(1, "reject", "no"), line(2))
    assert result.reviews == [
        StoredReview(line(1, "reject", "no"), ReviewedMessage("cook", 101), NOW, "run at 00")
    ]


def test_reading_the_same_tab_again_changes_nothing() -> None:
    seen = (line(1, "reject", "no"), line(2, None, "hm"))
    first = merged([], *seen)
    again = merged(first.reviews, *seen, at=LATER)
    assert again.reviews == first.reviews
    assert again.changed == []


def test_cleared_decision_is_stored_and_deleted_line_keeps_its_review() -> None:
    first = merged([], line(1, "reject", "no"), line(2, "approve"))
    second = merged(first.reviews, line(1), at=LATER)
    assert [(r.line, r.read_at) for r in second.reviews] == [
        (line(1), LATER),
        (line(2, "approve"), NOW),
    ]


def test_line_without_planned_message_is_reported() -> None:
    assert merged([], line(9, "reject")).unknown == [line(9, "reject")]


def fault(reason: str, row: int | None = 2, *, is_open: bool = True) -> QuarantinedReview:
    return QuarantinedReview(row, reason, "x", None, '{"a": "b"}', NOW, "run", is_open)


def test_quarantine_keeps_what_the_tab_says_no_more() -> None:
    first = merge_quarantine([], [fault("a"), fault("b", 3)], is_read=True)
    assert merge_quarantine(first, [fault("a"), fault("b", 3)], is_read=True) == first
    corrected = merge_quarantine(first, [fault("b", 7)], is_read=True)
    assert corrected == [fault("a", is_open=False), fault("b", 7)]


def test_quarantined_lines_stay_open_while_the_sheet_is_unreachable() -> None:
    first = merge_quarantine([], [fault("a")], is_read=True)
    unreachable = merge_quarantine(first, [fault("no answer", None)], is_read=False)
    assert unreachable == [fault("no answer", None), fault("a")]
    again = merge_quarantine(unreachable, [fault("a")], is_read=True)
    assert again == [fault("no answer", None, is_open=False), fault("a")]


lines = st.lists(
    st.builds(
        line,
        st.integers(1, 2),
        st.sampled_from(["approve", "reject", None]),
        st.sampled_from(["a", "b", None]),
    ),
    unique_by=lambda each: each.key,
)


@given(lines, lines)
def test_last_reading_of_a_line_is_stored(
    first: list[ReviewLine], second: list[ReviewLine]
) -> None:
    before = merged([], *first).reviews
    after = merged(before, *second, at=LATER)
    said = {each.key: each for each in [*first, *second]}
    known = {each.line.key: each.line for each in after.reviews}
    assert known == {k: v for k, v in said.items() if k in known}
    assert all(k in known for k, v in said.items() if v.decision or v.note)
    assert merged(after.reviews, *second, at=LATER).changed == []


# Changes that the sensor looks for


@pytest.mark.parametrize(
    ("schedule_id", "monday"),
    [
        (SCHEDULE, dt.date(2025, 11, 10)),
        ("sched_20251111_cook_0a1b2c3d", None),
        ("sched_20251110_cook_0a1b2c3", None),
        ("sched_20259999_cook_0a1b2c3d", None),
        ("sched_2025-W46_cook", None),
        ("anything", None),
    ],
)
def test_week_is_read_from_schedule_id(schedule_id: str, monday: dt.date | None) -> None:
    assert week_of(schedule_id) == monday


def test_changed_weeks_are_those_with_new_reviews() -> None:
    def changed(before: dict[str, str], *seen: ReviewLine) -> dict[str, str]:
        return changed_weeks(before, {"2025-11-10": ReviewReading(seen)})

    first = changed({}, line(1, "reject"), line(2))
    assert list(first) == ["2025-11-10"]
    assert changed(first, line(2), line(1, "reject")) == {}
    assert list(changed(first, line(1, "reject", "why"))) == ["2025-11-10"]
    emptied = changed(first, line(1))
    assert list(emptied) == ["2025-11-10"]
    assert changed(emptied) == {}
    assert changed({}, line(1)) == {}


def test_unread_lines_are_changes() -> None:
    mistyped = read_review(tab({"Decision": "rejcet"}))
    first = changed_weeks({}, {"2025-11-10": mistyped})
    assert list(first) == ["2025-11-10"]
    assert changed_weeks(first, {"2025-11-10": mistyped}) == {}
