"""Reads the lines of a tab of decisions, wherever people have put its columns."""

import datetime as dt
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from eros_assets.calendar import ZONE, la_instant
from eros_assets.exporting.sheets.cells import INVISIBLE, folded
from eros_assets.exporting.sheets.decision_cells import (
    CellError,
    count_of,
    date_of,
    hour_of,
    id_of,
    money_of,
    plain,
    shown,
    text_of,
    time_of,
    type_of,
)
from eros_assets.exporting.sheets.decision_tabs import (
    AVAILABILITY,
    OVERRIDES,
    QUEUE,
    STATUS,
    DecisionColumn,
    DecisionTab,
)
from eros_assets.exporting.sheets.faults import SheetsError
from eros_assets.exporting.sheets.state import Tab

ENOUGH_TITLES = 3
"""Titles in a row that make it the header."""

AGAIN = "the next export writes it again"


class DecisionTabError(SheetsError):
    """A tab of decisions that can't be read as a whole; what was read of it before holds."""


@dataclass(frozen=True, slots=True)
class DecisionGrid:
    """The cells of a tab, as the API gives them.

    `places` are the columns found, by title. `header` is the header's row, counted from 0; None
    when it is gone. `read` is the tab's state when it was read.
    """

    tab: DecisionTab
    values: Sequence[Sequence[Any]]
    places: Mapping[str, int]
    header: int | None
    read: Tab | None = None

    @property
    def missing(self) -> list[str]:
        """The titles of the columns that are gone."""
        return [title for title in self.tab.titles if title not in self.places]

    @property
    def vacated(self) -> list[str]:
        """The titles of columns that people cut: neither title nor cells, but EROS's mark."""
        if self.header is None:
            return []
        rows = range(len(self.values))
        return [t for t in self.places if all(self.cell(row, t) == "" for row in rows)]

    def cell(self, row: int, title: str) -> Any:
        """A line's value; an empty text when it has none, or the tab no such column."""
        place = self.places.get(title, -1)
        values = self.values[row]
        value = values[place] if 0 <= place < len(values) else ""
        if isinstance(value, str):
            value = INVISIBLE.sub("", value)
        return "" if value is None else plain(value)

    def said(self, row: int) -> dict[str, Any]:
        """What people wrote into a line, by title; empty cells are left out."""
        titles = (title for title in self.tab.titles if title != STATUS)
        return {title: value for title in titles if (value := self.cell(row, title)) != ""}

    def lines(self) -> Iterator[int]:
        """The rows, counted from 0, into which people wrote something."""
        return (row for row in range(len(self.values)) if row != self.header and self.said(row))


@dataclass(frozen=True, slots=True)
class DecisionLine:
    """A line as it was read, and its row in the tab, counted from 1.

    `said` are its cells by title, `values` those of `sheet_decisions` by column. `fault` is why it
    can't be read; None when it can.
    """

    row: int
    said: Mapping[str, Any]
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])
    fault: str | None = None


def decision_grid(
    tab: DecisionTab, values: Sequence[Sequence[Any]], marked: Mapping[str, int]
) -> DecisionGrid:
    """The cells with the columns found: by the title in the header, else by EROS's mark.

    A title counts where one column has it, and no column that is marked as another one. `marked`
    are the places of the marked columns, by title.
    """
    header = _header(tab, values)
    titles = [folded(value) for value in values[header]] if header is not None else []
    owners = {place: title for title, place in marked.items()}
    places: dict[str, int] = {}
    for title in tab.titles:
        found = [
            place
            for place, text in enumerate(titles)
            if text == title.casefold() and owners.get(place, title) == title
        ]
        if len(found) == 1:
            places[title] = found[0]
        elif title in marked:
            places[title] = marked[title]
    return DecisionGrid(tab, values, places, header)


def _header(tab: DecisionTab, values: Sequence[Sequence[Any]]) -> int | None:
    """The row with the titles, which people may have sorted into the lines."""
    known = {title.casefold() for title in tab.titles}
    counts = [sum(folded(value) in known for value in row) for row in values]
    most = max(counts, default=0)
    return counts.index(most) if most >= ENOUGH_TITLES else None


