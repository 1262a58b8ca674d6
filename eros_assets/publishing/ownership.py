"""Knows whose weeks an export folder has: one folder holds the weeks of one home."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from eros_assets.atomic_write import atomic_write
from eros_assets.errors import ErosError
from eros_assets.settings import Settings

OWNER = ".home.json"
"""The file in the export folder that says whose it is."""


class AnotherHomesFolderError(ErosError):
    """The export folder has the weeks of another home; nothing was published."""


@dataclass(frozen=True, slots=True)
class _Owner:
    """Where a home's tables are.

    `warehouse` is the embedded warehouse's file, relative to the export folder, so that both can be
    moved or copied together; or the project of BigQuery.
    """

    warehouse: str
    dataset: str
    is_file: bool

    @classmethod
    def of(cls, settings: Settings) -> "_Owner":
        if settings.inputs == "warehouse":
            return cls(settings.project_id, settings.dataset, is_file=False)
        file, out = settings.warehouse_file.resolve(), settings.out_dir.resolve()
        try:
            relative = os.path.relpath(file, out)
        except ValueError:  # Windows: another drive
            relative = str(file)
        return cls(relative, settings.dataset, is_file=True)

    def location(self, settings: Settings) -> str:
        """Where the tables are, for people."""
        if not self.is_file:
            return f"{self.warehouse}.{self.dataset}"
        return str((settings.out_dir.resolve() / self.warehouse).resolve())

    def is_there(self, settings: Settings) -> bool:
        """Whether the tables still are where they were; it is not asked of BigQuery."""
        return not self.is_file or Path(self.location(settings)).is_file()


def require_own_folder(settings: Settings) -> None:
    """Refuse an export folder that has the weeks of another home.

    The weeks of a home that is not there any more are taken over, and so are those of a folder that
    does not say whose it is.

    Raises:
        AnotherHomesFolderError: whose it is, and what to do.
    """
    owner = _noted(settings)
    if owner in (None, _Owner.of(settings)) or not owner.is_there(settings):
        return
    name = f"{settings.out_dir.name}-{settings.home.name.lstrip('.')}"
    raise AnotherHomesFolderError(
        f"{settings.out_dir} has the weeks of another home, {owner.location(settings)}; those of "
        f"{settings.warehouse_location} would replace them. Nothing was changed. Give this home a "
        f"folder of its own, EROS_OUT_DIR={settings.out_dir.with_name(name)}; or, if people are to "
        f"find its weeks here from now on, remove {settings.out_dir / OWNER}"
    )


def take_folder(settings: Settings) -> None:
    """Note that the export folder has the weeks of this home; one process at a time may.

    Raises:
        AnotherHomesFolderError: it has those of another one.
        OSError: it can't be written to.
    """
    require_own_folder(settings)
    owner = _Owner.of(settings)
    if _noted(settings) != owner:
        atomic_write(settings.out_dir / OWNER, json.dumps(asdict(owner), indent=1).encode())


def _noted(settings: Settings) -> _Owner | None:
    """Whose folder it is by its own word; None where it has none that can be read."""
    try:
        kept = json.loads((settings.out_dir / OWNER).read_text(encoding="utf-8"))
        return _Owner(str(kept["warehouse"]), str(kept["dataset"]), bool(kept["is_file"]))
    except (OSError, ValueError, TypeError, KeyError):
        return None
