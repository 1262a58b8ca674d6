"""Every column of every output is documented once, with the type that Google's analyser gives it.

Tables say it in OPTIONS, views and functions in the header of their file; the Dagster UI shows it.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import dagster as dg
import pytest

from eros_assets.definitions import build_definitions
from eros_assets.settings import load_settings
from eros_assets.warehouse.sql.library import load_library
from eros_assets.warehouse.sql.objects import Column, Kind, SqlObject
from tests.googlesql.analysis import Session, analyse_all
from tests.googlesql.catalog import Entry, type_name
from tests.shipped import shipped_library

DOCUMENTED: tuple[Kind, ...] = ("table", "view", "table_function")
LIBRARY = shipped_library()


def output_columns(entry: Entry) -> Mapping[str, str]:
    """Types by name, as the analyser has them."""
    if hasattr(entry.object, "column"):
        columns = entry.object.column  # pyright: ignore
    else:
        columns = entry.object.signature.return_type.options.relation_input_schema.column  # pyright: ignore
    return {column.name: type_name(column.type) for column in columns}


@cache
def analysed() -> Mapping[str, Mapping[str, str]]:
    """Columns of every table, view and table function."""
    _, files = analyse_all()
    folders = ("tables", "views", "table_functions")
    return {
        file.path.stem: output_columns(file.entry)
        for file in files
        if file.folder in folders and file.entry is not None
    }


def wrong_columns(sql_object: SqlObject, given: Mapping[str, str]) -> list[str]:
    """How the documentation differs from what there is, as lines to write instead."""
    documented = {column.name: column for column in sql_object.columns}
    wrong = [
        f"{sql_object.path.name}: write `{name} ({of}): what it is.`"
        for name, of in given.items()
        if not _says(documented.get(name), of)
    ]
    wrong += [
        f"{sql_object.path.name}: there is no column {name}" for name in documented.keys() - given
    ]
    if not wrong and list(documented) != list(given):
        wrong.append(f"{sql_object.path.name}: the order is {', '.join(given)}")
    return wrong


def _says(column: Column | None, of: str) -> bool:
    return column is not None and column.type == of and bool(column.description)


@pytest.mark.parametrize("sql_object", LIBRARY.of_kind(*DOCUMENTED), ids=lambda o: o.name)
def test_every_column_is_documented_with_its_type(sql_object: SqlObject) -> None:
    assert wrong_columns(sql_object, analysed()[sql_object.name]) == []


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("--   n (INT64): Number.\n--   s (STRING): Text.\n", 0),
        ("--   n (INT64): Number.\n", 1),
        ("--   n (INT64): Number.\n--   s: Text.\n", 1),
        ("--   n (FLOAT64): Number.\n--   s (STRING): Text.\n", 1),
        ("--   n (INT64): Number.\n--   s (STRING): Text.\n--   m (INT64): Another.\n", 1),
        ("--   s (STRING): Text.\n--   n (INT64): Number.\n", 1),
        ("", 2),
    ],
    ids=["right", "missing", "no type", "wrong type", "no such column", "other order", "none"],
)
def test_wrong_documentation_is_noticed(tmp_path: Path, header: str, found: int) -> None:
    path = tmp_path / "views" / "few.sql"
    path.parent.mkdir()
    path.write_text(
        f"-- Few.\n-- Columns:\n{header}"
        "CREATE OR REPLACE VIEW `${dataset}.few` AS SELECT 1 AS n, 'a' AS s;\n"
    )
    entry = Session().analyse(path).entry
    assert entry is not None
    assert len(wrong_columns(load_library(tmp_path)["few"], output_columns(entry))) == found


def test_the_ui_shows_them() -> None:
    """For each asset that is a table, view, table function or file of rows."""
    graph = build_definitions(load_settings({"env": "local"})).resolve_asset_graph()
    for key in graph.get_all_asset_keys():
        node = graph.get(key)
        sql_object = LIBRARY.get(key.path[-1])
        schema = node.metadata.get("dagster/column_schema")
        if "csv" in node.kinds or (sql_object is not None and sql_object.kind in DOCUMENTED):
            assert isinstance(schema, dg.TableColumnLineage | dg.TableSchema), key
            assert schema.columns
            assert all(c.type and c.description for c in schema.columns), key


@pytest.mark.parametrize("kind", ["function", "table_function", "procedure"])
def test_every_parameter_is_described(kind: Kind) -> None:
    for routine in LIBRARY.of_kind(kind):
        assert routine.parameters
        assert all(p.type and p.description for p in routine.parameters), routine.name
