"""How many messages each page's week holds, and which captions: targets and selections."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import dagster as dg

from eros_assets.assets.policies import current_policy
from eros_assets.assets.reporting import frame_metadata, job_metadata, table_spec
from eros_assets.assets.shortfalls import (
    Report,
    Shortfall,
    failed_page,
    reason_of,
    store_shortfalls,
)
from eros_assets.assets.week import (
    WEEKLY,
    WeekPlanScope,
    WeekScope,
    partition_week,
    week_plan_scope,
)
from eros_assets.installation import Installation
from eros_assets.planning.volume import PageOutlook, weekly_target
from eros_assets.tuning import read_knobs
from eros_assets.warehouse.protocol import Typed, Warehouse, WarehouseError

if TYPE_CHECKING:
    import pandas as pd


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
        scope = week_plan_scope(eros, warehouse, week_start, week_scope)
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


def week_targets(
    eros: Installation,
    warehouse: Warehouse,
    scope: WeekPlanScope,
    report: Report | None = None,
) -> "pd.DataFrame":
    """The targets of the scope's pages, as `weekly_volume_targets` has them.

    A page whose targets can't be set has no row: `report` takes why, and it stops no other. With
    nobody to report to, its error is raised.
    """
    import pandas as pd

    lookback = read_knobs(warehouse)["account_lookback_days"]
    outlooks = warehouse.query(
        eros.sql("page_outlooks"),
        {
            "week_start": scope.week_start,
            "account_lookback_days": lookback,
            "pages": Typed(list(scope.pages), "ARRAY<STRING>"),
        },
    )
    holidays = warehouse.query(eros.sql("holiday_factors"), {"week_start": scope.week_start})
    by_date: Mapping[Any, float] = dict(
        zip(holidays["holiday_date"], holidays["volume_factor"], strict=True)
    )
    factors = [by_date.get(day, 1.0) for day in scope.dates]
    rows: list[dict[str, Any]] = []
    for outlook in _records(outlooks):
        try:
            rows.append(asdict(weekly_target(PageOutlook(**outlook), scope.week_start, factors)))
        except Exception as error:  # whatever befalls one creator, the others get their week
            if report is None:
                raise
            report(failed_page(outlook["page_name"], reason_of(error)))
    columns = [column.name for column in eros.library["weekly_volume_targets"].columns]
    return pd.DataFrame(rows, columns=columns)


def _records(frame: "pd.DataFrame") -> list[dict[str, Any]]:
    return [{str(k): v for k, v in row.items()} for row in frame.to_dict("records")]


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
        scope = week_plan_scope(eros, warehouse, week_start, week_scope)
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


def select_captions(
    eros: Installation,
    warehouse: Warehouse,
    scope: WeekPlanScope,
    report: Report | None = None,
) -> "pd.DataFrame":
    """Call the selection for every page at once, or for each page that the run is narrowed to.

    Of these, a page that the warehouse can't choose for gets no captions: `report` takes why, and
    it stops no other. With nobody to report to, its error is raised.
    """
    import pandas as pd

    chosen: list[pd.DataFrame] = []
    for page in [None] if scope.is_everyone else scope.pages:
        try:
            chosen.append(_selected(eros, warehouse, scope, page))
        except WarehouseError as error:
            if page is None or report is None:
                raise
            report(failed_page(page, reason_of(error)))
    columns = [column.name for column in eros.library["caption_selections"].columns]
    return pd.concat(chosen) if chosen else pd.DataFrame(columns=columns)


def _selected(
    eros: Installation, warehouse: Warehouse, scope: WeekPlanScope, page: str | None
) -> "pd.DataFrame":
    return warehouse.call(
        "select_captions_for_creator",
        {
            "p_page_name": page,
            "p_week_start": scope.week_start,
            "p_num_budget": None,
            "p_num_mid": None,
            "p_num_premium": None,
            "p_num_bump": None,
            "p_seed": eros.settings.seed,
        },
    ).rows


def with_chances(
    eros: Installation, warehouse: Warehouse, scope: WeekPlanScope, selections: "pd.DataFrame"
) -> "pd.DataFrame":
    """Selections with how likely each PPV was, by replays of its pool; written to the table too."""
    from eros_assets.evaluation.pools import chances  # imported here: it brings numpy

    knobs = read_knobs(warehouse)
    pools = warehouse.query(
        eros.sql("pool_log"), {"first_week": scope.week_start, "last_week": scope.week_start}
    )
    policy = current_policy(knobs)
    likely = chances(
        pools,
        selections.reset_index(drop=True),
        [policy],
        replays=int(knobs["evaluation_replays"]),
        seed=eros.settings.seed,
    )
    known = selections.reset_index(drop=True).assign(
        selection_probability=likely[f"chance {policy.name}"],
        control_probability=likely["control"],
    )
    pages = sorted(set(known["page_name"]))
    warehouse.load(
        "caption_selections",
        known,
        replacing={"week_start": scope.week_start, "page_name": Typed(pages, "ARRAY<STRING>")},
    )
    return known


def selection_shortfalls(
    eros: Installation, warehouse: Warehouse, scope: WeekPlanScope
) -> list[Shortfall]:
    """Tiers of pages for which the bank had too few eligible captions."""
    rows = warehouse.query(
        eros.sql("selection_shortfalls"),
        {"week_start": scope.week_start, "pages": Typed(list(scope.pages), "ARRAY<STRING>")},
    )
    return [
        Shortfall(
            page_name=row["page_name"],
            price_tier=row["price_tier"],
            wanted=int(row["wanted"]),
            got=int(row["got"]),
            reason="too few eligible captions",
        )
        for row in _records(rows)
    ]
