"""Checks of drafts and schedules in force: hard rules, times, contents, shortfalls."""

import datetime as dt
from collections.abc import Callable, Sequence

import dagster as dg

from eros_assets.assets.week import WEEKLY
from eros_assets.checks.verdict import Recorded, recorded, verdict, verdict_of, week_to_check
from eros_assets.dataset import Dataset
from eros_assets.gate import conditions
from eros_assets.gate.findings import Finding, closed_where_all_fail
from eros_assets.resources import WarehouseResource
from eros_assets.weekly.shortfalls import Stage, week_shortfalls


@dg.asset_check(
    asset="schedule_recommendations",
    blocking=True,
    partitions_def=WEEKLY,
)
def schedule_rules_hold(
    context: dg.AssetCheckExecutionContext, warehouse: WarehouseResource
) -> Recorded:
    """Every hard rule of a week holds in every draft and active schedule."""
    dataset = warehouse.dataset(context)
    yield from _judged(context, conditions.schedule_rules_hold, dataset)


@dg.asset_check(
    asset="schedule_recommendations",
    blocking=True,
    partitions_def=WEEKLY,
)
def schedule_times_are_la(
    context: dg.AssetCheckExecutionContext, warehouse: WarehouseResource
) -> Recorded:
    """Dates, hours and weekdays are those of the instants in America/Los_Angeles."""
    dataset = warehouse.dataset(context)
    yield from _judged(context, conditions.schedule_times_are_la, dataset)


@dg.asset_check(
    asset="schedule_recommendations",
    partitions_def=WEEKLY,
)
def every_creator_planned(
    context: dg.AssetCheckExecutionContext, warehouse: WarehouseResource
) -> Recorded:
    """Every creator of the run has a schedule; a failed one stops no other."""
    yield from _lacking(
        context,
        warehouse.dataset(context),
        ["creator"],
        "Creators whose week could not be planned.",
    )


@dg.asset_check(
    asset="active_caption_assignments",
    partitions_def=WEEKLY,
)
def no_shortfall(context: dg.AssetCheckExecutionContext, warehouse: WarehouseResource) -> Recorded:
    """Every page has the messages that its targets ask for, and its schedule is in force."""
    yield from _lacking(
        context,
        warehouse.dataset(context),
        ["selection", "placement", "lock"],
        "Pages and tiers with fewer messages than wanted.",
        severity=dg.AssetCheckSeverity.WARN,
    )


def _judged(
    context: dg.AssetCheckExecutionContext,
    condition: Callable[[Dataset, dt.date], Finding],
    dataset: Dataset,
) -> Recorded:
    week_start = week_to_check(context, dataset)
    finding = condition(dataset, week_start)
    if not finding.passed:
        [finding] = closed_where_all_fail([finding], conditions.judged_pages(dataset, week_start))
    result = verdict_of(finding, week_start=week_start)
    yield from recorded(context, result, week_start)


def _lacking(
    context: dg.AssetCheckExecutionContext,
    dataset: Dataset,
    stages: Sequence[Stage],
    meaning: str,
    *,
    severity: dg.AssetCheckSeverity = dg.AssetCheckSeverity.ERROR,
) -> Recorded:
    week_start = week_to_check(context, dataset)
    found = week_shortfalls(dataset, week_start, stages)
    result = verdict(
        offenders=[shortfall.sentence for shortfall in found],
        severity=severity,
        meaning=meaning,
        week_start=week_start,
    )
    yield from recorded(context, result, week_start)
