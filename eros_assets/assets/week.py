"""The weekly partitions, and the week that a run is for.

What belongs to a week has weekly partitions: targets, selections, schedules, reservations, exports
and their checks. A backfill runs them once per week, oldest first: one week that is refused stops
no other. (Dagster does that without a `BackfillPolicy`; with one, a run carries a range of
partitions.) What is one present, such as facts and statistics, has no partitions: it is as of the
Monday of the week to plan, `Dataset.default_week`, whatever week a run is for.
"""

import datetime as dt
from collections.abc import Iterable

import dagster as dg

from eros_assets.calendar import DAYS_A_WEEK, ZONE_NAME, la_date, monday_after, monday_of
from eros_assets.dataset import Dataset
from eros_assets.errors import ErosError
from eros_assets.publishing.ownership import require_own_folder
from eros_assets.resources import WeekScope
from eros_assets.tuning.loaded import require_configuration
from eros_assets.weekly.replacing.choosing import replacements_asked_for
from eros_assets.weekly.scope import WeekPlanScope, require_not_passed, week_plan_scope
from eros_assets.weekly.weeks import FIRST_WEEK, Weeks, has_passed

PARTITION = "dagster/partition"
"""The run tag that names the week."""

TO_THE_COMING_WEEK = 2
"""Partitions after the last week that is over: the one under way, and the coming one."""

PLANNED = ("weekly_volume_targets", "caption_selections", "schedule_recommendations")
"""Assets that plan a week."""

SCOPE = ("newest_message", "pages_to_plan")
"""Files of `sql/` that a step runs to know the pages of its week, see `week_plan_scope`."""

CONFIGURED = ("configuration_keys",)
"""Files of `sql/` that a step runs before it plans from the configuration, see `refuse_plan`."""

REPLACING = ("messages_in_force", "week_replacements")
"""Files of `sql/` that a step runs to know which single messages are to be replaced."""

IN_FORCE = ("active_caption_assignments", "schedule_recommendations")
"""Schedules and reservations of earlier runs, which a step that plans a week reads."""

HANDED_OUT = (*IN_FORCE, "schedule_csv")
"""The same with what people were given, which a step reads that replaces single messages."""

WEEKLY = dg.WeeklyPartitionsDefinition(
    start_date=FIRST_WEEK.isoformat(),
    timezone=ZONE_NAME,
    day_offset=1,
    end_offset=TO_THE_COMING_WEEK,
)
"""What the modules declare; `build_definitions` puts the installation's own weeks in its place."""


class NoWeekError(ErosError):
    """A run of weekly assets without a week."""


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


def open_weeks(
    repository: dg.RepositoryDefinition | None, weeks: Iterable[str], tick: dt.datetime
) -> set[str]:
    """Those of these partitions that the installation has, and that have not passed at a tick.

    Where the last week stays as it is, so does today, and only the step knows whether a week has
    passed.
    """
    partitions = weekly_partitions(repository)
    known = {week for week in weeks if partitions.has_partition_key(week)}
    if partitions.end is not None:
        return known
    return {week for week in known if not has_passed(dt.date.fromisoformat(week), la_date(tick))}


def refuse_plan(context: dg.AssetExecutionContext, dataset: Dataset, week_scope: WeekScope) -> None:
    """Refuse a run that can't plan its week, before its first step writes anything.

    Raises:
        ErosError: the run has no week, the week has passed, a page is no active creator, a message
            can't be replaced, a configuration table has a key twice, or the export folder is
            another home's.
    """
    if materializes(context, PLANNED):
        require_own_folder(dataset.settings)
        scope = scope_of_run(dataset, partition_week(context), week_scope)
        if week_scope.is_replacing:
            replacements_asked_for(dataset, scope, week_scope.replace)
        require_configuration(dataset)


def scope_of_run(dataset: Dataset, week_start: dt.date, week_scope: WeekScope) -> WeekPlanScope:
    """The pages that a run plans, and those that keep their schedules.

    Raises:
        PastWeekError: the week has passed.
        UnknownPageError: a page is not an active creator.
    """
    return week_plan_scope(
        dataset,
        week_start,
        week_scope.pages,
        force=week_scope.force,
        is_replacing=week_scope.is_replacing,
    )


def materializes(
    context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext, names: Iterable[str]
) -> bool:
    """Whether a run materializes one of these assets, in this step or another."""
    selected = context.run.asset_selection or context.job_def.asset_layer.selected_asset_keys
    return any(dg.AssetKey(name) in selected for name in names)


def partition_week(context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext) -> dt.date:
    """The Monday of the partition that a run is for.

    Raises:
        NoWeekError: the run has no partition.
    """
    week = context.run.tags.get(PARTITION)
    if week is None:
        raise NoWeekError(
            f"run {context.run.run_id} has no week: select a partition when you launch it, "
            "Latest is the week to plan"
        )
    return dt.date.fromisoformat(week)


def week_to_publish(context: dg.AssetExecutionContext, dataset: Dataset) -> dt.date:
    """The Monday of the partition that a run exports.

    Raises:
        PastWeekError: the week has passed: nothing is sent into it any more.
        NoWeekError: the run has no partition.
    """
    week_start = partition_week(context)
    require_not_passed(dataset, week_start)
    return week_start


def has_week(context: dg.AssetCheckExecutionContext) -> bool:
    """Whether a run is for a partition."""
    return PARTITION in context.run.tags
