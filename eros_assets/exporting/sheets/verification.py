"""Compares a spreadsheet with what was written to it, cell by cell."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eros_assets.exporting.sheets.cells import Value
from eros_assets.exporting.sheets.tables import Table

LONGEST = 40
CLOSE = 1e-9
"""Tolerance of numbers: less than 0.1 ms for a time of day."""


@dataclass(frozen=True, slots=True)
class Expected:
    """A tab's table as it has to read back."""

    sheet_id: int
    title: str
    table: Table


@dataclass(frozen=True, slots=True)
class Difference:
    """A cell that differs from what was written."""

    sheet_id: int
    title: str
    cell: str
    written: Value
    found: Any

    @property
    def sentence(self) -> str:
        """One line for people."""
        found, written = shown_value(self.found), shown_value(self.written)
        return f"{self.title}!{self.cell} is {found}, not {written}"


def differences(
    expected: Sequence[Expected], found: Mapping[int, Sequence[Sequence[Any]]]
) -> list[Difference]:
    """All cells that differ from the expected tables; `found` has the values by tab id."""
    return [each for tab in expected for each in _of(tab, found.get(tab.sheet_id, []))]


def _of(tab: Expected, rows: Sequence[Sequence[Any]]) -> Iterator[Difference]:
    grid = tab.table.grid
    for place in range(max(len(grid), len(rows))):
        written = grid[place] if place < len(grid) else []
        found = rows[place] if place < len(rows) else []
        for column in range(max(len(written), len(found))):
            one = written[column] if column < len(written) else None
            other = found[column] if column < len(found) else None
            if not is_same(one, other):
                yield Difference(tab.sheet_id, tab.title, a1(place, column), one, other)


def is_same(written: Value, found: Any) -> bool:
    """Whether a cell that was read is what was written."""
    match written:
        case None | "":
            return found is None or found == ""
        case bool() | str():
            return type(found) is type(written) and found == written
        case int() | float():
            is_number = isinstance(found, int | float) and not isinstance(found, bool)
            return is_number and abs(found - written) <= CLOSE


def a1(row: int, column: int) -> str:
    """The A1 name of a cell, from its row and column counted from 0."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"{letters}{row + 1}"


def shown_value(value: object) -> str:
    """A cell's value for people, cut."""
    if value is None or value == "":
        return "empty"
    text = repr(value)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
