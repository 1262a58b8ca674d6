"""A reader sees the old content or the new one, and nothing of a killed process stays."""

import multiprocessing
import os
import signal
import stat
from pathlib import Path
from threading import Event, Thread

import pytest

from eros_assets import atomic_write as module
from eros_assets.atomic_write import atomic_write


def _killed_while_writing(path: str) -> None:
    def killed(_: int) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    module.os.fsync = killed  # type: ignore[attr-defined]
    atomic_write(Path(path), b"never whole")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_temporary_file_of_a_killed_process_is_removed_by_the_next_write(
    tmp_path: Path,
) -> None:
    path = tmp_path / "report.md"
    atomic_write(path, b"old")
    for _ in range(2):
        process = multiprocessing.get_context("fork").Process(
            target=_killed_while_writing, args=(str(path),)
        )
        process.start()
        process.join()
        assert process.exitcode == -signal.SIGKILL
        assert len(names(tmp_path)) == 2
        assert path.read_bytes() == b"old"
    atomic_write(path, b"new")
    assert names(tmp_path) == ["report.md"]
    assert path.read_bytes() == b"new"


def test_a_write_that_is_under_way_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "report.md"
    begun, may_end, fsync = Event(), Event(), os.fsync

    def held(file: int) -> None:
        begun.set()
        assert may_end.wait(30)
        fsync(file)

    monkeypatch.setattr(module.os, "fsync", held)
    slow = Thread(target=atomic_write, args=(path, b"slow"))
    slow.start()
    assert begun.wait(30)
    monkeypatch.setattr(module.os, "fsync", fsync)
    atomic_write(path, b"quick")
    assert path.read_bytes() == b"quick"
    may_end.set()
    slow.join()
    assert path.read_bytes() == b"slow"
    assert names(tmp_path) == ["report.md"]


def test_files_with_similar_names_are_left_alone(tmp_path: Path) -> None:
    others = [".report.md.partial.kept", ".report.mdx.0a.partial", "report.md.1.partial"]
    for name in others:
        (tmp_path / name).write_bytes(b"another's")
    atomic_write(tmp_path / "report.md", b"new")
    assert names(tmp_path) == sorted([*others, "report.md"])


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o444])
def test_file_keeps_the_mode_that_a_person_gave_it(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "file.csv"
    atomic_write(file, b"old")
    file.chmod(mode)
    atomic_write(file, b"new")
    assert file.read_bytes() == b"new"
    assert stat.S_IMODE(file.stat().st_mode) == mode


def test_new_file_has_the_mode_of_the_process(tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(b"")
    atomic_write(tmp_path / "file.csv", b"new")
    assert (tmp_path / "file.csv").stat().st_mode == (tmp_path / "other").stat().st_mode


@pytest.mark.parametrize("is_there", [True, False])
def test_symbolic_link_stays_and_its_target_is_written(tmp_path: Path, is_there: bool) -> None:
    target, link = tmp_path / "shared" / "week.csv", tmp_path / "file.csv"
    if is_there:
        target.parent.mkdir()
        target.write_bytes(b"old")
    link.symlink_to("shared/week.csv")
    assert atomic_write(link, b"new").path == link
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file.csv", "shared"]
