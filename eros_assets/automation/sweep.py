"""Reservations past their end are released."""

import dagster as dg

from eros_assets.automation.console import CONSOLE_LOGGER, console
from eros_assets.calendar import ZONE
from eros_assets.installation import Installation

EXPIRED_LOCK_SWEEP = "expired_lock_sweep"


def sweep_job(eros: Installation) -> dg.JobDefinition:
    """`expired_lock_sweep`: safe to repeat."""

    @dg.op(
        name="release_expired_reservations",
        out=dg.Out(dg.Nothing),
        description="Releases the reservations whose time is over, so that other pages may use "
        "their captions.",
    )
    def release_expired_reservations(context: dg.OpExecutionContext) -> None:
        warehouse = eros.warehouse(asset="active_caption_assignments", run=context.run_id)
        now = eros.planning_instant(warehouse)
        released = warehouse.run(eros.sql("release_expired"), {"now": now}).rows
        context.add_output_metadata(
            {"released": released, "as_of": now.astimezone(ZONE).isoformat(timespec="minutes")}
        )
        context.log.info(f"{released} reservations released")

    @dg.job(
        name=EXPIRED_LOCK_SWEEP,
        config=CONSOLE_LOGGER,
        logger_defs={"console": console},
        executor_def=dg.in_process_executor,
        description="Release the reservations that have expired. Safe to repeat.",
    )
    def expired_lock_sweep() -> None:
        release_expired_reservations()

    return expired_lock_sweep
