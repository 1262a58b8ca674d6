"""What sqlglot's BigQuery to DuckDB translation gets wrong comes out right.

The right values are those of Google's reference implementation.
"""

import datetime as dt
import decimal
import re
import sys
import unicodedata
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from eros_assets.warehouse.duckdb import objects, translation
from eros_assets.warehouse.duckdb.engine import DuckDBWarehouse
from eros_assets.warehouse.duckdb.googlesql import macros
from eros_assets.warehouse.duckdb.translation import Scope, Translator
from eros_assets.warehouse.protocol import Typed, WarehouseError
from eros_assets.warehouse.sql.reading import read_object
from eros_assets.warehouse.sql.syntax import Sql

LA = "'America/Los_Angeles'"


def value(calculator: DuckDBWarehouse, expression: str) -> Any:
    """The value of an expression; None for NULL."""
    found = calculator.query(f"SELECT {expression} AS v")["v"][0]
    return None if found is None or found is pd.NA or found is pd.NaT else found


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("EXTRACT(DAYOFWEEK FROM DATE '2024-01-07')", 1),
        ("EXTRACT(DAYOFWEEK FROM DATE '2024-01-13')", 7),
        ("EXTRACT(ISOWEEK FROM DATE '2027-01-01')", 53),
        ("EXTRACT(ISOYEAR FROM DATE '2027-01-01')", 2026),
        ("EXTRACT(WEEK FROM DATE '2024-01-06')", 0),
        ("EXTRACT(WEEK FROM DATE '2024-01-07')", 1),
        ("EXTRACT(WEEK(MONDAY) FROM DATE '2024-01-01')", 1),
        (f"EXTRACT(HOUR FROM TIMESTAMP '2024-11-03 09:30:00+00' AT TIME ZONE {LA})", 1),
        (f"EXTRACT(DAYOFWEEK FROM TIMESTAMP '2024-11-03 06:30:00+00' AT TIME ZONE {LA})", 7),
        (f"EXTRACT(ISOWEEK FROM TIMESTAMP '2024-11-04 06:30:00+00' AT TIME ZONE {LA})", 44),
        ("EXTRACT(MICROSECOND FROM TIMESTAMP '2024-11-04 06:30:07.5+00')", 500000),
        ("DATE_TRUNC(DATE '2024-03-10', ISOWEEK)", dt.date(2024, 3, 4)),
        ("DATE_TRUNC(DATE '2024-03-10', WEEK)", dt.date(2024, 3, 10)),
        ("DATE_TRUNC(DATE '2024-03-09', WEEK)", dt.date(2024, 3, 3)),
        ("DATE_TRUNC(DATE '2024-03-10', WEEK(THURSDAY))", dt.date(2024, 3, 7)),
        ("DATE_TRUNC(DATE '2024-03-10', MONTH)", dt.date(2024, 3, 1)),
        ("DATE_TRUNC(DATE '2027-01-01', ISOYEAR)", dt.date(2025, 12, 29)),
        ("DATE_ADD(DATE '2024-01-31', INTERVAL 1 MONTH)", dt.date(2024, 2, 29)),
        ("DATE_SUB(DATE '2024-03-31', INTERVAL 2 WEEK)", dt.date(2024, 3, 17)),
        ("DATE_SUB('2024-03-31', INTERVAL 1 QUARTER)", dt.date(2023, 12, 31)),
        ("DATE_DIFF(DATE '2024-03-10', DATE '2024-03-09', WEEK)", 1),
        ("DATE_DIFF(DATE '2024-03-10', DATE '2024-03-09', ISOWEEK)", 0),
        ("DATE_DIFF(DATE '2024-03-12', DATE '2024-03-11', WEEK(TUESDAY))", 1),
        ("DATE_DIFF(DATE '2023-12-31', DATE '2024-01-01', YEAR)", -1),
        ("DATE_DIFF(DATE '2023-12-31', DATE '2024-01-05', DAY)", -5),
    ],
)
def test_dates(calculator: DuckDBWarehouse, expression: str, expected: object) -> None:
    assert value(calculator, expression) == expected


