"""Brings a DataFrame or a Parquet file to the types of a table, before anything is written."""

# pyarrow has no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownParameterType=false, reportUnknownArgumentType=false

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from eros_assets.errors import ErosError
from eros_assets.warehouse.binding import plain_value
from eros_assets.warehouse.protocol import Parameters

_ARROW_TYPES: Mapping[str, pa.DataType] = {
    "BIGINT": pa.int64(),
    "BLOB": pa.binary(),
    "BOOLEAN": pa.bool_(),
    "DATE": pa.date32(),
    "DOUBLE": pa.float64(),
    "TIMESTAMP": pa.timestamp("us"),
    "TIMESTAMP WITH TIME ZONE": pa.timestamp("us", tz="UTC"),
    "VARCHAR": pa.string(),
}
_Failures = (pa.ArrowException, TypeError, ValueError, OverflowError)


class LoadError(ErosError):
    """Data that doesn't fit its table; the message names table, column, row and value."""


def converted(table: str, data: pd.DataFrame | Path, types: Mapping[str, str]) -> pa.Table:
    """The data in the table's columns and types, NULL where the data lacks a column.

    Args:
        table: the table's name, for errors.
        data: rows, or a Parquet file of them.
        types: the table's columns with their DuckDB types.

    Raises:
        LoadError: an unreadable file, a column that the table lacks or that is there twice, a
            value of another type.
    """
    columns = _columns(table, data)
    known = {name.lower(): name for name in types}
    unknown = [name for name in columns if name not in known]
    if unknown:
        raise LoadError(
            f"load into {table}: the table has no column {', '.join(unknown)}; "
            f"it has {', '.join(types)}"
        )
    count = len(next(iter(columns.values()))) if columns else 0
    arrays: dict[str, pa.Array] = {}
    for name, kind in types.items():
        to = _arrow_type(table, name, kind)
        given = columns.get(name.lower())
        arrays[name] = (
            pa.nulls(count, to) if given is None else _column(table, name, given, to)
        )  # fmt: skip
    return pa.table(arrays)


def replaced_rows(
    table: str, types: Mapping[str, str], replacing: Parameters | None
) -> tuple[str, dict[str, Any]]:
    """The condition of the rows that a load takes out, and the values of its parameters.

    Raises:
        LoadError: it names no column, or one that the table lacks.
        BindingError: a value that is none of GoogleSQL's.
    """
    if replacing is None:
        return "TRUE", {}
    if not replacing:
        raise LoadError(f"load into {table}: `replacing` names no column; None means all rows")
    known = {name.lower(): name for name in types}
    conditions: list[str] = []
    values: dict[str, Any] = {}
    for place, (name, given) in enumerate(replacing.items()):
        column = known.get(name.lower())
        if column is None:
            raise LoadError(f"load into {table}: it has no column {name} to replace rows by")
        value = plain_value(name, given)
        several = isinstance(value, Sequence) and not isinstance(value, str)
        bound = f"CAST($v{place} AS {types[column]}{'[]' if several else ''})"
        if value is None:
            conditions.append(f'"{column}" IS NULL')
            continue
        conditions.append(
            f'list_contains({bound}, "{column}")' if several else f'"{column}" = {bound}'
        )
        values[f"v{place}"] = value
    return " AND ".join(conditions), values


def _columns(table: str, data: pd.DataFrame | Path) -> dict[str, pd.Series | pa.ChunkedArray]:
    """The columns by name in lower case, of which the warehouse takes no note."""
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


def _arrow_type(table: str, name: str, kind: str) -> pa.DataType:
    element = _ARROW_TYPES.get(kind.removesuffix("[]"))
    if element is None:
        raise LoadError(f"load into {table}: column {name} is {kind}, which is not loaded")
    return pa.list_(element) if kind.endswith("[]") else element


def _column(
    table: str, name: str, values: pd.Series | pa.ChunkedArray, to: pa.DataType
) -> pa.Array | pa.ChunkedArray:
    try:
        return _cast(values, to)
    except _Failures as error:
        # First what no cast takes; else values of several types, of which one is not `to`'s.
        for fits in (_cast, _as_one_of):
            for row in range(len(values)):
                one = values[row : row + 1]
                try:
                    fits(one, to)
                except _Failures as first:
                    raise LoadError(
                        f"load into {table}: row {row + 1}, column {name}: {one.tolist()[0]!r} is "
                        f"not {to} ({first})"
                    ) from None
        raise LoadError(f"load into {table}: column {name}: {error}") from None


def _cast(values: pd.Series | pa.ChunkedArray, to: pa.DataType) -> pa.Array | pa.ChunkedArray:
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
    loses_number = pa.types.is_boolean(to) and pa.types.is_integer(given.type)
    if (loses_time or loses_number) and not cast.cast(given.type).equals(given):
        raise TypeError("something would be lost")
    return cast


def _as_one_of(values: pd.Series | pa.ChunkedArray, to: pa.DataType) -> pa.Array:
    return pa.array(values.tolist(), type=to, from_pandas=True)


def _is_zoned(kind: pa.DataType) -> bool:
    return pa.types.is_timestamp(kind) and kind.tz is not None
