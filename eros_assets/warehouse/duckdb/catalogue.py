"""The embedded warehouse's metadata, in its own schema of the same file.

- `eros_catalog.routines`, one row per deployed function, table function, procedure and view
- `eros_catalog.jobs`, one row per operation, the latest ones
- `eros_catalog.changes`, one row per table: when an operation last changed it
- `eros_catalog.snapshots`, one row per kept copy of a table
"""

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import duckdb

from eros_assets.warehouse.duckdb.googlesql.macros import MACROS_VERSION, create_macros
from eros_assets.warehouse.protocol import Definition, Freshness, Job, JobKind, Routine, RoutineKind
from eros_assets.warehouse.sql.objects import Kind

SCHEMA = "eros_catalog"
KEPT_JOBS = 20_000
_SPARE_JOBS = 1_000  # how many over the limit gather before the oldest are taken out

_KINDS: Mapping[Kind, str] = {
    "function": "FUNCTION",
    "table_function": "TABLE FUNCTION",
    "procedure": "PROCEDURE",
    "view": "VIEW",
}

_LAYOUT = f"""
CREATE SCHEMA IF NOT EXISTS {SCHEMA};
CREATE TABLE IF NOT EXISTS {SCHEMA}.versions (macros INTEGER);
CREATE TABLE IF NOT EXISTS {SCHEMA}.routines (
  name VARCHAR, kind VARCHAR, text VARCHAR, fingerprint VARCHAR, deployed_at TIMESTAMPTZ
);
CREATE SEQUENCE IF NOT EXISTS {SCHEMA}.job_numbers;
CREATE TABLE IF NOT EXISTS {SCHEMA}.jobs (
  number BIGINT, job_id VARCHAR, kind VARCHAR, statement VARCHAR, started_at TIMESTAMPTZ,
  duration_seconds DOUBLE, bytes_processed BIGINT, rows BIGINT, labels VARCHAR, error VARCHAR
);
CREATE TABLE IF NOT EXISTS {SCHEMA}.changes (table_name VARCHAR, changed_at TIMESTAMPTZ);
CREATE TABLE IF NOT EXISTS {SCHEMA}.snapshots (
  deployment_id VARCHAR, table_name VARCHAR, copy_name VARCHAR, kept_until TIMESTAMPTZ
);
"""


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the catalogue and the dialect's macros where they are missing or of an older version."""
    try:
        versions = connection.execute(f"SELECT macros FROM {SCHEMA}.versions").fetchall()
    except duckdb.CatalogException:
        versions = []  # a new file
    if versions == [(MACROS_VERSION,)]:
        return
    connection.execute("BEGIN TRANSACTION")
    connection.execute(_LAYOUT)
    connection.execute(create_macros())
    connection.execute(f"DELETE FROM {SCHEMA}.versions WHERE TRUE")
    connection.execute(f"INSERT INTO {SCHEMA}.versions VALUES (?)", [MACROS_VERSION])
    connection.execute("COMMIT")


def log_job(connection: duckdb.DuckDBPyConnection, job: Job) -> None:
    """Add a row to the job log, and take the oldest out when it has grown too long."""
    rows = connection.execute(
        f"INSERT INTO {SCHEMA}.jobs VALUES (nextval('{SCHEMA}.job_numbers'),?,?,?,?,?,?,?,?,?) "
        "RETURNING number",
        [
            job.job_id,
            job.kind,
            job.statement,
            job.started_at,
            job.duration_seconds,
            job.bytes_processed,
            job.rows,
            json.dumps(dict(job.labels), sort_keys=True),
            job.error,
        ],
    ).fetchall()
    number = int(rows[0][0])
    if number % _SPARE_JOBS == 0:
        connection.execute(f"DELETE FROM {SCHEMA}.jobs WHERE number <= ?", [number - KEPT_JOBS])


def jobs_since(connection: duckdb.DuckDBPyConnection, since: dt.datetime) -> Sequence[Job]:
    """The rows of the job log from an instant on, oldest first."""
    rows = connection.execute(
        "SELECT job_id, kind, statement, started_at, duration_seconds, bytes_processed, rows, "
        f"labels, error FROM {SCHEMA}.jobs WHERE started_at >= ? ORDER BY started_at, number",
        [since],
    ).fetchall()
    return [_job(row) for row in rows]


def _job(row: tuple[Any, ...]) -> Job:
    job_id, kind, statement, started_at, seconds, read, rows, labels, error = row
    return Job(
        job_id=job_id,
        kind=cast("JobKind", kind),
        statement=statement,
        started_at=_utc(started_at),
        duration_seconds=seconds,
        bytes_processed=read,
        rows=rows,
        labels=cast("Mapping[str, str]", json.loads(labels)),
        error=error,
    )


def _utc(instant: dt.datetime) -> dt.datetime:
    return instant.astimezone(dt.UTC)


def record_definition(
    connection: duckdb.DuckDBPyConnection, definition: Definition, at: dt.datetime
) -> None:
    """Put a routine or view into the catalogue, in the place of what had its name."""
    connection.execute(f"DELETE FROM {SCHEMA}.routines WHERE name = ?", [definition.name])
    connection.execute(
        f"INSERT INTO {SCHEMA}.routines VALUES (?, ?, ?, ?, ?)",
        [
            definition.name,
            _KINDS[definition.kind],
            definition.text,
            definition.fingerprint,
            at,
        ],
    )


