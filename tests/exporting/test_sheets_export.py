"""Export of a week to a spreadsheet: contents, formats, changes, people's edits."""

import datetime as dt
from dataclasses import replace

import pytest

from eros_assets.calendar import la_instant
from eros_assets.exporting.sheets.cells import SheetContentError
from eros_assets.exporting.sheets.state import REVIEW, SUMMARY, sheet_id
from eros_assets.exporting.sheets.tables import NO_MESSAGES, WEEK_COLUMNS
from tests.exporting.sheets_service.tabs import Tab
from tests.exporting.sheets_service.weeks import (
    BIG_ID,
    MONDAY,
    Desk,
    full_week,
    message,
    messages,
    week_of,
)

WEEK = "2025-W46"
TITLES = [column.title for column in WEEK_COLUMNS]


def captions(desk: Desk, title: str = WEEK) -> list[str]:
    return [record["Caption"] for record in desk.sheets.tab(title).records()]


def test_week_of_38_creators_takes_two_reads_one_write_and_repeated_one_read(
    desk: Desk,
) -> None:
    """The week is complete and in order, and its tab has no spare cells."""
    first = desk.show(full_week()[::-1])
    assert first.status == "succeeded"
    assert (first.reads, first.writes) == (desk.sheets.reads, desk.sheets.writes) == (2, 1)
    assert first.bytes_written < 2_000_000  # Google's advice
    tab = desk.sheets.tab(WEEK)
    assert (tab.rows, tab.columns) == (1 + 38 * 30, len(WEEK_COLUMNS))
    order = [(record["Creator"], record["Date"], record["LA time"]) for record in tab.records()]
    assert order == sorted(order)
    assert len({record["Caption id"] for record in tab.records()}) == 30
    before = desk.sheets.contents()
    again = desk.show(full_week(), run="run-2")
    assert (again.status, again.reads, again.writes) == ("unchanged", 2, 0)
    assert again.digest == first.digest
    assert desk.sheets.contents() == before


# Contents and formats


def test_tabs_of_eros_come_first_with_newest_week_first(desk: Desk) -> None:
    desk.show(messages())
    desk.export(week_of(messages(week_start=dt.date(2025, 11, 17)), dt.date(2025, 11, 17)))
    assert desk.sheets.titles == [
        *(SUMMARY, REVIEW, "2025-W47", f"{REVIEW} {WEEK}", WEEK, "Sheet1"),
    ]


def test_review_tabs_of_weeks_that_are_over_are_hidden(desk: Desk) -> None:
    weeks = [MONDAY + dt.timedelta(days=7 * n) for n in (0, 2, 1, 3)]
    for monday in weeks:
        desk.export(week_of(messages(("cook",), 1, week_start=monday), monday))
    shown = [title for title in desk.sheets.titles if not desk.sheets.tab(title).hidden]
    assert [title for title in shown if title.startswith(REVIEW)] == [
        REVIEW,
        f"{REVIEW} 2025-W48",
    ]
    assert len(desk.sheets.titles) == 10


def test_cells_are_typed(desk: Desk) -> None:
    desk.show([message(1, suggested_price=15.0, expected_value=1234.5, reason="It sells.")])
    (record,) = desk.sheets.tab(WEEK).records()
    assert record == {
        "Creator": "Cook",
        "Page": "cook",
        "No": 1,
        "Date": 45971,  # 2025-11-10
        "LA time": pytest.approx(8 / 24),
        "UTC offset": "-08:00",
        "Type": "PPV",
        "Tier": "mid",
        "Price": 15.0,
        "Expected": 1234.5,
        "Category": "recipes",
        "Urgent": False,
        "Caption": "Recipe 1 of cook: fresh bread, and how to bake it at home 🍞",
        "Reason": "It sells.",
        "Source": "planned",
        "Caption id": str(BIG_ID + 1),
        "Score": 1 / 16,
        "Schedule": "sched_20251110_cook_0a1b2c3d",
    }


