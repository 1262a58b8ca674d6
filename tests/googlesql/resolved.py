"""Reading the resolved tree: what the analyser made of a statement."""

from collections.abc import Iterator
from typing import Any

from google.protobuf.message import Message

Resolved = Any  # generated protobuf classes: their attributes are not typed


def unwrap(message: Message) -> Resolved:
    """What an `Any…` wrapper wraps."""
    while message.DESCRIPTOR.name.startswith("Any"):
        (_, message), *_ = message.ListFields()
    return message


def kind(node: Resolved) -> str:
    """Google's name of the node without Resolved."""
    return node.DESCRIPTOR.name.removeprefix("Resolved").removesuffix("Proto")


def inherited(node: Resolved, name: str) -> Resolved:
    """A field of the node or of the messages it inherits from; None where unset."""
    while node is not None:
        if name in node.DESCRIPTOR.fields_by_name:
            return getattr(node, name)
        node = node.parent if "parent" in node.DESCRIPTOR.fields_by_name else None
    return None


def start_of(node: Resolved) -> int | None:
    """The byte at which the node's text starts, where the analyser noted it."""
    place = inherited(node, "parse_location_range")
    return place.start if place is not None and place.HasField("start") else None


def walk(message: Message, at: int = 0) -> Iterator[tuple[Resolved, int]]:
    """Every node of the tree with the place of its text, or of the nearest node around it."""
    name = message.DESCRIPTOR.name
    if name.startswith("Resolved"):
        place = start_of(message)
        at = at if place is None else place
        yield message, at
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        below = field.message_type.name
        if not below.startswith(("Resolved", "AnyResolved")):
            continue
        if field.name == "parent":
            yield from _inherited_children(value, at)
        elif isinstance(value, Message):
            yield from walk(value, at)
        else:
            for item in value:
                yield from walk(item, at)


def _inherited_children(message: Message, at: int) -> Iterator[tuple[Resolved, int]]:
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        if field.name == "parent":
            yield from _inherited_children(value, at)
        elif field.message_type.name.startswith(("Resolved", "AnyResolved")):
            for item in [value] if isinstance(value, Message) else value:
                yield from walk(item, at)
