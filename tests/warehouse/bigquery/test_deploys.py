"""A deployed object carries its fingerprint; a table keeps its rows and gains what it lacks."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from eros_assets.warehouse.bigquery import BigQueryWarehouse
from eros_assets.warehouse.protocol import WarehouseError
from eros_assets.warehouse.sql.library import SqlLibrary
from eros_assets.warehouse.sql.objects import Column
from tests.warehouse.bigquery.library import FINGERPRINT
from tests.warehouse.bigquery.plays import Play, Trouble, drop_after, failing
from tests.warehouse.bigquery.service import Service

COLUMNS = (("studio", "STRING"), ("day", "DATE"), ("guests", "INTEGER"))
TAGS = ("tags", "STRING", "REPEATED")


def make_table(service: Service) -> None:
    """What the CREATE statement of bookings does to the server."""
    if "bookings" not in service.tables:
        service.add_table("bookings", *COLUMNS, TAGS)


@pytest.mark.parametrize("name", ["fill_rate", "busy_days", "book", "tidy"])
def test_a_routine_has_its_fingerprint_in_its_description(
    warehouse: BigQueryWarehouse, service: Service, library: SqlLibrary, name: str
) -> None:
    job = warehouse.deploy(library[name])
    (statement,) = service.statements
    options = (
        f'OPTIONS (description = "What {name} does, in the \\"studio\\". '
        f'[fingerprint {FINGERPRINT}]")'
    )
    assert statement.count("OPTIONS") == 1
    assert options in statement
    assert (job.kind, job.statement) == ("deploy", statement)
    # Errors of BigQuery name lines of the file: what is added adds none.
    without = statement.replace(options, "").replace(
        "`of-scheduler-proj.eros_scheduling_brain.", "`${dataset}."
    )
    assert squeezed(without) == squeezed(library[name].text)


def squeezed(text: str) -> list[str]:
    """Lines without spaces."""
    return ["".join(line.split()) for line in text.splitlines()]


def test_a_routine_with_options_of_its_own_is_refused(
    warehouse: BigQueryWarehouse, service: Service, library: SqlLibrary
) -> None:
    text = library["tidy"].text.replace("`()", "`() OPTIONS (strict_mode = FALSE)")
    with pytest.raises(WarehouseError, match=r"sql/tidy\.sql: OPTIONS in a routine"):
        warehouse.deploy(replace(library["tidy"], text=text))
    assert service.requests == []


def test_a_new_table_is_made_and_labelled(
    warehouse: BigQueryWarehouse, service: Service, library: SqlLibrary
) -> None:
    service.will(Play(effect=make_table, statement_type="CREATE_TABLE"))
    warehouse.deploy(library["bookings"])
    assert len(service.statements) == 1
    assert service.statements[0].startswith("CREATE TABLE IF NOT EXISTS `of-scheduler-proj.")
    assert service.tables["bookings"]["labels"] == {"eros_fingerprint": FINGERPRINT[:63]}


def test_a_table_gains_the_columns_it_lacks(
    warehouse: BigQueryWarehouse, service: Service, library: SqlLibrary
) -> None:
    service.add_table("bookings", *COLUMNS, labels={"owner": "studio"})
    warehouse.deploy(library["bookings"])
    assert service.statements[1] == (
        "ALTER TABLE `of-scheduler-proj.eros_scheduling_brain.bookings`\n"
        "ADD COLUMN IF NOT EXISTS `tags` ARRAY<STRING> "
        'OPTIONS (description = "What they came for.");'
    )
    assert service.tables["bookings"]["labels"] == {
        "owner": "studio",
        "eros_fingerprint": FINGERPRINT[:63],
    }


EXPIRING = "PARTITION BY day\nCLUSTER BY studio\nOPTIONS (partition_expiration_days = 4000);"
BY_DAY = {"type": "DAY", "field": "day"}


@pytest.mark.parametrize(
    ("partitioning", "gains"),
    [
        ({"timePartitioning": BY_DAY}, True),
        ({"timePartitioning": {**BY_DAY, "expirationMs": "86400000"}}, False),
        ({}, False),
    ],
    ids=["none", "people's own", "not partitioned"],
)
def test_partitions_of_a_table_that_is_there_expire_unless_people_have_said_when(
    warehouse: BigQueryWarehouse,
    service: Service,
    library: SqlLibrary,
    partitioning: Mapping[str, Any],
    gains: bool,
) -> None:
    service.add_table("bookings", *COLUMNS, TAGS, **partitioning)
    bookings = library["bookings"]
    text = bookings.text.replace("PARTITION BY day\nCLUSTER BY studio;", EXPIRING)
    assert text != bookings.text
    warehouse.deploy(replace(bookings, text=text))
    change = (
        "ALTER TABLE `of-scheduler-proj.eros_scheduling_brain.bookings`\n"
        "SET OPTIONS (partition_expiration_days = 4000);"
    )
    assert service.statements[1:] == [change] * gains


def test_deploying_twice_adds_nothing_the_second_time(
    warehouse: BigQueryWarehouse, service: Service, library: SqlLibrary
) -> None:
    service.add_table("bookings", *COLUMNS, TAGS, ("notes", "STRING"))
    for _ in range(2):
        warehouse.deploy(library["bookings"])
    assert not any("ALTER" in statement for statement in service.statements)
    assert [field["name"] for field in service.tables["bookings"]["schema"]["fields"]] == [
        "studio",
        "day",
        "guests",
        "tags",
        "notes",
    ]


def test_a_column_of_another_type_is_told_not_ignored(
    warehouse: BigQueryWarehouse, service: Service, library: SqlLibrary
) -> None:
    service.add_table("bookings", ("studio", "STRING"), ("day", "STRING"), ("guests", "INTEGER"))
    with pytest.raises(WarehouseError, match=r"column day is DATE here and STRING in"):
        warehouse.deploy(library["bookings"])
    assert warehouse.ledger[-1].error is not None
    assert "eros_fingerprint" not in service.tables["bookings"]["labels"]


def test_a_constraint_is_no_other_type(
    warehouse: BigQueryWarehouse, service: Service, library: SqlLibrary
) -> None:
    service.add_table("bookings", ("studio", "STRING"))
    table = replace(
        library["bookings"],
        columns=(Column("studio", "STRING NOT NULL", ""), Column("n", "int64 not null", "N.")),
    )
    warehouse.deploy(table)
    assert "ADD COLUMN IF NOT EXISTS `n` INT64 OPTIONS" in service.statements[1]


def test_a_view_is_replaced_and_labelled(
    warehouse: BigQueryWarehouse, service: Service, library: SqlLibrary
) -> None:
    service.will(Play(effect=lambda s: s.add_table("open_days", type="VIEW")))
    warehouse.deploy(library["open_days"])
    assert service.tables["open_days"]["labels"] == {"eros_fingerprint": FINGERPRINT[:63]}
    assert [r.method for r in service.requests] == ["bigquery.jobs.insert", "bigquery.tables.patch"]


def test_a_lost_label_is_written_again(
    warehouse: BigQueryWarehouse, service: Service, library: SqlLibrary
) -> None:
    service.add_table("bookings", *COLUMNS, TAGS)
    service.trouble("tables.patch", drop_after(), Trouble(503))
    warehouse.deploy(library["bookings"])
    assert service.tables["bookings"]["labels"] == {"eros_fingerprint": FINGERPRINT[:63]}


@pytest.mark.parametrize("name", ["guests_today"])
def test_what_is_run_is_not_deployed(
    warehouse: BigQueryWarehouse, service: Service, library: SqlLibrary, name: str
) -> None:
    with pytest.raises(WarehouseError, match="a operation is run, not deployed"):
        warehouse.deploy(library[name])
    assert service.requests == []


def test_a_statement_that_fails_leaves_no_fingerprint(
    warehouse: BigQueryWarehouse, service: Service, library: SqlLibrary
) -> None:
    service.will(failing("invalidQuery", "Unrecognized name: gests at [2:3]"))
    with pytest.raises(WarehouseError, match=r"deploy view open_days: .* at line 2, column 3: SEL"):
        warehouse.deploy(library["open_days"])
    assert service.sent("tables.patch") == []
