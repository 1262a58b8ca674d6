"""The week's folder as one unit: a lock on the week, a place to stage it, and its replacement.

All of it is in `.publishing` beside the weeks' folders, so that a replacement is a rename.
"""

import ctypes
import datetime as dt
import os
import shutil
import stat
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from eros_assets.atomic_write import atomic_write
from eros_assets.errors import ErosError
from eros_assets.settings import Settings

WORKSHOP = ".publishing"

_RELATIVE_TO_WORKING_FOLDER = -100  # AT_FDCWD
_EXCHANGE = 2  # RENAME_EXCHANGE


class ExportFolderError(ErosError):
    """The files of a week could not be written; those published before are as they were."""


def export_folder_error(place: Path, error: OSError) -> ExportFolderError:
    """A failure of the file system in one line."""
    reason = (error.strerror or type(error).__name__).lower()
    named = error.filename2 or error.filename
    at = f" ({os.fsdecode(named)})" if isinstance(named, str | bytes) else ""
    return ExportFolderError(
        f"{place}: {reason}{at}; no file of the week was changed. Make room or correct "
        "EROS_OUT_DIR, then run the job export_schedules for this week"
    )


@contextmanager
def week_lock(settings: Settings, week_start: dt.date) -> Generator[None]:
    """Hold the week: no other process on this machine publishes it meanwhile.

    A thread that holds it may take it again.

    Raises:
        ExportFolderError: the export folder can't be written to.
    """
    from filelock import FileLock

    path = _workshop(settings) / f"{week_start}.lock"
    lock = FileLock(path, is_singleton=True)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except OSError as error:
        raise export_folder_error(settings.out_dir, error) from error
    try:
        yield
    finally:
        lock.release()


def weeks_on_disk(settings: Settings) -> set[dt.date]:
    """The weeks that have a folder, or that a process on this machine has begun to publish."""
    weeks: set[dt.date] = set()
    for place in (settings.out_dir, _workshop(settings)):
        for path in place.iterdir() if place.is_dir() else ():
            with suppress(ValueError):
                weeks.add(dt.date.fromisoformat(path.name.removesuffix(".lock")))
    return weeks


def staging_folder(settings: Settings, week_start: dt.date) -> Path:
    """A new and empty folder to make the week's files in.

    Raises:
        ExportFolderError: the week's folder is a link or a file and can't be replaced.
    """
    folder = _week_folder(settings, week_start)
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        kind = "a symbolic link" if folder.is_symlink() else "a file"
        raise ExportFolderError(
            f"{folder} is {kind}, and EROS replaces the week's folder as a whole; remove it, or "
            "set EROS_OUT_DIR to the folder that the exports go to"
        )
    staged = _staged(settings, week_start)
    staged.mkdir(parents=True)
    return staged


def put_in_place(settings: Settings, week_start: dt.date) -> None:
    """Replace the week's folder by the staged one; modes and links that people made stay.

    In one step on Linux. Elsewhere the previous folder is renamed away first: a process that is
    killed before the second rename leaves no folder of the week until `recover` puts it back.
    """
    folder, staged = _week_folder(settings, week_start), _staged(settings, week_start)
    _keep_modes_and_links(folder, staged)
    replaced = staged
    if not folder.exists():
        staged.rename(folder)
    elif not exchange(staged, folder):
        replaced = _previous(settings, week_start)
        folder.rename(replaced)
        staged.rename(folder)
    shutil.rmtree(replaced, ignore_errors=True)  # `recover` removes what is left of it


def _keep_modes_and_links(folder: Path, staged: Path) -> None:
    """Give the staged files the modes of those that they replace.

    Where a person has put a link in the place of a file, its target is written, and the link stays.
    """
    if not folder.is_dir():
        return
    staged.chmod(stat.S_IMODE(folder.stat().st_mode) | stat.S_IRWXU)
    for file in staged.iterdir():
        before = folder / file.name
        if before.is_symlink():
            atomic_write(before, file.read_bytes())
            file.unlink()
            file.symlink_to(before.readlink())
        elif before.is_file():
            file.chmod(stat.S_IMODE(before.stat().st_mode))


@contextmanager
def list_lock(settings: Settings) -> Generator[None]:
    """Hold the list of weeks, so that of two weeks published at once neither is left out of it."""
    from filelock import FileLock

    with FileLock(_workshop(settings) / "weeks.lock"):
        yield


def recover(settings: Settings, week_start: dt.date) -> None:
    """Undo what an interrupted publication left beside the week's folder.

    Raises:
        ExportFolderError: it can't be removed.
    """
    folder, previous = _week_folder(settings, week_start), _previous(settings, week_start)
    staged = _staged(settings, week_start)
    try:
        if previous.exists() and not folder.exists():
            previous.rename(folder)
        for left in (previous, staged):
            if left.exists():
                shutil.rmtree(left)
    except OSError as error:
        raise export_folder_error(folder, error) from error


def exchange(one: Path, other: Path) -> bool:
    """Give two folders each other's name in one step; False where the system can't."""
    if sys.platform != "linux":
        return False
    rename = getattr(ctypes.CDLL(None), "renameat2", None)
    here = _RELATIVE_TO_WORKING_FOLDER
    return rename is not None and not rename(
        here, os.fsencode(one), here, os.fsencode(other), _EXCHANGE
    )


def _week_folder(settings: Settings, week_start: dt.date) -> Path:
    return settings.out_dir / week_start.isoformat()


def _staged(settings: Settings, week_start: dt.date) -> Path:
    return _workshop(settings) / f"{week_start}.staged"


def _previous(settings: Settings, week_start: dt.date) -> Path:
    return _workshop(settings) / f"{week_start}.previous"


def _workshop(settings: Settings) -> Path:
    return settings.out_dir / WORKSHOP
