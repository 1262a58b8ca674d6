"""Reads a file into columns of cells, as they are written, with the place of each row."""

# pyarrow comes without types, and makes its compute functions when it is imported.
# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false

import csv
import gzip
import io
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from eros_assets.importing.cells import Cells, nulls
from eros_assets.importing.data_rows import data_rows, note_footer
from eros_assets.importing.decoding import to_utf8
from eros_assets.importing.footers import is_footer_line
from eros_assets.importing.header_rows import Header, Wanted
from eros_assets.importing.layout import layout_of
from eros_assets.importing.mapping import TableMapping
from eros_assets.importing.mistakes import Mistake, MistakeLog, Notes, shown, shown_headers
from eros_assets.importing.workbook import Sheet, read_sheets

LONGEST_ROW_BYTES = 16 * 2**20
LINE_BREAK = r"\r\n|\n|\r"
GZIP = b"\x1f\x8b"
UNREADABLE = (pa.ArrowException, OSError, ValueError)


def read_cells(
    file: Path,
    content: bytes,
    mapping: TableMapping,
    wanted: Wanted,
    log: MistakeLog,
    notes: Notes,
) -> list[Cells]:
    """The file's cells, of a workbook those of each sheet.

    `wanted` are the names that its header may have. Nothing, and a mistake in the log, when the
    file can't be read as a table.
    """
    try:
        if file.suffix == ".parquet":
            return [_read_parquet(file, content)]
        if file.suffix == ".xlsx":
            sheets = read_sheets(file.name, content, mapping, wanted, log, notes)
            found = [_of_sheet(sheet, notes) for sheet in sheets]
        else:
            plain = _decompressed(content) if file.suffix == ".gz" else content
            found = [_read_text(file, plain, mapping, wanted, log, notes)]
    except UNREADABLE as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else repr(error)
        log.add(Mistake(file.name, None, None, f"can't be read: {reason}"), "unreadable")
        return []
    return [data_rows(cells, mapping, notes) for cells in found]


def _decompressed(content: bytes) -> bytes:
    if content and not content.startswith(GZIP):
        raise ValueError("is not compressed: name it without .gz")
    try:
        return gzip.decompress(content)
    except EOFError:
        raise ValueError("ends in the middle: copy it again, or export it again") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"is damaged ({error}): copy it again, or export it again") from None


def _read_text(
    file: Path,
    content: bytes,
    mapping: TableMapping,
    wanted: Wanted,
    log: MistakeLog,
    notes: Notes,
) -> Cells:
    text, encoding = to_utf8(content, mapping.encoding)
    if encoding != "utf-8":
        notes.add(file.name, f"read as {encoding}")
    layout = layout_of(text, wanted, mapping.delimiter, mapping.header_line, mapping.header_rows)
    headers, rows_of_header = layout.header.names, tuple(layout.header.rows.values())
    if layout.titles:
        lines = "1 line" if layout.titles == 1 else f"{layout.titles} lines"
        notes.add(file.name, f"{lines} above the header left out")
    doubt = _doubt(layout.header, "line", layout.lines, layout.other)
    _note_two_rows(file.name, layout.header, "line", layout.lines, notes)
    width = len(headers)
    names = [f"c{n}" for n in range(width)]
    body = memoryview(text)[layout.start :]
    if not bytes(body[:LONGEST_ROW_BYTES]).strip():
        empty = tuple(pa.nulls(0, pa.binary()) for _ in names)
        none = np.zeros(0, np.int64)
        return Cells(file.name, "line", none, headers, empty, rows_of_header, doubt)
    misshapen: list[pacsv.InvalidRow] = []

    def skip(row: pacsv.InvalidRow) -> str:
        misshapen.append(row)
        return "skip"

    table = pacsv.read_csv(
        pa.BufferReader(body),
        # One thread, and empty lines as rows: only then do rows have numbers.
        read_options=pacsv.ReadOptions(
            use_threads=False, block_size=LONGEST_ROW_BYTES, column_names=names
        ),
        parse_options=pacsv.ParseOptions(
            delimiter=layout.delimiter,
            newlines_in_values=True,
            ignore_empty_lines=False,
            invalid_row_handler=skip,
        ),
        convert_options=pacsv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.binary()),
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
        ),
    )
    columns = [table.column(name).combine_chunks() for name in names]
    mended = {
        index: cells
        for index, row in enumerate(misshapen)
        if (cells := _without_empty_tail(row.text, layout.delimiter, width)) is not None
    }
    numbers, other_lines = _line_numbers(columns, table.num_rows, misshapen, layout.line)
    last = _last_filled_line(columns, numbers)
    for index, (row, line) in enumerate(zip(misshapen, other_lines, strict=True)):
        if index in mended:
            continue
        if line > last and row.actual_columns < width and is_footer_line(row.text):
            note_footer(file.name, f"line {line}", "a footer", row.text, notes)
            continue
        said = (
            f"has {row.actual_columns} columns, the header {row.expected_columns}: is a quote not "
            f"closed, or a {shown(layout.delimiter)} outside quotes?"
        )
        log.add(Mistake(file.name, f"line {line}", None, said), "columns")
    if mended:
        lines = np.array([other_lines[index] for index in mended], dtype=np.int64)
        rows = list(mended.values())
        more = [pa.array([row[n] or None for row in rows], pa.binary()) for n in range(width)]
        order = np.argsort(np.concatenate([numbers, lines]), kind="stable")
        numbers = np.concatenate([numbers, lines])[order]
        columns = [
            pa.concat_arrays([column, extra]).take(pa.array(order))
            for column, extra in zip(columns, more, strict=True)
        ]
    return Cells(file.name, "line", numbers, headers, tuple(columns), rows_of_header, doubt)


