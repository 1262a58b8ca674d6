"""Runs scripts and procedures: the procedure language over translated statements.

Variables go into statements as bound parameters, cast to their types. What is run is one DuckDB
transaction that the caller has begun; COMMIT TRANSACTION commits what has been done so far and
begins the next, so that an error after it leaves the committed part, as in BigQuery.
"""

# pyarrow has no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownParameterType=false, reportUnknownArgumentType=false

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from eros_assets.warehouse.binding import scalar
from eros_assets.warehouse.duckdb.execution import Execution
from eros_assets.warehouse.duckdb.translation import Scope, Translated, Translator, parameter_name
from eros_assets.warehouse.protocol import RaisedError, Typed, WarehouseError
from eros_assets.warehouse.sql.syntax import (
    Assert,
    Block,
    Body,
    Call,
    CreateProcedure,
    Declare,
    If,
    Raise,
    SetVariables,
    Sql,
    Statement,
    Transaction,
)

_DEEPEST_CALL = 50  # BigQuery's own limit of nested calls


@dataclass
class Variables:
    """The variables in scope, by lower-case name; a query parameter's name begins with `@`."""

    values: dict[str, Typed] = field(default_factory=dict[str, Typed])

    @property
    def scope(self) -> Scope:
        """Their types."""
        return Scope({name: typed.type for name, typed in self.values.items()})

    def bound(self, names: Sequence[str]) -> dict[str, Any]:
        """The values of these, as DuckDB's parameters."""
        return {parameter_name(name): self.values[name].value for name in names}


@dataclass
class ScriptOutcome:
    """What running has done so far.

    `result` is the last SELECT's rows; `changed` the number of rows that DML changed,
    `changed_tables` the dataset's tables that have them.
    """

    result: pa.Table | None = None
    changed: int = 0
    changed_tables: set[str] = field(default_factory=set[str])


