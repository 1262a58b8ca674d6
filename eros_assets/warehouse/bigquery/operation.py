"""One operation of the protocol: its BigQuery jobs, and the one Job they are reported as."""

import datetime as dt
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from eros_assets.warehouse.protocol import Job, JobKind


@dataclass(slots=True)
class Operation:
    """An operation under way. `name` begins the ids of its jobs; `subject` is for messages."""

    name: str
    kind: JobKind
    subject: str
    statement: str
    labels: Mapping[str, str]
    rows: int = 0
    bytes_billed: int = 0
    execution_seconds: float | None = None
    _last_job: str | None = None
    _steps: int = 0
    _job: Job | None = None
    _started_at: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC))
    _clock: float = field(default_factory=time.monotonic)

    def next_step(self) -> str:
        """What the ids of the next job's attempts begin with."""
        self._steps += 1
        return f"{self.name}_{self._steps}"

    def add(self, job_id: str, bytes_billed: int | None = 0) -> None:
        """Note a finished job and the bytes that it is billed by; load jobs are free."""
        self._last_job = job_id
        self.bytes_billed += bytes_billed or 0

    @property
    def job(self) -> Job:
        """The operation as the ledger has it, once it has ended."""
        assert self._job is not None, f"{self.name} is under way"
        return self._job

    def end(self, *, job_id: str | None = None, error: str | None = None) -> Job:
        """Sum the operation up; `job_id` is the job that failed, if one did."""
        self._job = Job(
            job_id=job_id or self._last_job or self.name,
            kind=self.kind,
            statement=self.statement,
            started_at=self._started_at,
            duration_seconds=time.monotonic() - self._clock,
            bytes_processed=self.bytes_billed,
            rows=self.rows,
            labels=self.labels,
            error=error,
            execution_seconds=self.execution_seconds,
        )
        return self._job
