"""The schedules of a week, and the captions they reserve: drafts first, then locked."""

import datetime as dt
from typing import Any

import dagster as dg

from eros_assets.assets.reporting import (
    fingerprint,
    frame_metadata,
    job_metadata,
    lineage_metadata,
    markdown_rows,
    table_asset,
)
from eros_assets.assets.stored import stored_metadata
from eros_assets.assets.week import IN_FORCE, SCOPE, WEEKLY, partition_week, scope_of_run
from eros_assets.gate.repairs import changed_pages, refuse_broken_drafts
from eros_assets.resources import WarehouseResource, WeekScope
from eros_assets.weekly.drafting import (
    draft_week,
    failed_creators,
    placement_shortfalls,
    read_week_inputs,
)
from eros_assets.weekly.locking import blocked_drafts, lock_drafts
from eros_assets.weekly.replacing.storing import store_replaced_drafts
from eros_assets.weekly.rows import draft_rows
from eros_assets.weekly.shortfalls import store_shortfalls
from eros_assets.weekly.withdrawal import forgotten_pages, withdraw_changed, withdraw_inactive

GROUP = "schedules"


@table_asset(
    "schedule_recommendations",
    group_name=GROUP,
    runs=[
        *("week_targets", "selected_captions", "slot_values", "tier_prices"),
        "queued_this_week",
    ],
    deps=[
        *("tuning", "sent_this_week", "active_schedules", "scheduled_pages", "rows_in_force"),
        *("week_replacements", "week_availability", "week_overrides", *SCOPE),
    ],
    earlier=IN_FORCE,
    partitions_def=WEEKLY,
)
def schedule_recommendations(
    context: dg.AssetExecutionContext, warehouse: WarehouseResource, week_scope: WeekScope
) -> dg.MaterializeResult[Any]:
    """When each selected caption goes out; drafts until they are locked."""
    dataset, week_start = warehouse.dataset(context), partition_week(context)
    scope = scope_of_run(dataset, week_start, week_scope)
    for page, schedule in sorted(scope.left_alone.items()):
        context.log.info(f"{page}: its week has begun, {schedule} is left alone")
    if not week_scope.pages:  # a run of some pages leaves the others what they have
        for left in withdraw_inactive(dataset, week_start, withdrawn_at=dt.datetime.now(dt.UTC)):
            context.log.warning(f"{left.sentence}: the creator is no longer active")
        for forgotten in forgotten_pages(dataset, week_start):
            context.log.warning(forgotten)
    planned_drafts = draft_week(read_week_inputs(dataset, scope), scope, context.log.info)
    changed = changed_pages(dataset, week_start, scope.pages) if scope.pages else ()
    rows, drafts = draft_rows(
        dataset, scope, planned_drafts, run_id=context.run_id, changed=changed
    )
    failures, dropped = failed_creators(drafts), placement_shortfalls(drafts)
    store_shortfalls(
        dataset,
        scope,
        {"creator": failures, "placement": dropped, "replacement": []},
        run_id=context.run_id,
    )
    replaced = store_replaced_drafts(dataset, scope, run_id=context.run_id)
    for change in replaced.replacements:
        context.log.info(change.sentence)
    for lacking in replaced.shortfalls:
        context.log.warning(lacking.sentence)
    planned_anew = sorted(set(rows["page_name"]).intersection(changed))
    withdraw_changed(dataset, week_start, planned_anew, withdrawn_at=dt.datetime.now(dt.UTC))
    for page in planned_anew:
        context.log.warning(
            f"{page}: its schedule was changed after it was planned, and gives way to the new plan"
        )
    dataset.load(
        "schedule_recommendations",
        rows,
        replacing={"week_start": week_start, "status": "draft", "page_name": scope.pages},
    )
    for failure in failures:
        context.log.error(failure.sentence)
    for shortfall in dropped:
        context.log.warning(shortfall.sentence)
    planned = [d.plan for d in drafts if d.plan is not None]
    return dg.MaterializeResult(
        metadata={
            **stored_metadata(dataset, "schedule_recommendations", week_start=week_start),
            "new_draft_messages": len(rows),
            "pages_planned": len(planned),
            "pages_failed": len(failures),
            "failures": dg.MetadataValue.json([f.sentence for f in failures]),
            "pages_left_alone": dg.MetadataValue.json(scope.left_alone),
            "captions_dropped": len(dropped),
            "dropped": dg.MetadataValue.json([s.sentence for s in dropped]),
            "replaced_messages": len(replaced.replacements),
            "replaced": markdown_rows(
                ("page", "message", "was", "is", "why"),
                (
                    (each.page_name, each.message_number, each.was, each.now, each.why)
                    for each in replaced.replacements
                ),
            ),
            "schedule_value": sum(plan.objective for plan in planned),
            **job_metadata(dataset),
        }
    )


@table_asset(
    "active_caption_assignments",
    group_name=GROUP,
    runs=["lock_caption_assignments", "unlocked_drafts", "week_reservations"],
    deps=[
        *("tuning", "week_replacements", "planned_messages", "week_targets", "sent_this_week"),
        *("schedule_times", *SCOPE),
    ],
    partitions_def=WEEKLY,
    code_version=fingerprint("lock_caption_assignments"),
)
def active_caption_assignments(
    context: dg.AssetExecutionContext, warehouse: WarehouseResource, week_scope: WeekScope
) -> dg.MaterializeResult[Any]:
    """The captions reserved by the schedules in force; locking a draft puts it in force."""
    dataset, week_start = warehouse.dataset(context), partition_week(context)
    scope = scope_of_run(dataset, week_start, week_scope)
    for page, refusal in refuse_broken_drafts(dataset, week_start).items():
        context.log.error(f"{page}: its draft is not locked: {refusal}")
    locked = lock_drafts(dataset, scope)
    blocked = blocked_drafts(dataset, scope)
    store_shortfalls(dataset, scope, {"lock": blocked}, run_id=context.run_id)
    for shortfall in blocked:
        context.log.error(shortfall.sentence)
    reserved = dataset.query("week_reservations", week_start=week_start)
    return dg.MaterializeResult(
        metadata={
            **frame_metadata(reserved),
            "schedules_in_force": reserved["schedule_id"].nunique(),
            "captions_locked": locked,
            "not_locked": len(blocked),
            "obstacles": dg.MetadataValue.json([s.sentence for s in blocked]),
            **lineage_metadata("lock_caption_assignments", "active_caption_assignments"),
            **job_metadata(dataset),
        }
    )
