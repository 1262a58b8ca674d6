"""Translates GoogleSQL to DuckDB's SQL, one statement or expression at a time.

sqlglot parses and writes; the rules of `googlesql/` correct the meaning in between. A function
without a rule is refused and not passed on, since a name may mean different things in the two
dialects.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from sqlglot import ErrorLevel, exp
from sqlglot.errors import SqlglotError

from eros_assets.warehouse.duckdb.googlesql import (
    aggregates,
    json_texts,
    statements,
    texts,
    times,
    values,
)
from eros_assets.warehouse.duckdb.googlesql.rule import (
    MACRO_SCHEMA,
    Rules,
    TranslationError,
    refuse,
)
from eros_assets.warehouse.sql.kept_results import keep_results, kept_results
from eros_assets.warehouse.sql.reading import parse_sql
from eros_assets.warehouse.sql.syntax import Sql

StatementKind = Literal["query", "change", "temporary table"]

_RULES: Rules = {
    **times.RULES,
    **values.RULES,
    **texts.RULES,
    **aggregates.RULES,
    **json_texts.RULES,
    **statements.RULES,
}
_UNCHANGED = (*values.UNCHANGED, *texts.UNCHANGED, exp.Connector, exp.Any)
_REMEMBERED = 2_000  # translations, far more than sql/ has
_KEPT_FILE = "translations.json"
_CHANGES = (exp.Insert, exp.Update, exp.Delete, exp.Merge)


@dataclass(frozen=True, slots=True)
class Translated:
    """DuckDB's SQL.

    `variables` are the names that it takes as `$name`, as the scope has them; `target` is the
    dataset's table that DML changes.
    """

    sql: str
    kind: StatementKind
    variables: tuple[str, ...]
    target: str | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """Names that stand for values, lower case, with their GoogleSQL types.

    A query parameter's name begins with `@`.
    """

    types: Mapping[str, str]


class Translator:
    """Translates for one dataset.

    Args:
        project_id: project of the dataset.
        dataset: its name, which is that of the DuckDB schema.
    """

    def __init__(self, project_id: str, dataset: str) -> None:
        self._project_id = project_id
        self._dataset = dataset
        self._known: dict[tuple[object, ...], Translated] = {}
        self._file: Path | None = None
        self._kept: dict[str, Any] = {}
        self._is_read = self._has_new = False

    def statement(self, sql: Sql, scope: Scope, source: object = "the script") -> Translated:
        """A query, DML statement or CREATE TEMP TABLE, `${dataset}` rendered in it.

        Raises:
            TranslationError, LibraryError: what can't be translated or parsed.
        """
        return self._remembered(
            ("statement", sql.text), scope, lambda: self._statement(sql, scope, source)
        )

    def _statement(self, sql: Sql, scope: Scope, source: object) -> Translated:
        tree = parse_sql(sql, source)
        if isinstance(tree, exp.Query):
            kind: StatementKind = "query"
        elif isinstance(tree, _CHANGES):
            kind = "change"
        elif isinstance(tree, exp.Create) and _is_temporary(tree):
            kind = "temporary table"
        else:
            raise refuse(tree, "not a statement that a script may have")
        return self._finished(self.rewritten(tree), kind, scope)

    def expression(self, sql: Sql, kind: str, scope: Scope, source: object) -> Translated:
        """`SELECT CAST(<expression> AS <kind>)`, for a variable of that GoogleSQL type."""
        return self._remembered(
            ("expression", sql.text, kind),
            scope,
            lambda: self._expression(sql, kind, scope, source),
        )

    def _expression(self, sql: Sql, kind: str, scope: Scope, source: object) -> Translated:
        tree = parse_sql(Sql(f"SELECT ({sql.text})", sql.line), source)
        rewritten = self.rewritten(tree)
        value = rewritten.expressions[0]
        to = data_type(kind)
        rewritten.set("expressions", [exp.Cast(this=exp.Paren(this=value), to=to)])
        return self._finished(rewritten, "query", scope)

    def row(self, sql: Sql, scope: Scope, source: object) -> Translated:
        """The query in `(SELECT AS STRUCT ...)`, its columns side by side."""
        return self._remembered(("row", sql.text), scope, lambda: self._row(sql, scope, source))

    def _row(self, sql: Sql, scope: Scope, source: object) -> Translated:
        tree = parse_sql(sql, source).unnest()
        if not isinstance(tree, exp.Select) or str(tree.args.get("kind")).upper() != "STRUCT":
            raise TranslationError(f"{sql.first_line}: write (SELECT AS STRUCT ...)")
        tree.set("kind", None)
        return self._finished(self.rewritten(tree), "query", scope)

    def rewritten(self, tree: exp.Expr) -> exp.Expr:
        """A syntax tree of GoogleSQL, made one of DuckDB's; names of values are left in it."""
        self._check(tree)
        json_texts.mark_json(tree)
        self._place(tree)
        for node in reversed(list(tree.bfs())):
            rule = _RULES.get(type(node))
            if rule is None:
                continue
            new = rule(node)
            if new is node:
                continue
            if node is tree:
                tree = new
            else:
                node.replace(new)
        return tree

    def name(self, dotted: str) -> str | None:
        """The object's name in `project.dataset.object`; None when it is elsewhere."""
        prefix = f"{self._project_id}.{self._dataset}."
        return dotted[len(prefix) :] if dotted.startswith(prefix) else None

    def placed(self, name: str) -> str:
        """The object's name in DuckDB, quoted."""
        return f'"{self._dataset}"."{name}"'

    def kept_in(self, folder: Path) -> "Translator":
        """This one, which from now on finds in the folder what other processes translated."""
        if self._file != folder / _KEPT_FILE:
            self._file, self._is_read = folder / _KEPT_FILE, False
        return self

    def keep(self) -> None:
        """Keep what was translated for the next process."""
        if self._file is not None and self._has_new:
            self._has_new = False
            kept = {**kept_results(self._file, _version()), **self._kept}
            keep_results(self._file, _version(), dict(list(kept.items())[-_REMEMBERED:]))

    def _remembered(
        self, key: tuple[object, ...], scope: Scope, translate: Callable[[], Translated]
    ) -> Translated:
        whole = (*key, tuple(sorted(scope.types.items())))
        found = self._known.get(whole)
        if found is None:
            sql, kind, variables, target = self._kept_or(whole, lambda: astuple(translate()))
            found = Translated(sql, kind, tuple(variables), target)
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[whole] = found
        return found

    def statements(
        self, key: tuple[object, ...], make: Callable[[], Sequence[str]]
    ) -> Sequence[str]:
        """What `make` gives for the key, or gave an earlier process; `make` writes with this."""
        return self._kept_or(("statements", *key), lambda: list(make()))

    def _kept_or(self, key: tuple[object, ...], make: Callable[[], Any]) -> Any:
        """What `make` gives, as JSON has it, or gave an earlier process for the key."""
        if not self._is_read:
            self._kept |= kept_results(self._file, _version())
            self._is_read = True
        digest = hashlib.sha256(json.dumps(key).encode()).hexdigest()
        if digest not in self._kept:
            made = make()
            if len(self._kept) >= _REMEMBERED:
                self._kept.clear()
            self._kept[digest] = made
            self._has_new = True
        return self._kept[digest]

    def _finished(self, tree: exp.Expr, kind: StatementKind, scope: Scope) -> Translated:
        tree, used = bind(tree, scope)
        target = tree.find(exp.Table) if kind == "change" else None
        changed = target.name if target is not None and target.db else None
        return Translated(write(tree), kind, used, changed)

    def _check(self, tree: exp.Expr) -> None:
        for node in tree.find_all(exp.Func):
            if type(node) not in _RULES and not isinstance(node, _UNCHANGED):
                raise refuse(node, f"{node.sql_name()} is not among what is translated")
        for table in tree.find_all(exp.Table):
            if isinstance(table.this, exp.Identifier) and table.db:
                dotted = ".".join(p.name for p in table.parts)
                if self.name(dotted) is None:
                    raise TranslationError(f"{dotted}: not in the dataset {self._dataset}")

    def _place(self, tree: exp.Expr) -> None:
        """Put tables and routines of the dataset into its schema."""
        for table in tree.find_all(exp.Table):
            if table.db:
                table.set("catalog", None)
                table.set("db", exp.to_identifier(self._dataset, quoted=True))
        for function in tree.find_all(exp.Anonymous):
            dotted = function.name
            if "." not in dotted or dotted.startswith(f"{MACRO_SCHEMA}."):
                continue
            name = self.name(dotted)
            if name is None:
                raise TranslationError(f"{dotted}: not in the dataset {self._dataset}")
            function.set("this", self.placed(name))


