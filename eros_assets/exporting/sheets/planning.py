"""Plans the requests of one atomic batch that make a spreadsheet show a week."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from eros_assets.exporting.message import ScheduledMessage
from eros_assets.exporting.sheets import requests as api
from eros_assets.exporting.sheets.decision_planning import (
    DecisionsPlan,
    ShownDecisions,
    decision_tabs_to_read,
    plan_decisions,
    still_wrong,
)
from eros_assets.exporting.sheets.metadata import free_title, replace_metadata, without_merges
from eros_assets.exporting.sheets.requests import Request, grid_range
from eros_assets.exporting.sheets.review import Key, ReviewLines, Said, review_lines
from eros_assets.exporting.sheets.review_grid import review_grid
from eros_assets.exporting.sheets.review_planning import review_edits
from eros_assets.exporting.sheets.review_tab import plan_review
from eros_assets.exporting.sheets.state import (
    PROTECTION,
    SUMMARY,
    SheetState,
    Tab,
    review_id,
    sheet_id,
)
from eros_assets.exporting.sheets.tables import (
    CREATOR_COLUMNS,
    SUMMARY_COLUMNS,
    WEEK_COLUMNS,
    Table,
    WeekEntry,
    summary_table,
    week_name,
    week_table,
)
from eros_assets.exporting.sheets.verification import Expected, differences

WEEK_TAB_INDEX = 1
"""Position of a new week's tab: after the Summary, before the older weeks."""

WEEK_TIER = [column.title for column in WEEK_COLUMNS].index("Tier")


@dataclass(frozen=True, slots=True)
class SheetWeek:
    """A week to show. `missing` describes shortfalls by page; `said` is what people said, by key.

    A key is a schedule's id and a message number. `decisions` is what the tabs of decisions show;
    without it they are left as they are.
    """

    entry: WeekEntry
    messages: Sequence[ScheduledMessage]
    missing: Mapping[str, str] = field(default_factory=dict[str, str])
    said: Mapping[Key, Said] = field(default_factory=dict[Key, Said])
    decisions: ShownDecisions | None = None

    @property
    def week_name(self) -> str:
        """The ISO week, such as `2026-W53`."""
        return week_name(self.entry.week_start)


Values = Mapping[int, Sequence[Sequence[Any]]]
"""The values of tabs, by tab id."""


@dataclass(frozen=True, slots=True)
class SheetPlan:
    """The requests of one batch; none when the spreadsheet shows the week already.

    `expected` are the tables to read back, `revisions` those of the tabs of the week, after the
    batch. `review` are the Review tab's lines, and its columns by title, after the batch;
    `decision_tabs` the tabs of decisions that it writes. The first `week_requests` requests are
    those of the week's own tab and the Summary.
    `repaired` are the cells that people had changed, one line each.
    """

    requests: Sequence[Request]
    expected: Sequence[Expected]
    review: tuple[ReviewLines, Mapping[str, int]]
    digest: str
    title: str
    revisions: Sequence[int]
    repaired: Sequence[str]
    decision_tabs: Sequence[int] = ()
    week_requests: int = 0

    @property
    def tabs(self) -> list[int]:
        """The tabs to read back."""
        lines, _ = self.review
        review = [review_id(lines.week)] if lines.filled else []
        return [*(each.sheet_id for each in self.expected), *review, *self.decision_tabs]

    def differences(self, found: Values) -> list[str]:
        """How the values that were read back differ from the plan, one line each."""
        lines, places = self.review
        wrong = [each.sentence for each in differences(self.expected, found)]
        if lines.filled:
            grid = review_grid(found.get(review_id(lines.week), []), places)
            edits = review_edits(grid, lines)
            wrong += edits.repaired or ([] if edits.is_nothing else ["Review: lines are missing"])
        return wrong + still_wrong(found, self.decision_tabs)


