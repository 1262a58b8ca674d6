"""Plans the requests that bring a week's Review tab about: the tab, columns, cells and lines."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, pairwise
from typing import Any

from eros_assets.exporting.sheets import requests as api
from eros_assets.exporting.sheets.cells import Value
from eros_assets.exporting.sheets.metadata import (
    free_title,
    mark_columns,
    replace_metadata,
    without_merges,
)
from eros_assets.exporting.sheets.requests import Request, grid_range
from eros_assets.exporting.sheets.review import (
    APPROVE,
    COLUMN_OF,
    PEOPLES,
    REJECT,
    REVIEW_COLUMNS,
    TITLES,
    Key,
    ReviewLines,
    Said,
)
from eros_assets.exporting.sheets.review_grid import ReviewGrid, review_grid
from eros_assets.exporting.sheets.review_planning import NOT_READ, ReviewEdits, review_edits
from eros_assets.exporting.sheets.review_reading import UnreadLine
from eros_assets.exporting.sheets.state import (
    REVIEW,
    REVIEW_KEY,
    REVIEW_PROTECTION,
    SheetState,
    review_id,
)
from eros_assets.exporting.sheets.tables import WEEK_COLUMNS

CHOICES = (APPROVE, REJECT)
TOO_LATE = "too late: "


@dataclass(frozen=True, slots=True)
class ReviewPlan:
    """Requests for a week's Review tab, its columns after them, and what people had changed."""

    requests: Sequence[Request]
    places: Mapping[str, int]
    repaired: Sequence[str]


def plan_review(
    state: SheetState, values: Sequence[Sequence[Any]], lines: ReviewLines, week: int
) -> ReviewPlan:
    """Make the week's Review tab right; a week without messages gets none.

    Args:
        state: the spreadsheet's.
        values: those of the tab, where there is one.
        lines: what it should have.
        week: the id of the week's tab, which shows the same messages in the same order.
    """
    own = review_id(lines.week)
    tab = state.tabs.get(own)
    if tab is None:
        places = {title: place for place, title in enumerate(TITLES)}
        if not lines.filled:
            return ReviewPlan([], places, [])
        new = list(lines.filled)
        return ReviewPlan(
            [
                *_new_tab(state, lines.week, 1 + len(new)),
                *_lines(own, lines, new, places, week),
                *_metadata(state, lines.week, places),
            ],
            places,
            [],
        )
    edits = review_edits(review_grid(values, tab.marked_columns), lines)
    width = max(tab.column_count, *(place + 1 for place in edits.grid.places.values()), 0)
    places = {**edits.grid.places, **dict(zip(edits.missing, count(width), strict=False))}
    if edits.is_nothing and places == tab.marked_columns:
        return ReviewPlan([], places, [])
    requests = [*without_merges(tab), *_edits(own, edits, places)]
    if edits.new:
        requests += [
            api.insert_rows(own, 1, len(edits.new)),
            *_lines(own, lines, edits.new, places, week),
        ]
    return ReviewPlan([*requests, *_metadata(state, lines.week, places)], places, edits.repaired)


def status_requests(
    own: int,
    grid: ReviewGrid,
    place: int,
    unread: Sequence[UnreadLine],
    too_late: Sequence[UnreadLine] = (),
) -> list[Request]:
    """Say in column `place`, Status, why lines change nothing; what says so already is left."""
    reasons = {line.row - 1: f"{NOT_READ}{line.reason}" for line in unread}
    reasons |= {line.row - 1: line.reason for line in too_late}
    own_words = (NOT_READ, TOO_LATE)
    marked = [row for row in grid.lines() if grid.text(row, "Status").startswith(own_words)]
    wanted = {row: reasons.get(row, "") for row in {*reasons, *marked}}
    return [
        api.write_column(own, (row, place), [status])
        for row, status in sorted(wanted.items())
        if grid.text(row, "Status") != status
    ]


def _new_tab(state: SheetState, week: str, rows: int) -> Iterable[Request]:
    """The newest week's tab is titled Review; those of earlier weeks get the week's name.

    All but the last of these are hidden: their weeks are over.
    """
    others = {
        name: tab
        for tab in state.tabs.values()
        if (name := tab.value(REVIEW_KEY)) and tab.sheet_id == review_id(name)
    }
    earlier = sorted((name for name in others if name < week), reverse=True)
    is_newest = not any(name > week for name in others)
    title = free_title(REVIEW if is_newest else f"{REVIEW} {week}", state)
    for name in earlier if is_newest else ():
        if others[name].title == REVIEW:
            yield api.retitle(others[name].sheet_id, free_title(f"{REVIEW} {name}", state))
            title = REVIEW
    for name in earlier[1:]:
        if not others[name].is_hidden:
            yield api.hide(others[name].sheet_id)
    # The Summary is the first tab; it exists, or is added before this one.
    yield from _header_and_rules(review_id(week), title, min(1, len(state.tabs) + 1), rows)


def _metadata(state: SheetState, week: str, places: Mapping[str, int]) -> Iterable[Request]:
    own = review_id(week)
    tab = state.tabs.get(own)
    revision = (tab.revision if tab else 0) + 1
    yield from replace_metadata(state, own, {REVIEW_KEY: week, "revision": str(revision)}, revision)
    yield from mark_columns(state, own, places, revision)


