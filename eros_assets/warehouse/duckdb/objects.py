"""Makes the objects of `sql/` in the embedded warehouse.

Tables are tables; functions are macros, table functions table macros, views views; procedures are
kept as text in the catalogue.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache

import duckdb
from sqlglot import exp

from eros_assets.warehouse.duckdb.googlesql.macros import AGGREGATES
from eros_assets.warehouse.duckdb.googlesql.rule import TranslationError
from eros_assets.warehouse.duckdb.translation import (
    Scope,
    Translator,
    bind,
    data_type,
    duckdb_type,
    write,
)
from eros_assets.warehouse.sql.library import DEPLOYED_KINDS, render
from eros_assets.warehouse.sql.objects import RoutineParameter, SqlObject
from eros_assets.warehouse.sql.reading import column_description, parse_sql
from eros_assets.warehouse.sql.script_reader import parse_script
from eros_assets.warehouse.sql.syntax import (
    CreateProcedure,
    Sql,
    declarations,
    leaves,
    statements_run,
)


def deploy_statements(
    sql_object: SqlObject,
    dataset_name: str,
    translator: Translator,
    present: Sequence[str],
) -> Sequence[str]:
    """DuckDB's statements that make an object, or bring a table up to date.

    Those of the same object are made once, and kept with translations: all together take seconds.

    Args:
        sql_object: the object.
        dataset_name: `project.dataset`.
        translator: of the dataset.
        present: columns that the table has; empty when there is no such table.

    Raises:
        TranslationError, LibraryError, ScriptError: it can't be made.
    """
    return translator.statements(
        (sql_object.kind, sql_object.name, sql_object.text, dataset_name, list(present)),
        lambda: _statements(sql_object, dataset_name, translator, present),
    )


def _statements(
    sql_object: SqlObject, dataset_name: str, translator: Translator, present: Sequence[str]
) -> Sequence[str]:
    if sql_object.kind not in DEPLOYED_KINDS:
        raise TranslationError(f"{sql_object.path}: {sql_object.kind}s are run, not deployed")
    text = render(sql_object.text, dataset_name, sql_object.path)
    body = parse_script(text)
    if sql_object.kind == "procedure":
        _check_procedure(body[0], sql_object, translator)
        return []
    if len(body) != 1 or not isinstance(body[0], Sql):
        raise TranslationError(f"{sql_object.path}: one CREATE is expected")
    create = parse_sql(body[0], sql_object.path)
    if not isinstance(create, exp.Create):
        raise TranslationError(f"{sql_object.path}: one CREATE is expected")
    placed = translator.placed(sql_object.name)
    match sql_object.kind:
        case "table":
            return _table(placed, create, present)
        case "view":
            query = translator.rewritten(create.expression)
            return [f"CREATE OR REPLACE VIEW {placed} AS {write(query)}"]
        case "table_function":
            query = translator.rewritten(create.expression.unnest())
            query = _arguments(query, sql_object.parameters)
            names = ", ".join(p.name for p in sql_object.parameters)
            return [f"CREATE OR REPLACE MACRO {placed}({names}) AS TABLE {write(query)}"]
        case _:
            return [_function(placed, create, sql_object, translator)]


def _table(placed: str, create: exp.Create, present: Sequence[str]) -> list[str]:
    columns = [c for c in create.this.expressions if isinstance(c, exp.ColumnDef)]
    known = {name.lower() for name in present}
    declared = {c.name: f'"{c.name}" {write(c.args["kind"])}' for c in columns}
    statements: list[str] = []
    if not present:
        statements.append(f"CREATE TABLE {placed} ({', '.join(declared.values())})")
    else:
        statements += [
            f"ALTER TABLE {placed} ADD COLUMN {column}"
            for name, column in declared.items()
            if name.lower() not in known
        ]
    for column in columns:
        description = column_description(column)
        if description and (not present or column.name.lower() not in known):
            comment = write(exp.Literal.string(description))
            statements.append(f'COMMENT ON COLUMN {placed}."{column.name}" IS {comment}')
    return statements


def _arguments(tree: exp.Expr, parameters: Sequence[RoutineParameter]) -> exp.Expr:
    """Cast each mention of a macro's parameter to its type, so that NULLs have one."""
    types = {p.name.lower(): p.type for p in parameters}
    for column in list(tree.find_all(exp.Column)):
        if not column.table and column.name.lower() in types:
            name = column.name.lower()
            value: exp.Expr = exp.Cast(this=column.copy(), to=data_type(types[name]))
            if _beside_aggregates(column):
                value = exp.Subquery(this=exp.Select(expressions=[value]))
            if column is tree:
                return value
            column.replace(value)
    return tree


def _beside_aggregates(column: exp.Column) -> bool:
    """Whether a parameter stands where a grouped query allows only groups and aggregates.

    DuckDB checks a macro's body before it has arguments and takes the parameter for a column then;
    a subquery of its own lets it pass.
    """
    select = column.find_ancestor(exp.Select)
    node: exp.Expr = column
    while node.parent is not None and node.parent is not select:
        node = node.parent
        if isinstance(node, exp.AggFunc) or _is_macro_aggregate(node):
            return False
    if select is None or node.arg_key not in ("expressions", "having", "qualify", "order"):
        return False
    return select.args.get("group") is not None or any(
        found.find_ancestor(exp.Select, exp.Window) is select
        for found in select.find_all(exp.AggFunc, exp.Anonymous)
        if not isinstance(found, exp.Anonymous) or _is_macro_aggregate(found)
    )


