"""Analyses a script statement by statement, as its interpreter would meet them.

Google's analyser takes single statements and doesn't look inside procedure bodies. Variables and
parameters are constants of their type in the catalogue, temporary tables are tables in it.
"""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from zetasql.wasi._pb2.zetasql.local_service import local_service_pb2
from zetasql.wasi._pb2.zetasql.proto import options_pb2
from zetasql.wasi._pb2.zetasql.public import type_pb2

from tests.googlesql.catalog import Catalog, Type, named_type, table, type_name
from tests.googlesql.language import analyzer_options
from tests.googlesql.resolved import Resolved, kind, unwrap, walk
from tests.googlesql.service import GoogleSqlError, service
from tests.googlesql.source import Source, offset_of
from tests.googlesql.syntax import Node

AMBIGUOUS = re.compile(
    r"Undeclared parameter '(?P<name>\w+)' is used assuming different types "
    r"\((?P<one>.+) vs (?P<other>.+)\)"
)
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
        return f"{self.path}:{self.line}:{self.column}: {self.message}"


@dataclass
class Statements:
    """Analyses statements one after the other; what it learns, it keeps for the next.

    `resolved` are all that passed, `created` those that make persistent objects.
    """

    path: Path
    source: Source
    catalog: Catalog
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
            handler = getattr(self, f"_visit_{node.kind}", None)
            if handler is not None:
                handler(node)
            else:
                self._statement(node)

    def _visit_VariableDeclaration(self, node: Node) -> None:
        names = node.children["variable_list"]
        assert isinstance(names, Node)
        default, declared = node.one("default_value"), node.one("type")
        of: Type | None = self._type(declared) if declared else None
        if default is not None:
            found = self._expression(default, of)
            of = of or found
        if of is None:
            return
        for name in names.many("identifier_list"):
            self.catalog.constants[name.path[0]] = of

    def _visit_SingleAssignment(self, node: Node) -> None:
        variable, value = node.one("variable"), node.one("expression")
        assert variable is not None and value is not None
        self._assignable(variable, value)

    def _visit_AssignmentFromStruct(self, node: Node) -> None:
        variables, value = node.one("variables"), node.one("struct_expression")
        assert variables is not None and value is not None
        names = variables.many("identifier_list")
        types = [self._variable(name) for name in names]
        if any(of is None for of in types):
            return
        struct = type_pb2.TypeProto(type_kind=type_pb2.TYPE_STRUCT)
        for of in types:
            struct.struct_type.field.add().field_type.CopyFrom(of)
        self._expression(value, struct)

    def _visit_SystemVariableAssignment(self, node: Node) -> None:
        """A rule of the repository, not the analyser, has something to say about it."""

    def _visit_IfStatement(self, node: Node) -> None:
        self._condition(node)
        self._block(node.one("then_list"))
        clauses = node.one("elseif_clauses")
        for clause in clauses.many("elseif_clauses") if clauses else []:
            self._condition(clause)
            self._block(clause.one("body"))
        self._block(node.one("else_list"))

    def _visit_BeginEndBlock(self, node: Node) -> None:
        outer = dict(self.catalog.constants)
        self._block(node.one("statement_list_node"))
        self.catalog.constants = outer

    def _visit_RaiseStatement(self, node: Node) -> None:
        if (message := node.one("message")) is not None:
            self._expression(message, STRING)

    def _visit_CreateProcedureStatement(self, node: Node) -> None:
        resolved = self._statement(node)
        parameters, body = node.one("parameters"), node.one("body")
        assert parameters is not None
        if body is None:
            self._object(node, "a procedure has a SQL body")
            return
        outer = dict(self.catalog.constants)
        for parameter in parameters.many("parameter_entries"):
            name, of = parameter.one("name"), parameter.one("type")
            if name is not None and of is not None and (found := self._type(of)) is not None:
                self.catalog.constants[name.path[0]] = found
        if resolved is not None:
            # Procedures may call themselves only through the catalogue of what is deployed.
            self.created.append(resolved)
        self._block(body.one("statement_list_node"))
        self.catalog.constants = outer

    def _visit_CreateTableStatement(self, node: Node) -> None:
        resolved = self._statement(node)
        if resolved is None:
            return
        if node.values.get("scope") != "TEMPORARY":
            self.created.append(resolved)
            return
        base = resolved
        while "column_definition_list" not in base.DESCRIPTOR.fields_by_name:
            base = base.parent
        name = base.parent.name_path[-1]
        columns = {column.name: column.type for column in base.column_definition_list}
        self.catalog.temporary[name] = table(name, columns)

    def _visit_CreateFunctionStatement(self, node: Node) -> None:
        if (resolved := self._statement(node)) is not None:
            self.created.append(resolved)

    _visit_CreateTableFunctionStatement = _visit_CreateFunctionStatement
    _visit_CreateViewStatement = _visit_CreateFunctionStatement

    def _visit_CallStatement(self, node: Node) -> None:
        resolved = self._statement(node)
        if resolved is None:
            return
        declared = resolved.signature.argument
        for argument, given in zip(declared, node.many("arguments"), strict=False):
            expression = given.one("expr")
            names = (
                ()
                if expression is None or expression.kind != "PathExpression"
                else (expression.path)
            )
            is_out = argument.options.procedure_argument_mode in (2, 3)
            if is_out and (len(names) != 1 or names[0] not in self.catalog.constants):
                name = argument.options.argument_name
                self._object(given, f"argument {name} is OUT: it needs a variable")

    def _block(self, node: Node | None) -> None:
        if node is not None:
            self.visit(node.many("statement_list"))

    def _condition(self, node: Node) -> None:
        condition = node.one("condition")
        assert condition is not None
        self._expression(condition, BOOL)

    def _variable(self, name: Node) -> Type | None:
        of = self.catalog.constants.get(name.path[0])
        if of is None:
            self._object(name, f"undeclared variable: {name.path[0]}")
        return of

    def _assignable(self, variable: Node, value: Node) -> None:
        if (of := self._variable(variable)) is not None:
            self._expression(value, of)

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
                    # Texts coerce to almost anything, so they are tried last.
                    both = (conflict["one"], conflict["other"])
                    for name in sorted(both, key=lambda name: "STRING" not in name):
                        trials.append({**declared, conflict["name"]: named_type(name)})
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
            registered_catalog_id=self.catalog.registered(),
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


def _only_column(resolved: Resolved) -> Type:
    return resolved.output_column_list[0].column.type
