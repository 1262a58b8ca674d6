"""Tables of the warehouse with other columns load as files with them do."""

import datetime as dt
from pathlib import Path
from shutil import copytree

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from eros_assets.cli.loading import load_tables
from eros_assets.dataset import Dataset, open_dataset
from eros_assets.importing.inputs import read_inputs
from eros_assets.importing.mistakes import InputFileError
from eros_assets.settings import Settings
from eros_assets.tuning import configuration_tables
from eros_assets.warehouse.duckdb.storage import storage_of
from eros_assets.warehouse.protocol import WarehouseError
from eros_assets.weekly.mapped_tables import NoMappedTableError, read_mapped_tables
from tests.google.loopback import serving
from tests.shipped import give_translated_sql
from tests.warehouse.bigquery.plays import Play
from tests.warehouse.bigquery.service import Service

MAPPING = """\
[formats]
time_zone = "America/Los_Angeles"
html = true
words = { unsent = "withdrawn", locked = "PPV", free = "Bump" }

[mass_messages]
table = "message_stats"

[mass_messages.columns]
row_id = { column = "id", text_id = true }
page_name = { value = "amber_lens" }
message = "text"
sending_time = "sent_at"
sent_count = "recipients"
viewed_count = { column = "open_rate", percent_of = "sent_count" }
purchased_count = "sold"
message_type = "kind"

[caption_bank]
from_messages = true
columns.price_tier = { by_price = { mid = 10, premium = 20 } }
"""
RAW = """\
CREATE OR REPLACE TABLE eros_scheduling_brain.message_stats AS FROM (VALUES
  ('a1', 'Soup &amp; bread', TIMESTAMP '2025-10-01 10:00:00', 12.5::DOUBLE, 1000, 40.0, 3,
   37.5::DOUBLE, 'locked', 'sent'),
  ('a2', 'Good morning', TIMESTAMP '2025-10-02 09:00:00', NULL, 900, 50.0, 0, 0.0, 'free', NULL),
  ('a3', 'Too many views', TIMESTAMP '2025-10-03 09:00:00', NULL, 10, 500.0, 0, 0.0, 'free', NULL)
) AS t (id, text, sent_at, price, recipients, open_rate, sold, earnings, kind, status);
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "mapping"
    folder.mkdir()
    (folder / "eros_import.toml").write_text(MAPPING)
    return folder


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with EROS' tables and the platform's, to be copied."""
    home = tmp_path_factory.mktemp("prepared") / "home"
    give_translated_sql(home)
    dataset = open_dataset(Settings(home=home, env="local"), asset="test")
    with storage_of(dataset.settings.warehouse_file).opened() as connection:
        for each in dataset.library.of_kind("table"):
            dataset.warehouse.deploy(each)
        for name, rows in configuration_tables(dataset.settings, dataset.library).items():
            dataset.load(name, rows)
        connection.execute(RAW)
    return home


