"""Leaves out the rows of a file that are no data: empty ones, headers again, units, totals."""

# pyarrow comes without types, and makes its compute functions when it is imported.
# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false

from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import takewhile

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from eros_assets.importing.cells import Cells, nulls
from eros_assets.importing.footers import footer, may_be_footer
from eros_assets.importing.header_rows import canonical
from eros_assets.importing.mapping import TableMapping
from eros_assets.importing.mistakes import Notes, shown

MOST_FOOTERS = 20
"""Last rows that may be totals and footers."""

TYPE_NAMES = ("int8", "int16", "int32", "int64", "float32", "float64")
"""Types that a second row of the header may name, in spite of their digits."""


def data_rows(cells: Cells, mapping: TableMapping, notes: Notes) -> Cells:
    """Without empty rows, rows that repeat the header, and a second row of the header."""
    if not cells.columns:
        return cells
    keep = ~np.logical_and.reduce([nulls(column) for column in cells.columns])
    repeated = keep & _repeats_header(cells, keep)
    if count := int(repeated.sum()):
        rows = "1 row repeats the header" if count == 1 else f"{count} rows repeat the header"
        notes.add(cells.file, f"{rows}: left out")
    keep &= ~repeated
    filled = np.flatnonzero(keep)
    second = mapping.skip_after_header
    if not second and filled.size > 1 and _is_second_header(cells, int(filled[0]), int(filled[1])):
        second = 1
        at = f"{cells.place} {cells.numbers[filled[0]]}"
        notes.add(cells.file, f"{at} left out: a second row of the header")
    keep[filled[:second]] = False
    _leave_out_footers(cells, keep, _texts_of_captions(mapping), notes)
    if keep.all():
        return cells
    mask = pa.array(keep)
    kept = tuple(column.filter(mask) for column in cells.columns)
    return replace(cells, numbers=cells.numbers[keep], columns=kept)


def _leave_out_footers(
    cells: Cells, keep: NDArray[np.bool_], texts: Collection[str], notes: Notes
) -> None:
    """Do not keep totals and footers below the data.

    A row with a value in one of the columns `texts`, canonical names, is a caption in any case.
    """
    empty = [nulls(column) for column in cells.columns]
    captions = [n for n, header in enumerate(cells.headers) if canonical(header) in texts]
    last = {n: _texts(cells, n) for n in np.flatnonzero(keep)[::-1][:MOST_FOOTERS].tolist()}
    named = list(takewhile(lambda n: may_be_footer(last[n]), last))
    above = keep.copy()
    above[named] = False
    complete = [bool(above.any() and not null[above].any()) for null in empty]
    for index in named:
        row = last[index]
        what = footer(row, complete)
        if what is None or any(row[n] for n in captions):
            break
        keep[index] = False
        place = f"{cells.place} {cells.numbers[index]}"
        note_footer(cells.file, place, what, next(filter(None, row)), notes)


def _texts_of_captions(mapping: TableMapping) -> frozenset[str]:
    """The names of the column with the texts of captions."""
    source = mapping.columns.get("caption_text")
    return frozenset(map(canonical, ("caption_text", *(source.headers if source else ()))))


def _repeats_header(cells: Cells, keep: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The rows that have the cells of a row of the header."""
    found = np.zeros_like(keep)
    for row in cells.header_rows:
        found |= _has_cells(cells, row, keep)
    return found


def _has_cells(cells: Cells, row: Sequence[str], keep: NDArray[np.bool_]) -> NDArray[np.bool_]:
    same = keep.copy()
    for header, column in zip(row, cells.columns, strict=False):
        if not header.strip():
            continue
        wanted = pa.scalar(header.encode() if column.type == pa.binary() else header, column.type)
        same &= pc.fill_null(pc.equal(column, wanted), fill_value=False).to_numpy(
            zero_copy_only=False
        )
        if not same.any():
            break
    return same


def _is_second_header(cells: Cells, first: int, second: int) -> bool:
    """Units, types or explanations: words where the row below has numbers, and none of its own.

    Units in brackets are told by them where only some columns have one.
    """
    above, below = (_texts(cells, index) for index in (first, second))
    numeric = [n for n, text in enumerate(below) if any(c.isdigit() for c in text)]
    if any(any(c.isdigit() for c in text) for text in above if canonical(text) not in TYPE_NAMES):
        return False
    if all(text[0] + text[-1] in ("()", "[]") for text in above if text):
        return any(above[n] for n in numeric)
    return len(numeric) > 2 and all(
        above[n] and canonical(above[n]) not in ("na", "null", "none") for n in numeric
    )


def _texts(cells: Cells, index: int) -> list[str]:
    values = (column[index].as_py() for column in cells.columns)
    return [
        value.decode(errors="replace").strip() if isinstance(value, bytes) else str(value or "")
        for value in values
    ]


def note_footer(label: str, place: str, what: str, text: str, notes: Notes) -> None:
    """Note that a row below the data was left out."""
    notes.add(label, f"{place} left out: {what}, {shown(text.strip())}")
