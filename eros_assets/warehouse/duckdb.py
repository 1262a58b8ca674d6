"""The embedded warehouse: DuckDB in one file, speaking GoogleSQL."""

import datetime as dt
import time
import uuid
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

import duckdb
import pandas as pd

from eros_assets.errors import ErosError
from eros_assets.settings import Settings
from eros_assets.warehouse import catalogue, snapshots
from eros_assets.warehouse.binding import scalar, typed_arguments, typed_parameters
from eros_assets.warehouse.deployment import columns_of, deploy_statements
from eros_assets.warehouse.execution import Execution
from eros_assets.warehouse.frames import frame
from eros_assets.warehouse.library import RoutineParameter, SqlObject, render
from eros_assets.warehouse.loading import LoadError, converted
from eros_assets.warehouse.protocol import (
    CallResult,
    Freshness,
    Job,
    JobKind,
    Parameters,
    Routine,
    RoutineKind,
    Typed,
    WarehouseError,
)
from eros_assets.warehouse.scripting import Interpreter
from eros_assets.warehouse.storage import Storage, StorageError, storage_of
from eros_assets.warehouse.syntax import CreateProcedure, parse_script
from eros_assets.warehouse.translation import Translator, duckdb_type, parameter_name

_ROUTINE_KINDS: Mapping[str, RoutineKind] = {
    "function": "FUNCTION",
    "table_function": "TABLE FUNCTION",
    "procedure": "PROCEDURE",
}


