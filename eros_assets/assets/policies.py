"""What other settings of the selection would have earned, from the agency's own log."""

from typing import Any

import dagster as dg

from eros_assets.assets.reporting import table_asset
from eros_assets.assets.weekly_table import replace_week
from eros_assets.resources import WarehouseResource
from eros_assets.weekly.policies import policy_rows


@table_asset(
    "policy_evaluation",
    group_name="policies",
    runs=("sent_by_arm", "selection_log", "pool_log"),
    deps=["tuning"],
    pool=None,
)
def policy_evaluation(
    context: dg.AssetExecutionContext, warehouse: WarehouseResource
) -> dg.MaterializeResult[Any]:
    """Off-policy estimates of candidate settings, as of the Monday of the week to plan."""
    dataset = warehouse.dataset(context)
    as_of = dataset.default_week()
    rows = policy_rows(dataset, as_of)
    thin = sorted(rows.loc[rows["overlap"] == "thin", "policy"])
    return replace_week(
        dataset,
        "policy_evaluation",
        rows,
        replacing={"as_of": as_of},
        stamp="evaluated_at",
        run_id=context.run_id,
        too_thin_to_tell=dg.MetadataValue.json(thin),
    )
