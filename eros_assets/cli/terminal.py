"""Reads settings and runs jobs for the commands, and reports to the terminal."""

import os
import sys
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console

from eros_assets.errors import ErosError, root_cause
from eros_assets.settings import REPOSITORY, Settings, load_settings

if TYPE_CHECKING:
    import dagster as dg

CONSOLE = Console(highlight=False, soft_wrap=True, markup=False)


def settings_or_exit() -> Settings:
    """Read the settings; exit with code 2 and one line for each variable that is wrong."""
    try:
        return load_settings()
    except ErosError as error:
        CONSOLE.print(str(error), style="red")
        sys.exit(2)


def run_job(
    settings: Settings,
    job: str,
    *,
    partition: str | None = None,
    run_config: dict[str, Any] | None = None,
    status: Callable[[], Sequence[str]] = lambda: (),
) -> "dg.ExecuteInProcessResult":
    """Run a job in this process and record it in the Dagster instance, so that the UI shows it.

    Exit with code 1 when it fails, after the lines of `status`, which reads from the tables what is
    in force now.
    """
    storage = settings.home / "dagster"
    storage.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("DAGSTER_HOME", str(REPOSITORY))
    os.environ.setdefault("EROS_DAGSTER_STORAGE", str(storage))
    import dagster as dg

    from eros_assets.definitions import build_definitions

    CONSOLE.print(f"{job}{f', week of {partition}' if partition else ''}", style="bold")
    begun = time.perf_counter()
    result = (
        build_definitions(settings)
        .resolve_job_def(job)
        .execute_in_process(
            instance=dg.DagsterInstance.get(),
            partition_key=partition,
            run_config=run_config,
            raise_on_error=False,
        )
    )
    seconds = time.perf_counter() - begun
    for event in result.all_events:
        if event.is_step_failure:
            CONSOLE.print(root_cause(event.step_failure_data.error), style="red")
    if not result.success:
        CONSOLE.print(f"{job} failed after {seconds:.1f} s.")
        try:
            for line in status():
                CONSOLE.print(f"  {line}")
        except ErosError as error:
            CONSOLE.print(f"  What is in force can't be read: {error}", style="red")
        sys.exit(1)
    CONSOLE.print(f"  done in {seconds:.1f} s\n")
    return result