@pytest.mark.parametrize(
    ("local", "instant"),
    [
        ("2024-11-03 00:30:00", "2024-11-03 07:30:00"),
        ("2024-11-03 01:30:00", "2024-11-03 08:30:00"),  # the first of two
        ("2024-11-03 02:30:00", "2024-11-03 10:30:00"),
        ("2024-03-10 01:30:00", "2024-03-10 09:30:00"),
        ("2024-03-10 02:30:00", "2024-03-10 10:30:00"),  # doesn't exist
        ("2024-03-10 03:30:00", "2024-03-10 10:30:00"),
    ],
)
def test_local_times_over_changes_of_the_clocks(
    calculator: DuckDBWarehouse, local: str, instant: str
) -> None:
    assert value(calculator, f"TIMESTAMP(DATETIME '{local}', {LA})") == utc(instant)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("TIMESTAMP_DIFF(t.b, t.a, DAY)", 0),  # 23 h over one midnight
        ("TIMESTAMP_DIFF(t.a, t.b, DAY)", 0),
        ("TIMESTAMP_DIFF(t.b, t.a, HOUR)", 23),
        ("TIMESTAMP_DIFF(t.a, t.b, HOUR)", -23),
        ("TIMESTAMP_DIFF(TIMESTAMP_ADD(t.a, INTERVAL 59 SECOND), t.a, MINUTE)", 0),
        (f"TIMESTAMP_TRUNC(t.b, DAY, {LA})", utc("2024-03-10 08:00:00")),
        (f"TIMESTAMP_TRUNC(t.b, ISOWEEK, {LA})", utc("2024-03-04 08:00:00")),
        (f"TIMESTAMP_TRUNC(t.b, WEEK, {LA})", utc("2024-03-10 08:00:00")),
        (f"TIMESTAMP_TRUNC(t.b, HOUR, {LA})", utc("2024-03-10 09:00:00")),
        ("TIMESTAMP_SUB(t.b, INTERVAL 90 MINUTE)", utc("2024-03-10 08:00:00")),
        (f"DATE(t.b, {LA})", dt.date(2024, 3, 10)),
        ("DATE(t.b)", dt.date(2024, 3, 10)),
        (f"CAST(DATETIME(t.b, {LA}) AS STRING)", "2024-03-10 01:30:00"),
        ("UNIX_SECONDS(TIMESTAMP '1969-12-31 23:59:59.5+00')", -1),
    ],
)
def test_instants(calculator: DuckDBWarehouse, expression: str, expected: object) -> None:
    moments = "TIMESTAMP '2024-03-09 10:30:00+00' AS a, TIMESTAMP '2024-03-10 09:30:00+00' AS b"
    found = calculator.query(f"SELECT {expression} AS v FROM (SELECT {moments}) AS t")["v"][0]
    assert found == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (f"FORMAT_TIMESTAMP('%FT%T%Ez', t, {LA})", "2024-11-03T01:30:00-08:00"),
        ("FORMAT_TIMESTAMP('%F %T %Ez', t)", "2024-11-03 09:30:00 +00:00"),
        ("FORMAT_TIMESTAMP('%T%Ez', t, 'Asia/Kolkata')", "15:00:00+05:30"),
        (f"FORMAT_TIMESTAMP('%A %d %B', TIMESTAMP_SUB(t, INTERVAL 1 DAY), {LA})",
         "Saturday 02 November"),
        ("FORMAT_DATE('%A %G-W%V %j', DATE '2027-01-01')", "Friday 2026-W53 001"),
    ],
)  # fmt: skip
def test_written_times(calculator: DuckDBWarehouse, expression: str, expected: str) -> None:
    query = f"SELECT {expression} AS v FROM (SELECT TIMESTAMP '2024-11-03 09:30:00+00' AS t)"
    assert calculator.query(query)["v"][0] == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("0.1 + 0.2", 0.30000000000000004),
        ("2000000000 + 2000000000", 4000000000),
        ("CAST(2.5 AS INT64)", 3),
        ("CAST(-2.5 AS INT64)", -3),
        ("CAST(0.49999999999999994 AS INT64)", 0),
        ("CAST('0xFF' AS INT64)", 255),
        ("SAFE_CAST('1.5' AS INT64)", None),
        ("SAFE_CAST('1_000' AS INT64)", None),
        ("SAFE_CAST('12' AS INT64)", 12),
        ("ROUND(2.5)", 3.0),
        ("ROUND(-2.5)", -3.0),
        ("ROUND(2.675, 2)", 2.67),
        ("ROUND(0.125, 2)", 0.13),
        ("ROUND(1234.5, -2)", 1200.0),
        ("DIV(-7, 2)", -3),
        ("MOD(-7, 3)", -1),
        ("FLOOR(5)", 5.0),
        ("GREATEST(1, CAST(NULL AS INT64))", None),
        ("LEAST(3, 2, 1)", 1),
        ("GREATEST(1 + 1, 1)", 2),
        ("(SELECT SUM(x) FROM UNNEST([9007199254740993, 1]) AS x)", 9007199254740994),
        ("9007199254740993", 9007199254740993),
        ("-9223372036854775808", -9223372036854775808),
        ("1 IN UNNEST([1, NULL])", True),
        ("3 IN UNNEST([1, NULL])", None),
        ("3 IN UNNEST(CAST([] AS ARRAY<INT64>))", False),
        ("[10, 20][OFFSET(1)]", 20),
        ("[10, 20][ORDINAL(1)]", 10),
        ("[10, 20][SAFE_OFFSET(5)]", None),
    ],
)
def test_numbers(calculator: DuckDBWarehouse, expression: str, expected: object) -> None:
    found = value(calculator, expression)
    assert found == expected
    assert expected is None or isinstance(found, float) == isinstance(expected, float)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("CAST(1.0 AS STRING)", "1"),
        ("CAST(0.1 AS STRING)", "0.1"),
        ("CAST(5.1 - 4.3 AS STRING)", "0.79999999999999982"),
        ("CAST(1e15 AS STRING)", "1e+15"),
        ("CAST(TIMESTAMP '2024-01-05 01:02:03.5+00' AS STRING)", "2024-01-05 01:02:03.500+00"),
        ("CAST((SELECT COUNT(*) FROM UNNEST([1, 2])) AS STRING)", "2"),
        ("CAST((SELECT SUM(x) FROM UNNEST([1.0, 2.0]) AS x) AS STRING)", "3"),
        ("TRIM(' \\t a \\n\\u00a0')", "a"),
        ("LTRIM('\\n a ')", "a "),
        ("TRIM('xxaxx', 'x')", "a"),
        ("LOWER('ÀÉ ΣΑΣ')", "àé σας"),
        ("LOWER('İΣ Σ Σ\u0301Σ.')", "i\u0307ς σ σ\u0301ς."),
        ("LOWER(CAST(NULL AS STRING))", None),
        ("NORMALIZE('cafe\u0301 \u212b \u1112\u1161 \u2019')", "caf\u00e9 \u00c5 \ud558 \u2019"),
        ("NORMALIZE(CAST(NULL AS STRING))", None),
        ("REGEXP_REPLACE('a  b   c', r'\\s+', ' ')", "a b c"),
        ("REGEXP_REPLACE('Hé 😀 wörld!', r'[^\\p{L}\\s]', '')", "Hé  wörld"),
        ("FORMAT('%.2f|%5d|%s|%d%%', 2.675, 3, 'a', 4)", "2.67|    3|a|4%"),
        ("FORMAT('%t', 1.0)", "1.0"),
        ("FORMAT('%s', CAST(NULL AS STRING))", None),
        ("CONCAT('a', CAST(NULL AS STRING))", None),
        ("TO_HEX(SHA256('abc'))",
         "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ("CONCAT(IF(1 = 1, 'a', 'b'), 'c')", "ac"),
        ('"it\'s"', "it's"),
        ("r'a\\d'", "a\\d"),
    ],
)  # fmt: skip
def test_texts(calculator: DuckDBWarehouse, expression: str, expected: str | None) -> None:
    assert value(calculator, expression) == expected


