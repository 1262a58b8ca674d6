"""SQL's GROUP BY, SAFE_DIVIDE and ROW_NUMBER on numpy columns; and rows by column name."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from eros_assets.arrays import Floats, Ints


def totals(cell: Ints, values: NDArray[Any], cells: int) -> Floats:
    """The sum of the values of each cell."""
    weights = values.astype(np.float64)
    return np.bincount(cell, weights=weights, minlength=cells).astype(np.float64)


def safe_divide(a: Floats, b: Floats) -> Floats:
    """SAFE_DIVIDE, NaN for NULL."""
    return np.divide(a, b, out=np.full(np.broadcast(a, b).shape, np.nan), where=b != 0)


def positions(group: Ints, order_by: tuple[NDArray[Any], ...]) -> Ints:
    """ROW_NUMBER within each group, from 1."""
    order = np.lexsort((*reversed(order_by), group))
    grouped = group[order]
    is_first = np.ones(order.size, dtype=bool)
    is_first[1:] = grouped[1:] != grouped[:-1]
    place = np.arange(order.size)
    numbers = np.empty(order.size, dtype=np.int64)
    numbers[order] = place - np.maximum.accumulate(np.where(is_first, place, 0)) + 1
    return numbers


def rows_of(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Its rows, by column."""
    return [{str(k): v for k, v in row.items()} for row in table.to_dict("records")]