def test_week_tab_has_frozen_bold_header_banding_filter_and_formats(desk: Desk) -> None:
    desk.show(messages())
    tab = desk.sheets.tab(WEEK)
    everything = {
        "sheetId": tab.sheet_id,
        "startRowIndex": 0,
        "endRowIndex": tab.rows,
        "startColumnIndex": 0,
        "endColumnIndex": tab.columns,
    }
    assert tab.frozen == 1
    header = [tab.cells[0, column]["userEnteredFormat"] for column in range(tab.columns)]
    assert all(look["textFormat"]["bold"] for look in header)
    assert [banding["range"] for banding in tab.bandings.values()] == [everything]
    assert tab.filter == {"range": everything}
    assert tab.widths == {place: column.width for place, column in enumerate(WEEK_COLUMNS)}
    formats = [
        tab.cells[1, TITLES.index(title)]["userEnteredFormat"]["numberFormat"]["type"]
        for title in ("Date", "LA time", "Score", "Caption id", "Caption")
    ]
    assert formats == ["DATE", "TIME", "NUMBER", "TEXT", "TEXT"]


def test_tabs_of_eros_are_protected_with_a_warning_only(desk: Desk) -> None:
    for shown in (messages(), messages(each=2)):
        desk.show(shown)
    for title in (SUMMARY, WEEK):
        (protection,) = desk.sheets.tab(title).protections
        assert protection["warningOnly"]
        assert "unprotectedRanges" not in protection


def test_tab_metadata_records_what_was_written(desk: Desk) -> None:
    exported = desk.show(messages())
    known = {m["metadataKey"]: m["metadataValue"] for m in desk.sheets.tab(WEEK).metadata.values()}
    assert known["week"] == WEEK
    assert known["sha256"] == exported.digest
    assert known["rows"] == "6"
    assert known["run"] == "run-1"


# Changed weeks


@pytest.mark.parametrize(("before", "after"), [(2, 5), (5, 2), (3, 0), (0, 3), (1, 1)])
def test_rewritten_week_keeps_nothing_of_the_previous_content(
    desk: Desk, before: int, after: int
) -> None:
    """Neither rows nor validation nor banding of the previous content stay."""
    desk.show(messages(each=before))
    tab = desk.sheets.tab(WEEK)
    tab.choices[1, 3] = {"condition": {"type": "ONE_OF_LIST"}}
    changed = [
        replace(each, caption_text=f"New {each.caption_id}") for each in messages(each=after)
    ]
    exported = desk.show(changed)
    assert exported.status == "succeeded"
    tab = desk.sheets.tab(WEEK)
    assert (tab.rows, tab.columns) == (max(2, 1 + 2 * after), len(WEEK_COLUMNS))
    shown = [each.caption_text for each in changed]
    assert captions(desk) == (shown or [None])
    if not after:
        assert tab.text(1, 0) == NO_MESSAGES
    assert len(tab.bandings) == 1
    assert len(tab.rules) == 4
    assert tab.choices == {}
    assert len(tab.metadata) == 6
    assert desk.show(changed).writes == 0


def test_merged_cells_are_unmerged_before_writing(desk: Desk) -> None:
    desk.show(messages())
    place = {"startRowIndex": 1, "endRowIndex": 3, "startColumnIndex": 10, "endColumnIndex": 11}
    desk.sheets.tab(WEEK).merges = [place]
    desk.show(messages(each=4))
    assert len(set(captions(desk))) == 8


def test_tab_with_deleted_rows_is_rewritten(desk: Desk) -> None:
    desk.show(messages())
    desk.sheets.tab(WEEK).resize({"rowCount": 4})
    assert desk.show(messages()).writes == 1
    assert len(captions(desk)) == 6


def test_changed_shortfalls_are_exported(desk: Desk) -> None:
    desk.show(messages(), missing={"cook": "3 of 5 budget captions: too few"})
    assert desk.show(messages()).status == "succeeded"


# Times


def test_repeated_hour_is_sorted_by_instant_and_shows_its_offset(desk: Desk) -> None:
    monday = dt.date(2025, 10, 27)
    twice = [dt.datetime(2025, 11, 2, hour, 30, tzinfo=dt.UTC) for hour in (8, 9)]
    shown = [message(n, scheduled_send_time=at) for n, at in zip((2, 1), twice, strict=True)]
    desk.export(week_of(shown, monday))
    records = desk.sheets.tab("2025-W44").records()
    assert [record["UTC offset"] for record in records] == ["-07:00", "-08:00"]
    assert [record["LA time"] for record in records] == [pytest.approx(1.5 / 24)] * 2
    assert [record["No"] for record in records] == [2, 1]


