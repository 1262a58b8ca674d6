"""Computes queries by Google's reference implementation, on rows given as literals.

The routines of `sql/` are at hand: functions and table functions run from their bodies, a view is
computed from the rows of its tables. The implementation knows no DML and no APPROX_ functions, and
window functions take it quadratic time: keep to a few hundred rows.
"""

from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path

from zetasql.wasi._pb2.zetasql.local_service import local_service_pb2
from zetasql.wasi._pb2.zetasql.proto import function_pb2, simple_catalog_pb2
from zetasql.wasi._pb2.zetasql.public import function_pb2 as functions
from zetasql.wasi._pb2.zetasql.public import simple_table_pb2

from tests.googlesql.analysis import SQL, analyse_all
from tests.googlesql.answers import Catalogue, answer
from tests.googlesql.catalog import Type, empty_root, named_type, signature, table
from tests.googlesql.language import analyzer_options
from tests.googlesql.source import DATASET, PROJECT, Source
from tests.googlesql.syntax import Node
from tests.googlesql.values import Row, decode, encode, type_of

KEPT_VIEWS = 300
"""Views whose rows are kept, each for the rows that it was evaluated on."""

ANY = function_pb2.FunctionArgumentTypeProto(kind=functions.ARG_TYPE_ARBITRARY, num_occurrences=1)
ROWS = function_pb2.FunctionArgumentTypeProto(kind=functions.ARG_TYPE_RELATION, num_occurrences=1)


@dataclass(frozen=True)
class Given:
    """A parameter with its GoogleSQL type, where the value alone doesn't tell it."""

    value: object
    type: str


@dataclass
class Answer:
    """A query's rows, and the types of their columns."""

    columns: dict[str, Type]
    rows: list[dict[str, object]]


@dataclass
class Beside:
    """What a script has beside the dataset: variables with their values, temporary tables."""

    variables: dict[str, tuple[Type, object]] = field(default_factory=dict)
    tables: dict[str, Answer] = field(default_factory=dict)

    def add_to(
        self,
        root: simple_catalog_pb2.SimpleCatalogProto,
        contents: dict[str, local_service_pb2.TableContent],
    ) -> None:
        """Put it at the root of a catalogue."""
        for name, (of, value) in self.variables.items():
            constant = root.constant.add(name_path=[name])
            constant.type.CopyFrom(of)
            constant.value.CopyFrom(encode(value, of))
        for name, made in self.tables.items():
            _add_table(root, contents, name, made.columns, made.rows)


