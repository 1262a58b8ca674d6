"""A command's run is launched like one from the UI, waits for its turn, and can be cancelled."""

import contextlib
import multiprocessing
import os
import re
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import dagster as dg
import pytest
import yaml
from dagster._core.storage.event_log.sqlite.sqlite_event_log import (
    INDEX_SHARD_NAME,
    SqliteEventLogStorage,
)
from dagster._core.test_utils import create_test_daemon_workspace_context
from dagster._core.workspace.load_target import EmptyWorkspaceTarget
from dagster._daemon.run_coordinator.queued_run_coordinator_daemon import (
    QueuedRunCoordinatorDaemon,
)

from eros_assets.automation.console import CONSOLE_LOGGER, console
from eros_assets.automation.workers import COMMAND_TAG, HOST_TAG, PID_TAG, end_dead_runs
from eros_assets.cli import turns
from eros_assets.cli.dagster_home import LOCATION
from eros_assets.cli.runs import Ended, launch
from eros_assets.settings import REPOSITORY
from tests.automation.runs import (
    ELSEWHERE,
    ended_process,
    messages,
    queued_instance,
    quiet,
    run_of,
    status_of,
    this_process,
)

WEEKS = dg.WeeklyPartitionsDefinition("2025-11-03", day_offset=1, end_offset=1)
Status = dg.DagsterRunStatus
Event = dg.DagsterEventType
LOGGED = {"config": CONSOLE_LOGGER, "logger_defs": {"console": console}}


@pytest.fixture(scope="module")
def shared() -> Iterator[dg.DagsterInstance]:
    with queued_instance() as made:
        yield made


@pytest.fixture
def instance(shared: dg.DagsterInstance) -> dg.DagsterInstance:
    shared.wipe()
    shared.wipe_daemon_heartbeats()
    return shared


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "POLL_SECONDS", 0.02)
    monkeypatch.setattr(turns, "TELLING_SECONDS", 0.0)


@dg.asset(partitions_def=WEEKS)
def sown() -> dg.MaterializeResult[None]:
    return dg.MaterializeResult(metadata={"dagster/row_count": 1234})


def journals(instance: dg.DagsterInstance, run_id: str) -> list[bool]:
    """Whether what was written into the run's files of events last is in their journals still."""
    events = instance.event_log_storage
    assert isinstance(events, SqliteEventLogStorage)
    names = (run_id, INDEX_SHARD_NAME)
    return [Path(f"{events.path_for_shard(name)}-wal").exists() for name in names]


@dg.asset
def looked_at(context: dg.AssetExecutionContext) -> None:
    assert journals(context.instance, context.run_id) == [True, True]


@dg.op
def fails() -> None:
    raise ValueError("row 7: no seed\nrow 9: no seed")


@dg.op(ins={"after": dg.In(dg.Nothing)})
def follows() -> None: ...


@dg.job(executor_def=dg.in_process_executor, **LOGGED)
def broken() -> None:
    follows(fails())


@dg.op
def is_interrupted() -> None:
    signal.raise_signal(signal.SIGINT)


@dg.op
def makes_an_error_of_it() -> None:
    try:
        signal.raise_signal(signal.SIGINT)
    except BaseException:
        raise RuntimeError("Query interrupted") from None


@dg.op
def later() -> None: ...


@dg.job(executor_def=dg.in_process_executor, **LOGGED)
def interrupted() -> None:
    follows(is_interrupted())


@dg.job(executor_def=dg.in_process_executor, **LOGGED)
def interrupted_within() -> None:
    makes_an_error_of_it()
    later.alias("zz_later")()  # independent, and sorted behind it


@dg.op
def is_cancelled_elsewhere(context: dg.OpExecutionContext) -> None:
    run = context.instance.get_run_by_id(context.run_id)
    assert run is not None
    context.instance.report_run_canceling(run, "Sending run termination request.")


@dg.job(executor_def=dg.in_process_executor, **LOGGED)
def cancelled_elsewhere() -> None:
    follows(is_cancelled_elsewhere())


