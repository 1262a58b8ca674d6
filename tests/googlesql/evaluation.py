"""Computes queries by Google's reference implementation, on rows given as literals.

The routines of `sql/` are at hand: functions and table functions run from their bodies, a view is
computed from the rows of its tables. The implementation knows no DML and no APPROX_ functions, and
window functions take it quadratic time: keep to a few hundred rows.
"""

from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from zetasql.wasi._pb2.zetasql.local_service import local_service_pb2
from zetasql.wasi._pb2.zetasql.proto import function_pb2, options_pb2
from zetasql.wasi._pb2.zetasql.public import function_pb2 as functions

from tests.googlesql.analysis import SQL, analyse_all
from tests.googlesql.catalog import Registration, Type, empty_root, named_type, signature, table
from tests.googlesql.language import analyzer_options
from tests.googlesql.service import service
from tests.googlesql.source import DATASET, PROJECT, Source
from tests.googlesql.syntax import Node
from tests.googlesql.values import Row, decode, encode, type_of

ANY = function_pb2.FunctionArgumentTypeProto(kind=functions.ARG_TYPE_ARBITRARY, num_occurrences=1)
ROWS = function_pb2.FunctionArgumentTypeProto(kind=functions.ARG_TYPE_RELATION, num_occurrences=1)


@dataclass(frozen=True)
class Given:
    """A parameter with its GoogleSQL type, where the value alone doesn't tell it."""

    value: object
    type: str


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

    def evaluate(
        self,
        sql: str,
        tables: Mapping[str, Sequence[Row]] | None = None,
        parameters: Mapping[str, object] | None = None,
    ) -> "list[dict[str, object]]":
        """The rows of one query, whose text has `${dataset}` in it as in `sql/`.

        `tables` are rows by table (or view) name and column; columns left out are NULL, tables left
        out are empty. `parameters` are Python values, or Given where those don't tell their type.

        Raises:
            GoogleSqlError: the query is wrong, or fails as it runs (ERROR, division by zero …).
        """
        source = Source(sql, split=False)
        contents = dict(tables or {})
        needed = self._needed(source)
        for name in sorted(needed):
            kind, view = self._sources.get(name, ("", None))
            if kind == "views" and name not in contents and view is not None:
                query = _part(view, "query")
                contents[name] = self._run(view, query, contents, {})
        return self._run(source, source.text.decode().rstrip().rstrip(";"), contents, parameters)

    def _needed(self, source: Source) -> set[str]:
        """Names that a text mentions, and those that what they name mentions."""
        found: set[str] = set()
        waiting = [source]
        while waiting:
            for name in mentioned(waiting.pop().tree) - found:
                found.add(name)
                if name in self._sources:
                    waiting.append(self._sources[name][1])
        return found

    @contextmanager
    def loaded(self, tables: Mapping[str, Sequence[Row]]) -> "Iterator[Loaded]":
        """All that the folder has, with these rows, for many queries; views need rows as well."""
        registration = self._register({*self._columns, *self._signatures}, tables)
        try:
            yield Loaded(registration)
        finally:
            registration.release()

    def _register(self, names: Set[str], contents: Mapping[str, Sequence[Row]]) -> Registration:
        root, rows = empty_root(), dict[str, local_service_pb2.TableContent]()
        for name in sorted(names):
            kind = self._sources[name][0] if name in self._sources else "tables"
            if kind == "functions":
                root.custom_function.append(self._function(name))
            elif kind == "table_functions":
                root.custom_tvf.append(self._table_function(name))
            elif name in self._columns:
                columns = self._columns[name]
                root.table.append(table(full_name(name), columns))
                rows[full_name(name)] = _content(contents.get(name, ()), columns, name)
        return Registration(root, rows)

    def _run(
        self,
        source: Source,
        sql: str,
        contents: Mapping[str, Sequence[Row]],
        parameters: Mapping[str, object] | None,
    ) -> "list[dict[str, object]]":
        registration = self._register(self._needed(source), contents)
        try:
            return _evaluated(sql, registration.id, parameters or {})
        finally:
            registration.release()

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

    _registration: Registration

    def evaluate(
        self, sql: str, parameters: Mapping[str, object] | None = None
    ) -> "list[dict[str, object]]":
        """The rows of one query; see `Reference.evaluate`."""
        text = Source(sql, split=False).text.decode().rstrip().rstrip(";")
        return _evaluated(text, self._registration.id, parameters or {})


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


def mentioned(tree: Node) -> set[str]:
    """The dataset's objects that an unsplit text mentions."""
    prefix = full_name("")
    return {
        node.path[0].removeprefix(prefix)
        for node in tree.walk()
        if node.kind == "PathExpression" and node.path[0].startswith(prefix)
    }


def _part(source: Source, role: str) -> str:
    statement = source.tree.child("statement_list_node").many("statement_list")[0]
    node = statement.one(role)
    assert node is not None
    body = node.one("expression") or node
    return source.text[body.start : body.end].decode()


def _content(
    rows: Sequence[Row], columns: Mapping[str, Type], name: str
) -> local_service_pb2.TableContent:
    content = local_service_pb2.TableContent()
    content.table_data.SetInParent()
    for row in rows:
        if unknown := set(row) - set(columns):
            raise KeyError(f"{name} has no column {', '.join(sorted(unknown))}")
        cells = content.table_data.row.add().cell
        cells.extend(encode(row.get(column), of) for column, of in columns.items())
    return content


def _evaluated(
    sql: str, catalog: int, parameters: Mapping[str, object]
) -> "list[dict[str, object]]":
    options = options_pb2.AnalyzerOptionsProto()
    options.CopyFrom(analyzer_options())
    options.allow_undeclared_parameters = False
    request = local_service_pb2.EvaluateQueryRequest(sql=sql, registered_catalog_id=catalog)
    for name, value in parameters.items():
        if isinstance(value, Given):
            value, of = value.value, named_type(value.type)
        else:
            of = type_of(value)
        options.query_parameters.add(name=name).type.CopyFrom(of)
        request.params.add(name=name).value.CopyFrom(encode(value, of))
    request.options.CopyFrom(options)
    reply = service().call("EvaluateQuery", request, local_service_pb2.EvaluateQueryResponse)
    columns = reply.prepared.columns
    return [
        {
            column.name: decode(cell, column.type)
            for column, cell in zip(columns, row.cell, strict=True)
        }
        for row in reply.content.table_data.row
    ]
