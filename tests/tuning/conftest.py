"""The SQL library, and a tuning folder of an agency's own."""

from pathlib import Path

import pandas as pd
import pytest

from eros_assets.settings import REPOSITORY, load_settings
from eros_assets.tuning import configuration_tables
from eros_assets.warehouse.sql.library import SqlLibrary
from tests.shell import no_variables as no_variables
from tests.shipped import shipped_library

SHIPPED = REPOSITORY / "eros_assets" / "tuning"


class TuningFolder:
    """What `EROS_TUNING_DIR` names: empty until copies of shipped files are edited into it."""

    def __init__(self, path: Path, library: SqlLibrary) -> None:
        self.path = path
        self.library = library

    def edit(self, name: str, *edits: str) -> None:
        """Put a copy of a shipped file there; `edits`: what it says, what instead, in turn."""
        text = (SHIPPED / name).read_text(encoding="utf-8")
        for said, instead in zip(edits[::2], edits[1::2], strict=True):
            assert said in text
            text = text.replace(said, instead)
        (self.path / name).write_text(text, encoding="utf-8")

    def tables(self) -> dict[str, pd.DataFrame]:
        settings = load_settings({"tuning_dir": self.path})
        return configuration_tables(settings, self.library)


@pytest.fixture(scope="session")
def library() -> SqlLibrary:
    return shipped_library()


@pytest.fixture
def shipped(library: SqlLibrary) -> dict[str, pd.DataFrame]:
    """The configuration tables of the files that EROS comes with."""
    return configuration_tables(load_settings(), library)


@pytest.fixture
def folder(library: SqlLibrary, tmp_path: Path) -> TuningFolder:
    return TuningFolder(tmp_path, library)
