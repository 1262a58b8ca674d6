"""Checks of the exported files against the schedules in force."""

import dagster as dg

from eros_assets.assets.week import WEEKLY
from eros_assets.checks.verdict import Recorded, recorded, verdict, week_to_check
from eros_assets.gate.verdict import withheld_pages
from eros_assets.publishing.publication import wrong_folder
from eros_assets.resources import WarehouseResource
from eros_assets.weekly.messages import active_messages


@dg.asset_check(
    asset="schedule_csv",
    partitions_def=WEEKLY,
)
def csv_is_well_formed(
    context: dg.AssetCheckExecutionContext, warehouse: WarehouseResource
) -> Recorded:
    """The week's folder holds exactly the files of the schedules in force, and none is withheld.

    Each page's files have the messages of its schedule, the file for machines the columns, types
    and LA offsets of the contract. Pictures and index.html show these schedules. No other file is
    there. A week that has neither schedules nor a folder lacks nothing.
    """
    dataset = warehouse.dataset(context)
    week_start = week_to_check(context, dataset)
    messages, folder = active_messages(dataset, week_start), dataset.week_folder(week_start)
    withheld = withheld_pages(dataset, week_start, messages)
    nothing = messages.empty and not withheld and not folder.exists()
    result = verdict(
        offenders=[] if nothing else wrong_folder(messages, folder, withheld),
        meaning=f"What is wrong with the files of {messages['page_name'].nunique()} pages.",
        week_start=week_start,
    )
    yield from recorded(context, result, week_start)
