"""The command line: `python -m eros_assets demo`, `week`, `simulate`."""

import datetime as dt
import os
import re
import sys
import time
from collections.abc import Sequence

import click
from rich.console import Console
from rich.table import Table

from eros_assets.errors import ErosError
from eros_assets.settings import REPOSITORY, Settings, load_settings

CONSOLE = Console(highlight=False, soft_wrap=True)


@click.group(help="EROS plans which message goes out on which creator's page, when.")
def main() -> None:
    """Settings that can't be used end here, one line each."""


@main.command()
def demo() -> None:
    """Set up, load the inputs, plan the coming week and export it."""
    settings = _settings()
    _refuse_bad_files(settings)
    _run_job(settings, "set_up", None)
    week = _week(settings)
    _run_job(settings, "weekly_schedules", week, settings.pages)
    _where_to_look(settings, week)


@main.command()
@click.option("--weeks", default=8, show_default=True, help="Weeks to play.")
@click.option(
    "--creators", default=7, show_default=True, help="5 to 38; 7 and 38 are the sample agencies."
)
@click.option("--seed", default=1, show_default=True, help="The first seed.")
@click.option("--seeds", default=2, show_default=True, help="How many seeds, an agency each.")
@click.option(
    "--policy",
    "policies",
    multiple=True,
    type=click.Choice(["eros", "uniform", "greedy", "incumbent", "oracle"]),
    help="Play this policy only; may be repeated.",
)
@click.option(
    "--fast",
    is_flag=True,
    help="Plan EROS's weeks without Dagster and SQL too: the same weeks, sooner.",
)
def simulate(
    weeks: int, creators: int, seed: int, seeds: int, policies: tuple[str, ...], fast: bool
) -> None:
    """Play policies forward on sample agencies and compare what they earn.

    EROS plans through the asset graph, the others on the fast path. Broken off, it goes on where
    it stopped.
    """
    from eros_assets.demo.simulation.command import run_study

    try:
        run_study(
            _settings(), CONSOLE, weeks, creators, range(seed, seed + seeds), policies, fast=fast
        )
    except (ErosError, ValueError) as error:
        CONSOLE.print(str(error), style="red")
        sys.exit(1)


@main.command()
@click.option("--page", "pages", multiple=True, help="Plan this page only; may be repeated.")
@click.option("--force", is_flag=True, help="Plan a week that has begun again.")
def week(pages: tuple[str, ...], force: bool) -> None:
    """Plan a week (EROS_WEEK, or the coming one) on inputs that are loaded."""
    settings = _settings()
    monday = _week(settings)
    _run_job(settings, "weekly_schedules", monday, pages or settings.pages, force=force)
    _where_to_look(settings, monday)


@main.command()
def smoke() -> None:
    """Run the five smoke tests of the gate; nothing is published, no row is left."""
    _run_job(_settings(), "smoke_tests", None)


@main.command()
def health() -> None:
    """Score the system, decide, and say why."""
    settings = _settings()
    _run_job(settings, "health_check", None)
    _say_health(settings)


def _say_health(settings: Settings) -> None:
    from eros_assets.installation import Installation

    eros = Installation(settings)
    [row] = eros.warehouse(asset="summary").query(eros.sql("newest_health")).to_dict("records")
    CONSOLE.print(
        f"Health {row['health_score']:.1f} of 100: {row['health_status']}. "
        f"Decision: {row['decision']}."
    )
    for reason in row["reasons"]:
        CONSOLE.print(f"  {reason}", style="yellow")


def _settings() -> Settings:
    try:
        return load_settings()
    except ErosError as error:
        CONSOLE.print(str(error), style="red")
        sys.exit(2)


def _refuse_bad_files(settings: Settings) -> None:
    """Mistakes in the files of EROS_IMPORT_DIR end the command before anything is set up."""
    if settings.import_dir is None:
        return
    from eros_assets.importing import read_inputs

    CONSOLE.print(f"reading {settings.import_dir}")
    try:
        tables = read_inputs(settings.import_dir).tables
    except ErosError as error:
        CONSOLE.print(str(error), style="red")
        sys.exit(1)
    for name, rows in tables.items():
        CONSOLE.print(f"  {name:<44}{len(rows):>8,} rows", style="green")


