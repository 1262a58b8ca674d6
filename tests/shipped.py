"""The repository's `sql/`, read once for all processes of a test run."""

from functools import cache
from pathlib import Path

from eros_assets.warehouse.sql.library import SqlLibrary, load_library
from tests.prepared import prepared


@cache
def shipped_library() -> SqlLibrary:
    """As these sources read it: other code, or other SQL, has another folder."""

    def read(folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        load_library(cache_dir=folder)

    return load_library(cache_dir=prepared("library", read))