class DuckDBWarehouse:
    """The protocol's embedded engine; see `protocol.Warehouse` for what each method promises.

    Cheap to make: the file is opened by each operation, not by the handle. Threads may share a
    handle; operations take their turn.
    """

    def __init__(self, settings: Settings, labels: Mapping[str, str] | None = None) -> None:
        if settings.dataset in (
            settings.warehouse_file.stem,
            catalogue.SCHEMA,
            "main",
            "googlesql",
        ):
            raise WarehouseError(
                f"EROS_DATASET={settings.dataset}: the embedded warehouse needs that name itself"
            )
        self._settings = settings
        self._labels = dict(labels or {})
        self._storage: Storage = storage_of(settings.warehouse_file)
        self._translator = _translator(settings.project_id, settings.dataset)
        self._ledger: list[Job] = []

    @property
    def ledger(self) -> Sequence[Job]:
        """The jobs run through this handle, oldest first."""
        return tuple(self._ledger)

    def labelled(self, **labels: str) -> Self:
        """A handle on the same file whose jobs carry these labels too."""
        return type(self)(self._settings, {**self._labels, **labels})

    @contextmanager
    def session(self) -> Generator[Self]:
        """Keep the file open over several operations of this thread, each its own transaction.

        Others wait until it ends.
        """
        with _as_warehouse_error(), self._storage.opened():
            yield self

    def run(self, script: str, parameters: Parameters | None = None) -> Job:
        """Run a script of one or more statements."""
        text = self._rendered(script)

        def work(execution: Execution) -> "_Done":
            interpreter = self._interpreter(execution)
            interpreter.script(parse_script(text), typed_parameters(parameters), "script")
            outcome = interpreter.outcome
            rows = outcome.changed or (len(outcome.result) if outcome.result is not None else 0)
            return _Done(rows, tables=outcome.tables)

        return self._operate("run", _first_line(script), work)[0]

    def query(self, sql: str, parameters: Parameters | None = None) -> pd.DataFrame:
        """The rows of one SELECT."""
        text = self._rendered(sql)

        def work(execution: Execution) -> "_Done":
            body = parse_script(text)
            interpreter = self._interpreter(execution)
            interpreter.script(body, typed_parameters(parameters), "query")
            if len(body) != 1 or interpreter.outcome.result is None:
                raise WarehouseError(f"{_first_line(sql)}: query takes one SELECT")
            result = interpreter.outcome.result
            return _Done(len(result), result=frame(result))

        return self._operate("query", _first_line(sql), work)[1].result

    def call(self, procedure: str, arguments: Parameters | None = None) -> CallResult:
        """Call a procedure by name."""

        def work(execution: Execution) -> "_Done":
            found = self._procedure(execution.connection, procedure)
            if found is None:
                raise WarehouseError(f"procedure {procedure} is not deployed")
            declared = [
                RoutineParameter(p.name, p.type, "OUT" if p.mode == "OUT" else "IN")
                for p in found.parameters
            ]
            given = typed_arguments(procedure, declared, arguments)
            interpreter = self._interpreter(execution)
            out = interpreter.call(procedure, given)
            outcome = interpreter.outcome
            rows = frame(outcome.result) if outcome.result is not None else pd.DataFrame()
            result = CallResult({n: scalar(v.value) for n, v in out.items()}, rows)
            return _Done(outcome.changed or len(rows), result=result, tables=outcome.tables)

        return self._operate("call", procedure, work)[1].result

    def load(
        self,
        table: str,
        data: pd.DataFrame | Path,
        *,
        replacing: Parameters | None = None,
    ) -> Job:
        """Replace rows of a table by a DataFrame or a Parquet file, by column name."""

        def work(execution: Execution) -> "_Done":
            connection = execution.connection
            types = columns_of(connection, self._settings.dataset, table)
            if not types:
                raise WarehouseError(f"table {table} is not deployed")
            try:
                source = converted(table, data, types)
            except LoadError as error:
                raise WarehouseError(str(error)) from error
            placed = self._translator.placed(table)
            condition, values = _replaced(table, types, replacing)
            execution.change(f"DELETE FROM {placed} WHERE {condition}", values, f"{table}: load")
            connection.register("loaded_source", source)
            try:
                connection.execute(f"INSERT INTO {placed} SELECT * FROM loaded_source")
            finally:
                connection.unregister("loaded_source")
            return _Done(len(source), tables={table})

        return self._operate("load", table, work)[0]

    def deploy(self, sql_object: SqlObject) -> Job:
        """Create, or replace, one object of `sql/`."""

        def work(execution: Execution) -> "_Done":
            connection = execution.connection
            dataset = self._settings.dataset
            connection.execute(f'CREATE SCHEMA IF NOT EXISTS "{dataset}"')
            present = (
                list(columns_of(connection, dataset, sql_object.name))
                if sql_object.kind == "table"
                else []
            )
            name = self._settings.dataset_name
            for statement in deploy_statements(sql_object, name, self._translator, present):
                execution.change(statement, {}, str(sql_object.path))
            if sql_object.kind in _ROUTINE_KINDS:
                kind = _ROUTINE_KINDS[sql_object.kind]
                now = dt.datetime.now(dt.UTC)
                routine = Routine(sql_object.name, kind, sql_object.fingerprint, now)
                catalogue.record_routine(connection, routine, sql_object.text)
            created = (
                {sql_object.name} if sql_object.kind == "table" and not present else set[str]()
            )
            return _Done(0, tables=created)

        return self._operate("deploy", sql_object.name, work)[0]

    def routines(self) -> Sequence[Routine]:
        """The routines of the catalogue, by name."""
        with _as_warehouse_error(), self._storage.opened() as connection:
            return catalogue.routines(connection)

    def jobs(self, since: dt.datetime) -> Sequence[Job]:
        """The job log from `since` on, oldest first."""
        with _as_warehouse_error(), self._storage.opened() as connection:
            return catalogue.jobs_since(connection, since)

    def snapshot(self, deployment_id: str, tables: Sequence[str], *, keep_days: int) -> Job:
        """Keep a copy of `tables` as they are now under `deployment_id`."""

        def work(execution: Execution) -> "_Done":
            now = dt.datetime.now(dt.UTC)
            return _Done(
                snapshots.take(
                    execution, self._settings.dataset, deployment_id, tables, now, keep_days
                )
            )

        return self._operate("snapshot", deployment_id, work)[0]

    def restore(self, deployment_id: str, tables: Sequence[str]) -> Job:
        """Put `tables` back as `snapshot` kept them, all or none."""

        def work(execution: Execution) -> "_Done":
            rows = snapshots.restore(execution, self._settings.dataset, deployment_id, tables)
            return _Done(rows, tables=set(tables))

        return self._operate("restore", deployment_id, work)[0]

    def freshness(self, table: str) -> Freshness | None:
        """When a table last changed, or None when it does not exist."""
        with _as_warehouse_error(), self._storage.opened() as connection:
            if not columns_of(connection, self._settings.dataset, table):
                return None
            changed = catalogue.changed_at(connection, table)
            placed = self._translator.placed(table)
            rows = connection.execute(f"SELECT count(*) FROM {placed}").fetchall()
            return Freshness(changed or dt.datetime.fromtimestamp(0, dt.UTC), int(rows[0][0]))

    def _rendered(self, text: str) -> str:
        with _as_warehouse_error():
            return render(text, self._settings.dataset_name)

    def _interpreter(self, execution: Execution) -> Interpreter:
        def procedure(name: str) -> CreateProcedure | None:
            return self._procedure(execution.connection, name)

        return Interpreter(execution, self._translator, procedure)

    def _procedure(
        self, connection: duckdb.DuckDBPyConnection, name: str
    ) -> CreateProcedure | None:
        text = catalogue.procedure_text(connection, name)
        if text is None:
            return None
        return _parsed_procedure(render(text, self._settings.dataset_name))

    def _operate(
        self, kind: JobKind, statement: str, work: "Callable[[Execution], _Done]"
    ) -> "tuple[Job, _Done]":
        """Run one operation in one transaction, and log it, also when it fails."""
        started_at, begun = dt.datetime.now(dt.UTC), time.perf_counter()
        read = 0

        def job(rows: int, error: str | None) -> Job:
            return Job(
                job_id=f"job_{uuid.uuid4().hex}",
                kind=kind,
                statement=statement,
                started_at=started_at,
                duration_seconds=time.perf_counter() - begun,
                bytes_processed=read,
                rows=rows,
                labels=self._labels,
                error=error,
            )

        with _as_warehouse_error(), self._storage.opened() as connection:
            execution = Execution(connection)
            try:
                with self._storage.transaction():
                    done = work(execution)
                    read = execution.bytes_read
                    finished = job(done.rows, None)
                    catalogue.record_change(connection, sorted(done.tables), finished.started_at)
                    catalogue.log_job(connection, finished)
            except (ErosError, duckdb.Error, MemoryError) as error:
                read = execution.bytes_read
                failed = job(0, str(error))
                with self._storage.transaction():
                    catalogue.log_job(connection, failed)
                self._ledger.append(failed)
                if isinstance(error, WarehouseError):
                    error.job = failed
                    raise
                raise WarehouseError(str(error), failed) from error
            finally:
                if execution.temporary_tables:
                    _drop_temporary_tables(connection)
        self._ledger.append(finished)
        return finished, done


