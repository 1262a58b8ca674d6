"""BigQuery as a Warehouse."""

import copy
import datetime as dt
import tempfile
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Self

import pandas as pd
from google.cloud.bigquery import DatasetReference

from eros_assets.settings import Settings
from eros_assets.warehouse.bigquery import (
    access,
    backups,
    catalogue,
    in_force,
    loading,
    objects,
    scripts,
)
from eros_assets.warehouse.bigquery.connection import Connection, connect
from eros_assets.warehouse.bigquery.labels import APPLICATION, FINGERPRINT, valid_labels
from eros_assets.warehouse.bigquery.parameters import of_columns
from eros_assets.warehouse.bigquery.results import Reader
from eros_assets.warehouse.bigquery.retry_policy import RetryPolicy
from eros_assets.warehouse.bigquery.running import Runner
from eros_assets.warehouse.bigquery.statements import Statements, execution_seconds
from eros_assets.warehouse.bigquery.tables import Tables
from eros_assets.warehouse.binding import BindingError, typed_arguments
from eros_assets.warehouse.protocol import (
    CallResult,
    Definition,
    Freshness,
    Job,
    Parameters,
    Probe,
    Routine,
    Scalar,
    Typed,
    WarehouseError,
)
from eros_assets.warehouse.sql.library import SqlLibrary, render
from eros_assets.warehouse.sql.objects import SqlObject

REQUESTS_AT_ONCE = 8
"""Tables whose metadata is asked for at the same time; the client keeps ten connections."""


