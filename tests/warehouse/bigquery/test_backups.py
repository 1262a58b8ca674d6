"""Snapshots expire by themselves; a restoration looks before it touches, and undoes itself."""

import re

import pytest

from eros_assets.warehouse.bigquery import BigQueryWarehouse
from eros_assets.warehouse.protocol import RaisedError, WarehouseError
from tests.warehouse.bigquery.plays import Play, Trouble, drop_after, failing
from tests.warehouse.bigquery.service import Service

TABLES = ["bookings", "guests"]
DATASET = "of-scheduler-proj.eros_scheduling_brain"


@pytest.fixture
def kept(service: Service) -> None:
    """Both tables, and their snapshots of deployment d-1."""
    for table in TABLES:
        service.add_table(table)
        service.add_table(f"eros_snapshot__d-1__{table}", type="SNAPSHOT")


def test_snapshots_are_taken_in_one_job_and_expire(
    warehouse: BigQueryWarehouse, service: Service
) -> None:
    job = warehouse.snapshot("d-1", TABLES, keep_days=30)
    assert job.kind == "snapshot"
    assert service.statements == [
        "\n".join(
            f"CREATE SNAPSHOT TABLE IF NOT EXISTS `{DATASET}.eros_snapshot__d-1__{table}` "
            f"CLONE `{DATASET}.{table}` "
            "OPTIONS (expiration_timestamp = "
            "TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 30 DAY));"
            for table in TABLES
        )
    ]


def test_a_snapshot_taken_again_is_the_same_statement(
    warehouse: BigQueryWarehouse, service: Service
) -> None:
    for _ in range(2):
        warehouse.snapshot("d-1", TABLES, keep_days=30)
    assert service.statements[0] == service.statements[1]


@pytest.mark.parametrize("deployment_id", ["", "2025-11-03T08:00", "a`b", "x" * 201])
def test_an_id_that_names_no_table_is_refused(
    warehouse: BigQueryWarehouse, service: Service, deployment_id: str
) -> None:
    with pytest.raises(WarehouseError, match="deployment id"):
        warehouse.snapshot(deployment_id, TABLES, keep_days=30)
    with pytest.raises(WarehouseError, match="deployment id"):
        warehouse.restore(deployment_id, TABLES)
    assert service.requests == []


def test_a_snapshot_that_would_be_gone_at_once_is_refused(warehouse: BigQueryWarehouse) -> None:
    with pytest.raises(WarehouseError, match="keep_days is 0"):
        warehouse.snapshot("d-1", TABLES, keep_days=0)


def test_a_backup_of_nothing_is_refused(warehouse: BigQueryWarehouse, service: Service) -> None:
    with pytest.raises(WarehouseError, match="no table is named"):
        warehouse.snapshot("d-1", [], keep_days=30)
    with pytest.raises(WarehouseError, match="no table is named"):
        warehouse.restore("d-1", [])
    assert service.requests == []


@pytest.mark.usefixtures("kept")
def test_a_restoration_secures_the_present_replaces_and_can_go_back(
    warehouse: BigQueryWarehouse, service: Service
) -> None:
    job = warehouse.restore("d-1", TABLES)
    assert job.kind == "restore"
    (script,) = service.statements
    secured, _, rest = script.partition("BEGIN\n")
    forth, _, back = rest.partition("EXCEPTION WHEN ERROR THEN")
    for table in TABLES:
        undo = re.search(rf"`{DATASET}\.(eros_restore_\w+_undo__{table})`", secured)
        assert undo is not None
        assert f"CLONE `{DATASET}.{table}` OPTIONS (expiration_timestamp = TIMESTAMP_ADD" in secured
        for half, source in ((forth, f"eros_snapshot__d-1__{table}"), (back, undo[1])):
            assert (
                f"CREATE OR REPLACE TABLE `{DATASET}.{table}` COPY `{DATASET}.{source}` "
                "OPTIONS (expiration_timestamp = NULL);"
            ) in half
    assert "RAISE USING MESSAGE" in back
    assert not re.search(r"\b(DROP|TRUNCATE|DELETE)\b", script)


@pytest.mark.usefixtures("kept")
def test_a_restored_table_is_no_clone_so_that_it_can_be_restored_again(
    warehouse: BigQueryWarehouse, service: Service
) -> None:
    for _ in range(2):
        warehouse.restore("d-1", TABLES)
    for script in service.statements:
        cloning = re.findall(r"CREATE ([A-Z ]+?)(?: IF NOT EXISTS)? `[^`]+` CLONE", script)
        assert set(cloning) == {"SNAPSHOT TABLE"}


@pytest.mark.usefixtures("kept")
def test_two_restorations_undo_into_tables_of_their_own(
    warehouse: BigQueryWarehouse, service: Service
) -> None:
    for _ in range(2):
        warehouse.restore("d-1", TABLES)
    names = [set(re.findall(r"eros_restore_\w+", script)) for script in service.statements]
    assert len(names[0]) == len(names[1]) == 2
    assert not names[0] & names[1]


@pytest.mark.usefixtures("kept")
def test_a_missing_snapshot_is_told_before_anything_is_touched(
    warehouse: BigQueryWarehouse, service: Service
) -> None:
    del service.tables["eros_snapshot__d-1__guests"]
    with pytest.raises(
        WarehouseError, match=r"no snapshot of guests: .*Nothing was changed"
    ) as caught:
        warehouse.restore("d-1", TABLES)
    assert service.jobs == {}
    assert caught.value.job == warehouse.ledger[-1]
    assert caught.value.job.error == str(caught.value)


@pytest.mark.usefixtures("kept")
def test_a_snapshot_that_cannot_be_looked_at_is_not_taken_for_missing(
    warehouse: BigQueryWarehouse, service: Service
) -> None:
    service.trouble("tables.get", Trouble(403, "accessDenied", "Access Denied"))
    with pytest.raises(WarehouseError, match=r"restore of d-1: Access Denied"):
        warehouse.restore("d-1", TABLES)
    assert service.jobs == {}


@pytest.mark.usefixtures("kept")
def test_a_lost_table_is_restored_though_there_is_nothing_to_secure(
    warehouse: BigQueryWarehouse, service: Service
) -> None:
    del service.tables["guests"]
    warehouse.restore("d-1", TABLES)
    (script,) = service.statements
    assert "eros_restore_1_undo__bookings" in script
    assert "eros_restore_1_undo__guests" not in script
    assert f"CREATE OR REPLACE TABLE `{DATASET}.guests` COPY" in script


@pytest.mark.usefixtures("kept")
def test_a_restoration_that_undid_itself_is_an_error_of_the_warehouse(
    warehouse: BigQueryWarehouse, service: Service
) -> None:
    message = "Query error: restore was undone: Quota exceeded for tables at [9:3]"
    service.will(failing("invalidQuery", message))
    with pytest.raises(
        WarehouseError, match=r"restore of d-1: restore was undone: Quota"
    ) as caught:
        warehouse.restore("d-1", TABLES)
    assert not isinstance(caught.value, RaisedError)


@pytest.mark.usefixtures("kept")
def test_a_lost_answer_restores_once(warehouse: BigQueryWarehouse, service: Service) -> None:
    service.trouble("jobs.insert", drop_after())
    service.will(Play(states=("RUNNING", "DONE")))
    assert warehouse.restore("d-1", TABLES).error is None
    assert len(service.jobs) == 1
