"""A dataset with all of `sql/` in it: deployed once, copied for each test or module."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.shipped import give_translated_sql, shipped_library
from tests.sql.dataset import Dataset


@pytest.fixture(scope="session")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Only to be copied."""
    folder = tmp_path_factory.mktemp("deployed")
    give_translated_sql(folder)
    dataset = Dataset(folder, shipped_library())
    with dataset.opened():
        dataset.deploy()
    return dataset


def _copy(deployed: Dataset, folder: Path) -> Dataset:
    shutil.copy(deployed.settings.warehouse_file, folder)
    return Dataset(folder, deployed.library)


@pytest.fixture
def dataset(deployed: Dataset, tmp_path: Path) -> Iterator[Dataset]:
    with (copy := _copy(deployed, tmp_path)).opened():
        yield copy


@pytest.fixture(scope="module")
def shared(deployed: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dataset]:
    """One for all tests of a module, which fills it once and then only reads."""
    with (copy := _copy(deployed, tmp_path_factory.mktemp("shared"))).opened():
        yield copy
