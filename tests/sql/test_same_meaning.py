"""Every construct in `sql/` means the same to the embedded engine and to Google.

The reference implementation of GoogleSQL says what is right, over edge values.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from eros_assets.errors import ErosError
from eros_assets.warehouse.protocol import Typed
from eros_assets.warehouse.sql.files import source_text
from tests.googlesql.analysis import sql_files
from tests.googlesql.constructs import constructs
from tests.googlesql.evaluation import Given, Loaded, Reference
from tests.googlesql.service import GoogleSqlError
from tests.googlesql.source import Source
from tests.googlesql.syntax import parse_script
from tests.sql.embedded import Embedded, embedded
from tests.sql.equality import differences
from tests.sql.same_meaning import (
    AGGREGATES,
    EDGES,
    ELSEWHERE,
    ERRORS,
    GROUP_COLUMNS,
    GROUPS,
    LISTED,
    QUERIES,
    SCALARS,
    WINDOWS,
)

Rows = list[dict[str, object]]


@dataclass(frozen=True)
class Engines:
    """The same tables and rows on both."""

    google: Loaded
    duckdb: Embedded

    def differences(self, sql: str, *, ordered: bool = False) -> list[str]:
        """How their answers differ; empty when they don't."""
        google = self.google.evaluate(sql)
        return differences(google, self.duckdb.evaluate(sql), ordered=ordered)


@pytest.fixture(scope="module")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engines]:
    root = tmp_path_factory.mktemp("sql")
    (root / "tables").mkdir()
    rows: dict[str, Sequence[Mapping[str, object]]] = {"edge_groups": GROUPS}
    _table(root, "edge_groups", GROUP_COLUMNS)
    for name, (of, values) in EDGES.items():
        _table(root, f"edge_{name}", {f"{name}_k": "INT64", name: of})
        rows[f"edge_{name}"] = [{f"{name}_k": k, name: v} for k, v in enumerate(values)]
    with (
        Reference(root).loaded(rows) as google,
        embedded(tmp_path_factory.mktemp("embedded"), root) as duckdb,
    ):
        duckdb.fill(rows)
        yield Engines(google, duckdb)


def _table(root: Path, name: str, columns: Mapping[str, str]) -> None:
    listed = ", ".join(
        f'{column} {of} OPTIONS (description = "An edge value.")' for column, of in columns.items()
    )
    (root / "tables" / f"{name}.sql").write_text(
        "-- Edge values.\n-- Grain: one row per value.\n"
        f"CREATE TABLE IF NOT EXISTS `${{dataset}}.{name}` ({listed});\n"
    )


@pytest.mark.parametrize("path", sql_files(), ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_sql_is_written_in_listed_constructs_only(path: Path) -> None:
    source = Source(source_text(path))
    unlisted = {
        f"{path.name}:{':'.join(map(str, source.place(node.start)))}: {name}"
        for name, node in constructs(source.tree)
        if name not in LISTED
    }
    assert not unlisted, "list it in tests/sql/same_meaning with what proves it:\n" + "\n".join(
        sorted(unlisted)
    )


@pytest.mark.parametrize(
    ("construct", "sql"),
    [
        *((c, f"SELECT {e}") for t in (SCALARS, AGGREGATES, WINDOWS) for c in t for e in t[c]),
        *((construct, query) for construct, queries in QUERIES.items() for query in queries),
    ],
)
def test_what_proves_a_construct_contains_it(construct: str, sql: str) -> None:
    assert construct in {name for name, _ in constructs(parse_script(sql))}


def test_every_listed_construct_has_its_proof() -> None:
    proofs = {**SCALARS, **AGGREGATES, **WINDOWS, **QUERIES}
    assert all(proofs.values()), [name for name, each in proofs.items() if not each]
    assert not set(proofs) & set(ELSEWHERE)


@pytest.mark.parametrize("construct", SCALARS)
def test_a_scalar_construct_means_the_same(engines: Engines, construct: str) -> None:
    different = []
    for expression in SCALARS[construct]:
        used = variables(expression)
        tables = " CROSS JOIN ".join(f"`${{dataset}}.edge_{name}`" for name in used)
        keys = "".join(f"{name}_k, {name}, " for name in used)
        sql = f"SELECT {keys}{expression} AS result" + (f" FROM {tables}" if tables else "")
        different += [f"{expression}: {each}" for each in engines.differences(sql)]
    assert not different, "\n".join(different[:20])


@pytest.mark.parametrize("construct", AGGREGATES)
def test_an_aggregate_means_the_same(engines: Engines, construct: str) -> None:
    different = []
    rows = "`${dataset}.edge_groups`"
    for expression in AGGREGATES[construct]:
        for sql in (
            f"SELECT g, {expression} AS result FROM {rows} GROUP BY g",
            f"SELECT {expression} AS result FROM {rows} WHERE g != 'large'",
            f"SELECT {expression} AS result FROM {rows} WHERE FALSE",
        ):
            different += [f"{sql}: {each}" for each in engines.differences(sql)]
    assert not different, "\n".join(different[:20])


@pytest.mark.parametrize("construct", WINDOWS)
def test_a_window_function_means_the_same(engines: Engines, construct: str) -> None:
    different = []
    for expression in WINDOWS[construct]:
        sql = f"SELECT g, k, {expression} AS result FROM `${{dataset}}.edge_groups`"
        different += [f"{expression}: {each}" for each in engines.differences(sql)]
    assert not different, "\n".join(different[:20])


@pytest.mark.parametrize("construct", QUERIES)
def test_a_clause_means_the_same(engines: Engines, construct: str) -> None:
    different = []
    for sql in QUERIES[construct]:
        query = parse_script(sql).child("statement_list_node").many("statement_list")[0]
        ordered = query.child("query").one("order_by") is not None
        different += [f"{sql}: {each}" for each in engines.differences(sql, ordered=ordered)]
    assert not different, "\n".join(different[:20])


@pytest.mark.parametrize("sql", ERRORS)
def test_what_cannot_be_computed_is_an_error_in_both(engines: Engines, sql: str) -> None:
    with pytest.raises(GoogleSqlError):
        engines.google.evaluate(sql)
    with pytest.raises(ErosError):
        engines.duckdb.evaluate(sql)


@pytest.mark.parametrize(
    ("value", "of"),
    [
        (value, of)
        for of, values in EDGES.values()
        for value in values
        if not (isinstance(value, float) and math.isnan(value))
    ],
)
def test_a_query_parameter_arrives_as_it_is(engines: Engines, value: object, of: str) -> None:
    sql = "SELECT @given AS value, @given IS NULL AS is_null"
    google = engines.google.evaluate(sql, {"given": Given(value, of)})
    duckdb = engines.duckdb.evaluate(sql, {"given": Typed(value, of)})  # pyright: ignore
    assert google == [{"value": value, "is_null": value is None}]
    assert not differences(google, duckdb)


def variables(expression: str) -> list[str]:
    """The variables of EDGES in an expression, texts and field names aside."""
    code = re.sub(
        r"""r?'(?:\\.|[^'\\])*'|r?"(?:\\.|[^"\\])*"|\.\s*[a-z]\w*|AS [a-z]\w*""", " ", expression
    )
    return sorted(set(re.findall(r"\b[a-z]\b", code)))
