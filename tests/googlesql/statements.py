"""Analyses a script statement by statement, as its interpreter would meet them.

Google's analyser takes single statements and doesn't look inside procedure bodies. Variables and
parameters are constants of their type in the catalogue, temporary tables are tables in it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from zetasql.wasi._pb2.zetasql.local_service import local_service_pb2
from zetasql.wasi._pb2.zetasql.proto import options_pb2
from zetasql.wasi._pb2.zetasql.public import function_pb2 as functions
from zetasql.wasi._pb2.zetasql.public import type_pb2

from eros_assets.warehouse.sql.files import place_of
from tests.googlesql.catalog import Columns, Scope, Type, named_type, type_name
from tests.googlesql.language import analyzer_options
from tests.googlesql.resolved import Resolved, inherited, kind, unwrap, walk
from tests.googlesql.service import GoogleSqlError, service
from tests.googlesql.source import Source, offset_of
from tests.googlesql.syntax import Node

AMBIGUOUS = re.compile(
    r"Undeclared parameter '(?P<name>\w+)' is used assuming different types "
    r"\((?P<one>.+) vs (?P<other>.+)\)"
)
OUT = (functions.FunctionEnums.OUT, functions.FunctionEnums.INOUT)
BOOL = type_pb2.TypeProto(type_kind=type_pb2.TYPE_BOOL)
STRING = type_pb2.TypeProto(type_kind=type_pb2.TYPE_STRING)


@dataclass(frozen=True, order=True)
class Finding:
    """Something wrong at a place of a file."""

    path: Path
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        """What compilers print, so that editors jump to it."""
        path, line = (
            place_of(self.path, self.line) if self.path.exists() else (self.path, self.line)
        )
        return f"{printed(path)}:{line}:{self.column}: {self.message}"


def printed(path: Path) -> Path:
    """The path as seen from here, where it lies below."""
    absolute = path.resolve()
    return absolute.relative_to(Path.cwd()) if absolute.is_relative_to(Path.cwd()) else path


@dataclass
class Statements:
    """Analyses statements one after the other; what it learns, it keeps for the next.

    `resolved` are all that passed, `created` those that make persistent objects.
    """

    path: Path
    source: Source
    scope: Scope
    findings: list[Finding] = field(default_factory=list)
    resolved: list[Resolved] = field(default_factory=list)
    created: list[Resolved] = field(default_factory=list)
    parameters: dict[str, str] = field(default_factory=dict)
    declared: dict[str, Type] = field(default_factory=dict)
    count: int = 0

    def visit(self, nodes: Sequence[Node]) -> None:
        """Analyse these statements in order."""
        for node in nodes:
            self.count += 1
            match node.kind:
                case "VariableDeclaration":
                    self._declaration(node)
                case "SingleAssignment":
                    self._assignment(node)
                case "AssignmentFromStruct":
                    self._assignment_of_several(node)
                case "SystemVariableAssignment":
                    pass  # a rule of the repository says what is wrong with it
                case "IfStatement":
                    self._if(node)
                case "BeginEndBlock":
                    with self.scope.block():
                        self._list(node.one("statement_list_node"))
                case "RaiseStatement":
                    if (message := node.one("message")) is not None:
                        self._expression(message, STRING)
                case "CreateProcedureStatement":
                    self._procedure(node)
                case "CreateTableStatement":
                    self._table(node)
                case (
                    "CreateFunctionStatement"
                    | "CreateTableFunctionStatement"
                    | "CreateViewStatement"
                ):
                    if (resolved := self._statement(node)) is not None:
                        self.created.append(resolved)
                case "CallStatement":
                    self._call(node)
                case _:
                    self._statement(node)

    def _declaration(self, node: Node) -> None:
        default, declared = node.one("default_value"), node.one("type")
        of = self._type(declared) if declared else None
        if default is not None:
            found = self._expression(default, of)
            of = of or found
        if of is not None:
            for name in node.child("variable_list").many("identifier_list"):
                self.scope.declare(name.path[0], of)

    def _assignment(self, node: Node) -> None:
        if (of := self._variable(node.child("variable"))) is not None:
            self._expression(node.child("expression"), of)

    def _assignment_of_several(self, node: Node) -> None:
        struct = type_pb2.TypeProto(type_kind=type_pb2.TYPE_STRUCT)
        for name in node.child("variables").many("identifier_list"):
            if (of := self._variable(name)) is None:
                return
            struct.struct_type.field.add().field_type.CopyFrom(of)
        self._expression(node.child("struct_expression"), struct)

    def _if(self, node: Node) -> None:
        self._expression(node.child("condition"), BOOL)
        self._list(node.one("then_list"))
        clauses = node.one("elseif_clauses")
        for clause in clauses.many("elseif_clauses") if clauses else []:
            self._expression(clause.child("condition"), BOOL)
            self._list(clause.one("body"))
        self._list(node.one("else_list"))

    def _procedure(self, node: Node) -> None:
        if (resolved := self._statement(node)) is not None:
            self.created.append(resolved)
        body = node.one("body")
        if body is None:
            self._object(node, "a procedure has a body in SQL")
            return
        with self.scope.block():
            for parameter in node.child("parameters").many("parameter_entries"):
                if (of := self._type(parameter.child("type"))) is not None:
                    self.scope.declare(parameter.child("name").path[0], of)
            self._list(body.one("statement_list_node"))

    def _table(self, node: Node) -> None:
        if (resolved := self._statement(node)) is None:
            return
        if node.values.get("scope") == "TEMPORARY":
            self.scope.create(created_name(resolved), table_columns(resolved))
        else:
            self.created.append(resolved)

    def _call(self, node: Node) -> None:
        name, given = node.child("procedure_name").path[-1], node.many("arguments")
        procedure = self.scope.catalog.procedures.get(name)
        taken = procedure.signature.argument if procedure is not None else []
        well = True
        for argument, value in zip(taken, given, strict=False):
            if argument.options.procedure_argument_mode in OUT:
                expression = value.one("expr")
                variable = expression.path if expression and expression.many("names") else ()
                if len(variable) != 1 or variable[0] not in self.scope.variables:
                    self._object(
                        value,
                        f"argument {argument.options.argument_name} is OUT: it needs a variable",
                    )
                    well = False
        if well:
            self._statement(node)

    def _list(self, node: Node | None) -> None:
        if node is not None:
            self.visit(node.many("statement_list"))

    def _variable(self, name: Node) -> Type | None:
        of = self.scope.variables.get(name.path[0])
        if of is None:
            self._object(name, f"undeclared variable: {name.path[0]}")
        return of

    def _type(self, node: Node) -> Type | None:
        text = self.source.text[node.start : node.end].decode()
        blank = self.source.only(node.start, node.start)[0]
        cast = f"SELECT CAST(NULL AS {text})"
        resolved = self._analyse(blank + cast, len("SELECT CAST(NULL AS "), node.start, None)
        return None if resolved is None else _only_column(resolved)

    def _expression(self, node: Node, of: Type | None) -> Type | None:
        text, shift = self.source.only(node.start, node.end, b"SELECT ")
        resolved = self._analyse(text, shift, node.start, of)
        if resolved is None:
            return None
        self.resolved.append(resolved)
        return of or _only_column(resolved)

    def _statement(self, node: Node) -> Resolved | None:
        text, _ = self.source.only(node.start, node.end)
        resolved = self._analyse(text, 0, node.start, None)
        if resolved is not None:
            self.resolved.append(resolved)
        return resolved

    def _analyse(self, text: str, shift: int, start: int, of: Type | None) -> Resolved | None:
        try:
            resolved = self._inferring(text, of)
        except GoogleSqlError as error:
            at = start
            if error.line is not None and error.column is not None:
                at = max(start, offset_of(text.encode(), error.line, error.column) - shift)
            self.findings.append(Finding(self.path, *self.source.place(at), str(error)))
            return None
        self._learn_parameters(resolved)
        return resolved

    def _inferring(self, text: str, of: Type | None) -> Resolved:
        """Analyse; where uses of a parameter suggest two types, take the one that fits them all."""
        failed: GoogleSqlError | None = None
        trials = [self.declared]
        while trials:
            declared = trials.pop()
            try:
                resolved = self._ask(text, of, declared)
            except GoogleSqlError as error:
                conflict = AMBIGUOUS.search(str(error))
                if conflict is not None and conflict["name"] not in declared:
                    both = (conflict["one"], conflict["other"])
                    trials.extend(
                        {**declared, conflict["name"]: named_type(name)}
                        for name in sorted(both, key=_plausible)
                    )
                else:
                    failed = failed or error
            else:
                self.declared = declared
                return resolved
        assert failed is not None
        raise failed

    def _ask(self, text: str, of: Type | None, declared: Mapping[str, Type]) -> Resolved:
        options = options_pb2.AnalyzerOptionsProto()
        options.CopyFrom(analyzer_options())
        if of is not None:
            options.target_column_types.append(of)
        for name, declared_type in declared.items():
            options.query_parameters.add(name=name).type.CopyFrom(declared_type)
        request = local_service_pb2.AnalyzeRequest(
            sql_statement=text,
            options=options,
            registered_catalog_id=self.scope.registered(),
        )
        reply = service().call("Analyze", request, local_service_pb2.AnalyzeResponse)
        return unwrap(reply.resolved_statement)

    def _learn_parameters(self, resolved: Resolved) -> None:
        for node, at in walk(resolved):
            if kind(node) != "Parameter":
                continue
            of = "untyped" if node.is_untyped else type_name(node.parent.type)
            known = self.parameters.get(node.name, "untyped")
            if "untyped" not in (known, of) and known != of:
                message = f"@{node.name} is {known} in one place and {of} in another"
                self.findings.append(Finding(self.path, *self.source.place(at), message))
            self.parameters[node.name] = known if of == "untyped" else of

    def _object(self, node: Node, message: str) -> None:
        self.findings.append(Finding(self.path, *self.source.place(node.start), message))


def _plausible(type_name: str) -> int:
    # The last is tried first: INT64 is what the analyser takes where nothing tells, and texts
    # coerce to almost anything.
    if "INT64" in type_name:
        return 0
    return 1 if type_name == "STRING" else 2


def created_name(resolved: Resolved) -> str:
    """The last part of the name of what a CREATE statement makes."""
    return inherited(resolved, "name_path")[-1]


def table_columns(resolved: Resolved) -> Columns:
    """The columns of a CREATE TABLE."""
    return {c.name: c.type for c in inherited(resolved, "column_definition_list")}


def _only_column(resolved: Resolved) -> Type:
    return resolved.output_column_list[0].column.type
