"""The repository's rules that the syntax tree alone can tell.

Each rule yields the place (a byte) and a message that says what is wrong and what to write instead.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

from tests.googlesql.syntax import Node

Violation = tuple[int, str]

AUDIT_COLUMNS = frozenset(
    {
        "last_updated",
        "selected_at",
        "created_at",
        "assigned_at",
        "deactivated_at",
        "quarantined_at",
        "exported_at",
        "checked_at",
    }
)

# Functions whose result depends on when or where they run; CURRENT_TIMESTAMP has a rule of its own.
UNREPEATABLE = frozenset(
    {
        "RAND",
        "CURRENT_DATE",
        "CURRENT_DATETIME",
        "CURRENT_TIME",
        "GENERATE_UUID",
        "SESSION_USER",
    }
)

# What a script may consist of, beside the statements that make the object of a file.
STATEMENTS = frozenset(
    {
        "VariableDeclaration",
        "SingleAssignment",
        "AssignmentFromStruct",
        "IfStatement",
        "BeginStatement",
        "CommitStatement",
        "RaiseStatement",
        "CallStatement",
        "QueryStatement",
        "InsertStatement",
        "UpdateStatement",
        "DeleteStatement",
        "MergeStatement",
        "CreateTableStatement",
        "CreateFunctionStatement",
        "CreateTableFunctionStatement",
        "CreateViewStatement",
        "CreateProcedureStatement",
        # What follows has a rule of its own that says more.
        "BeginEndBlock",
        "DropStatement",
        "TruncateStatement",
        "SystemVariableAssignment",
        "ExecuteImmediateStatement",
    }
)
STARS = frozenset({"Star", "StarWithModifiers", "DotStar", "DotStarWithModifiers"})
LOOPS = frozenset({"WhileStatement", "RepeatStatement", "ForInStatement"})


def syntax_rules(tree: Node, path: Path) -> Iterator[Violation]:
    """Every violation in a file, in the order of the text."""
    temporary = {
        node.child("name").path[-1].lower()
        for node in tree.walk()
        if node.kind == "CreateTableStatement" and node.values.get("scope") == "TEMPORARY"
    }
    yield from _no_dropping(tree, temporary)
    for node in tree.walk():
        for rule in RULES:
            yield from rule(node)
    if path.parent.name in ("procedures", "table_functions"):
        yield from _prefixed_parameters(tree)
    if path.parent.name == "tables":
        yield from _kept_rows(tree)


def _no_dropping(tree: Node, temporary: set[str]) -> Iterator[Violation]:
    for node in tree.walk():
        dropping = node.kind.startswith("Drop") and node.kind.endswith("Statement")
        if dropping or node.kind == "TruncateStatement":
            name = node.one("name") or node.one("target_path")
            names = name.path if name is not None and name.kind == "PathExpression" else ()
            if len(names) != 1 or names[0].lower() not in temporary:
                verb = "DROP" if dropping else "TRUNCATE"
                yield node.start, f"{verb} of a persistent object: delete the rows meant, by WHERE"
        elif node.kind == "DropColumnAction":
            yield node.start, "DROP COLUMN: columns are added, never dropped"


def _real_where(node: Node) -> Iterator[Violation]:
    if node.kind in ("DeleteStatement", "UpdateStatement"):
        verb = node.kind.removesuffix("Statement").upper()
        where = node.one("where")
        if where is None:
            yield node.start, f"{verb} without WHERE"
        elif not _selects(where):
            yield where.start, f"{verb} whose WHERE names no column: it selects every row or none"
    elif node.kind == "MergeStatement":
        condition, clauses = node.one("merge_condition"), node.one("when_clauses")
        for clause in clauses.many("clause_list") if clauses else []:
            action = clause.one("action")
            if (
                clause.values.get("match_type") == "NOT_MATCHED_BY_SOURCE"
                and clause.one("search_condition") is None
                and action is not None
                and action.values.get("action_type") in ("DELETE", "UPDATE")
                and (condition is None or not _selects(condition))
            ):
                yield clause.start, "MERGE that changes every row: its ON names no column"


def _selects(condition: Node) -> bool:
    return any(
        node.kind == "PathExpression"
        and not (node.parent is not None and node.parent.one("function") is node)
        and not (len(node.path) == 1 and node.path[0].lower().startswith(("p_", "v_")))
        for node in condition.walk()
    )


def _no_settings(node: Node) -> Iterator[Violation]:
    if node.kind == "SystemVariableAssignment":
        yield node.start, "SET of a @@ variable: scheduled queries keep no session settings"


def _no_division(node: Node) -> Iterator[Violation]:
    if node.kind == "BinaryExpression" and node.values.get("op") == "DIVIDE":
        yield node.start, "the / operator fails on zero: SAFE_DIVIDE, or DIV of integers"


def _idempotent_create(node: Node) -> Iterator[Violation]:
    repeatable = node.values.get("is_or_replace") or node.values.get("is_if_not_exists")
    if "is_or_replace" in node.values and not repeatable:
        yield node.start, "CREATE that fails when repeated: CREATE OR REPLACE, or IF NOT EXISTS"


def _kept_rows(tree: Node) -> Iterator[Violation]:
    for node in tree.walk():
        if node.kind == "CreateTableStatement" and node.values.get("is_or_replace"):
            yield (
                node.start,
                "CREATE OR REPLACE TABLE empties the table: CREATE TABLE IF NOT EXISTS",
            )


def _repeatable(node: Node) -> Iterator[Violation]:
    if node.kind == "FunctionCall":
        name = _function(node)
        if name in UNREPEATABLE:
            yield node.start, f"{name} gives another result each time: take it as a parameter"
        elif name == "CURRENT_TIMESTAMP" and _assigned_column(node) not in AUDIT_COLUMNS:
            yield (
                node.start,
                f"CURRENT_TIMESTAMP may only fill one of {', '.join(sorted(AUDIT_COLUMNS))}",
            )
    elif node.kind == "SampleClause":
        yield node.start, "TABLESAMPLE takes other rows each time"


def _function(node: Node) -> str:
    function = node.one("function")
    return function.path[-1].upper() if function is not None and len(function.path) == 1 else ""


def _assigned_column(node: Node) -> str | None:
    """The column that a value goes to, when it goes there as it is or by IF, COALESCE or CASE."""
    parent = node.parent
    while parent is not None:
        if parent.kind == "FunctionCall" and _function(parent) in ("IF", "IFNULL", "COALESCE"):
            if _function(parent) == "IF" and parent.many("arguments")[0] is node:
                return None
        elif parent.kind == "CaseNoValueExpression":
            arguments = parent.many("arguments")
            position = arguments.index(node)
            if position % 2 == 0 and position != len(arguments) - 1:
                return None  # a condition
        else:
            break
        node, parent = parent, parent.parent
    if parent is None:
        return None
    if parent.kind == "UpdateSetValue" and parent.one("value") is node:
        target = parent.one("path")
        return target.path[-1].lower() if target is not None else None
    if parent.kind == "InsertValuesRow":
        return _inserted_column(parent, parent.many("values").index(node))
    if parent.kind == "SelectColumn":
        alias = parent.one("alias")
        if alias is not None:
            return alias.child("identifier").path[0].lower()
        selected = parent.parent.many("columns") if parent.parent is not None else []
        return _inserted_column(parent, selected.index(parent))
    return None


def _inserted_column(node: Node, position: int) -> str | None:
    for ancestor in node.ancestors():
        columns = ancestor.one("column_list") or ancestor.one("insert_column_list")
        if columns is not None:
            names = columns.many("identifiers")
            return names[position].path[0].lower() if position < len(names) else None
        if ancestor.kind in ("ExpressionSubquery", "TableSubquery", "AliasedQuery"):
            return None
    return None


def _named_columns(node: Node) -> Iterator[Violation]:
    """Columns go by name into a table or set operation: a table may have them in any order."""
    if node.kind == "InsertStatement" and node.one("column_list") is None:
        yield node.start, "INSERT without column names: name the columns that it fills"
    elif (
        node.kind == "MergeAction"
        and node.values.get("action_type") == "INSERT"
        and node.one("insert_column_list") is None
    ):
        yield node.start, "INSERT of a MERGE without column names: name the columns that it fills"
    elif (
        node.kind == "SelectColumn"
        and node.child("expression").kind in STARS
        and (user := _positional_user(node))
    ):
        yield node.start, f"* in {user}, which takes columns by position: name them"


def _positional_user(column: Node) -> str | None:
    """The statement or set operation that takes a selected column by its position, if one does."""
    for ancestor in column.ancestors():
        match ancestor.kind:
            case "SetOperation":
                return "UNION, INTERSECT or EXCEPT"
            case "InsertStatement":
                return "INSERT"
            case "SelectList" | "Select" | "Query":
                continue
            case _:
                return None
    return None


def _plain_script(node: Node) -> Iterator[Violation]:
    if node.kind in LOOPS:
        yield node.start, "a loop: one set-based statement does it for all rows"
    elif node.kind == "ExecuteImmediateStatement":
        yield node.start, "EXECUTE IMMEDIATE: dynamic SQL can't be analysed"
    elif node.kind == "ExceptionHandlerList":
        yield node.start, "EXCEPTION handler: let the error out, the engine rolls back"
    elif (
        node.parent is not None
        and node.parent.kind == "StatementList"
        and node.kind not in STATEMENTS
    ):
        yield node.start, f"{node.kind} is not among the statements that both engines run"


def _unprefixed_columns(node: Node) -> Iterator[Violation]:
    match node.kind:
        case "Alias":
            identifier = node.one("identifier")
            named = (
                None if node.parent is None or node.parent.kind != "SelectColumn" else identifier
            )
        case "ColumnDefinition" | "StructColumnField":
            named = node.one("name")
        case "VariableDeclaration":
            for variable in node.child("variable_list").many("identifier_list"):
                if not variable.path[0].startswith("v_"):
                    yield (
                        variable.start,
                        f"variable {variable.path[0]}: call it v_{variable.path[0]}",
                    )
            return
        case _:
            return
    if named is not None and named.path[0].lower().startswith(("p_", "v_")):
        yield (
            named.start,
            f"column {named.path[0]}: p_ and v_ are for parameters and variables",
        )


def _prefixed_parameters(tree: Node) -> Iterator[Violation]:
    for node in tree.walk():
        if node.kind == "FunctionParameter":
            name = node.one("name")
            if name is not None and not name.path[0].startswith("p_"):
                yield name.start, f"parameter {name.path[0]}: call it p_{name.path[0]}"


RULES: tuple[Callable[[Node], Iterator[Violation]], ...] = (
    _real_where,
    _no_settings,
    _no_division,
    _idempotent_create,
    _repeatable,
    _named_columns,
    _plain_script,
    _unprefixed_columns,
)