def test_skipped_hour_is_not_shown(desk: Desk) -> None:
    monday = dt.date(2026, 3, 2)
    first = dt.datetime(2026, 3, 8, 9, 30, tzinfo=dt.UTC)
    shown = [message(n, scheduled_send_time=first + dt.timedelta(hours=n - 1)) for n in (1, 2)]
    desk.export(week_of(shown, monday))
    records = desk.sheets.tab("2026-W10").records()
    assert [(round(record["LA time"] * 24, 6), record["UTC offset"]) for record in records] == [
        (1.5, "-08:00"),
        (3.5, "-07:00"),
    ]


def test_first_of_january_is_shown_in_the_iso_week_of_the_old_year(desk: Desk) -> None:
    monday = dt.date(2026, 12, 28)
    desk.export(
        week_of([message(1, scheduled_send_time=la_instant(dt.date(2027, 1, 1), 9))], monday)
    )
    assert desk.sheets.tab("2026-W53").records()[0]["Date"] == 46388  # 2027-01-01


# Hostile texts

HOSTILE = (
    '=IMPORTXML("https://example.com", "//a")',
    "+1 for fresh bread",
    "-20% today",
    "@everyone",
    "＝1+1",
    "'quoted",
    "\tindented",
    '=HYPERLINK("https://example.com", "bread")',
    "two\nlines",
    "#REF!",
    "TRUE",
    "007",
    "1e5",
    "2025-11-10",
    "Café 🍞 ¿qué? مرحبا",
)


def test_texts_stay_text_and_never_become_formulas(desk: Desk) -> None:
    shown = [
        message(n, caption_text=text, display_name=text) for n, text in enumerate(HOSTILE, start=1)
    ]
    desk.show(shown)
    records = desk.sheets.tab(WEEK).records()
    assert sorted((r["Caption"], r["Creator"]) for r in records) == sorted(
        (text, text) for text in HOSTILE
    )
    values = [cell.get("userEnteredValue", {}) for cell in desk.sheets.tab(WEEK).cells.values()]
    assert not any("formulaValue" in value for value in values)


def test_line_ends_and_control_characters_are_normalized(desk: Desk) -> None:
    desk.show([message(1, caption_text="one\r\ntwo\rthree\x00\x0b")])
    assert captions(desk) == ["one\ntwo\nthree��"]


def test_caption_longer_than_a_cell_is_refused_before_any_write(desk: Desk) -> None:
    desk.show(messages())
    before = desk.sheets.contents()
    with pytest.raises(
        SheetContentError, match=r"message 1, caption \d+: caption_text has more than 50,000"
    ):
        desk.show([message(1, caption_text="🍞" * 25_001)])
    assert desk.sheets.contents() == before
    assert desk.show([message(1, caption_text="🍞" * 20_000)]).status == "succeeded"


@pytest.mark.parametrize("score", [None, float("nan")])
def test_missing_values_become_empty_cells(desk: Desk, score: float | None) -> None:
    desk.show([message(1, performance_score=score, content_category=None, has_urgency=None)])
    (record,) = desk.sheets.tab(WEEK).records()
    assert (record["Score"], record["Category"], record["Urgent"]) == (None, None, None)


# Summary


def test_summary_lists_all_weeks_and_creators_of_the_last_written_week(desk: Desk) -> None:
    desk.show(messages(each=4), missing={"cook": "2 of 3 mid captions", "left": "no plan"})
    later = dt.date(2025, 11, 17)
    desk.export(week_of(messages(("cook",), 2, week_start=later), later, run="run-2"))
    grid = desk.sheets.tab(SUMMARY).grid()
    assert [row[0] for row in grid] == [
        *("Week", "2025-W47", WEEK, None, "Creator, week 2025-W47", "Cook"),
    ]
    assert grid[1][1:7] == [45978, 2, 2, 0, 1, 0]
    assert grid[2][1:] == [45971, 8, 6, 2, 2, 2, "run-1"]
    assert grid[5][1:] == [*("cook", 2, 2, 0, "Mon 08:00", None), "sched_20251117_cook_0a1b2c3d"]


