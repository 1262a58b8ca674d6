"""Floating sums that a rank or an id hangs on.

SUM, AVG and their kin add FLOAT64 in an order that changes from run to run, on BigQuery and with
threads on any engine: the last digits differ. Where such a number orders rows or becomes part of a
hash, the same tables may give another schedule. ROUND it where it decides, or sum whole numbers.

Followed within a script: through WITH, subqueries and temporary tables. A number that a table of
the dataset keeps is the same at every reading.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from google.protobuf.message import Message
from zetasql.wasi._pb2.zetasql.public import type_pb2

from tests.googlesql.refusals import function_name
from tests.googlesql.resolved import Resolved, inherited, kind, unwrap, walk
from tests.googlesql.rules import Violation

SUMS = frozenset(
    """
    SUM AVG STDDEV STDDEV_SAMP STDDEV_POP VARIANCE VAR_SAMP VAR_POP CORR COVAR_SAMP COVAR_POP
    """.split()  # noqa: SIM905 (a list of lines otherwise)
)
# What takes the last digits away, or asks a question whose answer is no number.
STEADYING = frozenset(
    """
    ROUND TRUNC FLOOR CEIL CEILING SIGN DIV IS_NULL EQUAL NOT_EQUAL LESS LESS_OR_EQUAL GREATER
    GREATER_OR_EQUAL BETWEEN IN AND OR NOT IS_NAN COUNT COUNTIF LOGICAL_OR LOGICAL_AND
    """.split()  # noqa: SIM905 (a list of lines otherwise)
)
HASHES = frozenset(("SHA1", "SHA256", "SHA512", "MD5", "FARM_FINGERPRINT"))
ORDERING = frozenset(
    """
    ROW_NUMBER RANK DENSE_RANK PERCENT_RANK CUME_DIST NTILE FIRST_VALUE LAST_VALUE NTH_VALUE LAG
    LEAD ARRAY_AGG STRING_AGG
    """.split()  # noqa: SIM905
)
# What a scan reads comes before what it computes.
SOURCES = ("parent", "input_scan", "left_scan", "right_scan", "with_entry_list")
FLOATS = (type_pb2.TYPE_DOUBLE, type_pb2.TYPE_FLOAT)


@dataclass
class Unsteady:
    """Reads the statements of one script in order; remembers what its temporary tables hold."""

    tables: dict[str, set[str]] = field(default_factory=dict)
    _columns: set[int] = field(default_factory=set)
    _named: dict[str, list[bool]] = field(default_factory=dict)

    def violations(self, resolved: Resolved) -> Iterator[Violation]:
        """Ranks and hashes of a statement that hang on floating sums."""
        self._columns, self._named = set(), {}
        self._scan(resolved)
        if kind(resolved) == "CreateTableAsSelectStmt":
            self.tables[inherited(resolved, "name_path")[-1].lower()] = {
                column.name.lower()
                for column in resolved.output_column_list
                if column.column.column_id in self._columns
            }
        for node, at in walk(resolved):
            yield from self._deciding(node, at)

    def _deciding(self, node: Resolved, at: int) -> Iterator[Violation]:
        match kind(node):
            case "AnalyticFunctionGroup":
                calls = [unwrap(unwrap(each).expr) for each in node.analytic_function_list]
                ranks = [call for call in calls if function_name(call) in ORDERING]
                items = node.order_by.order_by_item_list if node.HasField("order_by") else ()
                if ranks and self._any(items):
                    yield (
                        at,
                        f"{function_name(ranks[0])} by a floating sum: ROUND what it orders by",
                    )
            case "LimitOffsetScan":
                below = unwrap(node.input_scan)
                if kind(below) == "OrderByScan" and self._any(below.order_by_item_list):
                    yield at, "LIMIT of rows in the order of a floating sum: ROUND it"
            case "AggregateFunctionCall" if function_name(node) in ORDERING:
                if self._any(node.order_by_item_list):
                    yield at, f"{function_name(node)} by a floating sum: ROUND what it orders by"
            case "FunctionCall" if function_name(node.parent) in HASHES:
                if any(self._expression(each) for each in inherited(node, "argument_list")):
                    yield at, f"{function_name(node.parent)} of a floating sum: ROUND it"
            case _:
                pass

    def _any(self, items: "list[Resolved]") -> bool:
        return any(item.column_ref.column.column_id in self._columns for item in items)

    def _scan(self, message: Message) -> None:
        """Mark columns from the innermost scan outwards."""
        name = kind(message) if message.DESCRIPTOR.name.startswith("Resolved") else ""
        if name == "WithEntry":
            self._scan(message.with_subquery)
            columns = inherited(unwrap(message.with_subquery), "column_list")
            self._named[message.with_query_name] = [
                column.column_id in self._columns for column in columns
            ]
            return
        fields = [each for each in message.ListFields() if each[0].message_type is not None]
        for _, value in sorted(fields, key=lambda each: each[0].name not in SOURCES):
            for item in [value] if isinstance(value, Message) else value:
                self._scan(item)
        match name:
            case "WithRefScan":
                marks = self._named.get(message.with_query_name, [])
                for column, marked in zip(inherited(message, "column_list"), marks, strict=False):
                    self._mark(column, marked)
            case "TableScan":
                held = self.tables.get(message.table.name.lower(), set())
                for column in inherited(message, "column_list"):
                    self._mark(column, column.name.lower() in held)
            case "ComputedColumn":
                self._mark(message.column, self._expression(message.expr))
            case "SetOperationScan":
                for item in message.input_item_list:
                    outputs = inherited(message, "column_list")
                    for column, given in zip(outputs, item.output_column_list, strict=True):
                        self._mark(column, given.column_id in self._columns)
            case _:
                pass

    def _mark(self, column: Resolved, marked: bool) -> None:
        if marked:
            self._columns.add(column.column_id)

    def _expression(self, expression: Resolved) -> bool:
        node = unwrap(expression)
        match kind(node):
            case "ColumnRef":
                return node.column.column_id in self._columns
            case "FunctionCall" | "AggregateFunctionCall" | "AnalyticFunctionCall":
                name = function_name(node)
                if name in STEADYING or name in ORDERING:
                    return False
                arguments = inherited(node, "argument_list")
                floating = inherited(node, "type").type_kind in FLOATS and any(
                    inherited(unwrap(each), "type").type_kind in FLOATS for each in arguments
                )
                summed = name in SUMS and floating and kind(node) != "FunctionCall"
                return summed or any(self._expression(each) for each in arguments)
            case "Cast":
                of = inherited(node, "type").type_kind
                whole = of in (
                    type_pb2.TYPE_INT64, type_pb2.TYPE_NUMERIC, type_pb2.TYPE_BOOL
                )  # fmt: skip
                return not whole and self._expression(node.expr)
            case "SubqueryExpr":
                columns = inherited(unwrap(node.subquery), "column_list")
                return any(column.column_id in self._columns for column in columns)
            case "GetStructField" | "MakeStruct":
                return any(
                    self._expression(each)
                    for each in (node.field_list if kind(node) == "MakeStruct" else [node.expr])
                )
            case _:
                return False
