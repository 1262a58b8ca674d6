"""Runs the embedded warehouse's operations: one transaction and one row of the job log each."""

import datetime as dt
import time
import uuid
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import duckdb

from eros_assets.errors import ErosError
from eros_assets.warehouse.duckdb import catalogue
from eros_assets.warehouse.duckdb.execution import Execution
from eros_assets.warehouse.duckdb.storage import Storage
from eros_assets.warehouse.protocol import Job, JobKind, WarehouseError

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Done(Generic[Result]):
    """What an operation did: its result, the rows that it changed or gave, the tables changed."""

    result: Result
    rows: int
    changed_tables: frozenset[str] = field(default_factory=frozenset[str])


class Operations:
    """Runs operations on a file for one handle.

    Args:
        storage: the file.
        labels: what the jobs carry.
    """

    def __init__(self, storage: Storage, labels: Mapping[str, str]) -> None:
        self.storage = storage
        self.labels = dict(labels)
        self._ledger: list[Job] = []

    @property
    def ledger(self) -> Sequence[Job]:
        """The jobs run, oldest first, failed ones too."""
        return tuple(self._ledger)

    def run(
        self, kind: JobKind, statement: str, work: Callable[[Execution], Done[Result]]
    ) -> tuple[Job, Result]:
        """Run one operation and log it.

        The log's row is committed with the work; that of a failure, after the work was rolled back.

        Raises:
            WarehouseError: whatever the work raised as one, or made one; with its job.
        """
        clock = _Clock(kind, statement, self.labels)
        with as_warehouse_error(), self.storage.opened() as connection:
            execution = Execution(connection)
            try:
                with self.storage.transaction():
                    done = work(execution)
                    job = clock.job(execution.bytes_read, done.rows, None)
                    catalogue.record_change(connection, done.changed_tables, clock.started_at)
                    catalogue.log_job(connection, job)
            except (ErosError, duckdb.Error) as error:
                job = clock.job(execution.bytes_read, 0, str(error))
                with suppress(duckdb.Error), self.storage.transaction():  # the error matters more
                    catalogue.log_job(connection, job)
                self._ledger.append(job)
                if isinstance(error, WarehouseError):
                    error.job = job
                    raise
                raise WarehouseError(str(error), job) from error
            finally:
                execution.drop_temporary_tables()
        self._ledger.append(job)
        return job, done.result

    @contextmanager
    def reading(self) -> Generator[duckdb.DuckDBPyConnection]:
        """The connection, for what is no job: the catalogue and the job log themselves.

        Raises:
            WarehouseError: the file can't be used.
        """
        with as_warehouse_error(), self.storage.opened() as connection:
            yield connection


class _Clock:
    """What is known of a job before it is done."""

    def __init__(self, kind: JobKind, statement: str, labels: Mapping[str, str]) -> None:
        self.started_at = dt.datetime.now(dt.UTC)
        self._begun = time.perf_counter()
        self._begun_cpu = time.process_time()
        self._kind: JobKind = kind
        self._statement = statement
        self._labels = dict(labels)

    def job(self, bytes_read: int, rows: int, error: str | None) -> Job:
        seconds = time.perf_counter() - self._begun
        return Job(
            job_id=f"job_{uuid.uuid4().hex}",
            kind=self._kind,
            statement=self._statement,
            started_at=self.started_at,
            duration_seconds=seconds,
            bytes_processed=bytes_read,
            rows=rows,
            labels=self._labels,
            error=error,
            # The engine runs in this process: what it waited for is no processor time.
            execution_seconds=min(seconds, time.process_time() - self._begun_cpu),
        )


@contextmanager
def as_warehouse_error() -> Generator[None]:
    """Raise errors of the engine's modules as errors of the protocol."""
    try:
        yield
    except WarehouseError:
        raise
    except ErosError as error:
        raise WarehouseError(str(error)) from error
    except duckdb.Error as error:
        raise WarehouseError(f"the embedded warehouse failed: {error}") from error