def test_characters_that_are_not_looked_at_are_in_normal_form_beside_any_other() -> None:
    looked_at = re.compile(
        f"[{re.sub(r'x{([0-9a-f]+)}', lambda m: f'U{m[1]:0>8}', macros.COMPOSABLE)}]"
    )
    every = [chr(c) for c in range(sys.maxunicode + 1) if not 0xD800 <= c < 0xE000]
    others = [c for c in every if not looked_at.match(c)]
    pairs = [unicodedata.normalize("NFD", c) for c in every]
    joined = {c for pair in pairs for c in pair[1:]}
    assert len(others) > 900_000
    assert [c for c in others if unicodedata.normalize("NFC", c) != c] == []
    assert [c for c in others if unicodedata.combining(c) or c in joined] == []


def test_to_digits_it_rounds_the_decimal_expansion_with_ties_away_from_zero(
    calculator: DuckDBWarehouse,
) -> None:
    rng = np.random.default_rng(1)
    for digits in (0, 1, 2, 6, 9, 12, 15, 22, 25):
        scale = 10.0**-digits
        numbers = np.concatenate(
            [
                rng.normal(size=2_000) * 10.0 ** rng.uniform(-12, 12, 2_000),
                rng.uniform(-1, 1, 1_000),
                (rng.integers(-(10**6), 10**6, 1_000) + 0.5) * scale,
                rng.integers(-(10**6), 10**6, 1_000) / 1024.0,
                np.nextafter((rng.integers(0, 10**6, 500) + 0.5) * scale, np.inf),
                np.nextafter((rng.integers(0, 10**6, 500) + 0.5) * scale, -np.inf),
                rng.uniform(0.9, 1.1, 500) * 2.0**42 * scale,
                np.array([0.0, -0.0, 1e300, -5e-324, 2.0**52 + 0.5]),
            ]
        )
        found = calculator.query(
            f"SELECT ARRAY_AGG(ROUND(x, {digits}) ORDER BY i) AS v "
            "FROM UNNEST(@numbers) AS x WITH OFFSET AS i",
            {"numbers": Typed(numbers.tolist(), "ARRAY<FLOAT64>")},
        )["v"][0]
        with decimal.localcontext(prec=400):
            unit = decimal.Decimal(1).scaleb(-digits)
            expected = [
                float(decimal.Decimal(x).quantize(unit, decimal.ROUND_HALF_UP)) for x in numbers
            ]
        assert list(found) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1.0", "1"),
        ("9007199254740993", '"9007199254740993"'),
        ("'a\"b\\\\c\\n é'", '"a\\"b\\\\c\\n é"'),
        ("TIMESTAMP '2024-01-05 01:02:03.5+00'", '"2024-01-05T01:02:03.500Z"'),
        ("STRUCT(1 AS a, 2.0 AS b, CAST(NULL AS STRING) AS c, TRUE AS d, ['x'] AS e)",
         '{"a":1,"b":2,"c":null,"d":true,"e":["x"]}'),
        ("STRUCT(STRUCT(1e300 AS x) AS y)", '{"y":{"x":1e+300}}'),
        ("(SELECT ARRAY_AGG(STRUCT(x AS n, x / 2 AS h) ORDER BY x DESC) "
         "FROM UNNEST([1, 2]) AS x)".replace("x / 2", "x * 0.5"),
         '[{"n":2,"h":1},{"n":1,"h":0.5}]'),
        ("ARRAY(SELECT AS STRUCT x FROM UNNEST([2, 1]) AS x ORDER BY x)", '[{"x":1},{"x":2}]'),
        ("STRUCT((SELECT ARRAY_AGG(x ORDER BY x) FROM UNNEST([3, 1]) AS x) AS a)", '{"a":[1,3]}'),
        ("(SELECT ARRAY_AGG(x) FROM UNNEST(CAST([] AS ARRAY<INT64>)) AS x)", "null"),
        ("CAST(NULL AS STRING)", "null"),
    ],
)  # fmt: skip
def test_json(calculator: DuckDBWarehouse, expression: str, expected: str) -> None:
    assert value(calculator, f"TO_JSON_STRING({expression})") == expected


