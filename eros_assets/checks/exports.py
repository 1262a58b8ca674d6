"""Files that were written can be read back, and say what the schedule says."""

from collections.abc import Callable, Sequence
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
from eros_assets.installation import Installation
from eros_assets.weekly.messages import active_messages, schedule_lines


def export_checks(eros: Installation) -> Sequence[dg.AssetChecksDefinition]:
    """`csv_is_well_formed`."""

    @dg.asset_check(
        asset="schedule_csv",
        description="Each page's file for machines has the columns, types and LA offsets of the "
        "contract; it and the file for Excel say the very messages of the active schedule.",
    )
    def csv_is_well_formed(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        week_start = partition_week(context)
        warehouse = eros.warehouse(asset="schedule_csv", run=context.run.run_id)
        expected = active_messages(eros, warehouse, week_start)
        folder = eros.week_folder(week_start)
        wrong: list[str] = []
        for page, rows in expected.groupby("page_name", sort=True):
            lines = schedule_lines(rows)
            wrong += _faults(folder / f"{page}.csv", _read_messages, messages_in(lines))
            wrong += _faults(
                folder / excel_name(str(page)),
                read_excel_messages,
                messages_in(lines, for_excel=True),
            )
        return verdict(
            offenders=wrong,
            meaning=f"What is wrong with the files of {expected['page_name'].nunique()} pages.",
        )

    return [csv_is_well_formed]


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
