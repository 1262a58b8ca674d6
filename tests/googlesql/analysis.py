"""Every statement of `sql/` through Google's analyser, each object after what it depends on."""

import time
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from filelock import FileLock
from zetasql.wasi._pb2.zetasql.proto import function_pb2
from zetasql.wasi._pb2.zetasql.public import function_pb2 as functions

from eros_assets.warehouse.sql.files import source_text
from tests.googlesql import memory
from tests.googlesql.catalog import Catalog, Columns, Entry, Scope, fixed, signature, table
from tests.googlesql.deployable import deployable
from tests.googlesql.refusals import refusals
from tests.googlesql.resolved import Resolved, inherited, kind
from tests.googlesql.rules import syntax_rules
from tests.googlesql.service import GoogleSqlError, cache_folder
from tests.googlesql.source import DATASET, PROJECT, Source, UnknownPlaceholderError
from tests.googlesql.statements import Finding, Statements, created_name, table_columns
from tests.googlesql.typed_rules import typed_rules
from tests.googlesql.unsteady import Unsteady

REPOSITORY = Path(__file__).resolve().parents[2]
SQL = REPOSITORY / "sql"

# What a folder's files hold; None: any script.
KINDS: Mapping[str, str | None] = {
    "tables": "CreateTableStatement",
    "functions": "CreateFunctionStatement",
    "table_functions": "CreateTableFunctionStatement",
    "views": "CreateViewStatement",
    "procedures": "CreateProcedureStatement",
    "operations": None,
    "checks": None,
}


@dataclass(frozen=True)
class File:
    """A file of `sql/` as it was analysed.

    `parameters` are its query parameters' types by name, `entry` is what it adds to the catalogue.
    """

    path: Path
    statements: int
    findings: Sequence[Finding]
    parameters: Mapping[str, str]
    seconds: float
    entry: Entry | None = None

    @property
    def folder(self) -> str:
        """Its kind, in the plural."""
        return self.path.parent.name


@dataclass
class Session:
    """A catalogue that grows as files are analysed."""

    catalog: Catalog = field(default_factory=lambda: Catalog(PROJECT, DATASET))

    def analyse(self, path: Path, content: str | None = None) -> File:
        """Analyse one file (or `content` in its place) and add its object to the catalogue."""
        began = time.perf_counter()
        content = source_text(path) if content is None else content
        try:
            source = Source(content)
        except (GoogleSqlError, UnknownPlaceholderError) as error:
            findings = [Finding(path, error.line or 1, error.column or 1, str(error))]
            return File(path, 0, findings, {}, time.perf_counter() - began)
        nodes = source.tree.child("statement_list_node").many("statement_list")
        with Scope(self.catalog) as scope:
            statements = Statements(path, source, scope)
            statements.visit(nodes)
        violations = list(syntax_rules(source.tree, path))
        violations += deployable(source.tree, source.text, path)
        expected = KINDS.get(path.parent.name)
        if expected and [node.kind for node in nodes] != [expected]:
            at = nodes[0].start if nodes else 0
            violations.append((at, f"a file of {path.parent.name}/ holds one {expected} alone"))
        if path.parent.name == "operations" and statements.created:
            violations.append((nodes[0].start, "a persistent object is made by a file of its own"))
        sums = Unsteady()
        for resolved in statements.resolved:
            violations += typed_rules(resolved, source.text)
            violations += refusals(resolved)
            violations += sums.violations(resolved)
        findings = [Finding(path, *source.place(at), message) for at, message in violations]
        entry = entry_of(statements.created[0]) if expected and statements.created else None
        if entry is not None:
            if entry.name != path.stem:
                message = f"the file makes {entry.name}: name it {entry.name}.sql"
                findings.append(Finding(path, 1, 1, message))
            self.catalog.add(entry)
        return File(
            path,
            statements.count,
            sorted([*findings, *statements.findings]),
            statements.parameters,
            time.perf_counter() - began,
            entry,
        )


def entry_of(resolved: Resolved) -> Entry | None:
    """What a CREATE statement adds to the catalogue."""
    name = created_name(resolved)
    match kind(resolved):
        case "CreateTableStmt" | "CreateTableAsSelectStmt":
            return Entry(name, table(name, table_columns(resolved)))
        case "CreateViewStmt":
            return Entry(name, table(name, output_columns(resolved)))
        case "CreateFunctionStmt":
            return Entry(
                name,
                function_pb2.FunctionProto(
                    name_path=[name],
                    group="UDF",
                    mode=functions.FunctionEnums.SCALAR,
                    signature=[signature(arguments(resolved), fixed(resolved.return_type))],
                ),
            )
        case "CreateTableFunctionStmt":
            return Entry(
                name,
                function_pb2.TableValuedFunctionProto(
                    name_path=[name],
                    signature=signature(arguments(resolved), relation(output_columns(resolved))),
                    type=functions.FunctionEnums.FIXED_OUTPUT_SCHEMA_TVF,
                ),
            )
        case "CreateProcedureStmt":
            return Entry(
                name,
                function_pb2.ProcedureProto(name_path=[name], signature=resolved.signature),
            )
        case _:
            return None


