"""The weekly partitions, and the week that a run is for."""

import datetime as dt

import dagster as dg

from eros_assets.calendar import DAYS_A_WEEK, ZONE_NAME, la_date, monday_after, monday_of
from eros_assets.dataset import Dataset
from eros_assets.resources import WeekScope
from eros_assets.weekly.scope import week_plan_scope
from eros_assets.weekly.weeks import FIRST_WEEK, Weeks

TO_THE_COMING_WEEK = 2
"""Partitions after the last week that is over: the one under way, and the coming one."""

PLANNED = ("weekly_volume_targets", "caption_selections", "schedule_recommendations")
"""Assets that plan a week."""

WEEKLY = dg.WeeklyPartitionsDefinition(
    start_date=FIRST_WEEK.isoformat(),
    timezone=ZONE_NAME,
    day_offset=1,
    end_offset=TO_THE_COMING_WEEK,
)
"""What the modules declare; `build_definitions` puts the installation's own weeks in its place."""


def partitions_of(weeks: Weeks, now: dt.datetime) -> dg.WeeklyPartitionsDefinition:
    """The partitions of these weeks; the last one, *Latest* in the UI, is the coming week."""
    if not weeks.is_fixed:
        return dg.WeeklyPartitionsDefinition(
            start_date=weeks.first.isoformat(),
            timezone=ZONE_NAME,
            day_offset=1,
            end_offset=TO_THE_COMING_WEEK,
        )
    under_way = monday_of(la_date(now))
    return dg.WeeklyPartitionsDefinition(
        start_date=weeks.first.isoformat(),
        end_date=(weeks.last + dt.timedelta(days=DAYS_A_WEEK)).isoformat(),
        timezone=ZONE_NAME,
        day_offset=1,
        # Dagster has no partition beyond the present but those of the offset.
        end_offset=max((weeks.last - under_way).days // DAYS_A_WEEK + 1, 0),
    )


def weekly_partitions(
    repository: dg.RepositoryDefinition | None,
) -> dg.WeeklyPartitionsDefinition:
    """The partitions of the installation that a tick of a schedule or sensor is for."""
    if repository is None:
        return WEEKLY
    found = repository.asset_graph.get(dg.AssetKey(PLANNED[0])).partitions_def
    return found if isinstance(found, dg.WeeklyPartitionsDefinition) else WEEKLY


def coming_week(repository: dg.RepositoryDefinition | None, tick: dt.datetime) -> dt.date:
    """The week that a tick is for: the installation's last one.

    Where that moves on with the clock it is the one that begins after the tick's LA date:
    statistics as of that Monday count every message sent until the tick.
    """
    partitions = weekly_partitions(repository)
    if partitions.end is None:
        return monday_after(la_date(tick))
    return la_date(partitions.end) - dt.timedelta(days=DAYS_A_WEEK)


def refuse_plan(context: dg.AssetExecutionContext, dataset: Dataset, week_scope: WeekScope) -> None:
    """Refuse a run that can't plan its week, before its first step writes anything.

    Raises:
        ErosError: the week has passed, or a page of the run is no active creator.
    """
    selected = context.run.asset_selection or context.job_def.asset_layer.selected_asset_keys
    if any(dg.AssetKey(name) in selected for name in PLANNED):
        pages, force = week_scope.pages, week_scope.force
        week_plan_scope(dataset, partition_week(context), pages, force=force)


def partition_week(context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext) -> dt.date:
    """The Monday of the partition that a run is for."""
    return dt.date.fromisoformat(context.run.tags["dagster/partition"])


def has_week(context: dg.AssetCheckExecutionContext) -> bool:
    """Whether a run is for a partition."""
    return "dagster/partition" in context.run.tags
