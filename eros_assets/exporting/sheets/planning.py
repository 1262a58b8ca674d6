"""Plans the requests of one atomic batch that make a spreadsheet show a week."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from eros_assets.exporting.message import ScheduledMessage
from eros_assets.exporting.sheets import requests as api
from eros_assets.exporting.sheets.requests import Request, grid_range
from eros_assets.exporting.sheets.review import (
    APPROVE,
    DECISION,
    NOTE,
    REJECT,
    REVIEW_COLUMNS,
    TIER,
    EarlierReview,
    review_table,
)
from eros_assets.exporting.sheets.state import (
    PROTECTION,
    REVIEW,
    REVIEW_KEY,
    REVIEW_PROTECTION,
    SUMMARY,
    ReviewedWeek,
    SheetState,
    Tab,
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

WEEK_TAB_INDEX = 2
"""Position of a new week's tab: after Summary and Review, before the older weeks."""

REMEMBERED = 24_000
"""Most characters of the Review tab's metadata; Google allows 30,000 per tab."""

WEEK_TIER = [column.title for column in WEEK_COLUMNS].index("Tier")


@dataclass(frozen=True, slots=True)
class SheetWeek:
    """A week to show. `missing` describes shortfalls by page; `reviews` are by page and caption."""

    entry: WeekEntry
    messages: Sequence[ScheduledMessage]
    missing: Mapping[str, str] = field(default_factory=dict[str, str])
    reviews: Mapping[tuple[str, int], EarlierReview] = field(
        default_factory=dict[tuple[str, int], EarlierReview]
    )

    @property
    def week_name(self) -> str:
        """The ISO week, such as `2026-W53`."""
        return week_name(self.entry.week_start)


@dataclass(frozen=True, slots=True)
class Expected:
    """A tab's table as it has to read back."""

    sheet_id: int
    title: str
    table: Table


@dataclass(frozen=True, slots=True)
class SheetPlan:
    """The requests of one batch; none when the spreadsheet shows the week already.

    `expected` are the tables to read back, `revisions` those of the week's tab and of the Summary,
    after the batch.
    """

    requests: Sequence[Request]
    expected: Sequence[Expected]
    digest: str
    title: str
    revisions: tuple[int, int]


def plan_batch(state: SheetState, week: SheetWeek, *, rewrite: bool = False) -> SheetPlan:
    """The batch that makes the spreadsheet show the week.

    `rewrite` plans a full batch even if the metadata says that the week is written already.

    Raises:
        SheetContentError: a text longer than a cell holds.
    """
    own = sheet_id(week.week_name)
    table = week_table(week.messages)
    others = [entry for entry in state.week_entries() if entry.sheet_id != own]
    summary = summary_table([*others, week.entry], week.entry, week.messages, week.missing)
    digest = _digest(table, week)
    tab = state.tabs.get(own)
    title = tab.title if tab else _free_title(week.week_name, state)
    expected = [Expected(own, title, table)]
    shown = Expected(sheet_id(SUMMARY), _title(state, SUMMARY), summary)
    review = _review_requests(state, week)
    revision, summary_revision = revisions(state, week)
    if not rewrite and not review and _is_written(state, tab, table, digest):
        # The export of another week may have written the Summary since.
        is_ours = state.tabs[shown.sheet_id].value("shows") == _shows(week, digest)
        return SheetPlan(
            [],
            [*expected, shown] if is_ours else expected,
            digest,
            title,
            (revision, summary_revision),
        )
    return SheetPlan(
        [
            *_summary_requests(state, summary, _shows(week, digest)),
            *review,
            *_week_requests(state, own, title, table),
            *_week_metadata(state, week, digest),
        ],
        [*expected, shown],
        digest,
        title,
        (revision + 1, summary_revision + 1),
    )


def revisions(state: SheetState, week: SheetWeek) -> tuple[int, int]:
    """The revisions of the week's tab and of the Summary."""
    tabs = (state.tabs.get(sheet_id(name)) for name in (week.week_name, SUMMARY))
    revision, summary_revision = (tab.revision if tab else 0 for tab in tabs)
    return revision, summary_revision


def _shows(week: SheetWeek, digest: str) -> str:
    return f"{week.entry.run_id} {digest}"


def _digest(table: Table, week: SheetWeek) -> str:
    """The digest of what the week's tab and the Summary show of the week, without the run."""
    entry = week.entry
    creators = summary_table([], entry, week.messages, week.missing)
    totals = [entry.creators, entry.messages, entry.ppvs, entry.bumps, entry.missing]
    return Table((), [[table.digest, creators.digest, *totals]]).digest


def _is_written(state: SheetState, tab: Tab | None, table: Table, digest: str) -> bool:
    return (
        tab is not None
        and tab.value("sha256") == digest
        and (tab.row_count, tab.column_count) == (table.row_count, len(table.columns))
        and sheet_id(SUMMARY) in state.tabs
    )


def _title(state: SheetState, name: str) -> str:
    tab = state.tabs.get(sheet_id(name))
    return tab.title if tab else _free_title(name, state)


