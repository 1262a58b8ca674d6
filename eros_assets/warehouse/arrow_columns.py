"""Columns of data in Arrow's types, exactly, whichever engine loads them.

A value that would lose something on the way is refused: a time without a zone where an instant is
due, the time of day of a DATE, the digits of a number.
"""

# pyarrow has no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownParameterType=false, reportUnknownArgumentType=false

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from eros_assets.errors import ErosError

Values = pd.Series | pa.ChunkedArray

_FAILURES = (pa.ArrowException, TypeError, ValueError, OverflowError)


class LoadError(ErosError):
    """Data that doesn't fit its table; the message names table, column, row and value."""


def _given_columns(table: str, data: pd.DataFrame | Path) -> dict[str, Values]:
    """The columns of a frame or Parquet file by name in lower case: engines take no note of it.

    Raises:
        LoadError: an unreadable file, or two columns of one name; `table` begins the message.
    """
    if isinstance(data, pd.DataFrame):
        given = [(str(name), data.iloc[:, place]) for place, name in enumerate(data.columns)]
    else:
        try:
            read = pq.read_table(data)
        except (OSError, pa.ArrowException) as error:
            raise LoadError(f"load into {table}: {data} is no readable Parquet: {error}") from None
        given = [(name, read.column(place)) for place, name in enumerate(read.column_names)]
    columns = {name.lower(): values for name, values in given}
    if len(columns) < len(given):
        raise LoadError(f"load into {table}: two columns of the data have the same name")
    return columns


def typed_columns(
    table: str, data: pd.DataFrame | Path, types: Mapping[str, pa.DataType], *, whole: bool = True
) -> tuple[dict[str, pa.Array | pa.ChunkedArray], int]:
    """The data in the table's columns and types, in the table's order, and the number of rows.

    Args:
        table: the table's name, for errors.
        data: rows, or a Parquet file of them.
        types: the table's columns with their types.
        whole: whether columns that `data` lacks are returned too, as NULL.

    Raises:
        LoadError: an unreadable file, a column that the table lacks or that is there twice, a
            value of another type.
    """
    columns = _given_columns(table, data)
    known = {name.lower() for name in types}
    if unknown := [name for name in columns if name not in known]:
        raise LoadError(
            f"load into {table}: the table has no column {', '.join(unknown)}; "
            f"it has {', '.join(types)}"
        )
    count = len(next(iter(columns.values()))) if columns else 0
    arrays: dict[str, pa.Array | pa.ChunkedArray] = {}
    for name, to in types.items():
        given = columns.get(name.lower())
        if given is not None:
            arrays[name] = _typed_column(table, name, given, to)
        elif whole:
            arrays[name] = pa.nulls(count, to)
    return arrays, count


def _typed_column(
    table: str, name: str, values: Values, to: pa.DataType
) -> pa.Array | pa.ChunkedArray:
    """The values in a type.

    Raises:
        LoadError: one is of another; names the first by row, column and value.
    """
    try:
        return _cast(values, to)
    except _FAILURES as error:
        # First what no cast takes; else values of several types, of which one is not `to`'s.
        for fits in (_cast, _as_one_of):
            for row in range(len(values)):
                one = values[row : row + 1]
                try:
                    fits(one, to)
                except _FAILURES as first:
                    raise LoadError(
                        f"load into {table}: row {row + 1}, column {name}: {one.tolist()[0]!r} is "
                        f"not {to} ({first})"
                    ) from None
        raise LoadError(f"load into {table}: column {name}: {error}") from None


def _cast(values: Values, to: pa.DataType) -> pa.Array | pa.ChunkedArray:
    if isinstance(values, pd.Series):
        if pa.types.is_list(to) and any(isinstance(value, str) for value in values):
            raise TypeError("a text is no array")
        given = pa.array(values, from_pandas=True)
    else:
        given = values
    if _is_zoned(to) and pa.types.is_temporal(given.type) and not _is_zoned(given.type):
        raise TypeError("a time without a zone; give it one")
    # Nanoseconds are cut to microseconds, which pyarrow does only when told to.
    cast = given.cast(to, safe=not pa.types.is_timestamp(to))
    loses_time = pa.types.is_date(to) and pa.types.is_timestamp(given.type)
    is_number = pa.types.is_integer(given.type) or pa.types.is_floating(given.type)
    loses_number = pa.types.is_boolean(to) and is_number
    if (loses_time or loses_number) and not cast.cast(given.type).equals(given):
        raise TypeError("something would be lost")
    return cast


def _as_one_of(values: Values, to: pa.DataType) -> pa.Array:
    return pa.array(values.tolist(), type=to, from_pandas=True)


def _is_zoned(kind: pa.DataType) -> bool:
    return pa.types.is_timestamp(kind) and kind.tz is not None
