"""The catalogue that names are looked up in: project, dataset, object, as protobuf messages."""

import base64
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import get_args

from zetasql.wasi._pb2.zetasql.local_service import local_service_pb2
from zetasql.wasi._pb2.zetasql.proto import function_pb2, simple_catalog_pb2
from zetasql.wasi._pb2.zetasql.public import (
    function_pb2 as functions,
)
from zetasql.wasi._pb2.zetasql.public import simple_table_pb2, type_pb2

from tests.googlesql.language import language_options
from tests.googlesql.service import service

Type = type_pb2.TypeProto
Columns = Mapping[str, Type]

NAMES = {
    type_pb2.TYPE_INT64: "INT64",
    type_pb2.TYPE_DOUBLE: "FLOAT64",
    type_pb2.TYPE_BOOL: "BOOL",
    type_pb2.TYPE_STRING: "STRING",
    type_pb2.TYPE_BYTES: "BYTES",
    type_pb2.TYPE_DATE: "DATE",
    type_pb2.TYPE_TIMESTAMP: "TIMESTAMP",
    type_pb2.TYPE_DATETIME: "DATETIME",
    type_pb2.TYPE_TIME: "TIME",
    type_pb2.TYPE_NUMERIC: "NUMERIC",
    type_pb2.TYPE_BIGNUMERIC: "BIGNUMERIC",
    type_pb2.TYPE_JSON: "JSON",
    type_pb2.TYPE_INTERVAL: "INTERVAL",
    type_pb2.TYPE_GEOGRAPHY: "GEOGRAPHY",
}
KINDS = {name: kind for kind, name in NAMES.items()}


def type_name(of: Type) -> str:
    """The type as SQL writes it."""
    if of.type_kind == type_pb2.TYPE_ARRAY:
        return f"ARRAY<{type_name(of.array_type.element_type)}>"
    if of.type_kind == type_pb2.TYPE_STRUCT:
        fields = (f"{f.field_name} {type_name(f.field_type)}".strip() for f in of.struct_type.field)
        return f"STRUCT<{', '.join(fields)}>"
    return NAMES.get(of.type_kind, type_pb2.TypeKind.Name(of.type_kind))


def named_type(name: str) -> Type:
    """The type of this name: a scalar or an array of one."""
    if name.startswith("ARRAY<"):
        of = Type(type_kind=type_pb2.TYPE_ARRAY)
        of.array_type.element_type.CopyFrom(named_type(name[len("ARRAY<") : -1]))
        return of
    return Type(type_kind=KINDS[name])


def table(name: str, columns: Columns) -> simple_table_pb2.SimpleTableProto:
    """A table or view."""
    proto = simple_table_pb2.SimpleTableProto(name=name)
    for column, of in columns.items():
        proto.column.add(name=column, is_writable_column=True).type.CopyFrom(of)
    return proto


def fixed(of: Type) -> function_pb2.FunctionArgumentTypeProto:
    """An argument or result of this type."""
    argument = function_pb2.FunctionArgumentTypeProto(
        kind=functions.ARG_TYPE_FIXED, num_occurrences=1
    )
    argument.type.CopyFrom(of)
    return argument


Object = (
    simple_table_pb2.SimpleTableProto
    | function_pb2.FunctionProto
    | function_pb2.TableValuedFunctionProto
    | function_pb2.ProcedureProto
)


@dataclass(frozen=True)
class Entry:
    """An object under its name in the dataset."""

    name: str
    object: Object

    def to_json(self) -> "list[str]":
        """Its kind and content as texts."""
        content = base64.b64encode(self.object.SerializeToString(deterministic=True))
        return [self.name, self.object.DESCRIPTOR.name, content.decode()]

    @classmethod
    def from_json(cls, parts: "list[str]") -> "Entry":
        """The entry that `to_json` was made from."""
        name, kind, content = parts
        (made,) = (each for each in get_args(Object) if each.DESCRIPTOR.name == kind)
        return cls(name, made.FromString(base64.b64decode(content)))


