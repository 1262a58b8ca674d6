"""The places where people find a week's schedules: files, Google Sheet, bucket.

Each is compared with the schedules in force, published, and withdrawn in its own way.
"""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from eros_assets.atomic_write import atomic_write
from eros_assets.dataset import Dataset
from eros_assets.exporting.week_index import week_index_page
from eros_assets.gate.verdict import withheld_pages
from eros_assets.publishing.bucket import (
    Bucket,
    BucketFolder,
    WeekFilesError,
    outdated_objects,
    publish_bucket,
    sync_folder,
    week_contents,
)
from eros_assets.publishing.folders import (
    export_folder_error,
    put_in_place,
    recover,
    staging_folder,
    week_lock,
)
from eros_assets.publishing.index import INDEX_FILE, week_index
from eros_assets.publishing.publication import outdated_files, publish_files
from eros_assets.publishing.record import PublicationRecord
from eros_assets.publishing.sheet import publish_sheet, shown_week
from eros_assets.weekly.messages import active_messages
from eros_assets.weekly.refusals import without_pages

if TYPE_CHECKING:
    import pandas as pd

    from eros_assets.exporting.sheets.client import Spreadsheet

SCHEDULE = "Schedule"
"""The column of a week's tab that has the schedule's id."""

Report = Callable[[str], None]


class Channel(Protocol):
    """A place where people find schedules. Each method may raise what its server raises."""

    @property
    def destination(self) -> str:
        """Its name in the export log."""
        ...

    def faults(self, week_start: dt.date) -> Sequence[str] | None:
        """How it differs from the schedules in force; None where it does not have the week."""
        ...

    def publish(self, week_start: dt.date) -> None:
        """Make it show the schedules in force.

        Raises:
            GateClosedError: a condition of the gate does not hold for the whole agency.
        """
        ...

    def withdraw(self, week_start: dt.date) -> None:
        """Make it show no schedule of the week, and why: the week's shortfalls."""
        ...


@dataclass(frozen=True, slots=True)
class FilesChannel:
    """The week's folder below EROS_OUT_DIR."""

    dataset: Dataset
    run_id: str
    report: Report

    destination = "csv"

    def faults(self, week_start: dt.date) -> Sequence[str] | None:
        """One line per file or message that differs, once an interrupted publication is undone."""
        folder = self.dataset.week_folder(week_start)
        with week_lock(self.dataset.settings, week_start):
            recover(self.dataset.settings, week_start)
        if not folder.is_dir():
            return None
        rows = active_messages(self.dataset, week_start)
        return outdated_files(rows, folder, withheld_pages(self.dataset, week_start, rows))

    def publish(self, week_start: dt.date) -> None:
        """Replace the week's folder as a whole."""
        publish_files(self.dataset, week_start, run_id=self.run_id, report=self.report)

    def withdraw(self, week_start: dt.date) -> None:
        """Replace the week's folder by a page with the week's shortfalls.

        Raises:
            ExportFolderError: the folder can't be replaced.
        """
        dataset, settings = self.dataset, self.dataset.settings
        with week_lock(settings, week_start):
            try:
                recover(settings, week_start)
                staged = staging_folder(settings, week_start)
                index = week_index(dataset, week_start, _no_messages(dataset, week_start))
                atomic_write(staged / INDEX_FILE, week_index_page(index))
                PublicationRecord.of_folder(None, {}, staged).write(staged)
                put_in_place(settings, week_start)
            except OSError as error:
                raise export_folder_error(dataset.week_folder(week_start), error) from error