def _header_and_rules(own: int, title: str, index: int, rows: int) -> Iterable[Request]:
    """Add the tab, with its header and this many rows in all."""
    size = (rows, len(REVIEW_COLUMNS))
    places = {title: place for place, title in enumerate(TITLES)}
    yield api.add_sheet(own, title, index, size, frozen=1)
    yield api.write_values(own, [list(TITLES)], (0, 0), (1, size[1]))
    yield from api.format_header(own, REVIEW_COLUMNS)
    yield from api.column_widths(own, REVIEW_COLUMNS)
    # Whole columns: a range that starts under the header would move down when lines are inserted.
    whole = {t: grid_range(own, (0, None), (place, place + 1)) for t, place in places.items()}
    yield from api.colour_texts(whole["Decision"], api.DECISIONS)
    yield from api.colour_texts(whole["Tier"], api.TIERS)
    yield api.set_filter(grid_range(own, (0, None), (0, size[1])))
    yield api.protect(own, REVIEW_PROTECTION, *(whole[title] for title in PEOPLES))


def _edits(own: int, edits: ReviewEdits, places: Mapping[str, int]) -> Iterable[Request]:
    """Write the cells, columns and header that differ; lines are added afterwards."""
    grid = edits.grid
    if edits.missing:
        yield api.append_columns(own, len(edits.missing))
        for title in edits.missing:
            yield from _new_column(own, title, places[title], len(grid.values))
    for title in TITLES:
        rows = {row: value for (row, name), value in edits.cells.items() if name == title}
        for first, values in _runs(rows):
            yield api.write_column(own, (first, places[title]), values)
        unread = [row for row, value in rows.items() if str(value or "").startswith(NOT_READ)]
        for row in unread if title == "Status" else ():
            place = places["Decision"]
            yield api.set_choices(grid_range(own, (row, row + 1), (place, place + 1)), CHOICES)
    if not edits.has_header:
        yield from _new_header(own, grid.header, places)


def _new_column(own: int, title: str, place: int, rows: int) -> Iterable[Request]:
    column = COLUMN_OF[title]
    yield api.format_cells(
        grid_range(own, (0, 1), (place, place + 1)), api.header_look(column.kind)
    )
    if rows > 1:
        where = grid_range(own, (1, rows), (place, place + 1))
        yield api.format_cells(where, api.column_look(column.kind))
        if title == "Decision":
            yield api.set_choices(where, CHOICES)
    if title == "Decision":
        whole = grid_range(own, (0, None), (place, place + 1))
        yield from api.colour_texts(whole, api.DECISIONS)
    yield api.column_width(own, place, column.width)


def _new_header(own: int, header: int | None, places: Mapping[str, int]) -> Iterable[Request]:
    """A header in the first row; one that was sorted into the lines is deleted."""
    yield api.insert_rows(own, 0, 1)
    for title, place in places.items():
        yield api.write_column(own, (0, place), [title])
        where = grid_range(own, (0, 1), (place, place + 1))
        yield api.format_cells(where, api.header_look(COLUMN_OF[title].kind))
    if header is not None:
        yield api.delete_row(own, header + 1)
    yield api.freeze(own, 1)


def _lines(
    own: int, lines: ReviewLines, new: Sequence[Key], places: Mapping[str, int], week: int
) -> Iterable[Request]:
    """Write the new lines into the empty rows under the header.

    Cells that the week's tab has are copied from it: a caption crosses the wire once. `week` is its
    id; it shows all of `lines`, in order.
    """
    if not new:
        return
    end = 1 + len(new)
    source = {column.title: place for place, column in enumerate(WEEK_COLUMNS)}
    source["Message"] = source["No"]
    order = {key: row for row, key in enumerate(lines.filled, start=1)}
    for title, place in places.items():
        where = grid_range(own, (1, end), (place, place + 1))
        yield api.format_cells(where, api.column_look(COLUMN_OF[title].kind))
        if title in source:
            for at, (first, last) in _stretches([order[key] for key in new]):
                yield api.copy_values(
                    grid_range(week, (first, last), (source[title], source[title] + 1)),
                    grid_range(own, (at + 1, at + 1 + last - first), (place, place + 1)),
                )
    yield api.repeat_value(
        grid_range(own, (1, end), (places["Week"], places["Week"] + 1)), lines.week
    )
    for title in PEOPLES:
        said = [lines.said.get(key, Said()) for key in new]
        values = [each.decision if title == "Decision" else each.note for each in said]
        if any(values):
            yield api.write_column(own, (1, places[title]), values)
    place = places["Decision"]
    yield api.set_choices(grid_range(own, (1, end), (place, place + 1)), CHOICES)


def _runs(cells: Mapping[int, Value]) -> Iterator[tuple[int, list[Value]]]:
    """Values in adjacent rows together: the first row, and the values."""
    run: list[int] = []
    for row in sorted(cells):
        if run and row != run[-1] + 1:
            yield run[0], [cells[each] for each in run]
            run = []
        run.append(row)
    if run:
        yield run[0], [cells[each] for each in run]


def _stretches(rows: Sequence[int]) -> Iterator[tuple[int, tuple[int, int]]]:
    """Rising rows as half-open stretches, each with its place among `rows`."""
    breaks = [at for at, (one, other) in enumerate(pairwise(rows), 1) if other != one + 1]
    for first, last in pairwise([0, *breaks, len(rows)]):
        yield first, (rows[first], rows[last - 1] + 1)
