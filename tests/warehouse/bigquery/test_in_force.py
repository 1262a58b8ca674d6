"""What is in force is read with the statement that makes it, and put back by that statement."""

import datetime as dt
from itertools import pairwise

import pytest

from eros_assets.warehouse.bigquery import BigQueryWarehouse
from eros_assets.warehouse.protocol import Definition, WarehouseError
from tests.googlesql.syntax import parse_script
from tests.warehouse.bigquery.library import FINGERPRINT, LIBRARY
from tests.warehouse.bigquery.plays import Column, Play, Trouble
from tests.warehouse.bigquery.service import Service

DATASET = "of-scheduler-proj.eros_scheduling_brain"
COLUMNS: tuple[Column, ...] = (
    ("object_name", "STRING"),
    ("object_type", "STRING"),
    ("ddl", "STRING"),
    ("option_value", "STRING"),
)
DESCRIBED = f'"What it does. [fingerprint {FINGERPRINT}]"'
LABELLED = f'[STRUCT("eros_fingerprint", "{FINGERPRINT[:63]}")]'

FILL_RATE = (
    f"CREATE FUNCTION `{DATASET}`.fill_rate(guests FLOAT64, places FLOAT64) RETURNS FLOAT64\n"
    f"AS (SAFE_DIVIDE(guests, places))\nOPTIONS(\n  description={DESCRIBED});"
)
BOOK = (
    f"CREATE PROCEDURE `{DATASET}`.book(IN p_day DATE)\nOPTIONS(\n  description={DESCRIBED})\n"
    f"BEGIN\n  SELECT o.day FROM `{DATASET}.open_days` AS o WHERE o.day = p_day;\nEND;"
)
OPEN_DAYS = (
    f"CREATE VIEW `{DATASET}.open_days`\nOPTIONS(\n  labels={LABELLED}\n)\n"
    f"AS SELECT b.day, `{DATASET}.fill_rate`(b.guests, 10) AS rate FROM `{DATASET}.bookings` AS b;"
)
ROWS = [
    ("book", "PROCEDURE", BOOK, DESCRIBED),
    ("by_hand", "FUNCTION", f"CREATE FUNCTION `{DATASET}`.by_hand() AS (1);", None),
    ("fill_rate", "FUNCTION", FILL_RATE, DESCRIBED),
    ("open_days", "VIEW", OPEN_DAYS, LABELLED),
]


@pytest.fixture
def in_force(warehouse: BigQueryWarehouse, service: Service) -> list[Definition]:
    service.will(Play(columns=COLUMNS, rows=ROWS), part="INFORMATION_SCHEMA.TABLES")
    return list(warehouse.definitions())


def test_routines_and_views_come_with_statement_and_fingerprint(in_force: list[Definition]) -> None:
    assert in_force == [
        Definition("book", "procedure", BOOK, FINGERPRINT),
        Definition("by_hand", "function", ROWS[1][2] or "", ""),
        Definition("fill_rate", "function", FILL_RATE, FINGERPRINT),
        Definition("open_days", "view", OPEN_DAYS, FINGERPRINT[:63]),
    ]


def test_what_was_deployed_is_known_again(in_force: list[Definition]) -> None:
    """A view's label holds one digit fewer than a fingerprint has."""
    known = {d.name: d.is_of(LIBRARY[d.name]) for d in in_force if d.name in LIBRARY}
    assert known == {"book": True, "fill_rate": True, "open_days": True}
    assert not in_force[1].is_of(LIBRARY["fill_rate"])
    assert not Definition("book", "view", "", FINGERPRINT).is_of(LIBRARY["book"])
    assert not Definition("book", "procedure", "", "0" * 64).is_of(LIBRARY["book"])


def test_they_go_back_in_one_script_each_after_what_it_mentions(
    warehouse: BigQueryWarehouse, service: Service, in_force: list[Definition]
) -> None:
    job = warehouse.define(in_force)
    script = service.statements[-1]
    assert (job.kind, job.statement) == ("deploy", script)
    order = ["fill_rate(", "open_days`\n", "book("]
    places = [script.index(name) for name in order]
    assert all(earlier < later for earlier, later in pairwise(places))
    statements = parse_script(script).child("statement_list_node").many("statement_list")
    assert [s.kind for s in statements].count("CreateFunctionStatement") == 2
    assert len(statements) == 4
    assert all(s.values.get("is_or_replace") for s in statements)
    for text in (FILL_RATE, BOOK, OPEN_DAYS):
        assert text.rstrip(";").removeprefix("CREATE") in script


def test_what_replaces_already_is_left_as_it_is(
    warehouse: BigQueryWarehouse, service: Service
) -> None:
    text = f"CREATE OR REPLACE VIEW `{DATASET}.v` AS SELECT 1 AS n"
    warehouse.define([Definition("v", "view", text, "")])
    assert service.statements == [f"{text};"]


def test_objects_of_another_kind_are_named(warehouse: BigQueryWarehouse, service: Service) -> None:
    row = ("total", "AGGREGATE FUNCTION", "CREATE AGGREGATE FUNCTION ...", None)
    service.will(Play(columns=COLUMNS, rows=[row]))
    with pytest.raises(WarehouseError, match="total: the dataset has a AGGREGATE FUNCTION"):
        warehouse.definitions()


@pytest.mark.parametrize("text", ["", "SELECT 1", "-- nothing"])
def test_what_creates_nothing_is_refused_before_anything_is_sent(
    warehouse: BigQueryWarehouse, service: Service, text: str
) -> None:
    with pytest.raises(WarehouseError, match="v: what is kept of it is no CREATE"):
        warehouse.define([Definition("v", "view", text, "")])
    with pytest.raises(WarehouseError, match="no definition"):
        warehouse.define([])
    assert service.requests == []


def test_what_is_kept_is_told_with_its_time(warehouse: BigQueryWarehouse, service: Service) -> None:
    until = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    service.add_table(
        "eros_snapshot__d-1__bookings",
        type="SNAPSHOT",
        expirationTime=str(int(until.timestamp() * 1000)),
    )
    assert warehouse.kept("d-1", ["bookings", "guests"]) == {"bookings": until}


def test_what_cannot_be_looked_at_is_not_taken_for_gone(
    warehouse: BigQueryWarehouse, service: Service
) -> None:
    service.trouble("tables.get", Trouble(403, "accessDenied", "Access Denied"))
    with pytest.raises(WarehouseError, match="snapshots of d-1: Access Denied"):
        warehouse.kept("d-1", ["bookings"])
