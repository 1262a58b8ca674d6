"""Limits of BigQuery that the syntax tree tells: statements, transactions, objects, lengths.

Sources: BigQuery's pages on multi-statement transactions, DML, query parameters, and quotas.
"""

from collections.abc import Iterator
from pathlib import Path

from tests.googlesql.rules import Violation
from tests.googlesql.syntax import Node

CHANGES = frozenset({"InsertStatement", "UpdateStatement", "DeleteStatement", "MergeStatement"})
# Folders whose files make an object; a query parameter has no value when it is made.
OBJECTS = frozenset({"tables", "functions", "table_functions", "views", "procedures"})

LONGEST_TEXT = 1_000_000  # characters of a statement, before views and functions are put in
LONGEST_VIEW = 256_000
LONGEST_COLUMN_DESCRIPTION = 1_024
LONGEST_DESCRIPTION = 16_384


def deployable(tree: Node, text: bytes, path: Path) -> Iterator[Violation]:
    """Every limit that a file passes, in the order of the text."""
    folder = path.parent.name
    yield from _transactions(tree)
    for node in tree.walk():
        yield from _copied(node)
        yield from _description(node)
        if folder in OBJECTS and node.kind == "ParameterExpr":
            yield node.start, "a query parameter in an object: BigQuery refuses. Use an argument"
        if folder == "checks" and (node.kind in CHANGES or node.kind == "CallStatement"):
            yield node.start, "a check changes nothing: its transaction would cancel other jobs'"
    longest = LONGEST_VIEW if folder == "views" else LONGEST_TEXT
    if len(text) > longest:
        yield 0, f"{len(text):,} bytes of text: BigQuery takes {longest:,} at most"


def _transactions(tree: Node) -> Iterator[Violation]:
    begun: Node | None = None
    for node in tree.walk():
        match node.kind:
            case "BeginStatement":
                if begun is not None:
                    yield node.start, "BEGIN inside a transaction: BigQuery's don't nest"
                begun = node
            case "CommitStatement" | "RollbackStatement":
                begun = None
            case "CallStatement" if begun is not None:
                message = (
                    "CALL inside a transaction: the procedure may begin one, and they don't nest"
                )
                yield node.start, message
            case _ if begun is not None and _makes_for_good(node):
                yield (
                    node.start,
                    "CREATE of a persistent object inside a transaction: BigQuery refuses",
                )
    if begun is not None:
        yield begun.start, "BEGIN TRANSACTION without COMMIT: BigQuery rolls it back at the end"


def _makes_for_good(node: Node) -> bool:
    return (
        node.kind.startswith(("Create", "Alter"))
        and node.kind.endswith("Statement")
        and node.values.get("scope") != "TEMPORARY"
    )


def _copied(node: Node) -> Iterator[Violation]:
    if node.kind == "CloneDataSource":
        yield node.start, "CLONE makes a chain that ends at three: COPY, or a snapshot that expires"


def _description(node: Node) -> Iterator[Violation]:
    if node.kind != "OptionsEntry" or node.child("name").path[0].lower() != "description":
        return
    of_column = any(above.kind == "ColumnDefinition" for above in node.ancestors())
    longest = LONGEST_COLUMN_DESCRIPTION if of_column else LONGEST_DESCRIPTION
    length = len(str(node.child("value").values.get("string_value", "")))
    if length > longest:
        yield node.start, f"a description of {length} characters: BigQuery keeps {longest} at most"
