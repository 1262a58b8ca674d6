"""Types for the parts of Google's client that the engine uses.

The client's own annotations leave most attributes open, and deny `retry=None`, its documented way
to leave retries to the caller.
"""

# ruff: noqa: D102

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import IO, Any, Protocol

from google.cloud.bigquery import (
    DatasetReference,
    LoadJobConfig,
    QueryJobConfig,
    RoutineReference,
    SchemaField,
    Table,
    TableReference,
)


class Frame(Protocol):
    """A place in a script or procedure."""

    procedure_id: str | None
    start_line: int
    start_column: int
    text: str | None


class Script(Protocol):
    """How a child job came about in its script; the innermost frame is first."""

    @property
    def stack_frames(self) -> Sequence[Frame]: ...
    @property
    def evaluation_kind(self) -> str | None: ...


class Rows(Protocol):
    """Rows of a finished job, to be read once."""

    @property
    def total_rows(self) -> int | None: ...
    def to_arrow(self, *, bqstorage_client: Any = ..., create_bqstorage_client: bool = ...) -> Any:
        """Every row, as a pyarrow.Table."""
        ...


class AnyJob(Protocol):
    """A job of any kind."""

    job_id: str
    state: str
    created: dt.datetime
    started: dt.datetime | None
    ended: dt.datetime | None
    error_result: Mapping[str, Any] | None
    num_child_jobs: int

    def reload(self, *, retry: None, timeout: float) -> None: ...
    def cancel(self, *, retry: None, timeout: float) -> bool: ...


class QueryJob(AnyJob, Protocol):
    """A statement or script."""

    statement_type: str | None
    script_statistics: Script | None
    total_bytes_billed: int | None
    total_bytes_processed: int | None
    num_dml_affected_rows: int | None

    def result(self, *, retry: None, job_retry: None, timeout: float) -> Rows:
        """Its rows, or those of a script's last SELECT."""
        ...


class FoundTable(Protocol):
    """A table's metadata."""

    table_id: str
    reference: TableReference
    schema: Sequence[SchemaField]
    modified: dt.datetime
    expires: dt.datetime | None
    num_rows: int | None
    table_type: str
    streaming_buffer: Any
    time_partitioning: Any
    range_partitioning: Any
    clustering_fields: Any


class FoundRoutine(Protocol):
    """A routine's metadata; what lists routines leaves the description out."""

    routine_id: str
    reference: RoutineReference
    type_: str | None
    modified: dt.datetime
    description: str | None


class FoundDataset(Protocol):
    """A dataset's metadata."""

    location: str
    default_table_expiration_ms: int | None
    default_partition_expiration_ms: int | None


class Client(Protocol):
    """One project's client."""

    def query(
        self,
        query: str,
        *,
        job_config: QueryJobConfig,
        job_id: str | None = ...,
        location: str,
        retry: None,
        job_retry: None,
        timeout: float,
    ) -> QueryJob: ...
    def load_table_from_file(
        self,
        file_obj: IO[bytes],
        destination: TableReference,
        *,
        size: int,
        num_retries: int,
        job_id: str,
        location: str,
        job_config: LoadJobConfig,
        timeout: float,
    ) -> AnyJob: ...
    def get_job(self, job_id: str, *, location: str, retry: None, timeout: float) -> Any: ...
    def list_jobs(self, *, parent_job: str, retry: None, timeout: float) -> Iterable[Any]: ...
    def get_table(self, table: TableReference, *, retry: None, timeout: float) -> FoundTable: ...
    def list_rows(self, table: Any, *, max_results: int, retry: None, timeout: float) -> "Rows":
        """The first rows of a table whose metadata is given, as it stores them; no job."""
        ...

    def list_routines(
        self, dataset: DatasetReference, *, retry: None, timeout: float
    ) -> Iterable[FoundRoutine]: ...
    def get_routine(
        self, routine_ref: RoutineReference, *, retry: None, timeout: float
    ) -> FoundRoutine: ...
    def get_dataset(
        self, dataset_ref: DatasetReference, *, retry: None, timeout: float
    ) -> FoundDataset: ...
    def test_iam_permissions(
        self, table: TableReference, permissions: Sequence[str], *, retry: None, timeout: float
    ) -> Mapping[str, Sequence[str]]: ...
    def create_table(
        self, table: Table, *, exists_ok: bool, retry: None, timeout: float
    ) -> FoundTable: ...
    def update_table(
        self, table: Table, fields: Sequence[str], *, retry: None, timeout: float
    ) -> FoundTable: ...
