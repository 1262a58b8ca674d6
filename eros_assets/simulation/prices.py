"""What a success of a message is worth by page and tier, as `update_caption_performance` has it.

Arrays are by page (g) and tier (t, of PRICE_TIERS).
"""

import numpy as np

from eros_assets.arrays import Bools, Floats, Ints
from eros_assets.demo.roster import PRICE_TIERS
from eros_assets.simulation.catalogue import BUMP, UNKNOWN_TIER, Catalogue
from eros_assets.simulation.facts import Facts
from eros_assets.simulation.sends import MID
from eros_assets.tuning import Knobs

TIERS = len(PRICE_TIERS)


def earnings_at_certainty(facts: Facts, catalogue: Catalogue, knobs: Knobs, as_of: int) -> Floats:
    """What a message would earn if every trial succeeded, USD; for a Bump its recipients: (g, t).

    1 where the history doesn't say how many people the page reaches.
    """
    window = facts.between(as_of - int(knobs["account_lookback_days"]), as_of)
    tier = np.where(window.caption >= 0, catalogue.tier[window.caption], UNKNOWN_TIER)
    is_unbanked = (window.caption >= 0) & (tier == UNKNOWN_TIER)
    tier = np.where(is_unbanked & window.is_ppv, MID, tier)
    is_priced = window.is_ppv & (window.price > 0)
    worth = np.ones((len(catalogue.pages), TIERS))
    for page in range(len(catalogue.pages)):
        mine = window.page == page
        reach = {ppv: _lower_median(window.sent[mine & (window.is_ppv == ppv)]) for ppv in (0, 1)}
        views = _view_rate(window, mine & window.is_ppv)
        if np.isnan(views):
            views = _view_rate(window, window.is_ppv)
        for t in range(TIERS):
            if t == BUMP:
                worth[page, t] = reach[0]
                continue
            price = _lower_median(window.price[mine & is_priced & (tier == t)])
            if np.isnan(price):
                price = _lower_median(window.price[is_priced & (tier == t)])
            worth[page, t] = reach[1] * views * (1.0 if np.isnan(price) else price)
    return np.where(np.isnan(worth), 1.0, worth)


def _lower_median(values: Floats | Ints) -> float:
    """The middle value, of two the lower; NaN of none."""
    return float(np.sort(values)[(values.size + 1) // 2 - 1]) if values.size else np.nan


def _view_rate(window: Facts, rows: Bools) -> float:
    return float(window.viewed[rows].sum() / window.sent[rows].sum()) if rows.any() else np.nan
