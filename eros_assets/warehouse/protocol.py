"""The protocol of a warehouse, which both engines implement.

SQL given to a warehouse is GoogleSQL as it stands in `sql/`, with `${dataset}` unrendered; values
go in as query parameters (`@name`), never as text.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, Self

from eros_assets.errors import ErosError
from eros_assets.warehouse.sql.objects import Kind, SqlObject

if TYPE_CHECKING:
    import pandas as pd

Scalar = str | int | float | bool | dt.date | dt.datetime | None
Value = Scalar | Sequence[str] | Sequence[int]


@dataclass(frozen=True, slots=True)
class Typed:
    """A parameter with its GoogleSQL type, for values that don't determine it (NULL, [])."""

    value: Value
    type: str


Parameters = Mapping[str, "Value | Typed"]

JobKind = Literal["run", "query", "call", "load", "deploy", "snapshot", "restore"]
RoutineKind = Literal["FUNCTION", "TABLE FUNCTION", "PROCEDURE"]


@dataclass(frozen=True, slots=True)
class Job:
    """One operation of a warehouse, as its job log has it.

    `bytes_processed` is what BigQuery bills by; the embedded engine reports the bytes of the
    columns that it read. `execution_seconds` is the engine's own time of execution, without
    waiting in a queue or for a busy machine; None where it did not say. `error` is None when the
    job succeeded.
    """

    job_id: str
    kind: JobKind
    statement: str
    started_at: dt.datetime
    duration_seconds: float
    bytes_processed: int
    rows: int
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    error: str | None = None
    execution_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Routine:
    """One row of the dataset's routine catalogue. `fingerprint` is SqlObject.fingerprint."""

    name: str
    kind: RoutineKind
    fingerprint: str
    deployed_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Definition:
    """A function, table function, procedure or view as it is in force.

    `text` makes it again, on the engine that gave it. `fingerprint` is the first 63 digits or more
    of SqlObject.fingerprint; empty when EROS did not deploy it.
    """

    name: str
    kind: Kind
    text: str
    fingerprint: str

    def is_of(self, sql_object: SqlObject) -> bool:
        """Whether this is what deploying the object makes."""
        digits = len(self.fingerprint)
        return self.kind == sql_object.kind and bool(
            digits >= 63 and sql_object.fingerprint[:digits] == self.fingerprint
        )


@dataclass(frozen=True, slots=True)
class Probe:
    """One thing that EROS needs, as it was found; where it does not hold, with what to do."""

    subject: str
    found: str
    holds: bool


@dataclass(frozen=True, slots=True)
class CallResult:
    """What a procedure gave back: OUT parameters by name, and the rows of its last SELECT."""

    out: Mapping[str, Scalar]
    rows: "pd.DataFrame"


@dataclass(frozen=True, slots=True)
class Freshness:
    """When a table last changed (UTC) and how many rows it has."""

    last_modified: dt.datetime
    row_count: int


class WarehouseError(ErosError):
    """A statement failed for good. `job` is what the log has of it, when it got that far."""

    def __init__(self, message: str, job: Job | None = None) -> None:
        super().__init__(message)
        self.job = job


class RaisedError(WarehouseError):
    """A procedure or check raised an error: the message of RAISE USING MESSAGE, or of ERROR()."""


