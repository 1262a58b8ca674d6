"""Publishes a week's files as one unit: staged beside the week's folder, then put in its place.

People see the whole previous week or the whole new one. What a killed publication leaves is in
`.publishing`, and the next publication of the week removes it.
"""

import datetime as dt
import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from eros_assets.atomic_write import atomic_write
from eros_assets.dataset import Dataset
from eros_assets.errors import ErosError
from eros_assets.exporting.calendar_picture import CalendarWeek, calendar_picture
from eros_assets.exporting.week_index import WeekIndex, week_index_page
from eros_assets.gate.verdict import Verdict, judged_week
from eros_assets.publishing.export_log import Attempt, Outcome, withheld_outcomes
from eros_assets.publishing.files import (
    calendar_weeks,
    page_files,
    picture_name,
    write_week,
    wrong_files,
)
from eros_assets.publishing.folders import (
    export_folder_error,
    put_in_place,
    recover,
    staging_folder,
    week_lock,
)
from eros_assets.publishing.index import INDEX_FILE, week_index, wrong_index
from eros_assets.publishing.record import (
    RECORD,
    DrawnPicture,
    PublicationRecord,
    read_record,
    wrong_pictures,
)
from eros_assets.weekly.messages import active_messages
from eros_assets.weekly.refusals import withheld_pages, without_pages
from eros_assets.weekly.shortfalls import store_withheld

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class PublishedFiles:
    """A week's folder as it was published: the log's rows, the page's content, the pictures'."""

    folder: Path
    verdict: Verdict
    log: "pd.DataFrame"
    index: WeekIndex
    weeks: list[CalendarWeek]


@dataclass(frozen=True, slots=True)
class _Placed:
    """What was put in place."""

    verdict: Verdict
    outcomes: list[Outcome]
    index: WeekIndex
    weeks: list[CalendarWeek]


def publish_files(
    dataset: Dataset, week_start: dt.date, *, run_id: str, report: Callable[[str], None]
) -> PublishedFiles:
    """Replace the week's folder by the files of the schedules in force, of all creators.

    A page whose messages can't be written any more has no files and a reason, in the shortfalls and
    in the log; the others are published. A failed attempt is in the export log too, and leaves the
    folder as it was.

    Raises:
        GateClosedError: a condition of the gate does not hold.
        ExportFolderError: the files could not be written or put in place.
        ErosError: the files could not be made.
    """
    attempt = Attempt("csv", week_start, run_id)
    folder = dataset.week_folder(week_start)
    try:
        with week_lock(dataset.settings, week_start):
            placed = _replaced_folder(dataset, week_start, run_id, report)
    except Exception as error:
        attempt.log_failure(dataset, active_messages(dataset, week_start), error, str(folder))
        raise
    log = attempt.log(
        dataset,
        [_moved(outcome, folder) for outcome in placed.outcomes],
        publication_id=placed.verdict.publication_id,
    )
    return PublishedFiles(folder, placed.verdict, log, placed.index, placed.weeks)


def wrong_folder(rows: "pd.DataFrame", folder: Path) -> list[str]:
    """How a week's folder differs from what belongs there, one line per file or message.

    `rows` are the messages in force. Files that belong to no schedule in force are named too. A
    page that can't be published is one line, whatever its files are.
    """
    withheld = withheld_pages(rows)
    return [
        *(f"{page}: {reason}" for page, reason in withheld.items()),
        *outdated_files(rows, folder),
    ]


def outdated_files(rows: "pd.DataFrame", folder: Path) -> list[str]:
    """The same without a line for each page that can't be published."""
    published = without_pages(rows, withheld_pages(rows))
    return [
        *wrong_files(published, folder),
        *wrong_pictures(published, folder),
        *wrong_index(published, folder, in_force=rows),
        *_strange_files(rows, folder),
    ]


def _replaced_folder(
    dataset: Dataset, week_start: dt.date, run_id: str, report: Callable[[str], None]
) -> _Placed:
    folder, settings = dataset.week_folder(week_start), dataset.settings
    try:
        recover(settings, week_start)
        judged = judged_week(dataset, week_start, run_id=run_id)
        store_withheld(dataset, week_start, judged.withheld, run_id=run_id)
        for page, reason in judged.withheld.items():
            report(f"{page} is not published: {reason}")
        staged = staging_folder(settings, week_start)
        outcomes = [
            *write_week(judged.messages, staged),
            *withheld_outcomes(judged.in_force, judged.withheld),
        ]
        weeks = calendar_weeks(dataset, week_start, judged.messages)
        pictures = _draw(weeks, folder, staged, report)
        index = week_index(dataset, week_start, judged.messages, staged)
        atomic_write(staged / INDEX_FILE, week_index_page(index))
        PublicationRecord(judged.verdict.publication_id, pictures).write(staged)
        put_in_place(settings, week_start)
    except Exception as error:
        with suppress(OSError, ErosError):  # the first error matters more
            recover(settings, week_start)
        if isinstance(error, OSError):
            raise export_folder_error(folder, error) from error
        raise
    return _Placed(judged.verdict, outcomes, index, weeks)


def _draw(
    weeks: list[CalendarWeek], folder: Path, staged: Path, report: Callable[[str], None]
) -> dict[str, DrawnPicture]:
    """Draw the pictures by page, and copy those that were published with the same content."""
    before = read_record(folder).pictures
    drawn: dict[str, DrawnPicture] = {}
    for number, week in enumerate(weeks, start=1):
        page, name = week.page_name, picture_name(week.page_name)
        content = hashlib.sha256(repr(week).encode()).hexdigest()
        known = before.get(page)
        same = known is not None and known.content == content and known.is_in(folder / name)
        picture = (folder / name).read_bytes() if same else calendar_picture(week, "page")
        written = atomic_write(staged / name, picture)
        drawn[page] = DrawnPicture(week.messages[0].schedule_id, content, written.sha256)
        if number % 10 == 0 or number == len(weeks):
            report(f"drew {number} of {len(weeks)} weeks")
    return drawn


def _strange_files(rows: "pd.DataFrame", folder: Path) -> list[str]:
    """What lies in a week's folder and belongs to no schedule in force."""
    pages = {str(page) for page in rows["page_name"]}
    known = {INDEX_FILE, RECORD, *(name for page in pages for name in page_files(page))}
    there = folder.iterdir() if folder.is_dir() else ()
    return [
        f"{path}: it belongs to no schedule in force; export the week again to remove it"
        for path in sorted(there)
        if path.name not in known
    ]


def _moved(outcome: Outcome, folder: Path) -> Outcome:
    if outcome.location is None:
        return outcome
    return replace(outcome, location=str(folder / Path(outcome.location).name))