def test_summary_shows_shortfalls_of_creators_without_messages(desk: Desk) -> None:
    desk.show(messages(("cook",)), missing={"cook": "2 of 3 mid captions", "left": "no plan"})
    said = {row[0]: row[6] for row in desk.sheets.tab(SUMMARY).grid()[4:]}
    assert said == {"Cook": "2 of 3 mid captions", "left": "no plan"}


def test_summary_links_to_tabs_and_rows_without_formulas(desk: Desk) -> None:
    desk.show(messages())
    tab = desk.sheets.tab(SUMMARY)
    links = {
        tab.text(*place): cell["userEnteredFormat"]["textFormat"]["link"]["uri"]
        for place, cell in tab.cells.items()
        if "link" in cell.get("userEnteredFormat", {}).get("textFormat", {})
    }
    own = sheet_id(WEEK)
    assert links == {
        WEEK: f"#gid={own}",
        "Coach": f"#gid={own}&range=A2",
        "Cook": f"#gid={own}&range=A5",
    }


# People's edits


def test_renamed_and_moved_tabs_are_found(desk: Desk) -> None:
    desk.show(messages())
    for title, name in ((WEEK, "This week!"), (SUMMARY, "Overview"), (REVIEW, "Our review")):
        desk.sheets.tab(title).title = name
    desk.sheets.order.reverse()
    assert desk.show(messages()).status == "unchanged"
    exported = desk.show(messages(each=4))
    assert exported.title == "This week!"
    assert sorted(desk.sheets.titles) == ["Our review", "Overview", "Sheet1", "This week!"]
    assert len(captions(desk, "This week!")) == 8


def test_cell_notes_and_other_tabs_are_not_changed(desk: Desk) -> None:
    desk.show(messages())
    desk.sheets.tab(WEEK).cells[1, 10]["note"] = "ask her"
    own = desk.sheets.tab("Sheet1")
    own.type_in(0, 0, "our budget")
    desk.show(messages(each=4))
    assert desk.sheets.tab(WEEK).cells[1, 10]["note"] == "ask her"
    assert own.text(0, 0) == "our budget"


def test_taken_tab_titles_are_avoided(desk: Desk) -> None:
    for number, title in enumerate(("summary", "REVIEW", WEEK), start=1):
        desk.sheets.tabs[number] = Tab(number, title)
        desk.sheets.order.append(number)
    desk.show(messages())
    assert desk.sheets.titles[:3] == ["Summary (2)", "Review (2)", "2025-W46 (2)"]
    assert desk.sheets.tab(WEEK).cells == {}


def test_deleted_tab_is_created_again(desk: Desk) -> None:
    desk.show(messages())
    for title in (WEEK, SUMMARY):
        gone = desk.sheets.tab(title).sheet_id
        del desk.sheets.tabs[gone]
        desk.sheets.order.remove(gone)
        assert desk.show(messages()).status == "succeeded"
        assert len(captions(desk)) == 6


def test_copy_of_a_tab_is_not_mistaken_for_the_week(desk: Desk) -> None:
    desk.show(messages())
    own = desk.sheets.tab(WEEK)
    metadata = {n + 1: {**m, "metadataId": n + 1} for n, m in own.metadata.items()}
    desk.sheets.tabs[77] = replace(own, sheet_id=77, title="Copy of 2025-W46", metadata=metadata)
    desk.sheets.order.append(77)
    desk.show(messages(each=4))
    assert len(desk.sheets.tab("Copy of 2025-W46").records()) == 6
    assert [row[0] for row in desk.sheets.tab(SUMMARY).grid()].count(WEEK) == 1


# Size


def test_tabs_allocate_few_empty_cells(desk: Desk) -> None:
    for n in range(6):
        monday = MONDAY + dt.timedelta(days=7 * n)
        desk.export(week_of(messages(("cook",), 5, week_start=monday), monday))
    used = sum(
        "userEnteredValue" in cell
        for tab in desk.sheets.tabs.values()
        for cell in tab.cells.values()
    )
    allocated = desk.sheets.allocated - 26_000  # Sheet1 is a person's
    assert allocated < 1.45 * used
    assert len(desk.sheets.tab(REVIEW).records()) == 5
