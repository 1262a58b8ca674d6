"""A load replaces rows whole, in the table's types and layout, however often it is tried."""

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from eros_assets.warehouse.bigquery import BigQueryWarehouse
from eros_assets.warehouse.protocol import Typed, WarehouseError
from tests.warehouse.bigquery.plays import Play, Trouble, drop_after, drop_before, failing
from tests.warehouse.bigquery.service import Service

NOON = dt.datetime(2025, 11, 3, 20, tzinfo=dt.UTC)
DAY = dt.date(2025, 11, 3)


@pytest.fixture(autouse=True)
def bookings(service: Service) -> None:
    """A partitioned and clustered table with a described column."""
    service.add_table(
        "bookings",
        ("studio", "STRING"),
        ("day", "DATE"),
        ("guests", "INTEGER"),
        ("price", "FLOAT"),
        ("paid", "BOOLEAN"),
        ("booked_at", "TIMESTAMP"),
        ("tags", "STRING", "REPEATED"),
        timePartitioning={"type": "DAY", "field": "day"},
        clustering={"fields": ["studio"]},
    )
    service.tables["bookings"]["schema"]["fields"][0]["description"] = "Studio."


def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "tags": [["portrait", "📷"], []],
            "studio": ["north", None],
            "day": [DAY, None],
            "guests": pd.array([7512345678901234567, None], dtype="Int64"),
            "price": [0.1, np.nan],
            "paid": pd.array([True, None], dtype="boolean"),
            "booked_at": pd.to_datetime(["2025-11-03T20:00:00.000000789Z", None]),
        }
    )


def test_a_whole_table_is_replaced_by_one_load_job(
    warehouse: BigQueryWarehouse, service: Service
) -> None:
    job = warehouse.labelled(week="2025-11-03").load("bookings", frame())
    assert (job.kind, job.rows, job.bytes_processed) == ("load", 2, 0)
    (request,) = service.sent("jobs.insert")
    load = request.body["configuration"]["load"]
    assert request.query["uploadType"] == "multipart"
    assert load["writeDisposition"] == "WRITE_TRUNCATE"
    assert load["createDisposition"] == "CREATE_NEVER"
    assert load["sourceFormat"] == "PARQUET"
    assert load["parquetOptions"] == {"enableListInference": True}
    assert load["schema"]["fields"][0]["description"] == "Studio."
    assert load["timePartitioning"] == {"type": "DAY", "field": "day"}
    assert load["clustering"] == {"fields": ["studio"]}
    assert request.body["configuration"]["labels"]["week"] == "2025-11-03"
    assert service.contents["bookings"].to_pylist() == [
        {
            "studio": "north",
            "day": DAY,
            "guests": 7512345678901234567,
            "price": 0.1,
            "paid": True,
            "booked_at": NOON,
            "tags": ["portrait", "📷"],
        },
        {
            "studio": None,
            "day": None,
            "guests": None,
            "price": None,
            "paid": None,
            "booked_at": None,
            "tags": [],
        },
    ]


def test_columns_that_the_data_lacks_become_null(
    warehouse: BigQueryWarehouse, service: Service
) -> None:
    warehouse.load("bookings", pd.DataFrame({"studio": ["north"], "Guests": [2.0]}))
    (row,) = service.contents["bookings"].to_pylist()
    assert row == dict.fromkeys(row, None) | {"studio": "north", "guests": 2}
    assert list(row) == ["studio", "day", "guests", "price", "paid", "booked_at", "tags"]


def test_no_rows_empty_the_table(warehouse: BigQueryWarehouse, service: Service) -> None:
    assert warehouse.load("bookings", frame().iloc[:0]).rows == 0
    assert service.contents["bookings"].num_rows == 0


def test_a_parquet_file_loads_like_a_frame(
    warehouse: BigQueryWarehouse, service: Service, tmp_path: Path
) -> None:
    file = tmp_path / "bookings.parquet"
    table = pa.table(
        {
            "studio": pa.array(["north"], pa.large_string()),
            "guests": pa.array([3.0]),
            "booked_at": pa.array([NOON], pa.timestamp("ns", tz="UTC")),
        }
    )
    pq.write_table(table, file)
    assert warehouse.load("bookings", file).rows == 1
    (row,) = service.contents["bookings"].to_pylist()
    assert (row["studio"], row["guests"], row["booked_at"]) == ("north", 3, NOON)


