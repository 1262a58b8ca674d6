"""The embedded warehouse: DuckDB in one file, speaking GoogleSQL."""

import datetime as dt
import os
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Self

import duckdb
import pandas as pd

from eros_assets.settings import Settings
from eros_assets.warehouse.binding import scalar, typed_arguments, typed_parameters
from eros_assets.warehouse.duckdb import catalogue, snapshots
from eros_assets.warehouse.duckdb.execution import Execution
from eros_assets.warehouse.duckdb.googlesql.rule import MACRO_SCHEMA
from eros_assets.warehouse.duckdb.interpreter import Interpreter, ScriptOutcome
from eros_assets.warehouse.duckdb.loading import converted, replaced_rows
from eros_assets.warehouse.duckdb.objects import (
    columns_of,
    deploy_statements,
    refuse_other_types,
    tables_of,
)
from eros_assets.warehouse.duckdb.operations import Done, Operations
from eros_assets.warehouse.duckdb.reference import slowness
from eros_assets.warehouse.duckdb.storage import storage_of
from eros_assets.warehouse.duckdb.translation import Translator
from eros_assets.warehouse.frames import frame
from eros_assets.warehouse.protocol import (
    CallResult,
    Definition,
    Freshness,
    Job,
    Parameters,
    Probe,
    Routine,
    WarehouseError,
)
from eros_assets.warehouse.sql.library import dependency_order, read_objects, render
from eros_assets.warehouse.sql.objects import RoutineParameter, SqlObject
from eros_assets.warehouse.sql.script_reader import parse_script
from eros_assets.warehouse.sql.syntax import CreateProcedure, Sql
from eros_assets.work import when_it_ends

_TAKEN_NAMES = (catalogue.SCHEMA, snapshots.SCHEMA, MACRO_SCHEMA, "main", "temp")


LOGGED = 240
"""Characters of a statement that the job log keeps."""


