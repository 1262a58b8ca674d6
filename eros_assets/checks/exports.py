"""Checks of the exported files against the schedules in force."""

from collections.abc import Callable
from pathlib import Path

import dagster as dg

from eros_assets.assets.week import partition_week
from eros_assets.checks.verdict import verdict
from eros_assets.errors import ErosError
from eros_assets.exporting.schedule_csv import (
    Messages,
    excel_name,
    messages_in,
    read_excel_messages,
    read_schedule_csv,
)
from eros_assets.resources import WarehouseResource
from eros_assets.weekly.messages import active_messages, messages_by_page


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
    folder = dataset.week_folder(week_start)
    wrong: list[str] = []
    pages = messages_by_page(active_messages(dataset, week_start))
    for page, messages in pages.items():
        wrong += _faults(folder / f"{page}.csv", _read_messages, messages_in(messages))
        wrong += _faults(
            folder / excel_name(page),
            read_excel_messages,
            messages_in(messages, for_excel=True),
        )
    return verdict(
        offenders=wrong,
        meaning=f"What is wrong with the files of {len(pages)} pages.",
    )


def _read_messages(path: Path) -> Messages:
    return messages_in(read_schedule_csv(path))


def _faults(path: Path, read: Callable[[Path], Messages], wanted: Messages) -> list[str]:
    """How a file differs from what it should say, one line per message."""
    try:
        found = read(path)
    except ErosError as error:
        return [str(error)]
    return [
        *(f"{path}: caption {caption} is missing" for caption in wanted if caption not in found),
        *(
            f"{path}: caption {caption} is not scheduled"
            for caption in found
            if caption not in wanted
        ),
        *(
            f"{path}: caption {caption}: {', '.join(differing)} not as scheduled"
            for caption, message in wanted.items()
            if (differing := [c for c in message if message[c] != found.get(caption, message)[c]])
        ),
    ]
