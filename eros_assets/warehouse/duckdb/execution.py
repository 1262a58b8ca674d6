"""Runs translated SQL on a connection and counts the bytes that it read.

The bytes are an estimate, made to be compared over time as BigQuery's bytes processed are: rows
that DuckDB's profiler says a table scan read, times the width in memory of the columns that it read
(8 bytes a number or time, 16 a string, whatever its length).
"""

# pyarrow has no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownParameterType=false, reportUnknownArgumentType=false

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from typing import Any, cast

import duckdb
import pyarrow as pa
from duckdb._seam import submit

from eros_assets.warehouse.duckdb.catalogue import record_change
from eros_assets.warehouse.duckdb.googlesql.rule import RAISED_BEGIN, RAISED_END
from eros_assets.warehouse.protocol import RaisedError, WarehouseError


class Execution:
    """One operation's statements.

    `bytes_read` adds up over them; `temporary_tables` says whether one of them made any.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        self.bytes_read = 0
        self.temporary_tables = False
        connection.execute("PRAGMA enable_profiling = 'no_output'")

    def rows(self, sql: str, values: Mapping[str, Any], where: str) -> pa.Table:
        """A query's rows.

        Raises:
            RaisedError: ERROR() was reached; its message.
            WarehouseError: it failed; begins with `where`.
        """
        # What a relation's `to_arrow_table` calls. The relation is first planned for its columns'
        # names, which is half of a small query's time; a DB-API result leaves no profile.
        try:
            table = submit(self.connection, sql, dict(values) or None, "arrow").arrow_table()
        except duckdb.Error as error:
            raise failure(error, where) from None
        self._count()
        return table

    def value(self, sql: str, values: Mapping[str, Any], where: str) -> Any:
        """The one value of a query's one row, as Python has it.

        Raises:
            RaisedError, WarehouseError: as for `rows`.
        """
        rows = self._executed(sql, values, where)
        return rows[0][0] if rows else None

    def change(self, sql: str, values: Mapping[str, Any], where: str) -> int:
        """Run DML or DDL; the number of rows that it changed.

        Raises:
            RaisedError, WarehouseError: as for `rows`.
        """
        rows = self._executed(sql, values, where)
        return int(rows[0][0]) if rows and isinstance(rows[0][0], int) else 0

    def _executed(self, sql: str, values: Mapping[str, Any], where: str) -> list[tuple[Any, ...]]:
        try:
            rows = self.connection.execute(sql, dict(values) or None).fetchall()
        except duckdb.Error as error:
            raise failure(error, where) from None
        self._count()
        return rows

    def commit(self, changed_tables: Iterable[str]) -> None:
        """Commit the changes so far, so that a later error doesn't undo them."""
        record_change(self.connection, changed_tables, dt.datetime.now(dt.UTC))
        self.connection.execute("COMMIT")
        self.connection.execute("BEGIN TRANSACTION")

    def drop_temporary_tables(self) -> None:
        """A script's temporary tables end with it, also when the connection goes on."""
        if not self.temporary_tables:
            return
        names = self.connection.execute(
            "SELECT table_name FROM duckdb_tables() WHERE temporary ORDER BY table_name"
        ).fetchall()
        for (name,) in names:
            self.connection.execute(f'DROP TABLE temp."{name}"')
        self.temporary_tables = False

    def _count(self) -> None:
        try:
            profile = json.loads(self.connection.get_profiling_information("json"))
        except (duckdb.Error, ValueError):
            return  # statements without a plan have no profile
        for operator in cast("list[dict[str, Any]]", profile.get("operator") or []):
            self.bytes_read += _scanned(operator)


def _scanned(operator: dict[str, Any]) -> int:
    """Bytes that the table scans below an operator read."""
    total = sum(_scanned(child) for child in operator.get("children") or [])
    if operator.get("type") != "TABLE_SCAN":
        return total
    rows_out = int(operator.get("intermediate_rows") or 0)
    rows_read = int(operator.get("rows_scanned") or rows_out)
    if not rows_out:
        columns = operator.get("extra_info", {}).get("Projections") or []
        return total + rows_read * 8 * (1 if isinstance(columns, str) else len(columns))
    width = int(operator.get("intermediate_size_bytes") or 0) / rows_out
    return total + round(rows_read * width)


def failure(error: duckdb.Error, where: str) -> WarehouseError:
    """A DuckDB error as an error of the protocol."""
    text = str(error)
    if RAISED_BEGIN in text and RAISED_END in text:
        return RaisedError(text.split(RAISED_BEGIN, 1)[1].split(RAISED_END, 1)[0])
    if isinstance(error, duckdb.OutOfMemoryException):
        first = text.strip().split("\n", 1)[0]
        return WarehouseError(
            f"{where}\n{first}. Set EROS_MEMORY_LIMIT higher (800MB, 4GB, or a share of the "
            "machine's memory such as 80%), use a larger machine, or free the disk that holds "
            "EROS_HOME, to which intermediate results are spilled"
        )
    return WarehouseError(f"{where}\n{text}")
