"""Runs statements as operations of the protocol: labels, cap, job ids, ledger, errors."""

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import pandas as pd
from google.cloud import bigquery

from eros_assets.settings import Settings
from eros_assets.warehouse.bigquery.api import QueryJob
from eros_assets.warehouse.bigquery.faults import JobFailedError, fault_of
from eros_assets.warehouse.bigquery.labels import KIND, valid_labels
from eros_assets.warehouse.bigquery.operation import Operation
from eros_assets.warehouse.bigquery.parameters import query_parameters
from eros_assets.warehouse.bigquery.raised import reachable
from eros_assets.warehouse.bigquery.results import Reader
from eros_assets.warehouse.bigquery.telling import account_of, warehouse_error
from eros_assets.warehouse.protocol import Job, JobKind, Parameters, WarehouseError
from eros_assets.warehouse.sql.library import SqlLibrary

# What a script of the engine's own says on failing is no RAISE of a procedure or check.
_MAY_RAISE = frozenset({"run", "query", "call"})


@dataclass(slots=True)
class Statements:
    """Runs rendered SQL. `reader` connects when it is first called; `labels` are valid ones."""

    settings: Settings
    library: SqlLibrary
    reader: Callable[[], Reader]
    new_id: Callable[[], str]
    labels: Mapping[str, str]
    ledger: list[Job] = field(default_factory=list[Job])

    def labelled(self, labels: Mapping[str, str]) -> "Statements":
        """The same with further labels and a ledger of its own."""
        return replace(self, labels={**self.labels, **valid_labels(labels)}, ledger=[])

    @contextmanager
    def operation(self, kind: JobKind, subject: str, statement: str) -> Generator[Operation]:
        """Records the statements inside as one Job of the ledger, and raises faults as errors.

        Raises:
            RaisedError: the statement, or what it leads to, raised its own message.
            WarehouseError: anything else that BigQuery refused.
        """
        labels = {**self.labels, KIND: kind}
        operation = Operation(f"eros_{kind}_{self.new_id()}", kind, subject, statement, labels)
        try:
            yield operation
        except Exception as error:
            fault = fault_of(error)
            if fault is None:
                self.ledger.append(operation.end(error=str(error)))
                if isinstance(error, WarehouseError):
                    error.job = operation.job
                raise
            account = account_of(self.reader().runner, error, fault, operation.statement)
            job_id = error.job_id if isinstance(error, JobFailedError) else None
            job = operation.end(job_id=job_id, error=f"{fault.reason}: {account.message}")
            self.ledger.append(job)
            sources = reachable(operation.statement, self.library) if kind in _MAY_RAISE else ()
            raise warehouse_error(account, subject, job, job_id, sources) from error
        self.ledger.append(operation.end())

    def completed(
        self, operation: Operation, sql: str, parameters: Parameters | None = None
    ) -> QueryJob:
        """Run a statement or script as one step of an operation, to its end."""
        runner = self.reader().runner
        config = bigquery.QueryJobConfig(
            labels=dict(operation.labels),
            maximum_bytes_billed=self.settings.maximum_bytes_billed,
            query_parameters=query_parameters(parameters),
            job_timeout_ms=runner.retry_policy.job_timeout_ms,
        )

        def begin(job_id: str) -> QueryJob:
            return runner.client.query(
                sql,
                job_config=config,
                job_id=job_id,
                location=runner.location,
                retry=None,
                job_retry=None,
                timeout=runner.retry_policy.request_timeout,
            )

        job = runner.complete(operation.next_step(), begin)
        operation.add(job.job_id, job.total_bytes_billed)
        seconds = execution_seconds(job)
        if seconds is not None:
            operation.execution_seconds = (operation.execution_seconds or 0.0) + seconds
        return job

    def selected(self, sql: str, parameters: Parameters | None = None) -> pd.DataFrame:
        """The rows of one SELECT."""
        with self.operation("query", "query", sql) as operation:
            frame = self.reader().frame(self.completed(operation, sql, parameters))
            operation.rows = len(frame)
        return frame

    def estimated_bytes(self, sql: str, parameters: Parameters | None = None) -> int:
        """The bytes that a statement would process; it is checked and planned, not run."""
        runner = self.reader().runner
        config = bigquery.QueryJobConfig(
            dry_run=True,
            use_query_cache=False,
            query_parameters=query_parameters(parameters),
        )

        def plan() -> QueryJob:
            return runner.client.query(
                sql,
                job_config=config,
                location=runner.location,
                retry=None,
                job_retry=None,
                timeout=runner.retry_policy.request_timeout,
            )

        return int(runner.asked("dry run", plan).total_bytes_processed or 0)

    def changed_rows(self, job: QueryJob) -> int:
        """Rows that a statement, or a script's statements, inserted, updated or deleted.

        0 when a script's statements can't be listed: it has committed all the same.
        """
        if not job.num_child_jobs:
            return int(job.num_dml_affected_rows or 0)
        try:
            statements = self.reader().runner.children(job.job_id)
        except Exception as error:
            if fault_of(error) is None:
                raise
            return 0
        return sum(int(statement.num_dml_affected_rows or 0) for statement in statements)

    def last_select(self, job: QueryJob, *, in_procedure: bool = True) -> QueryJob | None:
        """The last SELECT that stood in a procedure's body, or in the script itself."""
        for child in reversed(self.reader().runner.children(job.job_id)):
            script = child.script_statistics
            if script is None or child.statement_type != "SELECT":
                continue
            stands_alone = script.evaluation_kind == "STATEMENT"
            frames = script.stack_frames
            if stands_alone and frames and bool(frames[0].procedure_id) is in_procedure:
                return child
        return None


def execution_seconds(*jobs: QueryJob) -> float | None:
    """From when each job left the queue until its end, in all; None where BigQuery does not say."""
    spans = [job.ended - job.started for job in jobs if job.started and job.ended]
    return sum(span.total_seconds() for span in spans) if spans else None
