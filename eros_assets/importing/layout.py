"""Finds the delimiter and the header of a text file."""

import csv
import re
from dataclasses import dataclass

from eros_assets.importing.header_rows import MOST_TITLE_ROWS, Header, Wanted, header_of

DELIMITERS = (",", ";", "\t", "|")
HEAD = 1 << 18
MOST_LINES_OF_A_ROW = 60
SEPARATOR_LINE = re.compile(rb"^sep=(.)\r?\n?$")


@dataclass(frozen=True, slots=True)
class Layout:
    """How a text file is laid out.

    Rows begin at the byte `start`, which is on the line `line`, counted from 1. `titles` are the
    lines before the header that hold text. `lines` has the line of each row of the header, and
    `other` those of another way to read it.
    """

    delimiter: str
    header: Header
    start: int
    line: int
    titles: int
    lines: tuple[int, ...]
    other: tuple[int, ...]


def layout_of(
    text: bytes,
    wanted: Wanted,
    delimiter: str | None,
    header_line: int | None,
    header_rows: int | None,
) -> Layout:
    """The layout whose header has most of the `wanted` names.

    Among equals the one with more columns, then the earlier row.

    Raises:
        ValueError: the file is empty, has no line `header_line`, or less than two rows where
            `header_rows` says two.
    """
    rows = _rows(text[:HEAD])
    if rows and (named := SEPARATOR_LINE.match(rows[0].text)):
        delimiter = delimiter or named[1].decode(errors="replace")
        rows = rows[1:]
    filled = [row for row in rows if row.text.strip()]
    if header_line is not None:
        filled = [row for row in rows if row.line >= header_line and row.text.strip()]
        if not filled or filled[0].line != header_line:
            raise ValueError(f"has no row that begins on line {header_line} (header_line)")
    if not filled:
        raise ValueError("is empty")
    best: tuple[tuple[int, int], Header, str] | None = None
    for each in (delimiter,) if delimiter else DELIMITERS:
        grid = [_cells(row.text, each) for row in filled[:MOST_TITLE_ROWS]]
        header = header_of(grid, wanted, header_rows, first_alone=header_line is not None)
        if header is not None and (best is None or header.score(wanted) > best[0]):
            best = (header.score(wanted), header, each)
    if best is None:
        raise ValueError("has no two rows for its header (header_rows)")
    _, header, chosen = best
    last = filled[max(header.rows)]
    return Layout(
        chosen,
        header,
        last.start + len(last.text),
        last.line + last.lines,
        0 if header_line is not None else min(header.rows),
        tuple(filled[index].line for index in header.rows),
        tuple(filled[index].line for index in header.other.rows) if header.other else (),
    )


@dataclass(frozen=True, slots=True)
class _Row:
    """The bytes of one row, which may be several lines."""

    text: bytes
    start: int
    line: int
    lines: int


def _rows(head: bytes) -> list[_Row]:
    """The rows of the head; a quote that is never closed is taken as a character."""
    lines = head.splitlines(keepends=True)
    rows: list[_Row] = []
    index = start = 0
    while index < len(lines) and len(rows) < 2 * MOST_TITLE_ROWS:
        last = index
        quotes = lines[index].count(b'"')
        while quotes % 2 and last + 1 < min(len(lines), index + MOST_LINES_OF_A_ROW):
            last += 1
            quotes += lines[last].count(b'"')
        if quotes % 2:
            last = index
        text = b"".join(lines[index : last + 1])
        rows.append(_Row(text, start, index + 1, last + 1 - index))
        start += len(text)
        index = last + 1
    return rows


def _cells(row: bytes, delimiter: str) -> list[str]:
    text = row.decode(errors="replace").rstrip("\r\n")
    try:
        return next(csv.reader([text], delimiter=delimiter), [])
    except csv.Error:
        return text.split(delimiter)