class Reference:
    """The routines of a folder like `sql/`, ready to be evaluated."""

    def __init__(self, root: Path = SQL) -> None:
        session, files = analyse_all(root)
        self._columns = {
            name: {column.name: column.type for column in proto.column}
            for name, proto in session.catalog.tables.items()
        }
        self._sources = {
            file.path.stem: (file.folder, Source(file.path.read_text(), split=False))
            for file in files
            if file.entry is not None and file.folder in ("functions", "table_functions", "views")
        }
        self._signatures = {
            **{name: proto.signature[0] for name, proto in session.catalog.functions.items()},
            **{name: proto.signature for name, proto in session.catalog.table_functions.items()},
        }
        self._reached: dict[str, frozenset[str]] = {}
        self._view_rows: dict[tuple[str, *tuple[int, ...]], tuple[Sequence[Row], object]] = {}

    def evaluate(
        self,
        sql: str,
        tables: Mapping[str, Sequence[Row]] | None = None,
        parameters: Mapping[str, object] | None = None,
    ) -> "list[dict[str, object]]":
        """The rows of one query, whose text has `${dataset}` in it as in `sql/`.

        `tables` are rows by table (or view) name and column; columns left out are NULL, tables left
        out are empty. Nobody changes a sequence of rows after it was given: what views make of it
        is kept for the next query. `parameters` are Python values, or Given where those don't tell
        their type.

        Raises:
            GoogleSqlError: the query is wrong, or fails as it runs (ERROR, division by zero …).
        """
        source = unsplit(sql)
        text = source.text.decode().rstrip().rstrip(";")
        contents = self.with_views(source.tree, tables or {})
        with self.registered(self.needed(source.tree), contents) as catalog:
            return evaluated(text, catalog, parameters or {}).rows

    def with_views(
        self, tree: Node, tables: Mapping[str, Sequence[Row]]
    ) -> "dict[str, Sequence[Row]]":
        """`tables`, and the rows of the views that a text needs."""
        contents = dict(tables)
        self._add_views(tree, contents)
        return contents

    def _add_views(self, tree: Node, contents: dict[str, Sequence[Row]]) -> None:
        for name in sorted(self.needed(tree)):
            kind, view = self._sources.get(name, ("", None))
            if kind == "views" and name not in contents and view is not None:
                contents[name] = ()  # its own text mentions it, too
                self._add_views(view.tree, contents)
                contents[name] = self._rows_of(name, view, contents)

    def _rows_of(
        self, name: str, view: Source, contents: Mapping[str, Sequence[Row]]
    ) -> Sequence[Row]:
        """The rows of a view, evaluated once for the same sequences of rows of what it reads."""
        needed = self.needed(view.tree)
        read = [contents.get(each, ()) for each in sorted(needed)]
        key = (name, *map(id, read))
        if key not in self._view_rows:
            with self.registered(needed, contents) as catalog:
                rows = evaluated(_part(view, "query"), catalog, {}).rows
            self._view_rows[key] = rows, read  # as long as `read` is kept, its ids are its own
            if len(self._view_rows) > KEPT_VIEWS:
                del self._view_rows[next(iter(self._view_rows))]
        return self._view_rows[key][0]

    def needed(self, tree: Node) -> set[str]:
        """Names that a text mentions, and those that what they name mentions."""
        names = mentioned(tree)
        return set(names).union(*map(self._reached_from, names))

    def _reached_from(self, name: str) -> frozenset[str]:
        if name not in self._reached:
            found: set[str] = set()
            waiting = [name]
            while waiting:
                if (each := waiting.pop()) not in found:
                    found.add(each)
                    if each in self._sources:
                        waiting += mentioned(self._sources[each][1].tree)
            self._reached[name] = frozenset(found)
        return self._reached[name]

    @contextmanager
    def loaded(self, tables: Mapping[str, Sequence[Row]]) -> "Iterator[Loaded]":
        """All that the folder has, with these rows, for many queries; views need rows as well."""
        with self.registered({*self._columns, *self._signatures}, tables) as catalog:
            yield Loaded(catalog)

    @contextmanager
    def registered(
        self,
        names: Set[str],
        contents: Mapping[str, Sequence[Row]],
        beside: Beside | None = None,
        numbered: str | None = None,
    ) -> Iterator[Catalogue]:
        """A catalogue of these objects, with rows, and what a script has beside them.

        `numbered` names a table, as the catalogue has it, whose rows get their numbers from 0 for a
        primary key, in a last column that `*` doesn't show: what DML does to them can be told so.
        """
        root, rows = empty_root(), dict[str, local_service_pb2.TableContent]()
        for name in sorted(names):
            kind = self._sources[name][0] if name in self._sources else "tables"
            if kind == "functions":
                root.custom_function.append(self._function(name))
            elif kind == "table_functions":
                root.custom_tvf.append(self._table_function(name))
            elif name in self._columns:
                _add_table(root, rows, full_name(name), self._columns[name], contents.get(name, ()))
        if beside is not None:
            beside.add_to(root, rows)
        if numbered is not None:
            _number(next(each for each in root.table if each.name == numbered), rows[numbered])
        catalogue = Catalogue(root, rows)
        try:
            yield catalogue
        finally:
            catalogue.release()

    def columns(self, name: str) -> Mapping[str, Type]:
        """The columns of a table or view."""
        return self._columns[name]

    def _function(self, name: str) -> function_pb2.FunctionProto:
        source = self._sources[name][1]
        proto = function_pb2.FunctionProto(
            name_path=[full_name(name)],
            group="Templated_SQL_Function",
            mode=functions.FunctionEnums.SCALAR,
        )
        proto.signature.append(signature(self._arguments(name), ANY))
        proto.templated_sql_function_argument_name.extend(n for n, _ in self._arguments(name))
        proto.parse_resume_location.input = _part(source, "sql_function_body")
        return proto

    def _table_function(self, name: str) -> function_pb2.TableValuedFunctionProto:
        source = self._sources[name][1]
        proto = function_pb2.TableValuedFunctionProto(
            name_path=[full_name(name)], type=functions.FunctionEnums.TEMPLATED_SQL_TVF
        )
        proto.signature.CopyFrom(signature(self._arguments(name), ROWS))
        proto.argument_name.extend(n for n, _ in self._arguments(name))
        proto.parse_resume_location.input = _part(source, "query")
        return proto

    def _arguments(self, name: str) -> "list[tuple[str, Type]]":
        return [(a.options.argument_name, a.type) for a in self._signatures[name].argument]


