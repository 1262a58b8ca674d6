"""Figures of the job log: a day's cost, speed and error rate.

Cost counts every job that touched the dataset, whoever ran it. Speed and errors cover EROS's own
work: jobs of an asset (label `asset`), except monitoring (label `purpose`). A procedure's refusal
(a caption reserved elsewhere, an unknown page) is not a failure. Queries that people run by hand
have no label and don't count.
"""

import datetime as dt
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from eros_assets.health.limits import HealthLimits
from eros_assets.warehouse.protocol import Job

DAY = dt.timedelta(hours=24)
BYTES_PER_TIB = 2**40
LEAST_COMPARED = 20
"""Jobs that two times must have in common before one is called slower than the other."""

SHOWN_SLOW = 10

Statement = tuple[str, str]
"""Kind and text of what a job ran."""


@dataclass(frozen=True, slots=True)
class SlowStatement:
    """A statement of the day, its duration and its usual duration.

    `seconds` is the median of its successful runs; `usual_seconds` that of the days before, None
    where it is new.
    """

    asset: str
    statement: str
    runs: int
    seconds: float
    usual_seconds: float | None


@dataclass(frozen=True, slots=True)
class Work:
    """The last 24 hours. None where it is unknown.

    `slowdown` is the duration of the day's successful jobs over that of the same statements before
    (median of each over the days before), minus 1. `slowest` are the day's slowest statements, most
    seconds in all first.
    """

    operations: int
    failures: Sequence[str]
    p95_seconds: float | None
    slowdown: float | None
    cost_usd: float
    slowest: Sequence[SlowStatement] = ()

    @property
    def error_rate(self) -> float | None:
        """Failed operations over all; None without any."""
        return len(self.failures) / self.operations if self.operations else None


def log_begins(now: dt.datetime, limits: HealthLimits) -> dt.datetime:
    """The instant from which the job log is needed."""
    return now - DAY - dt.timedelta(days=limits.slowdown_days)


def work_done(
    jobs: Iterable[Job], now: dt.datetime, procedures: Sequence[str], limits: HealthLimits
) -> Work:
    """Figures of the 24 hours before `now`, compared with the days before them.

    `procedures` are the names with which a procedure's refusals begin.
    """
    known = [job for job in jobs if log_begins(now, limits) <= job.started_at <= now]
    today = [job for job in known if job.started_at >= now - DAY]
    own = [job for job in today if is_own_work(job)]
    before = [job for job in known if job.started_at < now - DAY and is_own_work(job)]
    usual_seconds = {key: _median_seconds(jobs) for key, jobs in _by_statement(before).items()}
    return Work(
        operations=len(own),
        failures=[
            f"{job.kind} at {job.started_at:%Y-%m-%d %H:%M} UTC: {_first_line(job.error)}"
            for job in own
            if job.error is not None and not is_refusal(job, procedures)
        ],
        p95_seconds=_p95([job.duration_seconds for job in own]),
        slowdown=_slowdown(own, usual_seconds),
        cost_usd=sum(job.bytes_processed for job in today) * limits.usd_per_tib / BYTES_PER_TIB,
        slowest=_slowest(own, usual_seconds),
    )


def is_own_work(job: Job) -> bool:
    """Whether a job is EROS's own work: not monitoring, and not run by hand."""
    return "asset" in job.labels and "purpose" not in job.labels


def is_refusal(job: Job, procedures: Sequence[str]) -> bool:
    """Whether a procedure refused: its message begins with its name."""
    names = "|".join(map(re.escape, procedures))
    return job.error is not None and bool(names) and bool(re.search(rf"\b({names}): ", job.error))


def _first_line(text: str) -> str:
    return (text.strip().splitlines() or ["no message"])[0][:200]


def _p95(seconds: Sequence[float]) -> float | None:
    """The smallest value that 95 % of the values don't exceed (nearest rank)."""
    return sorted(seconds)[math.ceil(0.95 * len(seconds)) - 1] if seconds else None


def _by_statement(jobs: Iterable[Job]) -> dict[Statement, list[Job]]:
    """The successful runs of each statement."""
    runs: dict[Statement, list[Job]] = {}
    for job in jobs:
        if job.error is None:
            runs.setdefault((job.kind, job.statement), []).append(job)
    return runs


def _median_seconds(jobs: Sequence[Job]) -> float:
    return median(job.duration_seconds for job in jobs)


def _slowest(now: Sequence[Job], usual_seconds: Mapping[Statement, float]) -> list[SlowStatement]:
    found = [
        SlowStatement(
            asset=runs[0].labels["asset"],
            statement=_first_line(statement),
            runs=len(runs),
            seconds=_median_seconds(runs),
            usual_seconds=usual_seconds.get((kind, statement)),
        )
        for (kind, statement), runs in _by_statement(now).items()
    ]
    return sorted(found, key=lambda slow: -slow.runs * slow.seconds)[:SHOWN_SLOW]


def _slowdown(now: Sequence[Job], usual_seconds: Mapping[Statement, float]) -> float | None:
    compared = [
        (job.duration_seconds, usual_seconds[job.kind, job.statement])
        for job in now
        if job.error is None and (job.kind, job.statement) in usual_seconds
    ]
    expected = sum(usual for _, usual in compared)
    if len(compared) < LEAST_COMPARED or expected <= 0:
        return None
    return sum(seconds for seconds, _ in compared) / expected - 1
