"""Copies of tables, kept under a deployment's id and put back on a rollback."""

import datetime as dt
from collections.abc import Sequence

from eros_assets.errors import ErosError
from eros_assets.warehouse.catalogue import SCHEMA
from eros_assets.warehouse.deployment import columns_of
from eros_assets.warehouse.execution import Execution

KEPT = "eros_snapshots"


class SnapshotError(ErosError):
    """A snapshot that can't be taken or restored; names deployment and table."""


def take(
    execution: Execution,
    dataset: str,
    deployment_id: str,
    tables: Sequence[str],
    now: dt.datetime,
    keep_days: int,
) -> int:
    """Copy tables; copies of the same deployment are replaced, those past their time dropped.

    Returns:
        The number of rows copied.
    """
    connection = execution.connection
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {KEPT}")
    _drop_expired(execution, now)
    rows = 0
    for table in tables:
        if not columns_of(connection, dataset, table):
            raise SnapshotError(f"snapshot {deployment_id}: table {table} is not deployed")
        copy = _copy_name(deployment_id, table)
        rows += execution.change(
            f'CREATE OR REPLACE TABLE {KEPT}."{copy}" AS SELECT * FROM "{dataset}"."{table}"',
            {},
            f"snapshot of {table}",
        )
        connection.execute(
            f"DELETE FROM {SCHEMA}.snapshots WHERE deployment_id = ? AND table_name = ?",
            [deployment_id, table],
        )
        connection.execute(
            f"INSERT INTO {SCHEMA}.snapshots VALUES (?, ?, ?, ?, ?)",
            [deployment_id, table, copy, now, now + dt.timedelta(days=keep_days)],
        )
    return rows


def restore(
    execution: Execution, dataset: str, deployment_id: str, tables: Sequence[str]
) -> int:  # fmt: skip
    """Replace the rows of tables by those of their copies.

    Columns that a table got since are NULL.

    Returns:
        The number of rows put back.
    """
    connection = execution.connection
    rows = 0
    for table in tables:
        found = connection.execute(
            f"SELECT copy_name FROM {SCHEMA}.snapshots WHERE deployment_id = ? AND table_name = ?",
            [deployment_id, table],
        ).fetchall()
        if not found:
            raise SnapshotError(f"snapshot {deployment_id} has no copy of {table}")
        present = columns_of(connection, dataset, table)
        if not present:
            raise SnapshotError(f"snapshot {deployment_id}: table {table} is not deployed")
        copied = columns_of(connection, KEPT, str(found[0][0]))
        shared = ", ".join(f'"{name}"' for name in copied if name in present)
        execution.change(f'DELETE FROM "{dataset}"."{table}" WHERE TRUE', {}, f"restore {table}")
        rows += execution.change(
            f'INSERT INTO "{dataset}"."{table}" ({shared}) '
            f'SELECT {shared} FROM {KEPT}."{found[0][0]}"',
            {},
            f"restore of {table}",
        )
    return rows


def _copy_name(deployment_id: str, table: str) -> str:
    return f"{table}@{deployment_id}".replace('"', "_")


def _drop_expired(execution: Execution, now: dt.datetime) -> None:
    connection = execution.connection
    expired = connection.execute(
        f"SELECT copy_name FROM {SCHEMA}.snapshots WHERE kept_until < ?", [now]
    ).fetchall()
    for (copy,) in expired:
        connection.execute(f'DROP TABLE IF EXISTS {KEPT}."{copy}"')
    connection.execute(f"DELETE FROM {SCHEMA}.snapshots WHERE kept_until < ?", [now])
