"""The objects of `sql/`, with their parameters and columns, as values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from eros_assets.errors import ErosError

Kind = Literal["table", "function", "table_function", "procedure", "view", "operation", "check"]


ColumnSource = tuple[str, str]
"""A table, view or function of the dataset, and its column."""

Lineage = Mapping[str, Sequence[ColumnSource]]
"""The sources of each column."""


class LibraryError(ErosError):
    """A file of `sql/` that can't be used; the message names it."""


@dataclass(frozen=True, slots=True)
class Column:
    """A documented output column. `type` is GoogleSQL; empty where nothing says it.

    `one_of` are the values that a column of a table may have, none: any. `least` and `most` are the
    bounds of its numbers, None: none.
    """

    name: str
    type: str
    description: str
    one_of: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None


@dataclass(frozen=True, slots=True)
class RoutineParameter:
    """A parameter of a routine, or a query parameter of an operation or check.

    `mode` is IN or OUT (IN for functions). `type` is GoogleSQL.
    """

    name: str
    type: str
    mode: Literal["IN", "OUT"]
    description: str = ""


@dataclass(frozen=True, slots=True)
class SqlObject:
    """One file of `sql/`: folder = kind, file name = object name.

    `text` still has `${dataset}` in it. `dependencies` are the dataset's objects that the parsed
    SQL mentions, itself excluded. `fingerprint` is a SHA-256 that comments and spacing don't move.
    No two rows of a table have the same values in the columns `key`; empty: nothing says it.
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
    key: tuple[str, ...] = ()
