"""Checks of drafts and schedules in force: hard rules, times, contents, shortfalls."""

from collections.abc import Sequence

import dagster as dg

from eros_assets.assets.week import WEEKLY, partition_week
from eros_assets.checks.verdict import verdict, verdict_of
from eros_assets.gate import conditions
from eros_assets.resources import WarehouseResource
from eros_assets.weekly.shortfalls import Stage, week_shortfalls


@dg.asset_check(
    asset="schedule_recommendations",
    blocking=True,
    partitions_def=WEEKLY,
)
def schedule_rules_hold(
    context: dg.AssetCheckExecutionContext, warehouse: WarehouseResource
) -> dg.AssetCheckResult:
    """Every hard rule of a week holds in every draft and active schedule."""
    dataset = warehouse.dataset(context)
    week_start = partition_week(context)
    finding = conditions.schedule_rules_hold(dataset, week_start)
    return verdict_of(finding, week_start=week_start)


@dg.asset_check(
    asset="schedule_recommendations",
    blocking=True,
    partitions_def=WEEKLY,
)
def schedule_times_are_la(
    context: dg.AssetCheckExecutionContext, warehouse: WarehouseResource
) -> dg.AssetCheckResult:
    """Dates, hours and weekdays are those of the instants in America/Los_Angeles."""
    dataset = warehouse.dataset(context)
    week_start = partition_week(context)
    finding = conditions.schedule_times_are_la(dataset, week_start)
    return verdict_of(finding, week_start=week_start)


@dg.asset_check(
    asset="schedule_recommendations",
    partitions_def=WEEKLY,
)
def every_creator_planned(
    context: dg.AssetCheckExecutionContext, warehouse: WarehouseResource
) -> dg.AssetCheckResult:
    """Every creator of the run has a schedule; a failed one stops no other."""
    return verdict(
        offenders=_lacking(warehouse, context, ["creator"]),
        meaning="Creators whose week could not be planned.",
        week_start=partition_week(context),
    )


@dg.asset_check(
    asset="active_caption_assignments",
    partitions_def=WEEKLY,
)
def no_shortfall(
    context: dg.AssetCheckExecutionContext, warehouse: WarehouseResource
) -> dg.AssetCheckResult:
    """Every page has the messages that its targets ask for, and its schedule is in force."""
    return verdict(
        offenders=_lacking(warehouse, context, ["selection", "placement", "lock"]),
        severity=dg.AssetCheckSeverity.WARN,
        meaning="Pages and tiers with fewer messages than wanted.",
        week_start=partition_week(context),
    )


def _lacking(
    warehouse: WarehouseResource, context: dg.AssetCheckExecutionContext, stages: Sequence[Stage]
) -> list[str]:
    found = week_shortfalls(warehouse.dataset(context), partition_week(context), stages)
    return [shortfall.sentence for shortfall in found]
