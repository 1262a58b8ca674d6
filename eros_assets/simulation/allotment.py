"""Allots captions to pages agency-wide, as the view `caption_offers` does.

In a few rounds, each page wishes for as many captions as it lacks and a few to spare, each caption
goes to the page that offers most for it, and each page takes the best it won within its limits.
"""

from dataclasses import dataclass

import numpy as np

from eros_assets.arrays import Floats, Ints
from eros_assets.simulation.catalogue import Catalogue
from eros_assets.simulation.columns import positions
from eros_assets.tuning import Knobs

ROUNDS = 6
TO_SPARE = 5


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Rows of `selection_candidates`: indices of page, caption, tier and arm, and the scores.

    `successes` and `failures` are the posterior's counts, `value` is what a message is expected to
    earn (USD); `wish` is the order of the page's own wishes, `offer` decides between pages.
    """

    page: Ints
    caption: Ints
    tier: Ints
    arm: Ints
    draw: Floats
    final_score: Floats
    successes: Floats
    failures: Floats
    value: Floats
    wish: Floats
    offer: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Slots:
    """How many captions are wanted: per page, tier and arm (g, t, 2), per page (g,)."""

    wanted: Ints
    week: Ints


@dataclass(frozen=True, slots=True)
class SelectionLimits:
    """Of a page's week: urgent captions at most, share of one category at most."""

    urgent: int
    category_share: float

    @classmethod
    def of(cls, knobs: Knobs) -> "SelectionLimits":
        """As the tuning sets them."""
        return cls(int(knobs["max_urgent_captions"]), float(knobs["max_category_share"]))


def allot(
    candidates: Candidates, slots: Slots, limits: SelectionLimits, catalogue: Catalogue
) -> Ints:
    """The rows of the candidates that are chosen."""
    chosen = np.zeros(0, dtype=np.int64)
    for _ in range(ROUNDS):
        taken = _offers(candidates, slots, limits, catalogue, chosen)
        chosen = np.concatenate((chosen, taken))
    return chosen


def _offers(
    candidates: Candidates,
    slots: Slots,
    limits: SelectionLimits,
    catalogue: Catalogue,
    chosen: Ints,
) -> Ints:
    """What each page would take next, given what is already chosen."""
    c = candidates
    category = catalogue.category[c.caption]
    urgent = catalogue.is_urgent[c.caption]
    ids = catalogue.caption_ids[c.caption]
    slot = np.ravel_multi_index((c.page, c.tier, c.arm), slots.wanted.shape)
    kind = c.page * len(catalogue.categories) + category
    lacking = slots.wanted.ravel() - np.bincount(slot[chosen], minlength=slots.wanted.size)
    most = np.maximum(np.floor(limits.category_share * slots.week).astype(np.int64), 1)
    used = np.bincount(kind[chosen], minlength=slots.week.size * len(catalogue.categories))
    # Captions without a category are not alike: they have no limit.
    category_room = np.where(
        catalogue.has_category[c.caption], most[c.page] - used[kind], c.caption.size
    )
    rushed = np.bincount(c.page[chosen], weights=urgent[chosen], minlength=slots.week.size)
    urgent_room = (limits.urgent - rushed)[c.page]
    is_open = ~np.isin(c.caption, c.caption[chosen]) & (lacking[slot] > 0)
    is_open &= (category_room > 0) & ((urgent_room > 0) | ~urgent)
    rows = np.flatnonzero(is_open)
    rank = positions(slot[rows], (-c.wish[rows], ids[rows]))
    wished = rank <= lacking[slot[rows]] + TO_SPARE
    rows, rank = rows[wished], rank[wished]
    to_spare = (rank > lacking[slot[rows]]).astype(np.int64)
    # Control comes before treatment; pages stand in order of their names.
    won = positions(c.caption[rows], (to_spare, -c.arm[rows], -c.offer[rows], c.page[rows])) == 1
    rows, relative = rows[won], rank[won] / lacking[slot[rows[won]]]
    by_rank = (relative, ids[rows])
    fits = positions(kind[rows], by_rank) <= category_room[rows]
    rush = positions(2 * c.page[rows] + urgent[rows], by_rank) <= urgent_room[rows]
    rows = rows[fits & (~urgent[rows] | rush)]
    return rows[positions(slot[rows], (-c.wish[rows], ids[rows])) <= lacking[slot[rows]]]