class Interpreter:
    """Runs one operation.

    Args:
        execution: on a connection that is in a transaction.
        translator: of the dataset.
        procedure: a procedure by name, parsed; None when it isn't deployed.
    """

    def __init__(
        self,
        execution: Execution,
        translator: Translator,
        procedure: Callable[[str], CreateProcedure | None],
    ) -> None:
        self._execution = execution
        self._translator = translator
        self._procedure = procedure
        self._depth = 0
        self.outcome = ScriptOutcome()

    def script(self, body: Body, parameters: Mapping[str, Typed], source: str) -> None:
        """Run a script with its query parameters."""
        given = {f"@{name.lower()}": value for name, value in parameters.items()}
        self._body(body, Variables(given), source)

    def call(self, name: str, arguments: Mapping[str, Typed]) -> dict[str, Typed]:
        """Run a procedure; its OUT parameters by name.

        Raises:
            WarehouseError: it isn't deployed, or a statement of it failed.
            RaisedError: it raised one.
        """
        procedure = self._procedure(name)
        if procedure is None:
            raise WarehouseError(f"procedure {name} is not deployed")
        if self._depth >= _DEEPEST_CALL:
            raise WarehouseError(f"procedure {name}: more than {_DEEPEST_CALL} nested calls")
        given = {n.lower(): v for n, v in arguments.items()}
        values = {
            p.name.lower(): given.get(p.name.lower(), Typed(None, p.type))
            for p in procedure.parameters
        }
        variables = Variables(values)
        self._depth += 1
        self._body(procedure.body, variables, name)
        self._depth -= 1
        return {
            p.name: variables.values[p.name.lower()] for p in procedure.parameters if p.mode != "IN"
        }

    def _body(self, body: Body, variables: Variables, source: str) -> None:
        for statement in body:
            self._statement(statement, variables, source)

    def _statement(self, statement: Statement, variables: Variables, source: str) -> None:
        match statement:
            case Sql():
                self._run(statement, variables, source)
            case Declare():
                self._declare(statement, variables, source)
            case SetVariables():
                self._set(statement, variables, source)
            case If():
                self._if(statement, variables, source)
            case Raise():
                message = self._value(statement.message, "STRING", variables, source)
                raise RaisedError("NULL" if message is None else str(message))
            case Assert():
                self._assert(statement, variables, source)
            case Call():
                self._call(statement, variables, source)
            case Transaction(action="COMMIT"):
                self._execution.commit(self.outcome.changed_tables)
            case Transaction():
                pass  # the operation is a transaction from its start
            case Block():
                outer = set(variables.values)
                self._body(statement.body, variables, source)
                for name in variables.values.keys() - outer:
                    del variables.values[name]
            case CreateProcedure():
                raise WarehouseError(f"{source}: procedures are made by deploy, not by a script")

    def _run(self, sql: Sql, variables: Variables, source: str) -> None:
        translated = self._translator.statement(sql, variables.scope, source)
        where = f"{source} line {sql.line}: {sql.first_line}"
        values = variables.bound(translated.variables)
        if translated.kind == "query":
            self.outcome.result = self._execution.rows(translated.sql, values, where)
            return
        if translated.kind == "temporary table":
            self._execution.temporary_tables = True
        changed = self._execution.change(translated.sql, values, where)
        if translated.kind == "change":
            self.outcome.changed += changed
            if translated.target and changed:
                self.outcome.changed_tables.add(translated.target)

    def _rows(
        self, translated: Translated, variables: Variables, sql: Sql, source: str
    ) -> pa.Table:
        where = f"{source} line {sql.line}: {sql.first_line}"
        return self._execution.rows(translated.sql, variables.bound(translated.variables), where)

    def _declare(self, statement: Declare, variables: Variables, source: str) -> None:
        value = None
        if statement.default is not None:
            value = self._value(statement.default, statement.type, variables, source)
        for name in statement.names:
            if name.lower() in variables.values:
                raise WarehouseError(f"{source} line {statement.line}: {name} is declared twice")
            variables.values[name.lower()] = Typed(value, statement.type)

    def _set(self, statement: SetVariables, variables: Variables, source: str) -> None:
        where = f"{source} line {statement.line}"
        kinds = [self._known(name, variables, where).type for name in statement.names]
        if not statement.parenthesised:
            values = [self._value(statement.value, kinds[0], variables, source)]
        else:
            values = self._row(statement, variables, source)
        for name, kind, value in zip(statement.names, kinds, values, strict=True):
            variables.values[name.lower()] = Typed(value, kind)

    def _row(self, statement: SetVariables, variables: Variables, source: str) -> list[Any]:
        translated = self._translator.row(statement.value, variables.scope, source)
        table = self._rows(translated, variables, statement.value, source)
        where = f"{source} line {statement.line}"
        if table.num_columns != len(statement.names):
            raise WarehouseError(
                f"{where}: {len(statement.names)} variables are set to {table.num_columns} columns"
            )
        if table.num_rows > 1:
            raise WarehouseError(f"{where}: the query gives {table.num_rows} rows; one is expected")
        if not table.num_rows:
            return [None] * table.num_columns
        return [scalar(column[0].as_py()) for column in table.columns]

    def _known(self, name: str, variables: Variables, where: str) -> Typed:
        found = variables.values.get(name.lower())
        if found is None:
            raise WarehouseError(f"{where}: {name} is not declared")
        return found

    def _if(self, statement: If, variables: Variables, source: str) -> None:
        for condition, branch in statement.branches:
            if self._value(condition, "BOOL", variables, source):
                self._body(branch, variables, source)
                return
        self._body(statement.otherwise, variables, source)

    def _assert(self, statement: Assert, variables: Variables, source: str) -> None:
        if self._value(statement.condition, "BOOL", variables, source):
            return
        message = f"assertion failed: {statement.condition.first_line}"
        if statement.description is not None:
            message = str(self._value(statement.description, "STRING", variables, source))
        raise RaisedError(message)

    def _call(self, statement: Call, variables: Variables, source: str) -> None:
        where = f"{source} line {statement.line}"
        name = self._translator.name(statement.name)
        procedure = self._procedure(name) if name else None
        if name is None or procedure is None:
            raise WarehouseError(f"{where}: procedure {statement.name} is not deployed")
        if len(statement.arguments) != len(procedure.parameters):
            raise WarehouseError(
                f"{where}: {name} takes {len(procedure.parameters)} arguments, "
                f"not {len(statement.arguments)}"
            )
        given: dict[str, Typed] = {}
        taken: dict[str, str] = {}
        for parameter, argument in zip(procedure.parameters, statement.arguments, strict=True):
            if parameter.mode != "OUT":
                value = self._value(argument, parameter.type, variables, source)
                given[parameter.name] = Typed(value, parameter.type)
            if parameter.mode != "IN":
                self._known(argument.text.strip(), variables, where)
                taken[parameter.name] = argument.text.strip().lower()
        for parameter, typed in self.call(name, given).items():
            target = taken[parameter]
            variables.values[target] = Typed(typed.value, variables.values[target].type)

    def _value(self, sql: Sql, kind: str, variables: Variables, source: str) -> Any:
        translated = self._translator.expression(sql, kind, variables.scope, source)
        where = f"{source} line {sql.line}: {sql.first_line}"
        bound = variables.bound(translated.variables)
        return scalar(self._execution.value(translated.sql, bound, where))
