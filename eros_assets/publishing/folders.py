"""The week's folder as one unit: a lock on the week, a place to stage it, and its replacement.

All of it is in `.publishing` beside the weeks' folders, so that a replacement is a rename.
"""

import ctypes
import datetime as dt
import itertools
import os
import shutil
import stat
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from eros_assets.atomic_write import atomic_write
from eros_assets.errors import ErosError
from eros_assets.publishing.ownership import take_folder
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
        f"{place}: {reason}{at}; no file of the week was changed. Make room, give EROS the right "
        "to write there, or correct EROS_OUT_DIR; then run the job export_schedules for this week"
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
        AnotherHomesFolderError: the export folder has the weeks of another home.
    """
    with list_lock(settings):  # of two homes at once the first takes it
        take_folder(settings)
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
    _make_writable(folder)  # a folder that can't be written to can't be renamed away either
    _keep_modes_and_links(folder, staged)
    replaced = staged
    if not folder.exists():
        staged.rename(folder)
    elif not exchange(staged, folder):
        replaced = _previous(settings, week_start)
        folder.rename(replaced)
        staged.rename(folder)
    with suppress(OSError):  # `recover` tries again
        _remove(replaced)


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
    """Hold what is of all weeks: of two published at once, neither is left out of their list."""
    from filelock import FileLock

    with FileLock(_workshop(settings) / "weeks.lock"):
        yield


def recover(settings: Settings, week_start: dt.date) -> None:
    """Undo what an interrupted publication left beside the week's folder.

    What people have put into an earlier folder and EROS may not remove stops no publication: it
    stays beside, under a name with `.left`.

    Raises:
        ExportFolderError: it can be neither removed nor renamed.
    """
    folder, previous = _week_folder(settings, week_start), _previous(settings, week_start)
    staged = _staged(settings, week_start)
    try:
        if previous.exists() and not folder.exists():
            previous.rename(folder)
        for left in (previous, staged):
            if left.exists():
                _remove_or_rename(left)
        for left in sorted(_workshop(settings).glob(f"{week_start}.left*")):
            with suppress(OSError):
                _remove(left)
    except OSError as error:
        raise export_folder_error(folder, error) from error


def _remove_or_rename(folder: Path) -> None:
    try:
        _remove(folder)
    except OSError:
        numbers = itertools.count(1)
        names = (folder.with_suffix(f".left{number}") for number in numbers)
        folder.rename(next(name for name in names if not name.exists()))


def _remove(folder: Path) -> None:
    """Remove a folder with all in it, also where people have made folders read-only."""
    _make_writable(folder)
    for path, names, _ in os.walk(folder):
        for name in names:
            _make_writable(Path(path, name))
    shutil.rmtree(folder)


def _make_writable(folder: Path) -> None:
    """Let its owner write to a folder; one that is somebody else's stays as it is."""
    if folder.is_dir() and not folder.is_symlink():
        with suppress(OSError):
            folder.chmod(stat.S_IMODE(folder.stat().st_mode) | stat.S_IRWXU)


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
