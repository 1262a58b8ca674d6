"""Checks of the exported files against the schedules in force."""

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
    """Each page's files hold exactly the messages of its schedule in force.

    The file for machines has the columns, types and LA offsets of the contract.
    """
    week_start = partition_week(context)
    dataset = warehouse.dataset(context)
    messages = active_messages(dataset, week_start)
    return verdict(
        offenders=wrong_files(messages, dataset.week_folder(week_start)),
        meaning=f"What is wrong with the files of {messages['page_name'].nunique()} pages.",
    )