class DuckDBWarehouse:
    """The protocol's embedded engine; see `protocol.Warehouse` for what each method promises.

    Cheap to make: the file is opened by each operation, not by the handle. Threads may share a
    handle; operations take their turn.
    """

    def __init__(self, settings: Settings, labels: Mapping[str, str] | None = None) -> None:
        # DuckDB calls the database by the file's name, and can't tell it from a schema of the same.
        if settings.dataset in (settings.warehouse_file.stem, *_TAKEN_NAMES):
            raise WarehouseError(
                f"EROS_DATASET={settings.dataset}: the embedded warehouse needs that name itself"
            )
        self._settings = settings
        self._translator = _translator(settings.project_id, settings.dataset).kept_in(
            settings.library_cache
        )
        self._operations = Operations(
            storage_of(settings.warehouse_file, settings.memory_limit), labels or {}
        )

    @property
    def ledger(self) -> Sequence[Job]:
        """The jobs run through this handle, oldest first."""
        return self._operations.ledger

    def labelled(self, **labels: str) -> Self:
        """A handle on the same file whose jobs carry these labels too."""
        return type(self)(self._settings, {**self._operations.labels, **labels})

    @contextmanager
    def session(self) -> Generator[Self]:
        """Keep the file open over several operations of this thread, each its own transaction.

        Other threads and processes wait until it ends.
        """
        with self._operations.reading():
            yield self

    def run(self, script: str, parameters: Parameters | None = None) -> Job:
        """Run a script of one or more statements."""

        def work(execution: Execution) -> Done[None]:
            body = parse_script(self._rendered(script))
            interpreter = self._interpreter(execution)
            interpreter.script(body, typed_parameters(parameters), "script")
            outcome = interpreter.outcome
            return Done(None, _rows(outcome), frozenset(outcome.changed_tables))

        return self._operations.run("run", _beginning(script), work)[0]

    def query(self, sql: str, parameters: Parameters | None = None) -> pd.DataFrame:
        """The rows of one SELECT."""

        def work(execution: Execution) -> Done[pd.DataFrame]:
            body = parse_script(self._rendered(sql))
            if len(body) != 1 or not isinstance(body[0], Sql):
                raise WarehouseError(f"{_first_line(sql)}: query takes one SELECT; use run")
            interpreter = self._interpreter(execution)
            interpreter.script(body, typed_parameters(parameters), "query")
            if interpreter.outcome.result is None:
                raise WarehouseError(f"{_first_line(sql)}: query takes a SELECT; use run")
            rows = frame(interpreter.outcome.result)
            return Done(rows, len(rows))

        return self._operations.run("query", _beginning(sql), work)[1]

    def call(self, procedure: str, arguments: Parameters | None = None) -> CallResult:
        """Call a procedure by name."""

        def work(execution: Execution) -> Done[CallResult]:
            found = self._procedure(execution.connection, procedure)
            if found is None:
                raise WarehouseError(f"procedure {procedure} is not deployed")
            declared = [
                RoutineParameter(p.name, p.type, "OUT" if p.mode == "OUT" else "IN")
                for p in found.parameters
            ]
            interpreter = self._interpreter(execution)
            out = interpreter.call(procedure, typed_arguments(procedure, declared, arguments))
            outcome = interpreter.outcome
            rows = pd.DataFrame() if outcome.result is None else frame(outcome.result)
            result = CallResult({name: scalar(typed.value) for name, typed in out.items()}, rows)
            return Done(result, _rows(outcome), frozenset(outcome.changed_tables))

        return self._operations.run("call", procedure, work)[1]

    def rehearse(self, procedure: SqlObject, script: str, arguments: Parameters) -> pd.DataFrame:
        """The rows of a procedure's rehearsal; nothing is written."""

        def work(execution: Execution) -> Done[pd.DataFrame]:
            interpreter = self._interpreter(execution)
            typed = typed_arguments(procedure.name, procedure.parameters, arguments)
            interpreter.script(parse_script(self._rendered(script)), typed, procedure.name)
            result = interpreter.outcome.result
            rows = pd.DataFrame() if result is None else frame(result)
            return Done(rows, len(rows))

        return self._operations.run("run", f"rehearse {procedure.name}", work)[1]

    def load(
        self,
        table: str,
        data: pd.DataFrame | Path,
        *,
        replacing: Parameters | None = None,
    ) -> Job:
        """Replace rows of a table by a DataFrame or a Parquet file, by column name."""

        def work(execution: Execution) -> Done[None]:
            types = self._types(execution, table)
            rows = converted(table, data, types)
            condition, values = replaced_rows(table, types, replacing)
            emptying = f"DELETE FROM {self._translator.placed(table)} WHERE {condition}"
            execution.change(emptying, values, f"load into {table}")
            return self._added(execution, table, rows)

        by = f" by {', '.join(replacing)}" if replacing else ""
        return self._operations.run("load", f"{table}{by}", work)[0]

    def add(self, table: str, data: pd.DataFrame) -> Job:
        """Add rows to a table, by column name."""

        def work(execution: Execution) -> Done[None]:
            rows = converted(table, data, self._types(execution, table))
            return self._added(execution, table, rows)

        return self._operations.run("load", table, work)[0]

    def _types(self, execution: Execution, table: str) -> Mapping[str, str]:
        types = columns_of(execution.connection, self._settings.dataset, table)
        if not types:
            raise WarehouseError(f"load into {table}: the table is not deployed")
        return types

    def _added(self, execution: Execution, table: str, rows: pd.DataFrame) -> Done[None]:
        execution.connection.register("loaded_rows", rows)
        try:
            execution.change(
                f"INSERT INTO {self._translator.placed(table)} BY NAME SELECT * FROM loaded_rows",
                {},
                f"load into {table}",
            )
        finally:
            execution.connection.unregister("loaded_rows")
        return Done(None, len(rows), frozenset({table}))

    def deploy(self, sql_object: SqlObject) -> Job:
        """Create, or replace, one object of `sql/`."""

        def work(execution: Execution) -> Done[None]:
            return Done(None, 0, self._made(execution, sql_object))

        return self._operations.run("deploy", sql_object.name, work)[0]

    def columns(self) -> Mapping[str, frozenset[str]]:
        """The columns of each table and view; makes no file to look."""
        if not self._settings.warehouse_file.exists():
            return {}
        with self._operations.reading() as connection:
            return tables_of(connection, self._settings.dataset)

    def definitions(self) -> Sequence[Definition]:
        """The functions, table functions, procedures and views as they are in force, by name."""
        with self._operations.reading() as connection:
            return catalogue.definitions(connection)

    def define(self, definitions: Sequence[Definition]) -> Job:
        """Put objects back in force, all or none."""

        def work(execution: Execution) -> Done[None]:
            read = read_objects(
                ((d.name, d.kind, d.text) for d in definitions), self._settings.library_cache
            )
            objects = {each.name: each for each in read}
            for name in dependency_order({o.name: o.dependencies for o in objects.values()}):
                self._made(execution, objects[name])
            return Done(None, 0)

        names = ", ".join(d.name for d in definitions)
        return self._operations.run("deploy", f"definitions of {names}", work)[0]

    def routines(self) -> Sequence[Routine]:
        """The routines of the catalogue, by name."""
        with self._operations.reading() as connection:
            return catalogue.routines(connection)

    def some_rows(self, table: str, number: int) -> pd.DataFrame:
        """The first rows of a table as the file has them."""
        placed = self._translator.placed(table)
        with self._operations.reading() as connection:
            if not columns_of(connection, self._settings.dataset, table):
                raise WarehouseError(f"rows of {table}: the table is not deployed")
            return frame(connection.sql(f"FROM {placed} LIMIT {number:d}").to_arrow_table())

    def jobs(self, since: dt.datetime) -> Sequence[Job]:
        """The job log from `since` on, oldest first."""
        if since.tzinfo is None:
            raise WarehouseError(f"jobs since {since}: the instant has no time zone")
        with self._operations.reading() as connection:
            return catalogue.jobs_since(connection, since)

    def snapshot(self, deployment_id: str, tables: Sequence[str], *, keep_days: int) -> Job:
        """Keep a copy of `tables`; one that a repeated call finds already kept stays as it is."""

        def work(execution: Execution) -> Done[None]:
            now = dt.datetime.now(dt.UTC)
            dataset = self._settings.dataset
            rows = snapshots.take(execution, dataset, deployment_id, tables, now, keep_days)
            return Done(None, rows)

        return self._operations.run("snapshot", deployment_id, work)[0]

    def restore(self, deployment_id: str, tables: Sequence[str]) -> Job:
        """Put `tables` back as `snapshot` kept them, all or none."""

        def work(execution: Execution) -> Done[None]:
            rows = snapshots.restore(execution, self._settings.dataset, deployment_id, tables)
            return Done(None, rows, frozenset(tables))

        return self._operations.run("restore", deployment_id, work)[0]

    def kept(self, deployment_id: str, tables: Sequence[str]) -> Mapping[str, dt.datetime]:
        """Until when the copies of `tables` are kept; those without one are left out."""
        with self._operations.reading() as connection:
            until = catalogue.kept_until(connection, deployment_id, dt.datetime.now(dt.UTC))
            return {table: until[table] for table in tables if table in until}

    def probe(self, tables: Sequence[str]) -> Sequence[Probe]:
        """Whether the file can be used; one that isn't there yet is not made."""
        file = self._settings.warehouse_file
        credentials = Probe("credentials", "the embedded warehouse needs none", holds=True)
        if not file.exists():
            there = next(folder for folder in file.parents if folder.exists())
            made = Probe("dataset", f"{file} is made by the first run", holds=True)
            fault = Probe(
                "dataset",
                f"{there} can't be written to; set EROS_HOME to a folder that can",
                holds=False,
            )
            return [credentials, made if os.access(there, os.W_OK) else fault]
        try:
            with self._operations.reading() as connection:
                dataset = self._settings.dataset
                present = [t for t in tables if columns_of(connection, dataset, t)]
        except WarehouseError as error:
            return [credentials, Probe("dataset", str(error), holds=False)]
        known = f"{file} opens; {len(present)} of {len(tables)} tables are there"
        return [credentials, Probe("dataset", known, holds=True)]

    def slowness(self) -> float:
        """Processor time of the same work now, over that on a reference machine."""
        return slowness()

    def freshness(self, table: str) -> Freshness | None:
        """When a table last changed, or None when it does not exist; makes no file to look."""
        return self.freshness_of([table])[0]

    def freshness_of(self, tables: Sequence[str]) -> Sequence[Freshness | None]:
        """The same of several tables, in their order."""
        if not self._settings.warehouse_file.exists():
            return [None] * len(tables)
        placed = {table: self._translator.placed(table) for table in tables}
        with self._operations.reading() as connection:
            found = catalogue.freshness(connection, placed)
        return [found.get(table) for table in tables]

    def data_versions(self, names: Sequence[str]) -> Mapping[str, str] | None:
        """A hash of each table's rows and of each other object's text.

        None where a table isn't there.
        """
        if not self._settings.warehouse_file.exists():
            return None
        with self._operations.reading() as connection:
            defined = {d.name: d.fingerprint for d in catalogue.definitions(connection)}
            tables = {n: self._translator.placed(n) for n in names if n not in defined}
            rows = catalogue.data_versions(connection, tables)
        return None if rows is None else rows | {n: defined[n] for n in names if n in defined}

    def _made(self, execution: Execution, sql_object: SqlObject) -> frozenset[str]:
        """Make an object; the table that is new by that."""
        name, kind = sql_object.name, sql_object.kind
        connection, dataset = execution.connection, self._settings.dataset
        connection.execute(f'CREATE SCHEMA IF NOT EXISTS "{dataset}"')
        present = columns_of(connection, dataset, name) if kind == "table" else {}
        refuse_other_types(sql_object, present)
        for statement in deploy_statements(
            sql_object, self._settings.dataset_name, self._translator, list(present)
        ):
            execution.change(statement, {}, str(sql_object.path))
        if kind != "table":
            definition = Definition(name, kind, sql_object.text, sql_object.fingerprint)
            catalogue.record_definition(connection, definition, dt.datetime.now(dt.UTC))
        return frozenset({name} if kind == "table" and not present else set[str]())

    def _rendered(self, text: str) -> str:
        return render(text, self._settings.dataset_name)

    def _interpreter(self, execution: Execution) -> Interpreter:
        def procedure(name: str) -> CreateProcedure | None:
            return self._procedure(execution.connection, name)

        return Interpreter(execution, self._translator, procedure)

    def _procedure(
        self, connection: duckdb.DuckDBPyConnection, name: str
    ) -> CreateProcedure | None:
        text = catalogue.procedure_text(connection, name)
        body = parse_script(self._rendered(text)) if text is not None else ()
        return body[0] if body and isinstance(body[0], CreateProcedure) else None


def _rows(outcome: ScriptOutcome) -> int:
    """The rows that DML changed, else those that the last SELECT gave."""
    return outcome.changed or (0 if outcome.result is None else outcome.result.num_rows)


def _beginning(text: str) -> str:
    """What the job log says of SQL: its text in one line, comments left out, cut where it is long.

    Health compares the time of a statement with the time that the same one took before.
    """
    lines = (line.strip() for line in text.split("\n"))
    words = " ".join(line for line in lines if line and not line.startswith("--"))
    return words if len(words) <= LOGGED else f"{words[:LOGGED]}…"


def _first_line(text: str) -> str:
    """The first line that is no comment."""
    lines = (line.strip() for line in text.split("\n"))
    return next((line for line in lines if line and not line.startswith("--")), "")


@lru_cache(maxsize=16)
def _translator(project_id: str, dataset: str) -> Translator:
    translator = Translator(project_id, dataset)
    when_it_ends(translator.keep)
    return translator
