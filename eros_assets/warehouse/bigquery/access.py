"""Checks the credentials' permissions before anything runs.

Dry runs check permissions as the statements would and change nothing; permissions that no dry run
checks (expiring snapshots) are tested by `tables.testIamPermissions`. Permissions and roles:
https://cloud.google.com/bigquery/docs/access-control
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence

from eros_assets.settings import Settings
from eros_assets.warehouse.bigquery import catalogue, in_force
from eros_assets.warehouse.bigquery.labels import APPLICATION
from eros_assets.warehouse.bigquery.scripts import quoted
from eros_assets.warehouse.bigquery.statements import Statements
from eros_assets.warehouse.bigquery.tables import Tables
from eros_assets.warehouse.protocol import Parameters, Probe, WarehouseError

TABLE_PERMISSIONS: Mapping[str, str] = {
    "bigquery.tables.getData": "roles/bigquery.dataEditor",
    "bigquery.tables.updateData": "roles/bigquery.dataEditor",
    "bigquery.tables.update": "roles/bigquery.dataEditor",
    "bigquery.tables.createSnapshot": "roles/bigquery.dataEditor",
    # BigQuery wants it of whoever sets when a table expires, as a restoration does (never).
    "bigquery.tables.delete": "roles/bigquery.dataEditor",
    # BigQuery wants it of whoever makes a snapshot that expires.
    "bigquery.tables.deleteSnapshot": "roles/bigquery.dataOwner",
}
"""What EROS needs on each table of its dataset, and the smallest predefined role with it."""

_TRIED = "eros_preflight"


def probes(
    settings: Settings, statements: Statements, tables: Tables, names: Sequence[str]
) -> Iterator[Probe]:
    """One finding for each thing that EROS needs; only the first when there are no credentials.

    `names` are tables, the first of which that is there is asked about.
    """
    acting = _probe("credentials", lambda: _account(statements))
    yield acting
    if not acting.holds:
        return
    yield _probe("dataset", lambda: _dataset(settings, tables))
    yield _probe("table lifetime", lambda: _lifetime(settings, tables))
    for subject, statement in _statements(settings).items():
        yield _probe(subject, lambda sql=statement: _accepted(statements, sql))
    yield _probe("change rows", lambda: _changes(settings, statements, tables, names))
    yield _probe("table permissions", lambda: _permissions(tables, names))


def _probe(subject: str, ask: Callable[[], str]) -> Probe:
    try:
        return Probe(subject, ask(), holds=True)
    except WarehouseError as error:
        return Probe(subject, str(error), holds=False)


def _account(statements: Statements) -> str:
    rows = statements.selected("SELECT SESSION_USER() AS account")
    account = rows["account"].iloc[0] if len(rows) else None
    return f"acting as {account or 'nobody (another endpoint)'}, may run jobs"


def _dataset(settings: Settings, tables: Tables) -> str:
    where = tables.dataset().location
    if where.lower() != settings.location.lower():
        raise WarehouseError(
            f"{settings.dataset_name} lies in {where}, EROS_LOCATION says {settings.location}; "
            f"set EROS_LOCATION={where}"
        )
    return f"{settings.dataset_name} lies in {where}"


def _lifetime(settings: Settings, tables: Tables) -> str:
    """Whether what is made in the dataset stays; the sandbox lets everything expire."""
    found = tables.dataset()
    expiring = {
        "table": found.default_table_expiration_ms,
        "partition": found.default_partition_expiration_ms,
    }
    wrong = {name: int(ms) / 86_400_000 for name, ms in expiring.items() if ms}
    if wrong:
        after = ", ".join(f"each {name} after {days:g} days" for name, days in wrong.items())
        flags = " ".join(f"--default_{name}_expiration 0" for name in wrong)
        raise WarehouseError(
            f"{settings.dataset_name} removes {after}, and with them the history of schedules: "
            f"`bq update {flags} {settings.project_id}:{settings.dataset}` ends that for new "
            f"tables. A project without billing can't end it: enable billing first"
        )
    return "tables and partitions don't expire by themselves"


def _statements(settings: Settings) -> Mapping[str, str]:
    """What a deployment and the health check do, each as one statement to be tried dry."""
    name = settings.dataset_name
    return {
        "create tables": f"CREATE TABLE IF NOT EXISTS {quoted(name, _TRIED)} (n INT64)",
        "create routines": f"CREATE OR REPLACE FUNCTION {quoted(name, _TRIED)}() AS (1)",
        "create views": f"CREATE OR REPLACE VIEW {quoted(name, _TRIED)} AS SELECT 1 AS n",
        "read definitions": in_force.query(name),
        "read the job log": catalogue.jobs_query(settings.project_id, settings.location),
    }


def _accepted(statements: Statements, sql: str) -> str:
    settings = statements.settings
    values: Parameters = {
        "since": dt.datetime.now(dt.UTC),
        "project": settings.project_id,
        "dataset": settings.dataset,
        "label": statements.labels[APPLICATION],
    }
    statements.estimated_bytes(sql, {n: v for n, v in values.items() if f"@{n}" in sql})
    return "allowed, as far as a dry run tells"


def _changes(
    settings: Settings, statements: Statements, tables: Tables, names: Sequence[str]
) -> str:
    """Whether rows may be changed: a project without billing may not, whatever its roles."""
    for name in names:
        if tables.find("change rows", name) is not None:
            statements.estimated_bytes(
                f"DELETE FROM {quoted(settings.dataset_name, name)} WHERE FALSE"
            )
            return f"allowed, as far as a dry run on {name} tells"
    return "no table is there to try; the first deployment tells"


def _permissions(tables: Tables, names: Sequence[str]) -> str:
    for name in names:
        if tables.find("table permissions", name) is None:
            continue
        held = tables.permitted(name, list(TABLE_PERMISSIONS))
        lacking = [permission for permission in TABLE_PERMISSIONS if permission not in held]
        if lacking:
            roles = ", ".join(sorted({TABLE_PERMISSIONS[permission] for permission in lacking}))
            raise WarehouseError(
                f"{', '.join(lacking)} lacking on {name}; grant {roles} on the dataset, or a role "
                f"of your own with these"
            )
        return f"{len(held)} of {len(TABLE_PERMISSIONS)} held, asked of {name}"
    return "no table is there to ask about yet; the first deployment tells"
