"""Publishes a week's files as one unit: staged beside the week's folder, then put in its place.

People see the whole previous week or the whole new one. What a killed publication leaves is in
`.publishing`, and the next publication of the week removes it.
"""

import datetime as dt
from collections.abc import Callable, Collection, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from eros_assets.atomic_write import atomic_write
from eros_assets.dataset import Dataset
from eros_assets.errors import ErosError
from eros_assets.exporting.calendar_picture import CalendarWeek, calendar_picture
from eros_assets.exporting.week_index import WeekIndex, week_index_page
from eros_assets.exporting.week_list import week_list_page
from eros_assets.gate.verdict import Verdict, judged_week
from eros_assets.publishing.export_log import Attempt, Outcome, withheld_outcomes
from eros_assets.publishing.files import (
    calendar_weeks,
    files_of_all,
    page_files,
    picture_name,
    write_week,
    wrong_files,
)
from eros_assets.publishing.folders import (
    export_folder_error,
    list_lock,
    put_in_place,
    recover,
    staging_folder,
    week_lock,
)
from eros_assets.publishing.index import (
    INDEX_FILE,
    WEEKS_FILE,
    published_weeks,
    week_index,
    wrong_index,
)
from eros_assets.publishing.record import RECORD, PublicationRecord, wrong_pictures
from eros_assets.weekly.messages import active_messages
from eros_assets.weekly.refusals import without_pages
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

    A page for which alone the gate's conditions fail, or whose messages can't be written any more,
    has no files and a reason, in the shortfalls and in the log; the others are published. A failed
    attempt is in the export log too, and leaves the folder as it was.

    Raises:
        GateClosedError: a condition of the gate does not hold for the whole agency.
        ExportFolderError: the files could not be written or put in place.
        ErosError: the files could not be made.
    """
    attempt = Attempt("csv", week_start, run_id)
    folder = dataset.week_folder(week_start)
    with ExitStack() as held:
        try:
            held.enter_context(week_lock(dataset.settings, week_start))
            placed = _replaced_folder(dataset, week_start, run_id, report)
        except Exception as error:
            attempt.log_failure(dataset, active_messages(dataset, week_start), error, str(folder))
            raise
        _list_weeks(dataset, report)
        log = attempt.log(
            dataset,
            [_moved(outcome, folder) for outcome in placed.outcomes],
            publication_id=placed.verdict.publication_id,
        )
    return PublishedFiles(folder, placed.verdict, log, placed.index, placed.weeks)


def wrong_folder(rows: "pd.DataFrame", folder: Path, withheld: Mapping[str, str]) -> list[str]:
    """How a week's folder differs from what belongs there, one line per file or message.

    `rows` are the messages in force, `withheld` the pages of these that are not published, with the
    reasons: each is a line. Files that belong to no published schedule are named too.
    """
    return [
        *(f"{page}: {reason}" for page, reason in withheld.items()),
        *outdated_files(rows, folder, withheld),
    ]


def outdated_files(rows: "pd.DataFrame", folder: Path, withheld: Collection[str]) -> list[str]:
    """The same without a line for each page that is withheld."""
    published = without_pages(rows, withheld)
    return [
        *wrong_files(published, folder),
        *wrong_pictures(published, folder),
        *wrong_index(published, folder),
        *_strange_files(published, folder, withheld),
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
        for week in weeks:
            atomic_write(staged / picture_name(week.page_name), calendar_picture(week))
        index = week_index(dataset, week_start, judged.messages, weeks)
        atomic_write(staged / INDEX_FILE, week_index_page(index))
        schedules = {page.page_name: page.schedule_id for page in index.pages}
        publication_id = judged.verdict.publication_id
        PublicationRecord.of_folder(publication_id, schedules, staged).write(staged)
        put_in_place(settings, week_start)
    except Exception as error:
        with suppress(OSError, ErosError):  # the first error matters more
            recover(settings, week_start)
        if isinstance(error, OSError):
            raise export_folder_error(folder, error) from error
        raise
    return _Placed(judged.verdict, outcomes, index, weeks)


def _list_weeks(dataset: Dataset, report: Callable[[str], None]) -> None:
    """Bring the page that links to the weeks up to date; the week is published without it too."""
    settings = dataset.settings
    try:
        with list_lock(settings):
            page = week_list_page(published_weeks(settings))
            atomic_write(settings.out_dir / WEEKS_FILE, page)
    except OSError as error:
        report(f"{settings.out_dir / WEEKS_FILE} does not list the week: {error}")


def _strange_files(published: "pd.DataFrame", folder: Path, withheld: Collection[str]) -> list[str]:
    """What lies in a week's folder and belongs to no schedule that is published."""
    pages = {str(page) for page in published["page_name"]}
    known = {INDEX_FILE, RECORD, *files_of_all(pages)}
    known |= {name for page in pages for name in page_files(page)}
    kept_back = {name for page in withheld for name in page_files(page)}
    there = folder.iterdir() if folder.is_dir() else ()
    return [
        f"{path}: "
        + (
            "its page is withheld"
            if path.name in kept_back
            else "it belongs to no schedule in force"
        )
        + "; export the week again to remove it"
        for path in sorted(there)
        if path.name not in known
    ]


def _moved(outcome: Outcome, folder: Path) -> Outcome:
    if outcome.location is None:
        return outcome
    return replace(outcome, location=str(folder / Path(outcome.location).name))
