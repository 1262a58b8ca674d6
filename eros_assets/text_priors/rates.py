"""First rates of captions over what was usual on their page then."""

from dataclasses import dataclass, fields

import numpy as np

from eros_assets.arrays import Bools, Floats, Ints

PPV, BUMP = 0, 1
TYPES = (PPV, BUMP)
BLOCK_DAYS = 28
"""Rates drift: what was usual is estimated anew in so many days."""

CAPTIONS_TO_TELL = 10.0
"""Captions that tell what was usual as much as the agency's mean does."""

LEAST_VARIANCE, MOST_VARIANCE = 0.05, 10.0


@dataclass(frozen=True, slots=True, eq=False)
class FirstRates:
    """Each page's first send of a caption, one row each.

    `caption` counts the texts, `tier` the price tiers, `message_type` is PPV or BUMP and `day` is
    negative: days until the date that the fit is as of. A trial of a PPV is a view and its success
    a purchase; a trial of a Bump is a recipient and its success a view.
    """

    caption: Ints
    page: Ints
    tier: Ints
    message_type: Ints
    day: Ints
    trials: Floats
    successes: Floats

    def where(self, rows: Bools) -> "FirstRates":
        """Some of the rows."""
        return FirstRates(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})


@dataclass(frozen=True, slots=True, eq=False)
class CaptionRates:
    """What first sends say of captions, one row per caption that has one.

    `excess` is the rate over what was usual, less 1; `weight` 1 over its variance; `expected` the
    successes that were usual. `day` is that of its first send.
    """

    caption: Ints
    message_type: Ints
    day: Ints
    excess: Floats
    expected: Floats
    weight: Floats

    def where(self, rows: Bools | Ints) -> "CaptionRates":
        """Some of the rows."""
        return CaptionRates(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})


@dataclass(frozen=True, slots=True, eq=False)
class RatedSends:
    """First sends with the successes that were usual; `variance` (2,) is that of rates by type."""

    first: FirstRates
    expected: Floats
    variance: Floats

    def captions(self, rows: Bools) -> CaptionRates:
        """The captions of some of the rows, by their place among the texts."""
        first, expected = self.first, self.expected
        caption, which = np.unique(first.caption[rows], return_inverse=True)
        variance = self.variance[first.message_type[rows]]
        worth = expected[rows] / (1.0 + variance * expected[rows])
        excess = first.successes[rows] / expected[rows] - 1.0
        size = caption.size
        usual = totals(which, expected[rows], size)
        message_type = np.zeros(size, dtype=np.int64)
        message_type[which] = first.message_type[rows]
        day = np.zeros(size, dtype=np.int64)
        np.minimum.at(day, which, first.day[rows])
        return CaptionRates(
            caption=caption,
            message_type=message_type,
            day=day,
            excess=totals(which, worth * excess, size) / totals(which, worth, size),
            expected=usual,
            # The captions' own variance does not average out over pages.
            weight=usual / (1.0 + self.variance[message_type] * usual),
        )


def totals(cell: Ints, values: Floats, cells: int) -> Floats:
    """The sum of the values in each cell."""
    return np.bincount(cell, values, cells).astype(np.float64)


def rated(first: FirstRates) -> RatedSends:
    """What was usual: the rate of the type, times a factor of page and tier, times one of the time.

    Both factors are shrunk to 1. Rows of a type without any success are left out: nothing is usual.
    """
    successes = totals(first.message_type, first.successes, len(TYPES))
    first = first.where((successes > 0)[first.message_type] & (first.trials > 0))
    trials = totals(first.message_type, first.trials, len(TYPES))
    rate = np.divide(successes, trials, out=np.zeros(len(TYPES)), where=trials > 0)
    expected = first.trials * rate[first.message_type]
    square = (first.successes - expected) ** 2 - expected
    beyond = totals(first.message_type, square, len(TYPES))
    squares = totals(first.message_type, expected**2, len(TYPES))
    variance = np.divide(beyond, squares, out=np.ones(len(TYPES)), where=squares > 0)
    variance = np.clip(variance, LEAST_VARIANCE, MOST_VARIANCE)
    for cell in (
        first.page * (int(first.tier.max(initial=0)) + 1) + first.tier,
        (-1 - first.day) // BLOCK_DAYS * len(TYPES) + first.message_type,
    ):
        cells = int(cell.max(initial=0)) + 1
        of = variance[first.message_type]
        worth = expected / (1.0 + of * expected)
        told = totals(cell, worth * first.successes / expected, cells)
        met = totals(cell, worth, cells)
        # Rows of a cell are of one type: so is what the agency's mean weighs there.
        begin = np.zeros(met.size)
        begin[cell] = CAPTIONS_TO_TELL / of
        factor = np.divide(told + begin, met + begin, out=np.ones(met.size), where=begin > 0)
        expected = expected * factor[cell]
    return RatedSends(first, expected, variance)