def _week(settings: Settings) -> dt.date:
    from eros_assets.installation import Installation

    eros = Installation(settings)
    try:
        return eros.default_week(eros.warehouse(asset="week"))
    except ErosError as error:
        CONSOLE.print(str(error), style="red")
        sys.exit(1)


def _run_job(
    settings: Settings,
    job: str,
    week_start: dt.date | None,
    pages: Sequence[str] = (),
    *,
    force: bool = False,
) -> None:
    """Run a job of the asset graph here, with Dagster's own records, so that its UI shows it."""
    storage = settings.home / "dagster"
    storage.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("DAGSTER_HOME", str(REPOSITORY))
    os.environ.setdefault("EROS_DAGSTER_STORAGE", str(storage))
    import dagster as dg

    from eros_assets.automation.jobs import week_run_config
    from eros_assets.definitions import build_definitions

    title = f"{job}, week of {week_start}" if week_start else job
    CONSOLE.print(f"[bold]{title}[/bold]")
    begun = time.perf_counter()
    result = (
        build_definitions(settings)
        .resolve_job_def(job)
        .execute_in_process(
            instance=dg.DagsterInstance.get(),
            partition_key=week_start.isoformat() if week_start else None,
            run_config=week_run_config(pages, force=force) if week_start else None,
            raise_on_error=False,
        )
    )
    seconds = time.perf_counter() - begun
    for event in result.all_events:
        if event.is_step_failure:
            CONSOLE.print(_cause(event.step_failure_data.error), style="red")
    if not result.success:
        CONSOLE.print(f"{job} failed after {seconds:.1f} s; what was there before is as it was.")
        sys.exit(1)
    CONSOLE.print(f"  done in {seconds:.1f} s\n")


def _cause(error: object) -> str:
    """The innermost message, without the class's address: what a person can act on."""
    while (cause := getattr(error, "cause", None)) is not None:
        error = cause
    text = str(getattr(error, "message", error)).strip()
    return re.sub(r"^(?:\w+\.)*(\w+): ", r"\1: ", text)


def _where_to_look(settings: Settings, week_start: dt.date) -> None:
    from eros_assets.calendar import ZONE
    from eros_assets.installation import Installation
    from eros_assets.warehouse.protocol import Typed

    eros = Installation(settings)
    warehouse = eros.warehouse(asset="summary")
    rows = warehouse.query(
        eros.sql("schedule_messages"),
        {"week_start": week_start, "pages": Typed([], "ARRAY<STRING>")},
    )
    table = Table(title=f"Week of {week_start:%A, %Y-%m-%d} (America/Los_Angeles)", box=None)
    for column in ("page", "PPVs", "Bumps", "first message", "last message"):
        table.add_column(column)
    for page, messages in rows.groupby("page_name", sort=True):
        ppvs = int((messages["message_type"] == "PPV").sum())
        times = [time.astimezone(ZONE) for time in messages["scheduled_send_time"]]
        table.add_row(
            str(page),
            str(ppvs),
            str(len(messages) - ppvs),
            f"{times[0]:%a %H:%M}",
            f"{times[-1]:%a %H:%M}",
        )
    CONSOLE.print(table)
    lacking = warehouse.query(
        eros.sql("week_shortfalls"),
        {
            "week_start": week_start,
            "stages": Typed(["selection", "placement", "creator", "lock"], "ARRAY<STRING>"),
        },
    )
    for row in lacking.to_dict("records"):
        what = f"{row['price_tier'] or ''} {row['got']} of {row['wanted']}".strip()
        CONSOLE.print(f"  {row['page_name']}: {what}: {row['reason']}", style="yellow")
    CONSOLE.print(
        f"\n{rows['page_name'].nunique()} schedules, {len(rows)} messages.\n"
        f"  Look       {eros.week_folder(week_start) / 'index.html'}\n"
        f"  Files      {eros.week_folder(week_start)}\n"
        f"  Warehouse  {settings.warehouse_location}\n"
        "  Dagster    make dev, then http://localhost:3000: the same assets, checks and runs"
    )


if __name__ == "__main__":
    main()