def _is_macro_aggregate(node: exp.Expr) -> bool:
    return isinstance(node, exp.Anonymous) and node.name in AGGREGATES


def _function(
    placed: str, create: exp.Create, sql_object: SqlObject, translator: Translator
) -> str:
    """A macro; names inside of it are made its own, since arguments are put in as they stand."""
    value = create.expression
    _own_names(value, sql_object)
    value = _arguments(translator.rewritten(value), sql_object.parameters)
    returns = create.find(exp.ReturnsProperty)
    body = write(value)
    if returns is not None:
        body = f"CAST(({body}) AS {duckdb_type(returns.this.sql('bigquery'))})"
    names = ", ".join(p.name for p in sql_object.parameters)
    return f"CREATE OR REPLACE MACRO {placed}({names}) AS ({body})"


def _own_names(tree: exp.Expr, sql_object: SqlObject) -> None:
    """Rename columns and tables that a scalar function makes inside of itself."""
    if any(isinstance(t.this, exp.Identifier) for t in tree.find_all(exp.Table)):
        raise TranslationError(f"{sql_object.path}: a scalar function that reads tables")
    for struct in tree.find_all(exp.Struct):
        struct.set("expressions", [_named(field) for field in struct.expressions])
    parameters = {p.name.lower() for p in sql_object.parameters}
    selects = list(tree.find_all(exp.Select))
    made = {e.alias.lower() for s in selects for e in s.expressions if isinstance(e, exp.Alias)}
    made |= {a.name.lower() for a in tree.find_all(exp.TableAlias) if a.name}
    for clash in sorted(made & parameters):
        raise TranslationError(f"{sql_object.path}: {clash} is a parameter and a name made inside")
    for identifier in list(tree.find_all(exp.Identifier)):
        is_field = isinstance(identifier.parent, (exp.PropertyEQ, exp.Dot))
        if identifier.name.lower() in made and not is_field:
            identifier.set("this", f"{sql_object.name}__{identifier.name.lower()}")


def _named(field: exp.Expr) -> exp.Expr:
    if isinstance(field, exp.Column):
        return exp.PropertyEQ(this=exp.to_identifier(field.name), expression=field)
    return field


def _check_procedure(statement: object, sql_object: SqlObject, translator: Translator) -> None:
    """Translate every part of a procedure, so that a bad one fails at deployment.

    Its statements are remembered as a call asks for them.
    """
    if not isinstance(statement, CreateProcedure):
        raise TranslationError(f"{sql_object.path}: CREATE OR REPLACE PROCEDURE expected")
    types = {p.name.lower(): p.type for p in statement.parameters}
    types |= {n.lower(): d.type for d in declarations(statement.body) for n in d.names}
    scope, run = Scope(types), statements_run(statement.body)
    for sql in run:
        translator.statement(sql, scope, sql_object.path)
    for leaf in leaves(statement.body):
        if isinstance(leaf, Sql) and leaf not in run:
            bind(translator.rewritten(parse_sql(leaf, sql_object.path)), scope)


def refuse_other_types(sql_object: SqlObject, present: Mapping[str, str]) -> None:
    """Make sure that the columns that a table has are of the types that its file declares.

    Raises:
        TranslationError: one is not; what to do about it.
    """
    there = {name.lower(): kind for name, kind in present.items()}
    for column in sql_object.columns:
        found = there.get(column.name.lower())
        if found is not None and not _same_type(duckdb_type(column.type), found):
            raise TranslationError(
                f"{sql_object.path}: {column.name} is declared {column.type}, but the table in the "
                f"file has it as {found}; give the column another name, or begin with a new file"
            )


@lru_cache(maxsize=1024)
def _same_type(one: str, other: str) -> bool:
    return exp.DataType.build(one, dialect="duckdb") == exp.DataType.build(other, dialect="duckdb")


def tables_of(connection: duckdb.DuckDBPyConnection, dataset: str) -> Mapping[str, frozenset[str]]:
    """The columns of each table and view of the dataset, by its name."""
    rows = connection.execute(
        "SELECT table_name, list(column_name) FROM duckdb_columns() "
        "WHERE schema_name = ? GROUP BY table_name ORDER BY table_name",
        [dataset],
    ).fetchall()
    return {str(name): frozenset(columns) for name, columns in rows}


def columns_of(connection: duckdb.DuckDBPyConnection, dataset: str, table: str) -> dict[str, str]:
    """The table's columns with their DuckDB types, in order; empty when there is no such table."""
    there = connection.execute(
        "SELECT 1 FROM duckdb_tables() WHERE schema_name = ? AND table_name = ?", [dataset, table]
    ).fetchall()
    if not there:
        return {}
    # duckdb_columns() would bind every view of the file.
    rows = connection.execute(f'DESCRIBE "{dataset}"."{table}"').fetchall()
    return {str(row[0]): str(row[1]) for row in rows}