def test_a_large_file_goes_up_in_a_resumable_upload(
    warehouse: BigQueryWarehouse, service: Service
) -> None:
    rng = np.random.default_rng(1)
    texts = [rng.bytes(512).hex() for _ in range(12_000)]
    warehouse.load("bookings", pd.DataFrame({"studio": texts}))
    assert service.sent("jobs.insert")[0].query["uploadType"] == "resumable"
    assert service.contents["bookings"].column("studio").to_pylist() == texts


@pytest.mark.parametrize("day", [DAY, Typed(DAY, "DATE")])
@pytest.mark.parametrize("count", [1, 0])
def test_the_rows_of_a_day_s_partition_are_replaced_by_one_load_job(
    warehouse: BigQueryWarehouse, service: Service, day: Any, count: int
) -> None:
    job = warehouse.load("bookings", frame()[["day", "guests"]][:count], replacing={"day": day})
    assert (job.kind, job.rows, job.bytes_processed) == ("load", count, 0)
    (request,) = service.sent("jobs.insert")
    load = request.body["configuration"]["load"]
    assert load["destinationTable"]["tableId"] == "bookings$20251103"
    assert load["writeDisposition"] == "WRITE_TRUNCATE"
    assert not {"timePartitioning", "clustering"} & load.keys()
    assert service.contents["bookings$20251103"].column_names == [
        field["name"] for field in service.tables["bookings"]["schema"]["fields"]
    ]


@pytest.mark.parametrize(
    ("table", "replacing"),
    [
        ({}, {"day": [DAY]}),
        ({}, {"day": DAY, "studio": "north"}),
        ({}, {"studio": "north"}),
        ({}, {"day": None}),
        ({"timePartitioning": {"type": "MONTH", "field": "day"}}, {"day": DAY}),
        ({"timePartitioning": {"type": "DAY", "field": "booked_at"}}, {"booked_at": NOON}),
        ({"timePartitioning": None}, {"day": DAY}),
    ],
    ids=str,
)
def test_what_is_not_a_day_s_partition_is_replaced_by_a_statement(
    warehouse: BigQueryWarehouse, service: Service, table: Any, replacing: Any
) -> None:
    service.tables["bookings"] |= table
    warehouse.load("bookings", frame()[:1], replacing=replacing)
    assert [statement.split()[0] for statement in service.statements] == ["MERGE"]


def test_rows_are_added_by_one_load_job(warehouse: BigQueryWarehouse, service: Service) -> None:
    job = warehouse.add("bookings", frame()[["day", "guests"]][:1])
    assert (job.kind, job.rows, job.bytes_processed) == ("load", 1, 0)
    (request,) = service.sent("jobs.insert")
    load = request.body["configuration"]["load"]
    assert load["destinationTable"]["tableId"] == "bookings"
    assert load["writeDisposition"] == "WRITE_APPEND"
    assert not {"timePartitioning", "clustering"} & load.keys()


def test_rows_whose_load_is_lost_on_the_way_are_added_once(
    warehouse: BigQueryWarehouse, service: Service
) -> None:
    service.trouble("jobs.insert", drop_after(), Trouble(503))
    warehouse.add("bookings", frame()[:1])
    assert len(service.jobs) == 1


