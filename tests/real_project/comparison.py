"""Whether two engines gave the same rows."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from tests.assets.installed import STAMPS

RELATIVE = 1e-9
"""How far a FLOAT64 may differ: the engines add in different orders. All else is equal."""


def differences(
    table: str, key: Sequence[str], one: pd.DataFrame, other: pd.DataFrame
) -> Iterator[str]:
    """What differs, one sentence for each column, or one when the rows themselves do."""
    columns = [name for name in one.columns if name not in STAMPS]
    if missing := set(columns) ^ {name for name in other.columns if name not in STAMPS}:
        yield f"{table}: only one engine has {', '.join(sorted(missing))}"
        return
    if len(one) != len(other):
        yield f"{table}: {len(one)} rows and {len(other)}"
        return
    one, other = (_in_order(frame[columns], key) for frame in (one, other))
    for name in columns:
        floating = pd.api.types.is_float_dtype(one[name].dtype)
        same = _close(one[name], other[name]) if floating else _equal(one[name], other[name])
        if not same.all():
            at = int(np.argmin(same))
            where = ", ".join(f"{k}={one[k].iloc[at]}" for k in key)
            yield (
                f"{table}.{name}: {int((~same).sum())} of {len(one)} rows differ, first "
                f"{one[name].iloc[at]!r} and {other[name].iloc[at]!r} ({where})"
            )


def _in_order(frame: pd.DataFrame, key: Sequence[str]) -> pd.DataFrame:
    texts = frame[list(key) or list(frame.columns)].astype(str)
    return frame.loc[texts.sort_values(list(texts.columns), kind="stable").index]


def _close(one: pd.Series, other: pd.Series) -> np.ndarray:
    return np.isclose(
        one.to_numpy(float), other.to_numpy(float), rtol=RELATIVE, atol=1e-12, equal_nan=True
    )


def _equal(one: pd.Series, other: pd.Series) -> np.ndarray:
    return one.astype(str).to_numpy() == other.astype(str).to_numpy()
