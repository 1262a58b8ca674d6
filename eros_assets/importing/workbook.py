"""Reads the sheets of a workbook as rows of text, with what spreadsheets leave unsaid in them.

A merged cell holds its text in each of its rows. An error, a formula whose value was never saved,
and a number in a merged cell are mistakes: a reader that takes them as empty loses what they mean.
"""

import datetime as dt
import io
import posixpath
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

from eros_assets.importing.header_rows import (
    MOST_TITLE_ROWS,
    Header,
    Wanted,
    canonical,
    header_of,
)
from eros_assets.importing.mapping import TableMapping
from eros_assets.importing.mistakes import Mistake, MistakeLog, Notes, shown

EXACT_IN_FLOAT = 2**53
NOT_AVAILABLE = "#N/A"
"""The one error that says there is nothing, as `N/A` does in a file of text."""

MAY_HAVE_NO_VALUE = re.compile(rb"""<(\w+:)?f[\s/>]|\st=["']e["']""")
Grid = list[list[str | None]]
Merged = Mapping[int, Sequence[tuple[int, int]]]
"""First and last column of the cells that are merged across, by row."""


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """The data rows of a sheet; `first` is the row of the first of them, counted from 1."""

    label: str
    header: Header
    rows: Sequence[Sequence[str | None]]
    first: int


@dataclass(frozen=True, slots=True)
class _Fault:
    """A cell that has no value of its own, and the rule that it breaks."""

    text: str
    rule: str


ERROR = "is an error of the spreadsheet: mend its formula, or empty the cell"
NO_VALUE = "is a formula without its value: open the file in a spreadsheet program and save it"
MERGED = "is one number for several rows: unmerge the cell, and give each row its own"


class SeveralSheetsError(ValueError):
    """Several sheets look like the table; `sheets` are their names."""

    def __init__(self, sheets: Sequence[str]) -> None:
        """Say what to write in the mapping."""
        self.sheets = tuple(sheets)
        super().__init__(
            f"has several sheets that look like the table ({', '.join(sheets)}): name them in "
            f"eros_import.toml, for example sheet = [{', '.join(map(repr, sheets))}]"
        )


def read_sheets(
    file_name: str,
    content: bytes,
    mapping: TableMapping,
    wanted: Wanted,
    log: MistakeLog,
    notes: Notes,
) -> Iterator[Sheet]:
    """The sheets that the mapping names, or the one that has the table's columns.

    Cells of the `wanted` columns that have no value of their own go to the log.

    Raises:
        ValueError: no workbook, no such sheet, or several that look like the table.
    """
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        sheets = {
            name: book.get_sheet_by_name(name)
            for name in book.sheet_names
            if not mapping.sheet or "*" in mapping.sheet or name in mapping.sheet
        }
        grids = {
            name: [[_text(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]
            for name, sheet in sheets.items()
        }
    except CalamineError as error:
        raise ValueError(f"is no workbook that can be opened: {error}") from error
    if missing := [name for name in mapping.sheet if name != "*" and name not in sheets]:
        raise ValueError(
            f"has no sheet {', '.join(map(repr, missing))}: {', '.join(book.sheet_names)}"
        )
    try:
        faults = _cells_without_value(content)
    except (zipfile.BadZipFile, ElementTree.ParseError, NotImplementedError) as error:
        raise ValueError(f"is a damaged workbook: {error}") from error
    for name, sheet in sheets.items():
        here = faults.setdefault(name, {})
        here |= _filled_down(grids[name], sheet.merged_cell_ranges or ())
    merged = {name: _across(sheet.merged_cell_ranges or ()) for name, sheet in sheets.items()}
    for name, header in _chosen(grids, merged, mapping, wanted).items():
        label = file_name if len(sheets) == 1 else f"{file_name} sheet {name}"
        grid = grids[name]
        headers, last = header.names, max(header.rows)
        titles = sum(any(row) for row in grid[: min(header.rows)])
        if titles and mapping.header_line is None:
            rows = "1 row" if titles == 1 else f"{titles} rows"
            notes.add(label, f"{rows} above the header left out")
        for (row, column), fault in sorted(faults[name].items()):
            known = column < len(headers) and canonical(headers[column]) in wanted.names
            if row > last and known:
                said = f"{headers[column].strip()} {shown(fault.text)} {fault.rule}"
                place = f"row {row + 1}"
                log.add(Mistake(label, place, headers[column].strip(), said), fault.rule)
        yield Sheet(label, header, grid[last + 1 :], last + 2)


def _chosen(
    grids: Mapping[str, Grid],
    merged: Mapping[str, Merged],
    mapping: TableMapping,
    wanted: Wanted,
) -> dict[str, Header]:
    """The sheets to read, and the header of each."""
    filled = {
        name: header
        for name, grid in grids.items()
        if (header := _header_of(grid, merged[name], mapping, wanted)) is not None
    }
    if not filled and mapping.header_line is not None:
        raise ValueError(f"has no text in row {mapping.header_line} (header_line)")
    if not filled:
        raise ValueError("has no sheet with text")
    if mapping.sheet or len(filled) == 1:
        return filled
    found = {name: len(wanted.found(header.names)) for name, header in filled.items()}
    alike = [name for name, count in found.items() if 2 * count > max(found.values())]
    if not alike:
        raise ValueError(
            f"has no sheet with a column of the table ({', '.join(filled)}): name sheet and "
            f"columns in eros_import.toml, for example sheet = {next(iter(filled))!r}"
        )
    if len(alike) > 1:
        raise SeveralSheetsError(alike)
    return {alike[0]: filled[alike[0]]}


def sheets_alike(content: bytes, wanted: Wanted) -> tuple[str, ...]:
    """The sheets of a workbook that look like the table, where they are several."""
    try:
        for _ in read_sheets("", content, TableMapping(), wanted, MistakeLog(), Notes()):
            pass
    except SeveralSheetsError as several:
        return several.sheets
    except ValueError:  # no workbook: reading it says so
        pass
    return ()


def _header_of(grid: Grid, merged: Merged, mapping: TableMapping, wanted: Wanted) -> Header | None:
    """The header of a sheet; None where it is empty, or has no such rows."""
    line = mapping.header_line
    if line is None:
        rows = grid[: 2 * MOST_TITLE_ROWS]
        return header_of(rows, wanted, mapping.header_rows, merged=merged)
    if line > len(grid) or not any(grid[line - 1]):
        return None
    rows = [*([] for _ in range(line - 1)), *grid[line - 1 : line + MOST_TITLE_ROWS]]
    return header_of(rows, wanted, mapping.header_rows, first_alone=True, merged=merged)


def _text(cell: Any) -> str | None:
    """A cell as text; numbers whose digits a spreadsheet has lost with an exponent."""
    if isinstance(cell, str):
        return cell or None
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell)) if abs(cell) <= EXACT_IN_FLOAT else f"{cell:e}"
    if isinstance(cell, dt.datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, dt.date | dt.time):
        return cell.isoformat()
    return None if cell is None else str(cell)


