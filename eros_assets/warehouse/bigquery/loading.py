"""DataFrames and Parquet files in the form and types of a table, for load jobs."""

# pyarrow has no types.
# pyright: reportUnknownParameterType=false, reportUnknownLambdaType=false

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from google.cloud.bigquery import SchemaField

from eros_assets.warehouse.protocol import WarehouseError

ARROW_TYPES: dict[str, pa.DataType] = {
    "BOOL": pa.bool_(),
    "BOOLEAN": pa.bool_(),
    "BYTES": pa.binary(),
    "DATE": pa.date32(),
    "DATETIME": pa.timestamp("us"),
    "FLOAT": pa.float64(),
    "FLOAT64": pa.float64(),
    "INT64": pa.int64(),
    "INTEGER": pa.int64(),
    "NUMERIC": pa.decimal128(38, 9),
    "STRING": pa.string(),
    "TIMESTAMP": pa.timestamp("us", tz="UTC"),
}


@dataclass(frozen=True, slots=True)
class Prepared:
    """A Parquet file ready to load: its columns, in order, and its number of rows."""

    file: Path
    columns: tuple[str, ...]
    row_count: int


def prepare(
    table: str, data: pd.DataFrame | Path, schema: Sequence[SchemaField], *, whole: bool, file: Path
) -> Prepared:
    """Write `data` to `file` in the types of the table's columns.

    Args:
        table: the table's name, for errors.
        data: rows, or a Parquet file of them.
        schema: the table's columns.
        whole: whether the columns that `data` lacks are written too, as NULL.
        file: where to write what BigQuery loads: microseconds, plain lists.

    Raises:
        WarehouseError: an unreadable file, a column that the table lacks or that is there twice, a
            value of another type (column and row named).
    """
    columns = _columns(table, data)
    fields = {field.name.lower(): field for field in schema}
    unknown = [name for name in columns if name not in fields]
    if unknown:
        raise WarehouseError(
            f"load into {table}: it has no column {', '.join(unknown)}; "
            f"it has {', '.join(field.name for field in schema)}"
        )
    count = len(next(iter(columns.values()))) if columns else 0
    arrays: dict[str, pa.Array] = {}
    for name, field in fields.items():
        type_ = _arrow_type(table, field)
        if name in columns:
            arrays[field.name] = _converted(table, field.name, columns[name], type_)
        elif whole:
            arrays[field.name] = pa.nulls(count, type_)
    pq.write_table(pa.table(arrays), file, coerce_timestamps="us", use_compliant_nested_type=True)
    return Prepared(file, tuple(arrays), count)


def _columns(table: str, data: pd.DataFrame | Path) -> dict[str, pd.Series | pa.ChunkedArray]:
    """The columns by name in lower case: BigQuery takes no note of it."""
    if isinstance(data, pd.DataFrame):
        names = [str(name).lower() for name in data.columns]
        if len(set(names)) < len(names):
            raise WarehouseError(f"load into {table}: two columns of the data have the same name")
        return {name: data.iloc[:, place] for place, name in enumerate(names)}
    try:
        read = pq.read_table(data)
    except (OSError, pa.ArrowInvalid) as error:
        raise WarehouseError(f"load into {table}: {data} is no readable Parquet: {error}") from None
    return {name.lower(): read.column(name) for name in read.column_names}


def _arrow_type(table: str, field: SchemaField) -> pa.DataType:
    if field.field_type not in ARROW_TYPES:
        raise WarehouseError(
            f"load into {table}: column {field.name} is {field.field_type}; no "
            f"load of that type is provided"
        )
    type_ = ARROW_TYPES[field.field_type]
    return pa.list_(type_) if field.mode == "REPEATED" else type_


def _converted(
    table: str, name: str, values: pd.Series | pa.ChunkedArray, type_: pa.DataType
) -> pa.Array | pa.ChunkedArray:
    try:
        return _cast(values, type_)
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        for row in range(len(values)):
            try:
                _cast(values[row : row + 1], type_)
            except (pa.ArrowException, TypeError, ValueError, OverflowError) as first:
                value = values[row : row + 1].tolist()[0]
                raise WarehouseError(
                    f"load into {table}: row {row + 1}, column {name}: {value!r} is not {type_} "
                    f"({first})"
                ) from None
        raise WarehouseError(f"load into {table}: column {name}: {error}") from None


def _cast(values: pd.Series | pa.ChunkedArray, type_: pa.DataType) -> pa.Array | pa.ChunkedArray:
    # Nanoseconds are cut to BigQuery's microseconds, which pyarrow does only when told to.
    safe = not pa.types.is_timestamp(type_)
    if isinstance(values, pa.ChunkedArray):
        return values.cast(type_, safe=safe)
    if pa.types.is_list(type_) and any(isinstance(value, str) for value in values):
        raise TypeError("a text is no array")
    try:
        return pa.array(values, type=type_, from_pandas=True, safe=safe)
    except (pa.ArrowException, TypeError):
        # Dates and numbers in texts, and numbers as texts, pyarrow takes only by a cast.
        inferred = pa.array(values, from_pandas=True)
        if pa.types.is_string(type_) or pa.types.is_string(inferred.type):
            return inferred.cast(type_, safe=safe)
        raise
