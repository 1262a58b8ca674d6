"""Reads in the parsed SQL which columns each column comes from. Imports sqlglot.

Only what stands in a column's expression counts: joins and filters decide which rows there are, not
what a column holds.
"""

from collections.abc import Iterable, Mapping, Sequence

from sqlglot import exp
from sqlglot.lineage import Node, lineage
from sqlglot.schema import MappingSchema

from eros_assets.warehouse.sql.objects import ColumnSource, Lineage, SqlObject
from eros_assets.warehouse.sql.reading import DATASET, parse_sql
from eros_assets.warehouse.sql.script_reader import parse_script
from eros_assets.warehouse.sql.syntax import Sql, leaves

Sources = dict[str, set[ColumnSource]]
"""Sources by column."""
VARIABLES = ("p_", "v_")
"""What the names of parameters and variables begin with, and those of columns do not."""


def lineage_of(
    sql_object: SqlObject, columns: Mapping[str, Sequence[str]]
) -> Mapping[str, Lineage]:
    """Where the columns come from that a file of `sql/` returns or writes, by table.

    What it returns stands under its own name, what it writes into a table under the table's. A
    column that holds nothing but constants, parameters and times has no source and is left out,
    and so is what a table's column takes from itself.

    Args:
        sql_object: the file.
        columns: the columns of every table, view and table function of the dataset.
    """
    script = _Script(sql_object, columns)
    for leaf in leaves(parse_script(sql_object.text)):
        if isinstance(leaf, Sql):
            script.read(parse_sql(leaf, sql_object.path))
    return {
        target: {column: sorted(found) for column, found in sorted(sources.items()) if found}
        for target, sources in sorted(script.written.items())
        if any(sources.values())
    }


class _Script:
    """Follows columns through the statements of a script and its temporary tables."""

    def __init__(self, sql_object: SqlObject, columns: Mapping[str, Sequence[str]]) -> None:
        self.written: dict[str, Sources] = {}
        self._name = sql_object.name
        self._columns = {table: list(names) for table, names in columns.items()}
        self._temporary: dict[str, Sources] = {}

    def read(self, tree: exp.Expr) -> None:
        """Take one statement in."""
        match tree:
            case exp.Create():
                self._create(tree)
            case exp.Insert():
                names = [column.name for column in tree.this.expressions]
                found = self._outputs(tree.expression)
                self._write(tree.this.this, dict(zip(names, found.values(), strict=True)))
            case exp.Merge():
                self._merge(tree)
            case exp.Update():
                origin = tree.args.get("from_")
                self._assign(tree.this, tree.expressions, [origin.this] if origin else [])
            case exp.Select() | exp.SetOperation():
                self._add(self._name, self._outputs(tree))
            case _:
                pass  # an expression of the procedure language, or a DELETE: it writes no column

    def _create(self, tree: exp.Create) -> None:
        table, query = tree.find(exp.Table), tree.expression
        while isinstance(query, exp.Paren | exp.Subquery):
            query = query.this
        if table is None or not isinstance(query, exp.Query):
            return
        found = self._outputs(query)
        if table.db == DATASET:
            self._add(self._name, found)
        else:
            self._temporary[table.name] = found
            self._columns[table.name] = list(found)

    def _merge(self, tree: exp.Merge) -> None:
        for when in tree.args["whens"].expressions:
            then = when.args["then"]
            if isinstance(then, exp.Update):
                self._assign(tree.this, then.expressions, [tree.args["using"]])
            elif isinstance(then, exp.Insert):
                pairs = zip(then.this.expressions, then.expression.expressions, strict=True)
                assigned = [exp.EQ(this=name, expression=value) for name, value in pairs]
                self._assign(tree.this, assigned, [tree.args["using"]])

    def _assign(
        self, target: exp.Expr, pairs: Iterable[exp.Expr], others: Iterable[exp.Expr]
    ) -> None:
        """Take `column = value` pairs in, whose values read from the target and the others."""
        values = [exp.alias_(pair.expression.copy(), pair.this.name) for pair in pairs]
        query = exp.select(*values).from_(target.copy())
        for other in others:
            query = query.join(other.copy(), join_type="cross")
        self._write(target, self._outputs(query))

    def _outputs(self, query: exp.Expr) -> Sources:
        """The sources of each column that a query returns, in the query's order."""
        schema: dict[str, object] = {
            name: dict.fromkeys(columns, "unknown") for name, columns in self._columns.items()
        }
        nodes = lineage(
            None,
            query.transform(_plain_table).transform(_no_variable),
            MappingSchema(schema, dialect="bigquery"),
            dialect="bigquery",
            trim_selects=False,
            copy=False,
        )
        return {name: self._sources(node) for name, node in nodes.items()}

    def _sources(self, node: Node) -> set[ColumnSource]:
        found: set[ColumnSource] = set()
        for leaf in node.walk():
            if isinstance(leaf.expression, exp.Table):
                table, column = leaf.expression.name, leaf.name.rpartition(".")[2]
                if table in self._temporary:
                    found |= self._temporary[table].get(column, set())
                elif column in self._columns.get(table, ()):
                    found.add((table, column))
        return found

    def _write(self, target: exp.Expr, found: Sources) -> None:
        if isinstance(target, exp.Table) and target.db == DATASET:
            self._add(target.name, found)
        elif target.name in self._temporary:
            self._gather(self._temporary[target.name], found)

    def _add(self, target: str, found: Sources) -> None:
        others = {c: {s for s in sources if s[0] != target} for c, sources in found.items()}
        self._gather(self.written.setdefault(target, {}), others)

    @staticmethod
    def _gather(known: Sources, found: Sources) -> None:
        for column, sources in found.items():
            known.setdefault(column, set()).update(sources)


def _plain_table(node: exp.Expr) -> exp.Expr:
    """A table or a call of a table function of the dataset as a table of a plain name."""
    if not isinstance(node, exp.Table):
        return node
    name = node.name
    if isinstance(node.this, exp.Func):
        name = node.this.name.rpartition(".")[2]
    elif node.db != DATASET:
        return node
    table = exp.to_table(name)
    if alias := node.args.get("alias"):
        table.set("alias", alias)
    return table


def _no_variable(node: exp.Expr) -> exp.Expr:
    """A parameter or variable of the procedure language as NULL: it is no column of a table."""
    if isinstance(node, exp.Column) and not node.table and node.name[:2] in VARIABLES:
        return exp.null()
    return node
