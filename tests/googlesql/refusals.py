"""What BigQuery's engine refuses, or does wrong silently, though its analyser accepts it.

The rules read the resolved tree, where joins, subqueries and columns are told apart for certain.
They are narrower than the engine where its own limits are not documented to the last case: a
correlated subquery over a table, for example, is a plain semi-join or nothing.
"""

from collections.abc import Iterator, Sequence

from zetasql.wasi._pb2.zetasql.public import type_pb2
from zetasql.wasi._pb2.zetasql.resolved_ast import resolved_ast_enums_pb2 as enums

from tests.googlesql.resolved import Resolved, inherited, kind, unwrap, walk
from tests.googlesql.rules import Violation

JOINS = {
    enums.ResolvedJoinScanEnums.LEFT: "LEFT JOIN",
    enums.ResolvedJoinScanEnums.RIGHT: "RIGHT JOIN",
    enums.ResolvedJoinScanEnums.FULL: "FULL JOIN",
}
SEMI = (enums.ResolvedSubqueryExprEnums.EXISTS, enums.ResolvedSubqueryExprEnums.IN)
# Scans whose rows come from somewhere else than the row at hand.
READING = ("TableScan", "TVFScan", "WithRefScan")
# A subquery of these alone is turned into a semi-join.
PLAIN = ("ProjectScan", "FilterScan", "JoinScan", "SingleRowScan", *READING)
UNSUPPORTED_SETS = {
    enums.ResolvedSetOperationScanEnums.INTERSECT_ALL: "INTERSECT ALL",
    enums.ResolvedSetOperationScanEnums.EXCEPT_ALL: "EXCEPT ALL",
}
IGNORE_NULLS = enums.ResolvedNonScalarFunctionCallBaseEnums.IGNORE_NULLS
UNMATCHED = (
    enums.ResolvedMergeWhenEnums.NOT_MATCHED_BY_SOURCE,
    enums.ResolvedMergeWhenEnums.NOT_MATCHED_BY_TARGET,
)


def refusals(resolved: Resolved) -> Iterator[Violation]:
    """Every refusal that a statement would meet, with the place of the text that causes it."""
    for node, at in walk(resolved):
        match kind(node):
            case "JoinScan":
                yield from _join(node, at)
            case "MergeStmt":
                yield from _merge(node, at)
            case "SubqueryExpr":
                yield from _correlated(node, at)
            case "SetOperationScan":
                yield from _set_operation(node, at)
            case "InsertStmt":
                yield from _insert(node, at)
            case "AggregateFunctionCall" | "AnalyticFunctionCall":
                yield from _null_elements(node, at)
            case _:
                pass


def function_name(call: Resolved) -> str:
    """The function that a call calls, in capitals; operators without their `$`."""
    return inherited(call, "function").name.split(":")[-1].lstrip("$").upper()


def _join(join: Resolved, at: int) -> Iterator[Violation]:
    condition = inherited(join, "join_expr")
    name = JOINS.get(join.join_type)
    if name and not _equates(condition, _columns(join.left_scan), _columns(join.right_scan)):
        refused = f"{name} without an equality of fields of both sides: BigQuery refuses"
        yield at, f"{refused}. Join on a key, or find the rows by an INNER JOIN first"
    if any(kind(node) == "SubqueryExpr" and _reads(node) for node, _ in walk(condition)):
        yield at, "subquery over a table in ON: BigQuery refuses. Join the table, or use WHERE"


def _merge(merge: Resolved, at: int) -> Iterator[Violation]:
    condition = unwrap(merge.merge_expr)
    unmatched = any(clause.match_type in UNMATCHED for clause in merge.when_clause_list)
    never = kind(condition) == "Literal"  # ON FALSE: BigQuery's way to replace all rows
    sides = _columns(merge.table_scan), _columns(merge.from_scan)
    if unmatched and not never and not _equates(condition, *sides):
        refused = "MERGE with NOT MATCHED whose ON has no equality of fields of both sides"
        yield at, f"{refused}: BigQuery refuses. Match by a key"


def _equates(condition: Resolved, left: "set[int]", right: "set[int]") -> bool:
    for conjunct in _conjuncts(condition):
        if kind(conjunct) != "FunctionCall" or function_name(conjunct) != "EQUAL":
            continue
        one, other = (_used(side) for side in inherited(conjunct, "argument_list"))
        if (
            one
            and other
            and any(one <= a and other <= b for a, b in ((left, right), (right, left)))
        ):
            return True
    return False


