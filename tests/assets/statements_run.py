"""Notes which SQL each step runs, while a test runs steps on the embedded warehouse."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from eros_assets.dataset import sql_library
from eros_assets.warehouse.duckdb.engine import DuckDBWarehouse
from eros_assets.warehouse.sql.library import SqlLibrary
from eros_assets.warehouse.sql.objects import SqlObject
from eros_assets.warehouse.sql.reading import read_object

READING = ("query", "run", "call", "rehearse")


@dataclass(frozen=True)
class Statement:
    """SQL that a step ran: the text of a file or a statement, or the name of a procedure."""

    step: str
    text: str


@contextmanager
def noted(file: Path) -> Iterator[None]:
    """Write what steps run meanwhile into a file, which `statements` reads."""
    found: set[tuple[str, str]] = set()

    def noting(way: str) -> Any:
        do = getattr(DuckDBWarehouse, way)

        def run(self: DuckDBWarehouse, what: str | SqlObject, *more: Any, **named: Any) -> Any:
            text = what.name if isinstance(what, SqlObject) else what
            found.add((self._operations.labels.get("asset", ""), text))
            return do(self, what, *more, **named)

        return run

    with pytest.MonkeyPatch.context() as patch:
        for way in READING:
            patch.setattr(DuckDBWarehouse, way, noting(way))
        yield
    file.write_text(json.dumps(sorted(found)), encoding="utf-8")


def statements(file: Path) -> list[Statement]:
    """What `noted` wrote."""
    return [Statement(*pair) for pair in json.loads(file.read_text(encoding="utf-8"))]


def objects_read(statement: Statement, library: SqlLibrary) -> frozenset[str]:
    """The objects of `sql/` that a statement mentions, as the parsed SQL has them."""
    by_text = {sql_object.text: sql_object for sql_object in library.values()}
    if found := by_text.get(statement.text):
        return found.dependencies
    if statement.text in library:
        return frozenset({statement.text})
    path = Path(f"{statement.step}.sql")
    return read_object(path, "operation", statement.text).dependencies


def tables_read(statement: Statement) -> frozenset[str]:
    """The tables that a statement reads or writes, through views and routines too."""
    library = sql_library()
    reached = library.reached_from(*objects_read(statement, library))
    return frozenset(name for name in reached if library[name].kind == "table")
