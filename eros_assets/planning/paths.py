"""Finds the best times of day for given numbers of messages, by exact dynamic programming.

A day is walked from its last slot to its first. At each slot one of three things happens: nothing,
a bump, or a PPV; what may follow depends only on how soon the next message and the next PPV are
allowed. The programme keeps, for every slot and every waiting time of the next PPV, the best total
payoff of each pair of counts (PPVs, bumps). All seven days are walked at once.

Payoffs are integers, so that sums are exact and the same on any machine.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eros_assets.planning.model import MessageType, WeekRules
from eros_assets.planning.slots import Day

Payoffs = NDArray[np.int64]
"""Payoff of a message in a slot, (slots of a day, 7 days); CLOSED where it may not go."""

CLOSED = np.int64(-(2**52))
"""The payoff of what can't be: far below any real one, and sums of it don't overflow."""


@dataclass(frozen=True, slots=True)
class Gaps:
    """Gaps in steps of the grid: of any two messages, and of two PPVs (never the smaller)."""

    message: int
    ppv: int

    @classmethod
    def of(cls, rules: WeekRules) -> "Gaps":
        """The gaps of a week, rounded up to the grid."""
        return cls(
            -(-rules.message_gap_minutes // rules.grid_minutes),
            -(-rules.ppv_gap_minutes // rules.grid_minutes),
        )


@dataclass(frozen=True, slots=True)
class DayPaths:
    """The programme's tables, (slot, day, steps until a PPV may follow, PPVs, bumps)."""

    gaps: Gaps
    ppv: Payoffs
    bump: Payoffs
    table: NDArray[np.int64]

    @property
    def best(self) -> NDArray[np.int64]:
        """The best payoff of each day and pair of counts, (day, PPVs, bumps)."""
        return self.table[0, :, 0]

    def slots(self, day: int, ppvs: int, bumps: int) -> tuple[list[int], list[int]]:
        """The slots of a best day with these counts: of its PPVs, and of its bumps, in order.

        Among equals a PPV goes before a bump and both before waiting.
        """
        gaps, table = self.gaps, self.table
        at, wait = 0, 0
        ppv_slots: list[int] = []
        bump_slots: list[int] = []
        while ppvs or bumps:
            here = table[at, day, wait, ppvs, bumps]
            after = at + gaps.message
            rest = max(wait - gaps.message, 0)
            if (
                ppvs
                and not wait
                and here == self.ppv[at, day] + table[after, day, -1, ppvs - 1, bumps]
            ):
                ppv_slots.append(at)
                at, wait, ppvs = after, gaps.ppv - gaps.message, ppvs - 1
            elif bumps and here == self.bump[at, day] + table[after, day, rest, ppvs, bumps - 1]:
                bump_slots.append(at)
                at, wait, bumps = after, rest, bumps - 1
            else:
                at, wait = at + 1, max(wait - 1, 0)
        return ppv_slots, bump_slots


def open_slots(days: Sequence[Day], payoff: Payoffs, message_type: MessageType) -> Payoffs:
    """The payoff with CLOSED where a slot is closed to the type, or the day has no such slot."""
    opened = np.zeros(payoff.shape, dtype=bool)
    for d, day in enumerate(days):
        opened[: len(day.slots), d] = [slot.is_open(message_type) for slot in day.slots]
    return np.where(opened, payoff, CLOSED)


def day_paths(gaps: Gaps, ppv: Payoffs, bump: Payoffs, ppvs: int, bumps: int) -> DayPaths:
    """Walk every day for all counts up to `ppvs` and `bumps`."""
    length, days = ppv.shape
    after = gaps.message
    waits = gaps.ppv - after + 1
    table = np.full((length + after, days, waits, ppvs + 1, bumps + 1), CLOSED, dtype=np.int64)
    table[length:, :, :, 0, 0] = 0
    for t in range(length - 1, -1, -1):
        here, following = table[t], table[t + after]
        here[:, 0] = table[t + 1, :, 0]
        here[:, 1:] = table[t + 1, :, :-1]
        if ppvs:
            free = here[:, 0, 1:, :]
            np.maximum(free, following[:, -1, :-1, :] + ppv[t, :, None, None], out=free)
        if bumps:
            paid = following[:, :, :, :-1] + bump[t, :, None, None, None]
            soon = min(after, waits - 1) + 1
            now = here[:, :soon, :, 1:]
            np.maximum(now, paid[:, :1], out=now)
            later = here[:, soon:, :, 1:]
            np.maximum(later, paid[:, 1 : max(waits - after, 1)], out=later)
    return DayPaths(gaps, ppv, bump, table)
