"""Write a file atomically: a reader sees the old content or the new one, never a part."""

import hashlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """A written file: its path, its number of rows, and the SHA-256 of its bytes in hex."""

    path: Path
    row_count: int
    sha256: str


def atomic_write(path: Path, content: bytes, row_count: int = 0) -> WrittenFile:
    """Write `content` to a temporary file in the same folder, then rename it to `path`.

    Creates the folder. On failure the previous file stays and the temporary file is removed.
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