def test_some_rows_are_replaced_by_one_statement_over_a_staging_table(
    warehouse: BigQueryWarehouse, service: Service
) -> None:
    service.will(Play(bytes_billed=10_485_760), part="MERGE INTO")
    job = warehouse.load(
        "bookings",
        frame()[["studio", "guests", "day"]],
        replacing={"day": DAY, "studio": ["north", "south"], "tags": None},
    )
    staging = "eros_staging__eros_load_1"
    assert service.contents[staging].column_names == ["studio", "day", "guests"]
    assert "bookings" not in service.contents
    (script,) = service.statements
    dataset = "of-scheduler-proj.eros_scheduling_brain"
    assert script == (
        f"MERGE INTO `{dataset}.bookings` AS kept\n"
        f"USING (SELECT `studio`, `day`, `guests` FROM `{dataset}.{staging}`) AS loaded\n"
        "ON FALSE\n"
        "WHEN NOT MATCHED THEN INSERT (`studio`, `day`, `guests`)\n"
        "VALUES (loaded.`studio`, loaded.`day`, loaded.`guests`)\n"
        "WHEN NOT MATCHED BY SOURCE AND kept.`day` = @day "
        "AND kept.`studio` IN UNNEST(@studio) AND kept.`tags` IS NULL THEN DELETE"
    )
    parameters = service.sent("jobs.insert")[-1].body["configuration"]["query"]["queryParameters"]
    types = {p["name"]: p["parameterType"] for p in parameters}
    assert types["day"] == {"type": "DATE"}
    assert types["studio"] == {"type": "ARRAY", "arrayType": {"type": "STRING"}}
    assert (job.rows, job.bytes_processed) == (2, 10_485_760)
    assert list(service.jobs) == ["eros_load_1_1_1", "eros_load_1_2_1"]


def test_a_staging_table_goes_by_itself_within_a_day(
    warehouse: BigQueryWarehouse, service: Service
) -> None:
    warehouse.load("bookings", frame(), replacing={"day": [DAY]})
    expires = int(service.tables["eros_staging__eros_load_1"]["expirationTime"]) / 1000
    left = dt.datetime.fromtimestamp(expires, dt.UTC) - dt.datetime.now(dt.UTC)
    assert dt.timedelta(hours=1) < left <= dt.timedelta(days=1)
    assert not any("DROP" in s or "TRUNCATE" in s for s in service.statements)


def test_no_value_to_replace_by_replaces_nothing(
    warehouse: BigQueryWarehouse, service: Service
) -> None:
    warehouse.load("bookings", frame(), replacing={"studio": [], "day": Typed(DAY, "DATE")})
    query = service.sent("jobs.insert")[-1].body["configuration"]["query"]
    assert query["queryParameters"][0] == {
        "name": "studio",
        "parameterType": {"type": "ARRAY", "arrayType": {"type": "STRING"}},
        "parameterValue": {"arrayValues": []},
    }


def test_no_rows_in_the_place_of_some_are_one_statement(
    warehouse: BigQueryWarehouse, service: Service
) -> None:
    job = warehouse.load("bookings", frame().head(0), replacing={"day": DAY, "studio": ["north"]})
    assert service.statements == [
        (
            "DELETE FROM `of-scheduler-proj.eros_scheduling_brain.bookings` AS kept "
            "WHERE kept.`day` = @day AND kept.`studio` IN UNNEST(@studio)"
        )
    ]
    assert list(service.jobs) == ["eros_load_1_1_1"]
    assert not any(name.startswith("eros_staging") for name in service.tables)
    assert (job.rows, job.error) == (0, None)


def test_an_aborted_replacement_is_tried_again_without_loading_again(
    warehouse: BigQueryWarehouse, service: Service
) -> None:
    aborted = "Could not serialize access to table p:d.t due to concurrent update"
    service.will(failing("invalidQuery", aborted), part="MERGE INTO")
    assert warehouse.load("bookings", frame(), replacing={"day": [DAY]}).error is None
    assert list(service.jobs) == ["eros_load_1_1_1", "eros_load_1_2_1", "eros_load_1_2_2"]


@pytest.mark.parametrize(
    "trouble", [drop_before(), drop_after(), Trouble(503, carried_out=True)], ids=str
)
@pytest.mark.parametrize("method", ["jobs.insert", "tables.get", "tables.insert"])
def test_a_lost_answer_does_not_load_twice(
    warehouse: BigQueryWarehouse, service: Service, trouble: Trouble, method: str
) -> None:
    service.trouble(method, trouble)
    warehouse.load("bookings", frame(), replacing={"day": [DAY]})
    assert list(service.jobs) == ["eros_load_1_1_1", "eros_load_1_2_1"]
    assert service.contents["eros_staging__eros_load_1"].num_rows == 2


