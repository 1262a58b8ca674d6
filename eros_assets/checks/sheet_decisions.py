"""Check of what people decide in the tabs of the spreadsheet."""

import dagster as dg

from eros_assets.checks.verdict import verdict
from eros_assets.resources import WarehouseResource
from eros_assets.weekly.sheet_decisions import open_decision_faults


@dg.asset_check(asset="sheet_decisions")
def decisions_are_read(
    context: dg.AssetCheckExecutionContext, warehouse: WarehouseResource
) -> dg.AssetCheckResult:
    """Every line of the tabs of decisions could be read.

    Weeks are planned on what is known either way.
    """
    return verdict(
        offenders=open_decision_faults(warehouse.dataset(context)),
        meaning="What could not be read of the tabs in which people say what they decide.",
    )
