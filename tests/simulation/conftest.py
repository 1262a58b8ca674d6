import pandas as pd
import pytest

from eros_assets.dataset import Dataset, open_dataset
from eros_assets.demo import Agency
from eros_assets.settings import load_settings
from eros_assets.simulation.answers import price_list
from eros_assets.simulation.columns import rows_of
from eros_assets.simulation.fast import FastLine
from eros_assets.simulation.policies import policy_named
from eros_assets.simulation.season import Season
from eros_assets.tuning import Knobs, configuration_tables
from tests.demo.conftest import LAST_DAY

FIRST_WEEK = LAST_DAY + pd.Timedelta(days=1).to_pytimedelta()


@pytest.fixture(scope="session")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    home = tmp_path_factory.mktemp("home")
    return open_dataset(load_settings({"env": "local", "home": home, "out_dir": home / "out"}))


@pytest.fixture(scope="session")
def tuning(dataset: Dataset) -> dict[str, pd.DataFrame]:
    return configuration_tables(dataset.settings, dataset.library)


def fast_line(
    agency: Agency, tuning: dict[str, pd.DataFrame], policy: str = "eros", **knobs: float
) -> FastLine:
    return FastLine(
        agency.tables,
        tuning,
        Knobs({**rows_of(tuning["tuning"])[0], **knobs}),
        policy_named(policy, agency.truth),
        "eros",
    )


def season(agency: Agency, weeks: int, seed: int = 3) -> Season:
    return Season(agency.tables, agency.truth, price_list(agency.tables), FIRST_WEEK, weeks, seed)