@dataclass(frozen=True, slots=True)
class SheetChannel:
    """The week's tab of the Google Sheet; `open_spreadsheet` connects to it."""

    dataset: Dataset
    open_spreadsheet: "Callable[[], Spreadsheet]"
    address: str | None
    run_id: str
    report: Report

    destination = "sheets"

    def faults(self, week_start: dt.date) -> Sequence[str] | None:
        """One line per schedule whose rows are not its messages in force."""
        from eros_assets.exporting.sheets.state import sheet_id
        from eros_assets.exporting.sheets.tables import week_name

        spreadsheet, tab = self.open_spreadsheet(), sheet_id(week_name(week_start))
        if tab not in spreadsheet.state().tabs:
            return None
        shown = _schedules_shown(spreadsheet.values([tab]).get(tab, []))
        wanted = Counter(
            str(each) for each in published_messages(self.dataset, week_start)["schedule_id"]
        )
        return [
            f"{schedule}: {shown[schedule]} rows, {wanted[schedule]} messages in force"
            for schedule in sorted(shown.keys() | wanted.keys())
            if shown[schedule] != wanted[schedule]
        ]

    def publish(self, week_start: dt.date) -> None:
        """Write the week's tab in one batch."""
        publish_sheet(
            self.dataset,
            week_start,
            self.open_spreadsheet,
            address=self.address,
            run_id=self.run_id,
            report=self.report,
        )

    def withdraw(self, week_start: dt.date) -> None:
        """Empty the week's tab; the Summary has the week's shortfalls."""
        from eros_assets.exporting.sheets.exporter import export_sheet

        dataset = self.dataset
        with week_lock(dataset.settings, week_start):
            none = _no_messages(dataset, week_start)
            week = shown_week(dataset, week_start, none, run_id=self.run_id)
            export_sheet(self.open_spreadsheet(), week, self.report)


@dataclass(frozen=True, slots=True)
class BucketChannel:
    """The week's prefix in the bucket at `location`; it has the files of the week's folder."""

    files: FilesChannel
    location: str
    open_bucket: Callable[[], Bucket]

    destination = "bucket"

    def faults(self, week_start: dt.date) -> Sequence[str] | None:
        """One line per object that differs; or why the week's folder has no files to compare."""
        dataset, prefix = self.files.dataset, self._folder(week_start).prefix
        objects = self.open_bucket().objects(prefix)
        if not objects:
            return None
        try:
            contents = week_contents(
                published_messages(dataset, week_start), dataset.week_folder(week_start)
            )
        except WeekFilesError as error:
            return [str(error)]
        return outdated_objects(objects, prefix, contents)

    def publish(self, week_start: dt.date) -> None:
        """Publish the files where the folder is outdated or on another machine, then the bucket."""
        if self.files.faults(week_start) != []:
            self.files.publish(week_start)
        publish_bucket(
            self.files.dataset,
            week_start,
            self._folder(week_start),
            self.open_bucket,
            run_id=self.files.run_id,
        )

    def withdraw(self, week_start: dt.date) -> None:
        """Leave the page with the week's shortfalls as the only object."""
        dataset = self.files.dataset
        with week_lock(dataset.settings, week_start):
            self.files.withdraw(week_start)
            page = (dataset.week_folder(week_start) / INDEX_FILE).read_bytes()
            sync_folder(self.open_bucket(), self._folder(week_start).prefix, {INDEX_FILE: page})

    def _folder(self, week_start: dt.date) -> BucketFolder:
        return BucketFolder.of_week(self.location, week_start)


def published_messages(dataset: Dataset, week_start: dt.date) -> "pd.DataFrame":
    """The messages in force of the pages that are not withheld."""
    rows = active_messages(dataset, week_start)
    return without_pages(rows, withheld_pages(dataset, week_start, rows))


def _no_messages(dataset: Dataset, week_start: dt.date) -> "pd.DataFrame":
    return active_messages(dataset, week_start).iloc[:0]


def _schedules_shown(rows: Sequence[Sequence[Any]]) -> Counter[str]:
    """Rows by schedule in the values of a week's tab; under "" those of a tab without the column.

    A message queued by hand has no schedule.
    """
    header, *below = rows or [[]]
    if SCHEDULE not in header:
        return Counter({"": max(1, len(below))})
    column = list(header).index(SCHEDULE)
    return Counter(str(row[column]) for row in below if len(row) > column and row[column])
