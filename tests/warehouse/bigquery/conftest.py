"""A BigQuery on loopback, and a warehouse on it that never really waits."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from eros_assets.settings import Settings
from eros_assets.warehouse.bigquery import BigQueryWarehouse
from eros_assets.warehouse.bigquery.retry_policy import RetryPolicy
from eros_assets.warehouse.sql.library import SqlLibrary
from tests.google.loopback import serving
from tests.warehouse.bigquery.library import LIBRARY
from tests.warehouse.bigquery.service import Service


@pytest.fixture
def settings(service: Service, tmp_path: Path) -> Iterator[Settings]:
    """Settings that lead to the server."""
    with serving(service) as address:
        yield Settings(bigquery_endpoint=address, home=tmp_path, maximum_bytes_billed=10**9)


@pytest.fixture
def waits() -> list[float]:
    """The waits that were asked for, in seconds."""
    return []


@pytest.fixture
def warehouse(settings: Settings, waits: list[float]) -> BigQueryWarehouse:
    """A warehouse whose operations are named by numbers from 1."""
    numbers = count(1)
    return BigQueryWarehouse(
        settings,
        LIBRARY,
        retry_policy=RetryPolicy(attempts=4, sleep=waits.append),
        new_id=lambda: str(next(numbers)),
    )


@pytest.fixture
def library() -> SqlLibrary:
    """The objects that the tests deploy and call."""
    return LIBRARY
