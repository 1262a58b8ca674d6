"""How many messages each page's week holds, and which captions: targets and selections."""

import datetime as dt
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import dagster as dg

from eros_assets.assets.reporting import (
    fingerprint,
    job_metadata,
    lineage_metadata,
    table_asset,
)
from eros_assets.assets.stored import rows_metadata, stored_metadata
from eros_assets.assets.week import (
    CONFIGURED,
    HANDED_OUT,
    IN_FORCE,
    REPLACING,
    SCOPE,
    WEEKLY,
    partition_week,
    scope_of_run,
)
from eros_assets.dataset import Dataset
from eros_assets.gate.rehearsal import SELECTOR, SelectionWork, Timing
from eros_assets.resources import WarehouseResource, WeekScope
from eros_assets.tuning.loaded import require_configuration
from eros_assets.weekly.inputs import require_inputs
from eros_assets.weekly.replacing.choosing import choose_replacements, replacements_asked_for
from eros_assets.weekly.scope import WeekPlanScope
from eros_assets.weekly.selection import (
    select_captions,
    selection_shortfalls,
    week_targets,
    with_chances,
)
from eros_assets.weekly.shortfalls import Shortfall, store_shortfalls
from eros_assets.weekly.statistics import require_statistics, statistics_of

if TYPE_CHECKING:
    import pandas as pd

GROUP = "selection"

SELECTION_WORK = "selection_work"
"""The metadata key of how long the engine took to select, which the gate judges."""


@table_asset(
    "weekly_volume_targets",
    group_name=GROUP,
    runs=[
        *("page_outlooks", "holiday_factors", "sent_this_week"),
        *("week_availability", "week_overrides", "queued_this_week"),
    ],
    deps=[
        *("tuning", "loaded_inputs", *SCOPE, *CONFIGURED),
        # Analysis and monitoring come first: people read them with the week.
        *("creator_performance", "creator_anomalies"),
    ],
    earlier=IN_FORCE,
    partitions_def=WEEKLY,
)
def weekly_volume_targets(
    context: dg.AssetExecutionContext, warehouse: WarehouseResource, week_scope: WeekScope
) -> dg.MaterializeResult[Any]:
    """How many messages of each kind each page's week holds, and how far apart."""
    dataset, week_start = warehouse.dataset(context), partition_week(context)
    require_inputs(dataset)
    require_configuration(dataset)
    scope = scope_of_run(dataset, week_start, week_scope)
    failures: list[Shortfall] = []
    targets = week_targets(dataset, scope, failures.append)
    targets["computed_at"] = dt.datetime.now(dt.UTC)
    targets["run_id"] = context.run_id
    dataset.load(
        "weekly_volume_targets",
        targets,
        replacing={"week_start": week_start, "page_name": scope.pages},
    )
    store_shortfalls(dataset, scope, {"targets": failures}, run_id=context.run_id)
    for failure in failures:
        context.log.error(failure.sentence)
    stored = dataset.cached_rows("weekly_volume_targets", week_start=week_start)
    return dg.MaterializeResult(
        metadata={
            **rows_metadata("weekly_volume_targets", stored),
            "pages": len(targets),
            "messages": int(
                targets[["num_budget", "num_mid", "num_premium", "num_bump"]].sum().sum()
            ),
            "pages_failed": len(failures),
            "failures": dg.MetadataValue.json([f.sentence for f in failures]),
            "pages_left_alone": dg.MetadataValue.json(scope.left_alone),
            **job_metadata(dataset),
        }
    )


@table_asset(
    "caption_selections",
    group_name=GROUP,
    runs=[
        *("select_captions_for_creator", "pool_log", "selection_shortfalls"),
        *("release_selections", "replacement_candidates", "select_replacements"),
    ],
    deps=[
        *("tuning", "refused_pages", "statistics_date", *SCOPE, *CONFIGURED, *REPLACING),
        "week_selections",
    ],
    earlier=(*HANDED_OUT, "emv_improvement"),
    partitions_def=WEEKLY,
    code_version=fingerprint("select_captions_for_creator"),
)
def caption_selections(
    context: dg.AssetExecutionContext, warehouse: WarehouseResource, week_scope: WeekScope
) -> dg.MaterializeResult[Any]:
    """The captions of each page's week, drawn by Thompson sampling, with a control arm."""
    dataset, week_start = warehouse.dataset(context), partition_week(context)
    require_configuration(dataset)
    scope = scope_of_run(dataset, week_start, week_scope)
    statistics = statistics_of(dataset, week_start)
    later = None if week_scope.is_replacing else require_statistics(statistics)
    if later:
        context.log.warning(later)
    asked = replacements_asked_for(dataset, scope, week_scope.replace)
    replaced = choose_replacements(dataset, scope, asked, run_id=context.run_id)
    failures: list[Shortfall] = []
    chosen = select_captions(dataset, scope, failures.append, context.log.warning)
    work = _work_of(dataset, scope, chosen)
    selections = with_chances(dataset, scope, chosen)
    failed = {failure.page_name for failure in failures}
    shortfalls = failures + [
        lacking
        for lacking in selection_shortfalls(dataset, scope)
        if lacking.page_name not in failed
    ]
    store_shortfalls(dataset, scope, {"selection": shortfalls}, run_id=context.run_id)
    for shortfall in shortfalls:
        context.log.warning(shortfall.sentence)
    is_whole_week = scope.is_everyone and not failures
    return dg.MaterializeResult(
        metadata={
            **(
                rows_metadata("caption_selections", selections)
                if is_whole_week
                else stored_metadata(dataset, "caption_selections", week_start=week_start)
            ),
            "selected": len(selections),
            **({} if work is None else {SELECTION_WORK: dg.MetadataValue.json(asdict(work))}),
            "replacements": sum(each.new_caption_id is not None for each in replaced),
            "control": int((selections["arm"] == "control").sum()),
            "statistics": later or f"those of {week_start} or of the newest history before it",
            "shortfalls": len(shortfalls),
            "lacking": dg.MetadataValue.json([s.sentence for s in shortfalls]),
            **lineage_metadata("select_captions_for_creator", "caption_selections"),
            **job_metadata(dataset),
        }
    )


def _work_of(
    dataset: Dataset, scope: WeekPlanScope, chosen: "pd.DataFrame"
) -> SelectionWork | None:
    """How the step has selected, by the ledger of its handle; None where it selected nothing."""
    calls = [
        job
        for job in dataset.ledger
        if job.kind == "call" and SELECTOR in job.statement and job.error is None
    ]
    pages = sorted(set(chosen["page_name"]))
    if not calls or not pages:
        return None
    seconds = sum(Timing.of(job).engine_seconds for job in calls)
    return SelectionWork(() if scope.is_everyone else pages, seconds / len(pages))


def selection_work(context: dg.AssetCheckExecutionContext) -> SelectionWork | None:
    """How the run that a check is part of has selected; None where it has not."""
    event = context.instance.get_latest_materialization_event(dg.AssetKey("caption_selections"))
    if event is None or event.run_id != context.run.run_id or event.asset_materialization is None:
        return None
    known = event.asset_materialization.metadata.get(SELECTION_WORK)
    if not isinstance(known, dg.JsonMetadataValue) or not isinstance(known.data, dict):
        return None
    return SelectionWork(**known.data)