class Warehouse(Protocol):
    """The only access to the data.

    Every operation is atomic: it commits as a whole or leaves what was there before. Operations
    that fail raise WarehouseError; transient faults (a busy service, an aborted transaction) were
    retried before that, within bounds.
    """

    @property
    def ledger(self) -> Sequence[Job]:
        """The jobs run through this handle, oldest first."""
        ...

    def labelled(self, **labels: str) -> Self:
        """A handle on the same warehouse whose jobs carry these labels, with a ledger of its own.

        Labels in use: `asset`, `run`, `week`, `purpose` (`smoke`, `health`: jobs that
        only watch).
        """
        ...

    def run(self, script: str, parameters: Parameters | None = None) -> Job:
        """Run a script of one or more statements; its results, if any, are not fetched."""
        ...

    def query(self, sql: str, parameters: Parameters | None = None) -> "pd.DataFrame":
        """The rows of one SELECT.

        INT64 comes as Int64, FLOAT64 as float64, STRING as object (None for NULL), BOOL as
        boolean, DATE as object of datetime.date, TIMESTAMP as datetime64[us, UTC].
        """
        ...

    def call(self, procedure: str, arguments: Parameters | None = None) -> CallResult:
        """Call a procedure by name; `arguments` are its IN parameters by name, None for NULL."""
        ...

    def rehearse(self, procedure: SqlObject, script: str, arguments: Parameters) -> "pd.DataFrame":
        """The rows of a procedure's rehearsal, see `rehearsal_script`.

        The script writes into temporary tables only: nothing in the dataset changes.
        """
        ...

    def load(
        self,
        table: str,
        data: "pd.DataFrame | Path",
        *,
        replacing: Parameters | None = None,
    ) -> Job:
        """Replace rows of a table of the dataset by a DataFrame or a Parquet file, by column name.

        `replacing` names the rows to take out first, by equality (`{"week_start": monday,
        "page_name": ["a", "b"]}`: a sequence means any of them); None replaces every row.
        Columns absent from `data` become NULL; a column the table lacks is an error.
        """
        ...

    def add(self, table: str, data: "pd.DataFrame") -> Job:
        """Add rows to a table of the dataset, by column name; what is there stays.

        Done twice, it adds them twice. Columns as for `load`.
        """
        ...

    def deploy(self, sql_object: SqlObject) -> Job:
        """Create, or replace, one object of `sql/` (table, function, procedure, view)."""
        ...

    def routines(self) -> Sequence[Routine]:
        """The functions, table functions and procedures in the dataset, by name."""
        ...

    def columns(self) -> Mapping[str, frozenset[str]]:
        """The columns of each table and view in the dataset."""
        ...

    def definitions(self) -> Sequence[Definition]:
        """The functions, table functions, procedures and views as they are in force, by name."""
        ...

    def define(self, definitions: Sequence[Definition]) -> Job:
        """Put objects back in force as `definitions` gave them; all others stay as they are.

        Each comes after those of them that it depends on. Safe to repeat.
        """
        ...

    def jobs(self, since: dt.datetime) -> Sequence[Job]:
        """The job log from `since` on, oldest first, whoever ran them."""
        ...

    def snapshot(self, deployment_id: str, tables: Sequence[str], *, keep_days: int) -> Job:
        """Keep a copy of `tables` as they are now under `deployment_id`; safe to repeat."""
        ...

    def restore(self, deployment_id: str, tables: Sequence[str]) -> Job:
        """Put `tables` back as `snapshot` kept them, all or none."""
        ...

    def kept(self, deployment_id: str, tables: Sequence[str]) -> Mapping[str, dt.datetime]:
        """Until when `snapshot` keeps its copies of `tables`; those without one are left out."""
        ...

    def probe(self, tables: Sequence[str]) -> Sequence[Probe]:
        """What EROS needs of the warehouse before anything runs; nothing is changed or made.

        Credentials, dataset, permissions, the latter asked of the first of `tables` that is there.
        What is wrong is a finding, not an error.
        """
        ...

    def slowness(self) -> float:
        """How many times longer than on a reference machine the engine takes at present.

        `Job.execution_seconds` over it hangs neither on the machine nor on what else it does. 1
        where the engine runs on machines of its own.
        """
        ...

    def freshness(self, table: str) -> Freshness | None:
        """When a table last changed, or None when it does not exist.

        Raises:
            WarehouseError: the warehouse could not say; never taken for "nothing there".
        """
        ...

    def freshness_of(self, tables: Sequence[str]) -> Sequence[Freshness | None]:
        """What `freshness` says of each of these tables, in their order, asked together.

        Raises:
            WarehouseError: as for `freshness`.
        """
        ...

    def some_rows(self, table: str, number: int) -> "pd.DataFrame":
        """Rows of a table as they come, `number` at most, for people to see what is in it.

        No job is run and nothing is billed, however large the table; types are those of `query`.

        Raises:
            WarehouseError: there is no such table, or it can't be read.
        """
        ...

    def data_versions(self, names: Sequence[str]) -> Mapping[str, str] | None:
        """For each of these objects of `sql/` a text that changes whenever its content does.

        The content of a table is its rows, that of other objects their definition. No job is run on
        BigQuery; it can't tell of procedures and functions, which are left out there. None where
        the answer can't be known of one of them.

        Raises:
            WarehouseError: the warehouse could not say.
        """
        ...
