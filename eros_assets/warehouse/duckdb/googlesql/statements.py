"""INSERT, UPDATE, DELETE and MERGE."""

from sqlglot import exp

from eros_assets.warehouse.duckdb.googlesql.rule import Rules, part, refuse


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
    return node


def _delete(node: exp.Expr) -> exp.Expr:
    if part(node, "where") is None:
        raise refuse(node, "DELETE without WHERE")
    return node


RULES: Rules = {exp.Update: _update, exp.Merge: _merge, exp.Delete: _delete}
