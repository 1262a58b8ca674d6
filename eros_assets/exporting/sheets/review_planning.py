"""Plans what makes a week's Review tab right: its columns, the cells that EROS fills, new lines.

People's cells, Decision and Note, are written for lines and columns that are added, and never
changed afterwards. Only cells that differ are written. A row may move between reading and writing,
when somebody sorts the tab; then a cell is written into another line, and the comparison after the
write finds and mends it, because a line's other cells still tell whose it is.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count
from typing import Any

from eros_assets.exporting.sheets.cells import Value
from eros_assets.exporting.sheets.review import (
    APPROVE,
    MISPLACED,
    NOT_IN_FORCE,
    PEOPLES,
    REJECT,
    TELLING,
    TITLES,
    Key,
    ReviewLines,
    Said,
)
from eros_assets.exporting.sheets.review_grid import ReviewGrid
from eros_assets.exporting.sheets.review_reading import read_review
from eros_assets.exporting.sheets.verification import a1, is_same, shown_value

CONTENT = ("Date", "LA time", "Caption")
SURE = 3
"""Cells of a line that must be those of a message for the line to be taken for the message's."""

NOT_READ = "not read: "
CHOICES = (APPROVE, REJECT)
NO_KEY: Key = ("", 0)
Cell = tuple[int, str]
"""A row, counted from 0, and a title."""


@dataclass(frozen=True, slots=True)
class ReviewEdits:
    """What is to be written into a Review tab that exists.

    `cells` are single values by row and title, `missing` the titles of columns that are gone,
    `new` the lines to add. `has_header` tells whether the header is in the first row. `repaired`
    are the cells that people had changed, one line each.
    """

    grid: ReviewGrid
    cells: Mapping[Cell, Value]
    missing: Sequence[str]
    new: Sequence[Key]
    has_header: bool
    repaired: Sequence[str] = field(default_factory=list[str])

    @property
    def is_nothing(self) -> bool:
        """Whether the tab is as it should be."""
        return not (self.cells or self.missing or self.new) and self.has_header


def review_edits(grid: ReviewGrid, lines: ReviewLines) -> ReviewEdits:
    """What differs from the lines that the tab should have.

    Lines that people deleted stay deleted, unless no line of their schedule is left.
    """
    missing = [title for title in TITLES if title not in grid.places]
    whose = _identified(grid, lines)
    misplaced = _misplaced(grid, lines, whose)
    has_header = grid.header == 0
    wanted: dict[Cell, Value] = {}
    if grid.header is not None:
        wanted |= {(grid.header, title): title for title in TITLES}
    lost = [title for title in PEOPLES if title in missing or grid.is_vacated(title)]
    for row in grid.lines() if lost else ():
        said = lines.said.get(whose.get(row) or grid.key(row) or NO_KEY, Said())
        both = {"Decision": said.decision, "Note": said.note}
        wanted |= {(row, title): both[title] for title in lost}
    for row, key in whose.items():
        if row in misplaced:
            continue
        wanted |= {(row, title): value for title, value in lines.filled[key].items()}
    mended = _with(grid, wanted, missing)
    wanted |= {(row, "Status"): status for row, status in _statuses(mended, lines)}
    wanted |= {(r, "Status"): f"{NOT_READ}{MISPLACED.format(*k)}" for r, k in misplaced.items()}
    cells = {
        (row, title): value
        for (row, title), value in wanted.items()
        if not is_same(value, grid.cell(row, title))
        and not (row == grid.header and _is_title(grid, row, title))
    }
    # A line that only its content tells may be of the schedule before.
    there = {key[0] for row, key in whose.items() if grid.text(row, "Schedule") == key[0]}
    return ReviewEdits(
        grid=grid,
        cells=cells,
        missing=missing,
        new=[k for k in lines.filled if k[0] not in there and k not in whose.values()],
        has_header=has_header,
        repaired=list(_repaired(grid, cells, missing)),
    )


def _is_title(grid: ReviewGrid, row: int, title: str) -> bool:
    """Whether a header's cell is the title, in whatever case."""
    return grid.text(row, title).casefold() == title.casefold()


def _identified(grid: ReviewGrid, lines: ReviewLines) -> dict[int, Key]:
    """The lines by row: by Schedule and Message, else by what the other cells show."""
    schedules = {schedule for schedule, _ in lines.filled}
    claims: dict[Key, list[int]] = {}
    doubtful: list[int] = []
    for row in grid.lines():
        key = grid.key(row)
        if key is not None and key in lines.filled:
            claims.setdefault(key, []).append(row)
        elif key is None or key[0] in schedules:
            doubtful.append(row)
    whose: dict[int, Key] = {}
    for key, rows in claims.items():
        filled = lines.filled[key]
        best = max(rows, key=partial(_agreement, grid, filled))
        whose[best] = key
        doubtful += [row for row in rows if row != best]
    free = {key: lines.filled[key] for key in lines.filled if key not in claims}
    if free:
        # A line may have another's number: then its other cells show that other message.
        changed = [
            row
            for row, key in whose.items()
            if _agreement(grid, lines.filled[key], row) < len(TELLING)
        ]
        for row, key in _by_content(grid, [*doubtful, *changed], free).items():
            mine = _agreement(grid, lines.filled[whose[row]], row) if row in whose else 0
            if _agreement(grid, free[key], row) > mine:
                whose[row] = key
    return whose


