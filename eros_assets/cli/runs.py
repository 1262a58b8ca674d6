"""Runs of commands: launched through the Dagster instance, executed in the command's process.

A command has settings of its own (`EROS_WEEK`, `EROS_PAGES`), so its run is not handed to the code
server of `make dev`, which was started with others. It has a job origin like a run from the UI,
waits in the same queue, and can be cancelled from the UI.
"""

import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.definitions.reconstruct import ReconstructableRepository
from dagster._core.execution.api import execute_run_iterator
from dagster._core.execution.execute_in_process import merge_run_tags
from dagster._core.remote_origin import (
    RegisteredCodeLocationOrigin,
    RemoteJobOrigin,
    RemoteRepositoryOrigin,
)
from dagster._core.run_coordinator.queued_run_coordinator import QueuedRunCoordinator
from filelock import FileLock

from eros_assets.automation.launcher import LocalRunLauncher
from eros_assets.automation.workers import (
    COMMAND_TAG,
    IN_PROGRESS,
    described,
    end_dead_runs,
    tags_of_this_process,
    worker_of,
)
from eros_assets.settings import REPOSITORY, Settings

LOCATION = "eros_assets.definitions"
"""The module with the graph, and the name that Dagster gives its code location."""

QUEUE_DAEMON = "QUEUED_RUN_COORDINATOR"
HEARTBEAT_SECONDS = 60.0
"""The daemon gives a sign of life every 30 s; after this without one it is taken to be gone."""

HANDING_OUT_SECONDS = 20.0
"""A daemon that leaves a free place this long is taken to be gone, whatever its last sign says."""

POLL_SECONDS = 0.25
TELLING_SECONDS = 2.0
SWEEPING_SECONDS = 5.0


class RunStoppedError(Exception):
    """The run was cancelled, in the Dagster UI, while it waited for its turn."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A run that ended: its status, and what it reported."""

    run_id: str
    status: dg.DagsterRunStatus
    events: Sequence[dg.DagsterEvent] = ()

    @property
    def is_success(self) -> bool:
        """Whether it did all of its work."""
        return self.status is dg.DagsterRunStatus.SUCCESS

    @property
    def is_cancelled(self) -> bool:
        """Whether a person stopped it."""
        return self.status is dg.DagsterRunStatus.CANCELED

    @property
    def failures(self) -> Sequence[tuple[str | None, Any]]:
        """Each failed step with its error; of a run that failed outside of its steps, None."""
        steps = [e for e in self.events if e.is_step_failure]
        if steps:
            return [(e.step_key, e.step_failure_data.error) for e in steps]
        return [
            (None, e.job_failure_data.error or e.message)
            for e in self.events
            if e.event_type is dg.DagsterEventType.RUN_FAILURE
        ]

    @property
    def checks(self) -> Sequence[dg.AssetCheckEvaluation]:
        """Every check that was evaluated, in order."""
        return [
            e.asset_check_evaluation_data
            for e in self.events
            if e.event_type is dg.DagsterEventType.ASSET_CHECK_EVALUATION
        ]


@contextmanager
def opened_instance(settings: Settings) -> Generator[dg.DagsterInstance]:
    """The installation's Dagster instance; its storage is made when it is missing."""
    storage = settings.home / "dagster"
    os.environ.setdefault("DAGSTER_HOME", str(REPOSITORY))
    os.environ.setdefault("EROS_DAGSTER_STORAGE", str(storage))
    storage.mkdir(parents=True, exist_ok=True)
    with dg.DagsterInstance.get() as instance:
        yield instance


def launch(
    instance: dg.DagsterInstance,
    job: dg.JobDefinition,
    tell: Callable[[str], None],
    *,
    partition: str | None = None,
    run_config: Mapping[str, Any] | None = None,
    command: str = "",
) -> Ended:
    """Create a run, wait for its turn, execute it in this process.

    Args:
        instance: takes the run and its events.
        job: of the graph of `eros_assets.definitions`.
        tell: takes a line about what the run waits for.
        partition: the week, where the job has weeks.
        run_config: in place of the job's own.
        command: the words that were typed, for the run's tag.

    A run that is interrupted, by Ctrl-C or from the UI, ends as cancelled.
    """
    run = _create(instance, job, partition, run_config, command)
    events: list[dg.DagsterEvent] = []
    with _noted_interrupts() as interrupted:
        try:
            wait_for_turn(instance, run.run_id, tell)
            run = _reloaded(instance, run.run_id)
            for event in execute_run_iterator(InMemoryJob(job), run, instance):
                events.append(event)
                if event.is_step_failure and interrupted():
                    _report_canceling(instance, run.run_id)
                    # The step may have made an error of its own of it; this stops the next one.
                    signal.raise_signal(signal.SIGINT)
                elif event.is_step_success and _is_to_stop(instance, run.run_id):
                    signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            _cancel(instance, run.run_id)
        except RunStoppedError:
            pass
    return Ended(run.run_id, _reloaded(instance, run.run_id).status, events)


def _create(
    instance: dg.DagsterInstance,
    job: dg.JobDefinition,
    partition: str | None,
    run_config: Mapping[str, Any] | None,
    command: str,
) -> dg.DagsterRun:
    repository = ReconstructableRepository.for_module(LOCATION, "defs", str(REPOSITORY))
    if run_config is None:
        run_config = job.get_run_config_for_partition_key(partition) if partition else None
        run_config = run_config or job.run_config or {}
    tags = merge_run_tags(job, partition, {}, [], instance, run_config)
    return instance.create_run_for_job(
        job_def=job,
        run_config=run_config,
        tags={**tags, **tags_of_this_process(), **({COMMAND_TAG: command} if command else {})},
        remote_job_origin=RemoteJobOrigin(
            RemoteRepositoryOrigin(RegisteredCodeLocationOrigin(LOCATION), "__repository__"),
            job.name,
        ),
        job_code_origin=repository.get_reconstructable_job(job.name).get_python_origin(),
    )


