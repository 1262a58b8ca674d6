"""A folder like `sql/` and a warehouse of its own for each test."""

from collections.abc import Mapping
from pathlib import Path

from eros_assets.settings import Settings, load_settings
from eros_assets.warehouse.duckdb.engine import DuckDBWarehouse
from eros_assets.warehouse.sql.files import FOLDERS
from eros_assets.warehouse.sql.library import SqlLibrary, load_library

FOLDER_OF = {kind: folder for folder, kind in FOLDERS.items()}

SONGS = """
-- Songs of a band.
-- Grain: one row per song.
CREATE TABLE IF NOT EXISTS `${dataset}.songs` (
  song_id INT64 OPTIONS (description = "Identifies the song."),
  band STRING OPTIONS (description = "Who plays it."),
  rating FLOAT64,
  is_live BOOL,
  released DATE,
  played_at TIMESTAMP,
  tags ARRAY<STRING>
)
PARTITION BY released
CLUSTER BY band;
"""


def write_sql(root: Path, files: Mapping[str, str]) -> SqlLibrary:
    """Make the files (`tables/songs`: text) under `root` and read them."""
    root.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        path = root / f"{name}.sql"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.lstrip("\n"), encoding="utf-8")
    return load_library(root)


def settings_in(home: Path) -> Settings:
    """Settings of an embedded warehouse in that folder."""
    return load_settings({"home": home, "env": "local"})


def deployed(home: Path, files: Mapping[str, str]) -> DuckDBWarehouse:
    """A warehouse with these files deployed."""
    warehouse = DuckDBWarehouse(settings_in(home))
    with warehouse.session():
        for sql_object in write_sql(home / "sql", files).deploy_order():
            warehouse.deploy(sql_object)
    return warehouse
