"""Write a file atomically: a reader sees the old content or the new one, never a part."""

import hashlib
import os
import secrets
import stat
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

PARTIAL = ".partial"


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """A written file: its path, its number of rows, and the SHA-256 of its bytes in hex."""

    path: Path
    row_count: int
    sha256: str


def atomic_write(path: Path, content: bytes, row_count: int = 0) -> WrittenFile:
    """Write `content` to a temporary file in the same folder, then rename it to `path`.

    Creates the folder. A file keeps its mode; of a symbolic link the target is written. On failure
    the previous file stays and the temporary file is removed; that of a killed process is removed
    by the next write to `path`.
    """
    target = path.resolve() if path.is_symlink() else path
    target.parent.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(target)
    with _partial_of(target) as (partial, file):
        file.write(content)
        file.flush()
        with suppress(FileNotFoundError):
            partial.chmod(stat.S_IMODE(target.stat().st_mode))
        os.fsync(file.fileno())
        partial.replace(target)
    return WrittenFile(path, row_count, hashlib.sha256(content).hexdigest())


@contextmanager
def _partial_of(path: Path) -> Generator[tuple[Path, BinaryIO]]:
    """A new temporary file of `path`, locked as long as this process lives."""
    while True:
        partial = path.with_name(f".{path.name}.{secrets.token_hex(6)}{PARTIAL}")
        with partial.open("xb") as file:
            if not _lock(file, wait=True) or not os.fstat(file.fileno()).st_nlink:
                continue  # another write took it for an abandoned one before it was locked
            try:
                yield partial, file
            finally:
                partial.unlink(missing_ok=True)
            return


def _remove_abandoned(path: Path) -> None:
    """Remove the temporary files of `path` whose processes have ended."""
    for left in path.parent.iterdir():
        if not (left.name.startswith(f".{path.name}.") and left.name.endswith(PARTIAL)):
            continue
        try:
            with left.open("rb") as file:
                if _lock(file, wait=False):
                    left.unlink(missing_ok=True)
        except OSError:  # it was renamed meanwhile, or can't be removed: it does no harm
            continue


def _lock(file: BinaryIO, *, wait: bool) -> bool:
    """Lock an open file until it is closed; False where another process has it."""
    if sys.platform == "win32":
        return wait  # nothing is taken for abandoned there
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:
        return wait  # a file system without locks
    return True
