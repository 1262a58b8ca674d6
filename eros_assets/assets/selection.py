"""How many messages each page's week holds, and which captions: targets and selections."""

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import dagster as dg

from eros_assets.assets.reporting import frame_metadata, job_metadata, table_spec
from eros_assets.assets.week import WEEKLY, WeekScope, partition_week
from eros_assets.installation import Installation
from eros_assets.warehouse.protocol import Typed
from eros_assets.weekly.scope import week_plan_scope
from eros_assets.weekly.selection import (
    select_captions,
    selection_shortfalls,
    week_targets,
    with_chances,
)
from eros_assets.weekly.shortfalls import (
    Shortfall,
    store_shortfalls,
)

if TYPE_CHECKING:
    pass


def selection_assets(eros: Installation) -> Sequence[dg.AssetsDefinition]:
    """`weekly_volume_targets` and `caption_selections`."""
    return [_weekly_volume_targets(eros), _caption_selections(eros)]


def _weekly_volume_targets(eros: Installation) -> dg.AssetsDefinition:
    @dg.multi_asset(
        name="set_targets",
        specs=[
            table_spec(
                eros,
                "weekly_volume_targets",
                group="selection",
                deps=[
                    *("message_facts", "creators", "account_size_tiers", "saturation_responses"),
                    *("segment_rules", "holiday_calendar", "tuning"),
                    *("classify_account_size", "analyze_saturation_status"),
                    "get_creator_baseline",
                    # Analysis and monitoring come first: people read them with the week.
                    *("creator_performance", "creator_anomalies"),
                ],
                partitions_def=WEEKLY,
            )
        ],
    )
    def set_targets(
        context: dg.AssetExecutionContext, week_scope: WeekScope
    ) -> dg.MaterializeResult[Any]:
        week_start = partition_week(context)
        warehouse = eros.warehouse(
            asset="weekly_volume_targets", run=context.run_id, week=week_start.isoformat()
        )
        scope = week_plan_scope(
            eros, warehouse, week_start, week_scope.pages, force=week_scope.force
        )
        failures: list[Shortfall] = []
        targets = week_targets(eros, warehouse, scope, failures.append)
        targets["computed_at"] = dt.datetime.now(dt.UTC)
        targets["run_id"] = context.run_id
        warehouse.load(
            "weekly_volume_targets",
            targets,
            replacing={
                "week_start": week_start,
                "page_name": Typed(list(scope.pages), "ARRAY<STRING>"),
            },
        )
        store_shortfalls(warehouse, scope, "targets", failures, run_id=context.run_id)
        for failure in failures:
            context.log.error(failure.sentence)
        return dg.MaterializeResult(
            metadata={
                **frame_metadata(targets),
                "messages": int(targets["ppv_count"].sum() + targets["bump_count"].sum()),
                "pages_failed": dg.MetadataValue.json([f.sentence for f in failures]),
                "pages_left_alone": dg.MetadataValue.json(scope.left_alone),
                **job_metadata(warehouse),
            }
        )

    return set_targets


def _caption_selections(eros: Installation) -> dg.AssetsDefinition:
    procedure = eros.library["select_captions_for_creator"]

    @dg.multi_asset(
        name="choose_captions",
        specs=[
            table_spec(
                eros,
                "caption_selections",
                group="selection",
                deps=[
                    *("weekly_volume_targets", "caption_bank", "caption_bandit_stats"),
                    *("caption_priors", "caption_appeal", "creator_caption_restrictions"),
                    *("segment_rules", "schedule_review"),
                    procedure.name,
                ],
                partitions_def=WEEKLY,
                code_version=procedure.fingerprint,
            )
        ],
    )
    def choose_captions(
        context: dg.AssetExecutionContext, week_scope: WeekScope
    ) -> dg.MaterializeResult[Any]:
        week_start = partition_week(context)
        warehouse = eros.warehouse(
            asset="caption_selections", run=context.run_id, week=week_start.isoformat()
        )
        scope = week_plan_scope(
            eros, warehouse, week_start, week_scope.pages, force=week_scope.force
        )
        failures: list[Shortfall] = []
        chosen = select_captions(eros, warehouse, scope, failures.append)
        selections = with_chances(eros, warehouse, scope, chosen)
        failed = {failure.page_name for failure in failures}
        shortfalls = failures + [
            lacking
            for lacking in selection_shortfalls(eros, warehouse, scope)
            if lacking.page_name not in failed
        ]
        store_shortfalls(warehouse, scope, "selection", shortfalls, run_id=context.run_id)
        for shortfall in shortfalls:
            context.log.warning(shortfall.sentence)
        return dg.MaterializeResult(
            metadata={
                **frame_metadata(selections),
                "control": int((selections["arm"] == "control").sum()),
                "shortfalls": dg.MetadataValue.json([s.sentence for s in shortfalls]),
                **job_metadata(warehouse),
            }
        )

    return choose_captions
