"""Schedules hold every hard rule, lie in LA time, and say what they lack."""

from collections.abc import Sequence

import dagster as dg

from eros_assets.assets.week import partition_week
from eros_assets.checks.verdict import verdict, verdict_of
from eros_assets.gate import conditions
from eros_assets.installation import Installation
from eros_assets.weekly.shortfalls import Stage, week_shortfalls


def schedule_checks(eros: Installation) -> Sequence[dg.AssetChecksDefinition]:
    """Of drafts, of schedules in force, and of what either lacks."""

    @dg.asset_check(
        asset="schedule_recommendations",
        blocking=True,
        description="Every hard rule of a week holds in every draft and active schedule.",
    )
    def schedule_rules_hold(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        warehouse = eros.warehouse(asset="schedule_recommendations", run=context.run.run_id)
        week_start = partition_week(context)
        return verdict_of(conditions.schedule_rules_hold(eros, warehouse, week_start))

    @dg.asset_check(
        asset="schedule_recommendations",
        blocking=True,
        description="Dates, hours and weekdays are those of the instants in America/Los_Angeles.",
    )
    def schedule_times_are_la(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        warehouse = eros.warehouse(asset="schedule_recommendations", run=context.run.run_id)
        week_start = partition_week(context)
        return verdict_of(conditions.schedule_times_are_la(eros, warehouse, week_start))

    @dg.asset_check(
        asset="active_caption_assignments",
        blocking=True,
        description="Schedules in force hold the very messages that were planned: a schedule's id "
        "is made of its content.",
    )
    def schedules_are_as_planned(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        warehouse = eros.warehouse(asset="active_caption_assignments", run=context.run.run_id)
        week_start = partition_week(context)
        return verdict_of(conditions.schedules_are_as_planned(eros, warehouse, week_start))

    @dg.asset_check(
        asset="active_caption_assignments",
        blocking=True,
        description="Every message of a schedule in force holds its caption.",
    )
    def every_message_is_reserved(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        warehouse = eros.warehouse(asset="active_caption_assignments", run=context.run.run_id)
        week_start = partition_week(context)
        return verdict_of(conditions.every_message_is_reserved(eros, warehouse, week_start))

    @dg.asset_check(
        asset="schedule_recommendations",
        description="Every creator of the run has a schedule; a failed one stops no other.",
    )
    def every_creator_planned(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        return verdict(
            offenders=_lacking(eros, context, ["creator"]),
            meaning="Creators whose week could not be planned.",
        )

    @dg.asset_check(
        asset="active_caption_assignments",
        description="Every page has the messages that its targets ask for, and its schedule is "
        "in force.",
    )
    def no_shortfall(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        return verdict(
            offenders=_lacking(eros, context, ["selection", "placement", "lock"]),
            severity=dg.AssetCheckSeverity.WARN,
            meaning="Pages and tiers with fewer messages than wanted.",
        )

    return [
        schedule_rules_hold,
        schedule_times_are_la,
        schedules_are_as_planned,
        every_message_is_reserved,
        every_creator_planned,
        no_shortfall,
    ]


def _lacking(
    eros: Installation, context: dg.AssetCheckExecutionContext, stages: Sequence[Stage]
) -> list[str]:
    warehouse = eros.warehouse(asset="schedule_shortfalls", run=context.run.run_id)
    found = week_shortfalls(eros, warehouse, partition_week(context), stages)
    return [shortfall.sentence for shortfall in found]
