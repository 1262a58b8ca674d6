"""Compares a spreadsheet with what was written to it, cell by cell."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eros_assets.exporting.sheets.planning import Expected
from eros_assets.exporting.sheets.tables import Value

SHOWN = 3
LONGEST = 40
CLOSE = 1e-9
"""Tolerance of numbers: less than 0.1 ms for a time of day."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A cell that differs from what was written."""

    title: str
    cell: str
    written: Value
    found: Any

    @property
    def sentence(self) -> str:
        """One line for people."""
        return f"{self.title}!{self.cell} is {_short(self.found)}, not {_short(self.written)}"


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
            if not _same(one, other):
                yield Difference(tab.title, a1(place, column), one, other)


def _same(written: Value, found: Any) -> bool:
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


def _short(value: object) -> str:
    if value is None or value == "":
        return "empty"
    text = repr(value)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