def read_lines(grid: DecisionGrid, pages: Mapping[str, str]) -> list[DecisionLine]:
    """The lines, each read or with the reason why not: a bad cell costs its line alone.

    `pages` are the pages by what people may call them, in lower case.

    Raises:
        DecisionTabError: the header or a column is gone that lines can't do without.
    """
    name = grid.tab.name
    if grid.header is None:
        raise DecisionTabError(f"tab {name}: its titles are gone; {AGAIN}")
    lost = (*grid.missing, *grid.vacated)
    if gone := [title for title in lost if title in grid.tab.indispensable]:
        raise DecisionTabError(f"tab {name}: its column {' and '.join(gone)} is missing; {AGAIN}")
    return [_line(grid, row, pages) for row in grid.lines()]


def _line(grid: DecisionGrid, row: int, pages: Mapping[str, str]) -> DecisionLine:
    said = grid.said(row)
    values: dict[str, Any] = {}
    faults: list[str] = []
    whole = dict(said)
    date = said.get("Date")
    if grid.tab is QUEUE and "Time" not in said and isinstance(date, float):
        whole["Time"] = date  # the date has the time with it
    for column in grid.tab.columns:
        value = whole.get(column.title)
        if value is None:
            if column.required:
                faults.append(f"its {column.title} is empty")
            continue
        try:
            values[column.name or column.title] = _read(column, value, pages)
        except CellError as error:
            faults.append(f"its {column.title} {error}")
    if not faults:
        try:
            values = WHOLE[grid.tab.name](values)
        except CellError as error:
            faults.append(str(error))
    if faults:
        return DecisionLine(row + 1, said, fault="; ".join(faults))
    return DecisionLine(row + 1, said, values)


def _read(column: DecisionColumn, value: Any, pages: Mapping[str, str]) -> Any:
    match column.kind:
        case "page":
            return _page(value, pages)
        case "date":
            return date_of(value)
        case "time":
            return time_of(value)
        case "hour":
            return hour_of(value, column)
        case "count":
            return count_of(value, column)
        case "money":
            return money_of(value, column)
        case "id":
            return id_of(value)
        case "type":
            return type_of(value)
        case "text" | "status":
            return text_of(value)


def _page(value: Any, pages: Mapping[str, str]) -> str:
    word = str(value).casefold()
    for each in (word, word.removeprefix("@"), "_".join(word.split())):
        if each in pages:
            return pages[each]
    raise CellError(f"{shown(value)} is not a creator's page")


def _queued(values: dict[str, Any]) -> dict[str, Any]:
    date, time = values.pop("Date"), values.pop("Time")
    send_time = la_instant(date, time.hour, time.minute)
    wall = send_time.astimezone(ZONE)
    if (wall.date(), wall.hour, wall.minute) != (date, time.hour, time.minute):
        raise CellError(f"its Time {time:%H:%M} does not exist on {date}: the clocks skip it")
    again = wall.replace(fold=1)
    if again.utcoffset() != wall.utcoffset():
        raise CellError(f"its Time {time:%H:%M} is there twice on {date}: the clocks go back")
    if "caption_id" not in values and "message" not in values:
        raise CellError("it has neither a Caption ID nor a Text")
    price = values.get("price", 0.0)
    return {"message_type": "PPV" if price else "Bump", **values, "send_time": send_time}


def _availability(values: dict[str, Any]) -> dict[str, Any]:
    first = values["first_date"]
    last = values.setdefault("last_date", first)
    _in_order(first, last, "Last date", "First date")
    return values


def _overrides(values: dict[str, Any]) -> dict[str, Any]:
    numbers = [c.name for c in OVERRIDES.columns if c.kind == "count"]
    if not any(name in values for name in numbers):
        raise CellError("it sets no number")
    _in_order(values.get("valid_from"), values.get("valid_until"), "Until", "From")
    return values


def _in_order(first: dt.date | None, last: dt.date | None, later: str, earlier: str) -> None:
    if first is not None and last is not None and last < first:
        raise CellError(f"its {later} {last} is before its {earlier} {first}")


WHOLE = {
    QUEUE.name: partial(_queued),
    AVAILABILITY.name: partial(_availability),
    OVERRIDES.name: partial(_overrides),
}
"""What the cells of a line mean together."""


def digest_of(grids: Mapping[str, DecisionGrid]) -> str:
    """SHA-256, in hex, of what people wrote into the tabs, and of what is gone of them.

    Empty tabs that are whole say what no tabs say.
    """
    told = {
        name: [
            [grid.said(row) for row in grid.lines()],
            [*grid.missing, *grid.vacated],
            grid.header is None,
        ]
        for name, grid in grids.items()
        if grid.header is None or grid.missing or grid.vacated or any(True for _ in grid.lines())
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