class _Done:
    """What an operation did: rows that it changed or gave, the tables, and what it returns."""

    def __init__(self, rows: int, result: Any = None, tables: set[str] | None = None) -> None:
        self.rows = rows
        self.result = result
        self.tables = tables or set()


def _replaced(
    table: str, types: Mapping[str, str], replacing: Parameters | None
) -> tuple[str, dict[str, Any]]:
    """The condition of the rows that a load takes out, and its values."""
    if replacing is None:
        return "TRUE", {}
    if not replacing:
        raise LoadError(f"{table}: replacing is empty; name the rows, or pass None for every row")
    conditions: list[str] = []
    values: dict[str, Any] = {}
    for name, value in replacing.items():
        if name.lower() not in {column.lower() for column in types}:
            raise LoadError(f"{table}: the table has no column {name} to replace by")
        raw = value.value if isinstance(value, Typed) else value
        if raw is None:
            conditions.append(f'"{name}" IS NULL')
            continue
        if isinstance(raw, Sequence) and not isinstance(raw, str) and not raw:
            conditions.append("FALSE")
            continue
        typed = typed_parameters({name: value})[name]
        key = parameter_name(f"@{name}")
        values[key] = typed.value
        bound = f"CAST(${key} AS {duckdb_type(typed.type)})"
        is_list = typed.type.upper().startswith("ARRAY")
        conditions.append(f'list_contains({bound}, "{name}")' if is_list else f'"{name}" = {bound}')
    return " AND ".join(conditions), values


@contextmanager
def _as_warehouse_error() -> Generator[None]:
    """Errors of the rooms behind the door come out as the door's."""
    try:
        yield
    except WarehouseError:
        raise
    except (StorageError, ErosError) as error:
        raise WarehouseError(str(error)) from error
    except duckdb.Error as error:
        raise WarehouseError(f"the embedded warehouse failed: {error}") from error


def _drop_temporary_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """A script's temporary tables end with it, also when the connection goes on."""
    rows = connection.execute(
        "SELECT table_name FROM duckdb_tables() WHERE temporary ORDER BY table_name"
    ).fetchall()
    for (name,) in rows:
        connection.execute(f'DROP TABLE temp."{name}"')


def _first_line(text: str) -> str:
    """The first line that is no comment."""
    lines = (line.strip() for line in text.split("\n"))
    return next((line for line in lines if line and not line.startswith("--")), "")


@lru_cache(maxsize=16)
def _translator(project_id: str, dataset: str) -> Translator:
    return Translator(project_id, dataset)


@lru_cache(maxsize=64)
def _parsed_procedure(text: str) -> CreateProcedure | None:
    body = parse_script(text)
    return body[0] if body and isinstance(body[0], CreateProcedure) else None
