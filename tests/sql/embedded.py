"""The embedded engine as tests drive it: tables filled with rows, a query's values as they are.

Below `DuckDBWarehouse`, because a DataFrame can't tell NULL from NaN.
"""

import decimal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa

from eros_assets.settings import Settings
from eros_assets.warehouse.duckdb.execution import Execution
from eros_assets.warehouse.duckdb.objects import deploy_statements
from eros_assets.warehouse.duckdb.storage import Storage
from eros_assets.warehouse.duckdb.translation import Scope, Translator, parameter_name
from eros_assets.warehouse.protocol import Typed
from eros_assets.warehouse.sql.library import SqlLibrary, load_library
from eros_assets.warehouse.sql.syntax import Sql
from tests.shipped import shipped_library, translated_sql

SETTINGS = Settings.model_construct(
    project_id=Settings.model_fields["project_id"].default,
    dataset=Settings.model_fields["dataset"].default,
)

ARROW = {
    "INT64": pa.int64(),
    "FLOAT64": pa.float64(),
    "STRING": pa.string(),
    "BOOL": pa.bool_(),
    "DATE": pa.date32(),
    "TIMESTAMP": pa.timestamp("us", tz="UTC"),
    "ARRAY<INT64>": pa.list_(pa.int64()),
    "ARRAY<STRING>": pa.list_(pa.string()),
}


@cache
def translator() -> Translator:
    """One for all files of a process: it remembers what it translated."""
    return Translator(SETTINGS.project_id, SETTINGS.dataset).kept_in(translated_sql())


class Embedded:
    """The tables, functions, table functions and views of a folder like `sql/`, in a file."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, library: SqlLibrary) -> None:
        self._connection = connection
        self._library = library
        self._translator = translator()

    def deploy(self) -> None:
        """Make the objects in an empty file."""
        self._connection.execute(f'CREATE SCHEMA IF NOT EXISTS "{SETTINGS.dataset}"')
        for each in self._library.deploy_order():
            for statement in deploy_statements(each, SETTINGS.dataset_name, self._translator, []):
                self._connection.execute(statement)

    def fill(self, tables: Mapping[str, Sequence[Mapping[str, object]]]) -> None:
        """Replace the rows of these tables; columns left out are NULL."""
        for name, rows in tables.items():
            placed = self._translator.placed(name)
            types = {column.name: ARROW[column.type] for column in self._library[name].columns}
            content = pa.table(
                {
                    column: pa.array([row.get(column) for row in rows], type=of)
                    for column, of in types.items()
                }
            )
            self._connection.execute(f"DELETE FROM {placed}")
            self._connection.register("given_rows", content)
            self._connection.execute(f"INSERT INTO {placed} BY NAME SELECT * FROM given_rows")
            self._connection.unregister("given_rows")

    def evaluate(
        self, sql: str, parameters: Mapping[str, Typed] | None = None
    ) -> "list[dict[str, object]]":
        """The rows of one query, `${dataset}` in it, as Python values.

        Raises:
            ErosError: it can't be translated, or fails.
        """
        given = {f"@{name}": typed for name, typed in (parameters or {}).items()}
        scope = Scope({name: typed.type for name, typed in given.items()})
        text = sql.replace("${dataset}", SETTINGS.dataset_name)
        translated = self._translator.statement(Sql(text, 1), scope)
        values = {parameter_name(name): given[name].value for name in translated.variables}
        rows = Execution(self._connection).rows(translated.sql, values, "the query")
        return [{name: _plain(value) for name, value in row.items()} for row in rows.to_pylist()]


def frame_rows(frame: pd.DataFrame) -> "list[dict[str, object]]":
    """A DataFrame's rows as Python values; what is missing is None."""
    return [
        {str(name): _cell(value) for name, value in row.items()}
        for row in frame.astype(object).to_dict("records")
    ]


def _cell(value: object) -> object:
    if isinstance(value, (list, np.ndarray)):
        return [_cell(item) for item in value]
    if pd.isna(value):
        return None
    return value.to_pydatetime() if isinstance(value, pd.Timestamp) else value


def _plain(value: object) -> object:
    """Whole numbers of any width as int, nested values likewise."""
    match value:
        case decimal.Decimal():
            assert value == value.to_integral_value(), f"a DECIMAL came out: {value}"
            return int(value)
        case list():
            return [_plain(item) for item in value]
        case dict():
            return {name: _plain(item) for name, item in value.items()}
        case _:
            return value


@contextmanager
def embedded(folder: Path, root: Path | None = None) -> Iterator[Embedded]:
    """The objects of `root` (default: the repository's `sql/`) in a new file in `folder`."""
    storage = Storage(folder / "warehouse.duckdb")
    with storage.opened() as connection:
        engine = Embedded(connection, load_library(root) if root else shipped_library())
        engine.deploy()
        yield engine
