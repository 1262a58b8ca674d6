"""The record of a publication, a file in the week's folder: its id, schedules and files."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from eros_assets.atomic_write import atomic_write
from eros_assets.publishing.export_log import counts_of
from eros_assets.publishing.files import picture_name

if TYPE_CHECKING:
    import pandas as pd

RECORD = ".publication.json"
"""Its name."""


@dataclass(frozen=True, slots=True)
class PublicationRecord:
    """A publication's id, None where there is no publication, and what its folder holds.

    `schedules` has the schedule that each page's files show, `files` the SHA-256 of each file by
    its name.
    """

    publication_id: str | None
    schedules: Mapping[str, str]
    files: Mapping[str, str]

    @classmethod
    def of_folder(
        cls, publication_id: str | None, schedules: Mapping[str, str], folder: Path
    ) -> "PublicationRecord":
        """The record of the files that a folder holds."""
        files = {path.name: _digest(path) for path in sorted(folder.iterdir())}
        return cls(publication_id, schedules, files)

    def write(self, folder: Path) -> None:
        """Write it into a week's folder."""
        atomic_write(folder / RECORD, json.dumps(asdict(self), indent=1, sort_keys=True).encode())


NO_RECORD = PublicationRecord(None, {}, {})


def read_record(folder: Path) -> PublicationRecord:
    """The record of a week's folder; an empty one where there is none that can be read."""
    try:
        content = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        return PublicationRecord(
            content["publication_id"], dict(content["schedules"]), dict(content["files"])
        )
    except (OSError, ValueError, TypeError, KeyError):
        return NO_RECORD


def wrong_pictures(rows: "pd.DataFrame", folder: Path) -> list[str]:
    """How the pictures in `folder` differ from those of these messages' schedules, one line each.

    `rows` are the messages in force, as `active_messages` gives them.
    """
    record = read_record(folder)
    wrong: list[str] = []
    for schedule_id, page, _ in counts_of(rows):
        path = folder / picture_name(page)
        if not path.is_file():
            wrong.append(f"{path}: no such file; export the week again")
        elif record.schedules.get(page) != schedule_id:
            wrong.append(f"{path}: it does not show {schedule_id}; export the week again")
        else:
            wrong += changed_file(path, record)
    return wrong


def changed_file(path: Path, record: PublicationRecord) -> list[str]:
    """Whether a file is not the one that was published, as a line."""
    if path.is_file() and record.files.get(path.name) == _digest(path):
        return []
    return [f"{path}: it was changed after it was published; export the week again"]


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
