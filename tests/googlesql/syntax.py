"""The syntax tree of a script, as plain nodes in the order of the text.

The parser answers with protobuf messages in which a node's kind is spread over wrappers (`Any…`)
and inherited fields (`parent`); here a node has one kind, one place and its named children.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message
from zetasql.wasi._pb2.zetasql.local_service import local_service_pb2

from tests.googlesql.language import language_options
from tests.googlesql.service import service

Scalar = str | int | bool | float


@dataclass(eq=False)
class Node:
    """`kind` is Google's name without AST (`Select`, `FunctionCall`); places are bytes of UTF-8."""

    kind: str
    start: int
    end: int
    values: dict[str, Scalar] = field(default_factory=dict)
    children: dict[str, "Node | list[Node]"] = field(default_factory=dict)
    parent: "Node | None" = None

    def one(self, name: str) -> "Node | None":
        """The child in this role, if there is one."""
        child = self.children.get(name)
        return child if isinstance(child, Node) else None

    def child(self, name: str) -> "Node":
        """The child in this role, which every node of the kind has."""
        child = self.children[name]
        assert isinstance(child, Node)
        return child

    def many(self, name: str) -> "list[Node]":
        """The children in this role."""
        child = self.children.get(name, [])
        return [child] if isinstance(child, Node) else child

    def all_children(self) -> "list[Node]":
        """Every child, in the order of the text."""
        nodes: list[Node] = []
        for child in self.children.values():
            nodes.extend([child] if isinstance(child, Node) else child)
        return sorted(nodes, key=lambda node: (node.start, -node.end))

    def walk(self) -> "Iterator[Node]":
        """This node and all below it, in the order of the text."""
        yield self
        for child in self.all_children():
            yield from child.walk()

    def ancestors(self) -> "Iterator[Node]":
        """From the parent up to the root."""
        node = self.parent
        while node is not None:
            yield node
            node = node.parent

    @property
    def path(self) -> tuple[str, ...]:
        """The names of a path expression or identifier."""
        if self.kind == "Identifier":
            return (str(self.values["id_string"]),)
        return tuple(str(name.values["id_string"]) for name in self.many("names"))


def parse_script(text: str) -> Node:
    """The tree of one or more statements.

    Raises:
        GoogleSqlError: a syntax error.
    """
    request = local_service_pb2.ParseRequest(
        sql_statement=text, options=language_options(), allow_script=True
    )
    reply = service().call("Parse", request, local_service_pb2.ParseResponse)
    return _node(reply.parsed_script)


def _node(message: Message) -> Node:
    name = message.DESCRIPTOR.name
    if name.startswith("Any"):
        (_, inner), *_ = message.ListFields()
        return _node(inner)
    node = Node(name.removeprefix("AST").removesuffix("Proto"), 0, 0)
    _fill(node, message)
    return node


@cache
def _enumerations(descriptor: Descriptor) -> dict[str, dict[int, str]]:
    return {
        field.name: {value.number: value.name for value in field.enum_type.values}
        for field in descriptor.fields
        if field.enum_type is not None
    }


def _fill(node: Node, message: Message) -> None:
    enumerations = _enumerations(message.DESCRIPTOR)
    for descriptor, value in message.ListFields():
        name = descriptor.name
        if descriptor.message_type is None:
            node.values[name] = (
                enumerations[name][value] if descriptor.enum_type is not None else value
            )
        elif name == "parent":
            _fill(node, value)
        elif name == "parse_location_range":
            node.start, node.end = value.start, value.end
        elif isinstance(value, Message):
            node.children[name] = child = _node(value)
            child.parent = node
        else:
            node.children[name] = children = [_node(item) for item in value]
            for child in children:
                child.parent = node
