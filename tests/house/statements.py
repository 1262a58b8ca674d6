"""SQL that is put together from pieces, where values should be query parameters."""

import ast
import re
from collections.abc import Iterable

from tests.house.modules import Module

SQL = re.compile(
    r"\$\{?dataset|\$\{+dataset\}+"
    r"|\bSELECT\b|\bINSERT\s+INTO\b|\bUPDATE\b[^.]*\bSET\b|\bDELETE\s+FROM\b|\bMERGE\s+(INTO\b|`)"
    r"|\bCREATE\s+(OR\s+REPLACE|TABLE|VIEW|FUNCTION|PROCEDURE|TEMP)\b|\bCALL\s+`"
    r"|\bWHERE\b|\bORDER\s+BY\b|\bGROUP\s+BY\b|\bFROM\s+`"
)
"""Keywords as they are written in this repository: in capitals."""

REWRITING = ("format", "format_map", "replace", "substitute", "safe_substitute", "join")
TEMPLATES = ("string.Template",)
DOORS = ("query", "run")


def pieced_statements(module: Module) -> list[str]:
    """SQL made by an f-string, `%`, `+`, `.format`, `.replace`, `.join` or a template.

    Text that looks like SQL counts, and whatever is handed to a warehouse's `query` or `run`.
    """
    found: dict[int, str] = {}
    for node in ast.walk(module.tree):
        how = _way(node)
        if how and (_is_sql(module, node) or _goes_to_warehouse(module, node)):
            found.setdefault(node.lineno, module.at(node, f"SQL by {how}"))
    return list(found.values())


def _way(node: ast.AST) -> str:
    if isinstance(node, ast.JoinedStr) and any(
        isinstance(part, ast.FormattedValue) for part in node.values
    ):
        return "an f-string"
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mod):
        return "'+' or '%'"
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in REWRITING
    ):
        return f".{node.func.attr}()"
    return ""


def _is_sql(module: Module, node: ast.expr, seen: frozenset[str] = frozenset()) -> bool:
    """Whether one of the pieces that a text is made of is SQL, names of this module followed."""

    def any_of(pieces: Iterable[ast.expr]) -> bool:
        return any(_is_sql(module, piece, seen) for piece in pieces)

    match node:
        case ast.Constant(value=str(text)):
            return SQL.search(text) is not None
        case ast.JoinedStr(values=pieces) | ast.List(elts=pieces) | ast.Tuple(elts=pieces):
            return any_of(pieces)
        case ast.FormattedValue(value=piece) | ast.GeneratorExp(elt=piece):
            return any_of([piece])
        case ast.BinOp(left=left, right=right):
            return any_of([left, right])
        case ast.IfExp(body=left, orelse=right):
            return any_of([left, right])
        case ast.Name(id=name) if name not in seen:
            values = module.assigned.get(name, [])
            return any(_is_sql(module, value, seen | {name}) for value in values)
        case ast.Attribute(attr="text", value=ast.Subscript()):
            return True  # library["..."].text
        case ast.Call(func=ast.Attribute(attr=attr, value=receiver), args=arguments):
            return attr in REWRITING and any_of([receiver, *arguments])
        case ast.Call(args=arguments) if module.meaning(node.func) in TEMPLATES:
            return any_of(arguments)
        case _:
            return False


def _goes_to_warehouse(module: Module, node: ast.AST) -> bool:
    call = node.parent
    return (
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in DOORS
        and call.args[:1] == [node]
        and not module.meaning(call.func).startswith("subprocess.")
    )
