"""Warehouses that tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from eros_assets.warehouse.duckdb.engine import DuckDBWarehouse
from tests.warehouse.duckdb.embedded import SONGS, deployed


@pytest.fixture
def songs(tmp_path: Path) -> DuckDBWarehouse:
    """A warehouse with one empty table, `songs`."""
    return deployed(tmp_path, {"tables/songs": SONGS})


@pytest.fixture(scope="module")
def calculator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckDBWarehouse]:
    """An empty warehouse, kept open, for queries of literals."""
    with deployed(tmp_path_factory.mktemp("calculator"), {}).session() as warehouse:
        yield warehouse