def tabs_to_read(state: SheetState, week: SheetWeek) -> list[int]:
    """The tabs of the week whose values tell what is to be written."""
    own = (sheet_id(week.week_name), sheet_id(SUMMARY), review_id(week.week_name))
    decided = decision_tabs_to_read(state) if week.decisions is not None else []
    return [*(tab for tab in own if tab in state.tabs), *decided]


def plan_batch(state: SheetState, found: Values, week: SheetWeek) -> SheetPlan:
    """The batch that makes the spreadsheet show the week.

    A tab is written when its content is another one than its metadata say, and when its cells are
    not as it was written. `found` are the values of `tabs_to_read`.

    Raises:
        SheetContentError: a text longer than a cell holds.
    """
    own, review, summary = _ids(week)
    table = week_table(week.messages)
    digest = _digest(table, week)
    tab = state.tabs.get(own)
    is_known = tab is not None and tab.value("sha256") == digest
    # An unchanged week stays that of the run that wrote it.
    entry = replace(week.entry, run_id=tab.value("run") or "") if tab and is_known else week.entry
    others = [each for each in state.week_entries() if each.sheet_id != own]
    shown = summary_table([*others, entry], entry, week.messages, week.missing)
    shows = f"{entry.run_id} {digest}"
    title = tab.title if tab else free_title(week.week_name, state)
    of_week = Expected(own, title, table)
    of_summary = Expected(summary, _title(state, SUMMARY), shown)
    # The export of another week may have written the Summary since.
    is_ours = summary in state.tabs and state.tabs[summary].value("shows") == shows
    changed = differences(
        [*([of_week] if is_known else []), *([of_summary] if is_ours else [])], found
    )
    wrong = {each.sheet_id for each in changed}
    writes_week = not is_known or own in wrong or not _has_size(tab, table)
    writes_summary = writes_week or summary not in state.tabs or summary in wrong
    lines = review_lines(week.messages, week.week_name, week.said)
    reviewed = plan_review(state, found.get(review, []), lines, own)
    of_tabs = [
        *(_summary_requests(state, shown, shows) if writes_summary else []),
        *(_week_requests(state, own, title, table) if writes_week else []),
        *(_week_metadata(state, week, entry, digest) if writes_week else []),
    ]
    requests = [*of_tabs, *_unfiltered(own, table, reviewed.requests), *reviewed.requests]
    decided = DecisionsPlan()
    if week.decisions is not None:
        tabs_before = len(state.tabs) + sum("addSheet" in request for request in requests)
        decided = plan_decisions(state, found, week.decisions, tabs_before)
    before = revisions(state, week)
    wrote = (writes_week, bool(reviewed.requests), writes_summary)
    return SheetPlan(
        [*requests, *decided.requests],
        [of_week, *([of_summary] if is_ours or writes_summary else [])],
        (lines, reviewed.places),
        digest,
        title,
        [revision + is_new for revision, is_new in zip(before, wrote, strict=True)],
        [*(each.sentence for each in changed), *reviewed.repaired, *decided.repaired],
        decided.written,
        len(of_tabs),
    )


def _unfiltered(own: int, table: Table, requests: Sequence[Request]) -> list[Request]:
    """Show all rows of the week's tab before rows are copied: filtered ones may be left out."""
    if not any("copyPaste" in request for request in requests):
        return []
    return [api.set_filter(grid_range(own, (0, table.row_count), (0, len(table.columns))))]


def revisions(state: SheetState, week: SheetWeek) -> list[int]:
    """The revisions of the week's tab, its Review tab and the Summary."""
    tabs = (state.tabs.get(tab) for tab in _ids(week))
    return [tab.revision if tab else 0 for tab in tabs]


def _ids(week: SheetWeek) -> tuple[int, int, int]:
    return sheet_id(week.week_name), review_id(week.week_name), sheet_id(SUMMARY)


def _digest(table: Table, week: SheetWeek) -> str:
    """The digest of what the week's tab and the Summary show of the week, without the run."""
    entry = week.entry
    creators = summary_table([], entry, week.messages, week.missing)
    totals = [entry.creators, entry.messages, entry.ppvs, entry.bumps, entry.missing]
    return Table((), [[table.digest, creators.digest, *totals]]).digest