def test_a_struct_of_unknown_fields_is_no_json_rather_than_a_wrong_one(
    calculator: DuckDBWarehouse,
) -> None:
    query = """
        SELECT TO_JSON_STRING(t.s) AS v
        FROM (SELECT STRUCT(TIMESTAMP '2024-01-01' AS a) AS s) AS t
    """
    with pytest.raises(WarehouseError, match="TO_JSON_STRING"):
        calculator.query(query)


ROWS = """
    (SELECT 1 AS i, 1.5 AS d, 'a' AS s UNION ALL SELECT 2, 2.5, 'b'
     UNION ALL SELECT NULL, NULL, NULL UNION ALL SELECT 2, -1.0, 'c') AS t
"""


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (f"SELECT s AS v FROM {ROWS} ORDER BY s", [None, "a", "b", "c"]),
        (f"SELECT s AS v FROM {ROWS} ORDER BY s DESC", ["c", "b", "a", None]),
        (f"SELECT ROW_NUMBER() OVER (ORDER BY i, d) AS v FROM {ROWS} ORDER BY s", [1, 2, 4, 3]),
        (f"SELECT s AS v FROM {ROWS} QUALIFY RANK() OVER (ORDER BY d DESC) = 1", ["b"]),
        (f"SELECT COUNTIF(d > 0) AS v FROM {ROWS} GROUP BY i ORDER BY i", [0, 1, 1]),
        (f"SELECT COUNTIF(d > 0) OVER (PARTITION BY i) AS v FROM {ROWS} ORDER BY s", [0, 1, 1, 1]),
        (f"SELECT SUM(i) OVER (ORDER BY s) AS v FROM {ROWS} ORDER BY s", [None, 1, 3, 5]),
        (f"SELECT PERCENTILE_CONT(d, 0.5) OVER () AS v FROM {ROWS} LIMIT 1", [1.5]),
        ((f"SELECT CAST(ROUND(100.0 * PERCENT_RANK() OVER (ORDER BY s)) AS INT64) AS v FROM {ROWS} "
         "ORDER BY s"), [0, 33, 67, 100]),
        (f"SELECT ARRAY_AGG(s ORDER BY d DESC LIMIT 2) AS v FROM {ROWS}", [["b", "a"]]),
        (f"SELECT ARRAY_AGG(s IGNORE NULLS ORDER BY d) AS v FROM {ROWS}", [["c", "a", "b"]]),
        (f"SELECT STRING_AGG(s, '-' ORDER BY s DESC LIMIT 2) AS v FROM {ROWS}", ["c-b"]),
        (f"SELECT ANY_VALUE(s) AS v FROM {ROWS}", ["a"]),
        ("SELECT CORR(x, x) AS v FROM UNNEST([1.0]) AS x", [None]),
        (("SELECT x || CAST(o AS STRING) AS v FROM UNNEST(['a', 'b']) AS x WITH OFFSET AS o "
         "ORDER BY o"), ["a0", "b1"]),
        ((f"SELECT o AS v FROM {ROWS} CROSS JOIN UNNEST(GENERATE_ARRAY(5, 5 + t.i)) AS x "
         "WITH OFFSET AS o ORDER BY s, o"), [0, 1, 0, 1, 2, 0, 1, 2]),
        ((f"SELECT o AS v FROM {ROWS} LEFT JOIN UNNEST(GENERATE_ARRAY(6, 5 + t.i)) AS x "
         "WITH OFFSET AS o ORDER BY s, o"), [None, 0, 0, 1, 0, 1]),
        (("SELECT d AS v FROM UNNEST(GENERATE_DATE_ARRAY('2024-02-28', '2024-03-01')) AS d "
         "ORDER BY d"), [dt.date(2024, 2, 28), dt.date(2024, 2, 29), dt.date(2024, 3, 1)]),
        (f"SELECT (WITH m AS (SELECT MAX(t.d) AS d FROM {ROWS}) SELECT m.d FROM m) AS v", [2.5]),
        (f"SELECT COUNT(*) AS v FROM {ROWS} WHERE s IS DISTINCT FROM 'a'", [3]),
        (("SELECT COUNT(*) AS v FROM (SELECT * EXCEPT (a) REPLACE (2 AS b) FROM "
         "(SELECT 1 AS a, 1 AS b)) AS t WHERE t.b = 2"), [1]),
    ],
)  # fmt: skip
def test_queries(calculator: DuckDBWarehouse, query: str, expected: list[object]) -> None:
    found = calculator.query(query)["v"].tolist()
    assert [None if pd.api.types.is_scalar(v) and pd.isna(v) else v for v in found] == expected


