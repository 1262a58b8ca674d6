"""Numbers, casts, conditions and arrays."""

from sqlglot import exp

from eros_assets.warehouse.duckdb.googlesql.rule import (
    RAISED_BEGIN,
    RAISED_END,
    Rule,
    Rules,
    bound_macro,
    duck,
    needed,
    operand,
    part,
    refuse,
)

_HOLDERS = (
    exp.Add,
    exp.Sub,
    exp.Mul,
    exp.Neg,
    exp.Alias,
    exp.Array,
    exp.Case,
    exp.Coalesce,
    exp.If,
    exp.PropertyEQ,
    exp.Struct,
)
_BELOW_INT64 = str(2**63)  # with a minus before it, the least INT64


def _literal(node: exp.Expr) -> exp.Expr:
    """`1.5` is a FLOAT64, not a DECIMAL; `1` an INT64, where it is a value and no ordinal."""
    text = str(node.this)
    if node.args.get("is_string") or "e" in text.lower():
        return node
    if "." in text:
        return exp.Literal.number(text + ("0e0" if text.endswith(".") else "e0"))
    if isinstance(node.parent, _HOLDERS) and text != _BELOW_INT64:
        return exp.Cast(this=exp.Literal.number(text), to=exp.DataType.build("BIGINT"))
    return node


def _is_hexadecimal(x: exp.Expr) -> bool:
    """Whether it is `CONCAT('0x', ...)`: digits that need no checking before they are cast."""
    first: exp.Expr | None = None
    x = x.unnest()
    while isinstance(x, exp.DPipe) and isinstance(x.this, exp.DPipe):
        x = x.this
    if isinstance(x, exp.Concat):
        first = x.expressions[0]
    elif isinstance(x, exp.DPipe):
        first = x.this
    elif isinstance(x, exp.Literal):
        first = x
    return isinstance(first, exp.Literal) and first.name.lower().startswith("0x")


def _cast(node: exp.Expr) -> exp.Expr:
    to, x = needed(node, "to"), node.this
    if part(node, "format") is not None:
        raise refuse(node, "CAST ... FORMAT is not translated")
    safe = isinstance(node, exp.TryCast)
    if not isinstance(to, exp.DataType):
        return node
    if isinstance(x, exp.Null):
        return exp.Cast(this=x, to=to)
    if to.is_type("BIGINT"):
        if _is_hexadecimal(x) and not safe:
            return exp.Cast(this=x, to=to)
        return bound_macro("safe_int64" if safe else "int64", x)
    if to.is_type("TEXT"):
        return bound_macro("string", x)
    return node


def _round(node: exp.Expr) -> exp.Expr:
    x = duck("CAST(:x AS DOUBLE)", x=node.this)
    digits = part(node, "decimals")
    if digits is None:
        return duck("round(:x)", x=x)
    return bound_macro("round", x, duck("CAST(:n AS INTEGER)", n=digits))


def _as_double(name: str) -> Rule:
    def rule(node: exp.Expr) -> exp.Expr:
        if part(node, "decimals") is not None:
            raise refuse(node, "not translated with a second argument")
        return duck(f"{name}(CAST(:x AS DOUBLE))", x=node.this)

    return rule


def _safe_divide(node: exp.Expr) -> exp.Expr:
    b = needed(node, "expression")
    return exp.Paren(this=duck(":a / nullif(:b, 0)", a=node.this, b=b))


def _divide(node: exp.Expr) -> exp.Expr:
    raise refuse(node, "write SAFE_DIVIDE")


def _int_div(node: exp.Expr) -> exp.Expr:
    return exp.Paren(this=duck(":a // :b", a=node.this, b=needed(node, "expression")))


def _mod(node: exp.Expr) -> exp.Expr:
    return exp.Paren(this=duck(":a % :b", a=node.this, b=needed(node, "expression")))


def _extreme(name: str) -> Rule:
    """GREATEST and LEAST are NULL when any argument is; DuckDB's leave NULLs out."""

    def rule(node: exp.Expr) -> exp.Expr:
        arguments = [node.this, *node.expressions]
        found: exp.Expr = exp.Anonymous(this=name, expressions=[a.copy() for a in arguments])
        unsure = [a for a in arguments if not isinstance(a, exp.Literal)]
        if not unsure:
            return found
        nulls: list[exp.Expr] = [
            exp.Is(this=operand(a.copy()), expression=exp.Null()) for a in unsure
        ]
        return exp.Case(
            ifs=[exp.If(this=exp.or_(*nulls), true=exp.Null())], default=found
        )  # fmt: skip

    return rule


def _sign(node: exp.Expr) -> exp.Expr:
    return bound_macro("sign", node.this)


def _error(node: exp.Expr) -> exp.Expr:
    """ERROR(message), with marks around the message by which it is known when it comes out."""
    begin, end = exp.Literal.string(RAISED_BEGIN), exp.Literal.string(RAISED_END)
    return duck(
        "error(:begin || coalesce(:message, 'NULL') || :end)",
        begin=begin, message=node.expressions[0], end=end,
    )  # fmt: skip


def _anonymous(node: exp.Expr) -> exp.Expr:
    """Functions that sqlglot doesn't know: ERROR; routines were replaced before."""
    name = node.name.upper()
    if name == "ERROR" and len(node.expressions) == 1:
        return _error(node)
    if "." in name:
        return node
    raise refuse(node, f"{name} is not among the functions that are translated")


