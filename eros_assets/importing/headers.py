"""Finds the columns of a table among those of a file, by name or by the mapping."""

# pyarrow comes without types, and makes its compute functions when it is imported.
# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from eros_assets.importing.cells import Cells
from eros_assets.importing.header_rows import Wanted, canonical
from eros_assets.importing.mapping import MAPPING_FILE, ByPrice, ColumnSource, Formats, TableMapping
from eros_assets.importing.mistakes import Mistake, MistakeLog, Notes, shown, shown_headers
from eros_assets.importing.schema import TableSchema

LIKE_A_COLUMN = 80
"""From this likeness in percent on, an unknown header may be a missing column misspelt."""


@dataclass(frozen=True, slots=True, eq=False)
class RawColumn:
    """A column before its type is checked: the cells, their header, and how they are written.

    `prices` are the cells that `by_price` reads, where it names a column of the file.
    """

    values: pa.Array
    header: str | None
    formats: Formats
    source: ColumnSource | None = None
    prices: pa.Array | None = None


@dataclass(frozen=True, slots=True, eq=False)
class RawTable:
    """A file's columns by the names of the schema; only those that there are."""

    file: str
    place: Literal["line", "row"]
    numbers: NDArray[np.int64]
    columns: Mapping[str, RawColumn]

    def at(self, index: int) -> str:
        """Where a row is, for messages."""
        return f"{self.place} {self.numbers[index]}"


def wanted_names(schema: TableSchema, mapping: TableMapping) -> Wanted:
    """The names that a header of the table may have, and must have."""
    names = (*schema.column_names, *mapping.headers)
    own = (name for name in schema.must_have if name not in mapping.columns)
    mapped = (name for source in mapping.columns.values() for name in source.headers)
    return Wanted(
        frozenset(map(canonical, names)),
        tuple(frozenset({canonical(name)}) for name in (*own, *mapped)),
    )


def named_columns(
    cells: Cells,
    schema: TableSchema,
    mapping: TableMapping,
    general: Formats,
    log: MistakeLog,
    notes: Notes,
) -> RawTable:
    """The columns of the schema; what is wrong with the header goes to the log."""
    header = _Header(cells, schema.name, log)
    formats = mapping.formats.over(general)
    columns: dict[str, RawColumn] = {}
    mapped = {canonical(name) for name in mapping.headers}
    lacking: list[str] = []
    for column in schema.columns:
        source = mapping.columns.get(column.name)
        if source is not None:
            found = _mapped(cells, header, column.name, source, formats)
            if found is not None:
                columns[column.name] = found
            continue
        at = None if canonical(column.name) in mapped else header.find(column.name)
        if at is None:
            lacking.append(column.name)
        else:
            columns[column.name] = RawColumn(cells.columns[at], cells.headers[at], formats)
    _say_what_lacks(cells, schema, mapping, header, lacking, log, notes)
    return RawTable(cells.file, cells.place, cells.numbers, columns)


class _Header:
    """The columns of a file by their names; notes which of them are used."""

    def __init__(self, cells: Cells, table: str, log: MistakeLog) -> None:
        self.cells = cells
        self.table = table
        self.log = log
        self.used: set[int] = set()
        self.places: dict[str, list[int]] = {}
        for index, name in enumerate(cells.headers):
            if name.strip():
                self.places.setdefault(canonical(name) or name.strip(), []).append(index)

    def find(self, name: str) -> int | None:
        """Where the column is; the exact name goes before one that differs in case or spaces."""
        places = self.places.get(canonical(name) or name.strip(), [])
        exact = [i for i in places if self.cells.headers[i].strip() == name.strip()]
        chosen = exact or places
        if len(chosen) > 1:
            text = f"column {name} is there {len(chosen)} times"
            self.log.add(Mistake(self.cells.file, None, name, text), "repeated column")
        self.used.update(chosen)
        return chosen[0] if chosen else None

    def require(self, name: str, column: str) -> int | None:
        """Where a column of the mapping is; a mistake when it is nowhere."""
        at = self.find(name)
        if at is None:
            text = (
                f"{column}: {MAPPING_FILE} names the column {name!r}, which is not in the file; "
                f"it has {shown_headers(self.names)}; files of another kind need a "
                f"[[{self.table}]] of their own, with `files`{_doubt(self.cells, self.table)}"
            )
            self.log.add(Mistake(self.cells.file, None, column, text), text)
        return at

    @property
    def names(self) -> list[str]:
        """The names that are not empty."""
        return [name.strip() for name in self.cells.headers if name.strip()]


