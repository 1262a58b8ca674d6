"""Computes an audience's exposure: recent volume, and repeated captions.

Pure functions over columns of sends; times are microseconds since 1970 UTC.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DAY = 86_400_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Sends:
    """Messages as columns, one row each: indices of page and caption, instant, kind, price."""

    page: NDArray[np.int64]
    caption: NDArray[np.int64]
    time: NDArray[np.int64]
    is_ppv: NDArray[np.bool_]
    price: NDArray[np.float64]

    def followed_by(self, others: "Sends") -> "Sends":
        """These rows, then the others'."""
        return Sends(
            np.concatenate((self.page, others.page)),
            np.concatenate((self.caption, others.caption)),
            np.concatenate((self.time, others.time)),
            np.concatenate((self.is_ppv, others.is_ppv)),
            np.concatenate((self.price, others.price)),
        )


def overload_pressure(sends: Sends, days: float, bump_weight: float) -> NDArray[np.float64]:
    """Weighted number of the page's sends in the `days` before each send, itself excluded."""
    if sends.time.size == 0:
        return np.zeros(0)
    window = int(days * DAY)
    start = sends.time.min() - window
    span = sends.time.max() - start + window + 1
    key = sends.page * span + (sends.time - start)
    order = np.argsort(key, kind="stable")
    in_order = key[order]
    weight = np.where(sends.is_ppv[order], 1.0, bump_weight)
    total = np.concatenate(([0.0], np.cumsum(weight)))
    until = in_order.searchsorted(key, side="left")
    since = in_order.searchsorted(key - window, side="left")
    return total[until] - total[since]


def wear(sends: Sends, days: float) -> NDArray[np.float64]:
    """Σ exp(-days since / `days`) over the page's earlier sends of the same caption."""
    size = sends.time.size
    worn = np.zeros(size)
    if size == 0:
        return worn
    pair = sends.page * (sends.caption.max() + 1) + sends.caption
    order = np.lexsort((sends.time, pair))
    pair, time = pair[order], sends.time[order]
    first = np.concatenate(([True], pair[1:] != pair[:-1]))
    position = np.arange(size)
    nth = position - np.maximum.accumulate(np.where(first, position, 0))
    in_order = np.zeros(size)
    for n in range(1, int(nth.max()) + 1):
        at = np.flatnonzero(nth == n)
        since = (time[at] - time[at - 1]) / (days * DAY)
        in_order[at] = (in_order[at - 1] + 1) * np.exp(-since)
    worn[order] = in_order
    return worn