def _bracket(node: exp.Expr) -> exp.Expr:
    if node.args.get("offset") is None:
        raise refuse(node, "write OFFSET, ORDINAL, SAFE_OFFSET or SAFE_ORDINAL")
    return node


def _in(node: exp.Expr) -> exp.Expr:
    """IN UNNEST(array): NULL when x is NULL or an element is, FALSE for no elements."""
    unnest = part(node, "unnest")
    if unnest is None:
        return node
    return exp.Paren(
        this=duck(
            "CASE WHEN coalesce(len(:array), 0) = 0 THEN FALSE WHEN list_contains(:array, :x) "
            "THEN TRUE WHEN :x IS NULL OR len(:array) <> list_count(:array) THEN NULL "
            "ELSE FALSE END",
            x=node.this,
            array=unnest.expressions[0],
        )
    )


def _array(node: exp.Expr) -> exp.Expr:
    """A literal array, or ARRAY(SELECT ...)."""
    items = node.expressions
    if len(items) == 1 and isinstance(items[0], exp.Query):
        return duck("coalesce(:array, [])", array=node.copy())
    return node


def _generate_dates(node: exp.Expr) -> exp.Expr:
    step = needed(node, "step")
    if not isinstance(step, exp.Interval):
        raise refuse(node, "the step must be an INTERVAL")
    return duck(
        "CAST(generate_series(:a + 0, :b + 0, :step) AS DATE[])",
        a=_date_literal(needed(node, "start")),
        b=_date_literal(needed(node, "end")),
        step=step.copy(),
    )


def _unnest(node: exp.Expr) -> exp.Expr:
    """UNNEST ... WITH OFFSET, as a lateral subquery; DuckDB's ordinality counts from 1."""
    offset, alias = node.args.get("offset"), part(node, "alias")
    if not offset:
        return node
    place = offset if isinstance(offset, exp.Identifier) else exp.to_identifier("offset")
    names = list(alias.args.get("columns") or []) if alias is not None else []
    if alias is None or len(names) != 1:
        raise refuse(node, "give the elements one name")
    array = node.expressions[0]
    columns: list[exp.Expr] = [
        exp.Alias(this=duck("unnest(:array)", array=array), alias=names[0].copy()),
        exp.Alias(this=duck("unnest(range(len(:array)))", array=array.copy()), alias=place.copy()),
    ]
    join = node.parent
    if isinstance(join, exp.Join) and join.side and part(join, "on") is None:
        join.set("on", exp.true())
    hidden = exp.TableAlias(this=exp.to_identifier(f"{names[0].name}_elements"))
    return exp.Lateral(this=exp.Subquery(this=exp.Select(expressions=columns)), alias=hidden)


def _date_literal(x: exp.Expr) -> exp.Expr:
    return duck("CAST(:x AS DATE)", x=x) if isinstance(x, exp.Literal) else x


def _generate_series(node: exp.Expr) -> exp.Expr:
    a, b = needed(node, "start"), needed(node, "end")
    step = part(node, "step")
    if step is None:
        return duck("generate_series(CAST(:a AS BIGINT), CAST(:b AS BIGINT))", a=a, b=b)
    return duck(
        "generate_series(CAST(:a AS BIGINT), CAST(:b AS BIGINT), CAST(:k AS BIGINT))",
        a=a, b=b, k=step,
    )  # fmt: skip


RULES: Rules = {
    exp.Literal: _literal,
    exp.Cast: _cast,
    exp.TryCast: _cast,
    exp.Round: _round,
    exp.Ceil: _as_double("ceil"),
    exp.Floor: _as_double("floor"),
    exp.Trunc: _as_double("trunc"),
    exp.SafeDivide: _safe_divide,
    exp.Div: _divide,
    exp.IntDiv: _int_div,
    exp.Mod: _mod,
    exp.Greatest: _extreme("greatest"),
    exp.Least: _extreme("least"),
    exp.Sign: _sign,
    exp.Anonymous: _anonymous,
    exp.Bracket: _bracket,
    exp.In: _in,
    exp.Unnest: _unnest,
    exp.Array: _array,
    exp.GenerateDateArray: _generate_dates,
    exp.GenerateSeries: _generate_series,
}

UNCHANGED: tuple[type[exp.Expr], ...] = (
    exp.Abs,
    exp.Acos,
    exp.Asin,
    exp.Atan,
    exp.Case,
    exp.Coalesce,
    exp.Cos,
    exp.Exp,
    exp.If,
    exp.IsInf,
    exp.IsNan,
    exp.Ln,
    exp.Log,
    exp.Nullif,
    exp.Pow,
    exp.Sin,
    exp.Sqrt,
    exp.Tan,
    exp.ArraySize,
    exp.Exists,
    exp.Struct,
    exp.WeekStart,
    exp.Max,
    exp.Min,
    exp.Count,
    exp.LogicalAnd,
    exp.LogicalOr,
    exp.CumeDist,
    exp.DenseRank,
    exp.Rank,
    exp.PercentRank,
    exp.RowNumber,
    exp.Ntile,
    exp.Lag,
    exp.Lead,
    exp.FirstValue,
    exp.LastValue,
    exp.NthValue,
    exp.CurrentTimestamp,
    exp.CurrentDate,
    exp.UnixMicros,
    exp.DateFromParts,
    exp.TsOrDsToDate,
    exp.TsOrDsToDatetime,
    exp.TsOrDsToTimestamp,
)
"""Functions that sqlglot's own translation carries over with their meaning."""
