"""A page's week as rows, and the captions it reserves: drafts first, then locked."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import dagster as dg

from eros_assets.assets.drafting import (
    PageDraft,
    draft_week,
    failed_creators,
    placement_shortfalls,
    read_week_inputs,
)
from eros_assets.assets.reporting import frame_metadata, job_metadata, table_spec
from eros_assets.assets.shortfalls import Shortfall, reason_of, store_shortfalls
from eros_assets.assets.week import (
    WEEKLY,
    WeekPlanScope,
    WeekScope,
    partition_week,
    week_plan_scope,
)
from eros_assets.calendar import ZONE
from eros_assets.installation import Installation
from eros_assets.planning.explanation import Evidence, explain
from eros_assets.planning.identity import ScheduleRow, schedule_id
from eros_assets.planning.model import PlannedMessage
from eros_assets.warehouse.protocol import RaisedError, Typed, Warehouse

if TYPE_CHECKING:
    import pandas as pd


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
        scope = week_plan_scope(eros, warehouse, week_start, week_scope)
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


def draft_rows(
    eros: Installation,
    warehouse: Warehouse,
    scope: WeekPlanScope,
    drafts: Sequence[PageDraft],
    *,
    run_id: str,
) -> "tuple[pd.DataFrame, list[PageDraft]]":
    """Rows of `schedule_recommendations` for the planned pages, and how each page's draft fared.

    A page whose plan is what is in force already gets none: the same content has the same id. A
    page whose rows can't be made gets none either; its draft says why, and it stops no other.
    """
    import pandas as pd

    week = {
        "week_start": scope.week_start,
        "pages": Typed(list(scope.pages), "ARRAY<STRING>"),
    }
    active = set(warehouse.query(eros.sql("active_schedules"), week)["schedule_id"])
    choices: list[dict[Any, Any]] = warehouse.query(eros.sql("selected_captions"), week).to_dict(
        "records"
    )
    selected = {(row["page_name"], row["caption_id"]): row for row in choices}
    created_at = dt.datetime.now(dt.UTC)
    of_all = {
        "week_start": scope.week_start,
        "status": "draft",
        "is_active": False,
        "planned_at": scope.planned_at,
        "is_forced": scope.force,
        "created_at": created_at,
        "run_id": run_id,
    }
    rows: list[Mapping[str, Any]] = []
    fared: list[PageDraft] = []
    for draft in drafts:
        try:
            made = _page_rows(draft, scope.week_start, selected, active)
        except Exception as error:  # whatever befalls one creator, the others get their week
            fared.append(PageDraft(draft.page_name, None, reason_of(error)))
            continue
        fared.append(draft)
        rows += [{**row, **of_all} for row in made]
    columns = [column.name for column in eros.library["schedule_recommendations"].columns]
    return pd.DataFrame(rows, columns=columns), fared


def _page_rows(
    draft: PageDraft,
    week_start: dt.date,
    selected: Mapping[tuple[str, int], Mapping[Any, Any]],
    active: Collection[str],
) -> list[dict[str, Any]]:
    """What is the page's own of its rows; none when its schedule is among the active ones.

    `selected` has the selections by page and caption.
    """
    messages = draft.plan.messages if draft.plan else ()
    identifier = schedule_id(draft.page_name, week_start, [_identity(m) for m in messages])
    if identifier in active:
        return []
    return [
        {
            "schedule_id": identifier,
            "page_name": draft.page_name,
            **_message_row(message),
            "explanation": explain(
                message, _evidence(selected[draft.page_name, message.caption.caption_id])
            ),
        }
        for message in messages
    ]


def _identity(message: PlannedMessage) -> ScheduleRow:
    return ScheduleRow(
        message.send_time,
        message.caption.message_type,
        message.caption.caption_id,
        message.caption.price_tier,
        message.caption.arm,
    )


def _evidence(choice: Mapping[str, Any]) -> Evidence:
    return Evidence(
        draw=float(choice["thompson_score"]),
        successes=int(choice["successes"]),
        failures=int(choice["failures"]),
        posterior_successes=_number(choice["posterior_successes"]),
        posterior_failures=_number(choice["posterior_failures"]),
        other_pages=int(choice["other_pages"]),
        tier_rank=int(choice["tier_rank"]),
    )


def _number(value: Any) -> float | None:
    import pandas as pd

    return None if pd.isna(value) else float(value)


def _message_row(message: PlannedMessage) -> dict[str, Any]:
    local = message.send_time.astimezone(ZONE)
    return {
        "message_number": message.number,
        "scheduled_send_time": message.send_time,
        "send_date": local.date(),
        "send_hour": local.hour,
        "day_of_week": local.strftime("%A"),
        "message_type": message.caption.message_type,
        "caption_id": message.caption.caption_id,
        "price_tier": message.caption.price_tier,
        "arm": message.caption.arm,
        "performance_score": message.caption.score,
        "slot_value": message.slot_value,
    }


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
        scope = week_plan_scope(eros, warehouse, week_start, week_scope)
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


def lock_drafts(eros: Installation, warehouse: Warehouse, scope: WeekPlanScope) -> int:
    """Lock the drafts of the scope's pages; the number of captions reserved.

    All of a week's drafts are locked at once, so that captions may pass from page to page; a run
    that is narrowed to some pages locks theirs one by one, the first by id first. What can't be
    locked stays a draft, and `blocked_drafts` says why.
    """
    drafts = warehouse.query(eros.sql("unlocked_drafts"), {"week_start": scope.week_start})
    if drafts.empty:
        return 0
    if scope.is_everyone:
        return _lock(warehouse, scope.schedule_prefix)
    free = drafts[drafts["page_name"].isin(scope.pages) & ~drafts["is_refused"]]
    locked = 0
    for schedule in free["schedule_id"]:
        with suppress(RaisedError):  # one before it took a caption that it asks for
            locked += _lock(warehouse, schedule)
    return locked


def _lock(warehouse: Warehouse, schedule: str) -> int:
    """Lock a schedule, or all that begin so; the number of captions reserved."""
    out = warehouse.call("lock_caption_assignments", {"p_schedule_id": schedule}).out
    return int(str(out["p_locked"]))


def blocked_drafts(
    eros: Installation, warehouse: Warehouse, scope: WeekPlanScope
) -> list[Shortfall]:
    """The scope's schedules that stayed drafts, with what stands in their way."""
    drafts = warehouse.query(eros.sql("unlocked_drafts"), {"week_start": scope.week_start})
    return [
        Shortfall(row["page_name"], None, 1, 0, row["obstacles"] or "it waits for another draft")
        for row in drafts.to_dict("records")
        if row["page_name"] in scope.pages
    ]