def wait_for_turn(instance: dg.DagsterInstance, run_id: str, tell: Callable[[str], None]) -> None:
    """Wait until the run may begin; its status is STARTING then.

    Where a daemon hands runs out, it hands out this one too, in its turn. Without one, the run
    takes a place itself as soon as one is free.

    Raises:
        RunStoppedError: it was cancelled.
    """
    begun = swept = free_since = time.monotonic()
    told = ""
    while True:
        run = _reloaded(instance, run_id)
        if run.status is dg.DagsterRunStatus.STARTING:
            return
        if run.is_finished:
            raise RunStoppedError
        others = _in_the_way(instance)
        now = time.monotonic()
        if others:
            free_since = now
        is_handed_out = daemon_hands_out(instance)
        is_left_lying = now - free_since > HANDING_OUT_SECONDS
        if (not is_handed_out or is_left_lying) and _take_place(instance, run):
            return
        if is_handed_out and run.status is dg.DagsterRunStatus.NOT_STARTED:
            # The workspace is for coordinators that launch; the queue's takes the run alone.
            instance.submit_run(run_id, workspace=None)  # pyright: ignore[reportArgumentType]
        waits_for = "; ".join(others) or "the queue"
        if now - begun > TELLING_SECONDS and waits_for != told:
            tell(f"waits for {waits_for}")
            told = waits_for
        if now - swept > SWEEPING_SECONDS:
            for sentence in end_dead_runs(instance):
                tell(sentence)
            swept = now
        time.sleep(POLL_SECONDS)


def daemon_hands_out(instance: dg.DagsterInstance) -> bool:
    """Whether a daemon is there that hands the runs of commands out to their commands."""
    if not isinstance(instance.run_coordinator, QueuedRunCoordinator):
        return False
    if not isinstance(instance.run_launcher, LocalRunLauncher):
        return False
    heartbeat = instance.get_daemon_heartbeats().get(QUEUE_DAEMON)
    return heartbeat is not None and time.time() - heartbeat.timestamp < HEARTBEAT_SECONDS


def _take_place(instance: dg.DagsterInstance, run: dg.DagsterRun) -> bool:
    """Begin the run if a place is free; commands that look at the same time don't both get it."""
    with FileLock(Path(instance.root_directory) / "places.lock"):
        if _in_the_way(instance):
            return False
        instance.report_dagster_event(
            dg.DagsterEvent(
                event_type_value=dg.DagsterEventType.RUN_STARTING.value, job_name=run.job_name
            ),
            run_id=run.run_id,
        )
    return True


def _in_the_way(instance: dg.DagsterInstance) -> Sequence[str]:
    """The runs in progress where they fill every place, else none; each for people."""
    queue = instance.get_concurrency_config().run_queue_config
    places = queue.max_concurrent_runs if queue else -1
    records = instance.get_run_records(dg.RunsFilter(statuses=list(IN_PROGRESS)))
    if places < 0 or len(records) < places:
        return []
    return [_occupied_by(instance, record) for record in records]


def _occupied_by(instance: dg.DagsterInstance, record: dg.RunRecord) -> str:
    run = record.dagster_run
    worker = worker_of(instance, record)
    typed = run.tags.get(COMMAND_TAG)
    who = [f"`{typed}`"] if typed else []
    who.append(str(worker) if worker else "its process isn't known")
    return f"{described(run)}, {', '.join(who)}"


@contextmanager
def _noted_interrupts() -> Generator[Callable[[], bool]]:
    """Note that the process was asked to end, whoever handles the signal.

    Dagster exchanges the handlers from step to step, and a library may turn the interrupt into an
    error of its own; the descriptor of `signal.set_wakeup_fd` gets every signal.
    """
    asked = False
    reading, writing = socket.socketpair()
    reading.setblocking(False)
    writing.setblocking(False)
    before = signal.set_wakeup_fd(writing.fileno(), warn_on_full_buffer=False)

    def interrupted() -> bool:
        nonlocal asked
        with suppress(BlockingIOError):
            asked = asked or bool({signal.SIGINT, signal.SIGTERM} & set(reading.recv(4096)))
        return asked

    try:
        yield interrupted
    finally:
        signal.set_wakeup_fd(before)
        reading.close()
        writing.close()


def _is_to_stop(instance: dg.DagsterInstance, run_id: str) -> bool:
    """Whether somebody cancelled the run, or ended it for good, who couldn't reach the process."""
    run = _reloaded(instance, run_id)
    return run.is_finished or run.status is dg.DagsterRunStatus.CANCELING


def _report_canceling(instance: dg.DagsterInstance, run_id: str) -> None:
    run = _reloaded(instance, run_id)
    if not run.is_finished and run.status is not dg.DagsterRunStatus.CANCELING:
        instance.report_run_canceling(run, "The command was interrupted (Ctrl-C).")


def _cancel(instance: dg.DagsterInstance, run_id: str) -> None:
    run = _reloaded(instance, run_id)
    if not run.is_finished:
        instance.report_run_canceled(run, "The command was interrupted (Ctrl-C).")


def _reloaded(instance: dg.DagsterInstance, run_id: str) -> dg.DagsterRun:
    run = instance.get_run_by_id(run_id)
    if run is None:
        raise RunStoppedError
    return run


def typed_words() -> str:
    """The command as it was typed, without the program."""
    return " ".join(sys.argv[1:])
