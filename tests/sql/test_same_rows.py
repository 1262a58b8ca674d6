"""Table functions, views and queries of `sql/` give the same rows on both engines, as wholes.

Row by row on small histories and tables; the reference implementation of GoogleSQL says what is
right.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from eros_assets.errors import ErosError
from eros_assets.tuning import configuration_tables
from eros_assets.warehouse.protocol import Typed
from tests.googlesql.analysis import SQL
from tests.googlesql.evaluation import Given, reference, unsplit
from tests.googlesql.service import GoogleSqlError
from tests.googlesql.source import Source
from tests.shipped import shipped_library
from tests.sql.embedded import SETTINGS, Embedded, embedded, frame_rows
from tests.sql.equality import differences
from tests.sql.histories import PAGES, History, histories
from tests.sql.small_tables import WEEK, small_tables

FUNCTIONS = tuple(
    function.name
    for function in shipped_library().of_kind("table_function")
    if [p.name for p in function.parameters] == ["p_page_name", "p_as_of", "p_lookback_days"]
)
"""Table functions of a window of the history."""
EXAMPLES = settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],  # an example is a seed: there is nothing to shrink
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

VIEWS = tuple(path.stem for path in sorted((SQL / "views").glob("*.sql")))


def is_query(path: Path) -> bool:
    """Whether a file is one query: it begins with SELECT or WITH, which no script does."""
    lines = path.read_text(encoding="utf-8").splitlines()
    first = next(line for line in lines if line and not line.startswith("--"))
    return first.split()[0] in ("SELECT", "WITH")


ONE_QUERY = tuple(
    path
    for folder in ("operations", "checks")
    for path in sorted((SQL / folder).glob("*.sql"))
    if is_query(path)
)
# Query parameters by name, with values that small tables have rows for.
PARAMETERS: Mapping[str, Typed] = {
    "account_lookback_days": Typed(28, "INT64"),
    "account_size": Typed("MEGA", "STRING"),
    "arm": Typed("treatment", "STRING"),
    "as_of": Typed(WEEK + dt.timedelta(days=14), "DATE"),
    "attribution_days": Typed(2, "INT64"),
    "behavioral_segment": Typed("LUXURY", "STRING"),
    "captions": Typed([1, 2, 3, 2**53 + 1], "ARRAY<INT64>"),
    "destination": Typed("csv", "STRING"),
    "explored_days": Typed(91, "INT64"),
    "first_date": Typed(WEEK - dt.timedelta(days=14), "DATE"),
    "first_instant": Typed(dt.datetime(2025, 1, 1, 8, tzinfo=dt.UTC), "TIMESTAMP"),
    "first_week": Typed(WEEK - dt.timedelta(days=7), "DATE"),
    "force": Typed(False, "BOOL"),
    "has_begun": Typed(True, "BOOL"),
    "is_replacing": Typed(False, "BOOL"),
    "last_date": Typed(WEEK + dt.timedelta(days=14), "DATE"),
    "last_week": Typed(WEEK, "DATE"),
    "lookback_days": Typed(28, "INT64"),
    "new_days": Typed(28, "INT64"),
    "next_is_due": Typed(True, "BOOL"),
    "next_week": Typed(WEEK + dt.timedelta(days=7), "DATE"),
    "overdue_at": Typed(dt.datetime(2025, 11, 5, 20, tzinfo=dt.UTC), "TIMESTAMP"),
    "page": Typed(PAGES[1], "STRING"),
    "page_name": Typed(PAGES[2], "STRING"),
    "pages": Typed(list(PAGES[:2]), "ARRAY<STRING>"),
    "place": Typed("a", "STRING"),
    "point_id": Typed("d0001_passed", "STRING"),
    "planned_at": Typed(dt.datetime(2025, 11, 5, 20, tzinfo=dt.UTC), "TIMESTAMP"),
    "price_tier": Typed("budget", "STRING"),
    # From an hour before the clocks change, forth and back, to an hour after.
    "quarters": Typed([*range(6436, 6444), *range(29280, 29288)], "ARRAY<INT64>"),
    "p_page_name": Typed(PAGES[2], "STRING"),
    "p_week_start": Typed(WEEK, "DATE"),
    "saturation_status": Typed("RED", "STRING"),
    "selected_at": Typed(dt.datetime(2025, 11, 5, 20, tzinfo=dt.UTC), "TIMESTAMP"),
    "shown": Typed(3, "INT64"),
    "since": Typed(WEEK - dt.timedelta(days=9), "DATE"),
    "state": Typed("judged", "STRING"),
    "stages": Typed(["creator", "builder"], "ARRAY<STRING>"),
    "this_week": Typed(WEEK, "DATE"),
    "until": Typed(dt.datetime(2030, 1, 1, tzinfo=dt.UTC), "TIMESTAMP"),
    "week_start": Typed(WEEK, "DATE"),
    "weeks_ahead": Typed(0, "INT64"),
    "worn_share": Typed(0.8, "FLOAT64"),
}

Tables = Mapping[str, Sequence[Mapping[str, object]]]
Contents = Sequence[Tables]


@pytest.fixture(scope="module")
def duckdb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    with embedded(tmp_path_factory.mktemp("embedded")) as engine:
        yield engine


@pytest.fixture(scope="module")
def configuration() -> Tables:
    """The agency's own tuning, which every function reads."""
    tables = configuration_tables(SETTINGS, shipped_library())
    return {name: frame_rows(frame) for name, frame in tables.items()}