def routines(connection: duckdb.DuckDBPyConnection) -> Sequence[Routine]:
    """The routines of the catalogue, by name; views are none."""
    rows = connection.execute(
        f"SELECT name, kind, fingerprint, deployed_at FROM {SCHEMA}.routines "
        f"WHERE kind <> '{_KINDS['view']}' ORDER BY name"
    ).fetchall()
    return [Routine(n, cast("RoutineKind", k), f, _utc(at)) for n, k, f, at in rows]


def definitions(connection: duckdb.DuckDBPyConnection) -> Sequence[Definition]:
    """The routines and views of the catalogue, by name, with `${dataset}` unrendered."""
    kinds: dict[str, Kind] = {label: kind for kind, label in _KINDS.items()}
    rows = connection.execute(
        f"SELECT name, kind, text, fingerprint FROM {SCHEMA}.routines ORDER BY name"
    ).fetchall()
    return [Definition(name, kinds[kind], text, digits) for name, kind, text, digits in rows]


def procedure_text(connection: duckdb.DuckDBPyConnection, name: str) -> str | None:
    """GoogleSQL of a deployed procedure, `${dataset}` unrendered; None when there is none."""
    rows = connection.execute(
        f"SELECT text FROM {SCHEMA}.routines WHERE name = ? AND kind = 'PROCEDURE'", [name]
    ).fetchall()
    return str(rows[0][0]) if rows else None


def record_change(
    connection: duckdb.DuckDBPyConnection, tables: Iterable[str], at: dt.datetime
) -> None:
    """Note that an operation changed these tables."""
    for table in sorted(set(tables)):
        connection.execute(f"DELETE FROM {SCHEMA}.changes WHERE table_name = ?", [table])
        connection.execute(f"INSERT INTO {SCHEMA}.changes VALUES (?, ?)", [table, at])


def freshness(
    connection: duckdb.DuckDBPyConnection, tables: Mapping[str, str]
) -> dict[str, Freshness]:
    """When an operation last changed each table, and its rows; without those that aren't there.

    Args:
        connection: to the file.
        tables: quoted names with their schema, by name.
    """
    if not tables:
        return {}
    counts = ", ".join(f"(SELECT count(*) FROM {placed})" for placed in tables.values())
    try:
        [row] = connection.execute(f"SELECT {counts}").fetchall()
    except duckdb.CatalogException:  # one is missing; which one, the error says in words alone
        if len(tables) == 1:
            return {}
        each = [freshness(connection, {name: placed}) for name, placed in tables.items()]
        return {name: found for one in each for name, found in one.items()}
    changes = connection.execute(f"SELECT table_name, changed_at FROM {SCHEMA}.changes").fetchall()
    changed_at = {str(name): at for name, at in changes}
    return {
        name: Freshness(_utc(changed_at[name]), int(count))
        for name, count in zip(tables, row, strict=True)
        if name in changed_at
    }


def data_versions(
    connection: duckdb.DuckDBPyConnection, tables: Mapping[str, str]
) -> dict[str, str] | None:
    """For each table the number of its rows and the sum of their hashes; None where one is missing.

    Args:
        connection: to the file.
        tables: quoted names with their schema, by name.
    """
    if not tables:
        return {}
    names = list(tables)
    sums = ", ".join(
        f"(SELECT count(*) || ' ' || coalesce(sum(hash(t)), 0) FROM {placed} AS t)"
        for placed in tables.values()
    )
    try:
        row = connection.execute(f"SELECT {sums}").fetchall()[0]
    except duckdb.CatalogException:
        return None
    # Another version of DuckDB may hash otherwise.
    return {name: f"{duckdb.__version__} {value}" for name, value in zip(names, row, strict=True)}


def snapshot_of(
    connection: duckdb.DuckDBPyConnection, deployment_id: str, table: str
) -> str | None:
    """The name of a deployment's copy of a table; None when there is none."""
    rows = connection.execute(
        f"SELECT copy_name FROM {SCHEMA}.snapshots WHERE deployment_id = ? AND table_name = ?",
        [deployment_id, table],
    ).fetchall()
    return str(rows[0][0]) if rows else None


def kept_until(
    connection: duckdb.DuckDBPyConnection, deployment_id: str, now: dt.datetime
) -> Mapping[str, dt.datetime]:
    """The tables that a deployment has copies of, and until when, past ones left out."""
    rows = connection.execute(
        f"SELECT table_name, kept_until FROM {SCHEMA}.snapshots "
        "WHERE deployment_id = ? AND kept_until >= ? ORDER BY table_name",
        [deployment_id, now],
    ).fetchall()
    return {str(table): _utc(until) for table, until in rows}


def record_snapshot(
    connection: duckdb.DuckDBPyConnection,
    deployment_id: str,
    table: str,
    copy: str,
    until: dt.datetime,
) -> None:
    """Note a deployment's copy of a table, to be kept until an instant."""
    connection.execute(
        f"INSERT INTO {SCHEMA}.snapshots (deployment_id, table_name, copy_name, kept_until) "
        "VALUES (?, ?, ?, ?)",
        [deployment_id, table, copy, until],
    )


def forget_snapshots(connection: duckdb.DuckDBPyConnection, now: dt.datetime) -> Sequence[str]:
    """Take out what is past its time; the names of those copies."""
    rows = connection.execute(
        f"DELETE FROM {SCHEMA}.snapshots WHERE kept_until < ? RETURNING copy_name", [now]
    ).fetchall()
    return [str(name) for (name,) in rows]
