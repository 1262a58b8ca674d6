"""A run whose process is gone is ended with true words; every other run is left alone."""

import json
import logging
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any, cast

import dagster as dg
import pytest
from dagster._core.events import EngineEventData
from dagster._core.launcher.base import LaunchRunContext, WorkerStatus
from dagster._daemon.monitoring.run_monitoring import execute_run_monitoring_iteration
from dagster._utils import DebugCrashFlags

from eros_assets.automation import workers
from eros_assets.automation.launcher import LocalRunLauncher, NobodyWaitsError
from eros_assets.automation.workers import HOST_TAG, Worker, end_dead_runs, worker_of
from eros_assets.settings import REPOSITORY
from tests.automation.runs import (
    ELSEWHERE,
    ended_process,
    messages,
    queued_instance,
    run_of,
    status_of,
    this_process,
)

FAILURE = dg.DagsterEventType.RUN_FAILURE
CANCELED = dg.DagsterEventType.RUN_CANCELED
Status = dg.DagsterRunStatus
LONGEST = 7200
clock = time.time


@pytest.fixture(scope="module")
def shared() -> Iterator[dg.DagsterInstance]:
    with queued_instance() as made:
        yield made


@pytest.fixture
def instance(shared: dg.DagsterInstance) -> dg.DagsterInstance:
    shared.wipe()
    return shared


@pytest.fixture
def other() -> Iterator[subprocess.Popen[bytes]]:
    """A process that lives, and that an interrupt ends, also where those of this process don't."""
    code = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); print(); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-S", "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as it:
        assert it.stdout is not None
        it.stdout.read(1)
        yield it
        it.kill()


@pytest.mark.parametrize("status", [Status.STARTING, Status.STARTED])
def test_a_run_whose_process_is_gone_has_failed(
    instance: dg.DagsterInstance, status: dg.DagsterRunStatus
) -> None:
    pid = ended_process()
    run = run_of(instance, status, pid=pid, tags={"dagster/partition": "2025-11-03"})
    [said] = end_dead_runs(instance)
    assert said.startswith(f"quiet, week of 2025-11-03 (run {run.run_id[:8]}) is ended: Its ")
    assert status_of(instance, run) is Status.FAILURE
    [cause] = messages(instance, run.run_id, FAILURE)
    assert cause.startswith(f"Its process is gone (process {pid} on {socket.gethostname()}): ")
    assert end_dead_runs(instance) == []


@pytest.mark.parametrize("status", [Status.NOT_STARTED, Status.CANCELING])
def test_a_run_that_had_not_begun_or_was_being_cancelled_is_cancelled(
    instance: dg.DagsterInstance, status: dg.DagsterRunStatus
) -> None:
    run = run_of(instance, status, pid=ended_process())
    assert len(end_dead_runs(instance)) == 1
    assert status_of(instance, run) is Status.CANCELED
    assert len(messages(instance, run.run_id, CANCELED)) == 1


def test_a_run_that_lives_or_is_elsewhere_or_has_no_known_process_is_left_alone(
    instance: dg.DagsterInstance,
) -> None:
    gone = ended_process()
    runs = [
        run_of(instance, pid=this_process()),
        run_of(instance, pid=gone, host=ELSEWHERE),
        run_of(instance),
        run_of(instance, host=socket.gethostname()),
    ]
    assert end_dead_runs(instance) == []
    assert {status_of(instance, run) for run in runs} == {Status.STARTED}


