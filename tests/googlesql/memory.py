"""What earlier runs found, by the content that it was found in.

Kept in the user's cache folder, one small file per finding; a change of the analysis itself, or of
the packages it runs on, starts afresh.
"""

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

from tests.googlesql.service import cache_folder, write_whole

KEPT = 2000  # entries; the oldest go first


def key(*parts: str) -> str:
    """The name under which what follows from `parts` is remembered."""
    digest = hashlib.sha256(_analysis().encode())
    for part in parts:
        digest.update(f"{len(part)}:".encode() + part.encode())
    return digest.hexdigest()


def load(of: str) -> Any:
    """What was stored under this key; None when nothing was."""
    path = _folder() / f"{of}.json"
    return json.loads(path.read_text()) if path.is_file() else None


def store(of: str, value: object) -> None:
    """Remember a value, which JSON can hold."""
    folder = _folder()
    write_whole(folder / f"{of}.json", json.dumps(value).encode())
    entries = list(folder.iterdir())
    if len(entries) > KEPT:
        for entry in sorted(entries, key=lambda each: each.stat().st_mtime)[: KEPT // 2]:
            entry.unlink(missing_ok=True)


def _folder() -> Path:
    folder = cache_folder() / "findings"
    folder.mkdir(exist_ok=True)
    return folder


@cache
def _analysis() -> str:
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
