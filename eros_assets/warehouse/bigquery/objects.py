"""Deployed objects: their fingerprint, and what they gained since they were made.

A routine's fingerprint is in its description, put into its CREATE statement: routines have no
labels, and the only other way to change one (routines.update) sends its whole definition again. A
table's and a view's is a label.
"""

import json
import re
from collections.abc import Sequence
from typing import Any

from google.cloud.bigquery import SchemaField
from sqlglot.tokens import Token, TokenType  # pyright: ignore[reportPrivateImportUsage]

from eros_assets.warehouse.bigquery.scripts import quoted
from eros_assets.warehouse.protocol import WarehouseError
from eros_assets.warehouse.sql.objects import Column, SqlObject
from eros_assets.warehouse.sql.syntax import tokens_of

FINGERPRINT_PATTERN = r"\[fingerprint ([0-9a-f]+)\]"
EXPIRATION_PATTERN = r"partition_expiration_days = \d+"
ROUTINES = frozenset({"function", "table_function", "procedure"})

_LONGEST_DESCRIPTION = 500
# The keyword before which a routine's OPTIONS stand; a function has them after its body.
_BODY_KEYWORD = {"procedure": "BEGIN", "table_function": "AS"}
_STANDARD_NAMES = {
    "BOOLEAN": "BOOL",
    "FLOAT": "FLOAT64",
    "INTEGER": "INT64",
    "RECORD": "STRUCT",
}


def described(statement: str, sql_object: SqlObject) -> str:
    """A routine's CREATE statement with its description and fingerprint; lines keep their numbers.

    Raises:
        WarehouseError: the statement isn't one of the routine's kind, or has OPTIONS already.
    """
    text = sql_object.description.strip()[:_LONGEST_DESCRIPTION]
    description = f"{text} [fingerprint {sql_object.fingerprint}]".strip()
    options = f"OPTIONS (description = {_literal(description)})"
    head, place = _place_of_options(statement, sql_object)
    if any(token.text.upper() == "OPTIONS" for token in head):
        raise WarehouseError(
            f"{sql_object.path}: OPTIONS in a routine are the warehouse door's; put the "
            f"description into the comment at the top of the file"
        )
    return f"{statement[:place]} {options} {statement[place:]}"


def fingerprint_of(description: str) -> str:
    """The fingerprint in a routine's description; empty when EROS did not deploy it."""
    found = re.search(FINGERPRINT_PATTERN, description)
    return found[1] if found else ""


def additions(dataset_name: str, table: SqlObject, present: Sequence[SchemaField]) -> str | None:
    """The statement that adds the columns which a table of the dataset lacks; None if none do.

    Raises:
        WarehouseError: a column is there with another type, which no statement can change.
    """
    types = {field.name.lower(): column_type(field) for field in present}
    for column in table.columns:
        found = types.get(column.name.lower())
        wanted = _bare_type(column.type)
        if found and wanted and "STRUCT" not in (found + wanted) and found != wanted:
            raise WarehouseError(
                f"{table.path}: column {column.name} is {wanted} here and {found} in "
                f"{dataset_name}.{table.name}; BigQuery can't change it in place: load the rows "
                f"into a table made anew, or give the new column another name"
            )
    lacking = [column for column in table.columns if column.name.lower() not in types]
    if not lacking:
        return None
    clauses = ",\n".join(_addition(table, column) for column in lacking)
    return f"ALTER TABLE {quoted(dataset_name, table.name)}\n{clauses};"


def expiration(dataset_name: str, table: SqlObject, partitioning: Any) -> str | None:
    """The statement that has a table's partitions expire as its file says.

    None where the file says nothing, or the table has an expiration, which may be people's choice.

    Args:
        dataset_name: `project.dataset`.
        table: of `sql/tables`.
        partitioning: the present table's time partitioning, None without one.
    """
    said = re.search(EXPIRATION_PATTERN, table.text)
    if said is None or partitioning is None or partitioning.expiration_ms is not None:
        return None
    return f"ALTER TABLE {quoted(dataset_name, table.name)}\nSET OPTIONS ({said[0]});"


def _place_of_options(statement: str, sql_object: SqlObject) -> tuple[list[Token], int]:
    """The tokens among which OPTIONS may already be, and where they belong."""
    top = [token for token, depth in _with_depth(tokens_of(statement)) if depth == 0]
    keyword = _BODY_KEYWORD.get(sql_object.kind)
    if keyword is None:
        end = [token for token in top if token.token_type != TokenType.SEMICOLON][-1].end + 1
        return top, end
    for i, token in enumerate(top):
        if token.text.upper() == keyword:
            return top[:i], token.start
    raise WarehouseError(f"{sql_object.path}: no {keyword} in this CREATE statement")


def _with_depth(tokens: Sequence[Token]) -> list[tuple[Token, int]]:
    depth = 0
    result: list[tuple[Token, int]] = []
    for token in tokens:
        if token.token_type == TokenType.R_PAREN:
            depth -= 1
        result.append((token, depth))
        if token.token_type == TokenType.L_PAREN:
            depth += 1
    return result


def _addition(table: SqlObject, column: Column) -> str:
    if not column.type:
        raise WarehouseError(f"{table.path}: column {column.name} declares no type")
    description = f" OPTIONS (description = {_literal(column.description)})"
    return f"ADD COLUMN IF NOT EXISTS {quoted(column.name)} {_bare_type(column.type)}{description}"


def column_type(field: SchemaField) -> str:
    """The GoogleSQL type of a column: the API has names of its own for some."""
    name = _STANDARD_NAMES.get(field.field_type, field.field_type)
    return f"ARRAY<{name}>" if field.mode == "REPEATED" else name


def _bare_type(type_: str) -> str:
    """A declared type as BigQuery names it, without NOT NULL (no added column can have it)."""
    words = re.sub(r"\s+NOT\s+NULL\s*$", "", type_.strip(), flags=re.IGNORECASE).upper()
    return re.sub(r"\s+", "", words)


def _literal(text: str) -> str:
    """A GoogleSQL string literal: JSON's escapes are among GoogleSQL's."""
    return json.dumps(text, ensure_ascii=False)
