"""Names what a text is made of: functions with their modifiers, operators, clauses, statements.

The names are what `tests/sql/same_meaning` lists and proves one by one.
"""

from collections.abc import Iterator

from tests.googlesql.syntax import Node

# Nodes that only hold others together, or that the name of the node around them tells.
PLUMBING = frozenset(
    """
    Alias AliasedQuery AnalyticFunctionCall ArrayColumnSchema ColumnDefinition ColumnList
    ExpressionWithOptAlias FromClause FunctionDeclaration FunctionParameter FunctionParameters
    GroupingItem Identifier IdentifierList InList InsertValuesRow InsertValuesRowList IntervalExpr
    Limit Location MergeAction MergeWhenClauseList NullOrder OnClause OptionsEntry OptionsList
    OrderBy PartitionBy PathExpression Query Script SelectColumn SelectList
    SetOperationAllOrDistinct SetOperationMetadata SetOperationMetadataList SetOperationType
    SimpleColumnSchema SimpleType
    SqlFunctionBody StarExceptList StarModifiers StarReplaceItem StatementList
    StringLiteralComponent StructConstructorArg StructField StructType TVFArgument TableElementList
    UnnestExpression UpdateItem UpdateItemList UpdateSetValue UsingClause
    WindowFrame WindowFrameExpr WindowSpecification
    """.split()  # noqa: SIM905 (a list of lines otherwise)
)

PARTED = frozenset(
    """
    DATE_ADD DATE_SUB DATE_DIFF DATE_TRUNC TIMESTAMP_ADD TIMESTAMP_SUB TIMESTAMP_DIFF
    TIMESTAMP_TRUNC DATETIME_ADD DATETIME_SUB DATETIME_DIFF DATETIME_TRUNC LAST_DAY
    """.split()  # noqa: SIM905
)
VARIADIC = frozenset(("CONCAT", "COALESCE", "GREATEST", "LEAST"))
OPERATORS = {
    "PLUS": "+",
    "MINUS": "-",
    "MULTIPLY": "*",
    "DIVIDE": "/",
    "EQ": "=",
    "NE": "!=",
    "NE2": "!=",
    "GT": ">",
    "LT": "<",
    "GE": ">=",
    "LE": "<=",
    "CONCAT_OP": "||",
}


def constructs(tree: Node) -> Iterator[tuple[str, Node]]:
    """The name of each construct in a text, with its node; routines of the dataset aside."""
    layout = [
        (clause.start, clause.end)
        for node in tree.walk()
        if node.kind == "CreateTableStatement"
        for clause in (*node.many("partition_by"), *node.many("cluster_by"))
    ]
    for node in tree.walk():
        if any(start <= node.start < end for start, end in layout):
            continue  # how BigQuery lays a table out is no part of what it means
        name = "" if node.kind in PLUMBING else _name(node)
        if name:
            yield name, node


def _name(node: Node) -> str:
    match node.kind:
        case "FunctionCall":
            return _function(node)
        case "BinaryExpression":
            operator = str(node.values["op"])
            name = OPERATORS.get(operator, operator)
            if operator == "IS":
                name += _negation(node) + " " + _image(node.child("rhs"))
            elif operator != "DISTINCT":
                name = _negation(node).lstrip() + (" " if node.values.get("is_not") else "") + name
            else:
                name = "IS" + _negation(node) + " DISTINCT FROM"
            return f"operator {name}"
        case "UnaryExpression":
            return f"operator unary {OPERATORS.get(str(node.values['op']), node.values['op'])}"
        case "InExpression":
            within = {"in_list": "list", "query": "query", "unnest_expr": "UNNEST"}
            (role,) = (role for role in within if node.one(role))
            return f"operator{_negation(node)} IN {within[role]}"
        case "BetweenExpression":
            return f"operator{_negation(node)} BETWEEN"
        case "CastExpression":
            safe = "SAFE_CAST" if node.values.get("is_safe_cast") else "CAST"
            return f"{safe} AS {_type(node.child('type'))}"
        case "ExtractExpression":
            zoned = " AT TIME ZONE" if node.one("time_zone_expr") else ""
            return f"EXTRACT {node.child('lhs_expr').path[0].upper()}{zoned}"
        case "ExpressionSubquery":
            modifier = str(node.values.get("modifier", "NONE"))
            return "subquery as value" if modifier == "NONE" else f"{modifier} subquery"
        case "Select":
            return "SELECT" + (" DISTINCT" if node.values.get("distinct") else "")
        case "SelectAs":
            return f"SELECT AS {node.values.get('as_mode')}"
        case "TablePathExpression":
            joined = node.parent is not None and node.parent.one("rhs") is node
            return "FROM UNNEST" if node.one("unnest_expr") and not joined else ""
        case "Join":
            return _join(node)
        case "SetOperation":
            kinds = {
                f"{each.child('op_type').values.get('value')} "
                f"{each.child('all_or_distinct').values.get('value')}"
                for each in node.child("metadata").many("set_operation_metadata_list")
            }
            return " and ".join(sorted(kinds))
        case "OrderingExpression":
            return _ordering(node)
        case "StructConstructorWithParens":
            grouping = node.parent is not None and node.parent.kind == "GroupingSet"
            return "" if grouping else node.kind  # several columns of a grouping set are no struct
        case "MergeWhenClause":
            action = node.child("action").values["action_type"]
            return f"MERGE WHEN {node.values['match_type']} {action}"
        case "DateOrTimeLiteral":
            return f"{str(node.values['type_kind']).removeprefix('TYPE_')} literal"
        case "CreateTableStatement":
            temporary = node.values.get("scope") == "TEMPORARY"
            return "CREATE TEMP TABLE" if temporary else "CREATE TABLE"
        case _:
            return node.kind