@dg.op
def sleeps() -> None:
    time.sleep(60)


@dg.job(executor_def=dg.in_process_executor)
def slow() -> None:
    sleeps()


def executed(ended: Ended) -> list[str]:
    return [str(e.step_key) for e in ended.events if e.event_type is Event.STEP_START]


@contextlib.contextmanager
def meanwhile(work: Callable[[], None]) -> Iterator[None]:
    """Do something in another thread; what goes wrong there, fails the test."""
    wrong: list[BaseException] = []

    def guarded() -> None:
        try:
            work()
        except BaseException as error:  # it is raised below
            wrong.append(error)

    thread = threading.Thread(target=guarded)
    thread.start()
    try:
        yield
    finally:
        thread.join(30)
        assert not thread.is_alive()
    if wrong:
        raise wrong[0]


def awaited(found: Callable[[], bool]) -> None:
    latest = time.monotonic() + 20
    while not found():
        assert time.monotonic() < latest
        time.sleep(0.02)


# What the instance has of it


def test_it_stands_where_the_ui_looks_for_the_job_s_runs(instance: dg.DagsterInstance) -> None:
    ended = launch(instance, quiet, print, command="health --json")
    assert ended.is_success
    label = {".dagster/repository": f"__repository__@{LOCATION}"}
    [run] = instance.get_runs(dg.RunsFilter(job_name="quiet", tags=label))
    assert run.run_id == ended.run_id
    assert run.job_code_origin is not None
    assert run.tags[COMMAND_TAG] == "health --json"
    assert (run.tags[HOST_TAG], run.tags[PID_TAG]) == (socket.gethostname(), str(os.getpid()))


def test_its_files_of_events_are_open_from_its_beginning_to_its_end(
    instance: dg.DagsterInstance,
) -> None:
    job = dg.define_asset_job("looking", [looked_at], executor_def=dg.in_process_executor)
    looking = dg.Definitions([looked_at], jobs=[job]).resolve_job_def("looking")
    ended = launch(instance, looking, print)
    assert ended.is_success, ended.failures
    assert journals(instance, ended.run_id) == [False, False]


def test_its_location_is_the_one_that_the_workspace_loads() -> None:
    workspace = yaml.safe_load((REPOSITORY / "workspace.yaml").read_text("utf-8"))
    assert workspace == {"load_from": [{"python_module": LOCATION}]}


def test_a_week_s_run_is_of_its_partition_and_says_its_rows(
    instance: dg.DagsterInstance, capfd: pytest.CaptureFixture[str]
) -> None:
    made = dg.define_asset_job("sow", selection=[sown], config=CONSOLE_LOGGER)
    definitions = dg.Definitions(
        [sown], jobs=[made], loggers={"console": console}, executor=dg.in_process_executor
    )
    ended = launch(instance, definitions.resolve_job_def("sow"), print, partition="2025-11-10")
    assert ended.is_success
    run = instance.get_run_by_id(ended.run_id)
    assert run is not None
    assert run.tags["dagster/partition"] == "2025-11-10"
    assert run.run_config == CONSOLE_LOGGER
    assert instance.get_materialized_partitions(dg.AssetKey("sown")) == {"2025-11-10"}
    assert re.fullmatch(r"  sown +\d+\.\d s +1,234 rows\n", capfd.readouterr().out)


def test_a_week_that_does_not_exist_makes_no_run(instance: dg.DagsterInstance) -> None:
    job = dg.Definitions([sown], jobs=[dg.define_asset_job("sow", [sown])]).resolve_job_def("sow")
    with pytest.raises(dg.DagsterUnknownPartitionError):
        launch(instance, job, print, partition="2025-11-11")
    assert instance.get_runs() == []


