"""Each table function, as a whole, gives the same rows on the embedded engine and by Google's.

Row by row on small histories; what is right is what the reference implementation of GoogleSQL says.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings

from eros_assets.errors import ErosError
from eros_assets.tuning import configuration_tables
from eros_assets.warehouse.library import load_library
from tests.googlesql.analysis import SQL
from tests.googlesql.evaluation import reference
from tests.googlesql.service import GoogleSqlError
from tests.sql.embedded import SETTINGS, Embedded, embedded
from tests.sql.equality import differences
from tests.sql.histories import History, histories

FUNCTIONS = tuple(path.stem for path in sorted((SQL / "table_functions").glob("*.sql")))
EXAMPLES = settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

Tables = Mapping[str, Sequence[Mapping[str, object]]]


@pytest.fixture(scope="module")
def duckdb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    with embedded(tmp_path_factory.mktemp("embedded")) as engine:
        yield engine


@pytest.fixture(scope="module")
def configuration() -> Tables:
    """The agency's own tuning, which every function reads."""
    tables = configuration_tables(SETTINGS, load_library())
    return {name: _rows(frame) for name, frame in tables.items()}


@pytest.mark.parametrize("function", FUNCTIONS)
@EXAMPLES
@given(history=histories())
def test_a_table_function_gives_the_same_rows(
    duckdb: Embedded, configuration: Tables, function: str, history: History
) -> None:
    tables = tables_of(history, configuration)
    duckdb.fill(tables)
    sql = call(function, history.page_name, history)
    expected = reference().evaluate(sql, tables)
    assert not differences(expected, duckdb.evaluate(sql))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_histories_have_rows_to_give(
    duckdb: Embedded, configuration: Tables, function: str
) -> None:
    """Equality of nothing with nothing would prove nothing."""
    most = 0

    @EXAMPLES
    @given(history=histories())
    def count(history: History) -> None:
        nonlocal most
        duckdb.fill(tables_of(history, configuration))
        most = max(most, len(duckdb.evaluate(call(function, None, history))))

    count()
    assert most >= 3


@pytest.mark.parametrize("lookback_days", [0, -1])
@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_window_of_no_days_is_an_error_in_both(
    duckdb: Embedded, configuration: Tables, function: str, lookback_days: int
) -> None:
    sql = f"SELECT * FROM `${{dataset}}.{function}`(NULL, DATE '2025-11-03', {lookback_days}) AS f"
    day = dt.date(2025, 11, 1)
    rows = {
        **configuration,
        "message_facts": [{"page_name": "a", "send_date": day, "sent_count": 1}],
    }
    duckdb.fill(rows)
    with pytest.raises(GoogleSqlError, match="p_lookback_days"):
        reference().evaluate(sql, rows)
    with pytest.raises(ErosError, match="p_lookback_days"):
        duckdb.evaluate(sql)


def tables_of(history: History, configuration: Tables) -> Tables:
    """Everything that the functions read."""
    return {
        **configuration,
        "message_facts": history.facts,
        "creators": history.creators,
        "holiday_calendar": history.holidays,
    }


def call(function: str, page_name: str | None, history: History) -> str:
    """A query for all that a function gives."""
    page = "NULL" if page_name is None else f"'{page_name}'"
    arguments = f"{page}, DATE '{history.as_of}', {history.lookback_days}"
    return f"SELECT * FROM `${{dataset}}.{function}`({arguments}) AS f"


def _rows(frame: pd.DataFrame) -> list[dict[str, object]]:
    return [
        {str(name): None if pd.isna(value) else value for name, value in row.items()}
        for row in frame.astype(object).to_dict("records")
    ]
