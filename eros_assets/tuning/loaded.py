"""Refuses configuration tables in which a key does not stand for exactly one row."""

from collections.abc import Mapping, Sequence
from typing import Any

from eros_assets.dataset import Dataset
from eros_assets.tuning.rows import TuningError

KEYED = ("account_size_tiers", "saturation_responses", "segment_rules", "maturity_curve", "tuning")
"""Tables that every page's decisions read, by their key."""

_FOUND_RIGHT: set[tuple[object, ...]] = set()
"""The state of the tables that was found to be right last: every step of a run asks."""


def require_configuration(dataset: Dataset) -> None:
    """Refuse to plan from configuration tables that were loaded twice, or not at all.

    EROS loads them whole from its tuning files; others may have written into them since. Tables
    that have not changed since they were right are not read again.

    Raises:
        TuningError: one line with each table and key that is wrong.
    """
    settings = dataset.settings
    changes = tuple(dataset.freshness_of(KEYED))
    state = (settings.home, settings.dataset_name, changes)
    if None not in changes and state in _FOUND_RIGHT:
        return
    found = dataset.query("configuration_keys").to_dict("records")
    wrong = _faults([{str(k): v for k, v in row.items()} for row in found])
    if wrong:
        raise TuningError(
            f"the configuration can't be used: {'; '.join(wrong)}; load the tuning files again: "
            "run the job load_tuning"
        )
    _FOUND_RIGHT.clear()
    _FOUND_RIGHT.add(state)


def _faults(found: Sequence[Mapping[str, Any]]) -> list[str]:
    import pandas as pd

    wrong: list[str] = []
    for table in KEYED:
        rows = [row for row in found if row["table_name"] == table]
        if not rows:
            wrong.append(f"table {table} is empty")
        for row in rows:
            key, count = row["row_key"], int(row["row_count"])
            if key is None or pd.isna(key):
                wrong.append(f"table {table} has {count} rows without {row['key_column']}")
            elif count > 1:
                of_key = f" of {row['key_column']} {key!r}" if key else ""
                wrong.append(f"table {table} has {count} rows{of_key}, not 1")
    return wrong
