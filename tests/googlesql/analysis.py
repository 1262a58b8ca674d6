"""Every statement of `sql/` through Google's analyser, each object after what it depends on."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from zetasql.wasi._pb2.zetasql.proto import function_pb2
from zetasql.wasi._pb2.zetasql.public import function_pb2 as functions

from tests.googlesql.catalog import Catalog, Columns, fixed, signature, table
from tests.googlesql.resolved import Resolved, kind, unwrap
from tests.googlesql.rules import syntax_rules
from tests.googlesql.service import GoogleSqlError
from tests.googlesql.source import DATASET, PROJECT, Source
from tests.googlesql.statements import Finding, Statements
from tests.googlesql.typed_rules import typed_rules

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
    """A file of `sql/` as it was analysed. `parameters` are its query parameters' types."""

    path: Path
    statements: int
    findings: Sequence[Finding]
    parameters: Mapping[str, str]
    seconds: float

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
        content = path.read_text() if content is None else content
        try:
            source = Source(content)
        except KeyError as error:
            findings = [Finding(path, 1, 1, str(error.args[0]))]
            return File(path, 0, findings, {}, time.perf_counter() - began)
        except GoogleSqlError as error:
            findings = [Finding(path, error.line or 1, error.column or 1, str(error))]
            return File(path, 0, findings, {}, time.perf_counter() - began)
        statements = Statements(path, source, self.catalog.in_script())
        findings = [
            Finding(path, *source.place(at), message)
            for at, message in syntax_rules(source.tree, path)
        ]
        nodes = source.tree.many("statement_list_node")[0].many("statement_list")
        expected = KINDS.get(path.parent.name)
        if expected and [node.kind for node in nodes] != [expected]:
            message = f"a file of {path.parent.name}/ holds one {expected} and nothing else"
            findings.append(Finding(path, *source.place(nodes[0].start), message))
        statements.visit(nodes)
        for resolved in statements.resolved:
            findings += [
                Finding(path, *source.place(at), message)
                for at, message in typed_rules(resolved, source.text)
            ]
        for resolved in statements.created:
            self._add(resolved)
        return File(
            path,
            statements.count,
            sorted([*findings, *statements.findings]),
            statements.parameters,
            time.perf_counter() - began,
        )

    def _add(self, resolved: Resolved) -> None:
        name = created_name(resolved)
        match kind(resolved):
            case "CreateTableStmt" | "CreateTableAsSelectStmt":
                self.catalog.tables[name] = table(name, table_columns(resolved))
            case "CreateViewStmt":
                self.catalog.tables[name] = table(name, output_columns(resolved))
            case "CreateFunctionStmt":
                self.catalog.functions[name] = function_pb2.FunctionProto(
                    name_path=[name],
                    group="UDF",
                    mode=functions.FunctionEnums.SCALAR,
                    signature=[signature(arguments(resolved), fixed(resolved.return_type))],
                )
            case "CreateTableFunctionStmt":
                self.catalog.table_functions[name] = function_pb2.TableValuedFunctionProto(
                    name_path=[name],
                    signature=signature(arguments(resolved), relation(output_columns(resolved))),
                    type=functions.FunctionEnums.FIXED_OUTPUT_SCHEMA_TVF,
                )
            case "CreateProcedureStmt":
                self.catalog.procedures[name] = function_pb2.ProcedureProto(
                    name_path=[name], signature=resolved.signature
                )
            case _:
                pass


def created_name(resolved: Resolved) -> str:
    """The last part of the name of what a CREATE statement makes."""
    while "name_path" not in resolved.DESCRIPTOR.fields_by_name:
        resolved = resolved.parent
    return resolved.name_path[-1]


def table_columns(resolved: Resolved) -> Columns:
    """The columns of a CREATE TABLE."""
    while "column_definition_list" not in resolved.DESCRIPTOR.fields_by_name:
        resolved = resolved.parent
    return {column.name: column.type for column in resolved.column_definition_list}


def output_columns(resolved: Resolved) -> Columns:
    """The columns that a view or table function gives."""
    while "output_column_list" not in resolved.DESCRIPTOR.fields_by_name:
        resolved = resolved.parent
    return {column.name: column.column.type for column in resolved.output_column_list}


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


def in_order(paths: Iterable[Path]) -> "list[Path]":
    """Files so that each comes after those whose objects it mentions; scripts last.

    Raises:
        ValueError: objects that need each other, by name.
    """
    objects = {path.stem: path for path in paths if KINDS.get(path.parent.name)}
    graph: dict[Path, list[Path]] = {}
    for path in paths:
        mentioned = mentions(path.read_text())
        graph[path] = [objects[n] for n in mentioned if n in objects and objects[n] != path]
    try:
        return list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        names = " → ".join(path.stem for path in error.args[1])
        raise ValueError(f"objects of sql/ need each other: {names}") from error


def mentions(content: str) -> "set[str]":
    """Names of the dataset's objects that a text mentions; none where it can't be parsed."""
    try:
        tree = Source(content).tree
    except (GoogleSqlError, KeyError):
        return set()
    return {
        node.path[2]
        for node in tree.walk()
        if node.kind == "PathExpression"
        and len(node.path) > 2
        and node.path[:2] == (PROJECT, DATASET)
    }


def analyse_all(paths: Sequence[Path] | None = None) -> "list[File]":
    """Analyse all of `sql/`; `paths` narrows what is reported, not what is known."""
    session = Session()
    wanted = None if paths is None else {path.resolve() for path in paths}
    files = [session.analyse(path) for path in in_order(sql_files())]
    return [file for file in files if wanted is None or file.path.resolve() in wanted]


__all__ = ["File", "Session", "analyse_all", "in_order", "sql_files", "unwrap"]
