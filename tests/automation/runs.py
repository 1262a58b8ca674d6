"""Dagster instances with the project's launcher and queue, and runs that others seem to execute."""

import os
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import dagster as dg
from dagster._core.remote_origin import (
    RegisteredCodeLocationOrigin,
    RemoteJobOrigin,
    RemoteRepositoryOrigin,
)

from eros_assets.automation.workers import HOST_TAG, PID_TAG, RUN_TAG

QUEUE = {
    "run_launcher": {
        "module": "eros_assets.automation.launcher",
        "class": "LocalRunLauncher",
    },
    "run_coordinator": {
        "module": "dagster.core.run_coordinator",
        "class": "QueuedRunCoordinator",
    },
    "concurrency": {"runs": {"max_concurrent_runs": 1}},
    "run_monitoring": {"enabled": True, "max_runtime_seconds": 7200},
}
ELSEWHERE = f"not-{socket.gethostname()}"


@dg.op
def nothing() -> None: ...


@dg.job(executor_def=dg.in_process_executor)
def quiet() -> None:
    nothing()


@contextmanager
def queued_instance() -> Iterator[dg.DagsterInstance]:
    """An instance in a folder of its own that runs one run at a time."""
    with dg.instance_for_test(overrides=QUEUE) as instance:
        yield instance


def run_of(
    instance: dg.DagsterInstance,
    status: dg.DagsterRunStatus = dg.DagsterRunStatus.STARTED,
    *,
    pid: int | None = None,
    host: str | None = None,
    tags: Mapping[str, str] = {},
) -> dg.DagsterRun:
    """A run in a status, as a process executes it that is tagged so far as it is given."""
    host = host or (socket.gethostname() if pid is not None else None)
    run_id = str(uuid.uuid4())
    given = {HOST_TAG: host}
    if pid is not None:
        given |= {PID_TAG: str(pid), RUN_TAG: run_id}
    return instance.create_run_for_job(
        quiet,
        run_id=run_id,
        status=status,
        remote_job_origin=RemoteJobOrigin(
            RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("elsewhere"), "__repository__"),
            quiet.name,
        ),
        tags={**tags, **{name: value for name, value in given.items() if value is not None}},
    )


def status_of(instance: dg.DagsterInstance, run: dg.DagsterRun | str) -> dg.DagsterRunStatus:
    """The status that is stored."""
    found = instance.get_run_by_id(run if isinstance(run, str) else run.run_id)
    assert found is not None
    return found.status


def messages(instance: dg.DagsterInstance, run_id: str, kind: dg.DagsterEventType) -> list[str]:
    """What a run's events of a kind say, in order."""
    entries = instance.all_logs(run_id, of_type=kind)
    return [str(entry.dagster_event.message) for entry in entries if entry.dagster_event]


def ended_process() -> int:
    """The number of a process that was there and is gone."""
    with subprocess.Popen([sys.executable, "-S", "-c", ""]) as process:
        process.wait()
    return process.pid


def this_process() -> int:
    """The number of the process that runs the tests."""
    return os.getpid()
