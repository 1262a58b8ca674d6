"""The week that a run plans, and which pages of it."""

import datetime as dt

import dagster as dg
from pydantic import Field

from eros_assets.calendar import ZONE_NAME
from eros_assets.installation import Installation
from eros_assets.warehouse.protocol import Warehouse

FIRST_WEEK = dt.date(2020, 1, 6)
WEEKS_AHEAD = 8

WEEKLY = dg.WeeklyPartitionsDefinition(
    start_date=FIRST_WEEK.isoformat(),
    timezone=ZONE_NAME,
    day_offset=1,
    end_offset=WEEKS_AHEAD,
)


class WeekScope(dg.ConfigurableResource):  # pyright: ignore[reportMissingTypeArgument]
    """What a run of the weekly line is narrowed to, and whether it may replace a begun week."""

    pages: list[str] = Field(default=[], description="Pages to plan; empty: every active creator.")
    force: bool = Field(
        default=False,
        description="Plan a week that has begun again, superseding the schedules in force.",
    )


def partition_week(context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext) -> dt.date:
    """The Monday of the partition that a run is for."""
    return dt.date.fromisoformat(context.run.tags["dagster/partition"])


def week_of_run(
    context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext,
    eros: Installation,
    warehouse: Warehouse,
) -> dt.date:
    """The Monday of a run's partition; of a run without one, the installation's coming week."""
    partition = context.run.tags.get("dagster/partition")
    return dt.date.fromisoformat(partition) if partition else eros.default_week(warehouse)