def _free_title(name: str, state: SheetState) -> str:
    """The name, with a number if another tab has it."""
    titles = [name, *(f"{name} ({number})" for number in range(2, len(state.tabs) + 3))]
    return next(title for title in titles if title.casefold() not in state.titles)


# -- a week's tab


def _week_requests(state: SheetState, own: int, title: str, table: Table) -> Iterable[Request]:
    tab = state.tabs.get(own)
    size = (table.row_count, len(table.columns))
    everything = grid_range(own, (0, size[0]), (0, size[1]))
    if tab is None:
        index = min(WEEK_TAB_INDEX, len(state.tabs) + 2)
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
    if tab.has_merges:
        yield api.unmerge(grid_range(tab.sheet_id, (0, tab.row_count), (0, tab.column_count)))
    yield api.resize(tab.sheet_id, size, frozen)
    yield api.clear_validation(grid_range(tab.sheet_id, (0, size[0]), (0, size[1])))


def _week_metadata(state: SheetState, week: SheetWeek, digest: str) -> Iterable[Request]:
    own, entry = sheet_id(week.week_name), week.entry
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
    yield from _replace_metadata(state, own, values, revision)


def _replace_metadata(
    state: SheetState, own: int, values: Mapping[str, str], revision: int
) -> Iterable[Request]:
    tab = state.tabs.get(own)
    for old in tab.metadata if tab else ():
        if old.key in values:
            yield api.delete_metadata(old.id)
    for key, value in values.items():
        identity = state.free_metadata_id(str(own), key, str(revision))
        yield api.create_metadata(own, identity, key, value)


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
    yield from _replace_metadata(state, own, {"shows": shows, "revision": str(revision)}, revision)


# -- Review


def _review_requests(state: SheetState, week: SheetWeek) -> Sequence[Request]:
    """Add lines for schedules without lines; existing lines belong to people."""
    own = sheet_id(REVIEW)
    tab = state.tabs.get(own)
    known = state.reviewed_weeks().get(week.week_name)
    shown = known.schedules if known else frozenset[str]()
    new = [m for m in week.messages if _mark(m.schedule_id) not in shown]
    if tab is not None and not new:
        return []
    table = review_table(new, week.reviews)
    begun = [] if tab else list(_new_review(state, own, table.row_count))
    return [*begun, *_review_lines(own, table, is_new=tab is None), *_reviewed(state, week, shown)]


def _new_review(state: SheetState, own: int, rows: int) -> Iterable[Request]:
    size = (rows, len(REVIEW_COLUMNS))
    # The Summary is the first tab; it exists, or is added before this one.
    yield api.add_sheet(own, _title(state, REVIEW), min(1, len(state.tabs) + 1), size, frozen=1)
    yield api.write_values(own, [[c.title for c in REVIEW_COLUMNS]], (0, 0), (1, size[1]))
    yield from api.format_header(own, REVIEW_COLUMNS)
    yield from api.column_widths(own, REVIEW_COLUMNS)
    # Whole columns: a range that starts under the header would move down when lines are inserted.
    decisions, notes, tiers = (
        grid_range(own, (0, None), (place, place + 1)) for place in (DECISION, NOTE, TIER)
    )
    yield from api.colour_texts(decisions, api.DECISIONS)
    yield from api.colour_texts(tiers, api.TIERS)
    yield api.set_filter(grid_range(own, (0, None), (0, size[1])))
    yield api.protect(own, REVIEW_PROTECTION, decisions, notes)


def _review_lines(own: int, table: Table, *, is_new: bool) -> Iterable[Request]:
    count = len(table.rows)
    if not count:
        return
    if not is_new:
        yield api.insert_rows(own, 1, count)
    yield api.write_values(own, table.rows, (1, 0), (count, len(table.columns)))
    yield from api.format_table(own, table.columns, (1, 1 + count))
    yield api.set_choices(
        grid_range(own, (1, 1 + count), (DECISION, DECISION + 1)), (APPROVE, REJECT)
    )


def _reviewed(state: SheetState, week: SheetWeek, shown: frozenset[str]) -> Iterable[Request]:
    own = sheet_id(REVIEW)
    weeks = state.reviewed_weeks()
    before = weeks.get(week.week_name)
    revision = (before.revision if before else 0) + 1
    schedules = shown | {_mark(message.schedule_id) for message in week.messages}
    identity = state.free_metadata_id(REVIEW, week.week_name, str(revision))
    now = ReviewedWeek(week.week_name, revision, schedules, identity)
    size = len(now.value)
    for name, old in sorted(weeks.items(), reverse=True):
        size += len(REVIEW_KEY) + len(old.value)
        if name == week.week_name or size > REMEMBERED:  # drop the oldest weeks
            yield api.delete_metadata(old.metadata_id)
    yield api.create_metadata(own, identity, REVIEW_KEY, now.value)


def _mark(schedule_id: str) -> str:
    """Eight hex digits that identify a schedule within a week."""
    return hashlib.sha256(schedule_id.encode()).hexdigest()[:8]
