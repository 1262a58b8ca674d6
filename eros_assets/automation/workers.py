"""The processes that execute runs, and the end of runs whose process is gone.

A command executes its run in its own process, and tags the run with it. Of a run that a code server
executes, the launcher tags the machine, and Dagster's log has the process. A run whose process is
on another machine is left alone; one whose process isn't known, for the longest time of a run.
"""

import os
import socket
import time
from dataclasses import dataclass
from typing import Any

import dagster as dg

# Dagster shows no tags that begin so, and people have no use for these.
HOST_TAG = ".dagster/eros/host"
PID_TAG = ".dagster/eros/pid"
RUN_TAG = ".dagster/eros/run"
"""Names the run that the process executes: who launches a run again in the UI copies its tags."""

COMMAND_TAG = "eros/command"

WAITING = (dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.QUEUED)
IN_PROGRESS = (
    *(dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED),
    dg.DagsterRunStatus.CANCELING,
)
"""Runs that have a place among `max_concurrent_runs`."""

CLOCK_SECONDS = 2.0
"""A process that began this much later than it was seen is another one with the same number."""


@dataclass(frozen=True, slots=True)
class Worker:
    """The process that executes a run; `seen_at`, epoch seconds, is when it was known to live."""

    host: str
    pid: int
    seen_at: float

    @property
    def is_here(self) -> bool:
        """Whether it belongs to this machine, so that it can be looked for."""
        return self.host == socket.gethostname()

    @property
    def lives(self) -> bool:
        """Whether it is there; meaningful on its own machine alone."""
        import psutil

        try:
            process = psutil.Process(self.pid)
            if process.status() == psutil.STATUS_ZOMBIE:
                return False
            return process.create_time() <= self.seen_at + CLOCK_SECONDS
        except psutil.NoSuchProcess:
            return False
        except psutil.AccessDenied:  # it is somebody's, and it is there
            return True

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}"


def tags_of_this_process(run_id: str) -> dict[str, str]:
    """Tags of a run that this process executes."""
    return {HOST_TAG: socket.gethostname(), PID_TAG: str(os.getpid()), RUN_TAG: run_id}


def is_of_a_command(run: dg.DagsterRun) -> bool:
    """Whether a command executes the run in its own process."""
    return run.tags.get(RUN_TAG) == run.run_id


def worker_of(instance: dg.DagsterInstance, record: dg.RunRecord) -> Worker | None:
    """The process that executes a run, or that waits to; None when it isn't known."""
    run = record.dagster_run
    host = run.tags.get(HOST_TAG)
    if host is None:
        return None
    if is_of_a_command(run):
        return Worker(host, int(run.tags[PID_TAG]), record.create_timestamp.timestamp())
    for entry in instance.all_logs(run.run_id, of_type=dg.DagsterEventType.ENGINE_EVENT):
        data: Any = entry.dagster_event.event_specific_data if entry.dagster_event else None
        if data is not None and "pid" in data.metadata:
            return Worker(host, int(data.metadata["pid"].value), entry.timestamp)
    return None


def end_dead_runs(instance: dg.DagsterInstance) -> list[str]:
    """End every run that isn't finished and whose process, on this machine, is gone.

    One that waited for its turn is cancelled; one that had begun has failed. A sentence for each.
    """
    records = instance.get_run_records(dg.RunsFilter(statuses=[*WAITING, *IN_PROGRESS]))
    return [said for record in records if (said := _end_if_dead(instance, record)) is not None]


def _end_if_dead(instance: dg.DagsterInstance, record: dg.RunRecord) -> str | None:
    worker = worker_of(instance, record)
    if worker is None:
        return _end_if_overdue(instance, record)
    if not worker.is_here or worker.lives:
        return None
    # Read again: a process that ended by itself has written how its run ended before it went.
    run = instance.get_run_by_id(record.dagster_run.run_id)
    if run is None or run.is_finished:
        return None
    if run.status in WAITING:
        cause = f"Its command ended before its turn came ({worker})."
        instance.report_run_canceled(run, cause)
        return f"{described(run)} is cancelled: {cause}"
    cause = cause_of_death(worker)
    if run.status is dg.DagsterRunStatus.CANCELING:
        instance.report_run_canceled(run, cause)
    else:
        instance.report_run_failed(run, cause)
    return f"{described(run)} is ended: {cause}"


def _end_if_overdue(instance: dg.DagsterInstance, record: dg.RunRecord) -> str | None:
    """End a run whose process isn't known as run monitoring would, where no daemon does."""
    run, longest = record.dagster_run, instance.run_monitoring_max_runtime_seconds
    began = record.start_time or record.update_timestamp.timestamp()
    if HOST_TAG in run.tags or run.status in WAITING or not 0 < longest < time.time() - began:
        return None
    cause = f"Its process isn't known, and it is under way for more than {longest} s."
    instance.report_run_failed(run, cause)
    return f"{described(run)} is ended: {cause}"


def cause_of_death(worker: Worker) -> str:
    """What is known of a run whose process is gone."""
    return (
        f"Its process is gone ({worker}): it was killed, or the machine stopped. Steps that had "
        "finished stay done; run it again, and it starts from what is there."
    )


def described(run: dg.DagsterRun) -> str:
    """A run for people: its job, its week, the beginning of its id."""
    week = run.tags.get("dagster/partition")
    return f"{run.job_name}{f', week of {week}' if week else ''} (run {run.run_id[:8]})"
