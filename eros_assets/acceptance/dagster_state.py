"""What Dagster's instance knows that the acceptance looks at, as values."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

WEEKLY_JOB = "weekly_schedules"
"""The job that plans a whole week."""


@dataclass(frozen=True, slots=True)
class RunSeen:
    """A run. `status` is Dagster's (`SUCCESS`, `FAILURE`, ...); `week` its partition, if any."""

    run_id: str
    job: str
    status: str
    began: dt.datetime
    week: str | None = None

    @property
    def sentence(self) -> str:
        """One line for people."""
        of_week = f", week of {self.week}" if self.week else ""
        return f"{self.job}{of_week}, run {self.run_id[:8]} of {self.began:%Y-%m-%d %H:%M} UTC"


@dataclass(frozen=True, slots=True)
class DagsterState:
    """Runs, what is turned on, and the notice of the newest deployment.

    `day` are the runs of the last 24 hours, oldest first. `weekly` is the newest run of
    weekly_schedules for the week in question. `notice` is what became of the newest deployment's
    notice, None before the first.
    """

    day: Sequence[RunSeen] = ()
    weekly: RunSeen | None = None
    schedules_on: frozenset[str] = field(default_factory=frozenset[str])
    sensors_on: frozenset[str] = field(default_factory=frozenset[str])
    notice: str | None = None


def unrepaired(runs: Sequence[RunSeen]) -> list[RunSeen]:
    """The failed runs whose job has not succeeded since, for the same week."""
    newest = {(run.job, run.week): run for run in runs if run.status in ("SUCCESS", "FAILURE")}
    return [run for run in newest.values() if run.status == "FAILURE"]
