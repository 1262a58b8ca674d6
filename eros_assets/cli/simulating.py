"""The command `simulate`, and the runs of the asset graph by which it plans weeks."""

import datetime as dt
import sys
from typing import Any

import click

from eros_assets.cli.terminal import CONSOLE, settings_or_exit
from eros_assets.errors import ErosError
from eros_assets.settings import Settings

DECIDING_GROUPS = ("performance", "selection", "schedules")
"""Groups of the weekly job that decide; reports, exports and checks are left out."""

SIMULATED_WEEK = "simulated_week"

QUIET = {"python_logs": {"python_log_level": "CRITICAL"}}


class GraphRunError(ErosError):
    """A run of the asset graph failed."""


@click.command()
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
@click.option(
    "--text-effect",
    default=0.0,
    show_default=True,
    type=click.FloatRange(0.0, 2.0),
    help="How much the words of sample captions sell: deviation of log appeal by words.",
)
def simulate(
    weeks: int,
    creators: int,
    seed: int,
    seeds: int,
    policies: tuple[str, ...],
    fast: bool,
    text_effect: float,
) -> None:
    """Play policies forward on sample agencies and compare what they earn.

    Reads the files of EROS_IMPORT_DIR where it is set; writes a picture and tables, each agency
    in a warehouse of its own. EROS plans through the asset graph, the others on the fast path.
    Broken off, it goes on where it stopped.
    """
    from eros_assets.simulation.command import run_study

    try:
        run_study(
            settings_or_exit(),
            CONSOLE,
            weeks,
            creators,
            range(seed, seed + seeds),
            policies,
            fast=fast,
            run_graph=run_graph,
            text_effect=text_effect,
        )
    except (ErosError, ValueError) as error:
        CONSOLE.print(str(error), style="red")
        sys.exit(1)


def run_graph(settings: Settings, week_start: dt.date | None) -> None:
    """Run the deciding assets of a week, or the set-up, in this process.

    Raises:
        GraphRunError: the run failed; its first error is quoted.
    """
    import dagster as dg

    from eros_assets.automation.jobs import set_up, week_run_config
    from eros_assets.definitions import build_definitions

    # Without checks: the gate times the selector, and a busy machine must not stop a simulation.
    deciding = dg.define_asset_job(
        SIMULATED_WEEK,
        selection=dg.AssetSelection.groups(*DECIDING_GROUPS).without_checks(),
    )
    definitions = dg.Definitions.merge(build_definitions(settings), dg.Definitions(jobs=[deciding]))
    job = SIMULATED_WEEK if week_start else set_up.name
    with dg.DagsterInstance.ephemeral(settings=QUIET) as instance:
        result = definitions.resolve_job_def(job).execute_in_process(
            instance=instance,
            partition_key=week_start.isoformat() if week_start else None,
            run_config=_quiet(week_run_config()) if week_start else _quiet({}),
            raise_on_error=False,
        )
    if not result.success:
        failed = [e.step_failure_data.error for e in result.all_events if e.is_step_failure]
        raise GraphRunError(
            f"{job} failed for the week of {week_start} in {settings.home}: "
            f"{failed[0].to_string() if failed and failed[0] else 'see its run'}"
        )


def _quiet(run_config: dict[str, Any]) -> dict[str, Any]:
    """Run config without the logger of steps: the terminal shows a progress bar."""
    return {**run_config, "loggers": {}}
