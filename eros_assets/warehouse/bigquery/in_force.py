"""Reads the definitions of routines and views in force, and restores them.

BigQuery keeps the statement that makes each, with its OPTIONS: a routine's fingerprint is in its
description, a view's among its labels, so a restored object keeps its fingerprint.

https://cloud.google.com/bigquery/docs/information-schema-routines and …-tables
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sqlglot.tokens import Token, TokenType  # pyright: ignore[reportPrivateImportUsage]

from eros_assets.warehouse.bigquery.labels import FINGERPRINT
from eros_assets.warehouse.bigquery.objects import fingerprint_of
from eros_assets.warehouse.protocol import Definition, WarehouseError
from eros_assets.warehouse.sql.library import dependency_order
from eros_assets.warehouse.sql.objects import Kind
from eros_assets.warehouse.sql.syntax import tokens_of

DEFINITIONS = """
SELECT
  r.routine_name AS object_name,
  r.routine_type AS object_type,
  r.ddl,
  o.option_value
FROM `{dataset_name}`.INFORMATION_SCHEMA.ROUTINES AS r
LEFT JOIN `{dataset_name}`.INFORMATION_SCHEMA.ROUTINE_OPTIONS AS o
  ON r.specific_name = o.specific_name AND o.option_name = 'description'
UNION ALL
SELECT
  t.table_name AS object_name,
  t.table_type AS object_type,
  t.ddl,
  o.option_value
FROM `{dataset_name}`.INFORMATION_SCHEMA.TABLES AS t
LEFT JOIN `{dataset_name}`.INFORMATION_SCHEMA.TABLE_OPTIONS AS o
  ON t.table_name = o.table_name AND o.option_name = 'labels'
WHERE t.table_type = 'VIEW'
ORDER BY object_name
""".strip()

_KINDS: Mapping[str, Kind] = {
    "FUNCTION": "function",
    "TABLE FUNCTION": "table_function",
    "PROCEDURE": "procedure",
    "VIEW": "view",
}
_LABEL = re.compile(rf'"{FINGERPRINT}", "([0-9a-f]+)"')


def query(dataset_name: str) -> str:
    """One row per routine and view of the dataset, by name."""
    return DEFINITIONS.format(dataset_name=dataset_name)


def definition(row: Mapping[str, Any]) -> Definition:
    """A row of `query`.

    Raises:
        WarehouseError: an object of a kind that EROS doesn't have, such as an aggregate function.
    """
    kind = _KINDS.get(row["object_type"])
    if kind is None:
        raise WarehouseError(
            f"{row['object_name']}: the dataset has a {row['object_type']} of that name, which is "
            f"not EROS's; give it a dataset of its own"
        )
    options = row["option_value"] or ""
    label = _LABEL.search(options)
    fingerprint = (label[1] if label else "") if kind == "view" else fingerprint_of(options)
    return Definition(row["object_name"], kind, row["ddl"], fingerprint)


def script(dataset_name: str, definitions: Sequence[Definition]) -> str:
    """Puts objects back, each after those of them that it mentions.

    Raises:
        WarehouseError: there are none, or one's statement is no CREATE.
    """
    if not definitions:
        raise WarehouseError("no definition to put back is named")
    tokens = {d.name: tokens_of(d.text) for d in definitions}
    texts = {d.name: _replacing(d, tokens[d.name]) for d in definitions}
    mentioned = {
        name: {
            path.rpartition(".")[2]
            for path in _paths(found)
            if path.rpartition(".")[0] == dataset_name
        }
        - {name}
        for name, found in tokens.items()
    }
    return "\n".join(f"{texts[name]};" for name in dependency_order(mentioned))


def _replacing(kept: Definition, tokens: Sequence[Token]) -> str:
    """The statement as CREATE OR REPLACE, without the semicolon at its end."""
    if not tokens or tokens[0].token_type != TokenType.CREATE:
        raise WarehouseError(f"{kept.name}: what is kept of it is no CREATE statement")
    last = [token for token in tokens if token.token_type != TokenType.SEMICOLON][-1]
    start, end = tokens[0].end + 1, last.end + 1
    replaces = any(token.text.upper() == "REPLACE" for token in tokens[1:3])
    return f"CREATE{'' if replaces else ' OR REPLACE'}{kept.text[start:end]}"


def _paths(tokens: Sequence[Token]) -> set[str]:
    """Every dotted name, however its parts are quoted."""
    paths: set[str] = set()
    path = ""
    joined = False
    for token in tokens:
        if token.token_type == TokenType.DOT:
            joined = True
            continue
        path = f"{path}.{token.text}" if joined and path else token.text
        joined = False
        paths.add(path)
    return paths
