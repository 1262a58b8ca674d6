"""Routines are listed; columns and jobs are read from INFORMATION_SCHEMA."""

import datetime as dt
import json
from typing import Any

import pytest

from eros_assets.settings import Settings
from eros_assets.warehouse.bigquery import BigQueryWarehouse
from eros_assets.warehouse.protocol import Job, Routine, WarehouseError
from tests.warehouse.bigquery.library import FINGERPRINT, LIBRARY
from tests.warehouse.bigquery.plays import Column, Play, Trouble, drop_before
from tests.warehouse.bigquery.service import Service

SINCE = dt.datetime(2025, 11, 3, 8, tzinfo=dt.UTC)

JOB_COLUMNS: tuple[Column, ...] = (
    ("job_id", "STRING"),
    ("job_type", "STRING"),
    ("statement_type", "STRING"),
    ("query", "STRING"),
    ("started_at", "TIMESTAMP"),
    ("duration_microseconds", "INTEGER"),
    ("bytes_billed", "INTEGER"),
    ("row_count", "INTEGER"),
    ("labels", "STRING"),
    ("error_reason", "STRING"),
    ("error_message", "STRING"),
)


def test_the_columns_of_each_table_come_from_one_query(
    warehouse: BigQueryWarehouse, service: Service
) -> None:
    columns: tuple[Column, ...] = (("table_name", "STRING"), ("column_name", "STRING"))
    rows = [("bookings", "day"), ("bookings", "guests"), ("open_days", "day")]
    service.will(Play(columns=columns, rows=rows), part="INFORMATION_SCHEMA.COLUMNS")
    assert warehouse.columns() == {
        "bookings": frozenset({"day", "guests"}),
        "open_days": frozenset({"day"}),
    }


MODIFIED = 1_762_076_000_000
DEPLOYED = dt.datetime.fromtimestamp(MODIFIED / 1000, dt.UTC)
DESCRIBED = f"What it does. [fingerprint {FINGERPRINT}]"


def test_routines_come_with_the_fingerprint_of_their_deployment_and_no_job(
    warehouse: BigQueryWarehouse, service: Service
) -> None:
    service.add_routine("described", "SCALAR_FUNCTION", MODIFIED, "Somebody else's")
    service.add_routine("by_hand", "SCALAR_FUNCTION", MODIFIED, None)
    service.add_routine("busy_days", "TABLE_VALUED_FUNCTION", MODIFIED, DESCRIBED)
    service.add_routine("book", "PROCEDURE", MODIFIED, DESCRIBED)
    service.add_routine("summed", "AGGREGATE_FUNCTION", MODIFIED, None)
    service.trouble("routines.list", drop_before(), Trouble(503))
    service.trouble("routines.get", drop_before())
    assert list(warehouse.routines()) == [
        Routine("book", "PROCEDURE", FINGERPRINT, DEPLOYED),
        Routine("busy_days", "TABLE FUNCTION", FINGERPRINT, DEPLOYED),
        Routine("by_hand", "FUNCTION", "", DEPLOYED),
        Routine("described", "FUNCTION", "", DEPLOYED),
    ]
    assert service.sent("jobs.insert") == []


def test_a_routine_is_read_again_only_when_it_has_changed(
    warehouse: BigQueryWarehouse, service: Service
) -> None:
    for name in ("book", "tidy"):
        service.add_routine(name, "PROCEDURE", MODIFIED, DESCRIBED)
    before = warehouse.routines()
    handle = warehouse.labelled(asset="other")
    assert handle.routines() == before
    assert len(service.sent("routines.get")) == 2
    other = FINGERPRINT[::-1]
    service.add_routine("book", "PROCEDURE", MODIFIED + 1000, f"Anew. [fingerprint {other}]")
    book, tidy = handle.routines()
    assert (book.fingerprint, tidy) == (other, before[1])
    assert book.deployed_at == DEPLOYED + dt.timedelta(seconds=1)
    assert len(service.sent("routines.get")) == 3
    del service.routines["tidy"]
    assert [routine.name for routine in handle.routines()] == ["book"]


