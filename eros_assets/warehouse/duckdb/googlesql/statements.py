"""INSERT, UPDATE, DELETE and MERGE."""

from sqlglot import exp

from eros_assets.warehouse.duckdb.googlesql.rule import Rules, duck, needed, part, refuse

_NO_ROW = "no_row"


def _bare(assignment: exp.Expr) -> None:
    """DuckDB wants the column that is set without its table's alias."""
    column = assignment.this
    if isinstance(assignment, exp.EQ) and isinstance(column, exp.Column):
        column.set("table", None)


def _update(node: exp.Expr) -> exp.Expr:
    """UPDATE ... FROM as a MERGE, which fails where rows of FROM compete, as GoogleSQL does."""
    where = part(node, "where")
    if isinstance(node.parent, exp.When):
        return node  # the MERGE's rule does it
    if where is None:
        raise refuse(node, "UPDATE without WHERE")
    for assignment in node.expressions:
        _bare(assignment)
    source = part(node, "from_")
    if source is None:
        return node
    relation = source.this
    if relation.args.get("joins"):
        raise refuse(node, "write what FROM joins as one subquery")
    assigned = exp.Update(expressions=node.expressions)
    return exp.Merge(
        this=node.this,
        using=relation,
        on=where.this,
        whens=exp.Whens(expressions=[exp.When(matched=True, then=assigned)]),
    )


def _merge(node: exp.Expr) -> exp.Expr:
    for update in node.find_all(exp.Update):
        for assignment in update.expressions:
            _bare(assignment)
    for insert in node.find_all(exp.Insert):
        if insert.name.upper() == "ROW":
            raise refuse(node, "name the columns that INSERT fills")
    if isinstance(node.args.get("on"), exp.Boolean) and not node.args["on"].this:
        _match_nothing(node)
    return node


def _match_nothing(node: exp.Expr) -> None:
    """ON FALSE as an equality that nothing fulfils, for DuckDB would compare all rows with all."""
    source, target = needed(node, "using"), needed(node, "this")
    name = exp.to_identifier(source.alias)
    rows = exp.Subquery(this=source.this, alias=exp.TableAlias(this=name))
    numbered = exp.select(exp.Star(), duck("CAST(NULL AS BIGINT)").as_(_NO_ROW)).from_(rows)
    node.set("using", exp.Subquery(this=numbered, alias=exp.TableAlias(this=name.copy())))
    row = exp.column("rowid", table=target.alias_or_name)
    node.set("on", exp.EQ(this=row, expression=exp.column(_NO_ROW, table=source.alias)))


def _delete(node: exp.Expr) -> exp.Expr:
    if part(node, "where") is None:
        raise refuse(node, "DELETE without WHERE")
    return node


RULES: Rules = {exp.Update: _update, exp.Merge: _merge, exp.Delete: _delete}
