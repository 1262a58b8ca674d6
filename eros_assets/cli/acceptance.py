"""The command `acceptance`."""

import sys
from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

import click

from eros_assets.acceptance.lines import STATUSES, Line, Status, as_json, counted, verdict_of
from eros_assets.cli.terminal import CONSOLE
from eros_assets.errors import ErosError
from eros_assets.settings import Settings, SettingsError, load_settings

if TYPE_CHECKING:
    import dagster as dg

    from eros_assets.acceptance.installation import Installation

STYLES: dict[Status, str] = {"PASS": "green", "FAIL": "red", "NOT YET KNOWN": "yellow"}
WIDTH = max(len(status) for status in STATUSES)


@click.command()
@click.option("--json", "is_json", is_flag=True, help="Print one JSON object, for scripts.")
def acceptance(is_json: bool) -> None:
    """Say for each phase what is met, with its evidence.

    Reads tables, runs, the manifest and the log of the warehouse's work; writes the verdict of the
    gate on the week, where it has none yet, and nothing else. Exit code 1 when a criterion is not
    met.
    """
    lines = _lines()
    if is_json:
        click.echo(as_json(lines), nl=False)
    else:
        _print(lines)
    sys.exit(1 if verdict_of(lines) == "FAIL" else 0)


def _lines() -> Sequence[Line]:
    from eros_assets.acceptance.table import acceptance_lines, lines_without_settings
    from eros_assets.cli.runs import opened_instance

    try:
        settings = load_settings()
    except SettingsError as error:
        return lines_without_settings(str(error))
    with opened_instance(settings) as instance:
        return acceptance_lines(_installation(settings, instance))


def _print(lines: Sequence[Line]) -> None:
    for phase, of_phase in groupby(lines, key=lambda line: line.phase):
        CONSOLE.print(phase, style="bold")
        for line in of_phase:
            CONSOLE.print(f"  {line.status:<{WIDTH}}", style=STYLES[line.status], end="")
            CONSOLE.print(f"  {line.criterion}: {line.evidence}", end="")
            CONSOLE.print(f"  [{line.source}]", style="dim")
    CONSOLE.print(f"\n{counted(lines)}.")


def _installation(settings: Settings, instance: "dg.DagsterInstance") -> "Installation":
    """The installation, with what Dagster's instance of its home knows."""
    from eros_assets.acceptance.installation import Installation
    from eros_assets.assets.instance import dagster_state
    from eros_assets.dataset import open_dataset
    from eros_assets.deployment.phases import clock

    now = clock()
    dataset = open_dataset(settings, asset="acceptance", purpose="acceptance")
    try:
        week = dataset.default_week()
    except ErosError:  # no tables yet: each line says so
        week = None
    return Installation(dataset, dagster_state(instance, now=now, week=week), now)