LOOKED_AT = 3
FURTHER = range(4, 10)
FREE = (2, 5)
TAKING = (
    *("active_caption_assignments", "caption_selections", "caption_terms", "message_facts"),
    *("queued_messages", "scheduled_messages", "sheet_decisions", "schedule_review"),
    "creator_caption_restrictions",
)
"""Tables whose rows take captions from pages."""


@pytest.fixture(scope="module")
def contents(configuration: Tables) -> Contents:
    """Small tables: two of them, empty ones, and further ones for what these give no rows of.

    In the last ones every caption is free.
    """
    sizes = ((1, 40), (2, 40), (3, 0), *((seed, 40) for seed in FURTHER))
    made = [{**configuration, **small_tables(shipped_library(), *each)} for each in sizes]
    free = [{**configuration, **small_tables(shipped_library(), seed, 40)} for seed in FREE]
    return [*made, *({**each, **dict.fromkeys(TAKING, ())} for each in free)]


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
    most = 0

    @EXAMPLES
    @given(history=histories())
    def count(history: History) -> None:
        nonlocal most
        duckdb.fill(tables_of(history, configuration))
        most = max(most, len(duckdb.evaluate(call(function, None, history))))

    count()
    assert most >= 3, "equality of nothing with nothing proves nothing"


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


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_gives_the_same_rows(duckdb: Embedded, contents: Contents, view: str) -> None:
    _same_somewhere(duckdb, contents, f"SELECT * FROM `${{dataset}}.{view}`", {})


@pytest.mark.parametrize("path", ONE_QUERY, ids=lambda path: path.stem)
def test_a_query_gives_the_same_rows(duckdb: Embedded, contents: Contents, path: Path) -> None:
    sql = path.read_text()
    used = {n.child("name").path[0] for n in Source(sql).tree.walk() if n.kind == "ParameterExpr"}
    _same_somewhere(duckdb, contents, sql, {name: PARAMETERS[name] for name in used})


def _same_somewhere(
    duckdb: Embedded, contents: Contents, sql: str, parameters: Mapping[str, Typed]
) -> None:
    """The same rows for each of the contents that differ in what is read, and some for one.

    Contents beyond the first are looked at only while there are no rows.
    """
    given = {name: Given(typed.value, typed.type) for name, typed in parameters.items()}
    read = reference().needed(unsplit(sql).tree)
    different: list[Tables] = []
    for each in contents:
        tables = {name: rows for name, rows in each.items() if name in read}
        if tables not in different:
            different.append(tables)
    most = 0
    for number, tables in enumerate(different):
        if most and number >= LOOKED_AT:
            break
        duckdb.fill(tables)
        expected = reference().evaluate(sql, tables, given)
        assert not differences(expected, duckdb.evaluate(sql, parameters))
        most = max(most, len(expected))
    assert most, "equality of nothing with nothing proves nothing"


MADE: dict[str, Tables] = {}
"""Tables by history: every function is given the same ones, and views of them are kept."""


def tables_of(history: History, configuration: Tables) -> Tables:
    """Everything that the functions read."""
    tables = {
        **configuration,
        "message_facts": history.facts,
        "creators": history.creators,
        "holiday_calendar": history.holidays,
    }
    return MADE.setdefault(repr(history), tables)


def call(function: str, page_name: str | None, history: History) -> str:
    """A query for all that a function gives."""
    page = "NULL" if page_name is None else f"'{page_name}'"
    arguments = f"{page}, DATE '{history.as_of}', {history.lookback_days}"
    return f"SELECT * FROM `${{dataset}}.{function}`({arguments}) AS f"
