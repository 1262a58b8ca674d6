"""Runs a command of EROS in a forked process that counts what it does, and may end itself.

What is counted: each operation on the warehouse before and after its commit, each statement in it
that changes something, each rename, removal and fsync of a file, and each step of Dagster. At the
count it is given the process sends itself SIGKILL: nothing is flushed, closed or unlocked.

Processes are forked from one that has imported EROS already, which saves seconds a command.
"""

import json
import multiprocessing
import os
import shutil
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from eros_assets.settings import REPOSITORY, Settings, load_settings
from eros_assets.work import work_of_many_operations

PRELOADED = [
    "eros_assets.definitions",
    "eros_assets.cli.planning",
    "benchmarks.preloaded",
    "benchmarks.killed_command",
]
LONGEST_SECONDS = 900

Work = Callable[[Settings], None]
"""What a process does; can be pickled."""


@dataclass(frozen=True, slots=True)
class Happening:
    """Something counted: what, and the Dagster step it was in."""

    step: str
    what: str


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended: its exit code, below 0 for a signal, what it did and what it said."""

    exit_code: int
    happenings: Sequence[Happening]
    said: str


def command(arguments: Sequence[str]) -> Work:
    """`python -m eros_assets` with these arguments, as in `["week", "--force"]`."""
    return partial(_command, list(arguments))


def job(name: str, partition: str | None = None) -> Work:
    """A job of the asset graph, for a week or for none, as the commands run it."""
    return partial(_job, name, partition)


def run_work(
    settings: Settings,
    work: Work,
    *,
    kill_at: int | str | None = None,
    also_preloaded: Sequence[str] = (),
) -> Ended:
    """Run a function in a process of its own.

    Args:
        settings: of the installation; they become EROS_* variables, and are what `work` is given.
        work: can be pickled.
        kill_at: the number of the happening at which it kills itself, from 1, or a text: the first
            happening that has it.
        also_preloaded: modules that are imported before the first fork, once for all processes.

    Raises:
        TimeoutError: it did not end in time; the process was killed.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([*PRELOADED, *also_preloaded])
    notes = settings.home.parent / "notes"
    notes.mkdir(parents=True, exist_ok=True)
    for old in notes.iterdir():
        old.unlink()
    process = context.Process(target=_run, args=(environment(settings), work, str(notes), kill_at))
    process.start()
    process.join(LONGEST_SECONDS)
    if process.exitcode is None:
        process.kill()
        process.join()
        raise TimeoutError(f"{work} did not end in {LONGEST_SECONDS} s")
    happened = notes / "happenings.jsonl"
    lines = happened.read_text("utf-8").splitlines() if happened.exists() else []
    said = notes / "said.txt"
    return Ended(
        process.exitcode,
        [Happening(**json.loads(line)) for line in lines],
        said.read_text("utf-8") if said.exists() else "",
    )


def environment(settings: Settings) -> dict[str, str]:
    """The variables of an installation's commands; no other EROS_* variable reaches them."""
    given = {
        f"EROS_{name.upper()}": str(value)
        for name, value in settings.model_dump(mode="json", exclude_unset=True).items()
        if value is not None
    }
    return {**given, "DAGSTER_HOME": str(REPOSITORY)}


def take_environment(variables: Mapping[str, str]) -> None:
    """Make these the EROS_* variables of this process."""
    for name in list(os.environ):
        if name.startswith("EROS_"):
            del os.environ[name]
    os.environ.update(variables)


def _command(arguments: list[str], _: Settings) -> None:
    from eros_assets.cli.planning import main

    main(args=arguments)


def _job(name: str, partition: str | None, settings: Settings) -> None:
    from eros_assets.cli.terminal import run_job

    run_job(settings, name, partition=partition)


def _run(
    variables: Mapping[str, str],
    work: Work,
    notes: str,
    kill_at: int | str | None,
) -> None:
    take_environment(variables)
    said = os.open(f"{notes}/said.txt", os.O_WRONLY | os.O_CREAT)
    os.dup2(said, 1)
    os.dup2(said, 2)
    sys.stdout = os.fdopen(os.dup(1), "w", buffering=1)
    sys.stderr = os.fdopen(os.dup(2), "w", buffering=1)
    _Counter(Path(notes) / "happenings.jsonl", Path(variables["EROS_HOME"]), kill_at).install()
    with work_of_many_operations():
        work(load_settings())


