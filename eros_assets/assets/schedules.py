"""A page's week as rows, and the captions it reserves: drafts first, then locked."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import dagster as dg

from eros_assets.assets.reporting import frame_metadata, job_metadata, table_spec
from eros_assets.assets.week import WEEKLY, WeekScope, partition_week
from eros_assets.installation import Installation
from eros_assets.warehouse.protocol import Typed
from eros_assets.weekly.drafting import (
    draft_week,
    failed_creators,
    placement_shortfalls,
    read_week_inputs,
)
from eros_assets.weekly.locking import blocked_drafts, lock_drafts
from eros_assets.weekly.rows import draft_rows
from eros_assets.weekly.scope import week_plan_scope
from eros_assets.weekly.shortfalls import store_shortfalls

if TYPE_CHECKING:
    pass


def schedule_assets(eros: Installation) -> Sequence[dg.AssetsDefinition]:
    """`schedule_recommendations` (drafts) and `active_caption_assignments` (locked)."""
    return [_schedule_recommendations(eros), _active_caption_assignments(eros)]


def _schedule_recommendations(eros: Installation) -> dg.AssetsDefinition:
    @dg.multi_asset(
        name="build_schedules",
        specs=[
            table_spec(
                eros,
                "schedule_recommendations",
                group="schedules",
                deps=[
                    *("weekly_volume_targets", "caption_selections", "caption_priors"),
                    *("message_facts", "caption_bank", "tuning", "calculate_engagement_rates"),
                ],
                partitions_def=WEEKLY,
            )
        ],
    )
    def build_schedules(
        context: dg.AssetExecutionContext, week_scope: WeekScope
    ) -> dg.MaterializeResult[Any]:
        week_start = partition_week(context)
        warehouse = eros.warehouse(
            asset="schedule_recommendations", run=context.run_id, week=week_start.isoformat()
        )
        scope = week_plan_scope(
            eros, warehouse, week_start, week_scope.pages, force=week_scope.force
        )
        for page, schedule in sorted(scope.left_alone.items()):
            context.log.info(f"{page}: its week has begun, {schedule} is left alone")
        inputs = read_week_inputs(eros, warehouse, scope)
        planned_drafts = draft_week(inputs, scope, context.log.info)
        rows, drafts = draft_rows(eros, warehouse, scope, planned_drafts, run_id=context.run_id)
        failures, dropped = failed_creators(drafts), placement_shortfalls(drafts)
        store_shortfalls(warehouse, scope, "creator", failures, run_id=context.run_id)
        store_shortfalls(warehouse, scope, "placement", dropped, run_id=context.run_id)
        warehouse.load(
            "schedule_recommendations",
            rows,
            replacing={
                "week_start": week_start,
                "status": "draft",
                "page_name": Typed(list(scope.pages), "ARRAY<STRING>"),
            },
        )
        for failure in failures:
            context.log.error(failure.sentence)
        for shortfall in dropped:
            context.log.warning(shortfall.sentence)
        planned = [d.plan for d in drafts if d.plan is not None]
        return dg.MaterializeResult(
            metadata={
                **frame_metadata(rows.drop(columns="explanation")),
                "pages_planned": len(planned),
                "pages_failed": dg.MetadataValue.json([f.sentence for f in failures]),
                "pages_left_alone": dg.MetadataValue.json(scope.left_alone),
                "captions_dropped": dg.MetadataValue.json([s.sentence for s in dropped]),
                "value": sum(plan.objective for plan in planned),
                **job_metadata(warehouse),
            }
        )

    return build_schedules


def _active_caption_assignments(eros: Installation) -> dg.AssetsDefinition:
    procedure = eros.library["lock_caption_assignments"]

    @dg.multi_asset(
        name="lock_schedules",
        specs=[
            table_spec(
                eros,
                "active_caption_assignments",
                group="schedules",
                deps=["schedule_recommendations", "tuning", procedure.name],
                partitions_def=WEEKLY,
                code_version=procedure.fingerprint,
            )
        ],
    )
    def lock_schedules(
        context: dg.AssetExecutionContext, week_scope: WeekScope
    ) -> dg.MaterializeResult[Any]:
        week_start = partition_week(context)
        warehouse = eros.warehouse(
            asset="active_caption_assignments", run=context.run_id, week=week_start.isoformat()
        )
        scope = week_plan_scope(
            eros, warehouse, week_start, week_scope.pages, force=week_scope.force
        )
        locked = lock_drafts(eros, warehouse, scope)
        blocked = blocked_drafts(eros, warehouse, scope)
        store_shortfalls(warehouse, scope, "lock", blocked, run_id=context.run_id)
        for shortfall in blocked:
            context.log.error(shortfall.sentence)
        active = warehouse.query(
            eros.sql("active_schedules"),
            {"week_start": week_start, "pages": Typed(list(scope.pages), "ARRAY<STRING>")},
        )
        return dg.MaterializeResult(
            metadata={
                **frame_metadata(active),
                "captions_locked": locked,
                "not_locked": dg.MetadataValue.json([s.sentence for s in blocked]),
                **job_metadata(warehouse),
            }
        )

    return lock_schedules