def test_a_failure_is_kept_and_said_in_one_line(
    instance: dg.DagsterInstance, capfd: pytest.CaptureFixture[str]
) -> None:
    ended = launch(instance, broken, print)
    assert ended.status is Status.FAILURE
    assert not ended.is_cancelled
    [(step, _)] = ended.failures
    assert step == "fails"
    assert executed(ended) == ["fails"]
    assert "  fails failed: ValueError: row 7: no seed\n" in capfd.readouterr().out
    assert len(messages(instance, ended.run_id, Event.RUN_FAILURE)) == 1


# Its turn


def test_it_waits_for_the_run_in_progress_and_says_for_which(
    instance: dg.DagsterInstance,
) -> None:
    said: list[str] = []
    tags = {COMMAND_TAG: "week", "dagster/partition": "2025-11-03"}
    other = run_of(instance, pid=this_process(), tags=tags)

    def end_the_other() -> None:
        awaited(lambda: bool(said))
        assert status_of(instance, other) is Status.STARTED
        assert instance.get_runs_count(dg.RunsFilter(statuses=[Status.STARTED])) == 1
        instance.report_run_canceled(other)

    with meanwhile(end_the_other):
        ended = launch(instance, quiet, said.append)
    assert ended.is_success
    place = f"process {os.getpid()} on {socket.gethostname()}"
    name = f"quiet, week of 2025-11-03 (run {other.run_id[:8]})"
    assert said == [f"waits for {name}, `week`, {place}"]


def test_it_does_not_wait_for_a_run_whose_process_dies_meanwhile(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "SWEEPING_SECONDS", 0.1)
    said: list[str] = []
    dead = run_of(instance, pid=ended_process())
    assert launch(instance, quiet, said.append).is_success
    assert status_of(instance, dead) is Status.FAILURE
    assert [line for line in said if "Its process is gone" in line]


def test_a_run_that_nobody_hands_out_is_not_waited_for(instance: dg.DagsterInstance) -> None:
    """One that `make dev` left in its queue, when it ended."""
    left = run_of(instance, Status.QUEUED)
    assert launch(instance, quiet, print).is_success
    assert status_of(instance, left) is Status.QUEUED


@contextlib.contextmanager
def queue_daemon(instance: dg.DagsterInstance) -> Iterator[Callable[[], None]]:
    """Dagster's own queue; each call of what it gives is one look of the daemon."""
    signs_of_life(instance)
    with (
        dg.DagsterInstance.from_ref(instance.get_ref()) as own,
        create_test_daemon_workspace_context(EmptyWorkspaceTarget(), own) as workspace,
        QueuedRunCoordinatorDaemon(interval_seconds=1) as daemon,
    ):

        def look() -> None:
            for _ in daemon.run_iteration(workspace):
                pass

        yield look


def signs_of_life(instance: dg.DagsterInstance) -> None:
    from dagster._daemon.types import DaemonHeartbeat

    instance.add_daemon_heartbeat(DaemonHeartbeat(time.time(), turns.QUEUE_DAEMON, "test", []))


def test_a_daemon_hands_it_out_in_its_turn(instance: dg.DagsterInstance) -> None:
    said: list[str] = []
    other = run_of(instance, pid=this_process(), host=ELSEWHERE)

    def hand_out() -> None:
        with queue_daemon(instance) as look:
            awaited(lambda: instance.get_runs_count(dg.RunsFilter(statuses=[Status.QUEUED])) == 1)
            look()
            assert instance.get_runs_count(dg.RunsFilter(statuses=[Status.QUEUED])) == 1
            instance.report_run_canceled(other)
            look()

    signs_of_life(instance)
    with meanwhile(hand_out):
        ended = launch(instance, quiet, said.append)
    assert ended.is_success
    assert said[0].endswith(f"process {os.getpid()} on {ELSEWHERE}")
    status = {Event.RUN_ENQUEUED, Event.RUN_STARTING, Event.RUN_START, Event.RUN_SUCCESS}
    seen = [entry.dagster_event_type for entry in instance.all_logs(ended.run_id, of_type=status)]
    assert seen == [Event.RUN_ENQUEUED, Event.RUN_STARTING, Event.RUN_START, Event.RUN_SUCCESS]


