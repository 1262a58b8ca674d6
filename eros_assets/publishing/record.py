"""The record of a publication, a file in the week's folder: its id and what its pictures show."""

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
class DrawnPicture:
    """A picture: its schedule, the digest of what it shows, and the SHA-256 of its file."""

    schedule_id: str
    content: str
    sha256: str

    def is_in(self, path: Path) -> bool:
        """Whether the file is this picture, byte for byte."""
        return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == self.sha256


@dataclass(frozen=True, slots=True)
class PublicationRecord:
    """A publication's id, None where there is no publication, and its pictures by page."""

    publication_id: str | None
    pictures: Mapping[str, DrawnPicture]

    def write(self, folder: Path) -> None:
        """Write it into a week's folder."""
        pictures = {page: asdict(picture) for page, picture in self.pictures.items()}
        content = {"publication_id": self.publication_id, "pictures": pictures}
        atomic_write(folder / RECORD, json.dumps(content, indent=1, sort_keys=True).encode())


def read_record(folder: Path) -> PublicationRecord:
    """The record of a week's folder; an empty one where there is none that can be read."""
    try:
        content = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        pictures = {page: DrawnPicture(**drawn) for page, drawn in content["pictures"].items()}
        return PublicationRecord(content["publication_id"], pictures)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return PublicationRecord(None, {})


def wrong_pictures(rows: "pd.DataFrame", folder: Path) -> list[str]:
    """How the pictures in `folder` differ from those of these messages' schedules, one line each.

    `rows` are the messages in force, as `active_messages` gives them.
    """
    drawn = read_record(folder).pictures
    wrong: list[str] = []
    for schedule_id, page, _ in counts_of(rows):
        path = folder / picture_name(page)
        if not path.is_file():
            wrong.append(f"{path}: no such file; export the week again")
        elif page not in drawn or drawn[page].schedule_id != schedule_id:
            wrong.append(f"{path}: it does not show {schedule_id}; export the week again")
        elif not drawn[page].is_in(path):
            wrong.append(f"{path}: it was changed after it was published; export the week again")
    return wrong
