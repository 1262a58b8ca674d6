"""The job that releases expired reservations, and removes Dagster's records of old runs."""

import datetime as dt

import dagster as dg

from eros_assets.assets.phases import WAREHOUSE, in_phase
from eros_assets.assets.reporting import DATASET_POOL
from eros_assets.automation.console import CONSOLE_LOGGER, console
from eros_assets.automation.old_runs import remove_old_runs
from eros_assets.calendar import ZONE
from eros_assets.resources import WarehouseResource


@dg.op(
    out=dg.Out(dg.Nothing),
    pool=DATASET_POOL,
)
def release_expired_reservations(
    context: dg.OpExecutionContext, warehouse: WarehouseResource
) -> None:
    """Release the reservations whose time is over, so that other pages may use their captions."""
    dataset = warehouse.dataset(context)
    now = dataset.planning_instant()
    released = dataset.run("release_expired", now=now).rows
    context.add_output_metadata(
        {"released": released, "as_of": now.astimezone(ZONE).isoformat(timespec="minutes")}
    )
    context.log.info(f"{released} reservations released")


@dg.op(out=dg.Out(dg.Nothing))
def remove_records_of_old_runs(context: dg.OpExecutionContext) -> None:
    """Remove Dagster's records of runs that nobody looks at any more."""
    removed = remove_old_runs(context.instance, dt.datetime.now(dt.UTC))
    context.add_output_metadata({"removed": removed})


@dg.job(
    config=CONSOLE_LOGGER,
    logger_defs={"console": console},
    executor_def=dg.in_process_executor,
    tags=in_phase(WAREHOUSE),
)
def expired_lock_sweep() -> None:
    """Release the reservations that have expired, and forget old runs. Safe to repeat."""
    release_expired_reservations()
    remove_records_of_old_runs()