@pytest.fixture
def dataset(prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Dataset:
    home = Path(copytree(prepared, tmp_path / "home"))
    monkeypatch.setenv("EROS_HOME", str(home))
    return open_dataset(Settings(home=home, env="local"), asset="test")


def run(folder: Path, *options: str) -> Result:
    return CliRunner().invoke(load_tables, [str(folder), *options], catch_exceptions=False)


def test_a_table_is_read_by_its_mapping(dataset: Dataset, folder: Path) -> None:
    rows = read_mapped_tables(dataset, folder).tables["mass_messages"]
    assert rows["text_id"].tolist() == ["a1", "a2", "a3"]
    assert rows["message"].tolist()[0] == "Soup & bread"
    assert rows["sending_time"].iloc[0] == pd.Timestamp("2025-10-01T17:00:00Z")
    assert rows["viewed_count"].tolist() == [400, 450, 50]
    assert rows["message_type"].tolist() == ["PPV", "Bump", "Bump"]
    assert rows["price"].iloc[0] == 12.5


def test_the_command_loads_what_the_mapping_makes_and_leaves_the_rest(
    dataset: Dataset, folder: Path
) -> None:
    day = dt.date(2025, 11, 3)
    off = pd.DataFrame({"page_name": ["amber_lens"], "first_date": [day], "last_date": [day]})
    dataset.load("creator_availability", off)
    refused = run(folder)
    assert refused.exit_code == 3, "a third of the messages is quarantined"
    assert dataset.rows("mass_messages").empty
    assert run(folder, "--dry-run").exit_code == 0
    assert dataset.rows("mass_messages").empty
    result = run(folder, "--accept")
    assert result.exit_code == 0, result.output
    assert len(dataset.rows("mass_messages")) == 3
    assert sorted(dataset.rows("caption_bank")["price_tier"]) == ["bump", "bump", "mid"]
    assert dataset.rows("creators")["page_name"].tolist() == ["amber_lens"]
    assert len(dataset.rows("creator_availability")) == 1
    named = pd.DataFrame({"page_name": ["amber_lens"], "display_name": ["Amber"]})
    dataset.load("creators", named.assign(is_active=True))
    assert run(folder, "--accept").exit_code == 0
    assert dataset.rows("creators")["display_name"].tolist() == ["Amber"]


def test_a_file_may_lie_beside_a_table(dataset: Dataset, folder: Path) -> None:
    (folder / "creators.csv").write_text("page_name,display_name\namber_lens,Amber\nrosa,Rosa\n")
    found = read_mapped_tables(dataset, folder)
    assert found.tables["creators"]["page_name"].tolist() == ["amber_lens", "rosa"]


@pytest.mark.parametrize(
    ("old", "new", "error", "rule"),
    [
        ("message_stats", "nothing", WarehouseError, "nothing"),
        ("message_stats", "raw.stats", WarehouseError, "not in the dataset"),
        ("message_stats", "mass_messages", NoMappedTableError, "is a table of EROS"),
        ('table = "message_stats"', "", NoMappedTableError, "names no table of the warehouse"),
        ("message_stats", "raw; DROP", InputFileError, "'raw; DROP' is no table"),
        ("message_stats", "a.b.c.d", InputFileError, "'a.b.c.d' is no table"),
        (
            "[mass_messages.columns]",
            'files = "x.csv"\n[mass_messages.columns]',
            InputFileError,
            "files is for files, and message_stats is a table",
        ),
        (
            '{ value = "amber_lens" }',
            "{ file_name = '(.+)' }",
            InputFileError,
            "file_name is for files, and message_stats is a table",
        ),
        ('"recipients"', '"fans"', InputFileError, "fans"),
        (
            'time_zone = "America/Los_Angeles"',
            "",
            InputFileError,
            "message_stats.parquet row 1: sending_time",
        ),
    ],
)
def test_what_can_not_be_read_is_named(
    dataset: Dataset, folder: Path, old: str, new: str, error: type[Exception], rule: str
) -> None:
    mapping = folder / "eros_import.toml"
    mapping.write_text(MAPPING.replace(old, new))
    with pytest.raises(error, match=rule.replace("(", r"\(")):
        read_mapped_tables(dataset, folder)
    assert run(folder, "--accept").exit_code == 2


def test_an_import_of_files_says_which_command_reads_a_table(folder: Path) -> None:
    with pytest.raises(InputFileError, match="which `python -m eros_assets load-tables` reads"):
        read_inputs(folder)


def test_on_bigquery_the_table_is_read_in_one_query(
    service: Service, folder: Path, tmp_path: Path
) -> None:
    columns = [
        *(("id", "STRING"), ("text", "STRING"), ("sent_at", "TIMESTAMP"), ("price", "FLOAT")),
        *(("recipients", "INTEGER"), ("open_rate", "FLOAT"), ("sold", "INTEGER")),
        *(("earnings", "FLOAT"), ("kind", "STRING")),
    ]
    sent = dt.datetime(2025, 10, 1, 17, tzinfo=dt.UTC)
    row = ["a1", "Soup", sent, 12.5, 2**52 + 1, 40.0, 3, 37.5, "locked"]
    mapping = folder / "eros_import.toml"
    mapping.write_text(MAPPING.replace("message_stats", "raw.message_stats"))
    with serving(service) as address:
        settings = Settings(
            home=tmp_path / "home", env="production", bigquery_endpoint=address, project_id="kiln-1"
        )
        dataset = open_dataset(settings, asset="test")
        service.will(Play(columns=columns, rows=[row]), part="raw.message_stats")
        rows = read_mapped_tables(dataset, folder).tables["mass_messages"]
    assert rows["sent_count"].tolist() == [2**52 + 1]
    assert rows["sending_time"].tolist() == [pd.Timestamp(sent)]
    assert service.statements == ["SELECT t.* FROM `kiln-1.raw.message_stats` AS t"]