def _note_two_rows(
    label: str, header: Header, place: str, numbers: Sequence[int], notes: Notes
) -> None:
    """Note that two rows are read as one header."""
    if len(header.rows) > 1:
        names = shown_headers([name for name in header.names if name])
        first, second = numbers
        notes.add(label, f"{place}s {first} and {second} are one header: {names}")


def _doubt(header: Header, place: str, numbers: Sequence[int], others: Sequence[int]) -> str:
    """How else the header can be read, and what to write then; empty where there is one reading."""
    if header.other is None:
        return ""
    names = shown_headers([name.strip() for name in header.other.names if name.strip()])
    if len(others) > 1:
        first, second = others
        return (
            f"if {place}s {first} and {second} are one header ({names}), write header_rows = 2, "
            f"and header_rows = 1 if {place} {second} is data"
        )
    return (
        f"{place}s {numbers[0]} and {numbers[1]} are read as one header; if {place} {others[0]} "
        f"alone is the header ({names}), write header_rows = 1"
    )


def _last_filled_line(columns: Sequence[pa.Array], numbers: NDArray[np.int64]) -> int:
    """The line of the last row that has a value; 0 where none has."""
    if not columns:
        return 0
    filled = np.flatnonzero(~np.logical_and.reduce([nulls(column) for column in columns]))
    return int(numbers[filled[-1]]) if filled.size else 0


def _without_empty_tail(text: str, delimiter: str, width: int) -> list[bytes] | None:
    """The cells of a row that is only too long by empty cells."""
    try:
        cells = next(csv.reader(io.StringIO(text.rstrip("\r\n")), delimiter=delimiter), [])
    except csv.Error:
        return None
    if len(cells) <= width or any(cell.strip() for cell in cells[width:]):
        return None
    return [cell.encode() for cell in cells[:width]]


def _line_numbers(
    columns: Sequence[pa.Array], rows: int, misshapen: list[pacsv.InvalidRow], first: int
) -> tuple[NDArray[np.int64], list[int]]:
    """First lines of the rows that were read, and of those that were not.

    The reader numbers rows from 1; a row is as many lines as its values break into. The first row
    is on the line `first`.
    """
    skipped = np.array([row.number or 0 for row in misshapen], dtype=np.int64)
    ordinals = np.setdiff1d(np.arange(1, rows + skipped.size + 1), skipped)
    breaks = np.zeros(rows + skipped.size + 2, dtype=np.int64)
    for column in columns:
        counted = pc.count_substring_regex(column.cast(pa.large_binary()), LINE_BREAK)
        breaks[ordinals] += pc.fill_null(counted, 0).to_numpy(zero_copy_only=False)
    for row, ordinal in zip(misshapen, skipped, strict=True):
        breaks[ordinal] = row.text.strip("\r\n").count("\n")
    before = np.concatenate(([0], np.cumsum(breaks)[:-1]))
    lines = np.arange(breaks.size) - 1 + first + before
    return lines[ordinals], lines[skipped].tolist()


def _of_sheet(sheet: Sheet, notes: Notes) -> Cells:
    header = sheet.header
    columns = tuple(
        pa.array([row[n] for row in sheet.rows], pa.string()) for n in range(len(header.names))
    )
    numbers = np.arange(sheet.first, sheet.first + len(sheet.rows))
    own, others = (
        [index + 1 for index in each.rows] if each else [] for each in (header, header.other)
    )
    _note_two_rows(sheet.label, header, "row", own, notes)
    doubt = _doubt(header, "row", own, others)
    rows = tuple(header.rows.values())
    return Cells(sheet.label, "row", numbers, header.names, columns, rows, doubt)


def _read_parquet(file: Path, content: bytes) -> Cells:
    table = pq.read_table(pa.BufferReader(content))
    columns = tuple(_decoded(column) for column in table.columns)
    names = tuple(table.schema.names)
    return Cells(file.name, "row", np.arange(1, table.num_rows + 1), names, columns)


def _decoded(column: pa.ChunkedArray) -> pa.Array:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    whole = column.combine_chunks()
    if pa.types.is_string(whole.type) or pa.types.is_large_string(whole.type):
        try:
            whole.validate(full=True)
        except pa.ArrowInvalid:  # some program wrote other bytes as text; each row is named later
            return whole.cast(pa.binary())
    return whole
