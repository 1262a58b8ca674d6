"""A call gives OUT values and the rows of the procedure's last SELECT, whichever it has."""

import datetime as dt
from typing import Any

import pytest

from eros_assets.warehouse.bigquery import BigQueryWarehouse
from eros_assets.warehouse.protocol import WarehouseError
from tests.warehouse.bigquery.plays import Column, Frame, Play
from tests.warehouse.bigquery.service import Service

INSIDE = (Frame(5, procedure="of-scheduler-proj.eros_scheduling_brain.book"), Frame(3))
OUT: tuple[Column, ...] = (("p_booked", "INTEGER"), ("p_note", "STRING"))
DAYS: tuple[Column, ...] = (("studio", "STRING"), ("day", "DATE"))
NOVEMBER = dt.date(2025, 11, 3)
ARGUMENTS = {"p_studio": "north", "p_day": NOVEMBER, "p_guests": 2}


def select(columns: tuple[Column, ...], *rows: Any, **more: Any) -> Play:
    return Play(columns=columns, rows=rows, frames=INSIDE, **more)


def test_out_values_and_rows_come_back_together(
    warehouse: BigQueryWarehouse, service: Service
) -> None:
    service.will(
        Play(
            children=(
                select(DAYS, ("south", NOVEMBER)),
                Play(statement_type="INSERT", changed_rows=2, frames=INSIDE),
                select(DAYS, ("north", NOVEMBER), ("north", None), ("west", NOVEMBER)),
                select((("x", "BOOLEAN"),), (True,), evaluation="EXPRESSION"),
                Play(columns=OUT, rows=[(7512345678901234567, None)], frames=(Frame(4),)),
            ),
            bytes_billed=20_971_520,
        )
    )
    result = warehouse.call("book", ARGUMENTS)
    assert result.out == {"p_booked": 7512345678901234567, "p_note": None}
    assert result.rows["studio"].tolist() == ["north", "north", "west"]
    assert result.rows["day"].tolist() == [NOVEMBER, None, NOVEMBER]
    (job,) = warehouse.ledger
    assert (job.kind, job.rows, job.bytes_processed) == ("call", 3, 20_971_520)


def test_the_script_declares_calls_and_selects_with_typed_parameters(
    warehouse: BigQueryWarehouse, service: Service
) -> None:
    service.will(Play(children=(Play(columns=OUT, rows=[(0, "")], frames=(Frame(4),)),)))
    warehouse.call("book", {**ARGUMENTS, "p_day": None, "p_guests": None})
    assert service.statements == [
        (
            "DECLARE p_booked INT64;\n"
            "DECLARE p_note STRING;\n"
            "CALL `of-scheduler-proj.eros_scheduling_brain.book`"
            "(@p_studio, @p_day, @p_guests, p_booked, p_note);\n"
            "SELECT p_booked AS p_booked, p_note AS p_note;"
        )
    ]
    query = service.sent("jobs.insert")[0].body["configuration"]["query"]
    assert [(p["name"], p["parameterType"]["type"]) for p in query["queryParameters"]] == [
        ("p_studio", "STRING"),
        ("p_day", "DATE"),
        ("p_guests", "INT64"),
    ]
    assert [p["parameterValue"]["value"] for p in query["queryParameters"]] == ["north", None, None]


def test_a_procedure_without_out_values_gives_its_rows(
    warehouse: BigQueryWarehouse, service: Service
) -> None:
    service.will(Play(children=(select((("tidied", "INTEGER"),), (1,)),)))
    result = warehouse.call("tidy")
    assert result.out == {}
    assert result.rows["tidied"].tolist() == [1]
    assert service.statements == ["CALL `of-scheduler-proj.eros_scheduling_brain.tidy`();"]


def test_a_procedure_without_a_select_gives_no_rows(
    warehouse: BigQueryWarehouse, service: Service
) -> None:
    service.will(
        Play(
            children=(
                Play(statement_type="UPDATE", changed_rows=1, frames=INSIDE),
                Play(columns=OUT, rows=[(1, "ok")], frames=(Frame(4),)),
            )
        )
    )
    result = warehouse.call("book", ARGUMENTS)
    assert result.out == {"p_booked": 1, "p_note": "ok"}
    assert result.rows.empty


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"p_studio": "north", "p_day": None}, "p_guests is missing"),
        ({**ARGUMENTS, "p_hour": 1}, "p_hour is not one of its arguments"),
        ({**ARGUMENTS, "p_booked": 1}, "p_booked is not one of its arguments"),
    ],
)
def test_arguments_that_do_not_fit_are_refused_before_anything_is_sent(
    warehouse: BigQueryWarehouse, service: Service, arguments: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(WarehouseError, match=f"call book: {complaint}"):
        warehouse.call("book", arguments)
    assert service.requests == []


@pytest.mark.parametrize("name", ["nothing", "fill_rate"])
def test_what_is_no_procedure_is_refused_with_those_there_are(
    warehouse: BigQueryWarehouse, name: str
) -> None:
    with pytest.raises(WarehouseError, match=f"call {name}: .*known: book, tidy"):
        warehouse.call(name)