def test_a_run_without_a_known_process_is_ended_after_the_longest_time(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    unknown, elsewhere = run_of(instance), run_of(instance, host=ELSEWHERE)
    monkeypatch.setattr(workers.time, "time", lambda: clock() + LONGEST - 60)
    assert end_dead_runs(instance) == []
    monkeypatch.setattr(workers.time, "time", lambda: clock() + LONGEST + 60)
    assert len(end_dead_runs(instance)) == 1
    assert status_of(instance, unknown) is Status.FAILURE
    [said] = messages(instance, unknown.run_id, FAILURE)
    assert said == "Its process isn't known, and it is under way for more than 7200 s."
    assert status_of(instance, elsewhere) is Status.STARTED


def test_a_run_that_ended_by_itself_keeps_its_end(instance: dg.DagsterInstance) -> None:
    run = run_of(instance, pid=ended_process())
    [record] = instance.get_run_records(dg.RunsFilter(run_ids=[run.run_id]))
    instance.report_run_canceled(run)
    assert record.dagster_run.status is Status.STARTED  # as it was read before
    assert end_dead_runs(instance) == []
    assert messages(instance, run.run_id, FAILURE) == []


def test_a_process_with_the_number_of_one_that_is_gone_is_another() -> None:
    here = socket.gethostname()
    assert Worker(here, this_process(), time.time()).lives
    assert not Worker(here, this_process(), seen_at=time.time() - 10**8).lives


def test_a_process_that_nobody_waited_for_is_gone() -> None:
    with subprocess.Popen([sys.executable, "-S", "-c", ""], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.read()  # it has ended, and is a zombie until it is waited for
        latest = time.monotonic() + 10
        worker = Worker(socket.gethostname(), process.pid, time.time())
        while worker.lives and time.monotonic() < latest:
            time.sleep(0.01)
        assert process.returncode is None
        assert not worker.lives


def test_the_process_of_a_run_from_the_ui_is_read_from_its_log(
    instance: dg.DagsterInstance,
) -> None:
    pid = ended_process()
    run = run_of(instance, host=socket.gethostname())
    instance.report_engine_event("Started process.", run, EngineEventData.in_process(pid))
    [record] = instance.get_run_records(dg.RunsFilter(run_ids=[run.run_id]))
    worker = worker_of(instance, record)
    assert worker is not None
    assert (worker.host, worker.pid) == (socket.gethostname(), pid)
    assert len(end_dead_runs(instance)) == 1
    assert status_of(instance, run) is Status.FAILURE


# The launcher


def launcher(instance: dg.DagsterInstance) -> LocalRunLauncher:
    found = instance.run_launcher
    assert isinstance(found, LocalRunLauncher)
    return found


def test_the_run_of_a_command_is_left_to_it(instance: dg.DagsterInstance) -> None:
    run = run_of(instance, Status.STARTING, pid=this_process())
    launcher(instance).launch_run(LaunchRunContext(run, workspace=None))
    assert status_of(instance, run) is Status.STARTING


def test_a_run_whose_command_is_gone_is_not_launched(instance: dg.DagsterInstance) -> None:
    run = run_of(instance, Status.STARTING, pid=ended_process())
    with pytest.raises(NobodyWaitsError, match="ended before its turn came"):
        launcher(instance).launch_run(LaunchRunContext(run, workspace=None))


def test_a_run_from_the_ui_is_launched_as_dagster_does_and_tagged_with_the_machine(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dagster._core.launcher.default_run_launcher import DefaultRunLauncher

    def launched(it: DefaultRunLauncher, context: LaunchRunContext) -> None:
        place = {"host": "localhost", "socket": "/tmp/x"} if here else {"host": "code.example.com"}
        tag = {".dagster/grpc_info": json.dumps(place)}
        instance.add_run_tags(context.dagster_run.run_id, tag)

    monkeypatch.setattr(DefaultRunLauncher, "launch_run", launched)
    # The second is a command's run that is launched again in the UI, which copies its tags.
    commands = run_of(instance, Status.SUCCESS, pid=ended_process())
    kept = {k: v for k, v in commands.tags.items() if k != HOST_TAG}
    for here, tags in ((False, {}), (True, kept)):
        run = run_of(instance, Status.STARTING, tags=tags)
        launcher(instance).launch_run(LaunchRunContext(run, workspace=None))
        found = instance.get_run_by_id(run.run_id)
        assert found is not None
        assert found.tags.get(HOST_TAG) == (socket.gethostname() if here else None)


def test_a_command_is_interrupted_when_its_run_is_cancelled_in_the_ui(
    instance: dg.DagsterInstance, other: subprocess.Popen[bytes]
) -> None:
    run = run_of(instance, pid=other.pid)
    assert launcher(instance).terminate(run.run_id)
    assert status_of(instance, run) is Status.CANCELING
    assert other.wait(timeout=10) in (-signal.SIGINT, 1, 130)


def test_a_command_elsewhere_is_asked_and_one_that_is_gone_is_cancelled(
    instance: dg.DagsterInstance,
) -> None:
    elsewhere = run_of(instance, pid=this_process(), host=ELSEWHERE)
    gone = run_of(instance, pid=ended_process())
    assert launcher(instance).terminate(elsewhere.run_id)
    assert launcher(instance).terminate(gone.run_id)
    assert status_of(instance, elsewhere) is Status.CANCELING
    assert status_of(instance, gone) is Status.CANCELED
    assert not launcher(instance).terminate(gone.run_id)


def test_monitoring_ends_a_run_whose_process_is_gone_and_no_other(
    instance: dg.DagsterInstance,
) -> None:
    gone = run_of(instance, pid=ended_process())
    lives = run_of(instance, pid=this_process())
    unknown = run_of(instance)

    class Context:
        def __init__(self) -> None:
            self.instance = instance

        def create_request_context(self) -> None: ...

    list(
        execute_run_monitoring_iteration(
            cast("Any", Context()), logging.getLogger("test"), cast("DebugCrashFlags", None)
        )
    )
    assert status_of(instance, gone) is Status.FAILURE
    assert "Its process is gone" in messages(instance, gone.run_id, FAILURE)[0]
    assert {status_of(instance, run) for run in (lives, unknown)} == {Status.STARTED}
    assert launcher(instance).check_run_worker_health(lives).status is WorkerStatus.RUNNING


def test_dagster_yaml_has_this_launcher_the_queue_and_a_longest_time(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EROS_DAGSTER_STORAGE", str(tmp_path / "dagster"))
    with dg.DagsterInstance.from_config(str(REPOSITORY)) as installed:
        assert isinstance(installed.run_launcher, LocalRunLauncher)
        queue = installed.get_concurrency_config().run_queue_config
        assert queue is not None
        assert queue.max_concurrent_runs == 1
        assert installed.run_monitoring_enabled
        assert 0 < installed.run_monitoring_max_runtime_seconds <= 4 * 3600
