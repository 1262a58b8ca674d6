"""Every statement that the engine makes by itself is GoogleSQL to Google's own parser."""

import pytest
from google.cloud.bigquery import SchemaField, TimePartitioning

from eros_assets.warehouse.bigquery import backups, catalogue, in_force, objects, scripts
from eros_assets.warehouse.protocol import Typed
from eros_assets.warehouse.sql.library import render
from tests.googlesql.service import GoogleSqlError
from tests.googlesql.syntax import parse_script
from tests.shipped import shipped_library
from tests.warehouse.bigquery.library import LIBRARY

DATASET = "of-scheduler-proj.eros_scheduling_brain"
SLICE = {
    "day": Typed("2025-11-03", "DATE"),
    "studio": Typed(["north"], "ARRAY<STRING>"),
    "note": Typed(None, "STRING"),
}
STATEMENTS = {
    "call with OUT values": scripts.call_script(DATASET, LIBRARY["book"]),
    "call": scripts.call_script(DATASET, LIBRARY["tidy"]),
    "replacement": scripts.replacement(f"{DATASET}.a", f"{DATASET}.b", ["day"], SLICE),
    "transaction": scripts.in_one_transaction(
        "DECLARE x INT64;\nDELETE FROM a WHERE b = x;\nINSERT INTO a (b) VALUES (1) -- all;"
    ),
    "snapshot": backups.snapshot_script(DATASET, "d-1", ["a", "b"], 30),
    "restore": backups.restore_script(DATASET, "d-1", ["a", "b"], present=["a"], operation="7"),
    "columns": objects.additions(DATASET, LIBRARY["bookings"], [SchemaField("day", "DATE")]) or "",
    "expiration": objects.expiration(
        DATASET, shipped_library()["selection_pools"], TimePartitioning(field="week_start")
    )
    or "",
    "definitions": in_force.query(DATASET),
    "jobs": catalogue.jobs_query("of-scheduler-proj", "US"),
}


@pytest.mark.parametrize("statement", STATEMENTS.values(), ids=STATEMENTS.keys())
def test_a_statement_of_the_engine_parses(statement: str) -> None:
    assert parse_script(statement).many("statement_list_node")


def test_every_routine_of_the_repository_parses_with_its_description() -> None:
    routines = shipped_library().of_kind("function", "table_function", "procedure")
    assert routines
    for routine in routines:
        statement = objects.described(render(routine.text, DATASET), routine)
        assert f"[fingerprint {routine.fingerprint}]" in statement
        parse_script(statement)


def test_the_parser_would_object() -> None:
    with pytest.raises(GoogleSqlError):
        parse_script("CREATE SNAPSHOT TABLE a OPTIONS (x = 1) CLONE b;")
