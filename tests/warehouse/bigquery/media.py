"""Parquet files as load jobs take them."""

import io
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

ARROW_OF = {
    "STRING": pa.string(),
    "INTEGER": pa.int64(),
    "FLOAT": pa.float64(),
    "BOOLEAN": pa.bool_(),
    "DATE": pa.date32(),
    "TIMESTAMP": pa.timestamp("us", tz="UTC"),
}


def rows_of(fields: Sequence[dict[str, Any]], media: bytes) -> tuple[pa.Table, list[str]]:
    """A file's rows, and where it differs from the schema that its job declares."""
    rows = pq.read_table(io.BytesIO(media))
    wanted = {
        f["name"]: pa.list_(ARROW_OF[f["type"]])
        if f.get("mode") == "REPEATED"
        else ARROW_OF[f["type"]]
        for f in fields
    }
    violations: list[str] = []
    for column in rows.schema:
        if column.name not in wanted:
            violations.append(f"file column {column.name} is not in the schema")
        elif not _same(column.type, wanted[column.name]):
            violations.append(f"{column.name}: the file has {column.type}")
    return rows, violations


def _same(found: pa.DataType, wanted: pa.DataType) -> bool:
    if pa.types.is_list(wanted):
        return pa.types.is_list(found) and found.value_type == wanted.value_type
    return found == wanted
