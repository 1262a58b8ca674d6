"""What the commands have in common: settings, exit codes, runs of jobs, reports to the terminal."""

import datetime as dt
import json
import os
import sys
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console

from eros_assets.errors import ErosError, root_cause
from eros_assets.settings import Settings, load_settings, unread_variables

if TYPE_CHECKING:
    from eros_assets.cli.runs import Ended
    from eros_assets.dataset import Dataset

CONSOLE = Console(highlight=False, soft_wrap=True, markup=False)

FAILED = 1
REFUSED = 2
DECIDE = 3
CANCELLED = 130
EXIT_CODES = (
    "Exit codes: 0 done; 1 failed; 2 refused before any work, or mistyped; 3 a person has to "
    "decide; 130 cancelled by Ctrl-C."
)


class NothingHereError(ErosError):
    """The installation has no tables yet."""


as_json = click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="One JSON document on the standard output; progress goes to the error stream.",
)
"""The option of commands whose result a script reads."""


@contextmanager
def result_as_json(wanted: bool) -> Generator[Callable[[Mapping[str, Any]], None]]:
    """Send what is printed to the error stream; what is given to the callable, to the output.

    Not `wanted`: print as always, and the callable does nothing.
    """
    output = sys.stdout

    def give(result: Mapping[str, Any]) -> None:
        if wanted:
            output.write(json.dumps(result, ensure_ascii=False, default=str) + "\n")
            output.flush()

    with redirect_stdout(sys.stderr) if wanted else nullcontext():
        yield give


def settings_or_exit() -> Settings:
    """Read the settings; exit with code 2 and one line for each variable that is wrong.

    A variable that isn't read is named, and the command goes on.
    """
    try:
        settings = load_settings()
    except ErosError as error:
        CONSOLE.print(str(error), style="red")
        sys.exit(REFUSED)
    for variable in unread_variables(os.environ):
        CONSOLE.print(f"{variable} is set, and EROS has no such variable.", style="yellow")
    if passed_over := _passed_over():
        CONSOLE.print(
            f".env sets {', '.join(passed_over)}; `make dev` reads .env, commands don't: "
            "`set -a; . ./.env; set +a` gives it to both.",
            style="yellow",
        )
    return settings


def _passed_over() -> Sequence[str]:
    """The variables of EROS that the file .env sets to something else than the shell.

    Dagster reads it, in the folder in which it is started, for its code servers alone.
    """
    if not Path(".env").is_file():
        return []
    from dotenv import dotenv_values

    return sorted(
        name
        for name, value in dotenv_values(".env").items()
        if value and name.startswith("EROS_") and os.environ.get(name) != value
    )


@contextmanager
def refusing(code: int = REFUSED) -> Generator[None]:
    """End the command with a code and the error's words; by default, nothing was done yet."""
    try:
        yield
    except ErosError as error:
        CONSOLE.print(str(error), style="red")
        sys.exit(code)


def require_tables(dataset: "Dataset") -> None:
    """Refuse to work where nothing was set up yet.

    Raises:
        NothingHereError: what to run first.
    """
    if dataset.freshness("schedule_recommendations") is None:
        settings = dataset.settings
        first = "`make deploy`" if settings.inputs == "warehouse" else "`make demo`"
        raise NothingHereError(f"{settings.warehouse_location} has no tables yet: run {first}")


def run_job(
    settings: Settings,
    job: str,
    *,
    partition: str | None = None,
    run_config: dict[str, Any] | None = None,
    status: Callable[[], Sequence[str]] = lambda: (),
    again: str = "",
    at_end: Callable[["Ended"], None] = lambda _: None,
) -> None:
    """Launch a job through the Dagster instance and execute it in this process.

    Exit with code 1 when it fails, with 130 when it is cancelled, after the lines of `status`,
    which reads from the tables what is in force now, and the words `again`. `at_end` is given the
    run in any case.
    """
    from eros_assets.automation.old_runs import remove_old_runs
    from eros_assets.automation.workers import end_dead_runs
    from eros_assets.cli.runs import launch, opened_instance, typed_words
    from eros_assets.definitions import build_definitions

    CONSOLE.print(f"{job}{f', week of {partition}' if partition else ''}", style="bold")
    begun = time.perf_counter()
    with opened_instance(settings) as instance:
        for sentence in end_dead_runs(instance):
            CONSOLE.print(f"  {sentence}", style="yellow")
        ended = launch(
            instance,
            build_definitions(settings).resolve_job_def(job),
            lambda line: CONSOLE.print(f"  {line}", style="yellow"),
            partition=partition,
            run_config=run_config,
            command=typed_words(),
        )
        try:
            remove_old_runs(instance, dt.datetime.now(dt.UTC))
        except Exception as error:  # the command's own work is done
            CONSOLE.print(f"  Dagster's records of old runs stay: {error}", style="yellow")
    seconds = time.perf_counter() - begun
    if ended.is_success:
        CONSOLE.print(f"  done in {seconds:.1f} s\n")
        at_end(ended)
        return
    at_end(ended)
    for step, error in () if ended.is_cancelled else ended.failures:
        cause = root_cause(error)
        if step is None or "\n" in cause:  # else the step's line has said it
            CONSOLE.print(cause, style="red")
    how = "was cancelled" if ended.is_cancelled else "failed"
    CONSOLE.print(f"{job} {how} after {seconds:.1f} s (run {ended.run_id[:8]}).")
    try:
        for line in status():
            CONSOLE.print(f"  {line}")
    except ErosError as error:
        CONSOLE.print(f"  What is in force can't be read: {error}", style="red")
    if again:
        said = again if ended.is_cancelled else f"fix the cause and {again}"
        CONSOLE.print(f"  {said[0].upper()}{said[1:]}")
    sys.exit(CANCELLED if ended.is_cancelled else FAILED)
