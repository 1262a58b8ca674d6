"""Runs scripts and procedures by Google's reference implementation, statement by statement.

The implementation evaluates single queries and single INSERT, UPDATE and DELETE statements; the
control flow between them is here, and so is MERGE, as the three statements that it stands for.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from zetasql.wasi._pb2.zetasql.local_service import local_service_pb2

from eros_assets.warehouse.sql.files import source_text
from tests.googlesql.analysis import SQL
from tests.googlesql.answers import answer
from tests.googlesql.catalog import Type, named_type, type_name
from tests.googlesql.evaluation import (
    Answer,
    Beside,
    Given,
    Reference,
    evaluated,
    full_name,
    unsplit,
)
from tests.googlesql.language import analyzer_options
from tests.googlesql.source import Source
from tests.googlesql.syntax import Node
from tests.googlesql.values import decode

CHANGES = ("InsertStatement", "UpdateStatement", "DeleteStatement")

NOW = "TIMESTAMP '2030-01-01 00:00:00+00'"
"""When scripts run here. Rows are stamped with it, and nothing else hangs on it."""

MERGED = "merged_rows"
"""The temporary table of what a MERGE takes."""

Operation = local_service_pb2.EvaluateModifyResponse.Row


class RaisedError(Exception):
    """RAISE USING MESSAGE was reached; its message."""


@dataclass
class Script:
    """Tables that scripts change, and temporary ones. `last` is what the last SELECT gave."""

    reference: Reference
    tables: dict[str, list[dict[str, object]]]
    root: Path = SQL
    last: Answer | None = None
    temporary: dict[str, Answer] = field(default_factory=dict)

    def run(self, path: Path, parameters: Mapping[str, Given] | None = None) -> None:
        """Run a script of `sql/operations`; its parameters are variables here.

        Raises:
            RaisedError, GoogleSqlError: it ended there; the tables are as they were before it.
        """
        source = unsplit(source_text(path))
        body = source.tree.child("statement_list_node").many("statement_list")
        variables = {
            name: (named_type(given.type), given.value)
            for name, given in (parameters or {}).items()
        }
        self._atomically(_Frame(self, source, variables), body)

    def call(self, procedure: str, arguments: Mapping[str, Given]) -> dict[str, object]:
        """Call a procedure with its IN arguments by name; the values of its OUT parameters.

        Raises:
            RaisedError, GoogleSqlError: it ended there; the tables are as they were before it.
        """
        path = self.root / "procedures" / f"{procedure}.sql"
        source = unsplit(source_text(path))
        (create,) = source.tree.child("statement_list_node").many("statement_list")
        frame, out = _Frame(self, source), []
        for parameter in create.child("parameters").many("parameter_entries"):
            name = parameter.child("name").path[0]
            of = named_type(source.text[parameter.child("type").start : parameter.end].decode())
            given = arguments.get(name)
            frame.variables[name] = (of, None if given is None else given.value)
            if parameter.values.get("procedure_parameter_mode") == "OUT":
                out.append(name)
        block = create.child("body").child("statement_list_node").many("statement_list")
        self._atomically(frame, block)
        return {name: frame.variables[name][1] for name in out}

    def _atomically(self, frame: "_Frame", body: Sequence[Node]) -> None:
        before = {name: list(rows) for name, rows in self.tables.items()}
        try:
            frame.run(body)
        except BaseException:
            self.tables = before
            raise


@dataclass
class _Frame:
    """One body as it runs: its text and its variables."""

    script: Script
    source: Source
    variables: dict[str, tuple[Type, object]] = field(default_factory=dict)

    def run(self, body: Sequence[Node]) -> None:
        for node in body:
            match node.kind:
                case "BeginEndBlock":
                    self.run(node.child("statement_list_node").many("statement_list"))
                case "BeginStatement" | "CommitStatement":
                    pass  # scripts are atomic here as a whole
                case "VariableDeclaration":
                    self._declare(node)
                case "SingleAssignment":
                    self._set(node.child("variable").path[0], self._value(node.child("expression")))
                case "AssignmentFromStruct":
                    self._set_several(node)
                case "IfStatement":
                    self._if(node)
                case "RaiseStatement":
                    raise RaisedError(self._value(node.child("message")))
                case "QueryStatement":
                    self.script.last = self._query(node, self._text(node))
                case "CreateTableStatement":
                    name, query = node.child("name").path[0], node.child("query")
                    self.script.temporary[name] = self._query(query, self._text(query))
                case "CallStatement":
                    self._call(node)
                case "MergeStatement":
                    self._merge(node)
                case kind if kind in CHANGES:
                    self._apply(node, [self._changes(node, self._text(node), kind)])
                case kind:
                    raise NotImplementedError(kind)

    def _declare(self, node: Node) -> None:
        declared, default = node.one("type"), node.one("default_value")
        if declared is not None:
            of, value = named_type(self._text(declared)), None
        else:
            assert default is not None
            of = next(
                iter(self._query(default, f"SELECT {self._text(default)} AS v").columns.values())
            )
        if default is not None:
            value = self._value(default, of)
        for name in node.child("variable_list").many("identifier_list"):
            self.variables[name.path[0]] = (of, value)

    def _set(self, name: str, value: object) -> None:
        of, _ = self.variables[name]
        self.variables[name] = (
            of,
            float(value) if type_name(of) == "FLOAT64" and value is not None else value,
        )

    def _set_several(self, node: Node) -> None:
        struct = node.child("struct_expression")
        (row,) = self._query(struct, f"SELECT {self._text(struct)} AS v").rows
        values = list(row["v"].values())
        for name, value in zip(
            node.child("variables").many("identifier_list"), values, strict=True
        ):
            self._set(name.path[0], value)

    def _if(self, node: Node) -> None:
        branches = [(node.child("condition"), node.child("then_list"))]
        clauses = node.one("elseif_clauses")
        branches += [
            (clause.child("condition"), clause.child("body"))
            for clause in (clauses.many("elseif_clauses") if clauses else [])
        ]
        for condition, body in branches:
            if self._value(condition):
                self.run(body.many("statement_list"))
                return
        if (otherwise := node.one("else_list")) is not None:
            self.run(otherwise.many("statement_list"))

    def _call(self, node: Node) -> None:
        raise NotImplementedError("CALL within a script")

    def _value(self, node: Node, of: Type | None = None) -> object:
        text = self._text(node)
        if of is not None:
            text = f"CAST({text} AS {type_name(of)})"
        (row,) = self._query(node, f"SELECT {text} AS v").rows
        return row["v"]

    def _query(self, node: Node, text: str) -> Answer:
        reference = self.script.reference
        contents = reference.with_views(node, self.script.tables)
        beside = self._beside(text)
        with reference.registered(reference.needed(node), contents, beside) as catalog:
            return evaluated(stopped(text), catalog, {})

    def _beside(self, text: str) -> Beside:
        """What the script has beside the dataset and the text names: the rest costs time alone."""
        words = set(re.findall(r"\w+", text))
        return Beside(
            {name: each for name, each in self.variables.items() if name in words},
            {name: each for name, each in self.script.temporary.items() if name in words},
        )

    def _merge(self, node: Node) -> None:
        """UPDATE, INSERT and DELETE, each of the table as it is before all of them."""
        target = f"{self._text(node.child('target_path'))} {self._optional(node, 'alias')}"
        source = self._merged(node.child("table_expression"))
        on = self._text(node.child("merge_condition"))
        changes: list[Sequence[Operation]] = []
        for clause in node.child("when_clauses").many("clause_list"):
            action = clause.child("action")
            search = clause.one("search_condition")
            also = "" if search is None else f" AND ({self._text(search)})"
            match clause.values["match_type"], action.values["action_type"]:
                case "MATCHED", "UPDATE":
                    items = self._text(action.child("update_item_list"))
                    text = f"UPDATE {target} SET {items} FROM {source} WHERE ({on}){also}"
                    kind = "UpdateStatement"
                case "MATCHED", "DELETE":
                    text = (
                        f"DELETE FROM {target} "
                        f"WHERE EXISTS (SELECT 1 FROM {source} WHERE ({on}){also})"
                    )
                    kind = "DeleteStatement"
                case "NOT_MATCHED_BY_TARGET", "INSERT":
                    columns = self._text(action.child("insert_column_list"))
                    values = ", ".join(map(self._text, action.child("insert_row").many("values")))
                    text = (
                        f"INSERT INTO {self._text(node.child('target_path'))} {columns} "
                        f"SELECT {values} FROM {source} "
                        f"WHERE NOT EXISTS (SELECT 1 FROM {target} WHERE {on}){also}"
                    )
                    kind = "InsertStatement"
                case "NOT_MATCHED_BY_SOURCE", "DELETE":
                    text = (
                        f"DELETE FROM {target} "
                        f"WHERE NOT EXISTS (SELECT 1 FROM {source} WHERE {on}){also}"
                    )
                    kind = "DeleteStatement"
                case other:
                    raise NotImplementedError(other)
            changes.append(self._changes(node, text, kind))
        self._apply(node, changes)

    def _merged(self, source: Node) -> str:
        """What a MERGE takes; a query is asked once: the implementation has no WITH in changes."""
        query = source.one("subquery")
        if query is None:
            return self._text(source)
        self.script.temporary[MERGED] = self._query(query, self._text(query))
        return f"{MERGED} {self._optional(source, 'alias')}"

    def _changes(self, node: Node, text: str, kind: str) -> Sequence[Operation]:
        reference = self.script.reference
        contents = reference.with_views(node, self.script.tables)
        beside = self._beside(text)
        target = node.child("target_path").path[0]
        numbered = None if kind == "InsertStatement" else target
        needed = {*reference.needed(node), target.removeprefix(full_name(""))}
        with reference.registered(needed, contents, beside, numbered) as catalog:
            request = local_service_pb2.EvaluateModifyRequest(
                sql=stopped(text), options=analyzer_options()
            )
            reply = answer(
                "EvaluateModify", request, catalog, local_service_pb2.EvaluateModifyResponse
            )
        return reply.content

    def _apply(self, node: Node, changes: Sequence[Sequence[Operation]]) -> None:
        name = node.child("target_path").path[0]
        temporary = self.script.temporary.get(name)
        name = name.removeprefix(full_name(""))
        rows = self.script.tables.get(name, []) if temporary is None else temporary.rows
        columns = self.script.reference.columns(name) if temporary is None else temporary.columns
        numbered, added = dict(enumerate(rows)), []
        for operation in chain.from_iterable(changes):
            row = {
                column: decode(cell, of)
                for (column, of), cell in zip(columns.items(), operation.cell, strict=False)
            }
            match operation.operation:
                case Operation.INSERT:
                    added.append(row)
                case Operation.UPDATE:
                    numbered[operation.old_primary_key[0].int64_value] = row
                case Operation.DELETE:
                    del numbered[operation.old_primary_key[0].int64_value]
        changed = [*numbered.values(), *added]
        if temporary is None:
            self.script.tables[name] = changed
        else:
            temporary.rows = changed

    def _text(self, node: Node) -> str:
        text = self.source.text[node.start : node.end].decode()
        return re.sub(r"@(\w+)", r"\1", text)

    def _optional(self, node: Node, role: str) -> str:
        child = node.one(role)
        return "" if child is None else self._text(child)


def stopped(text: str) -> str:
    """A statement whose clock stands still, so that its answer can be remembered."""
    return text.replace("CURRENT_TIMESTAMP()", NOW)
