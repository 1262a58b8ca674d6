"""Publishes a week's files as one unit: staged beside the week's folder, then put in its place.

People see the whole previous week or the whole new one. What a killed publication leaves is in
`.publishing`, and the next publication of the week finishes or removes it.
"""

import datetime as dt
import hashlib
import json
import shutil
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from eros_assets.atomic_write import atomic_write
from eros_assets.dataset import Dataset
from eros_assets.exporting.calendar_picture import CalendarWeek, calendar_picture
from eros_assets.exporting.week_index import WeekIndex, week_index_page
from eros_assets.gate.verdict import Verdict, judged_week
from eros_assets.publishing.export_log import Attempt, Outcome
from eros_assets.publishing.files import calendar_weeks, picture_name, write_week
from eros_assets.publishing.index import INDEX_FILE, week_index
from eros_assets.settings import Settings
from eros_assets.weekly.messages import active_messages

if TYPE_CHECKING:
    import pandas as pd

RECORD = ".publication.json"
"""The file of a week's folder that holds the publication's id and the digests of its pictures."""


@dataclass(frozen=True, slots=True)
class PublishedFiles:
    """A week's folder as it was published: the log's rows, the page's content, the pictures'."""

    folder: Path
    verdict: Verdict
    log: "pd.DataFrame"
    index: WeekIndex
    weeks: list[CalendarWeek]


@contextmanager
def week_lock(settings: Settings, week_start: dt.date) -> Generator[None]:
    """Hold the week: no other process on this machine publishes it meanwhile."""
    from filelock import FileLock

    lock = _workshop(settings) / f"{week_start}.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(lock):
        yield


def publish_files(
    dataset: Dataset, week_start: dt.date, *, run_id: str, report: Callable[[str], None]
) -> PublishedFiles:
    """Replace the week's folder by the files of the schedules in force, of all creators.

    A failed attempt is in the export log too, and leaves the folder as it was.

    Raises:
        GateClosedError: a condition of the gate does not hold.
        ErosError: the files could not be made or put in place.
    """
    attempt = Attempt("csv", week_start, run_id)
    folder = dataset.week_folder(week_start)
    with week_lock(dataset.settings, week_start):
        recover(dataset.settings, week_start)
        try:
            judged = judged_week(dataset, week_start, run_id=run_id)
            staged = _workshop(dataset.settings) / f"{week_start}.staged"
            staged.mkdir(parents=True)
            outcomes = write_week(judged.messages, staged)
            weeks = calendar_weeks(dataset, week_start, judged.messages)
            pictures = _draw(weeks, folder, staged, report)
            index = week_index(dataset, week_start, judged.messages, staged)
            atomic_write(staged / INDEX_FILE, week_index_page(index))
            record = {"publication_id": judged.verdict.publication_id, "pictures": pictures}
            atomic_write(staged / RECORD, json.dumps(record, indent=1, sort_keys=True).encode())
            _put_in_place(dataset.settings, week_start, staged)
        except Exception as error:
            recover(dataset.settings, week_start)
            attempt.log_failure(dataset, active_messages(dataset, week_start), error, str(folder))
            raise
        log = attempt.log(
            dataset,
            [_moved(outcome, folder) for outcome in outcomes],
            publication_id=judged.verdict.publication_id,
        )
    return PublishedFiles(folder, judged.verdict, log, index, weeks)


def recover(settings: Settings, week_start: dt.date) -> None:
    """Finish or undo what an interrupted publication left; nothing when there is nothing."""
    folder, workshop = settings.out_dir / week_start.isoformat(), _workshop(settings)
    previous = workshop / f"{week_start}.previous"
    if previous.exists():
        if folder.exists():
            shutil.rmtree(previous)
        else:
            previous.rename(folder)
    staged = workshop / f"{week_start}.staged"
    if staged.exists():
        shutil.rmtree(staged)


def published_id(folder: Path) -> str | None:
    """The id of the publication that a week's folder holds, None when it holds none."""
    record = _record(folder).get("publication_id")
    return record if isinstance(record, str) else None


def _put_in_place(settings: Settings, week_start: dt.date, staged: Path) -> None:
    """Rename the previous folder away and the staged one to its name."""
    folder = settings.out_dir / week_start.isoformat()
    previous = _workshop(settings) / f"{week_start}.previous"
    if folder.exists():
        folder.rename(previous)
    staged.rename(folder)
    if previous.exists():
        shutil.rmtree(previous)


def _draw(
    weeks: list[CalendarWeek], folder: Path, staged: Path, report: Callable[[str], None]
) -> dict[str, str]:
    """Draw the pictures, and copy those whose content is the same; their digests by page."""
    before = _record(folder).get("pictures")
    known: Mapping[str, str] = before if isinstance(before, dict) else {}
    digests: dict[str, str] = {}
    for number, week in enumerate(weeks, start=1):
        name = picture_name(week.page_name)
        digests[week.page_name] = hashlib.sha256(repr(week).encode()).hexdigest()
        same = known.get(week.page_name) == digests[week.page_name] and (folder / name).is_file()
        picture = (folder / name).read_bytes() if same else calendar_picture(week, "page")
        atomic_write(staged / name, picture)
        if number % 10 == 0 or number == len(weeks):
            report(f"drew {number} of {len(weeks)} weeks")
    return digests


def _record(folder: Path) -> Mapping[str, object]:
    try:
        return dict(json.loads((folder / RECORD).read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}  # written by hand or not at all: everything is made anew


def _moved(outcome: Outcome, folder: Path) -> Outcome:
    assert outcome.location is not None
    return replace(outcome, location=str(folder / Path(outcome.location).name))


def _workshop(settings: Settings) -> Path:
    return settings.out_dir / ".publishing"