def _filled_down(
    grid: Grid, ranges: Sequence[tuple[tuple[int, int], tuple[int, int]]]
) -> dict[tuple[int, int], _Fault]:
    """Write the text of merged cells into all of their rows; those that hold a number.

    Only down, since a title that is merged across is the name of no column.
    """
    numbers: dict[tuple[int, int], _Fault] = {}
    for (top, left), (bottom, _) in ranges:
        value = grid[top][left] if top < len(grid) and left < len(grid[top]) else None
        if value is None or top == bottom:
            continue
        if _is_number(value):
            numbers[top, left] = _Fault(value, MERGED)
            continue
        for row in grid[top + 1 : bottom + 1]:
            row[left] = value
    return numbers


def _across(ranges: Sequence[tuple[tuple[int, int], tuple[int, int]]]) -> Merged:
    """The cells that are merged over several columns."""
    found: dict[int, list[tuple[int, int]]] = {}
    for (top, left), (_, right) in ranges:
        if left < right:
            found.setdefault(top, []).append((left, right))
    return found


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _cells_without_value(content: bytes) -> dict[str, dict[tuple[int, int], _Fault]]:
    """For each sheet by its name: errors, and formulas whose value was never computed."""
    found: dict[str, dict[tuple[int, int], _Fault]] = {}
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        for name, part in _parts(book).items():
            data = book.read(part)
            if MAY_HAVE_NO_VALUE.search(data):
                found[name] = dict(_without_value(data))
    return found


def _parts(book: zipfile.ZipFile) -> dict[str, str]:
    """The part of the archive that holds each sheet."""
    main, links = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
    parts = set(book.namelist())
    if not {main, links} <= parts:
        return {}
    targets = {
        link.get("Id"): posixpath.normpath(posixpath.join("/xl", link.get("Target", ""))).lstrip(
            "/"
        )
        for link in ElementTree.fromstring(book.read(links))
    }
    return {
        element.get("name", ""): part
        for element in ElementTree.fromstring(book.read(main)).iter()
        if _local(element.tag) == "sheet"
        for key, value in element.items()
        if _local(key) == "id" and (part := targets.get(value, "")) in parts
    }


def _without_value(data: bytes) -> Iterator[tuple[tuple[int, int], _Fault]]:
    row = column = -1
    for event, element in ElementTree.iterparse(io.BytesIO(data), ("start", "end")):
        kind = _local(element.tag)
        if kind == "row" and event == "start":
            row, column = int(element.get("r", row + 2)) - 1, -1
        elif kind == "row":
            element.clear()
        elif kind == "c" and event == "end":
            at = element.get("r")
            column = _column(at) if at else column + 1
            if fault := _fault(element):
                yield (row, column), fault


def _fault(cell: ElementTree.Element) -> _Fault | None:
    children = {_local(child.tag): child.text or "" for child in cell}
    value, kind = children.get("v"), cell.get("t")
    if kind == "e":
        return None if value == NOT_AVAILABLE else _Fault(value or "", ERROR)
    computed = value is not None if kind == "str" else bool(value)  # a text may be empty
    return None if "f" not in children or computed else _Fault(f"={children['f']}", NO_VALUE)


def _column(place: str) -> int:
    """The index of the column of `AB7`."""
    index = 0
    for letter in place.rstrip("0123456789"):
        index = 26 * index + ord(letter.upper()) - 64
    return index - 1


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