@dataclass
class Catalog:
    """Objects of one dataset by name, and what lies beside it at the root."""

    project: str
    dataset: str
    tables: dict[str, simple_table_pb2.SimpleTableProto] = field(default_factory=dict)
    functions: dict[str, function_pb2.FunctionProto] = field(default_factory=dict)
    table_functions: dict[str, function_pb2.TableValuedFunctionProto] = field(default_factory=dict)
    procedures: dict[str, function_pb2.ProcedureProto] = field(default_factory=dict)
    _registration: "Registration | None" = None

    def add(self, entry: Entry) -> None:
        """Put an object into the dataset, in place of one of its kind and name."""
        match entry.object:
            case simple_table_pb2.SimpleTableProto():
                self.tables[entry.name] = entry.object
            case function_pb2.FunctionProto():
                self.functions[entry.name] = entry.object
            case function_pb2.TableValuedFunctionProto():
                self.table_functions[entry.name] = entry.object
            case function_pb2.ProcedureProto():
                self.procedures[entry.name] = entry.object
        if self._registration is not None:
            self._registration.release()
            self._registration = None

    def message(self) -> simple_catalog_pb2.SimpleCatalogProto:
        """The catalogue as the service wants it."""
        root = empty_root()
        dataset = root.catalog.add(name=self.project).catalog.add(name=self.dataset)
        dataset.table.extend(self.tables.values())
        dataset.custom_function.extend(self.functions.values())
        dataset.custom_tvf.extend(self.table_functions.values())
        dataset.procedure.extend(self.procedures.values())
        return root

    def registered(self) -> int:
        """Its id with the service."""
        if self._registration is None or not self._registration.alive:
            self._registration = Registration(self.message())
        return self._registration.id


@dataclass
class Scope:
    """What a script sees: the dataset, its variables and parameters, its temporary tables.

    Variables are constants of their type, all NULL. Leaving it frees what the service holds.
    """

    catalog: Catalog
    variables: dict[str, Type] = field(default_factory=dict)
    tables: dict[str, simple_table_pb2.SimpleTableProto] = field(default_factory=dict)
    _registration: "Registration | None" = None

    def __enter__(self) -> "Scope":
        return self

    def __exit__(self, *_: object) -> None:
        self._changed()

    def declare(self, name: str, of: Type) -> None:
        """Add a variable or parameter."""
        self.variables[name] = of
        self._changed()

    @contextmanager
    def block(self) -> Iterator[None]:
        """A block: its variables end with it."""
        outer = dict(self.variables)
        yield
        self.variables = outer
        self._changed()

    def create(self, name: str, columns: Columns) -> None:
        """Add a temporary table."""
        self.tables[name] = table(name, columns)
        self._changed()

    def registered(self) -> int:
        """The id of all that is seen with the service."""
        if not self.variables and not self.tables:
            return self.catalog.registered()
        if self._registration is None or not self._registration.alive:
            root = self.catalog.message()
            root.table.extend(self.tables.values())
            for name, of in self.variables.items():
                constant = root.constant.add(name_path=[name])
                constant.type.CopyFrom(of)
                constant.value.SetInParent()
            self._registration = Registration(root)
        return self._registration.id

    def _changed(self) -> None:
        if self._registration is not None:
            self._registration.release()
            self._registration = None


class Registration:
    """A catalogue that the service holds under an id, with the rows of root tables if given."""

    def __init__(
        self,
        catalog: simple_catalog_pb2.SimpleCatalogProto,
        contents: Mapping[str, local_service_pb2.TableContent] | None = None,
    ) -> None:
        request = local_service_pb2.RegisterCatalogRequest(simple_catalog=catalog)
        # The enumerations (date parts …) of the builtin functions.
        request.descriptor_pool_list.definitions.add().builtin.SetInParent()
        for name, content in (contents or {}).items():
            request.table_content[name].CopyFrom(content)
        reply = service().call("RegisterCatalog", request, local_service_pb2.RegisterResponse)
        self.id = reply.registered_id
        self._generation = service().generation

    @property
    def alive(self) -> bool:
        """Whether the service that holds it is still the one that runs."""
        return self._generation == service().generation

    def release(self) -> None:
        """Free it."""
        if self.alive:
            request = local_service_pb2.UnregisterRequest(registered_id=self.id)
            service().tell("UnregisterCatalog", request)


def empty_root() -> simple_catalog_pb2.SimpleCatalogProto:
    """A catalogue of the builtin functions alone."""
    root = simple_catalog_pb2.SimpleCatalogProto(name="root", file_descriptor_set_index=0)
    root.builtin_function_options.language_options.CopyFrom(language_options())
    return root


def signature(
    arguments: Iterable[tuple[str, Type]],
    result: function_pb2.FunctionArgumentTypeProto,
) -> function_pb2.FunctionSignatureProto:
    """A signature of named arguments."""
    proto = function_pb2.FunctionSignatureProto()
    for name, of in arguments:
        argument = fixed(of)
        argument.options.argument_name = name
        argument.options.named_argument_kind = functions.FunctionEnums.POSITIONAL_OR_NAMED
        proto.argument.append(argument)
    proto.return_type.CopyFrom(result)
    return proto
