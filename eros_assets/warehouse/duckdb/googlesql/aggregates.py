"""Aggregate functions, of groups and of windows.

Whatever GoogleSQL leaves undefined (the order of ARRAY_AGG without ORDER BY, ties in it, ANY_VALUE,
the order in which floats are added up) is determined by the values, so that results don't depend on
the order of rows or on threads.
"""

from collections.abc import Iterable

from sqlglot import exp

from eros_assets.warehouse.duckdb.googlesql.rule import (
    Rule,
    Rules,
    duck,
    macro,
    needed,
    operand,
    part,
    refuse,
)

_ORDERED = (exp.Stddev, exp.StddevSamp, exp.StddevPop, exp.Variance, exp.VariancePop)


def _order(key: exp.Expr, *others: exp.Expr) -> list[exp.Expr]:
    return [exp.Ordered(this=k.copy(), nulls_first=True) for k in (key, *others)]


def by_value(argument: exp.Expr) -> exp.Expr:
    """The argument of an aggregate, taken in the order of its values."""
    if isinstance(argument, exp.Distinct):
        return exp.Order(this=argument, expressions=_order(argument.expressions[0]))
    return exp.Order(this=argument, expressions=_order(argument))


def _in_window(node: exp.Expr) -> bool:
    return isinstance(node.parent, exp.Window) and node.arg_key == "this"


def _sum(node: exp.Expr) -> exp.Expr:
    if _in_window(node):
        return node  # the window's rule does it
    if isinstance(node.this, exp.Distinct):
        return exp.Sum(this=by_value(node.this))
    return macro("sum", node.this)


def _avg(node: exp.Expr) -> exp.Expr:
    if _in_window(node):
        return node
    if isinstance(node.this, exp.Distinct):
        return exp.Avg(this=by_value(node.this))
    return macro("avg", node.this)


def _deviation(node: exp.Expr) -> exp.Expr:
    if _in_window(node):
        return node
    return type(node)(this=by_value(node.this))


def _window(node: exp.Expr) -> exp.Expr:
    """Adds up a whole partition by value; a frame goes along the window's own order."""
    function = node.this
    if isinstance(function, (exp.Sum, exp.Avg, *_ORDERED)) and part(node, "order") is None:
        function.set("this", by_value(function.this))
    return node


def _corr(node: exp.Expr) -> exp.Expr:
    if _in_window(node):
        raise refuse(node, "not translated over a window")
    x, y = node.this, needed(node, "expression")
    keys = [k for k in _order(x, y) if not isinstance(k.this, exp.Literal)]
    last = exp.Order(this=y.copy(), expressions=keys) if keys else y.copy()
    correlation = exp.Corr(this=x.copy(), expression=last)
    return duck(
        "CASE WHEN regr_count(:y, :x) < 2 THEN NULL ELSE :corr END", x=x, y=y, corr=correlation
    )


def _count_if(node: exp.Expr) -> exp.Expr:
    if isinstance(node.this, exp.Distinct):
        raise refuse(node, "not translated with DISTINCT")
    return duck("count(CASE WHEN :x THEN 1 END)", x=node.this)


def _any_value(node: exp.Expr) -> exp.Expr:
    if isinstance(node.this, exp.HavingMax):
        raise refuse(node, "HAVING is left to chance on ties; write ARRAY_AGG with ORDER BY")
    return exp.Min(this=node.this)


class _Collected:
    """The parts of ARRAY_AGG or STRING_AGG: argument, keys, limit."""

    def __init__(self, node: exp.Expr) -> None:
        argument: exp.Expr = node.this
        self.limit: exp.Expr | None = None
        if isinstance(argument, exp.Limit):
            self.limit = needed(argument, "expression")
            argument = argument.this
        keys: Iterable[exp.Expr] = ()
        if isinstance(argument, exp.Order):
            keys = argument.expressions
            argument = argument.this
        self.value: exp.Expr = argument
        if isinstance(argument, exp.Distinct):
            self.value = argument.expressions[0]
        ties = [] if any(k.this == self.value for k in keys) else _order(self.value)
        self.ordered = exp.Order(
            this=argument.copy(), expressions=[*(k.copy() for k in keys), *ties]
        )

    def collected(self, no_nulls: bool) -> exp.Expr:
        """The list."""
        listed: exp.Expr = exp.Anonymous(this="list", expressions=[self.ordered])
        if no_nulls:
            present = exp.Not(this=exp.Is(this=operand(self.value.copy()), expression=exp.Null()))
            listed = exp.Filter(this=listed, expression=exp.Where(this=present))
        if self.limit is not None:
            return duck("list_slice(:list, 1, :n)", list=listed, n=self.limit)
        return listed


def _array_agg(node: exp.Expr) -> exp.Expr:
    if isinstance(node.parent, (exp.IgnoreNulls, exp.RespectNulls)):
        return node
    if _in_window(node):
        raise refuse(node, "not translated over a window")
    return _Collected(node).collected(no_nulls=False)


def _ignore_nulls(node: exp.Expr) -> exp.Expr:
    if isinstance(node.this, exp.ArrayAgg):
        return _Collected(node.this).collected(no_nulls=True)
    return node


def _respect_nulls(node: exp.Expr) -> exp.Expr:
    if isinstance(node.this, exp.ArrayAgg):
        return _Collected(node.this).collected(no_nulls=False)
    return node


def _string_agg(node: exp.Expr) -> exp.Expr:
    if _in_window(node):
        raise refuse(node, "not translated over a window")
    separator = part(node, "separator") or exp.Literal.string(",")
    listed = _Collected(node).collected(no_nulls=True)
    return duck("array_to_string(:list, :separator)", list=listed, separator=separator)


def _percentile(node: exp.Expr) -> exp.Expr:
    if not _in_window(node):
        raise refuse(node, "write it OVER (...), as GoogleSQL has it")
    return node


_RULES: dict[type[exp.Expr], Rule] = {
    exp.Sum: _sum,
    exp.Avg: _avg,
    exp.Window: _window,
    exp.Corr: _corr,
    exp.CountIf: _count_if,
    exp.AnyValue: _any_value,
    exp.ArrayAgg: _array_agg,
    exp.IgnoreNulls: _ignore_nulls,
    exp.RespectNulls: _respect_nulls,
    exp.GroupConcat: _string_agg,
    exp.PercentileCont: _percentile,
    exp.PercentileDisc: _percentile,
}
RULES: Rules = {**_RULES, **dict.fromkeys(_ORDERED, _deviation)}
