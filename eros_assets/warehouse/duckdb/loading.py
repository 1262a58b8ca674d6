"""Brings a DataFrame or a Parquet file to the types of a table, before anything is written."""

# pyarrow has no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownParameterType=false, reportUnknownArgumentType=false

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from eros_assets.warehouse.arrow_columns import LoadError, typed_columns
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
    kinds = {name: _arrow_type(table, name, kind) for name, kind in types.items()}
    arrays, _ = typed_columns(table, data, kinds)
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


def _arrow_type(table: str, name: str, kind: str) -> pa.DataType:
    element = _ARROW_TYPES.get(kind.removesuffix("[]"))
    if element is None:
        raise LoadError(f"load into {table}: column {name} is {kind}, which is not loaded")
    return pa.list_(element) if kind.endswith("[]") else element