def _has_size(tab: Tab | None, table: Table) -> bool:
    size = (table.row_count, len(table.columns))
    return tab is not None and (tab.row_count, tab.column_count) == size


def _title(state: SheetState, name: str) -> str:
    tab = state.tabs.get(sheet_id(name))
    return tab.title if tab else free_title(name, state)


# -- a week's tab


def _week_requests(state: SheetState, own: int, title: str, table: Table) -> Iterable[Request]:
    tab = state.tabs.get(own)
    size = (table.row_count, len(table.columns))
    everything = grid_range(own, (0, size[0]), (0, size[1]))
    if tab is None:
        index = min(WEEK_TAB_INDEX, len(state.tabs) + 1)
        yield api.add_sheet(own, title, index, size, frozen=1)
        yield from api.colour_texts(
            grid_range(own, (1, None), (WEEK_TIER, WEEK_TIER + 1)), api.TIERS
        )
    else:
        yield from _made_plain(tab, size, frozen=1)
    yield api.write_values(own, table.grid, (0, 0), size)
    yield from api.format_header(own, table.columns)
    yield from api.format_table(own, table.columns, (1, size[0]))
    yield from api.column_widths(own, table.columns)
    yield api.add_banding(everything)
    yield api.set_filter(everything)
    if tab is None or PROTECTION not in tab.protections:
        yield api.protect(own, PROTECTION)


def _made_plain(tab: Tab, size: tuple[int, int], frozen: int) -> Iterable[Request]:
    """Remove bandings (adding one twice is an error), merges and validation; set the size."""
    for banding in tab.bandings:
        yield api.delete_banding(banding)
    yield from without_merges(tab)
    yield api.resize(tab.sheet_id, size, frozen)
    yield api.clear_validation(grid_range(tab.sheet_id, (0, size[0]), (0, size[1])))


def _week_metadata(
    state: SheetState, week: SheetWeek, entry: WeekEntry, digest: str
) -> Iterable[Request]:
    own = sheet_id(week.week_name)
    tab = state.tabs.get(own)
    revision = (tab.revision if tab else 0) + 1
    totals = {
        "creators": entry.creators,
        "messages": entry.messages,
        "ppvs": entry.ppvs,
        "bumps": entry.bumps,
        "missing": entry.missing,
    }
    values = {
        "week": week.week_name,
        "sha256": digest,
        "rows": str(len(week.messages)),
        "run": entry.run_id,
        "totals": json.dumps(totals, separators=(",", ":")),
        "revision": str(revision),
    }
    yield from replace_metadata(state, own, values, revision)


# -- Summary


def _summary_requests(state: SheetState, table: Table, shows: str) -> Iterable[Request]:
    own = sheet_id(SUMMARY)
    tab = state.tabs.get(own)
    size = (table.row_count, len(table.columns))
    if tab is None:
        yield api.add_sheet(own, _title(state, SUMMARY), 0, size, frozen=1)
    else:
        yield from _made_plain(tab, size, frozen=1)
    yield api.write_values(own, table.grid, (0, 0), size)
    # The header of the creators' part is the row after the blank one; the grid has a header above.
    blank = next(n for n, row in enumerate(table.rows) if all(value is None for value in row))
    creators = blank + 2
    yield from api.format_table(own, SUMMARY_COLUMNS, (1, creators))
    yield from api.format_table(own, CREATOR_COLUMNS, (creators, size[0]))
    yield from api.format_header(own, SUMMARY_COLUMNS)
    yield from api.format_header(own, CREATOR_COLUMNS, row=creators)
    yield from api.column_widths(own, SUMMARY_COLUMNS)
    for (row, column), address in sorted(table.links.items()):
        yield api.link_cell(own, row + 1, column, address)
    if tab is None or PROTECTION not in tab.protections:
        yield api.protect(own, PROTECTION)
    revision = (tab.revision if tab else 0) + 1
    yield from replace_metadata(state, own, {"shows": shows, "revision": str(revision)}, revision)
