"""What people do to the week's folder keeps no publication from its place."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from eros_assets.publishing import folders
from eros_assets.publishing.folders import put_in_place, recover, staging_folder, week_lock
from eros_assets.publishing.index import published_weeks
from eros_assets.settings import Settings

WEEK = date(2025, 11, 3)
NOBODY = 65_534


@contextmanager
def somebody() -> Iterator[None]:
    """As somebody whom read-only folders stop: the superuser may write to them."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def settings_in(place: Path) -> Settings:
    values: dict[str, Any] = {"home": place / "home", "out_dir": place / "out"}
    return Settings(**values)


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    """A home of somebody's; what a publication imports is there before."""
    write_week(settings_in(tmp_path), "0")
    place = Path(tempfile.mkdtemp(prefix="eros_test_"))
    if os.geteuid() == 0:
        os.chown(place, NOBODY, NOBODY)
    try:
        yield settings_in(place)
    finally:
        for path, _, _ in os.walk(place):
            with suppress(OSError):
                Path(path).chmod(0o700)
        shutil.rmtree(place)


def write_week(settings: Settings, text: str) -> None:
    with week_lock(settings, WEEK):
        recover(settings, WEEK)
        (staging_folder(settings, WEEK) / "page.csv").write_text(text, "utf-8")
        put_in_place(settings, WEEK)


def publish(settings: Settings, text: str) -> None:
    with somebody():
        write_week(settings, text)


def published(settings: Settings) -> dict[str, str]:
    folder = settings.out_dir / str(WEEK)
    return {path.name: path.read_text("utf-8") for path in folder.iterdir()}


def beside(settings: Settings) -> list[str]:
    names = sorted(path.name for path in (settings.out_dir / ".publishing").iterdir())
    return [name for name in names if not name.endswith(".lock")]


def closed(folder: Path, mode: int) -> None:
    """A folder with a file, closed by somebody."""
    folder.mkdir(parents=True)
    (folder / "own.txt").write_text("somebody's", "utf-8")
    folder.chmod(mode)


def cannot(one: Path, other: Path) -> bool:
    """As a system that does not exchange folders."""
    assert one.parent != other.parent
    return False


SPOILS: dict[str, Callable[[Path], object]] = {
    "a read-only file": lambda week: (week / "page.csv").chmod(0o444),
    "a read-only folder": lambda week: week.chmod(0o555),
    "a folder that nobody may read": lambda week: week.chmod(0),
    "a read-only folder in it": lambda week: closed(week / "own", 0o555),
    "a folder in it that nobody may read": lambda week: closed(week / "own", 0),
    "a read-only folder below": lambda week: closed(week / "own" / "deep", 0o500),
    "what a spreadsheet program leaves": lambda week: (week / ".~lock.page.csv#").write_text("me"),
}


@pytest.mark.parametrize("exchanges", [True, False], ids=["exchanged", "renamed away"])
@pytest.mark.parametrize("spoil", SPOILS.values(), ids=SPOILS)
def test_what_people_closed_is_replaced_too(
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    spoil: Callable[[Path], object],
    exchanges: bool,
) -> None:
    if not exchanges:
        monkeypatch.setattr(folders, "exchange", cannot)
    publish(settings, "1")
    for text in ("2", "3"):
        with somebody():
            spoil(settings.out_dir / str(WEEK))
        publish(settings, text)
        assert published(settings) == {"page.csv": text}
        assert beside(settings) == []


def test_another_week_s_folder_that_is_closed_to_eros_is_left_out(settings: Settings) -> None:
    """The page of a week links to the weeks beside it."""
    with somebody():
        for day, mode in ((27, 0o700), (20, 0)):
            week = settings.out_dir / f"2025-10-{day}"
            week.mkdir(parents=True)
            (week / "index.html").write_text("a week", "utf-8")
            week.chmod(mode)
        weeks = published_weeks(settings)
    assert weeks == [date(2025, 10, 27)]


def test_a_file_that_somebody_has_open_is_replaced_and_read_on(settings: Settings) -> None:
    publish(settings, "1")
    with (settings.out_dir / str(WEEK) / "page.csv").open() as held:
        publish(settings, "2")
        assert held.read() == "1"
    assert published(settings) == {"page.csv": "2"}


def test_what_can_not_be_removed_stays_beside_and_stops_nothing(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As files of somebody else in a folder of his."""

    def refused(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    publish(settings, "1")
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", refused)
        for text in ("2", "3", "4"):
            publish(settings, text)
            assert published(settings) == {"page.csv": text}
    assert beside(settings) == [f"{WEEK}.left1", f"{WEEK}.left2", f"{WEEK}.staged"]
    publish(settings, "5")
    assert published(settings) == {"page.csv": "5"}
    assert beside(settings) == []
