"""Folders that tests copy, made once and kept for as long as they would be made the same.

They lie in `.eros-tests` of the checkout, by a fingerprint of what makes them. The processes of a
test run share them, and so do the runs of half a day: health looks at the jobs of the last day.
"""

import hashlib
import platform
import shutil
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from filelock import FileLock

from eros_assets.settings import REPOSITORY

FOLDER = REPOSITORY / ".eros-tests"
MAKERS = (
    "eros_assets",
    "sql",
    "tests/assets/installed.py",
    "tests/assets/statements_run.py",
    "tests/conftest.py",
    "tests/shipped.py",
    "tests/weekly/bad_rows.py",
    "tests/weekly/four_pages.py",
    "requirements.txt",
)
ENGINES = ("duckdb", "sqlglot", "pandas", "numpy", "matplotlib", "dagster")
KEPT_SECONDS = 12 * 3600
KEPT = 3  # of a name: another run may be copying one of other code


def prepared(name: str, make: Callable[[Path], None]) -> Path:
    """The folder of this name, only to be copied; `make` fills it where there is none to use."""
    FOLDER.mkdir(exist_ok=True)
    folder = FOLDER / f"{name}-{fingerprint()}"
    made = folder / "made"
    with FileLock(FOLDER / f"{name}.lock"):
        if not made.exists() or time.time() - _made_at(made) > KEPT_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)
            make(folder)
            made.touch()
            for old in sorted(FOLDER.glob(f"{name}-*/made"), key=_made_at)[:-KEPT]:
                shutil.rmtree(old.parent)
    return folder


def _made_at(made: Path) -> float:
    return made.stat().st_mtime


def fingerprint() -> str:
    """Of the code, the SQL, and the packages that run them."""
    digest = hashlib.sha256(platform.python_version().encode())
    for package in ENGINES:
        digest.update(f"{package} {version(package)}\n".encode())
    for maker in MAKERS:
        of = REPOSITORY / maker
        for path in sorted(of.rglob("*")) if of.is_dir() else [of]:
            if path.is_file() and path.suffix != ".pyc":
                digest.update(f"{path.relative_to(REPOSITORY)}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:16]
