"""What a job on the loopback server is to do: its states, its error, its rows, its statements."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.google.exchange import Request as Request
from tests.google.exchange import Trouble as Trouble
from tests.google.exchange import drop_after as drop_after
from tests.google.exchange import drop_before as drop_before
from tests.google.exchange import silence as silence

Column = tuple[str, str] | tuple[str, str, str]
"""Name and type as the API names it (INTEGER, FLOAT, BOOLEAN, …), and the mode if REPEATED."""

DONE = ("DONE",)
SLOW = ("PENDING", "RUNNING", "RUNNING", "DONE")
NEVER = ("RUNNING",)


@dataclass(frozen=True)
class Frame:
    """Where in a script a statement stands."""

    line: int
    column: int = 1
    procedure: str = ""
    text: str = ""


@dataclass(frozen=True)
class Play:
    """A job's life. `states` are shown one by one, the last one for good.

    `error` is (reason, message). `children` are the statements of a script, in order. `effect` is
    carried out when the job is done. `milliseconds` is how long it executes, None: it does not say.
    """

    states: Sequence[str] = DONE
    error: tuple[str, str] | None = None
    columns: Sequence[Column] = ()
    rows: Sequence[Sequence[Any]] = ()
    children: Sequence["Play"] = ()
    statement_type: str = "SELECT"
    frames: Sequence[Frame] = ()
    evaluation: str = "STATEMENT"
    milliseconds: int | None = None
    bytes_billed: int = 0
    bytes_processed: int = 0
    changed_rows: int | None = None
    effect: Callable[[Any], None] | None = None


def failing(reason: str, message: str = "it went wrong", **life: Any) -> Play:
    """A job that ends with an error."""
    return Play(error=(reason, message), **life)


def wire_rows(columns: Sequence[Column], rows: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
    """Rows as the API writes them."""
    return [
        {"f": [{"v": _wire(column, value)} for column, value in zip(columns, row, strict=True)]}
        for row in rows
    ]


def wire_schema(columns: Sequence[Column]) -> dict[str, Any]:
    """Columns as the API writes them."""
    fields = [
        {"name": c[0], "type": c[1], "mode": c[2] if len(c) == 3 else "NULLABLE"} for c in columns
    ]
    return {"fields": fields}


def _wire(column: Column, value: Any) -> Any:
    if len(column) == 3:
        return [{"v": _wire((column[0], column[1]), element)} for element in value]
    match value:
        case None:
            return None
        case bool():
            return "true" if value else "false"
        case dt.datetime():
            since = value - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
            return str(since // dt.timedelta(microseconds=1))
        case dt.date():
            return value.isoformat()
        case float() if value in (float("inf"), float("-inf")):
            return "Infinity" if value > 0 else "-Infinity"
        case float() if value != value:
            return "NaN"
        case _:
            return str(value)
