"""Keeps what was read in `sql/` in a JSON file, so that the next process need not read it again."""

import json
from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

from eros_assets.atomic_write import atomic_write


def kept_results(file: Path | None, reading: object) -> dict[str, Any]:
    """What `keep_results` wrote; nothing where the file is missing, damaged or of other readers.

    Args:
        file: the file; None: there is none.
        reading: the version of the code that made the results; that of sqlglot counts too.
    """
    if file is None:
        return {}
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
        return dict(kept["objects"]) if kept["version"] == _version(reading) else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}  # results that can't be read are made again


def keep_results(file: Path, reading: object, results: Mapping[str, Any]) -> None:
    """Replace the file as a whole; a folder that can't be written only costs the next start time.

    Args:
        file: the file.
        reading: the version of the code that made the results.
        results: anything that JSON can hold.
    """
    content = json.dumps({"version": _version(reading), "objects": results})
    with suppress(OSError):
        atomic_write(file, content.encode())


def _version(reading: object) -> str:
    return f"{reading}/{version('sqlglot')}"
