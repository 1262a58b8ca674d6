"""Nothing there is said only when BigQuery said so; not being able to tell is an error."""

import datetime as dt

import pytest

from eros_assets.warehouse.bigquery import BigQueryWarehouse
from eros_assets.warehouse.protocol import Freshness, WarehouseError
from tests.warehouse.bigquery.plays import Trouble, drop_before
from tests.warehouse.bigquery.service import Service

MODIFIED = 1_762_200_000_000


def test_a_table_tells_when_it_changed_and_its_rows(
    warehouse: BigQueryWarehouse, service: Service
) -> None:
    service.add_table("bookings", rows=63_411, modified=MODIFIED)
    service.trouble("tables.get", drop_before(), Trouble(503))
    assert warehouse.freshness("bookings") == Freshness(
        dt.datetime.fromtimestamp(MODIFIED / 1000, dt.UTC), 63_411
    )


def test_a_table_that_is_not_there_has_none(warehouse: BigQueryWarehouse) -> None:
    assert warehouse.freshness("bookings") is None


def test_several_tables_are_asked_together_and_told_in_their_order(
    warehouse: BigQueryWarehouse, service: Service
) -> None:
    names = [f"bookings_{number}" for number in range(20)]
    for number, name in enumerate(names):
        service.add_table(name, rows=number, modified=MODIFIED)
    service.trouble("tables.get", drop_before(), Trouble(503))
    found = warehouse.freshness_of([*names, "absent"])
    assert [each and each.row_count for each in found] == [*range(20), None]


def test_one_of_several_that_cannot_be_told_is_an_error(
    warehouse: BigQueryWarehouse, service: Service
) -> None:
    service.add_table("bookings", rows=1, modified=MODIFIED)
    service.trouble("tables.get", Trouble(403, "accessDenied", "Access Denied: Table p:d.t"))
    with pytest.raises(WarehouseError, match="Access Denied"):
        warehouse.freshness_of(["bookings", "rooms"])


@pytest.mark.parametrize(
    ("trouble", "message"),
    [
        (Trouble(403, "accessDenied", "Access Denied: Table p:d.bookings"), "Access Denied"),
        (Trouble(404, "notFound", "Not found: Project of-scheduler-proj"), "EROS_PROJECT_ID"),
        (Trouble(404, is_html=True), "unknown"),
        (Trouble(401, "authError", "Invalid Credentials"), "Renew the credentials"),
    ],
    ids=str,
)
def test_what_cannot_be_told_is_an_error(
    warehouse: BigQueryWarehouse, service: Service, trouble: Trouble, message: str
) -> None:
    service.trouble("tables.get", trouble)
    with pytest.raises(WarehouseError, match=f"freshness of bookings: .*{message}"):
        warehouse.freshness("bookings")


def test_a_service_that_stays_away_is_an_error(
    warehouse: BigQueryWarehouse, service: Service
) -> None:
    service.trouble("tables.get", *[Trouble(503)] * 9)
    with pytest.raises(WarehouseError, match=r"freshness of bookings: .*over every retry"):
        warehouse.freshness("bookings")


def test_a_missing_dataset_is_an_error(warehouse: BigQueryWarehouse, service: Service) -> None:
    service.has_dataset = False
    with pytest.raises(WarehouseError, match=r"Not found: Dataset .*EROS_DATASET"):
        warehouse.freshness("bookings")
