"""Moves a home, starts over in it, and puts back what was set aside; nothing is deleted."""

import datetime as dt
import hashlib
import shutil
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from eros_assets.agency.histories import FOLDER
from eros_assets.agency.identity import FILE
from eros_assets.errors import ErosError
from eros_assets.settings import Settings

ASIDE = "set-aside"
OF_AGENCY = ("warehouse.duckdb", "warehouse.duckdb.wal", "history.json", FILE, FOLDER)
"""What a home has of its agency; Dagster's storage and the cache stay."""

WAIT_SECONDS = 5.0
CHUNK = 1 << 20


class HomeError(ErosError):
    """A home that can't be moved, set aside or put back; nothing was changed."""


def start_over(settings: Settings, now: dt.datetime) -> str:
    """Set aside what the home has of its agency; gives back the name to put it back by.

    Raises:
        HomeError: there is nothing, or somebody uses it.
    """
    with _unused(settings):
        if not settings.warehouse_file.exists():
            raise HomeError(f"{settings.home} has no warehouse: there is nothing to set aside")
        return _set_aside(settings.home, now)


def put_back(settings: Settings, name: str, now: dt.datetime) -> str | None:
    """Put back what was set aside; what is there now is set aside in its place, and named.

    Raises:
        HomeError: nothing was set aside by that name, or somebody uses the home.
    """
    kept = settings.home / ASIDE / name
    if not name or not kept.is_dir():
        there = ", ".join(set_aside(settings.home)) or "nothing"
        raise HomeError(f"nothing was set aside as {name!r}; there is {there}")
    with _unused(settings):
        present = any((settings.home / part).exists() for part in OF_AGENCY)
        aside = _set_aside(settings.home, now) if present else None
        for part in OF_AGENCY:
            if (kept / part).exists():
                (kept / part).rename(settings.home / part)
        kept.rmdir()
    return aside


def set_aside(home: Path) -> Sequence[str]:
    """The names of what was set aside, oldest first."""
    folder = home / ASIDE
    return sorted(each.name for each in folder.iterdir()) if folder.is_dir() else []


def move_home(settings: Settings, target: Path, now: dt.datetime) -> Path:
    """Copy the home to a folder, compare every file, then rename the old one; gives back its name.

    Raises:
        HomeError: the folder has something in it or lies in the home, somebody uses the home, or a
            file differs after it was copied.
    """
    home = settings.home
    if not home.is_dir():
        raise HomeError(f"{home} is not there")
    if target == home or home in target.parents:
        raise HomeError(f"{target} lies in the home itself")
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise HomeError(f"{target} has something in it: name an empty folder, or a new one")
    with _unused(settings):
        shutil.copytree(home, target, dirs_exist_ok=True)
        differing = [
            str(file.relative_to(home))
            for file in sorted(home.rglob("*"))
            if file.is_file() and _digest(file) != _digest(target / file.relative_to(home))
        ]
        if differing:
            raise HomeError(
                f"{', '.join(differing[:3])} changed while it was copied: end what uses {home}, "
                f"empty {target}, and move it again; the home is where it was"
            )
        old = home.with_name(f"{home.name}.moved-{now:%Y%m%dT%H%M%S}")
        home.rename(old)
    return old


def _set_aside(home: Path, now: dt.datetime) -> str:
    name = f"{now:%Y%m%dT%H%M%S}"
    folder = home / ASIDE / name
    folder.mkdir(parents=True)
    for part in OF_AGENCY:
        if (home / part).exists():
            (home / part).rename(folder / part)
    return name


@contextmanager
def _unused(settings: Settings) -> Generator[None]:
    """Keep every process of EROS out of the warehouse's file."""
    if settings.inputs == "warehouse":
        raise HomeError(
            f"the tables are in {settings.dataset_name}, not in a home: set EROS_DATASET to begin "
            "in another dataset; `make backup` keeps the present state of this one"
        )
    settings.home.mkdir(parents=True, exist_ok=True)
    lock = FileLock(f"{settings.warehouse_file}.lock", timeout=WAIT_SECONDS)
    try:
        lock.acquire()
    except Timeout:
        raise HomeError(
            f"{settings.home} is in use: end `make dev` and the commands first"
        ) from None
    try:
        yield
    finally:
        lock.release()


def _digest(file: Path) -> str | None:
    if not file.is_file():
        return None
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
