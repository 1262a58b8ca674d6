"""DataFrames and Parquet files in the form and types of a table, for load jobs."""

# pyarrow has no types.
# pyright: reportUnknownParameterType=false, reportUnknownLambdaType=false

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from google.cloud.bigquery import SchemaField

from eros_assets.warehouse.arrow_columns import LoadError, typed_columns
from eros_assets.warehouse.bigquery.api import FoundTable
from eros_assets.warehouse.protocol import Parameters, Typed, WarehouseError

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
    try:
        types = {field.name: _arrow_type(table, field) for field in schema}
        arrays, count = typed_columns(table, data, types, whole=whole)
    except LoadError as error:
        raise WarehouseError(str(error)) from None
    pq.write_table(pa.table(arrays), file, coerce_timestamps="us", use_compliant_nested_type=True)
    return Prepared(file, tuple(arrays), count)


def replaced_day(table: FoundTable, replacing: Parameters | None) -> dt.date | None:
    """The day whose rows alone `replacing` names, where the table has a partition of them."""
    partitioning = table.time_partitioning
    if not replacing or partitioning is None or partitioning.type_ != "DAY":
        return None
    [(column, value), *others] = replacing.items()
    day = value.value if isinstance(value, Typed) else value
    if others or column != partitioning.field or isinstance(day, dt.datetime):
        return None
    return day if isinstance(day, dt.date) else None


def _arrow_type(table: str, field: SchemaField) -> pa.DataType:
    if field.field_type not in ARROW_TYPES:
        raise LoadError(
            f"load into {table}: column {field.name} is {field.field_type}; no "
            f"load of that type is provided"
        )
    type_ = ARROW_TYPES[field.field_type]
    return pa.list_(type_) if field.mode == "REPEATED" else type_
