"""Table snapshots of a deployment, and their restoration.

A snapshot costs nothing until its table changes, can't be written to, and expires by itself. Every
deployment has its own, named after deployment and table.

A restoration copies (`COPY`) and does not clone: a clone can't take the place of a table, and it
stays linked to its source, of which BigQuery makes chains of three at most. A copy has no relation
to the snapshot that it was made from.
https://cloud.google.com/bigquery/docs/reference/standard-sql/data-definition-language#create_table_copy

**How far a restoration is all or none.** No BigQuery transaction can hold `CREATE OR REPLACE TABLE
… COPY`, so several tables can't be put back in one. Instead: the engine looks for every snapshot
before anything is touched; then one script, which runs on BigQuery's side whether or not its caller
lives on, first takes a snapshot of each table as it is now, then replaces the tables, each
atomically; when one replacement fails, it puts all of them back as they were and raises the error.
What is left is a script that BigQuery itself loses half way: run it again, it ends the same.
"""

import re
from collections.abc import Sequence

from eros_assets.warehouse.bigquery.scripts import quoted
from eros_assets.warehouse.protocol import WarehouseError

_UNDO_HOURS = 24


def named(deployment_id: str, tables: Sequence[str]) -> dict[str, str]:
    """The name of each table's snapshot of a deployment.

    Raises:
        WarehouseError: no table, or an id that can't be part of a table's name.
    """
    if not tables:
        raise WarehouseError(f"backup {deployment_id}: no table is named")
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,200}", deployment_id):
        raise WarehouseError(
            f"deployment id {deployment_id!r} must be 1 to 200 of a-z, A-Z, 0-9, '_' and '-': "
            f"it becomes part of the names of tables"
        )
    return {table: f"eros_snapshot__{deployment_id}__{table}" for table in tables}


def snapshot_script(
    dataset_name: str, deployment_id: str, tables: Sequence[str], keep_days: int
) -> str:
    """Takes the snapshots of a deployment that aren't there yet."""
    if keep_days < 1:
        raise WarehouseError(f"keep_days is {keep_days}; keep snapshots 1 day or more")
    return "\n".join(
        _snapshot(dataset_name, name, table, f"{keep_days} DAY")
        for table, name in named(deployment_id, tables).items()
    )


def restore_script(
    dataset_name: str,
    deployment_id: str,
    tables: Sequence[str],
    *,
    present: Sequence[str],
    operation: str,
) -> str:
    """Puts `tables` back; `present` are those of them that there is something to lose of.

    `operation` names this restoration, so that what it can undo is its own.
    """
    undo = {table: f"{operation}_undo__{table}" for table in present}
    safety = [
        _snapshot(dataset_name, copy, table, f"{_UNDO_HOURS} HOUR") for table, copy in undo.items()
    ]
    copies = named(deployment_id, tables)
    forth = [_copy(dataset_name, table, copy) for table, copy in copies.items()]
    back = [_copy(dataset_name, table, copy) for table, copy in undo.items()]
    return "\n".join(
        [
            *safety,
            "BEGIN",
            *(f"  {statement}" for statement in forth),
            "EXCEPTION WHEN ERROR THEN",
            *(f"  {statement}" for statement in back),
            "  RAISE USING MESSAGE = CONCAT('restore was undone: ', @@error.message);",
            "END;",
        ]
    )


def _snapshot(dataset_name: str, name: str, table: str, kept: str) -> str:
    return (
        f"CREATE SNAPSHOT TABLE IF NOT EXISTS {quoted(dataset_name, name)} "
        f"CLONE {quoted(dataset_name, table)} "
        f"OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL {kept}));"
    )


def _copy(dataset_name: str, table: str, source: str) -> str:
    # The expiry is the snapshot's alone: a restored table must not take it over.
    return (
        f"CREATE OR REPLACE TABLE {quoted(dataset_name, table)} "
        f"COPY {quoted(dataset_name, source)} OPTIONS (expiration_timestamp = NULL);"
    )