def _mapped(
    cells: Cells, header: _Header, name: str, source: ColumnSource, general: Formats
) -> RawColumn | None:
    formats = source.over(general)
    rows = cells.numbers.size
    if source.file_name is not None:
        match = re.search(source.file_name, cells.file)
        if match is None or not match[1]:
            text = f"{name}: the file's name does not match {source.file_name!r}"
            header.log.add(Mistake(cells.file, None, name, text), "file_name")
            return None
        return RawColumn(pa.repeat(match[1], rows), None, formats, source)
    if source.value is not None:
        text = str(source.value).lower() if isinstance(source.value, bool) else str(source.value)
        return RawColumn(pa.repeat(text, rows), None, formats, source)
    places = [header.require(each, name) for each in source.headers]
    if any(place is None for place in places):
        return None
    found = [cells.columns[place] for place in places if place is not None]
    if source.by_price:
        prices = found[0] if isinstance(source.by_price, ByPrice) and found else None
        return RawColumn(pa.nulls(rows), None, formats, source, prices)
    if len(found) > 1:
        texts = [pc.utf8_trim_whitespace(_text(column)) for column in found]
        joined = pc.binary_join_element_wise(*texts, " ")
        return RawColumn(joined, " + ".join(source.headers), formats, source)
    return RawColumn(found[0], source.headers[0], formats, source)


def _text(column: pa.Array) -> pa.Array:
    try:
        return column.cast(pa.string())
    except pa.ArrowInvalid:
        texts = [None if v is None else v.decode(errors="replace") for v in column.to_pylist()]
        return pa.array(texts, pa.string())


def _say_what_lacks(
    cells: Cells,
    schema: TableSchema,
    mapping: TableMapping,
    header: _Header,
    lacking: Sequence[str],
    log: MistakeLog,
    notes: Notes,
) -> None:
    missing = [name for name in lacking if name in schema.must_have]
    if len(header.names) == 1 and len(lacking) == len(schema.columns):
        text = f"the header is one column, {shown(header.names[0])}: separate columns by commas"
        log.add(Mistake(cells.file, None, None, text), "separator")
        return
    ignored = {canonical(name) for name in mapping.ignore}
    others = [
        name.strip()
        for index, name in enumerate(cells.headers)
        if name.strip() and index not in header.used and canonical(name) not in ignored
    ]
    known = {column.name for column in schema.columns if not column.optional}
    for name in others:
        if close := _like(name, [each for each in lacking if each in known]):
            lacks = f'{schema.name}.columns.{close} = "{name}"'
            text = (
                f"unknown column {name!r}: did you mean {close}? Rename it, or write {lacks} or "
                f'{schema.name}.ignore = "{name}" in {MAPPING_FILE}'
            )
            log.add(Mistake(cells.file, None, name, text), "unknown column")
    if missing:
        what = f"missing column{'s' if len(missing) > 1 else ''} {', '.join(missing)}"
        text = (
            f"{what} (wanted: {', '.join(schema.column_names)}; there: "
            f"{shown_headers(header.names)}): `python -m eros_assets inspect` proposes a mapping"
            f"{_doubt(cells, schema.name)}"
        )
        log.add(Mistake(cells.file, None, None, text), "missing column")
    unnamed = [
        index + 1
        for index, name in enumerate(cells.headers)
        if not name.strip() and cells.columns[index].null_count < len(cells.columns[index])
    ]
    left_out = [*others, *(f"the unnamed column {number}" for number in unnamed)]
    if left_out:
        notes.add(cells.file, f"columns left out: {shown_headers(left_out)}")
    for column in schema.columns:
        if column.name in lacking and column.absent:
            notes.add(cells.file, f"no column {column.name}: {column.absent}")


def _doubt(cells: Cells, table: str) -> str:
    """How else the rows of the header can be read."""
    return f"; {cells.doubt} under [{table}] in {MAPPING_FILE}" if cells.doubt else ""


def _like(name: str, lacking: Sequence[str]) -> str | None:
    from rapidfuzz import fuzz

    likeness = {each: fuzz.ratio(canonical(name), canonical(each)) for each in lacking}
    best = max(likeness, key=lambda each: likeness[each], default=None)
    return best if best is not None and likeness[best] >= LIKE_A_COLUMN else None