def _misplaced(grid: ReviewGrid, lines: ReviewLines, whose: Mapping[int, Key]) -> dict[int, Key]:
    """Rows in which people decided, and which show another message than their key names.

    Nobody knows which of both they decided on, so the row stays as it is.
    """
    shown = {
        tuple(_rounded(cells[title]) for title in CONTENT): key
        for key, cells in lines.filled.items()
    }
    found: dict[int, Key] = {}
    for row, key in whose.items():
        is_own = is_same(lines.filled[key]["Caption"], grid.cell(row, "Caption"))
        if not is_own and any(grid.text(row, title) for title in PEOPLES):
            cells = tuple(_rounded(grid.cell(row, title)) for title in CONTENT)
            found |= {row: key} if shown.get(cells, key) != key else {}
    return found


def _by_content(
    grid: ReviewGrid, rows: Iterable[int], free: Mapping[Key, Mapping[str, Value]]
) -> dict[int, Key]:
    """Rows that show a message's caption or schedule, and its page or time; none for two messages.

    Page, date and time alone may be those of the message that was replaced.
    """
    pairs = (("Page", "Message"), ("Page", "Caption"), ("Page", "LA time"), ("Schedule", "LA time"))
    index: dict[tuple[str, str, Any, Any], list[Key]] = {}
    for key, cells in free.items():
        for one, other in pairs:
            pair = one, other, _rounded(cells[one]), _rounded(cells[other])
            index.setdefault(pair, []).append(key)
    found: dict[int, Key] = {}
    taken: set[Key] = set()
    for row in sorted(rows):
        at = {title: _rounded(grid.cell(row, title)) for title in TELLING}
        candidates = {
            key
            for one, other in pairs
            for key in index.get((one, other, at[one], at[other]), [])
            if key not in taken and _is_told(grid, free[key], row)
        }
        scores = {key: _agreement(grid, free[key], row) for key in sorted(candidates)}
        most = max(scores.values(), default=0)
        best = [key for key, score in scores.items() if score == most]
        if most >= SURE and len(best) == 1:
            found[row] = best[0]
            taken.add(best[0])
    return found


def _rounded(value: Any) -> Any:
    """A cell's value, to look it up: a time of day may come back with other last digits."""
    return round(value, 6) if isinstance(value, float) else value


def _is_told(grid: ReviewGrid, cells: Mapping[str, Value], row: int) -> bool:
    return any(is_same(cells[title], grid.cell(row, title)) for title in ("Caption", "Schedule"))


def _agreement(grid: ReviewGrid, cells: Mapping[str, Value], row: int) -> int:
    """How many cells of a row are those of a message."""
    return sum(is_same(cells[title], grid.cell(row, title)) for title in TELLING)


def _statuses(grid: ReviewGrid, lines: ReviewLines) -> Iterator[tuple[int, Value]]:
    """What Status should be, by row; of people's own lines nothing."""
    unread = {line.row - 1: line.reason for line in read_review(grid).unread}
    for row in grid.lines():
        status = grid.text(row, "Status")
        key = grid.key(row)
        if row in unread:
            yield row, f"{NOT_READ}{unread[row]}"
        elif key is not None and key not in lines.filled:
            yield row, NOT_IN_FORCE
        elif status.startswith((NOT_READ, NOT_IN_FORCE)):
            yield row, None


def _with(grid: ReviewGrid, cells: Mapping[Cell, Value], missing: Sequence[str]) -> ReviewGrid:
    """The grid with these cells, and with the missing columns at its right."""
    width = max((len(row) for row in grid.values), default=0)
    width = max(width, *(place + 1 for place in grid.places.values()), 0)
    places = {**grid.places, **dict(zip(missing, count(width), strict=False))}
    values = [[*row, *[""] * (width + len(missing) - len(row))] for row in grid.values]
    for (row, title), value in cells.items():
        values[row][places[title]] = "" if value is None else value
    return replace(grid, values=values, places=places)


def _repaired(
    grid: ReviewGrid, cells: Mapping[Cell, Value], missing: Sequence[str]
) -> Iterator[str]:
    """What people had changed, one line each."""
    if grid.header != 0:
        yield "Review: its header was not in the first row"
    for title in missing:
        yield f"Review: its column {title} was gone"
    for (row, title), value in cells.items():
        if title not in ("Status", *missing):
            found = shown_value(grid.cell(row, title))
            yield f"Review!{a1(row, grid.places[title])} was {found}, not {shown_value(value)}"
