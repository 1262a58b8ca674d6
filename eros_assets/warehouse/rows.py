"""The statements that read the rows of a table, and what one without rows gives."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from eros_assets.warehouse.sql.objects import Column

if TYPE_CHECKING:
    import pandas as pd

COUNT = "rows_in_all"
"""The column of `first_rows_statement` that says how many rows there are."""


def rows_statement(table: str, columns: Sequence[str] = ()) -> str:
    """GoogleSQL for the rows of a table; those that equal the parameters named as `columns`."""
    return f"SELECT t.*{_from(table, columns)}"


def others_rows_statement(table: str, dataset_name: str) -> str:
    """GoogleSQL for all rows of a table that others made.

    Args:
        table: `table`, `dataset.table` or `project.dataset.table`.
        dataset_name: `project.dataset`, where the name says less.
    """
    project = dataset_name.partition(".")[0]
    whole = {0: f"{dataset_name}.", 1: f"{project}.", 2: ""}[table.count(".")] + table
    return f"SELECT t.* FROM `{whole}` AS t"


def first_rows_statement(
    table: str, columns: Sequence[str], order: Sequence[str], limit: int
) -> str:
    """GoogleSQL for the first of these rows, each with the number of all of them.

    Args:
        table: the table.
        columns: the columns that equal the parameters of their names.
        order: columns of the table, the first before all, each with or without DESC.
        limit: how many rows at most.
    """
    by = ", ".join(f"t.{column}" for column in order)
    rows = f"SELECT t.*, COUNT(*) OVER () AS {COUNT}{_from(table, columns)}"
    return f"{rows} ORDER BY {by} LIMIT {limit}"


_DTYPES = {
    "INT64": "Int64",
    "FLOAT64": "float64",
    "BOOL": "boolean",
    "TIMESTAMP": "datetime64[us, UTC]",
    "DATETIME": "datetime64[us]",
}


def frame_without_rows(columns: Iterable[Column]) -> "pd.DataFrame":
    """What a query of these columns gives where there is no row."""
    import pandas as pd

    return pd.DataFrame(
        {column.name: pd.Series([], dtype=_DTYPES.get(column.type, "object")) for column in columns}
    )


def _from(table: str, columns: Sequence[str]) -> str:
    equal = " AND ".join(f"t.{column} = @{column}" for column in columns)
    where = f" WHERE {equal}" if equal else ""
    return f" FROM `${{dataset}}.{table}` AS t{where}"
