"""TO_JSON_STRING: BigQuery's JSON of numbers and times, through structs and arrays.

The JSON of a value depends on its type, which only DuckDB knows: the macro `json` has an overload
for each. Structs have no fixed type to pick by, so they are followed here as they are written:
STRUCT(...), ARRAY_AGG(STRUCT(...)), ARRAY(SELECT ...), scalar subqueries, IF, COALESCE, and columns
that a WITH or a subquery of the same statement makes by ARRAY_AGG(STRUCT(...)). A struct from any
other column is refused by DuckDB, which finds no overload.
"""

import json

from sqlglot import exp

from eros_assets.warehouse.duckdb.googlesql.rule import Rules, bound_macro, duck, macro, refuse

_OF_VALUE = "of_value"
"""Marks a TO_JSON_STRING whose argument is a value, and no JSON yet."""


def _json_format(node: exp.Expr) -> exp.Expr:
    if node.args.get("options") or node.args.get("to_json_format"):
        raise refuse(node, "only one argument is translated")
    return bound_macro("json", node.this) if node.args.get(_OF_VALUE) else node.this


def mark_json(tree: exp.Expr) -> None:
    """Bring what TO_JSON_STRING is given to JSON, before other rules change how it is written."""
    for node in reversed(list(tree.find_all(exp.JSONFormat))):
        node.set("this", _json(node.this))


def _json(x: exp.Expr) -> exp.Expr:
    """The JSON of a value, a string in DuckDB."""
    match x:
        case exp.Struct():
            return _fields(x)
        case exp.Paren():
            return _json(x.this)
        case exp.ArrayAgg():
            return macro("json_list", _elements(x.copy()))
        case exp.IgnoreNulls(this=exp.ArrayAgg()) | exp.RespectNulls(this=exp.ArrayAgg()):
            whole = x.copy()
            whole.set("this", _elements(whole.this))
            return macro("json_list", whole)
        case exp.Array():
            return _array(x.copy())
        case exp.Subquery() if isinstance(x.this, exp.Select):
            whole = x.copy()
            _project(whole.this, x)
            return duck("coalesce(:json, 'null')", json=whole)
        case exp.If():
            false = x.args.get("false")
            return exp.If(
                this=x.this.copy(),
                true=_json(x.args["true"]),
                false=_json(false) if false is not None else exp.Literal.string("null"),
            )
        case exp.Null():
            return exp.Literal.string("null")
        case exp.Coalesce():
            return _first(x)
        case exp.Column() if (struct := _listed_struct(x)) is not None:
            return _structs(x, struct)
        case _:
            return exp.JSONFormat(this=x.copy(), **{_OF_VALUE: True})


def _first(coalesce: exp.Expr) -> exp.Expr:
    """COALESCE of values as that of their JSON."""
    *unsure, last = [coalesce.this, *coalesce.expressions]
    return exp.Case(
        ifs=[
            exp.If(this=duck(":x IS NOT NULL", x=each.copy()), true=_json(each)) for each in unsure
        ],
        default=_json(last),
    )


def _listed_struct(column: exp.Expr) -> exp.Struct | None:
    """The STRUCT of which the column holds an array, when a query before says so."""
    made = _definition(column)
    while isinstance(made, (exp.Paren, exp.IgnoreNulls, exp.RespectNulls)):
        made = made.this
    if not isinstance(made, exp.ArrayAgg):
        return None
    holder = made.this
    while isinstance(holder, (exp.Limit, exp.Order)):
        holder = holder.this
    return holder if isinstance(holder, exp.Struct) else None


def _definition(column: exp.Expr) -> exp.Expr | None:
    """What the column was made from in the WITH or subquery that its table is."""
    select = column.find_ancestor(exp.Select)
    if select is None:
        return None
    joined = [join.this for join in select.args.get("joins") or []]
    first = select.args.get("from_")
    for source in [*([first.this] if first is not None else []), *joined]:
        if source.alias_or_name != column.text("table"):
            continue
        query = source.this if isinstance(source, exp.Subquery) else _common(source)
        for projection in query.expressions if isinstance(query, exp.Select) else []:
            if projection.alias_or_name == column.name:
                return projection.unalias()
    return None


def _common(table: exp.Expr) -> exp.Expr | None:
    """The query in WITH that goes by the table's name."""
    node: exp.Expr | None = table
    while node is not None and not table.text("db"):
        within = node.args.get("with_")
        for common in within.expressions if within is not None else []:
            if common.alias == table.name:
                return common.this
        node = node.parent
    return None


def _structs(column: exp.Expr, struct: exp.Expr) -> exp.Expr:
    """The JSON of an array of structs whose fields are known."""
    element = exp.to_identifier("element")
    fields = [
        exp.PropertyEQ(
            this=exp.to_identifier(name),
            expression=exp.Dot(this=exp.column(element.copy()), expression=exp.to_identifier(name)),
        )
        for name in (field.name for field in struct.expressions)
    ]
    text = _fields(exp.Struct(expressions=fields))
    transformed = duck("list_transform(:x, lambda element: :text)", x=column, text=text)
    return macro("json_list", transformed)


def _fields(struct: exp.Expr) -> exp.Expr:
    pieces: list[exp.Expr] = []
    for field in struct.expressions:
        match field:
            case exp.PropertyEQ():
                name, value = field.name, field.expression
            case exp.Column() | exp.Dot():
                name, value = field.name, field
            case _:
                raise refuse(field, "give the field of the struct a name")
        begin = "," if pieces else "{"
        pieces += [exp.Literal.string(f"{begin}{json.dumps(name)}:"), _json(value)]
    result = pieces[0] if pieces else exp.Literal.string("{")
    for piece in [*pieces[1:], exp.Literal.string("}")]:
        result = exp.DPipe(this=result, expression=piece, safe=False)
    return exp.Paren(this=result)


def _elements(aggregate: exp.Expr) -> exp.Expr:
    """ARRAY_AGG of values, made ARRAY_AGG of their JSON; the order stays that of the values."""
    holder = aggregate
    while isinstance(holder.this, (exp.Limit, exp.Order)):
        holder = holder.this
    if isinstance(holder.this, exp.Distinct):
        raise refuse(aggregate, "DISTINCT inside of TO_JSON_STRING is not translated")
    holder.set("this", _json(holder.this))
    return aggregate


def _array(array: exp.Expr) -> exp.Expr:
    items = array.expressions
    if len(items) == 1 and isinstance(items[0], exp.Select):
        _project(items[0], array)
    else:
        array.set("expressions", [_json(item) for item in items])
    return macro("json_list", array)


def _project(select: exp.Expr, whole: exp.Expr) -> None:
    """The JSON of the one value that a SELECT gives, in its place."""
    if str(select.args.get("kind") or "").upper() == "STRUCT":
        fields: list[exp.Expr] = []
        for projection in select.expressions:
            if isinstance(projection, exp.Alias):
                name = exp.to_identifier(projection.alias)
                fields.append(exp.PropertyEQ(this=name, expression=projection.this))
            else:
                fields.append(projection)
        select.set("kind", None)
        select.set("expressions", [_json(exp.Struct(expressions=fields))])
        return
    if len(select.expressions) != 1:
        raise refuse(whole, "one column expected")
    projection = select.expressions[0]
    if isinstance(projection, exp.Alias):
        projection.set("this", _json(projection.this))
    else:
        select.set("expressions", [_json(projection)])


RULES: Rules = {exp.JSONFormat: _json_format}
