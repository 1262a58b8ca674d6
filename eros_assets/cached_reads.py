"""Rows that a run has read, kept until it ends for the steps that ask the same again.

On BigQuery each read is a job that bills 10 MiB for each of its tables; when a table last changed
is metadata, and costs nothing. So rows are taken over only while every table below the statement is
as it was when they were read. Outside of a run, a step or a command nothing is kept.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import TYPE_CHECKING

from eros_assets.warehouse.protocol import Freshness, Typed, Value
from eros_assets.work import is_under_way, when_it_ends

if TYPE_CHECKING:
    import pandas as pd

MOST_ROWS = 100_000
"""Rows of an answer that is kept; a larger one is read again."""
MOST_ANSWERS = 200
"""Answers that are kept; the oldest goes first."""

State = Sequence[Freshness | None]

_kept: "dict[Hashable, tuple[State, pd.DataFrame]]" = {}
when_it_ends(_kept.clear)


def cached_read(
    question: Hashable, state: Callable[[], State], read: "Callable[[], pd.DataFrame]"
) -> "pd.DataFrame":
    """The rows of `read`, or those kept of the same question in the same state.

    Args:
        question: the installation, the statement, and its parameters.
        state: when each table below the statement last changed; None for one that isn't there.
        read: asks the warehouse.
    """
    if not is_under_way():
        return read()
    # Taken first: rows that change while they are read are read again.
    present = tuple(state())
    known = _kept.get(question)
    if known is not None and known[0] == present:
        return known[1].copy()
    rows = read()
    if None not in present and len(rows) <= MOST_ROWS:
        _kept.pop(question, None)
        _kept[question] = present, rows.copy()
        if len(_kept) > MOST_ANSWERS:
            del _kept[next(iter(_kept))]
    return rows


def hashable(parameters: Mapping[str, Typed]) -> Hashable:
    """Parameters as a part of a question."""
    return tuple(
        (name, typed.type, _one(typed.value)) for name, typed in sorted(parameters.items())
    )


def _one(value: Value) -> Hashable:
    return value if isinstance(value, str) or not isinstance(value, Sequence) else tuple(value)
