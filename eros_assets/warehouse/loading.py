"""Brings a DataFrame or a Parquet file to the types of a table, before anything is written."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from eros_assets.errors import ErosError


class LoadError(ErosError):
    """Data that doesn't fit its table; the message names table, column and value."""


def read_source(table: str, data: pd.DataFrame | Path) -> pa.Table:
    """The data as an Arrow table, untyped columns (all NULL) included.

    Raises:
        LoadError: a file that can't be read, a column of mixed types.
    """
    if isinstance(data, Path):
        try:
            return pq.read_table(data)
        except (OSError, pa.ArrowException) as error:
            raise LoadError(f"{table}: {data} can't be read: {error}") from None
    columns: dict[str, Any] = {}
    for name in data.columns:
        try:
            columns[str(name)] = pa.array(data[name], from_pandas=True)
        except (pa.ArrowException, TypeError) as error:
            raise LoadError(f"{table}.{name}: values of more than one type: {error}") from None
    return pa.table(columns)


def select_cast(table: str, source: pa.Table, types: Mapping[str, str]) -> str:
    """The SELECT list that brings the source's columns to the table's, NULL for absent ones.

    Raises:
        LoadError: a column that the table lacks, or one that is there twice.
    """
    given = {name.lower(): name for name in source.column_names}
    if len(given) < len(source.column_names):
        raise LoadError(f"{table}: two columns of the data have the same name")
    unknown = sorted(given.keys() - {name.lower() for name in types})
    if unknown:
        names = ", ".join(given[name] for name in unknown)
        raise LoadError(f"{table}: the table has no column {names}; it has {', '.join(types)}")
    parts: list[str] = []
    for name, kind in types.items():
        own = given.get(name.lower())
        if own is None:
            parts.append(f'CAST(NULL AS {kind}) AS "{name}"')
        else:
            parts.append(f'{_cast(own, kind, source.schema.field(own).type)} AS "{name}"')
    return ", ".join(parts)


def _cast(column: str, kind: str, arrow: pa.DataType, function: str = "CAST") -> str:
    quoted = '"' + column.replace('"', '""') + '"'
    if kind == "TIMESTAMP WITH TIME ZONE" and pa.types.is_timestamp(arrow) and arrow.tz is None:
        return f"{function}(timezone('UTC', {quoted}) AS {kind})"
    if kind == "BIGINT" and pa.types.is_floating(arrow):
        # 3.0 is a count that arrived as FLOAT64; 3.5 is none
        whole = f"trunc({quoted}) = {quoted}"
        if function == "TRY_CAST":
            return f"CASE WHEN {whole} THEN TRY_CAST({quoted} AS {kind}) END"
        wrong = f"error('not a whole number')"
        return f"CASE WHEN {quoted} IS NULL OR {whole} THEN CAST({quoted} AS {kind}) ELSE {wrong} END"
    return f"{function}({quoted} AS {kind})"


def explain_failure(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    source: pa.Table,
    types: Mapping[str, str],
) -> LoadError | None:
    """The first value that can't be cast, None when every value can."""
    given = {name.lower(): name for name in source.column_names}
    connection.register("loaded_source", source)
    try:
        for name, kind in types.items():
            own = given.get(name.lower())
            if own is None:
                continue
            tried = _cast(own, kind, source.schema.field(own).type, "TRY_CAST")
            quoted = '"' + own.replace('"', '""') + '"'
            rows = connection.execute(
                f"SELECT place, CAST({quoted} AS VARCHAR) FROM "
                f"(SELECT row_number() OVER () AS place, {quoted} FROM loaded_source) "
                f"WHERE {quoted} IS NOT NULL AND {tried} IS NULL ORDER BY place LIMIT 1"
            ).fetchall()
            for place, value in rows:
                return LoadError(f"{table}.{name}: row {place}: {value!r} is not a {kind}")
    except duckdb.Error:
        return None
    finally:
        connection.unregister("loaded_source")
    return None
