"""The weekly partitions, and the week that a run is for."""

import datetime as dt

import dagster as dg

from eros_assets.calendar import ZONE_NAME

FIRST_WEEK = dt.date(2020, 1, 6)
WEEKS_AHEAD = 8

WEEKLY = dg.WeeklyPartitionsDefinition(
    start_date=FIRST_WEEK.isoformat(),
    timezone=ZONE_NAME,
    day_offset=1,
    end_offset=WEEKS_AHEAD,
)


def partition_week(context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext) -> dt.date:
    """The Monday of the partition that a run is for."""
    return dt.date.fromisoformat(context.run.tags["dagster/partition"])


def has_week(context: dg.AssetCheckExecutionContext) -> bool:
    """Whether a run is for a partition."""
    return "dagster/partition" in context.run.tags
