"""Copies of tables, kept under a deployment's id and put back on a rollback."""

import datetime as dt
from collections.abc import Sequence

from eros_assets.errors import ErosError
from eros_assets.warehouse.duckdb import catalogue
from eros_assets.warehouse.duckdb.execution import Execution
from eros_assets.warehouse.duckdb.objects import columns_of

SCHEMA = "eros_snapshots"


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
    """Copy the tables that the deployment has no copy of yet; drop copies past their time.

    An existing copy is kept: a retried deployment may have changed the tables already.

    Returns:
        The number of rows copied.
    """
    if keep_days < 1:
        raise SnapshotError(f"keep_days is {keep_days}; keep snapshots 1 day or more")
    execution.connection.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
    for expired in catalogue.forget_snapshots(execution.connection, now):
        execution.connection.execute(f"DROP TABLE IF EXISTS {_quoted(expired)}")
    rows = 0
    for table in tables:
        subject = f"snapshot {deployment_id} of {table}"
        if not columns_of(execution.connection, dataset, table):
            raise SnapshotError(f"{subject}: the table is not deployed")
        if catalogue.snapshot_of(execution.connection, deployment_id, table) is not None:
            continue
        copy = f"{deployment_id}.{table}"
        rows += execution.change(
            f'CREATE TABLE {_quoted(copy)} AS SELECT * FROM "{dataset}"."{table}"', {}, subject
        )
        until = now + dt.timedelta(days=keep_days)
        catalogue.record_snapshot(execution.connection, deployment_id, table, copy, until)
    return rows


def restore(
    execution: Execution, dataset: str, deployment_id: str, tables: Sequence[str]
) -> int:  # fmt: skip
    """Make the tables what their copies are, columns too.

    Returns:
        The number of rows put back.
    """
    connection = execution.connection
    copies = {t: catalogue.snapshot_of(connection, deployment_id, t) for t in tables}
    missing = [table for table, copy in copies.items() if copy is None]
    if missing:
        raise SnapshotError(
            f"snapshot {deployment_id} has no copy of {', '.join(missing)}: the deployment is "
            "unknown, incomplete or expired. Nothing was changed"
        )
    rows = 0
    for table, copy in copies.items():
        source, target = _quoted(str(copy)), f'"{dataset}"."{table}"'
        subject = f"restore of {table} from {deployment_id}"
        if columns_of(connection, dataset, table) == columns_of(connection, SCHEMA, str(copy)):
            # keeps the descriptions of the columns
            execution.change(f"DELETE FROM {target} WHERE TRUE", {}, subject)
            rows += execution.change(
                f"INSERT INTO {target} BY NAME SELECT * FROM {source}", {}, subject
            )
        else:
            rows += execution.change(
                f"CREATE OR REPLACE TABLE {target} AS SELECT * FROM {source}", {}, subject
            )
    return rows


def _quoted(copy: str) -> str:
    return SCHEMA + '."' + copy.replace('"', '""') + '"'
