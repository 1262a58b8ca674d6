"""What must not matter to a table function doesn't: other pages, the order of rows, which week.

On small histories by hypothesis; the numbers themselves are tested elsewhere.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eros_assets.tuning import configuration_tables
from tests.shipped import shipped_library
from tests.sql.embedded import SETTINGS, Embedded, embedded, frame_rows
from tests.sql.equality import differences
from tests.sql.histories import PAGES, History, Rows, histories
from tests.sql.test_same_rows import EXAMPLES, FUNCTIONS, Tables, call, tables_of

# The clocks stand still from 108 days before it to 4 weeks after it.
SUMMER = (dt.date(2025, 9, 29),)


@pytest.fixture(scope="module")
def configuration() -> Tables:
    tables = configuration_tables(SETTINGS, shipped_library())
    return {name: frame_rows(frame) for name, frame in tables.items()}


@pytest.fixture(scope="module")
def duckdb(tmp_path_factory: pytest.TempPathFactory, configuration: Tables) -> Iterator[Embedded]:
    with embedded(tmp_path_factory.mktemp("embedded")) as engine:
        engine.fill(configuration)
        yield engine


def rows_of(duckdb: Embedded, function: str, history: History, page: str | None) -> Rows:
    duckdb.fill(tables_of(history, {}))
    return duckdb.evaluate(call(function, page, history))


@pytest.mark.parametrize("function", FUNCTIONS)
@EXAMPLES
@given(history=histories())
def test_a_page_alone_has_the_rows_that_it_has_among_all(
    duckdb: Embedded, function: str, history: History
) -> None:
    together = rows_of(duckdb, function, history, None)
    pages = {row["page_name"] for row in together}
    assert pages <= set(PAGES)
    for page in (*PAGES, "nobody"):
        mine = [row for row in together if row["page_name"] == page]
        assert not differences(mine, duckdb.evaluate(call(function, page, history)))


@pytest.mark.parametrize("function", FUNCTIONS)
@EXAMPLES
@given(history=histories(), chance=st.integers(0, 1000))
def test_the_order_in_which_rows_came_does_not_matter(
    duckdb: Embedded, function: str, history: History, chance: int
) -> None:
    shuffled = list(history.facts)
    Random(chance).shuffle(shuffled)
    before = rows_of(duckdb, function, history, None)
    again = rows_of(duckdb, function, replace(history, facts=shuffled), None)
    assert not differences(before, again)


@pytest.mark.parametrize("function", FUNCTIONS)
@EXAMPLES
@given(history=histories(ends=SUMMER), weeks=st.sampled_from((-4, -1, 1, 4)))
def test_whole_weeks_later_everything_is_as_it_was(
    duckdb: Embedded, function: str, history: History, weeks: int
) -> None:
    """Times, dates and `as_of` moved by whole weeks within one UTC offset move dates, no more."""
    before = rows_of(duckdb, function, history, None)
    later = dt.timedelta(weeks=weeks)
    moved = replace(
        history,
        as_of=history.as_of + later,
        facts=[_moved(row, later) for row in history.facts],
        holidays=[_moved(row, later) for row in history.holidays],
    )
    after = rows_of(duckdb, function, moved, None)
    assert not differences([_moved(row, later) for row in before], after)


@pytest.mark.parametrize("function", FUNCTIONS)
@EXAMPLES
@given(history=histories())
def test_what_lies_outside_the_window_does_not_matter(
    duckdb: Embedded, function: str, history: History
) -> None:
    """Messages of the day itself and of the day before the window's first are none of it."""
    first = history.as_of - dt.timedelta(days=history.lookback_days)
    within = [row for row in history.facts if first <= _date(row["send_date"]) < history.as_of]
    edges: Rows = [
        {**row, "send_date": day, "row_id": -number, "earnings": 4096.0}
        for number, row in enumerate(history.facts[:6], 1)
        for day in (history.as_of, first - dt.timedelta(days=1))
    ]
    # Pages are known by any message, so each history needs the same ones: all are creators.
    alone = rows_of(duckdb, function, replace(history, facts=within), None)
    beside = rows_of(duckdb, function, replace(history, facts=[*within, *edges]), None)
    assert not differences(alone, beside)


def _date(value: object) -> dt.date:
    assert isinstance(value, dt.date)
    return value


def _moved(row: Mapping[str, object], by: dt.timedelta) -> dict[str, object]:
    """The row with its dates and instants moved."""
    return {
        name: value + by if isinstance(value, dt.date) else value for name, value in row.items()
    }