def test_floats_add_up_to_the_same_bits_in_any_order(calculator: DuckDBWarehouse) -> None:
    amounts = [0.1 * n * (-1) ** n + 1e9 / (n + 1) for n in range(3000)]
    results: set[tuple[float, ...]] = set()
    for shuffle in ("x", "-x", "MOD(CAST(x * 7919 AS INT64), 1013)"):
        rows = calculator.query(
            f"""
            SELECT SUM(t.x) AS a, AVG(t.x) AS b, STDDEV(t.x) AS c
            FROM (SELECT x FROM UNNEST({amounts!r}) AS x ORDER BY {shuffle}, x) AS t
            """
        )
        results.add(tuple(rows.iloc[0]))
    assert len(results) == 1


@pytest.mark.parametrize(
    "query",
    [
        "SELECT FARM_FINGERPRINT('a') AS v",
        "SELECT NORMALIZE('a', NFKC) AS v",
        "SELECT 1 / 2 AS v",
        "SELECT SOME_FUNCTION(1) AS v",
        "SELECT FORMAT_DATE('%e', DATE '2024-01-01') AS v",
        "SELECT x LIKE y AS v FROM (SELECT 'a' AS x, 'b' AS y)",
        "SELECT ANY_VALUE(x HAVING MAX x) AS v FROM UNNEST([1]) AS x",
        "SELECT APPROX_QUANTILES(x, 2) AS v FROM UNNEST([1]) AS x",
        "SELECT RAND() AS v",
        "SELECT SUBSTR('abc', 0, 1) AS v",
        "SELECT SAFE.LN(0) AS v",
    ],
)
def test_what_would_mean_something_else_is_refused(calculator: DuckDBWarehouse, query: str) -> None:
    with pytest.raises(WarehouseError):
        calculator.query(query)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("DIV(1, 0)", "(?i)division by zero"),
        ("CAST('1.5' AS INT64)", "Bad int64 value: 1.5"),
        ("LN(0)", "logarithm of zero"),
        ("DATE_TRUNC(TIMESTAMP '2024-01-01', MONTH)", "No function matches"),
    ],
)
def test_errors_of_bigquery_are_errors_here(
    calculator: DuckDBWarehouse, expression: str, message: str
) -> None:
    with pytest.raises(WarehouseError, match=message):
        calculator.query(f"SELECT {expression} AS v")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (7512345678901234567, 7512345678901234567),
        (1.5, 1.5),
        ("it's; --", "it's; --"),
        (True, True),
        (dt.date(2024, 1, 1), dt.date(2024, 1, 1)),
        (utc("2024-01-01 10:00:00"), utc("2024-01-01 10:00:00")),
        (["a", "b"], ["a", "b"]),
        ([1, 2], [1, 2]),
        (Typed([], "ARRAY<STRING>"), []),
        (Typed(None, "DATE"), None),
        (pd.Timestamp("2024-01-01", tz="America/Los_Angeles"), utc("2024-01-01 08:00:00")),
        (pd.Series([1]).iloc[0], 1),
    ],
)
def test_parameters_keep_value_and_type(
    calculator: DuckDBWarehouse, given: Any, expected: object
) -> None:
    found = calculator.query("SELECT @given AS v", {"given": given})["v"][0]
    assert (None if found is pd.NA else found) == expected


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (None, "doesn't tell its type"),
        ([], "doesn't tell its type"),
        (["a", 1], "doesn't tell its type"),
        (dt.datetime(2024, 1, 1), "no time zone"),  # noqa: DTZ001
        (2**63, "beyond INT64"),
        ({"a": 1}, "no GoogleSQL value"),
        (Typed(1, "INTEGRAL"), "not a GoogleSQL type"),
    ],
)
def test_a_parameter_that_can_t_be_bound_is_named(
    calculator: DuckDBWarehouse, given: Any, message: str
) -> None:
    with pytest.raises(WarehouseError, match=message):
        calculator.query("SELECT @given AS v", {"given": given})


