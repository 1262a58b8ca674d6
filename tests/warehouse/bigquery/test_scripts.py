"""A script commits as a whole or not at all, and its lines keep their numbers."""

from pathlib import Path

import pandas as pd
import pytest

from eros_assets.warehouse.bigquery import BigQueryWarehouse
from eros_assets.warehouse.bigquery.scripts import deletion, in_one_transaction, replacement
from eros_assets.warehouse.protocol import Parameters, Typed, WarehouseError
from tests.warehouse.bigquery.plays import Play, Trouble
from tests.warehouse.bigquery.service import Service
from tests.warehouse.duckdb.embedded import SONGS, deployed

TWO_WRITES = """\
-- Moves yesterday's bookings; nothing else.
DECLARE v_day DATE DEFAULT DATE '2025-11-02';
INSERT INTO `${dataset}.archive` SELECT * FROM `${dataset}.bookings` WHERE day = v_day;
DELETE FROM `${dataset}.bookings` WHERE day = v_day -- done;
"""


def test_several_writes_become_one_transaction(
    warehouse: BigQueryWarehouse, service: Service
) -> None:
    children = (Play(statement_type="INSERT", changed_rows=7), Play(changed_rows=7))
    service.will(Play(children=children))
    assert warehouse.run(TWO_WRITES).rows == 14
    sent = service.statements[0].splitlines()
    assert sent[1].startswith("DECLARE v_day")
    assert sent[2].startswith("BEGIN TRANSACTION; INSERT INTO `of-scheduler-proj.")
    assert sent[3].endswith("WHERE day = v_day; COMMIT TRANSACTION;")
    assert len(sent) == 4


@pytest.mark.parametrize(
    "script",
    [
        "SELECT 1; SELECT 2;",
        "DELETE FROM t WHERE x = 1",
        (
            "MERGE t USING s ON t.a = s.a WHEN MATCHED THEN UPDATE SET b = 1 "
            "WHEN NOT MATCHED THEN INSERT ROW WHEN NOT MATCHED BY SOURCE THEN DELETE"
        ),
        "BEGIN TRANSACTION; DELETE FROM t WHERE x = 1; INSERT INTO t SELECT 1; COMMIT TRANSACTION;",
        "BEGIN; DELETE FROM t WHERE x = 1; INSERT INTO t SELECT 1; COMMIT;",
        (
            "CREATE TEMP TABLE u AS SELECT 1 AS x; BEGIN TRANSACTION; DELETE FROM t WHERE x = 1;\n"
            "INSERT INTO t SELECT x FROM u; COMMIT TRANSACTION;"
        ),
        "CALL `d.p`(); CALL `d.q`();",
        "CREATE OR REPLACE VIEW v AS SELECT 1 AS insert_count",
    ],
)
def test_a_script_that_needs_none_is_sent_as_it_is(script: str) -> None:
    assert in_one_transaction(script) == script


@pytest.mark.parametrize(
    ("script", "atomic"),
    [
        (
            "CREATE TEMP TABLE u AS SELECT 1; DELETE FROM t WHERE x = 1; INSERT INTO t SELECT 2",
            (
                "BEGIN TRANSACTION; CREATE TEMP TABLE u AS SELECT 1; DELETE FROM t WHERE x = 1; "
                "INSERT INTO t SELECT 2; COMMIT TRANSACTION;"
            ),
        ),
        (
            "IF @x THEN DELETE FROM t WHERE x = 1; INSERT INTO t SELECT 2; END IF;",
            (
                "BEGIN TRANSACTION; IF @x THEN DELETE FROM t WHERE x = 1; INSERT INTO t SELECT 2; "
                "END IF; COMMIT TRANSACTION;"
            ),
        ),
    ],
)
def test_temporary_tables_and_branches_are_held_by_it_too(script: str, atomic: str) -> None:
    assert in_one_transaction(script) == atomic


@pytest.mark.parametrize(
    "beside",
    [
        "CREATE TABLE IF NOT EXISTS u (x INT64);",
        "ALTER TABLE t ADD COLUMN IF NOT EXISTS y INT64;",
        "CALL `d.p`();",
    ],
)
def test_what_no_transaction_can_hold_is_refused_beside_several_writes(
    warehouse: BigQueryWarehouse, service: Service, beside: str
) -> None:
    script = f"DELETE FROM t WHERE x = 1;\n{beside}\nINSERT INTO t SELECT 2;"
    with pytest.raises(WarehouseError, match=r"line 2: .* can't be undone"):
        warehouse.run(script)
    assert service.requests == []
    assert warehouse.ledger[-1].error is not None


def test_a_committed_script_is_no_failure_because_its_rows_cannot_be_counted(
    warehouse: BigQueryWarehouse, service: Service
) -> None:
    service.will(Play(children=(Play(changed_rows=7),)))
    service.trouble("jobs.list", Trouble(403, "accessDenied", "Access Denied"))
    job = warehouse.run(TWO_WRITES)
    assert (job.rows, job.error) == (0, None)


def test_rows_of_one_statement_are_those_it_changed(
    warehouse: BigQueryWarehouse, service: Service
) -> None:
    service.will(Play(changed_rows=5, statement_type="DELETE", bytes_billed=10_485_760))
    job = warehouse.run("DELETE FROM `${dataset}.bookings` WHERE guests = @n", {"n": 0})
    assert (job.rows, job.bytes_processed, job.kind) == (5, 10_485_760, "run")
    assert warehouse.ledger == (job,)


BEFORE = pd.DataFrame(
    {
        "song_id": [1, 2, 3, 4, 5],
        "band": ["owls", "owls", "larks", None, None],
        "is_live": [True, False, True, True, False],
    }
)
LOADED = pd.DataFrame({"song_id": [9, 8], "band": ["owls", "owls"]})


@pytest.mark.parametrize(
    ("replacing", "kept", "loads_what_it_names"),
    [
        ({"band": Typed("owls", "STRING")}, [3, 4, 5], True),
        ({"band": Typed(["owls", "larks"], "ARRAY<STRING>")}, [4, 5], True),
        ({"band": Typed(None, "STRING"), "is_live": Typed(True, "BOOL")}, [1, 2, 3, 5], False),
        ({"band": Typed([], "ARRAY<STRING>")}, [1, 2, 3, 4, 5], False),
    ],
    ids=["one value", "several", "no value", "nothing"],
)
def test_a_replacement_takes_out_what_it_names_and_may_run_again(
    tmp_path: Path, replacing: Parameters, kept: list[int], loads_what_it_names: bool
) -> None:
    staging = SONGS.replace(".songs`", ".staging`")
    warehouse = deployed(tmp_path, {"tables/songs": SONGS, "tables/staging": staging})
    warehouse.load("songs", BEFORE)
    warehouse.load("staging", LOADED)

    def left() -> list[int]:
        rows = warehouse.query("SELECT s.song_id FROM `${dataset}.songs` AS s ORDER BY s.song_id")
        return list(rows["song_id"])

    statement = replacement("${dataset}.songs", "${dataset}.staging", list(LOADED), replacing)
    for _ in range(2 if loads_what_it_names else 1):
        warehouse.run(statement, replacing)
        assert left() == [*kept, 8, 9]
    warehouse.run(deletion("${dataset}.songs", replacing), replacing)
    assert left() == (kept if loads_what_it_names else [*kept, 8, 9])