class _Counter:
    """Counts happenings into a file; at the number `kill_at` the process ends."""

    def __init__(self, file: Path, home: Path, kill_at: int | str | None) -> None:
        self._file = file.open("a", encoding="utf-8")
        self._counted = str(home.parent)
        self._uncounted = str(home / "dagster")
        self._step = "start"
        self._kill_at = kill_at
        self._count = 0
        self._removing = 0

    def happened(self, what: str) -> None:
        """Count something, and end the process when it is the one."""
        self._count += 1
        self._file.write(json.dumps({"step": self._step, "what": what}) + "\n")
        wanted = self._kill_at
        if wanted == self._count or (isinstance(wanted, str) and wanted in what):
            self._file.flush()
            os.kill(os.getpid(), signal.SIGKILL)

    def install(self) -> None:
        """Wrap what is counted."""
        import dagster as dg

        from eros_assets.warehouse.duckdb.execution import Execution
        from eros_assets.warehouse.duckdb.operations import Operations

        run, change, commit = Operations.run, Execution.change, Execution.commit

        def counted_run(
            operations: Operations, kind: Any, statement: str, work: Callable[[Execution], Any]
        ) -> Any:
            def counted_work(execution: Execution) -> Any:
                done = work(execution)
                self.happened(f"{kind} {statement}, before its commit")
                return done

            result = run(operations, kind, statement, counted_work)
            self.happened(f"{kind} {statement}, after its commit")
            return result

        def counted_change(execution: Execution, sql: str, values: Any, where: str) -> int:
            rows = change(execution, sql, values, where)
            self.happened(f"statement of {where.splitlines()[0]}")
            return rows

        def counted_commit(execution: Execution, changed_tables: Any) -> None:
            self.happened("inner commit, before")
            commit(execution, changed_tables)
            self.happened("inner commit, after")

        Operations.run = counted_run
        Execution.change = counted_change
        Execution.commit = counted_commit

        for name in ("replace", "rename", "unlink", "rmdir", "fsync"):
            setattr(os, name, self._counted_file_call(name, getattr(os, name)))
        rmtree = shutil.rmtree

        def counted_rmtree(path: Any, *more: Any, **options: Any) -> None:
            if self._is_spared(path):
                rmtree(path, *more, **options)
                return
            self.happened(f"rmtree {path}, before")
            self._removing += 1
            try:
                rmtree(path, *more, **options)
            finally:
                self._removing -= 1
            self.happened(f"rmtree {path}, after")

        shutil.rmtree = counted_rmtree

        store = dg.DagsterInstance.handle_new_event

        def counted_event(instance: Any, event: Any, **options: Any) -> Any:
            found = event.dagster_event
            kind = found.event_type_value if found else None
            if kind == "STEP_START":
                self._step = found.step_key
            stored = store(instance, event, **options)
            if kind in ("STEP_START", "STEP_SUCCESS", "RUN_SUCCESS"):
                self.happened(kind)
            return stored

        dg.DagsterInstance.handle_new_event = counted_event

    def _counted_file_call(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(path: Any, *more: Any, **options: Any) -> Any:
            if self._is_spared(path):
                return call(path, *more, **options)
            self.happened(f"{name} {path}, before")
            done = call(path, *more, **options)
            self.happened(f"{name} {path}, after")
            return done

        return counted

    def _is_spared(self, path: Any) -> bool:
        """Whether a file is none of EROS's: Dagster's, or of a library's cache."""
        if isinstance(path, int):
            with suppress(OSError):
                return self._is_spared(Path(f"/proc/self/fd/{path}").readlink())
            return False
        text = os.fspath(path)
        if not text.startswith("/"):  # within rmtree, which works from folder to folder
            return not self._removing
        return text.startswith(self._uncounted) or not text.startswith(self._counted)
