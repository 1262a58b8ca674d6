"""Divides a week's messages over its days, exactly, by dynamic programming over daily optima.

PPVs of two open days differ by at most 1, so a week has a level L, and each whole open day holds L
or L + 1 of them. A day that is partly past, or shorter than others, may hold fewer, and a day on
which more stand already takes no more. In a week that has begun no day takes more than the week's
daily plan. Bumps fall where they are worth most.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eros_assets.planning.paths import CLOSED
from eros_assets.planning.slots import Day

Counts = tuple[tuple[int, int], ...]
"""PPVs and bumps to plan on each day."""

Choices = tuple[tuple[int, ...], ...]
"""The numbers of PPVs that each day may be given."""


@dataclass(frozen=True, slots=True)
class Allocation:
    """The counts of a best week, and what it pays."""

    payoff: int
    counts: Counts


def levels(days: Sequence[Day], ppvs: int) -> Iterator[Choices]:
    """Every way to balance `ppvs` over the days; no two share a week."""
    whole = [day for day in days if day.whole and day.open_to_ppvs]
    if not whole:
        yield tuple(
            tuple(range(min(ppvs, _room(day, ppvs)) + 1)) if day.open_to_ppvs else (0,)
            for day in days
        )
        return
    for level in range(ppvs + max(day.sent_ppv for day in whole) + 1):
        if any(day.most_ppv is not None and level > day.most_ppv for day in whole):
            return
        choices = tuple(_choices(day, level) for day in days)
        fewest = sum(choice[0] for choice in choices)
        if ppvs < fewest:
            return
        # With exactly the fewest, the week belongs to the level below.
        if (fewest < ppvs or level == 0) and ppvs <= sum(choice[-1] for choice in choices):
            yield choices


def _choices(day: Day, level: int) -> tuple[int, ...]:
    if not day.open_to_ppvs:
        return (0,)
    least = max(level - day.sent_ppv, 0) if day.whole else 0
    return tuple(range(least, min(max(level + 1 - day.sent_ppv, 0), _room(day, level + 1)) + 1))


def _room(day: Day, most: int) -> int:
    """How many PPVs the day may take beside those that stand; `most` where no rule limits them."""
    return most if day.most_ppv is None else max(day.most_ppv - day.sent_ppv, 0)


def best_weeks(
    best: NDArray[np.int64], choices: Choices, ppvs: int, bumps: int
) -> list[NDArray[np.int64]]:
    """For each day, the best payoff from it to the week's end of each pair of counts.

    `best` is (day, PPVs, bumps); the last of the eight tables is the empty rest.
    """
    empty = np.full((ppvs + 1, bumps + 1), CLOSED, dtype=np.int64)
    empty[0, 0] = 0
    tables = [empty]
    most = min(best.shape[2] - 1, bumps)
    for day in range(len(choices) - 1, -1, -1):
        rest = tables[0]
        table = np.full_like(rest, CLOSED)
        for x in choices[day]:
            if x >= min(best.shape[1], ppvs + 1):
                continue
            for y in range(most + 1):
                if best[day, x, y] > CLOSED // 2:
                    target = table[x:, y:]
                    paid = rest[: ppvs + 1 - x, : bumps + 1 - y] + best[day, x, y]
                    np.maximum(target, paid, out=target)
        tables.insert(0, table)
    return tables


def allocate(
    best: NDArray[np.int64], days: Sequence[Day], ppvs: int, bumps: int
) -> Allocation | None:
    """The best counts that add up to `ppvs` and `bumps`; None when no week fits them.

    Ties go to the fewest PPVs, then bumps, on the earliest day.
    """
    found: Allocation | None = None
    for choices in levels(days, ppvs):
        tables = best_weeks(best, choices, ppvs, bumps)
        payoff = int(tables[0][ppvs, bumps])
        if payoff > CLOSED // 2 and (found is None or payoff > found.payoff):
            found = Allocation(payoff, _trace(best, choices, tables, ppvs, bumps))
    return found


def _trace(
    best: NDArray[np.int64],
    choices: Choices,
    tables: Sequence[NDArray[np.int64]],
    ppvs: int,
    bumps: int,
) -> Counts:
    counts: list[tuple[int, int]] = []
    for day, choice in enumerate(choices):
        x, y = next(
            (x, y)
            for x in choice
            if x <= ppvs and x < best.shape[1]
            for y in range(min(best.shape[2] - 1, bumps) + 1)
            if tables[day][ppvs, bumps] == best[day, x, y] + tables[day + 1][ppvs - x, bumps - y]
        )
        counts.append((x, y))
        ppvs, bumps = ppvs - x, bumps - y
    return tuple(counts)


def within_day_maximum(
    best: NDArray[np.int64], days: Sequence[Day], max_messages_per_day: int
) -> NDArray[np.int64]:
    """The table with every pair of counts that exceeds a day's maximum closed."""
    pairs = np.indices(best.shape[1:], dtype=np.int64)
    room = np.array([max(max_messages_per_day - day.sent, 0) for day in days], dtype=np.int64)
    return np.where(pairs.sum(axis=0)[None] <= room[:, None, None], best, CLOSED)