@pytest.mark.parametrize("rows", [2, 12_000], ids=["multipart", "resumable"])
def test_a_dropped_upload_starts_over_from_its_beginning(
    warehouse: BigQueryWarehouse, service: Service, rows: int
) -> None:
    rng = np.random.default_rng(2)
    texts = [rng.bytes(512).hex() for _ in range(rows)]
    service.trouble("jobs.insert", drop_before(), Trouble(503))
    warehouse.load("bookings", pd.DataFrame({"studio": texts}))
    assert service.contents["bookings"].column("studio").to_pylist() == texts


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        ({"studio": ["a"], "color": ["b"]}, r"no column color; it has studio, day"),
        ({"guests": [1, "x"]}, r"row 2, column guests: 'x' is not int64"),
        ({"guests": [1.0, 1.5]}, r"row 2, column guests: 1\.5 is not int64"),
        ({"day": ["2025-11-03", "soon"]}, r"row 2, column day: 'soon' is not date32"),
        ({"tags": [["a"], "b"]}, r"row 2, column tags: 'b' is not list"),
        ({"paid": [True, 3.5]}, r"row 2, column paid: 3\.5 is not bool"),
        ({"paid": [1, 5]}, r"row 2, column paid: 5 is not bool"),
        ({"paid": [1.0, 0.5]}, r"row 2, column paid: 0\.5 is not bool"),
        ({"booked_at": pd.to_datetime(["2025-11-03 12:00"])}, r"row 1, .*a time without a zone"),
        ({"day": [NOON]}, r"row 1, column day: .*something would be lost"),
    ],
)
def test_data_that_does_not_fit_is_refused_by_row_and_column_before_it_is_sent(
    warehouse: BigQueryWarehouse, service: Service, data: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(WarehouseError, match=f"load into bookings: .*{complaint}"):
        warehouse.load("bookings", pd.DataFrame(data))
    assert [r.method for r in service.requests] == ["bigquery.tables.get"]
    assert warehouse.ledger[-1].error is not None


def test_texts_of_dates_numbers_and_instants_are_read(
    warehouse: BigQueryWarehouse, service: Service
) -> None:
    data = {"day": ["2025-11-03"], "guests": ["3"], "booked_at": ["2025-11-03T12:00:00-08:00"]}
    warehouse.load("bookings", pd.DataFrame(data))
    (row,) = service.contents["bookings"].to_pylist()
    assert (row["day"], row["guests"], row["booked_at"]) == (DAY, 3, NOON)


def test_a_column_given_twice_is_refused(warehouse: BigQueryWarehouse) -> None:
    with pytest.raises(WarehouseError, match="two columns of the data have the same name"):
        warehouse.load("bookings", pd.DataFrame([["a", "b"]], columns=["studio", "Studio"]))


@pytest.mark.parametrize(
    ("replacing", "complaint"), [({}, "names no column"), ({"color": "red"}, "no column color")]
)
def test_rows_to_replace_that_cannot_be_named_are_refused(
    warehouse: BigQueryWarehouse, service: Service, replacing: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(WarehouseError, match=complaint):
        warehouse.load("bookings", frame(), replacing=replacing)
    assert service.jobs == {}


def test_a_table_that_is_not_there_is_told(warehouse: BigQueryWarehouse) -> None:
    with pytest.raises(WarehouseError, match=r"load into guests: Not found.*Deploy the object"):
        warehouse.load("guests", frame())


def test_a_file_that_is_no_parquet_is_told_by_its_path(
    warehouse: BigQueryWarehouse, tmp_path: Path
) -> None:
    file = tmp_path / "bookings.parquet"
    file.write_text("studio,day\n")
    with pytest.raises(WarehouseError, match=r"bookings\.parquet is no readable Parquet"):
        warehouse.load("bookings", file)


def test_a_rejected_file_leaves_the_error_of_the_load_job(
    warehouse: BigQueryWarehouse, service: Service
) -> None:
    service.will(failing("invalid", "Required field day cannot be null"), part="LOAD")
    with pytest.raises(WarehouseError, match="load into bookings: Required field day"):
        warehouse.load("bookings", frame())
    assert len(service.jobs) == 1
