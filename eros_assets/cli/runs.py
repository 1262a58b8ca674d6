"""Runs of commands: launched through the Dagster instance, executed in the command's process.

A command has settings of its own (`EROS_WEEK`, `EROS_PAGES`), so its run is not handed to the code
server of `make dev`, which was started with others. It has a job origin like a run from the UI,
waits in the same queue, and can be cancelled from the UI.
"""

import signal
import socket
import sys
import uuid
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
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
from dagster._core.storage.event_log.sqlite import sqlite_event_log
from dagster._core.storage.runs.sqlite import sqlite_run_storage

from eros_assets.automation.workers import COMMAND_TAG, tags_of_this_process
from eros_assets.cli.dagster_home import LOCATION, dagster_storage
from eros_assets.cli.turns import RunStoppedError, reloaded, wait_for_turn
from eros_assets.settings import REPOSITORY, Settings


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
    dagster_storage(settings)
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
    events: list[dg.DagsterEvent] = []
    with ExitStack() as held:
        held.enter_context(_connections_kept())
        run = _create(instance, job, partition, run_config, command)
        held.enter_context(interruptible())
        interrupted = held.enter_context(_noted_interrupts())
        try:
            wait_for_turn(instance, run.run_id, tell)
            run = reloaded(instance, run.run_id)
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
    return Ended(run.run_id, reloaded(instance, run.run_id).status, events)


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
    run_id = str(uuid.uuid4())
    return instance.create_run_for_job(
        job_def=job,
        run_id=run_id,
        run_config=run_config,
        tags={
            **tags,
            **tags_of_this_process(run_id),
            **({COMMAND_TAG: command} if command else {}),
        },
        remote_job_origin=RemoteJobOrigin(
            RemoteRepositoryOrigin(RegisteredCodeLocationOrigin(LOCATION), "__repository__"),
            job.name,
        ),
        job_code_origin=repository.get_reconstructable_job(job.name).get_python_origin(),
    )


@contextmanager
def _connections_kept() -> Generator[None]:
    """Let Dagster's SQLite storages take the engine again that they had for a file, connected.

    They make one for each of their statements, and with it connect and compile the statement anew,
    which takes longer than to run it. Whoever closes a file of events last writes its journal back
    into it, which takes longer than an event: here that is done once, at the end.
    """
    engines: dict[str, Any] = {}
    modules: list[Any] = [sqlite_event_log, sqlite_run_storage]
    create_engine = modules[0].create_engine
    with ExitStack() as endings:

        def engine(url: str, **options: Any) -> Any:
            if url not in engines:
                # SQLAlchemy's own pool for files, in place of one that keeps no connection.
                made = create_engine(url, **{**options, "poolclass": None})
                endings.callback(made.dispose)
                made.dispose = lambda: None  # Dagster empties the pool after each statement
                engines[url] = made
            return engines[url]

        for module in modules:
            endings.callback(setattr, module, "create_engine", create_engine)
            module.create_engine = engine
        yield


@contextmanager
def interruptible() -> Generator[None]:
    """Let SIGINT and SIGTERM interrupt a command, however its process was started.

    A script's background jobs are started with SIGINT ignored, and Dagster gives SIGTERM the
    handler of SIGINT: neither the UI nor `kill` would end such a command.
    """
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    handler = before[signal.SIGINT]
    for number in before:
        signal.signal(number, handler if callable(handler) else signal.default_int_handler)
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)


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
    run = reloaded(instance, run_id)
    return run.is_finished or run.status is dg.DagsterRunStatus.CANCELING


def _report_canceling(instance: dg.DagsterInstance, run_id: str) -> None:
    run = reloaded(instance, run_id)
    if not run.is_finished and run.status is not dg.DagsterRunStatus.CANCELING:
        instance.report_run_canceling(run, "The command was interrupted (Ctrl-C).")


def _cancel(instance: dg.DagsterInstance, run_id: str) -> None:
    run = reloaded(instance, run_id)
    if not run.is_finished:
        instance.report_run_canceled(run, "The command was interrupted (Ctrl-C).")


def typed_words() -> str:
    """The command as it was typed, without the program."""
    return " ".join(sys.argv[1:])
