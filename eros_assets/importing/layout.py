"""Finds the delimiter and the header of a text file, and the header of a sheet."""

import csv
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

DELIMITERS = (",", ";", "\t", "|")
HEAD = 1 << 18
MOST_TITLE_ROWS = 40
MOST_LINES_OF_A_ROW = 60
SEPARATOR_LINE = re.compile(rb"^sep=(.)\r?\n?$")


@dataclass(frozen=True, slots=True)
class Layout:
    """How a text file is laid out.

    Rows begin at the byte `start`, which is on the line `line`, counted from 1. `titles` are the
    lines before the header that hold text.
    """

    delimiter: str
    headers: tuple[str, ...]
    start: int
    line: int
    titles: int


def canonical(header: str) -> str:
    """A header without case, spaces and punctuation: `Sending Time` is `sending_time`."""
    return re.sub(r"[\W_]+", "", header.casefold())


def layout_of(
    text: bytes, wanted: Collection[str], delimiter: str | None, header_line: int | None
) -> Layout:
    """The layout whose header has most of the `wanted` names, which are canonical.

    Among equals the one with more columns, then the earlier row.

    Raises:
        ValueError: the file is empty, or has no line `header_line`.
    """
    rows = _rows(text[:HEAD])
    if rows and (named := SEPARATOR_LINE.match(rows[0].text)):
        delimiter = delimiter or named[1].decode(errors="replace")
        rows = rows[1:]
    if header_line is not None:
        rows = [row for row in rows if row.line == header_line]
        if not rows:
            raise ValueError(f"has no row that begins on line {header_line} (header_line)")
    filled = [row for row in rows if row.text.strip()]
    if not filled:
        raise ValueError("is empty")
    best: tuple[tuple[int, int], _Row, str, list[str]] | None = None
    for row in filled[:MOST_TITLE_ROWS]:
        for each in (delimiter,) if delimiter else DELIMITERS:
            cells = _cells(row.text, each)
            score = (names_found(cells, wanted), sum(bool(cell.strip()) for cell in cells))
            if best is None or score > best[0]:
                best = (score, row, each, cells)
    assert best is not None
    _, row, chosen, cells = best
    return Layout(
        chosen,
        tuple(cells),
        row.start + len(row.text),
        row.line + row.lines,
        sum(each.start < row.start for each in filled),
    )


def header_row(rows: Sequence[Sequence[str | None]], wanted: Collection[str]) -> int | None:
    """The index of the row of a sheet that is its header; None when the sheet is empty."""
    best: tuple[tuple[int, int], int] | None = None
    for index, row in enumerate(rows[: 2 * MOST_TITLE_ROWS]):
        cells = [cell or "" for cell in row]
        score = (names_found(cells, wanted), sum(bool(cell.strip()) for cell in cells))
        if score[1] and (best is None or score > best[0]):
            best = (score, index)
    return None if best is None else best[1]


def names_found(cells: Sequence[str], wanted: Collection[str]) -> int:
    """How many of the wanted names are among the cells."""
    return len({name for cell in cells if (name := canonical(cell)) in wanted})


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
