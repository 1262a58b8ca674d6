"""Files that were written can be read back, and say what the schedule says."""

import dagster as dg

from eros_assets.assets.week import partition_week
from eros_assets.checks.verdict import verdict
from eros_assets.publishing.files import wrong_files
from eros_assets.resources import WarehouseResource
from eros_assets.weekly.messages import active_messages


@dg.asset_check(
    asset="schedule_csv",
)
def csv_is_well_formed(
    context: dg.AssetCheckExecutionContext, warehouse: WarehouseResource
) -> dg.AssetCheckResult:
    """Each page's files say what the schedule in force says.

    The file for machines has the columns, types and LA offsets of the contract; it and
    the file for Excel say the very messages of the active schedule.
    """
    week_start = partition_week(context)
    dataset = warehouse.dataset(context)
    expected = active_messages(dataset, week_start)
    return verdict(
        offenders=wrong_files(expected, dataset.week_folder(week_start)),
        meaning=f"What is wrong with the files of {expected['page_name'].nunique()} pages.",
    )
