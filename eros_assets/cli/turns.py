"""A command's run waits for its turn: for the daemon that hands runs out, or for a free place."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import dagster as dg
from dagster._core.run_coordinator.queued_run_coordinator import QueuedRunCoordinator
from filelock import FileLock

from eros_assets.automation.launcher import LocalRunLauncher
from eros_assets.automation.workers import (
    COMMAND_TAG,
    IN_PROGRESS,
    described,
    end_dead_runs,
    worker_of,
)

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
        run = reloaded(instance, run_id)
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


def reloaded(instance: dg.DagsterInstance, run_id: str) -> dg.DagsterRun:
    """A run as it is stored now.

    Raises:
        RunStoppedError: somebody has removed it.
    """
    run = instance.get_run_by_id(run_id)
    if run is None:
        raise RunStoppedError
    return run
