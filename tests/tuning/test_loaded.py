"""Configuration tables that others have written into are refused, with table and key."""

from pathlib import Path
from shutil import copytree

import pytest

from eros_assets.dataset import Dataset, open_dataset
from eros_assets.settings import load_settings
from eros_assets.tuning import configuration_tables
from eros_assets.tuning.changes import tuning_changes
from eros_assets.tuning.loaded import KEYED, require_configuration
from eros_assets.tuning.rows import TuningError
from eros_assets.warehouse.duckdb.storage import storage_of


def opened(home: Path) -> Dataset:
    return open_dataset(load_settings({"env": "local", "home": home}), asset="test")


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the configuration as its files have it, to be copied."""
    home = tmp_path_factory.mktemp("loaded")
    dataset = opened(home)
    for name, rows in configuration_tables(dataset.settings, dataset.library).items():
        dataset.warehouse.deploy(dataset.library[name])
        dataset.load(name, rows)
    return home


@pytest.fixture
def dataset(loaded: Path, tmp_path: Path) -> Dataset:
    return opened(Path(copytree(loaded, tmp_path / "home")))


def spoil(dataset: Dataset, *statements: str) -> None:
    """Change tables past EROS's own door, as others do."""
    with storage_of(dataset.settings.warehouse_file).opened() as connection:
        connection.execute(f"USE {dataset.settings.dataset}")
        for statement in statements:
            connection.execute(statement)
        connection.execute("USE main")


def test_a_configuration_as_loaded_is_usable(dataset: Dataset) -> None:
    require_configuration(dataset)


DOUBLED = "INSERT INTO {table} SELECT * FROM {table}"
BAD = {
    "a tier twice": (
        [f"{DOUBLED.format(table='account_size_tiers')} WHERE size_tier = 'MEGA'"],
        "table account_size_tiers has 2 rows of size_tier 'MEGA', not 1",
    ),
    "a tier twice, with another limit": (
        [
            f"{DOUBLED.format(table='account_size_tiers')} WHERE size_tier = 'MICRO'",
            "UPDATE account_size_tiers SET weekly_ppv_max = 9 WHERE rowid = 5",
        ],
        "table account_size_tiers has 2 rows of size_tier 'MICRO', not 1",
    ),
    "a response four times": (
        [f"{DOUBLED.format(table='saturation_responses')} WHERE saturation_status = 'RED'"] * 2,
        "table saturation_responses has 4 rows of saturation_status 'RED', not 1",
    ),
    "a segment twice": (
        [f"{DOUBLED.format(table='segment_rules')} WHERE behavioral_segment = 'BUDGET'"],
        "table segment_rules has 2 rows of behavioral_segment 'BUDGET', not 1",
    ),
    "a segment without a name": (
        ["UPDATE segment_rules SET behavioral_segment = NULL WHERE budget_share > 0.5"],
        "table segment_rules has 2 rows without behavioral_segment",
    ),
    "all segments twice": (
        [DOUBLED.format(table="segment_rules")],
        "table segment_rules has 2 rows of behavioral_segment 'STANDARD', not 1",
    ),
    "the knobs twice": ([DOUBLED.format(table="tuning")], "table tuning has 2 rows, not 1"),
    "no knobs": (["DELETE FROM tuning"], "table tuning is empty"),
    "no tiers": (["DELETE FROM account_size_tiers"], "table account_size_tiers is empty"),
}


@pytest.mark.parametrize(("statements", "said"), BAD.values(), ids=BAD.keys())
def test_a_key_that_does_not_stand_for_one_row_is_refused_in_one_line(
    dataset: Dataset, statements: list[str], said: str
) -> None:
    spoil(dataset, *statements)
    with pytest.raises(TuningError) as refused:
        require_configuration(dataset)
    assert said in str(refused.value)
    assert "run the job load_tuning" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_every_wrong_table_is_named_at_once(dataset: Dataset) -> None:
    spoil(dataset, *(DOUBLED.format(table=table) for table in KEYED))
    with pytest.raises(TuningError) as refused:
        require_configuration(dataset)
    assert [table for table in KEYED if f"table {table} has 2 rows" in str(refused.value)] == list(
        KEYED
    )


@pytest.mark.parametrize("table", KEYED)
def test_loading_the_files_again_mends_what_others_doubled(dataset: Dataset, table: str) -> None:
    spoil(dataset, DOUBLED.format(table=table))
    files = configuration_tables(dataset.settings, dataset.library)
    (change,) = tuning_changes(dataset, files)
    assert change == f"{len(files[table])} rows of {table}"
    dataset.load(table, files[table])
    require_configuration(dataset)
    assert tuning_changes(dataset, files) == []
