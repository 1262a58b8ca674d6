"""Check of the decisions that people write into the spreadsheet."""

import dagster as dg

from eros_assets.assets.week import WEEKLY
from eros_assets.checks.verdict import Recorded, recorded, verdict, week_to_check
from eros_assets.resources import WarehouseResource
from eros_assets.weekly.reviews import open_faults


@dg.asset_check(
    asset="schedule_review",
    partitions_def=WEEKLY,
)
def reviews_are_read(
    context: dg.AssetCheckExecutionContext, warehouse: WarehouseResource
) -> Recorded:
    """Every decision and note of the Review tab about the week could be read.

    The week is planned on what is known either way.
    """
    dataset = warehouse.dataset(context)
    week_start = week_to_check(context, dataset)
    result = verdict(
        offenders=open_faults(dataset, week_start),
        meaning="What could not be read of the Review tab.",
        week_start=week_start,
    )
    yield from recorded(context, result, week_start)