def output_columns(resolved: Resolved) -> Columns:
    """The columns that a view or table function gives."""
    return {c.name: c.column.type for c in inherited(resolved, "output_column_list")}


def arguments(resolved: Resolved) -> "list[tuple[str, Resolved]]":
    """Names and types of a function's arguments."""
    types = [argument.type for argument in resolved.signature.argument]
    return list(zip(resolved.argument_name_list, types, strict=True))


def relation(columns: Columns) -> function_pb2.FunctionArgumentTypeProto:
    """The result of a table function."""
    result = function_pb2.FunctionArgumentTypeProto(kind=functions.ARG_TYPE_RELATION)
    for name, of in columns.items():
        result.options.relation_input_schema.column.add(name=name).type.CopyFrom(of)
    return result


def sql_files(root: Path = SQL) -> "list[Path]":
    """Every SQL file, by kind and name."""
    return sorted(root.glob("*/*.sql"))


def in_order(paths: Sequence[Path], mentioned: Mapping[Path, Set[str]]) -> "list[Path]":
    """Files so that each comes after those whose objects it mentions.

    Raises:
        ValueError: objects that need each other, by name.
    """
    objects = {path.stem: path for path in paths if KINDS.get(path.parent.name)}
    graph = {
        path: [objects[name] for name in sorted(mentioned[path]) if name in objects]
        for path in paths
    }
    for path, needed in graph.items():
        if path in needed:
            needed.remove(path)
    try:
        return list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        names = " → ".join(path.stem for path in error.args[1])
        raise ValueError(f"objects of sql/ need each other: {names}") from error


def mentions(content: str) -> "set[str]":
    """Names of the dataset's objects that a text mentions; none where it can't be parsed."""
    try:
        tree = Source(content).tree
    except (GoogleSqlError, UnknownPlaceholderError):
        return set()
    return {
        node.path[2]
        for node in tree.walk()
        if node.kind == "PathExpression"
        and len(node.path) > 2
        and node.path[:2] == (PROJECT, DATASET)
    }


def analyse_all(root: Path = SQL) -> "tuple[Session, list[File]]":
    """Analyse all of `sql/`, or take what is remembered of files that haven't changed.

    A file is analysed anew when it, what it mentions, or the analysis itself has changed.
    """
    # Of processes that begin at once, one analyses, and the others find what it remembers.
    with FileLock(cache_folder() / "analysis.lock"):
        return _analysed(root)


def _analysed(root: Path) -> "tuple[Session, list[File]]":
    session, files = Session(), []
    paths = sql_files(root)
    contents = {path: source_text(path) for path in paths}
    mentioned = {path: set(_remembered_mentions(contents[path])) for path in paths}
    keys: dict[str, str] = {}
    for path in in_order(paths, mentioned):
        known = [f"{name} {keys.get(name)}" for name in sorted(mentioned[path])]
        key = memory.key(str(path.relative_to(root)), contents[path], *known)
        keys.setdefault(path.stem, key)
        file = _remembered_file(path, key)
        if file is None:
            file = session.analyse(path, contents[path])
            memory.store(key, _as_json(file))
        elif file.entry is not None:
            session.catalog.add(file.entry)
        files.append(file)
    return session, files


def _remembered_mentions(content: str) -> "list[str]":
    key = memory.key("mentions", content)
    found = memory.load(key)
    if found is None:
        found = sorted(mentions(content))
        memory.store(key, found)
    return found


def _remembered_file(path: Path, key: str) -> File | None:
    found = memory.load(key)
    if found is None:
        return None
    return File(
        path,
        found["statements"],
        [Finding(path, *finding) for finding in found["findings"]],
        found["parameters"],
        found["seconds"],
        None if found["entry"] is None else Entry.from_json(found["entry"]),
    )


def _as_json(file: File) -> "dict[str, object]":
    return {
        "statements": file.statements,
        "findings": [[f.line, f.column, f.message] for f in file.findings],
        "parameters": dict(file.parameters),
        "seconds": file.seconds,
        "entry": None if file.entry is None else file.entry.to_json(),
    }