@dataclass(frozen=True)
class Loaded:
    """Tables with rows, and the routines beside them."""

    _catalog: Catalogue

    def evaluate(
        self, sql: str, parameters: Mapping[str, object] | None = None
    ) -> "list[dict[str, object]]":
        """The rows of one query; see `Reference.evaluate`."""
        text = unsplit(sql).text.decode().rstrip().rstrip(";")
        return evaluated(text, self._catalog, parameters or {}).rows


@cache
def reference() -> Reference:
    """The routines of `sql/`."""
    return Reference()


def evaluate(
    sql: str,
    tables: Mapping[str, Sequence[Row]] | None = None,
    parameters: Mapping[str, object] | None = None,
) -> "list[dict[str, object]]":
    """`Reference.evaluate` with the routines of `sql/`."""
    return reference().evaluate(sql, tables, parameters)


def full_name(name: str) -> str:
    """An object's name as one identifier, which is how this catalogue holds it."""
    return f"{PROJECT}.{DATASET}.{name}"


@lru_cache(maxsize=500)
def unsplit(sql: str) -> Source:
    """A text whose dotted names are single identifiers, parsed once."""
    return Source(sql, split=False)


@lru_cache(maxsize=2000)
def mentioned(tree: Node) -> frozenset[str]:
    """The dataset's objects that an unsplit text mentions."""
    prefix = full_name("")
    return frozenset(
        node.path[0].removeprefix(prefix)
        for node in tree.walk()
        if node.kind == "PathExpression" and node.path[0].startswith(prefix)
    )


def _part(source: Source, role: str) -> str:
    statement = source.tree.child("statement_list_node").many("statement_list")[0]
    node = statement.one(role)
    assert node is not None
    body = node.one("expression") or node
    return source.text[body.start : body.end].decode()


def _add_table(
    root: simple_catalog_pb2.SimpleCatalogProto,
    contents: dict[str, local_service_pb2.TableContent],
    name: str,
    columns: Mapping[str, Type],
    rows: Sequence[Row],
) -> None:
    content = local_service_pb2.TableContent()
    content.table_data.SetInParent()
    for row in rows:
        if unknown := set(row) - set(columns):
            raise KeyError(f"{name} has no column {', '.join(sorted(unknown))}")
        cells = content.table_data.row.add().cell
        cells.extend(encode(row.get(column), of) for column, of in columns.items())
    root.table.append(table(name, columns))
    contents[name] = content


def _number(
    proto: simple_table_pb2.SimpleTableProto, content: local_service_pb2.TableContent
) -> None:
    column = proto.column.add(name="row_number_of_the_reference", is_pseudo_column=True)
    column.type.CopyFrom(named_type("INT64"))
    proto.primary_key_column_index.append(len(proto.column) - 1)
    for number, row in enumerate(content.table_data.row):
        row.cell.add(int64_value=number)


def evaluated(sql: str, catalog: Catalogue, parameters: Mapping[str, object]) -> Answer:
    """What one query, names split or not as the catalogue has them, gives."""
    request = local_service_pb2.EvaluateQueryRequest(sql=sql)
    request.options.CopyFrom(analyzer_options())
    request.options.allow_undeclared_parameters = False
    for name, value in parameters.items():
        if isinstance(value, Given):
            value, of = value.value, named_type(value.type)
        else:
            of = type_of(value)
        request.options.query_parameters.add(name=name).type.CopyFrom(of)
        request.params.add(name=name).value.CopyFrom(encode(value, of))
    reply = answer("EvaluateQuery", request, catalog, local_service_pb2.EvaluateQueryResponse)
    columns = {column.name: column.type for column in reply.prepared.columns}
    if len(columns) < len(reply.prepared.columns):
        raise ValueError(f"columns of one name, or of none: {sql[:80]}")
    rows = [
        {name: decode(cell, of) for (name, of), cell in zip(columns.items(), row.cell, strict=True)}
        for row in reply.content.table_data.row
    ]
    return Answer(columns, rows)
