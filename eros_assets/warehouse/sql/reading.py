"""Reads one file of `sql/` by parsing it. Imports sqlglot; `library.py` does not."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from sqlglot import exp, parse_one
from sqlglot.errors import ParseError, SqlglotError

from eros_assets.warehouse.sql.objects import (
    Column,
    Kind,
    LibraryError,
    RoutineParameter,
    SqlObject,
)
from eros_assets.warehouse.sql.script_reader import parse_script
from eros_assets.warehouse.sql.syntax import (
    Body,
    Call,
    CreateProcedure,
    ScriptError,
    Sql,
    leaves,
    tokens_of,
)

DATASET = "${dataset}"
_SECTION = re.compile(r"(Parameters|Columns|Values):\s*")
_KEY = re.compile(r"Key: ([\w, ]+)\.")
_RANGE = re.compile(r"(-?[\d.]+) (?:to (-?[\d.]+)|or more)")
_ENTRY = re.compile(r"(\w+)(?: \(([A-Z0-9_<>, ]+)\))?:\s+(.*)")


def parse_sql(sql: Sql, source: object) -> exp.Expr:
    """The syntax tree of one statement or expression of GoogleSQL.

    Raises:
        LibraryError: it can't be parsed; names the source and the line.
    """
    try:
        tree = parse_one(sql.text, read="bigquery")
    except SqlglotError as error:
        details = error.errors[0] if isinstance(error, ParseError) and error.errors else {}
        line = sql.line - 1 + int(details.get("line") or 1)
        what = details.get("description") or str(error).split("\n", 1)[0]
        near = str(details.get("highlight") or "")
        raise LibraryError(
            f"{source} line {line}: {what} {f'at {near!r}' if near else ''}"
        ) from None
    if isinstance(tree, exp.Command):
        raise LibraryError(f"{source} line {sql.line}: {sql.first_line}: not a statement EROS uses")
    return tree


@lru_cache(maxsize=512)
def read_object(path: Path, kind: Kind, text: str) -> SqlObject:
    """The object that the file defines; the same text is parsed once in a process.

    Raises:
        LibraryError: it can't be parsed, or doesn't create the object that its path promises.
    """
    try:
        body = parse_script(text)
        fingerprint = _fingerprint(text)
    except ScriptError as error:
        raise LibraryError(f"{path}: {error}") from None
    if not body:
        raise LibraryError(f"{path}: holds no statement")
    header = _Header(text, path)
    trees: list[exp.Expr] = []
    mentioned: set[str] = set()
    for leaf in leaves(body):
        if isinstance(leaf, Call):
            mentioned.add(_object_name(leaf.name) or "")
        else:
            trees.append(parse_sql(leaf, path))
    for tree in trees:
        mentioned |= set(_mentioned(tree))
    name, parameters, columns = _definition(path, kind, body, trees, header)
    if name != path.stem:
        raise LibraryError(f"{path}: the file is named {path.stem}, but it creates {name}")
    return SqlObject(
        name=name,
        kind=kind,
        path=path,
        text=text,
        description=header.description,
        dependencies=frozenset(mentioned - {name, ""}),
        parameters=parameters,
        columns=columns,
        fingerprint=fingerprint,
        key=header.key,
    )


def _fingerprint(text: str) -> str:
    digest = hashlib.sha256()
    for token in tokens_of(text):
        digest.update(f"{token.token_type.name}\x1f{token.text}\x1e".encode())
    return digest.hexdigest()


def _object_name(dotted: str) -> str | None:
    dataset, _, name = dotted.rpartition(".")
    return name if dataset == DATASET else None


def _mentioned(tree: exp.Expr) -> Iterator[str]:
    """Names of the dataset's tables, views and routines in a syntax tree."""
    for table in tree.find_all(exp.Table):
        if table.db == DATASET and not table.catalog:
            yield table.name
    for function in tree.find_all(exp.Anonymous):
        yield _object_name(function.name) or ""


