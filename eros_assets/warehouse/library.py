"""Reads `sql/`: names, kinds, dependencies, columns, fingerprints, rendering."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Kind = Literal["table", "function", "table_function", "procedure", "view", "operation", "check"]


@dataclass(frozen=True, slots=True)
class Column:
    """A documented output column. `type` is GoogleSQL; empty where the SQL doesn't declare it."""

    name: str
    type: str
    description: str


@dataclass(frozen=True, slots=True)
class RoutineParameter:
    """A parameter of a routine. `mode` is IN or OUT (IN for functions)."""

    name: str
    type: str
    mode: Literal["IN", "OUT"]


@dataclass(frozen=True, slots=True)
class SqlObject:
    """One file of `sql/`: folder = kind, file name = object name.

    `text` still has `${dataset}` in it. `dependencies` are the dataset's objects that the parsed
    SQL mentions, itself excluded. `fingerprint` is a SHA-256 that comments and spacing don't move.
    """

    name: str
    kind: Kind
    path: Path
    text: str
    description: str
    dependencies: frozenset[str]
    parameters: tuple[RoutineParameter, ...]
    columns: tuple[Column, ...]
    fingerprint: str


class SqlLibrary(Mapping[str, SqlObject]):
    """Every object of `sql/` by name."""

    def __init__(self, objects: Sequence[SqlObject]) -> None:
        self._objects = {o.name: o for o in sorted(objects, key=lambda o: o.name)}

    def __getitem__(self, name: str) -> SqlObject:
        return self._objects[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._objects)

    def __len__(self) -> int:
        return len(self._objects)

    def of_kind(self, *kinds: Kind) -> tuple[SqlObject, ...]:
        """The objects of these kinds, by name."""
        return tuple(o for o in self._objects.values() if o.kind in kinds)

    def deploy_order(self) -> tuple[SqlObject, ...]:
        """Tables, functions, views and routines, each after all that it depends on."""
        raise NotImplementedError
