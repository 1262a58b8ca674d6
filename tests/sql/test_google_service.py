"""The module that the other tests ask: it stays up, remembers, and computes what it is given."""

import datetime as dt
import math
from pathlib import Path

import pytest

from tests.googlesql import analysis, service
from tests.googlesql.analysis import Session, analyse_all
from tests.googlesql.catalog import (
    Registration,
    empty_root,
    fixed,
    named_type,
    signature,
    type_name,
)
from tests.googlesql.evaluation import Given, evaluate
from tests.googlesql.service import GoogleSqlCrashError, GoogleSqlError, cache_folder
from tests.googlesql.source import Source
from tests.googlesql.syntax import parse_script
from tests.googlesql.values import decode, encode

UTC = dt.UTC


def test_the_compiled_module_is_kept_for_the_next_process() -> None:
    evaluate("SELECT 1 AS n")
    assert (cache_folder() / "zetasql.cwasm").stat().st_size > 10 * 2**20


def test_a_trapped_module_is_replaced_and_says_why() -> None:
    broken = empty_root()
    whole = fixed(named_type("INT64"))
    made = broken.custom_function.add(name_path=["f"], group="UDF", mode=1)
    made.signature.append(signature([("n", named_type("INT64"))], whole))
    made.signature[0].argument[0].num_occurrences = 0  # the service checks that, and aborts
    generation = service.service().generation
    with pytest.raises(GoogleSqlCrashError, match=r"RegisterCatalog crashed: .*\w"):
        Registration(broken)
    assert service.service().generation == generation + 1
    assert evaluate("SELECT 1 + 1 AS n") == [{"n": 2}]


def test_what_was_registered_with_a_trapped_module_is_registered_again() -> None:
    session = Session()
    path = analysis.SQL / "operations" / "x.sql"
    assert not session.analyse(path, "SELECT 1 AS n").findings
    service.service()._start()
    assert not session.analyse(path, "SELECT 1 AS n").findings


def test_an_error_has_its_place_and_one_line() -> None:
    with pytest.raises(GoogleSqlError) as error:
        parse_script("SELECT\n  1 AS AS")
    assert (error.value.line, error.value.column) == (2, 8)
    assert "\n" not in str(error.value)
    assert "[at" not in str(error.value)


def test_files_that_have_not_changed_are_not_analysed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "operations").mkdir()
    for name, sql in (("good", "SELECT 1 AS n;"), ("bad", "SELECT no_such;")):
        (tmp_path / "operations" / f"{name}.sql").write_text(sql)
    _, first = analyse_all(tmp_path)
    monkeypatch.setattr(Session, "analyse", lambda *_: pytest.fail("analysed again"))
    _, second = analyse_all(tmp_path)
    assert first == second
    assert sum(len(file.findings) for file in second) == 1


@pytest.mark.parametrize(
    ("of", "value"),
    [
        ("INT64", -(2**63)),
        ("INT64", 2**53 + 1),
        ("FLOAT64", 0.1),
        ("FLOAT64", -math.inf),
        ("BOOL", False),
        ("STRING", "🍳 é\n"),
        ("BYTES", b"\x00\xff"),
        ("DATE", dt.date(1, 1, 1)),
        ("DATE", dt.date(2025, 11, 2)),
        ("TIMESTAMP", dt.datetime(1969, 12, 31, 23, 59, 59, 999999, UTC)),
        ("TIMESTAMP", dt.datetime(2025, 11, 2, 9, 30, tzinfo=UTC)),
        ("ARRAY<STRING>", ["a", None, ""]),
        ("ARRAY<INT64>", []),
        *((of, None) for of in ("INT64", "STRING", "DATE", "ARRAY<INT64>")),
    ],
)
def test_values_come_back_as_they_went(of: str, value: object) -> None:
    kind = named_type(of)
    assert type_name(kind) == of
    assert decode(encode(value, kind), kind) == value
    assert evaluate("SELECT @given AS n", parameters={"given": Given(value, of)}) == [{"n": value}]


def test_rows_parameters_routines_and_views_are_at_hand() -> None:
    creators = [{"page_name": page, "is_active": page != "c"} for page in "abc"]
    sql = "SELECT c.page_name FROM `${dataset}.creators` AS c WHERE c.is_active = @active;"
    assert evaluate(sql, {"creators": creators}, {"active": False}) == [{"page_name": "c"}]
    assert evaluate("SELECT `${dataset}.wilson_score_bounds`(0, 0) AS b") == [
        {"b": {"lower_bound": 0.0, "upper_bound": 1.0, "exploration_bonus": 1.0}}
    ]
    assert evaluate("SELECT DATETIME(TIMESTAMP '2025-11-02 09:30:00+00', 'UTC') AS d") == [
        {"d": dt.datetime.fromisoformat("2025-11-02T09:30:00")}
    ]


def test_the_default_zone_is_that_of_bigquery() -> None:
    sql = "SELECT CAST(TIMESTAMP '2025-11-02 09:30:00+00' AS STRING) AS t"
    assert evaluate(sql) == [{"t": "2025-11-02 09:30:00+00"}]


def test_a_row_of_an_unknown_column_is_refused() -> None:
    with pytest.raises(KeyError, match="creators has no column nickname"):
        evaluate("SELECT * FROM `${dataset}.creators`", {"creators": [{"nickname": "a"}]})


def test_sixty_operators_in_a_row_are_read() -> None:
    text = "SELECT " + " || ".join(["'a'"] * 60) + " AS s"
    assert Source(text).tree.end == len(text)
    assert evaluate(text) == [{"s": "a" * 60}]
