"""The jobs `rollback_production` and `backup_production`.

They are jobs of ops, not of assets: whoever materialises everything must not roll back by it.
"""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import dagster as dg
from pydantic import Field

from eros_assets.assets.phases import IDEMPOTENCE, in_phase
from eros_assets.assets.realigning import realigned
from eros_assets.assets.reporting import DATASET_POOL, job_metadata
from eros_assets.atomic_write import atomic_write
from eros_assets.automation.console import CONSOLE_LOGGER, console
from eros_assets.automation.schedules import SCHEDULES
from eros_assets.dataset import Dataset
from eros_assets.deployment.backup import back_up
from eros_assets.deployment.manifest import code_fingerprint
from eros_assets.deployment.phases import archive_of, clock, notify, records_folder
from eros_assets.deployment.rollback import Rollback, RollbackOutcome
from eros_assets.deployment.summary import rollback_summary
from eros_assets.publishing.realignment import Realigned
from eros_assets.resources import ExportBucket, SheetsResource, WarehouseResource

ROLLBACK_REPORT = "rollback_report"

NO_RETRY = {"dagster/max_retries": "0"}


class RollbackConfig(dg.Config):
    """Where to go back to."""

    deployment_id: str = Field(
        default="",
        description="A deployment, a rollback, or a kept state (`..._before`, `..._passed`); "
        "empty: the last good deployment, or the rollback that was interrupted.",
    )


def rollback_run_config(deployment_id: str = "") -> dict[str, Any]:
    """Run config of `rollback_production`."""
    return {
        "ops": {"roll_back": {"config": {"deployment_id": deployment_id}}},
        **CONSOLE_LOGGER,
    }


@dg.op(pool=DATASET_POOL)
def roll_back(
    context: dg.OpExecutionContext,
    config: RollbackConfig,
    warehouse: WarehouseResource,
    sheets: SheetsResource,
    bucket: ExportBucket,
) -> None:
    """Put the owned tables and the routines back as a deployment kept them.

    Keeps the present, stops the schedules, restores, releases the reservations of schedules taken
    back, publishes what is in force to the files, the Google Sheet and the bucket, writes a
    report. Safe to repeat; one that was killed goes on.
    """
    dataset = warehouse.dataset(context)
    found: list[str] = []

    def report(outcome: RollbackOutcome, published: Sequence[Realigned]) -> None:
        found.extend(each.sentence for each in published)
        text = rollback_summary(outcome, published, dataset.settings.warehouse_location)
        atomic_write(_report_of(dataset, outcome), text.encode())

    rollback = Rollback(
        archive_of(dataset),
        stop_schedules=lambda: stop_schedules(context.instance, {s.name for s in SCHEDULES}),
        realign=lambda: realigned(context, dataset, sheets, bucket),
        report=report,
        log=context.log.info,
    )
    outcome = rollback.run(config.deployment_id or None, now=clock(), run_id=context.run_id)
    identifier, written = outcome.entry.deployment_id, _report_of(dataset, outcome)
    context.log.warning(
        f"{identifier}: {outcome.entry.point_id} is in force; "
        f"{len(outcome.schedules_taken_back)} schedules were taken back; {written}"
    )
    taken_back = [f"taken back: {name}" for name in outcome.schedules_taken_back]
    title = f"rolled back to {outcome.entry.point_id} ({identifier})"
    notice = notify(dataset, title, [str(written), *taken_back, *found])
    context.log.info(notice)
    context.log_event(
        dg.AssetMaterialization(
            ROLLBACK_REPORT,
            description=f"Rollback {identifier} to {outcome.entry.point_id}",
            metadata={
                "notice": notice,
                "report": dg.MetadataValue.md(written.read_text("utf-8")),
                "file": dg.MetadataValue.path(written),
                **job_metadata(dataset),
            },
        )
    )


@dg.op(pool=DATASET_POOL)
def back_up_present(context: dg.OpExecutionContext, warehouse: WarehouseResource) -> None:
    """Keep snapshots of the owned tables and the definitions in force.

    They are a state to go back to between deployments.
    """
    dataset = warehouse.dataset(context)
    entry = back_up(
        archive_of(dataset),
        code_fingerprint(),
        now=clock(),
        run_id=context.run_id,
    )
    context.log.info(f"{entry.deployment_id}: {len(entry.tables)} tables are kept")


@dg.job(
    logger_defs={"console": console},
    tags={**NO_RETRY, **in_phase(IDEMPOTENCE)},
)
def rollback_production() -> None:
    """Go back to a deployment.

    `deployment_id` in the run config, by default the last good one. Inputs are never touched.
    """
    roll_back()


@dg.job(
    config=CONSOLE_LOGGER,
    logger_defs={"console": console},
    tags=in_phase(IDEMPOTENCE),
)
def backup_production() -> None:
    """Keep the present as a state to go back to. Safe to repeat."""
    back_up_present()


def _report_of(dataset: Dataset, outcome: RollbackOutcome) -> Path:
    return records_folder(dataset.settings) / outcome.entry.deployment_id / "report.md"


def stop_schedules(instance: dg.DagsterInstance, names: Collection[str]) -> list[str]:
    """Stop the schedules of these names that run; their names.

    One that the daemon has never seen has no state, and does not run.
    """
    stopped: list[str] = []
    for state in instance.all_instigator_state():
        if state.name in names and state.instigator_type.value == "SCHEDULE" and state.is_running:
            instance.stop_schedule(state.instigator_origin_id, state.selector_id)
            stopped.append(state.name)
    return sorted(stopped)