def _conjuncts(condition: Resolved) -> Iterator[Resolved]:
    condition = unwrap(condition) if condition.ListFields() else condition
    if kind(condition) == "FunctionCall" and function_name(condition) == "AND":
        for argument in inherited(condition, "argument_list"):
            yield from _conjuncts(argument)
    else:
        yield condition


def _columns(scan: Resolved) -> "set[int]":
    return {column.column_id for column in inherited(unwrap(scan), "column_list")}


def _used(expression: Resolved) -> "set[int]":
    return {
        node.column.column_id for node, _ in walk(expression) if kind(node) == "ColumnRef"
    }  # fmt: skip


def _reads(subquery: Resolved) -> bool:
    return any(kind(node) in READING for node, _ in walk(subquery.subquery))


def _correlated(subquery: Resolved, at: int) -> Iterator[Violation]:
    given = {parameter.column.column_id for parameter in subquery.parameter_list}
    if not given or not _reads(subquery):
        return  # on its own, or over an ARRAY of the row at hand
    rewrite = "BigQuery can't de-correlate it. Write a JOIN"
    if subquery.subquery_type not in SEMI:
        yield at, f"correlated subquery as a value, over a table: {rewrite}"
        return
    scans = [node for node, _ in walk(subquery.subquery) if kind(node).endswith("Scan")]
    other = sorted({kind(scan) for scan in scans if kind(scan) not in PLAIN})
    if other:
        yield at, f"correlated subquery with {', '.join(other)}: {rewrite}"
        return
    filters = [scan.filter_expr for scan in scans if kind(scan) == "FilterScan"]
    if subquery.subquery_type != enums.ResolvedSubqueryExprEnums.IN and not any(
        _links(conjunct, given) for condition in filters for conjunct in _conjuncts(condition)
    ):
        yield at, f"correlated subquery without an equality of an outer and an own field: {rewrite}"
    filtered = sum(len(_used_of(condition, given)) for condition in filters)
    if filtered != len(_used_of(subquery.subquery, given)):
        yield at, f"correlated subquery with an outer field outside its WHERE: {rewrite}"


def _links(conjunct: Resolved, given: "set[int]") -> bool:
    if kind(conjunct) != "FunctionCall" or function_name(conjunct) != "EQUAL":
        return False
    one, other = (_used(side) for side in inherited(conjunct, "argument_list"))
    return any(
        outer and own and outer <= given and not own & given
        for outer, own in ((one, other), (other, one))
    )


def _used_of(tree: Resolved, given: "set[int]") -> "list[Resolved]":
    return [
        node
        for node, _ in walk(tree)
        if kind(node) == "ColumnRef" and node.is_correlated and node.column.column_id in given
    ]


def _set_operation(operation: Resolved, at: int) -> Iterator[Violation]:
    refused = UNSUPPORTED_SETS.get(operation.op_type)
    if refused:
        yield at, f"{refused}: BigQuery has DISTINCT alone"
    first, *others = (
        [column.name for column in item.output_column_list] for item in operation.input_item_list
    )
    for names in others:
        for name, wanted in zip(names, first, strict=True):
            if name != wanted and name in first and not name.startswith("$"):
                yield at, f"set operation by position: {name} goes into column {wanted}"


def _insert(insert: Resolved, at: int) -> Iterator[Violation]:
    targets: Sequence[str] = [column.name for column in insert.insert_column_list]
    sources = [column.name for column in insert.query_output_column_list]
    for source, target in zip(sources, targets, strict=False):
        if source != target and source in targets:
            yield at, f"INSERT by position: {source} goes into column {target}"


def _null_elements(call: Resolved, at: int) -> Iterator[Violation]:
    if function_name(call) != "ARRAY_AGG":
        return
    base = call.parent
    of = inherited(unwrap(inherited(call, "argument_list")[0]), "type").type_kind
    if base.null_handling_modifier != IGNORE_NULLS and of != type_pb2.TYPE_STRUCT:
        yield at, "ARRAY_AGG without IGNORE NULLS: BigQuery writes no array with a NULL element"
