"""Rows come back whole, in the protocol's types, whatever way they are read."""

import datetime as dt

import numpy as np
import pandas as pd

from eros_assets.warehouse.bigquery import BigQueryWarehouse
from tests.warehouse.bigquery.plays import Play, Trouble, drop_before
from tests.warehouse.bigquery.service import Service

NOON = dt.datetime(2025, 11, 3, 20, 0, 0, 123456, tzinfo=dt.UTC)
EVERY_TYPE = (
    ("n", "INTEGER"),
    ("x", "FLOAT"),
    ("s", "STRING"),
    ("b", "BOOLEAN"),
    ("d", "DATE"),
    ("t", "TIMESTAMP"),
    ("a", "STRING", "REPEATED"),
)
ROWS = (
    (7512345678901234567, 0.1, "Zoë 📷", True, dt.date(2025, 11, 3), NOON, ["x", "y"]),
    (None, None, None, None, None, None, []),
    (-1, float("inf"), "", False, dt.date(1, 1, 1), dt.datetime(1970, 1, 1, tzinfo=dt.UTC), [""]),
)


def test_every_type_comes_as_the_protocol_says(
    warehouse: BigQueryWarehouse, service: Service
) -> None:
    service.will(Play(columns=EVERY_TYPE, rows=ROWS))
    frame = warehouse.query("SELECT * FROM `${dataset}.bookings`")
    assert frame.dtypes.astype(str).to_dict() == {
        "n": "Int64",
        "x": "float64",
        "s": "object",
        "b": "boolean",
        "d": "object",
        "t": "datetime64[us, UTC]",
        "a": "object",
    }
    assert frame["n"].tolist() == [7512345678901234567, pd.NA, -1]
    assert frame["x"].tolist()[::2] == [0.1, np.inf]
    assert np.isnan(frame["x"][1])
    assert frame["s"].tolist() == ["Zoë 📷", None, ""]
    assert frame["b"].tolist() == [True, pd.NA, False]
    assert frame["d"].tolist() == [dt.date(2025, 11, 3), None, dt.date(1, 1, 1)]
    assert frame["t"][0].to_pydatetime() == NOON
    assert frame["t"].isna().tolist() == [False, True, False]
    assert frame["a"].tolist() == [["x", "y"], [], [""]]


def test_no_rows_keep_their_types(warehouse: BigQueryWarehouse, service: Service) -> None:
    service.will(Play(columns=EVERY_TYPE))
    frame = warehouse.query("SELECT * FROM `${dataset}.bookings` WHERE FALSE")
    assert len(frame) == 0
    assert frame.dtypes.astype(str)[["n", "b", "t"]].tolist() == [
        "Int64",
        "boolean",
        "datetime64[us, UTC]",
    ]


def test_every_page_is_read_in_order(warehouse: BigQueryWarehouse, service: Service) -> None:
    service.will(Play(columns=(("n", "INTEGER"),), rows=[(n,) for n in range(5)]))
    assert warehouse.query("SELECT n FROM `${dataset}.bookings`")["n"].tolist() == [0, 1, 2, 3, 4]
    assert len(service.sent("jobs.getQueryResults")) == 1 + 3  # the count, then pages of 2


def test_a_dropped_page_is_asked_for_again(warehouse: BigQueryWarehouse, service: Service) -> None:
    service.will(Play(columns=(("n", "INTEGER"),), rows=[(n,) for n in range(5)]))
    service.trouble("jobs.getQueryResults", drop_before(), Trouble(503))
    assert warehouse.query("SELECT n FROM `${dataset}.bookings`")["n"].tolist() == [0, 1, 2, 3, 4]
    assert len(service.jobs) == 1


def test_a_query_names_its_dataset_cap_location_and_labels(
    warehouse: BigQueryWarehouse, service: Service
) -> None:
    warehouse.labelled(asset="Caption Stats/é", run="0b8b-1", week="2025-11-03").query(
        "SELECT 1 FROM `${dataset}.bookings`"
    )
    body = service.sent("jobs.insert")[0].body
    configuration = body["configuration"]
    assert configuration["query"]["query"] == (
        "SELECT 1 FROM `of-scheduler-proj.eros_scheduling_brain.bookings`"
    )
    assert configuration["query"]["maximumBytesBilled"] == str(10**9)
    assert configuration["query"]["useLegacySql"] is False
    assert configuration["labels"] == {
        "eros": "eros_scheduling_brain",
        "eros_kind": "query",
        "asset": "caption_stats__",
        "run": "0b8b-1",
        "week": "2025-11-03",
    }
    assert body["jobReference"] == {
        "projectId": "of-scheduler-proj",
        "jobId": "eros_query_1_1_1",
        "location": "US",
    }


def test_labels_are_made_valid_and_add_up(warehouse: BigQueryWarehouse, service: Service) -> None:
    handle = warehouse.labelled(**{"2nd Run": "x" * 80}).labelled(Week="Ü", asset="")
    handle.query("SELECT 1")
    labels = service.sent("jobs.insert")[0].body["configuration"]["labels"]
    assert labels.items() >= {"l_2nd_run": "x" * 63, "week": "_", "asset": ""}.items()
    assert handle.ledger[0].labels == labels


def test_the_ledger_has_what_a_query_took(warehouse: BigQueryWarehouse, service: Service) -> None:
    service.will(Play(columns=(("n", "INTEGER"),), rows=[(1,), (2,)], bytes_billed=10_485_760))
    handle = warehouse.labelled(asset="stats")
    handle.query("SELECT n FROM `${dataset}.bookings`")
    (job,) = handle.ledger
    assert (job.kind, job.job_id, job.rows) == ("query", "eros_query_1_1_1", 2)
    assert job.bytes_processed == 10_485_760
    assert job.labels["asset"] == "stats"
    assert job.error is None
    assert job.duration_seconds > 0
    assert job.started_at.tzinfo is dt.UTC
    assert warehouse.ledger == ()


def test_a_dry_run_costs_nothing_and_runs_nothing(
    warehouse: BigQueryWarehouse, service: Service
) -> None:
    service.will(Play(bytes_processed=123_456))
    assert warehouse.dry_run("SELECT * FROM `${dataset}.bookings` WHERE n = @n", {"n": 1}) == 123456
    assert service.sent("jobs.insert")[0].body["configuration"]["dryRun"] is True
    assert service.jobs == {}
    assert warehouse.ledger == ()


def test_nothing_is_sent_before_the_first_operation(
    warehouse: BigQueryWarehouse, service: Service
) -> None:
    warehouse.labelled(asset="stats")
    assert service.requests == []
