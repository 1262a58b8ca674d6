"""Makes the published files those of the schedules in force, after a rollback changed these.

A week whose files can't be published, because the gate is closed, is withdrawn: its page names each
creator with the reason, and no file of a schedule that is not in force is left to send from.
"""

import datetime as dt
from collections.abc import Callable
from contextlib import suppress

from eros_assets.atomic_write import atomic_write
from eros_assets.calendar import la_date
from eros_assets.dataset import Dataset
from eros_assets.errors import ErosError
from eros_assets.exporting.week_index import week_index_page
from eros_assets.publishing.folders import (
    export_folder_error,
    put_in_place,
    recover,
    staging_folder,
    week_lock,
)
from eros_assets.publishing.index import INDEX_FILE, week_index
from eros_assets.publishing.publication import publish_files, wrong_folder
from eros_assets.publishing.record import PublicationRecord
from eros_assets.weekly.messages import active_messages
from eros_assets.weekly.shortfalls import store_withheld
from eros_assets.weekly.weeks import has_passed


def realign_files(
    dataset: Dataset, *, run_id: str, report: Callable[[str], None]
) -> dict[dt.date, str]:
    """Publish again each week, not over yet, whose files are not those in force; what became of it.

    Only weeks that have a folder: what was never published is not published here.
    """
    done: dict[dt.date, str] = {}
    for week_start in _weeks_with_wrong_files(dataset):
        try:
            publish_files(dataset, week_start, run_id=run_id, report=report)
            done[week_start] = (
                f"week of {week_start}: its files are those of the schedules in force"
            )
        except ErosError as error:
            done[week_start] = _withdrawn(dataset, week_start, error, run_id)
    return done


def _weeks_with_wrong_files(dataset: Dataset) -> list[dt.date]:
    out = dataset.settings.out_dir
    weeks: list[dt.date] = []
    for folder in sorted(out.iterdir()) if out.is_dir() else ():
        with suppress(ValueError):
            weeks.append(dt.date.fromisoformat(folder.name))
    if not weeks:
        return []
    day = la_date(dataset.planning_instant())
    return [
        week
        for week in weeks
        if not has_passed(week, day)
        and wrong_folder(active_messages(dataset, week), dataset.week_folder(week))
    ]


def _withdrawn(dataset: Dataset, week_start: dt.date, error: ErosError, run_id: str) -> str:
    first = str(error).split("\n", 1)[0]
    reason = f"its files were withdrawn: {first} Then run the job export_schedules"
    try:
        withdraw_files(dataset, week_start, reason, run_id=run_id)
    except ErosError as failure:
        return (
            f"week of {week_start}: its files are of schedules that are not in force, do not send "
            f"from them; they could not be withdrawn: {failure}"
        )
    return f"week of {week_start}: {reason}"


def withdraw_files(dataset: Dataset, week_start: dt.date, reason: str, *, run_id: str) -> None:
    """Replace a week's folder by a page that says why each creator's schedule is not in it.

    Raises:
        ExportFolderError: the folder can't be replaced.
    """
    settings, folder = dataset.settings, dataset.week_folder(week_start)
    with week_lock(settings, week_start):
        try:
            recover(settings, week_start)
            messages = active_messages(dataset, week_start)
            pages = {str(page): reason for page in messages["page_name"]}
            store_withheld(dataset, week_start, pages, run_id=run_id)
            staged = staging_folder(settings, week_start)
            index = week_index(dataset, week_start, messages.iloc[:0], staged)
            atomic_write(staged / INDEX_FILE, week_index_page(index))
            PublicationRecord(None, {}).write(staged)
            put_in_place(settings, week_start)
        except OSError as error:
            raise export_folder_error(folder, error) from error
