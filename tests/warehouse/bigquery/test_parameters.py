"""Values reach BigQuery as typed parameters, never as text, and unclear ones are refused here."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from eros_assets.warehouse.bigquery import BigQueryWarehouse
from eros_assets.warehouse.protocol import Typed, WarehouseError
from tests.warehouse.bigquery.service import Service

LA = ZoneInfo("America/Los_Angeles")
QUERY = "SELECT * FROM `${dataset}.bookings` WHERE x = @p"


def sent(service: Service) -> tuple[Any, Any]:
    (parameter,) = service.sent("jobs.insert")[0].body["configuration"]["query"]["queryParameters"]
    assert parameter["name"] == "p"
    return parameter["parameterType"], parameter["parameterValue"]


@pytest.mark.parametrize(
    ("value", "type_", "wire"),
    [
        ("O'Neil \" -- 📷", "STRING", "O'Neil \" -- 📷"),
        (7512345678901234567, "INT64", "7512345678901234567"),
        (0.1, "FLOAT64", 0.1),
        (float("inf"), "FLOAT64", "inf"),
        (True, "BOOL", "true"),
        (dt.date(2025, 11, 3), "DATE", "2025-11-03"),
        (dt.datetime(2025, 11, 2, 1, 30, tzinfo=LA), "TIMESTAMP", "2025-11-02 08:30:00+00:00"),
        (
            dt.datetime(2025, 11, 2, 1, 30, fold=1, tzinfo=LA),
            "TIMESTAMP",
            "2025-11-02 09:30:00+00:00",
        ),
        (np.int64(5), "INT64", "5"),
        (np.bool_(False), "BOOL", "false"),
        (pd.Timestamp("2025-11-03", tz="UTC"), "TIMESTAMP", "2025-11-03 00:00:00+00:00"),
        (Typed(3, "FLOAT64"), "FLOAT64", 3.0),
        (Typed(None, "DATE"), "DATE", None),
        (Typed(None, "STRING"), "STRING", None),
        (Typed(None, "INT64"), "INT64", None),
    ],
)
def test_a_value_has_its_type(
    warehouse: BigQueryWarehouse, service: Service, value: Any, type_: str, wire: Any
) -> None:
    warehouse.query(QUERY, {"p": value})
    assert sent(service) == ({"type": type_}, {"value": wire})


@pytest.mark.parametrize(
    ("value", "type_", "wire"),
    [
        (["a", "b"], "STRING", ["a", "b"]),
        ((1, 2**62), "INT64", ["1", str(2**62)]),
        ([dt.date(2025, 11, 3)], "DATE", ["2025-11-03"]),
        (Typed((), "ARRAY<STRING>"), "STRING", []),
        (Typed(None, "ARRAY<INT64>"), "INT64", []),
    ],
)
def test_several_values_are_an_array(
    warehouse: BigQueryWarehouse, service: Service, value: Any, type_: str, wire: list[Any]
) -> None:
    warehouse.query(QUERY, {"p": value})
    assert sent(service) == (
        {"type": "ARRAY", "arrayType": {"type": type_}},
        {"arrayValues": [{"value": element} for element in wire]},
    )


@pytest.mark.parametrize(
    "value",
    [
        None,
        (),
        ["a", 1],
        dt.datetime(2025, 11, 3),  # noqa: DTZ001
        {"a": 1},
        Typed("a", "ARRAY<STRING>"),
        Typed(["a"], "STRING"),
    ],
)
def test_an_unclear_value_is_refused_by_name_before_anything_is_sent(
    warehouse: BigQueryWarehouse, service: Service, value: Any
) -> None:
    with pytest.raises(WarehouseError, match=r"parameter @?p\b"):
        warehouse.query(QUERY, {"p": value})
    assert service.requests == []
