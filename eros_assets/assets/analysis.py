"""What people ask about creators before a week is planned: a report each, and unusual days.

Both are as of the Monday of the week to plan; the rows of earlier Mondays stay.
"""

from typing import Any

import dagster as dg

from eros_assets.assets.reporting import fingerprint, lineage_metadata, table_asset
from eros_assets.assets.weekly_table import replace_week
from eros_assets.resources import WarehouseResource
from eros_assets.tuning import read_knobs

GROUP = "analysis"


@table_asset(
    "creator_performance",
    group_name=GROUP,
    runs=("creator_reports",),
    deps=["tuning"],
    code_version=fingerprint("creator_reports"),
)
def creator_performance(
    context: dg.AssetExecutionContext, warehouse: WarehouseResource
) -> dg.MaterializeResult[Any]:
    """A report on each creator as of the Monday of the week to plan."""
    return _report(context, warehouse, "creator_performance", "creator_reports")


@table_asset(
    "creator_anomalies",
    group_name=GROUP,
    runs=("week_anomalies",),
    deps=["tuning"],
    code_version=fingerprint("week_anomalies"),
)
def creator_anomalies(
    context: dg.AssetExecutionContext, warehouse: WarehouseResource
) -> dg.MaterializeResult[Any]:
    """The days before the Monday of the week to plan on which a page's figures were unusual."""
    return _report(context, warehouse, "creator_anomalies", "week_anomalies")


def _report(
    context: dg.AssetExecutionContext, warehouse: WarehouseResource, table: str, operation: str
) -> dg.MaterializeResult[Any]:
    """A table that is the rows of one query as of the Monday of the week to plan."""
    dataset = warehouse.dataset(context)
    week_start = dataset.default_week()
    rows = dataset.query(
        operation,
        week_start=week_start,
        account_lookback_days=read_knobs(dataset)["account_lookback_days"],
    )
    return replace_week(
        dataset,
        table,
        rows,
        replacing={"week_start": week_start},
        stamp="reported_at",
        run_id=context.run_id,
        **lineage_metadata(operation),
    )