def test_routines_that_can_t_be_listed_are_an_error(
    warehouse: BigQueryWarehouse, service: Service
) -> None:
    service.has_dataset = False
    with pytest.raises(WarehouseError, match=r"routines: .*Not found: Dataset .*EROS_DATASET"):
        warehouse.routines()


def test_a_deployed_routine_is_read_back_with_its_fingerprint(
    warehouse: BigQueryWarehouse, service: Service
) -> None:
    """Through the literal that deploying wrote."""
    warehouse.deploy(LIBRARY["book"])
    literal = service.statements[0].split("description = ")[1].split(") BEGIN")[0]
    service.add_routine("book", "PROCEDURE", MODIFIED, json.loads(literal))
    assert warehouse.routines()[0].fingerprint == LIBRARY["book"].fingerprint


def row(job_id: str, **values: Any) -> tuple[Any, ...]:
    defaults = {
        "job_id": job_id,
        "job_type": "QUERY",
        "statement_type": "SELECT",
        "query": "SELECT 1",
        "started_at": SINCE,
        "duration_microseconds": 1_500_000,
        "bytes_billed": 10_485_760,
        "row_count": 3,
        "labels": "[]",
        "error_reason": None,
        "error_message": None,
    }
    return tuple({**defaults, **values}.values())


def test_jobs_come_as_the_ledger_has_them(warehouse: BigQueryWarehouse, service: Service) -> None:
    labels = {"eros": "eros_scheduling_brain", "eros_kind": "call", "asset": "stats"}
    pairs = [{"key": key, "value": value} for key, value in labels.items()]
    service.will(
        Play(
            columns=JOB_COLUMNS,
            rows=[
                row("ours", statement_type="SCRIPT", labels=json.dumps(pairs)),
                row("failed", error_reason="accessDenied", error_message="no"),
            ],
        )
    )
    ours, failed = warehouse.jobs(SINCE)
    assert ours == Job(
        job_id="ours",
        kind="call",
        statement="SELECT 1",
        started_at=SINCE,
        duration_seconds=1.5,
        bytes_processed=10_485_760,
        rows=3,
        labels=labels,
    )
    assert failed.error == "accessDenied: no"


def test_other_peoples_jobs_have_the_kind_of_their_statement(
    warehouse: BigQueryWarehouse, service: Service
) -> None:
    service.will(
        Play(
            columns=JOB_COLUMNS,
            rows=[
                row("1"),
                row("2", job_type="LOAD", statement_type=None, query=None),
                row("3", statement_type="MERGE"),
                row("4", statement_type="CALL"),
                row("5", statement_type="CREATE_VIEW"),
                row("6", statement_type=None),
                row("7", labels='[{"key": "eros_kind", "value": "mischief"}]'),
            ],
        )
    )
    jobs = warehouse.jobs(SINCE)
    assert [job.kind for job in jobs] == ["query", "load", "run", "call", "deploy", "run", "query"]
    assert jobs[1].statement == "LOAD"


def test_jobs_are_asked_for_in_the_datasets_region_with_values_as_parameters(
    settings: Settings, service: Service
) -> None:
    service.location = "EU"
    there = settings.model_copy(update={"location": "EU"})
    assert list(BigQueryWarehouse(there, LIBRARY).jobs(SINCE)) == []
    query = service.sent("jobs.insert")[0].body["configuration"]["query"]
    assert "`of-scheduler-proj`.`region-eu`.INFORMATION_SCHEMA.JOBS_BY_PROJECT" in query["query"]
    values = {p["name"]: p["parameterValue"]["value"] for p in query["queryParameters"]}
    assert values == {
        "since": "2025-11-03 08:00:00+00:00",
        "project": "of-scheduler-proj",
        "dataset": "eros_scheduling_brain",
        "label": "eros_scheduling_brain",
    }
    assert "2025" not in query["query"]