def test_a_daemon_that_was_killed_is_not_waited_for_long(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "HANDING_OUT_SECONDS", 0.3)
    signs_of_life(instance)
    begun = time.monotonic()
    assert launch(instance, quiet, print).is_success
    assert time.monotonic() - begun >= 0.3


def test_without_the_launcher_the_queue_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Dagster's own launcher would execute the run with the settings of the code server."""
    with dg.instance_for_test() as instance:
        signs_of_life(instance)
        ended = launch(instance, quiet, print)
        assert ended.is_success
        assert messages(instance, ended.run_id, Event.RUN_ENQUEUED) == []


# Its end


@pytest.mark.parametrize("job", [interrupted, interrupted_within])
def test_an_interrupt_cancels_it(
    instance: dg.DagsterInstance, job: dg.JobDefinition, capfd: pytest.CaptureFixture[str]
) -> None:
    before = signal.getsignal(signal.SIGINT)
    ended = launch(instance, job, print)
    assert ended.is_cancelled
    assert status_of(instance, ended.run_id) is Status.CANCELED
    assert not [e for e in ended.events if e.step_key == "zz_later" and e.is_step_success]
    [said] = messages(instance, ended.run_id, Event.RUN_CANCELING)
    assert said == "The command was interrupted (Ctrl-C)."
    assert messages(instance, ended.run_id, Event.RUN_FAILURE) == []
    assert signal.getsignal(signal.SIGINT) is before
    assert launch(instance, quiet, print).is_success, "the interrupt is spent"


def test_one_that_was_cancelled_from_afar_stops_at_the_end_of_its_step(
    instance: dg.DagsterInstance,
) -> None:
    ended = launch(instance, cancelled_elsewhere, print)
    assert ended.is_cancelled
    assert not [e for e in ended.events if e.step_key == "follows" and e.is_step_success]


@pytest.fixture(params=[signal.default_int_handler, signal.SIG_IGN], ids=["shell", "background"])
def started_by(request: pytest.FixtureRequest) -> Iterator[object]:
    """The handler of SIGINT that a command finds: a script's background jobs ignore it."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    signal.signal(signal.SIGINT, request.param)
    yield request.param
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("by", ["ui", "SIGINT", "SIGTERM"])
def test_one_that_waits_is_cancelled(
    instance: dg.DagsterInstance, by: str, started_by: object
) -> None:
    said: list[str] = []
    other = run_of(instance, pid=this_process())

    def cancel() -> None:
        awaited(lambda: bool(said))
        if by != "ui":
            os.kill(os.getpid(), signal.Signals[by])
            return
        [mine] = [r for r in instance.get_runs() if r.run_id != other.run_id]
        assert instance.run_coordinator.cancel_run(mine.run_id)

    if by == "ui":
        signs_of_life(instance)
    with meanwhile(cancel):
        ended = launch(instance, quiet, said.append)
    assert ended.is_cancelled
    assert ended.events == []
    assert signal.getsignal(signal.SIGINT) is started_by


def _launch_slowly(reference: dg.DagsterInstance) -> None:
    with dg.DagsterInstance.from_ref(reference.get_ref()) as own:
        launch(own, slow, print)


def test_one_that_is_killed_in_a_step_is_ended_by_the_next(instance: dg.DagsterInstance) -> None:
    killed = multiprocessing.get_context("fork").Process(target=_launch_slowly, args=(instance,))
    killed.start()

    def is_in_its_step() -> bool:
        return any(
            instance.all_logs(run.run_id, of_type=Event.STEP_START) for run in instance.get_runs()
        )

    awaited(is_in_its_step)
    killed.kill()
    killed.join()
    [run] = instance.get_runs()
    assert status_of(instance, run) is Status.STARTED
    assert len(end_dead_runs(instance)) == 1
    assert status_of(instance, run) is Status.FAILURE
    assert launch(instance, quiet, print).is_success