@cache
def _version() -> str:
    """Of the code that translates."""
    here = Path(__file__)
    sources = [here, here.parent / "objects.py", *sorted((here.parent / "googlesql").glob("*.py"))]
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:16]


def bind(tree: exp.Expr, scope: Scope) -> tuple[exp.Expr, tuple[str, ...]]:
    """Make names of values parameters of their types; the tree, and the names that it has."""
    used: dict[str, None] = {}
    for node in list(tree.find_all(exp.Column, exp.Parameter)):
        name = _value_name(node, scope)
        if name is None:
            continue
        used[name] = None
        place = exp.Parameter(this=exp.Var(this=parameter_name(name)))
        value = exp.Cast(this=place, to=data_type(scope.types[name]))
        if isinstance(node, exp.Column) and node.table:  # v_struct.field
            value = exp.Dot(this=exp.Paren(this=value), expression=node.this)
        if node is tree:
            tree = value
        else:
            node.replace(value)
    return tree, tuple(used)


def _value_name(node: exp.Expr, scope: Scope) -> str | None:
    if isinstance(node, exp.Parameter):
        name = f"@{node.name.lower()}"
        if name not in scope.types:
            raise TranslationError(f"query parameter {name} is not given")
        return name
    first = node.args.get("table") or node.this
    name = (
        first.name.lower() if isinstance(first, exp.Identifier) and not node.args.get("db") else ""
    )
    return name if name in scope.types else None


def parameter_name(name: str) -> str:
    """The name of a value as DuckDB's parameter."""
    return name.replace("@", "at_")


def data_type(kind: str) -> exp.DataType:
    """The syntax tree of a GoogleSQL type.

    Raises:
        TranslationError: it is none.
    """
    try:
        return exp.DataType.build(kind, dialect="bigquery")
    except (ValueError, SqlglotError):
        raise TranslationError(f"{kind!r} is not a GoogleSQL type") from None


@cache
def duckdb_type(kind: str) -> str:
    """DuckDB's name of a GoogleSQL type."""
    return write(data_type(kind))


def write(tree: exp.Expr) -> str:
    """DuckDB's SQL of a rewritten tree."""
    return tree.sql(
        "duckdb",
        normalize_functions=False,
        comments=False,
        unsupported_level=ErrorLevel.RAISE,
    )


def _is_temporary(create: exp.Create) -> bool:
    target = create.find(exp.Table)
    return (
        create.kind == "TABLE"
        and create.find(exp.TemporaryProperty) is not None
        and target is not None
        and not target.db
    )
