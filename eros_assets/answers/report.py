"""Makes the report of a week, and writes its page and its files into the export folder."""

import datetime as dt
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from eros_assets.answers.results import week_results
from eros_assets.atomic_write import atomic_write
from eros_assets.calendar import DAYS_A_WEEK, la_date, monday_of
from eros_assets.dataset import Dataset
from eros_assets.errors import ErosError
from eros_assets.evaluation.caption_results import caption_results
from eros_assets.evaluation.week_results import (
    grouped,
    ratio_of_creators,
    ratio_of_messages,
    sums_of,
)
from eros_assets.exporting.report_csv import LABELS, report_files
from eros_assets.exporting.week_report import CreatorReport, WeekReport, week_report_page
from eros_assets.publishing.folders import export_folder_error
from eros_assets.publishing.index import INDEX_FILE
from eros_assets.settings import Settings
from eros_assets.tuning import read_knobs
from eros_assets.weekly.messages import creator_names
from eros_assets.weekly.weeks import history_span

REPORTS = "reports"
"""The folder in the export folder that has a folder for each reported week."""


class NothingToReportError(ErosError):
    """A week in which nothing was planned or sent."""


@dataclass(frozen=True, slots=True)
class WrittenReport:
    """A report with its folder and the size of each file in bytes."""

    report: WeekReport
    folder: Path
    files: Mapping[str, int]

    @property
    def page(self) -> Path:
        """The page to open."""
        return self.folder / INDEX_FILE


def week_report(dataset: Dataset, week_start: dt.date) -> WeekReport:
    """What became of a week, of all pages that planned or sent something in it.

    Raises:
        NothingToReportError: nothing was planned for the week, and nothing was sent in it.
    """
    found = week_results(dataset, week_start)
    if not found.messages and not found.left_out:
        raise NothingToReportError(_nothing(dataset, week_start))
    names = creator_names(dataset)
    knobs = read_knobs(dataset)
    pages = grouped(found.messages, lambda message: message.page_name)
    earlier, later = _neighbours(dataset.settings, week_start)
    has_page = (dataset.week_folder(week_start) / INDEX_FILE).is_file()
    return WeekReport(
        week_start=week_start,
        as_of=found.as_of,
        total=sums_of("all", found.messages, ratio_of_creators(found.messages)),
        creators=[
            CreatorReport(
                page_name=str(page),
                display_name=names.get(str(page), str(page)),
                sums=sums_of(str(page), messages, ratio_of_messages(messages)),
                messages=messages,
            )
            for page, messages in pages.items()
        ],
        captions=caption_results(found.messages),
        on_time_minutes=int(knobs["sent_on_time_minutes"]),
        days=int(knobs["attribution_days"]),
        ripe_hours=int(knobs["maturity_min_hours"]),
        left_out=found.left_out,
        week_page=f"../../{week_start}/{INDEX_FILE}" if has_page else None,
        earlier=earlier,
        later=later,
        files=tuple(LABELS.items()),
    )


def written(dataset: Dataset, report: WeekReport) -> WrittenReport:
    """Write a week's report: the files first, the page that links to them last.

    Each file is written as a whole or not at all; the same week and history give the same bytes.

    Raises:
        ExportFolderError: the folder can't be written to.
    """
    folder = reports_folder(dataset.settings) / report.week_start.isoformat()
    contents = {**report_files(report), INDEX_FILE: week_report_page(report)}
    try:
        for name, content in contents.items():
            atomic_write(folder / name, content)
    except OSError as error:
        raise export_folder_error(folder, error) from error
    return WrittenReport(report, folder, {name: len(each) for name, each in contents.items()})


def reports_folder(settings: Settings) -> Path:
    """The folder of all reports."""
    return settings.out_dir / REPORTS


def last_week(dataset: Dataset) -> dt.date:
    """The Monday of the last week that is over."""
    return monday_of(la_date(dataset.planning_instant())) - dt.timedelta(days=DAYS_A_WEEK)


def _neighbours(settings: Settings, week_start: dt.date) -> tuple[dt.date | None, dt.date | None]:
    """The reported weeks next before and next after a week."""
    weeks: list[dt.date] = []
    place = reports_folder(settings)
    for path in place.iterdir() if place.is_dir() else ():
        with suppress(ValueError):
            weeks.append(dt.date.fromisoformat(path.name))
    return (
        max((week for week in weeks if week < week_start), default=None),
        min((week for week in weeks if week > week_start), default=None),
    )


def _nothing(dataset: Dataset, week_start: dt.date) -> str:
    span = history_span(dataset)
    known = f"; messages are known from {span.oldest} to {span.newest}" if span else ""
    return f"week {week_start}: nothing was planned for it and nothing was sent in it{known}"
