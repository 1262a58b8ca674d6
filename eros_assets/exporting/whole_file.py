"""Files that are there in full or not at all."""

import hashlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """A file as written: where, how many rows it has, and the SHA-256 of its bytes in hex."""

    path: Path
    row_count: int
    sha256: str


def write_whole(path: Path, content: bytes, row_count: int = 0) -> WrittenFile:
    """Write `content` beside `path` and rename it there; a reader sees the old or the new file.

    Makes the folder. When anything fails, what was at `path` stays, and nothing is left beside it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{secrets.token_hex(6)}.partial")
    try:
        with partial.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return WrittenFile(path, row_count, hashlib.sha256(content).hexdigest())