def _definition(
    path: Path, kind: Kind, body: Body, trees: list[exp.Expr], header: "_Header"
) -> tuple[str, tuple[RoutineParameter, ...], tuple[Column, ...]]:
    """Name, parameters and columns of what the file creates."""
    described = tuple(Column(n, header.types[n], text) for n, text in header.columns.items())
    if kind in ("operation", "check"):
        used = sorted({p.name for t in trees for p in t.find_all(exp.Parameter)})
        types = ((n, header.types.get(n, ""), "IN") for n in used)
        return path.stem, _parameters(types, header), described
    if len(body) != 1:
        raise LibraryError(f"{path}: holds {len(body)} statements; one CREATE is expected")
    if kind == "procedure":
        if not isinstance(body[0], CreateProcedure):
            raise LibraryError(f"{path}: CREATE OR REPLACE PROCEDURE expected")
        procedure = body[0]
        parameters = _parameters(((p.name, p.type, p.mode) for p in procedure.parameters), header)
        return _object_name(procedure.name) or procedure.name, parameters, described
    create = trees[0] if trees else None
    creates = {"table": "TABLE", "view": "VIEW"}.get(kind, "FUNCTION")
    if not isinstance(create, exp.Create) or create.kind != creates:
        raise LibraryError(f"{path}: CREATE {kind.upper().replace('_', ' ')} expected")
    table = create.find(exp.Table)
    name = table.name if table is not None and table.db == DATASET else ""
    if not name:
        raise LibraryError(f"{path}: write the object's name as `{DATASET}.{path.stem}`")
    definitions = list(create.this.expressions) if create.this else []
    declared = [d for d in definitions if isinstance(d, exp.ColumnDef)]
    if kind == "table":
        columns = tuple(_column(d, header.values) for d in declared)
        unknown = {*header.values, *header.key} - {column.name for column in columns}
        if unknown:
            raise LibraryError(f"{path}: the header names {', '.join(sorted(unknown))}, no column")
        return name, (), columns
    types = ((d.name, _type(d), "IN") for d in declared)
    return name, _parameters(types, header), described


def _parameters(
    declared: Iterable[tuple[str, str, str]], header: "_Header"
) -> tuple[RoutineParameter, ...]:
    return tuple(
        RoutineParameter(n, t, "OUT" if mode == "OUT" else "IN", header.parameters.get(n, ""))
        for n, t, mode in declared
    )


def _type(column: exp.ColumnDef) -> str:
    kind = column.args.get("kind")
    return kind.sql("bigquery") if isinstance(kind, exp.Expr) else ""


def _column(column: exp.ColumnDef, values: Mapping[str, str]) -> Column:
    described = Column(column.name, _type(column), column_description(column))
    if column.name not in values:
        return described
    text = values[column.name].removesuffix(".")
    if found := _RANGE.fullmatch(text):
        most = found.group(2)
        return replace(described, least=float(found.group(1)), most=float(most) if most else None)
    return replace(described, one_of=tuple(text.split(", ")))


def column_description(column: exp.ColumnDef) -> str:
    """The `OPTIONS (description = "...")` of a column, empty when it has none."""
    for option in column.find_all(exp.Property, exp.EQ):
        if option.name.lower() == "description":
            value = option.args.get("value") or option.args.get("expression")
            return value.name if isinstance(value, exp.Expr) else ""
    return ""


class _Header:
    """The comment lines that a file begins with.

    `types` are those written behind the names of columns and query parameters:
    `page_name (STRING): Creator's page.`
    """

    def __init__(self, text: str, path: Path) -> None:
        prose: list[str] = []
        sections: dict[str, dict[str, str]] = {"Parameters": {}, "Columns": {}, "Values": {}}
        self.key: tuple[str, ...] = ()
        self.types: dict[str, str] = {}
        section = entry = ""
        for number, line in enumerate(text.split("\n"), 1):
            if not line.startswith("--"):
                break
            content = line[2:].removeprefix(" ").rstrip()
            if header := _SECTION.fullmatch(content):
                section, entry = header.group(1), ""
            elif found := _KEY.fullmatch(content):
                self.key = tuple(found.group(1).split(", "))
            elif not section or not content.startswith(" "):
                section = ""
                prose.append(content)
            elif content.startswith("   ") and entry:
                sections[section][entry] += " " + content.strip()
            elif found := _ENTRY.fullmatch(content.strip()):
                entry = found.group(1)
                sections[section][entry] = found.group(3)
                self.types[entry] = found.group(2) or ""
            else:
                raise LibraryError(f"{path} line {number}: `name: text` expected under {section}:")
        self.description = "\n".join(prose).strip()
        self.parameters = sections["Parameters"]
        self.columns = sections["Columns"]
        self.values = sections["Values"]
