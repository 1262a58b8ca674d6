"""The statement that reads the rows of a table."""

from collections.abc import Sequence


def rows_statement(table: str, columns: Sequence[str] = ()) -> str:
    """GoogleSQL for the rows of a table; those that equal the parameters named as `columns`."""
    equal = " AND ".join(f"t.{column} = @{column}" for column in columns)
    where = f" WHERE {equal}" if equal else ""
    return f"SELECT t.* FROM `${{dataset}}.{table}` AS t{where}"
