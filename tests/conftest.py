"""What tests of several rooms share: the sample agency with its week planned, a BigQuery."""

import atexit
import os
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree

import pytest
from filelock import FileLock

from tests.assets.installed import Installed, installed
from tests.warehouse.bigquery.service import Service


@atexit.register
def end_quietly() -> None:
    """The last that is heard of a test process is pytest.

    When an interpreter ends, DuckDB's bindings (nanobind) list on the error stream what other
    packages' C code still holds of them. Two processes' lists hid the summary of the tests.
    """
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


@pytest.fixture(scope="session")
def planned(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder with the sample agency loaded and its week planned, to be copied.

    The processes of a test run share it.
    """
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "planned"
    with FileLock(f"{folder}.lock"):
        done = folder / "done"
        if not done.exists():
            with installed(folder) as agency:
                agency.set_up()
                agency.plan()
            done.touch()
    return folder


@pytest.fixture
def agency(planned: Path, tmp_path: Path) -> Iterator[Installed]:
    """The sample agency with its week planned, to do with as the test likes."""
    copytree(planned, tmp_path, dirs_exist_ok=True)
    with installed(tmp_path) as copy:
        yield copy


@pytest.fixture
def service() -> Iterator[Service]:
    """A BigQuery; a request outside of the discovery document fails the test."""
    service = Service()
    yield service
    assert service.violations == []
