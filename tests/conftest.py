"""Fixtures of several rooms: the sample agency with its week planned, three pages, a BigQuery."""

import atexit
import gc
import os
from collections.abc import Iterator
from pathlib import Path
from shutil import copy, copytree

import pandas as pd
import pytest

from eros_assets.dataset import Dataset, open_dataset, sql_lineage
from eros_assets.demo import Agency, sample_agency
from eros_assets.settings import load_settings
from eros_assets.warehouse.duckdb import storage
from eros_assets.work import work_of_many_operations
from tests.assets.installed import Installed, copied, installed
from tests.assets.statements_run import noted
from tests.demo.conftest import LAST_DAY
from tests.prepared import prepared
from tests.warehouse.bigquery.service import Service

# The processes of the tests have a core each: more threads would wait for one another.
storage.THREADS = 1

SMALL_TABLES = (
    *("creators", "schedule_recommendations", "schedule_shortfalls"),
    *("judged_creators", "usable_creators"),
)
TUESDAY = "2025-11-04"  # of the week of 2025-11-03


LONGEST = (
    *("docs/test_runbook", "sql/test_same_scripts", "sql/test_same_rows"),
    *("assets/test_deployments", "assets/test_weekly_line", "publishing/test_kills"),
    *("end_to_end/test_interface", "publishing/test_changed_by_hand"),
    "assets/test_week_under_way",
    *("weekly/test_replacing", "weekly/test_bad_rows", "assets/test_sheets"),
    *("sql/test_select_captions", "publishing/test_realignment", "simulation/test_fast_path"),
    *("evaluation/test_offpolicy", "weekly/test_decided", "test_refusals"),
)
"""Modules whose tests take longest. Begun first, they don't keep one process busy at the end.

While the first makes `planned`, the next ones, which don't need it, don't wait.
"""


# Collection makes 7,000 tests that all stay: looking for garbage among them takes a third of its
# time. What is there at its end is not looked at again.
gc.disable()


def pytest_configure(config: pytest.Config) -> None:
    """Read `sql/` before other processes begin: each would read it for itself else."""
    if not hasattr(config, "workerinput"):
        sql_lineage()


def pytest_collection_finish() -> None:
    """Look for garbage from here on, among what tests make."""
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest modules first, each in its own order."""
    places = {f"tests/{name}.py": place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.nodeid.partition("::")[0], len(places)))


@atexit.register
def end_quietly() -> None:
    """The last that is heard of a test process is pytest.

    When an interpreter ends, DuckDB's bindings (nanobind) list on the error stream what other
    packages' C code still holds of them. Two processes' lists hid the summary of the tests.
    """
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


@pytest.fixture(autouse=True)
def work() -> Iterator[None]:
    """As in a run or a command, operations that follow one another open the file once.

    A module overrides it where the file must be closed between operations.
    """
    with work_of_many_operations():
        yield


@pytest.fixture(scope="module", autouse=True)
def files_of_the_module() -> Iterator[None]:
    """What a module has opened is asked to close at the end of its own tests alone.

    A process remembers each file that it ever opened, of which its tests make hundreds.
    """
    yield
    with storage._storages_lock:
        for file, opened in list(storage._storages.items()):
            if opened._kept is None and opened._watch_thread is None:
                del storage._storages[file]


@pytest.fixture(scope="session")
def planned() -> Path:
    """A folder with the sample agency loaded and its week planned, to be copied.

    `statements.json` in it has what each step ran.
    """

    def make(folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        with noted(folder / "statements.json"), installed(folder) as agency:
            agency.set_up()
            agency.plan()
            # Facts are made from schedules, too: of the second plan on, what is learned stands.
            agency.plan(exports=False)
            agency.keep_records()
        # A process in a copy of this home need not read `sql/` again.
        sql_lineage()
        for read in load_settings().library_cache.glob("sql_*.json"):
            copy(read, agency.dataset.settings.library_cache)

    return prepared("planned", make)


@pytest.fixture
def agency(planned: Path, tmp_path: Path) -> Iterator[Installed]:
    """The sample agency with its week planned, to do with as the test likes."""
    with copied(planned, tmp_path) as copy:
        yield copy


@pytest.fixture
def shared_agency(planned: Path, tmp_path: Path) -> Iterator[Installed]:
    """As `agency`, where others than this thread have the warehouse's file in between."""
    with copied(planned, tmp_path, alone=False) as copy:
        yield copy


@pytest.fixture(scope="session")
def small() -> Agency:
    """The small sample agency's tables and truth, without a warehouse."""
    return sample_agency("small", seed=7, last_day=LAST_DAY)


def _small_dataset(home: Path) -> Dataset:
    settings = load_settings({"env": "local", "home": home, "today": TUESDAY})
    return open_dataset(settings, asset="test")


@pytest.fixture(scope="session")
def _furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home to be copied: pages `coach` and `cook`, and `retired`, which is not active."""
    home = tmp_path_factory.mktemp("furnished")
    dataset = _small_dataset(home)
    for name in SMALL_TABLES:
        dataset.warehouse.deploy(dataset.library[name])
    pages = ["cook", "coach", "retired"]
    dataset.load(
        "creators",
        pd.DataFrame(
            {
                "page_name": pages,
                "display_name": [page.title() for page in pages],
                "is_active": [page != "retired" for page in pages],
            }
        ),
    )
    return home


@pytest.fixture
def dataset(_furnished: Path, tmp_path: Path) -> Dataset:
    """A dataset with the few tables that small rooms read and write, and three pages in it."""
    home = tmp_path / "home"
    copytree(_furnished, home)
    return _small_dataset(home)


@pytest.fixture
def service() -> Iterator[Service]:
    """A BigQuery; a request outside of the discovery document fails the test."""
    service = Service()
    yield service
    assert service.violations == []
