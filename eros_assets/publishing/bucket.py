"""Publishes a week in a bucket: the objects of its prefix are made equal to the week's files."""

import base64
import datetime as dt
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from eros_assets.dataset import Dataset
from eros_assets.errors import ErosError
from eros_assets.exporting.week_list import week_list_page
from eros_assets.gate import Finding
from eros_assets.gate.verdict import judged_week
from eros_assets.publishing.export_log import Attempt, Outcome, counts_of, withheld_outcomes
from eros_assets.publishing.files import csv_name, files_of_all, page_files, wrong_files
from eros_assets.publishing.folders import recover, week_lock
from eros_assets.publishing.index import INDEX_FILE, WEEKS_FILE, wrong_index
from eros_assets.publishing.record import wrong_pictures
from eros_assets.weekly.messages import active_messages

if TYPE_CHECKING:
    import pandas as pd

CONTENT_TYPES = {
    ".csv": "text/csv; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ics": "text/calendar; charset=utf-8",
    ".svg": "image/svg+xml",
}
SHOWN_FAULTS = 3


class WeekFilesError(ErosError):
    """The week's folder does not have the files of the schedules in force."""


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object of a bucket. `md5` is in base64; a composed object has none."""

    md5: str | None
    content_type: str | None


class Bucket(Protocol):
    """What publishing needs of a bucket."""

    def objects(self, prefix: str) -> Mapping[str, StoredObject]:
        """The objects whose names begin with `prefix`, by name."""
        ...

    def upload(self, name: str, content: bytes, content_type: str) -> None:
        """Make or replace an object as a whole."""
        ...

    def delete(self, name: str) -> None:
        """Delete an object; one that is gone already is no error."""
        ...


@dataclass(frozen=True, slots=True)
class BucketFolder:
    """The objects of a bucket whose names begin with `prefix`, which ends with a slash."""

    bucket: str
    prefix: str

    @classmethod
    def of_week(cls, export_bucket: str, week_start: dt.date) -> "BucketFolder":
        """The week's folder below `name` or `name/prefix`."""
        bucket, _, prefix = export_bucket.partition("/")
        return cls(bucket, f"{prefix}/{week_start}/".removeprefix("/"))

    @property
    def above(self) -> "BucketFolder":
        """The folder that holds the weeks' folders."""
        parent, slash, _ = self.prefix.removesuffix("/").rpartition("/")
        return BucketFolder(self.bucket, parent + slash)

    @property
    def address(self) -> str:
        """Its gs:// address, with the slash."""
        return f"gs://{self.bucket}/{self.prefix}"

    @property
    def console(self) -> str:
        """Where people open it in the Google Cloud console."""
        return f"https://console.cloud.google.com/storage/browser/{self.bucket}/{self.prefix}"


@dataclass(frozen=True, slots=True)
class SyncedFiles:
    """Names of files, by what was done with their objects; bytes of the uploads."""

    uploaded: tuple[str, ...]
    unchanged: tuple[str, ...]
    deleted: tuple[str, ...]
    bytes_uploaded: int


@dataclass(frozen=True, slots=True)
class PublishedWeek:
    """A week in a bucket, its rows of the export log, and what the gate saw before."""

    files: SyncedFiles
    log: "pd.DataFrame"
    findings: tuple[Finding, ...]


def publish_bucket(
    dataset: Dataset,
    week_start: dt.date,
    folder: BucketFolder,
    open_bucket: Callable[[], Bucket],
    *,
    run_id: str,
) -> PublishedWeek:
    """Make the week's folder of the bucket equal to its folder on disk, for all creators.

    Files of pages without an active schedule stay where they are on disk and are not published. An
    attempt that fails is in the export log as well.

    Args:
        dataset: a handle.
        week_start: the Monday that names the week.
        folder: where the week goes.
        open_bucket: connects to the bucket, once the gate has passed.
        run_id: the run that publishes.

    Raises:
        GateClosedError: a condition of the gate does not hold; the bucket is as it was.
        WeekFilesError: files are missing or outdated; the bucket is as it was.
        ErosError: the bucket could not be changed. Its index.html is the previous one or the new
            one, and no object that it links to was deleted.
    """
    attempt = Attempt("bucket", week_start, run_id)
    with ExitStack() as held:
        try:
            held.enter_context(week_lock(dataset.settings, week_start))
            recover(dataset.settings, week_start)
            judged = judged_week(dataset, week_start, run_id=run_id)
            contents = week_contents(judged.messages, dataset.week_folder(week_start))
            bucket = open_bucket()
            files = sync_folder(bucket, folder.prefix, contents)
            _list_weeks(bucket, dataset, week_start, folder)
        except Exception as error:
            messages = active_messages(dataset, week_start)
            attempt.log_failure(dataset, messages, error, folder.address)
            raise
        outcomes = [
            Outcome(
                schedule_id=schedule_id,
                page_name=page,
                location=f"{folder.address}{csv_name(page)}",
                row_count=count,
                checksum=hashlib.sha256(contents[csv_name(page)]).hexdigest(),
                status="unchanged"
                if set(page_files(page)) <= set(files.unchanged)
                else "succeeded",
            )
            for schedule_id, page, count in counts_of(judged.messages)
        ]
        outcomes += withheld_outcomes(judged.in_force, judged.withheld)
        log = attempt.log(dataset, outcomes, publication_id=judged.verdict.publication_id)
    return PublishedWeek(files, log, judged.verdict.findings)


