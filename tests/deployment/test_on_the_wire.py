"""What is recorded goes to BigQuery, and comes back from it, as it was."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import fields, replace
from itertools import count
from pathlib import Path

import pytest

from eros_assets.dataset import Dataset, sql_library
from eros_assets.deployment.archive import Archive
from eros_assets.deployment.record import Entry
from eros_assets.settings import Settings
from eros_assets.warehouse.bigquery import BigQueryWarehouse
from eros_assets.warehouse.bigquery.retry_policy import RetryPolicy
from tests.google.loopback import serving
from tests.warehouse.bigquery.plays import Column, Play
from tests.warehouse.bigquery.service import Service

API_TYPES = {"INT64": "INTEGER", "STRING": "STRING", "TIMESTAMP": "TIMESTAMP"}
BEGAN = dt.datetime(2025, 11, 3, 10, tzinfo=dt.UTC)
ENTRY = Entry(
    deployment_id="d0001_11111111",
    number=1,
    kind="deploy",
    state="backed_up",
    code_fingerprint="1" * 64,
    previous_id=None,
    in_force_id="d0001_11111111",
    started_at=BEGAN,
    run_id="run",
    tables=("tuning", "message_facts"),
    kept_until=BEGAN + dt.timedelta(days=30),
)


@pytest.fixture
def archive(service: Service, tmp_path: Path) -> Iterator[Archive]:
    with serving(service) as address:
        settings = Settings(bigquery_endpoint=address, home=tmp_path)
        numbers = count(1)
        warehouse = BigQueryWarehouse(
            settings,
            sql_library(),
            retry_policy=RetryPolicy(attempts=2, sleep=lambda _: None),
            new_id=lambda: str(next(numbers)),
        )
        dataset = Dataset(settings, warehouse, sql_library())
        for name in ("deployments", "deployment_definitions"):
            service.add_table(name, *columns(dataset, name))
        yield Archive(dataset, [])


def columns(dataset: Dataset, table: str) -> list[Column]:
    """The columns of a table as the API names them."""
    return [
        (c.name, "STRING", "REPEATED")
        if c.type.startswith("ARRAY")
        else (c.name, API_TYPES[c.type])
        for c in dataset.library[table].columns
    ]


def test_every_field_of_an_entry_has_its_column(archive: Archive) -> None:
    table = archive.dataset.library["deployments"]
    assert {column.name for column in table.columns} == {field.name for field in fields(Entry)}


@pytest.mark.parametrize(
    "entry",
    [ENTRY, replace(ENTRY, state="failed", detail='it said "no"', finished_at=BEGAN, tables=())],
)
def test_an_entry_comes_back_as_it_went(archive: Archive, service: Service, entry: Entry) -> None:
    archive.write(entry)
    (rows,) = service.contents.values()
    (sent,) = rows.to_pylist()
    listed = columns(archive.dataset, "deployments")
    service.will(
        Play(columns=listed, rows=[[sent.get(column[0]) for column in listed]]), part="ORDER BY"
    )
    assert archive.history() == [entry]


def test_an_entry_takes_the_place_of_what_has_its_id(archive: Archive, service: Service) -> None:
    archive.write(ENTRY)
    statement = service.statements[-1]
    assert statement.startswith("MERGE INTO")
    assert statement.endswith("AND kept.`deployment_id` = @deployment_id THEN DELETE")


def test_a_history_that_cannot_be_read_is_not_taken_for_none(
    service: Service, archive: Archive
) -> None:
    service.has_dataset = False
    with pytest.raises(Exception, match="Not found: Dataset"):
        archive.history()
