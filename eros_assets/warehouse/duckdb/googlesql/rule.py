"""Building blocks of the rules: DuckDB snippets with placeholders for syntax trees."""

from collections.abc import Callable, Mapping
from functools import lru_cache

from sqlglot import exp, parse_one

from eros_assets.errors import ErosError

Rule = Callable[[exp.Expr], exp.Expr]
Rules = Mapping[type[exp.Expr], Rule]

MACRO_SCHEMA = "googlesql"
RAISED_BEGIN, RAISED_END = "\u2039raised\u203a", "\u2039/raised\u203a"

_OPERANDS = (exp.Binary, exp.Unary, exp.Between, exp.In, exp.AtTimeZone, exp.Interval, exp.Lambda)


class TranslationError(ErosError):
    """GoogleSQL that the embedded warehouse doesn't translate; the message quotes it."""


def refuse(node: exp.Expr, why: str) -> TranslationError:
    """The error for a construct outside of the set that is translated."""
    return TranslationError(f"{node.sql('bigquery')[:120]}: {why}")


def duck(snippet: str, **parts: exp.Expr) -> exp.Expr:
    """A DuckDB expression; `:name` in the snippet stands for the part of that name."""
    tree = _parsed(snippet).copy()
    used: set[str] = set()
    for place in list(tree.find_all(exp.Placeholder)):
        name = str(place.this)
        part = parts[name].copy() if name in used else parts[name]
        used.add(name)
        if place is tree:
            return operand(part)
        place.replace(operand(part))
    return tree


def operand(x: exp.Expr) -> exp.Expr:
    """An expression that may stand beside any operator: in parentheses where it has one itself."""
    return exp.Paren(this=x) if isinstance(x, _OPERANDS) else x


@lru_cache(maxsize=512)
def _parsed(snippet: str) -> exp.Expr:
    return parse_one(snippet, read="duckdb")


def macro(name: str, *arguments: exp.Expr) -> exp.Expr:
    """A call of one of the macros of `macros.py`."""
    return exp.Anonymous(this=f"{MACRO_SCHEMA}.{name}", expressions=list(arguments))


def bound_macro(name: str, x: exp.Expr, *others: exp.Expr) -> exp.Expr:
    """A call of a macro that has `x` more than once, with a computed `x` bound once.

    A macro is a text: what is given for `x` stands wherever the macro has it, and in a macro around
    it that often again. A few calls in one another took longer to be planned than to be run.
    """
    if not _is_computed(x):
        return macro(name, x, *others)
    call = macro(name, exp.column("bound"), *others)
    return duck(once(":x", "bound", ":call"), x=x, call=call)


def once(value: str, name: str, result: str) -> str:
    """`result` of a value that is `name` in it: bound once, however often `result` has it."""
    return f"list_transform([{value}], lambda {name}: {result})[1]"


def _is_computed(x: exp.Expr) -> bool:
    while isinstance(x, (exp.Cast, exp.Paren)):
        x = x.this
    return not isinstance(x, (exp.Column, exp.Parameter, exp.Literal, exp.Boolean, exp.Null))


def part(node: exp.Expr, key: str) -> exp.Expr | None:
    """The child `key` of a node, None when it isn't there."""
    child = node.args.get(key)
    return child if isinstance(child, exp.Expr) else None


def needed(node: exp.Expr, key: str) -> exp.Expr:
    """The child `key` of a node that can't be without it."""
    child = part(node, key)
    if child is None:
        raise refuse(node, f"its {key} is missing")
    return child
