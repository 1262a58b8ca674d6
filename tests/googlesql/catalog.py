"""The catalogue that names are looked up in: project, dataset, object, as protobuf messages."""

import base64
from collections.abc import Iterable, Mapping
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
    """Objects of one dataset, and what a script adds to them: variables and temporary tables.

    Each of the mappings is by name; `constants` are variables and parameters, all NULL.
    """

    project: str
    dataset: str
    tables: dict[str, simple_table_pb2.SimpleTableProto] = field(default_factory=dict)
    functions: dict[str, function_pb2.FunctionProto] = field(default_factory=dict)
    table_functions: dict[str, function_pb2.TableValuedFunctionProto] = field(default_factory=dict)
    procedures: dict[str, function_pb2.ProcedureProto] = field(default_factory=dict)
    constants: dict[str, Type] = field(default_factory=dict)
    temporary: dict[str, simple_table_pb2.SimpleTableProto] = field(default_factory=dict)
    root_functions: list[function_pb2.FunctionProto] = field(default_factory=list)
    root_table_functions: list[function_pb2.TableValuedFunctionProto] = field(default_factory=list)
    _registered: tuple[int, int, bytes] | None = None

    def in_script(self) -> "Catalog":
        """The same objects, with variables and temporary tables of its own."""
        return Catalog(
            self.project,
            self.dataset,
            self.tables,
            self.functions,
            self.table_functions,
            self.procedures,
        )

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

    def message(self) -> simple_catalog_pb2.SimpleCatalogProto:
        """The catalogue as the service wants it."""
        root = simple_catalog_pb2.SimpleCatalogProto(name="root", file_descriptor_set_index=0)
        root.builtin_function_options.language_options.CopyFrom(language_options())
        root.table.extend(self.temporary.values())
        root.custom_function.extend(self.root_functions)
        root.custom_tvf.extend(self.root_table_functions)
        for name, of in self.constants.items():
            constant = root.constant.add(name_path=[name])
            constant.type.CopyFrom(of)
            constant.value.SetInParent()
        project = root.catalog.add(name=self.project)
        dataset = project.catalog.add(name=self.dataset)
        dataset.table.extend(self.tables.values())
        dataset.custom_function.extend(self.functions.values())
        dataset.custom_tvf.extend(self.table_functions.values())
        dataset.procedure.extend(self.procedures.values())
        return root

    def registered(self) -> int:
        """Its id with the service; registered anew when it, or the service, is not the same."""
        message = self.message()
        content = message.SerializeToString(deterministic=True)
        generation = service().generation
        if self._registered and self._registered[0] == generation:
            if self._registered[2] == content:
                return self._registered[1]
            self.forget()
        request = local_service_pb2.RegisterCatalogRequest(
            simple_catalog=message, descriptor_pool_list=builtin_pool()
        )
        reply = service().call("RegisterCatalog", request, local_service_pb2.RegisterResponse)
        self._registered = (generation, reply.registered_id, content)
        return reply.registered_id

    def forget(self) -> None:
        """Free what the service holds of it."""
        if self._registered and self._registered[0] == service().generation:
            unregister(self._registered[1])
        self._registered = None


def unregister(catalog: int) -> None:
    """Free a catalogue that was registered under this id."""
    service().tell("UnregisterCatalog", local_service_pb2.UnregisterRequest(registered_id=catalog))


def builtin_pool() -> local_service_pb2.DescriptorPoolListProto:
    """The enumerations (date parts …) of the builtin functions."""
    pool = local_service_pb2.DescriptorPoolListProto()
    pool.definitions.add().builtin.SetInParent()
    return pool


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
