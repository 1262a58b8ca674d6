"""The commands `preflight`, `deploy`, `backup`, `rollback`, `status` and `withdraw`."""

import sys
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from eros_assets.cli.terminal import (
    CONSOLE,
    FAILED,
    as_json,
    refusing,
    require_tables,
    result_as_json,
    run_job,
    settings_or_exit,
)
from eros_assets.settings import Settings

if TYPE_CHECKING:
    from eros_assets.dataset import Dataset


@click.command()
@as_json
def preflight(as_json: bool) -> None:
    """Check what a deployment needs, without changing anything.

    Reads settings, installed packages, credentials, permissions and inputs; writes nothing. Ends
    with code 1 when something is missing. With --json: one entry for each thing.
    """
    with result_as_json(as_json) as give:
        settings = settings_or_exit()
        from eros_assets.deployment.phases import preflight_of
        from eros_assets.deployment.preflight import lines

        with refusing(FAILED):
            probes = preflight_of(settings)
        for line, probe in zip(lines(probes), probes, strict=True):
            CONSOLE.print(line, style=None if probe.holds else "red")
        wrong = sum(not probe.holds for probe in probes)
        CONSOLE.print(
            f"{wrong} of {len(probes)} checks failed." if wrong else "Every check passed."
        )
        give({"passed": not wrong, "checks": [asdict(probe) for probe in probes]})
    sys.exit(FAILED if wrong else 0)


@click.command()
def deploy() -> None:
    """Back up, create every table and routine, and run the gate.

    Reads sql/ and the tuning files. Writes tables, routines, the configuration, a backup, and the
    reports in deployments/ of EROS_OUT_DIR. When the gate fails, the previous version is restored.
    Safe to repeat.
    """
    settings = settings_or_exit()
    with refusing():  # a warehouse that another program holds
        _opened(settings).freshness("deployments")
    _run(settings, "deploy_production")


@click.command()
def backup() -> None:
    """Keep the current state, so that `rollback` can restore it.

    Reads every table that EROS owns and the definitions in force; writes copies of them, which
    expire after EROS_BACKUP_DAYS.
    """
    settings = settings_or_exit()
    with refusing():
        require_tables(_opened(settings))
    _run(settings, "backup_production")


@click.command()
@click.argument("deployment_id", default="")
def rollback(deployment_id: str) -> None:
    """Restore DEPLOYMENT_ID; by default, the last good deployment.

    Reads a deployment's or a backup's state; `status` lists them. Keeps the present, stops
    Dagster's schedules, then writes the tables that EROS owns and the routines as they were, and a
    report. Inputs are never touched. One that was killed goes on when it is run again.
    """
    settings = settings_or_exit()
    with refusing():
        dataset = _opened(settings)
        require_tables(dataset)
        _require_point(dataset, deployment_id or None)
    from eros_assets.automation.rollback import rollback_run_config

    _run(settings, "rollback_production", run_config=rollback_run_config(deployment_id))


@click.command()
@as_json
def status(as_json: bool) -> None:
    """List the deployments, the one in force, and the states that can be restored.

    Reads the records of deployments; writes nothing.
    """
    with result_as_json(as_json) as give:
        settings = settings_or_exit()
        from rich.table import Table

        from eros_assets.calendar import ZONE
        from eros_assets.deployment.phases import archive_of
        from eros_assets.deployment.record import in_force, points_of

        with refusing(FAILED):
            dataset = _opened(settings)
            history = archive_of(dataset).history()
            if not history:
                with refusing():
                    require_tables(dataset)
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
        ids = [point.point_id for point in points]
        CONSOLE.print(f"States that can be restored: {', '.join(ids) or 'none'}")
        give(
            {
                "warehouse": settings.warehouse_location,
                "in_force": present,
                "states": ids,
                "deployments": [
                    {
                        "id": entry.deployment_id,
                        "kind": entry.kind,
                        "state": entry.state,
                        "began": entry.started_at.isoformat(),
                        "kept_until": entry.kept_until and entry.kept_until.isoformat(),
                        "detail": entry.detail,
                    }
                    for entry in history
                ],
            }
        )


@click.command()
@click.argument("pages", nargs=-1, required=True)
def withdraw(pages: tuple[str, ...]) -> None:
    """Withdraw PAGES from every week that has not begun.

    Reads schedules and reservations; writes them, and files, Google Sheet and bucket, which show
    the others alone. Drafts and schedules in force end, and their captions are released. A creator
    whose is_active is false leaves a week at its next build by itself. Safe to repeat.
    """
    settings = settings_or_exit()
    from eros_assets.weekly.withdrawal import schedules_ahead

    with refusing():
        dataset = _opened(settings)
        require_tables(dataset)
        schedules_ahead(dataset, pages)
    from eros_assets.automation.withdrawal import withdrawal_run_config

    _run(settings, "withdraw_creators", run_config=withdrawal_run_config(*pages))


def _run(settings: Settings, job: str, run_config: dict[str, Any] | None = None) -> None:
    run_job(settings, job, run_config=run_config, status=partial(_status, settings))


def _require_point(dataset: "Dataset", requested: str | None) -> None:
    """Refuse a rollback to a state that isn't known, or has expired.

    Raises:
        RollbackRefusedError: why, and that nothing was changed.
    """
    from eros_assets.deployment.phases import archive_of, clock
    from eros_assets.deployment.record import rollback_point, unfinished_rollback

    history = archive_of(dataset).history()
    entry = unfinished_rollback(history, requested)
    rollback_point(history, entry.point_id if entry else requested, clock())


def _opened(settings: Settings) -> "Dataset":
    """The handle by which commands read what is there."""
    from eros_assets.dataset import open_dataset

    return open_dataset(settings, asset="status")


def _status(settings: Settings) -> Sequence[str]:
    """The deployment in force after a failure, and how the last one ended."""
    from eros_assets.deployment.phases import archive_of
    from eros_assets.deployment.record import in_force

    history = archive_of(_opened(settings)).history()
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


COMMANDS = (preflight, deploy, backup, rollback, status, withdraw)
