"""How the tuning files differ from the configuration tables that decisions are made from."""

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from eros_assets.dataset import Dataset
from eros_assets.tuning.rows import TuningError

if TYPE_CHECKING:
    import pandas as pd

NAMED = 3
"""Changed knobs that are named; of more, how many there are."""


def tuning_changes(dataset: Dataset, tables: Mapping[str, "pd.DataFrame"]) -> list[str]:
    """What loading `tables` would change, in words; empty when it would change nothing.

    Raises:
        TuningError: a table has other columns, so that it can't hold the files' rows.
    """
    changes: list[str] = []
    for name, wanted in tables.items():
        present = dataset.rows(name)
        if missing := sorted(set(wanted.columns) - set(present.columns)):
            raise TuningError(
                f"table {name} has no column {', '.join(missing)}: it was made by an earlier "
                "version of EROS; run the job set_up"
            )
        before, after = _rows(present[list(wanted.columns)]), _rows(wanted)
        if before == after:
            continue
        if name == "tuning" and len(present) == 1:
            changes += _knobs(present, wanted)
        else:
            rows = max((after - before).total(), (before - after).total())
            changes.append(f"{rows} rows of {name}")
    return changes


def _knobs(present: "pd.DataFrame", wanted: "pd.DataFrame") -> list[str]:
    pairs = {knob: (_plain(present[knob].iloc[0]), _plain(wanted[knob].iloc[0])) for knob in wanted}
    changed = [
        f"{knob} {before} → {after}" for knob, (before, after) in pairs.items() if before != after
    ]
    more = len(changed) - NAMED
    return [*changed[:NAMED], *([f"{more} more knobs"] if more > 0 else [])]


def _rows(frame: "pd.DataFrame") -> Counter[tuple[Any, ...]]:
    return Counter(tuple(map(_plain, row)) for row in frame.itertuples(index=False))


def _plain(value: object) -> object:
    """A value so that equal ones are equal whichever engine or file they come from."""
    import pandas as pd

    if value is None or value is pd.NA or value != value:
        return None
    try:
        return f"{float(value):.12g}"  # pyright: ignore[reportArgumentType]
    except (TypeError, ValueError):
        return str(value)
