"""An error says what went wrong, in which statement, and whether the SQL said it on purpose."""

import pytest

from eros_assets.warehouse.bigquery import BigQueryWarehouse
from eros_assets.warehouse.protocol import RaisedError, WarehouseError
from tests.warehouse.bigquery.plays import Frame, Play, Trouble, failing
from tests.warehouse.bigquery.service import Service

BOOK = {"p_studio": "north", "p_day": None, "p_guests": 0}


def refusal(message: str) -> Play:
    return failing("invalidQuery", message)


@pytest.mark.parametrize(
    "message",
    [
        (
            "Query error: book: a booking needs a guest, not 0 at "
            "[of-scheduler-proj.eros_scheduling_brain.book:3:5]"
        ),
        "book: a booking needs a guest, not 0 at [3:5]",
        "book: a booking needs a guest, not 0",
        "Query error: Unhandled user exception: book: a booking needs a guest, not 0",
    ],
)
def test_what_a_procedure_raises_comes_out_as_it_said_it(
    warehouse: BigQueryWarehouse, service: Service, message: str
) -> None:
    service.will(refusal(message))
    with pytest.raises(RaisedError) as caught:
        warehouse.call("book", BOOK)
    assert str(caught.value) == "book: a booking needs a guest, not 0"
    assert caught.value.job is not None
    assert caught.value.job.kind == "call"
    assert caught.value.job.error == "invalidQuery: book: a booking needs a guest, not 0"


def test_what_a_function_inside_a_query_raises_comes_out_too(
    warehouse: BigQueryWarehouse, service: Service
) -> None:
    service.will(refusal("Query error: places must be more than 0 at [1:8]"))
    with pytest.raises(RaisedError, match=r"^places must be more than 0$"):
        warehouse.query("SELECT `${dataset}.fill_rate`(1, 0)")


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("RAISE USING MESSAGE = 'no week is open'", "no week is open"),
        ("SELECT ERROR(FORMAT('%t is no Monday', @day))", "2025-11-04 is no Monday"),
        ("SELECT IF(x, 1, ERROR(IF(y, 'too many guests', 'too few guests')))", "too few guests"),
        (
            (
                "DECLARE v STRING DEFAULT CONCAT('the studio is full on ', 'Monday');\n"
                "RAISE USING MESSAGE = v;"
            ),
            "the studio is full on Monday",
        ),
        ("SELECT ERROR('full')", "full"),
    ],
)
def test_a_script_may_raise_whatever_way_it_writes_its_message(
    warehouse: BigQueryWarehouse, service: Service, script: str, message: str
) -> None:
    service.will(refusal(f"Query error: {message} at [1:1]"))
    with pytest.raises(RaisedError) as caught:
        warehouse.run(script)
    assert str(caught.value) == message


def test_a_mistake_found_by_bigquery_is_not_taken_for_a_raised_message(
    warehouse: BigQueryWarehouse, service: Service
) -> None:
    service.will(refusal("Query error: Division by zero: NULL / 0 at [2:8]"))
    with pytest.raises(WarehouseError) as caught:
        warehouse.run(
            "SELECT 1;\n"
            "SELECT DIV(1, x), IF(x < 0, ERROR(CONCAT('x is negative: ', IFNULL(s, 'NULL'))), 0)\n"
            "FROM `${dataset}.bookings`"
        )
    assert not isinstance(caught.value, RaisedError)


def test_a_mistake_in_a_query_is_told_with_its_line(
    warehouse: BigQueryWarehouse, service: Service
) -> None:
    message = "Unrecognized name: gests; Did you mean guests? at [3:7]"
    service.trouble("jobs.insert", Trouble(400, "invalidQuery", message))
    with pytest.raises(WarehouseError) as caught:
        warehouse.query("SELECT studio\nFROM `${dataset}.bookings`\nWHERE gests > 3")
    assert str(caught.value) == (
        "query: Unrecognized name: gests; Did you mean guests? at line 3, column 7: "
        "WHERE gests > 3. Mend the statement at the place named (BigQuery: invalidQuery)"
    )


def test_a_failing_statement_inside_a_procedure_is_named_with_its_line(
    warehouse: BigQueryWarehouse, service: Service
) -> None:
    fine = Play(frames=(Frame(4, procedure="p.d.book", text="SELECT 1"),))
    handled = failing("notFound", "Not found", frames=(Frame(2, procedure="p.d.book"),))
    wrong = failing(
        "invalidQuery",
        "Query error: Bad int64 value: x at [8:3]",
        frames=(Frame(8, 3, "p.d.book", "SELECT CAST(s AS INT64)\nFROM t"), Frame(3)),
        statement_type="SELECT",
    )
    service.will(
        failing(
            "invalidQuery",
            "Query error: Bad int64 value: x at [p.d.book:8:3]",
            children=(handled, fine, fine, wrong),
        )
    )
    with pytest.raises(WarehouseError, match=r"Bad int64 value: x at p\.d\.book line 8, column 3"):
        warehouse.call("book", BOOK)
    assert "SELECT CAST(s AS INT64)" not in (warehouse.ledger[-1].error or "")


def test_a_script_error_without_words_takes_those_of_its_statement(
    warehouse: BigQueryWarehouse, service: Service
) -> None:
    wrong = failing("notFound", "Not found: Table p:d.guests", frames=(Frame(2, 1),))
    service.will(failing("notFound", "", children=(wrong,)))
    with pytest.raises(WarehouseError, match=r"run: Not found: Table p:d\.guests at script line 2"):
        warehouse.run("SELECT 1;\nSELECT * FROM `${dataset}.guests`;")


def test_a_script_is_told_although_its_statements_cannot_be_listed(
    warehouse: BigQueryWarehouse, service: Service
) -> None:
    service.will(failing("invalidQuery", "Query error: Division by zero", children=(Play(),)))
    service.trouble("jobs.list", Trouble(403, "accessDenied", "Access Denied"))
    with pytest.raises(WarehouseError, match="run: Division by zero"):
        warehouse.run("SELECT 1; SELECT 1/0;")


def test_no_address_or_secret_reaches_a_message(
    warehouse: BigQueryWarehouse, service: Service
) -> None:
    service.trouble("jobs.insert", *[Trouble(None)] * 9)
    with pytest.raises(WarehouseError) as caught:
        warehouse.run("SELECT 1")
    assert "127.0.0.1" not in str(caught.value)
    assert "http" not in str(caught.value)