def _function(node: Node) -> str:
    path = node.child("function").path
    if len(path) > 2:
        return ""  # of the dataset: proved as a whole
    name = ".".join(path).upper()
    arguments = node.many("arguments")
    if name in PARTED and len(arguments) > 1:
        last = arguments[-1]
        if last.kind != "IntervalExpr" and name.endswith("TRUNC"):
            last = arguments[1]
        name += f" {_part(last)}"
        if name.startswith("TIMESTAMP_TRUNC") and len(arguments) == 3:
            name += " in a zone"
    elif name not in VARIADIC:
        name += f"/{len(arguments)}"
    if node.values.get("distinct"):
        name += " DISTINCT"
    if node.values.get("null_handling_modifier", "DEFAULT_NULL_HANDLING") in (
        "IGNORE_NULLS",
        "RESPECT_NULLS",
    ):
        name += " " + str(node.values["null_handling_modifier"]).replace("_", " ")
    for role, words in (("order_by", "ORDER BY"), ("limit_offset", "LIMIT")):
        if node.one(role):
            name += f" {words}"
    parent = node.parent
    if parent is not None and parent.kind == "AnalyticFunctionCall":
        name += _window(parent.child("window_spec"))
    return name


def _window(window: Node) -> str:
    name = " OVER"
    if window.one("partition_by"):
        name += " PARTITION"
    if window.one("order_by"):
        name += " ORDER"
    if (frame := window.one("window_frame")) is not None:
        bounds = [
            str(bound.values["boundary_type"])
            for bound in (frame.child("start_expr"), frame.one("end_expr"))
            if bound is not None
        ]
        name += f" {frame.values.get('frame_unit')} {' to '.join(bounds)}"
    return name


def _part(node: Node) -> str:
    if node.kind == "IntervalExpr":
        return node.child("date_part_name").path[0].upper()
    if node.kind == "FunctionCall":  # WEEK(MONDAY)
        inner = node.many("arguments")[0].path[0]
        return f"{node.child('function').path[0]}({inner})".upper()
    return node.path[0].upper()


def _join(node: Node) -> str:
    kind = str(node.values.get("join_type", "DEFAULT_JOIN_TYPE"))
    kind = {"DEFAULT_JOIN_TYPE": "INNER", "COMMA": "COMMA"}.get(kind, kind)
    right = node.child("rhs")
    unnested = " UNNEST" if right.one("unnest_expr") else ""
    using = " USING" if node.one("using_clause") else ""
    return f"{kind} JOIN{unnested}{using}"


def _ordering(node: Node) -> str:
    descending = node.values.get("ordering_spec") == "DESC"
    nulls = node.one("null_order")
    name = "ORDER BY DESC" if descending else "ORDER BY"
    if nulls is not None:
        name += " NULLS FIRST" if nulls.values.get("nulls_first") else " NULLS LAST"
    return name


def _type(node: Node) -> str:
    if node.kind == "ArrayType":
        return f"ARRAY<{_type(node.child('element_type'))}>"
    name = node.one("type_name")
    return name.path[0].upper() if name is not None else node.kind


def _image(node: Node) -> str:
    return str(node.values.get("image", node.kind)).upper()


def _negation(node: Node) -> str:
    return " NOT" if node.values.get("is_not") else ""