def test_a_parameter_that_is_not_given_is_named(calculator: DuckDBWarehouse) -> None:
    with pytest.raises(WarehouseError, match="@week is not given"):
        calculator.query("SELECT @week AS v")


def test_what_one_process_translated_the_next_one_finds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sql, scope = Sql("SELECT ROUND(@x + 0.5, 2) AS v", 1), Scope({"@x": "FLOAT64"})
    first = Translator("project", "dataset").kept_in(tmp_path)
    translated = first.statement(sql, scope)
    first.keep()

    def refuse(*_: object) -> None:
        raise AssertionError("it is parsed again")

    def next_one() -> Translator:
        return Translator("project", "dataset").kept_in(tmp_path)

    with monkeypatch.context() as patch:
        patch.setattr(translation, "parse_sql", refuse)
        assert next_one().statement(sql, scope) == translated
        with pytest.raises(AssertionError):
            next_one().statement(sql, Scope({"@x": "INT64"}))
        patch.setattr(translation, "_version", lambda: "of other rules")
        with pytest.raises(AssertionError):
            next_one().statement(sql, scope)
    (file,) = tmp_path.iterdir()
    file.write_text("{", encoding="utf-8")
    assert next_one().statement(sql, scope) == translated


def test_how_an_object_is_made_the_next_process_finds_as_long_as_its_text_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = "CREATE OR REPLACE VIEW `${dataset}.tried` AS SELECT ROUND(1.5, 1) AS v;"
    tried = read_object(tmp_path / "tried.sql", "view", view)
    first = Translator("project", "dataset").kept_in(tmp_path)
    made = objects.deploy_statements(tried, "project.dataset", first, [])
    first.keep()

    def refuse(*_: object) -> None:
        raise AssertionError("it is parsed again")

    monkeypatch.setattr(objects, "parse_script", refuse)
    next_one = Translator("project", "dataset").kept_in(tmp_path)
    assert objects.deploy_statements(tried, "project.dataset", next_one, []) == made
    changed = replace(tried, text=view.replace("1.5", "2.5"))
    with pytest.raises(AssertionError):
        objects.deploy_statements(changed, "project.dataset", next_one, [])
    with pytest.raises(AssertionError):
        objects.deploy_statements(tried, "project.other", next_one, [])


def test_what_is_computed_is_bound_once_for_a_macro() -> None:
    """Four calls in one another took the engine seconds to plan, since a macro is a text."""
    sql = (
        "SELECT CAST(CAST(ROUND(1.0 + ROUND(x + 1.0, 9), 9) AS INT64) AS STRING) AS a, "
        "LENGTH(LOWER(CONCAT(s, 'a'))) AS b, SIGN(x + 1.0) AS c, "
        "TIMESTAMP(DATETIME(t, 'America/Los_Angeles'), 'America/Los_Angeles') AS d, "
        "FORMAT('%t', x + 1.0) AS e, SAFE_CAST(CONCAT(s, 'a') AS INT64) AS f FROM y"
    )
    translated = Translator("project", "dataset").statement(Sql(sql, 1), Scope({})).sql
    called = re.findall(r"googlesql\.(\w+)\((\w+)", translated)
    assert {name for name, _ in called} == {
        *("string", "int64", "round", "length", "sign", "instant", "shown", "safe_int64")
    }
    assert {argument for _, argument in called} == {"bound"}
