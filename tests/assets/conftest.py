"""An installation with the few tables that small rooms of `assets/` read and write."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

from eros_assets.dataset import Dataset, open_dataset
from eros_assets.settings import load_settings

TABLES = ("creators", "schedule_recommendations", "schedule_shortfalls")
TODAY = "2025-11-04"  # the Tuesday of the week of 2025-11-03


def _installation(home: Path) -> Dataset:
    return open_dataset(load_settings({"env": "local", "home": home, "today": TODAY}))


@pytest.fixture(scope="session")
def _furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home to be copied: pages `coach` and `cook`, and `retired`, which is not active."""
    home = tmp_path_factory.mktemp("furnished")
    dataset = _installation(home)
    warehouse = dataset.warehouse
    for name in TABLES:
        warehouse.deploy(dataset.library[name])
    pages = ["cook", "coach", "retired"]
    warehouse.load(
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
    home = tmp_path / "home"
    shutil.copytree(_furnished, home)
    return _installation(home)