class BigQueryWarehouse:
    """The Warehouse on Google's BigQuery.

    Credentials are the machine's application-default ones, or none for another endpoint. Every
    statement carries the handle's labels and the cap `settings.maximum_bytes_billed`. Nothing is
    sent before the first operation.
    """

    def __init__(
        self,
        settings: Settings,
        library: SqlLibrary,
        *,
        retry_policy: RetryPolicy | None = None,
        connection: Callable[[Settings], Connection] = connect,
        new_id: Callable[[], str] = lambda: uuid.uuid4().hex,
    ) -> None:
        """Make a handle; `new_id` names operations, no two of a project alike."""

        @cache
        def reader() -> Reader:
            made = connection(settings)
            return Reader(
                Runner(made.client, settings.location, retry_policy or RetryPolicy()),
                made.storage,
            )

        self._settings = settings
        self._library = library
        self._new_id = new_id
        self._reader = reader
        self._tables = Tables(settings, reader)
        self._routines = catalogue.Routines(DatasetReference(settings.project_id, settings.dataset))
        labels = valid_labels({APPLICATION: settings.dataset})
        self._statements = Statements(settings, library, reader, new_id, labels)

    @property
    def ledger(self) -> Sequence[Job]:
        """The jobs run through this handle, oldest first."""
        return tuple(self._statements.ledger)

    def labelled(self, **labels: str) -> Self:
        """A handle whose jobs carry these labels, in the form that BigQuery accepts."""
        handle = copy.copy(self)
        handle._statements = self._statements.labelled(labels)
        return handle

    def run(self, script: str, parameters: Parameters | None = None) -> Job:
        """Run a script, in one transaction if it writes more than once. See Warehouse.run."""
        sql = self._rendered(script)
        with self._statements.operation("run", "run", sql) as operation:
            atomic = scripts.in_one_transaction(sql)
            job = self._statements.completed(operation, atomic, parameters)
            operation.rows = self._statements.changed_rows(job)
        return operation.job

    def query(self, sql: str, parameters: Parameters | None = None) -> pd.DataFrame:
        """The rows of one SELECT. See Warehouse.query; ARRAY columns come as lists."""
        return self._statements.selected(self._rendered(sql), parameters)

    def dry_run(self, sql: str, parameters: Parameters | None = None) -> int:
        """The bytes that a statement would process; nothing runs, nothing is billed.

        Raises:
            WarehouseError: BigQuery would refuse the statement.
        """
        return self._statements.estimated_bytes(self._rendered(sql), parameters)

    def call(self, procedure: str, arguments: Parameters | None = None) -> CallResult:
        """Call a procedure; its OUT values and the rows of its last SELECT. See Warehouse.call."""
        routine = self._procedure(procedure)
        try:
            typed = typed_arguments(procedure, routine.parameters, arguments)
        except BindingError as error:
            raise WarehouseError(f"call {error}") from None
        script = scripts.call_script(self._settings.dataset_name, routine)
        reader = self._statements.reader
        with self._statements.operation("call", f"call {procedure}", script) as operation:
            job = self._statements.completed(operation, script, typed)
            out: dict[str, Scalar] = {}
            if any(p.mode == "OUT" for p in routine.parameters):
                out = reader().first_row(job)
            select = self._statements.last_select(job)
            rows = pd.DataFrame() if select is None else reader().frame(select)
            operation.rows = len(rows)
        return CallResult(out, rows)

    def rehearse(self, procedure: SqlObject, script: str, arguments: Parameters) -> pd.DataFrame:
        """The rows of a procedure's rehearsal; nothing is written."""
        try:
            typed = typed_arguments(procedure.name, procedure.parameters, arguments)
        except BindingError as error:
            raise WarehouseError(f"rehearse {error}") from None
        sql = self._rendered(script)
        reader = self._statements.reader
        subject = f"rehearse {procedure.name}"
        with self._statements.operation("run", subject, sql) as operation:
            job = self._statements.completed(operation, sql, typed)
            select = self._statements.last_select(job, in_procedure=False)
            rows = pd.DataFrame() if select is None else reader().frame(select)
            operation.rows = len(rows)
            # The statements wait in the queue one after the other, which is no time of theirs.
            ran = execution_seconds(*reader().runner.children(job.job_id))
            operation.execution_seconds = ran or operation.execution_seconds
        return rows

    def load(
        self,
        table: str,
        data: pd.DataFrame | Path,
        *,
        replacing: Parameters | None = None,
    ) -> Job:
        """Replace rows of a table. See Warehouse.load.

        All rows, or those of one day's partition: one load job, atomic by itself, which bills
        nothing. Others: a load job into a staging table that expires within a day, then one MERGE;
        run again, in part or whole, it ends the same. None in their place: one DELETE.
        """
        with (
            self._statements.operation("load", f"load into {table}", f"LOAD {table}") as operation,
            tempfile.TemporaryDirectory(prefix="eros_load_") as folder,
        ):
            target = self._tables.get(table)
            file = Path(folder) / f"{table}.parquet"
            day = loading.replaced_day(target, replacing)
            is_slice = replacing is not None and day is None
            rows = loading.prepare(table, data, target.schema, whole=not is_slice, file=file)
            if replacing is None or day is not None:
                self._tables.load(operation, rows.file, target, day=day)
            else:
                types = {field.name: objects.column_type(field) for field in target.schema}
                slice_ = _replaced(table, replacing, types)
                path = f"{self._settings.dataset_name}.{table}"
                if rows.row_count:
                    staging = self._tables.make_staging(operation, target, rows.columns)
                    self._tables.load(operation, rows.file, staging)
                    statement = scripts.replacement(
                        path,
                        f"{self._settings.dataset_name}.{staging.table_id}",
                        rows.columns,
                        slice_,
                    )
                else:
                    statement = scripts.deletion(path, slice_)
                self._statements.completed(operation, statement, slice_)
            operation.rows = rows.row_count
        return operation.job

    def add(self, table: str, data: pd.DataFrame) -> Job:
        """Add rows to a table by one load job, which bills nothing. See Warehouse.add."""
        with (
            self._statements.operation("load", f"load into {table}", f"LOAD {table}") as operation,
            tempfile.TemporaryDirectory(prefix="eros_load_") as folder,
        ):
            target = self._tables.get(table)
            file = Path(folder) / f"{table}.parquet"
            rows = loading.prepare(table, data, target.schema, whole=True, file=file)
            self._tables.load(operation, rows.file, target, adding=True)
            operation.rows = rows.row_count
        return operation.job

    def deploy(self, sql_object: SqlObject) -> Job:
        """Create or replace one object and note its fingerprint on it. See Warehouse.deploy.

        A table that exists keeps its rows and gains the columns, and the expiration of partitions,
        that it lacks.
        """
        if sql_object.kind in ("operation", "check"):
            raise WarehouseError(f"{sql_object.path}: a {sql_object.kind} is run, not deployed")
        statement = self._rendered(sql_object.text)
        if sql_object.kind in objects.ROUTINES:
            statement = objects.described(statement, sql_object)
        subject = f"deploy {sql_object.kind} {sql_object.name}"
        with self._statements.operation("deploy", subject, statement) as operation:
            self._statements.completed(operation, statement)
            if sql_object.kind == "table":
                present, dataset = self._tables.get(sql_object.name), self._settings.dataset_name
                for change in (
                    objects.additions(dataset, sql_object, present.schema),
                    objects.expiration(dataset, sql_object, present.time_partitioning),
                ):
                    if change:
                        self._statements.completed(operation, change)
            if sql_object.kind not in objects.ROUTINES:
                self._tables.label(sql_object.name, **{FINGERPRINT: sql_object.fingerprint})
        return operation.job

    def routines(self) -> Sequence[Routine]:
        """The routines in the dataset, by name; one that EROS didn't deploy has no fingerprint."""
        return self._routines.listed(self._reader().runner)

    def columns(self) -> Mapping[str, frozenset[str]]:
        """The columns of each table and view of the dataset."""
        rows = self._statements.selected(catalogue.columns_query(self._settings.dataset_name))
        found: dict[str, set[str]] = {}
        for row in catalogue.rows_of(rows):
            found.setdefault(row["table_name"], set()).add(row["column_name"])
        return {name: frozenset(columns) for name, columns in found.items()}

    def definitions(self) -> Sequence[Definition]:
        """The functions, table functions, procedures and views as they are in force, by name."""
        rows = self._statements.selected(in_force.query(self._settings.dataset_name))
        return [in_force.definition(row) for row in catalogue.rows_of(rows)]

    def define(self, definitions: Sequence[Definition]) -> Job:
        """Restore objects in one script, which may be repeated after an interruption."""
        script = in_force.script(self._settings.dataset_name, definitions)
        subject = f"definitions of {', '.join(d.name for d in definitions)}"
        with self._statements.operation("deploy", subject, script) as operation:
            self._statements.completed(operation, script)
        return operation.job

    def jobs(self, since: dt.datetime) -> Sequence[Job]:
        """The finished jobs of EROS, and all others that read or wrote the dataset, since then."""
        settings = self._settings
        parameters = {
            "since": since,
            "project": settings.project_id,
            "dataset": settings.dataset,
            "label": self._statements.labels[APPLICATION],
        }
        sql = catalogue.jobs_query(settings.project_id, settings.location)
        rows = self._statements.selected(sql, parameters)
        return [catalogue.job(row) for row in catalogue.rows_of(rows)]

    def snapshot(self, deployment_id: str, tables: Sequence[str], *, keep_days: int) -> Job:
        """Keep a copy of `tables`; one that a repeated call finds already kept stays as it is."""
        script = backups.snapshot_script(
            self._settings.dataset_name, deployment_id, tables, keep_days
        )
        subject = f"snapshot of {deployment_id}"
        with self._statements.operation("snapshot", subject, script) as operation:
            self._statements.completed(operation, script)
        return operation.job

    def restore(self, deployment_id: str, tables: Sequence[str]) -> Job:
        """Put `tables` back; see `backups` for how far it is all or none.

        Raises:
            WarehouseError: before anything is touched when a snapshot is missing; with all tables
                as they were when one can't be put back.
        """
        subject = f"restore of {deployment_id}"
        copies = backups.named(deployment_id, tables)
        with self._statements.operation("restore", subject, subject) as operation:
            missing = [t for t, name in copies.items() if self._tables.find(subject, name) is None]
            if missing:
                raise WarehouseError(
                    f"{subject}: there is no snapshot of {', '.join(missing)}: the deployment is "
                    f"unknown, incomplete or expired. Nothing was changed"
                )
            operation.statement = backups.restore_script(
                self._settings.dataset_name,
                deployment_id,
                tables,
                present=[t for t in tables if self._tables.find(subject, t) is not None],
                operation=operation.name,
            )
            self._statements.completed(operation, operation.statement)
        return operation.job

    def kept(self, deployment_id: str, tables: Sequence[str]) -> Mapping[str, dt.datetime]:
        """Until when the snapshots of `tables` are kept; those without one are left out."""
        subject = f"snapshots of {deployment_id}"
        found = {
            table: self._tables.find(subject, name)
            for table, name in backups.named(deployment_id, tables).items()
        }
        return {t: f.expires for t, f in found.items() if f is not None and f.expires is not None}

    def probe(self, tables: Sequence[str]) -> Sequence[Probe]:
        """What the credentials may do. See Warehouse.probe."""
        return list(access.probes(self._settings, self._statements, self._tables, tables))

    def slowness(self) -> float:
        """1: what BigQuery says of its own execution is without waiting for slots."""
        return 1.0

    def freshness(self, table: str) -> Freshness | None:
        """When a table last changed, or None when the dataset has no such table."""
        found = self._tables.find(f"freshness of {table}", table)
        return None if found is None else Freshness(found.modified, int(found.num_rows or 0))

    def freshness_of(self, tables: Sequence[str]) -> Sequence[Freshness | None]:
        """The same of several tables, in their order: as many requests, some at a time.

        Google's client may be shared by threads.
        """
        if len(tables) < 2:
            return [self.freshness(table) for table in tables]
        self._reader()  # connects once
        with ThreadPoolExecutor(REQUESTS_AT_ONCE) as threads:
            return list(threads.map(self.freshness, tables))

    def some_rows(self, table: str, number: int) -> pd.DataFrame:
        """Rows of a table as they come, which BigQuery lists without a job."""
        return self._tables.listed(f"rows of {table}", table, number)

    def data_versions(self, names: Sequence[str]) -> Mapping[str, str] | None:
        """When each table or view last changed, from metadata. See Warehouse.data_versions.

        None where an object isn't there, a table is someone's view, or rows are being streamed in,
        which the metadata tells late.
        """
        versions: dict[str, str] = {}
        for name in names:
            kind = self._library[name].kind
            if kind not in ("table", "view"):
                continue
            found = self._tables.find(f"version of {name}", name)
            if found is None or found.table_type != kind.upper() or found.streaming_buffer:
                return None
            versions[name] = f"{found.modified.isoformat()} {found.num_rows}"
        return versions

    def _rendered(self, text: str) -> str:
        return render(text, self._settings.dataset_name)

    def _procedure(self, name: str) -> SqlObject:
        found = self._library.get(name)
        if found is None or found.kind != "procedure":
            known = ", ".join(p.name for p in self._library.of_kind("procedure"))
            raise WarehouseError(f"call {name}: there is no such procedure in sql/; known: {known}")
        return found


def _replaced(table: str, replacing: Parameters, types: Mapping[str, str]) -> Mapping[str, Typed]:
    """What names the rows to replace, each with its column's type."""
    if not replacing:
        raise WarehouseError(f"load into {table}: `replacing` names no column; None means all rows")
    unknown = [name for name in replacing if name not in types]
    if unknown:
        raise WarehouseError(
            f"load into {table}: it has no column {', '.join(unknown)} to replace rows by"
        )
    return of_columns(replacing, types)
