"""The commands `preflight`, `deploy`, `backup`, `rollback` and `status`."""

import sys
from collections.abc import Sequence
from functools import partial

import click

from eros_assets.cli.terminal import CONSOLE, run_job, settings_or_exit
from eros_assets.errors import ErosError
from eros_assets.settings import Settings


@click.command()
def preflight() -> None:
    """Check what a deployment needs, without changing anything."""
    settings = settings_or_exit()
    from eros_assets.deployment.phases import preflight_of
    from eros_assets.deployment.preflight import lines

    try:
        probes = preflight_of(settings)
    except ErosError as error:
        CONSOLE.print(str(error), style="red")
        sys.exit(1)
    for line, probe in zip(lines(probes), probes, strict=True):
        CONSOLE.print(line, style=None if probe.holds else "red")
    wrong = sum(not probe.holds for probe in probes)
    CONSOLE.print(f"{wrong} of {len(probes)} checks failed." if wrong else "Every check passed.")
    sys.exit(1 if wrong else 0)


@click.command()
def deploy() -> None:
    """Back up, create every table and routine, and run the gate.

    When the gate fails, the previous version is restored.
    """
    settings = settings_or_exit()
    run_job(settings, "deploy_production", status=partial(_status, settings))


@click.command()
def backup() -> None:
    """Keep the current state, so that `rollback` can restore it."""
    settings = settings_or_exit()
    run_job(settings, "backup_production", status=partial(_status, settings))


@click.command()
@click.argument("deployment_id", default="")
def rollback(deployment_id: str) -> None:
    """Restore a deployment or a kept state; by default the last good deployment."""
    settings = settings_or_exit()
    from eros_assets.automation.rollback import rollback_run_config

    run_job(
        settings,
        "rollback_production",
        run_config=rollback_run_config(deployment_id),
        status=partial(_status, settings),
    )


@click.command()
def status() -> None:
    """List the deployments, the one in force, and the states that can be restored."""
    settings = settings_or_exit()
    from rich.table import Table

    from eros_assets.calendar import ZONE
    from eros_assets.dataset import open_dataset
    from eros_assets.deployment.phases import archive_of
    from eros_assets.deployment.record import in_force, points_of

    try:
        history = archive_of(open_dataset(settings, asset="status")).history()
    except ErosError as error:
        CONSOLE.print(str(error), style="red")
        sys.exit(1)
    table = Table(title=f"Deployments of {settings.warehouse_location}", box=None)
    for column in ("id", "kind", "state", "began", "kept until", "detail"):
        table.add_column(column)
    for entry in history:
        until = entry.kept_until
        table.add_row(
            entry.deployment_id,
            entry.kind,
            entry.state,
            entry.started_at.astimezone(ZONE).isoformat(" ", "minutes"),
            f"{until:%Y-%m-%d}" if until else "",
            (entry.detail or "").split("\n", 1)[0][:80],
        )
    CONSOLE.print(table)
    present = in_force(history)
    CONSOLE.print(f"\nIn force: {present or 'no deployment of deploy_production'}")
    points = points_of(history, present) if present else []
    CONSOLE.print(f"States that can be restored: {', '.join(p.point_id for p in points) or 'none'}")


def _status(settings: Settings) -> Sequence[str]:
    """The deployment in force after a failure, and how the last one ended."""
    from eros_assets.dataset import open_dataset
    from eros_assets.deployment.phases import archive_of
    from eros_assets.deployment.record import in_force

    history = archive_of(open_dataset(settings, asset="status")).history()
    if not history:
        return ["Nothing was ever deployed by deploy_production."]
    last = history[-1]
    lines = [
        f"In force: {in_force(history) or 'no deployment of deploy_production'}.",
        f"Last: {last.deployment_id} ({last.kind}), {last.state}.",
    ]
    if not last.is_finished:
        lines.append("It is not finished: run the same command again, and it goes on from there.")
    return lines


COMMANDS = (preflight, deploy, backup, rollback, status)
