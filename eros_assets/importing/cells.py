"""A file's columns of cells, as they are written, before their meaning is known."""

# pyarrow comes without types.
# pyright: reportUnknownParameterType=false

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """A file's columns before their meaning is known, by position.

    Columns of text files and sheets are binary or string, "" read as NULL; those of Parquet are as
    stored. `numbers` are the rows' places in the file: the line that a row of a text file begins
    on, counted from 1 with line breaks inside values, the row of a sheet, or the Parquet row from
    1. `header_rows` are the rows that the headers are from, and `doubt` says how else they can be
    read.
    """

    file: str
    place: Literal["line", "row"]
    numbers: NDArray[np.int64]
    headers: tuple[str, ...]
    columns: tuple[pa.Array, ...]
    header_rows: tuple[tuple[str, ...], ...] = ()
    doubt: str = ""


def nulls(column: pa.Array) -> NDArray[np.bool_]:
    """Which cells of a column are empty."""
    return column.is_null().to_numpy(zero_copy_only=False)