def week_contents(messages: "pd.DataFrame", folder: Path) -> Mapping[str, bytes]:
    """The files to publish, by name, index.html last; `messages` are those in force.

    Raises:
        WeekFilesError: files are missing, or do not show these messages.
    """
    pages = sorted({str(page) for page in messages["page_name"]})
    faults = [
        *wrong_files(messages, folder),
        *wrong_pictures(messages, folder),
        *wrong_index(messages, folder),
    ]
    if faults:
        rest = len(faults) - SHOWN_FAULTS
        raise WeekFilesError(
            f"{folder} does not have the files of the schedules in force: "
            + "; ".join(faults[:SHOWN_FAULTS])
            + (f"; and {rest} more" if rest > 0 else "")
            + "; run the job export_schedules for this week"
        )
    of_pages = (name for page in pages for name in page_files(page))
    names = [*of_pages, *files_of_all(pages), INDEX_FILE]
    return {name: (folder / name).read_bytes() for name in names}


def sync_folder(bucket: Bucket, prefix: str, contents: Mapping[str, bytes]) -> SyncedFiles:
    """Make the objects below `prefix` equal to these files, in their order.

    Uploads what differs, then deletes what is not among them: while it runs and after it failed,
    an index that is uploaded last links to objects that exist.
    """
    before = bucket.objects(prefix)
    uploaded, deleted = _changes(before, prefix, contents)
    for name in uploaded:
        bucket.upload(prefix + name, contents[name], _content_type(name))
    for name in deleted:
        bucket.delete(prefix + name)
    return SyncedFiles(
        uploaded=tuple(uploaded),
        unchanged=tuple(name for name in contents if name not in uploaded),
        deleted=tuple(deleted),
        bytes_uploaded=sum(len(contents[name]) for name in uploaded),
    )


def outdated_objects(
    objects: Mapping[str, StoredObject], prefix: str, contents: Mapping[str, bytes]
) -> Sequence[str]:
    """How the objects below `prefix` differ from these files, one line each."""
    uploaded, deleted = _changes(objects, prefix, contents)
    return [
        *(f"{prefix}{name}: it is not the file of the week's folder" for name in uploaded),
        *(f"{prefix}{name}: it belongs to no schedule in force" for name in deleted),
    ]


def _changes(
    before: Mapping[str, StoredObject], prefix: str, contents: Mapping[str, bytes]
) -> tuple[Sequence[str], Sequence[str]]:
    """The names below `prefix` to upload and to delete."""
    uploaded = [
        name
        for name, content in contents.items()
        if not _is_same(before.get(prefix + name), name, content)
    ]
    return uploaded, [name for name in _names_below(prefix, before) if name not in contents]


def _list_weeks(
    bucket: Bucket, dataset: Dataset, week_start: dt.date, folder: BucketFolder
) -> None:
    """Bring the page up to date that links to the weeks in the bucket, this one among them."""
    above = folder.above
    logged = dataset.query("exported_weeks", destination="bucket", place=above.address)
    name = f"{above.prefix}{WEEKS_FILE}"
    content = week_list_page(sorted({week_start, *logged["week_start"]}))
    if not _is_same(bucket.objects(name).get(name), name, content):
        bucket.upload(name, content, _content_type(name))


def _names_below(prefix: str, names: Iterable[str]) -> Sequence[str]:
    return sorted(name.removeprefix(prefix) for name in names if name.startswith(prefix))


def _is_same(stored: StoredObject | None, name: str, content: bytes) -> bool:
    if stored is None or stored.content_type != _content_type(name):
        return False
    digest = hashlib.md5(content, usedforsecurity=False).digest()
    return stored.md5 == base64.b64encode(digest).decode("ascii")


def _content_type(name: str) -> str:
    return CONTENT_TYPES[Path(name).suffix]
