"""A table's version on BigQuery is when it last changed; what can't be known is not guessed."""

from typing import Any

import pytest

from eros_assets.warehouse.bigquery import BigQueryWarehouse
from eros_assets.warehouse.protocol import WarehouseError
from tests.warehouse.bigquery.plays import Trouble
from tests.warehouse.bigquery.service import Service

MODIFIED = 1_762_200_000_000


def test_a_version_is_of_the_last_change_and_costs_no_job(
    warehouse: BigQueryWarehouse, service: Service
) -> None:
    seen: set[str] = set()
    for modified, rows in ((MODIFIED, 7), (MODIFIED + 1, 7), (MODIFIED, 8)):
        service.add_table("bookings", rows=rows, modified=modified)
        for _ in range(2):
            versions = warehouse.data_versions(["bookings"])
            assert versions is not None
            assert versions.keys() == {"bookings"}
            seen.add(versions["bookings"])
    assert len(seen) == 3
    assert service.statements == []


@pytest.mark.parametrize(
    "more",
    [
        {"type": "VIEW"},  # when it was defined; its rows are those of other tables
        {"type": "EXTERNAL"},
        {"streamingBuffer": {"estimatedRows": "5", "estimatedBytes": "80"}},
    ],
    ids=str,
)
def test_a_table_whose_rows_change_unseen_has_none(
    warehouse: BigQueryWarehouse, service: Service, more: dict[str, Any]
) -> None:
    service.add_table("bookings", rows=7, modified=MODIFIED, **more)
    assert warehouse.data_versions(["bookings"]) is None


def test_without_a_table_there_is_none(warehouse: BigQueryWarehouse) -> None:
    assert warehouse.data_versions(["bookings"]) is None


def test_what_cannot_be_told_is_an_error(warehouse: BigQueryWarehouse, service: Service) -> None:
    service.trouble("tables.get", Trouble(403, "accessDenied", "Access Denied: Table p:d.bookings"))
    with pytest.raises(WarehouseError, match=r"version of bookings: .*Access Denied"):
        warehouse.data_versions(["bookings"])
