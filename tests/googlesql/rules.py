"""The repository's own rules, on the syntax tree and on what the analyser made of it."""

from collections.abc import Iterator
from pathlib import Path

from tests.googlesql.resolved import Resolved
from tests.googlesql.syntax import Node

Violation = tuple[int, str]


def syntax_rules(tree: Node, path: Path) -> Iterator[Violation]:
    """Places (bytes) and messages of what the syntax tree tells."""
    yield from ()


def resolved_rules(resolved: Resolved) -> Iterator[Violation]:
    """Places (bytes) and messages of what needs the types to tell."""
    yield from ()
