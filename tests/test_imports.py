"""A code location starts without the heavy packages: they are imported where they are used."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from eros_assets.settings import REPOSITORY, load_settings
from eros_assets.warehouse.sql.library import load_library

HEAVY = (
    *("duckdb", "sqlglot", "google.cloud", "google.auth", "googleapiclient", "dagster_gcp"),
    *("matplotlib", "PIL", "ortools", "scipy", "gspread", "holidays", "numpy", "pandas"),
)


def run(program: str, home: Path) -> "subprocess.CompletedProcess[str]":
    """Run these lines in a fresh interpreter, to their end."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("EROS_")}
    result = subprocess.run(
        [sys.executable, "-c", program],
        cwd=REPOSITORY,
        env={**ours, "EROS_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result


def imported_by(program: str, home: Path) -> set[str]:
    """The heavy packages that a fresh interpreter has imported after these lines."""
    last = f"import json, sys; print(json.dumps([n for n in {HEAVY!r} if n in sys.modules]))"
    return set(json.loads(run(f"{program}\n{last}", home).stdout.splitlines()[-1]))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which sql/ has been parsed before."""
    folder = tmp_path_factory.mktemp("home")
    assert load_library(cache_dir=load_settings({"home": folder}).library_cache)
    return folder


IN_PRODUCTION = """
import google.auth
import eros_assets.definitions
from eros_assets.settings import load_settings
def refuse(*_, **__): raise AssertionError("asked for credentials")
google.auth.default = refuse
assert eros_assets.definitions.build_definitions(load_settings({"env": "production"}))
"""


def test_the_asset_graph_starts_without_heavy_packages(home: Path) -> None:
    before = sorted(home.rglob("*"))
    assert imported_by("import eros_assets.definitions", home) == set()
    assert sorted(home.rglob("*")) == before, "importing opened or wrote something"


def test_the_graph_of_production_starts_with_dagster_s_resource_and_without_credentials(
    home: Path,
) -> None:
    """The embedded engine, pictures and sheets stay out; Google's client comes with Dagster's."""
    imported = imported_by(IN_PRODUCTION, home)
    assert "dagster_gcp" in imported
    assert imported.isdisjoint({"duckdb", "matplotlib", "PIL", "scipy", "gspread", "holidays"})


def test_a_heavy_package_is_noticed(home: Path) -> None:
    assert "duckdb" in imported_by("import duckdb", home)


def test_a_command_that_has_read_the_warehouse_before_ends_without_a_word(home: Path) -> None:
    """DuckDB writes a page of warnings when its objects are there at the process's end."""
    assert run("import duckdb; import eros_assets.definitions", home).stderr == ""
