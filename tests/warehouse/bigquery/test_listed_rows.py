"""Some rows of a table are listed without a job, whatever its size."""

import datetime as dt

import pandas as pd
import pytest

from eros_assets.warehouse.bigquery import BigQueryWarehouse
from eros_assets.warehouse.protocol import WarehouseError
from tests.warehouse.bigquery.plays import Column, Trouble, drop_before
from tests.warehouse.bigquery.service import Service

COLUMNS: tuple[Column, ...] = (
    ("page_name", "STRING"),
    ("messages", "INTEGER"),
    ("sent_at", "TIMESTAMP"),
    ("captions", "INTEGER", "REPEATED"),
)
SENT = dt.datetime(2025, 11, 3, 18, 30, tzinfo=dt.UTC)
ROWS = [(f"page {number}", number or None, SENT, [number, 7]) for number in range(9)]


@pytest.fixture(autouse=True)
def bookings(service: Service) -> None:
    service.add_table("bookings", *COLUMNS, rows=len(ROWS))
    service.listed["bookings"] = (COLUMNS, ROWS)


def test_the_first_rows_come_with_the_types_of_a_query_and_no_job(
    warehouse: BigQueryWarehouse, service: Service
) -> None:
    service.trouble("tabledata.list", drop_before(), Trouble(503))
    found = warehouse.some_rows("bookings", 5)
    assert found["page_name"].tolist() == [f"page {number}" for number in range(5)]
    assert found["messages"].tolist() == [pd.NA, 1, 2, 3, 4]
    assert str(found["messages"].dtype) == "Int64"
    assert str(found["sent_at"].dtype) == "datetime64[us, UTC]"
    assert found["sent_at"].iloc[0] == SENT
    assert [list(each) for each in found["captions"][:2]] == [[0, 7], [1, 7]]
    assert service.sent("jobs.insert") == []
    assert warehouse.ledger == ()


def test_a_table_with_fewer_rows_gives_all(warehouse: BigQueryWarehouse) -> None:
    assert len(warehouse.some_rows("bookings", 50)) == len(ROWS)


def test_of_a_table_that_is_not_there_is_an_error(warehouse: BigQueryWarehouse) -> None:
    with pytest.raises(WarehouseError, match=r"rows of lost: .*Not found: Table"):
        warehouse.some_rows("lost", 5)


def test_what_may_not_be_read_is_an_error(warehouse: BigQueryWarehouse, service: Service) -> None:
    denied = "Access Denied: Table p:d.bookings"
    service.trouble("tabledata.list", Trouble(403, "accessDenied", denied))
    with pytest.raises(WarehouseError, match=f"rows of bookings: .*{denied}"):
        warehouse.some_rows("bookings", 5)
