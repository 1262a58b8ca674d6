"""Sends as trials of their captions, as `update_caption_performance` takes them from history."""

from dataclasses import dataclass, fields

import numpy as np

from eros_assets.arrays import Bools, Floats, Ints
from eros_assets.demo.roster import PRICE_TIERS
from eros_assets.simulation.catalogue import BUMP, UNKNOWN_TIER, Catalogue
from eros_assets.simulation.columns import totals
from eros_assets.simulation.facts import Facts
from eros_assets.tuning import Knobs

MID = PRICE_TIERS.index("mid")
PPV = 0
SHORTEST_HALF_LIFE = 91
"""Days: evidence that fades sooner is lost before it can tell captions apart."""

LEAST_LIFT = 0.25


@dataclass(frozen=True, slots=True, eq=False)
class Trials:
    """Sends that are trials of their caption, by time and row_id, older than the window too.

    `usual_trials` are the views that a caption of the page's usual view rate would have had.
    """

    page: Ints
    caption: Ints
    tier: Ints
    message_type: Ints
    time: Ints
    day: Floats  # as of the statistics' date
    trials: Ints
    usual_trials: Floats
    successes: Ints
    freshness: Floats
    in_window: Bools

    def where(self, rows: Bools | Ints) -> "Trials":
        """Some of the rows."""
        return Trials(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})


def trials_of(facts: Facts, catalogue: Catalogue, knobs: Knobs, as_of: int) -> Trials:
    """The trials before `as_of`, those of the window marked.

    A caption that is not in the bank counts as mid when any PPV was sent of it, else as bump.
    """
    first = as_of - int(knobs["stats_lookback_days"])
    sends = facts.where((facts.caption >= 0) & (facts.date < as_of))
    any_ppv = np.zeros(catalogue.caption_ids.size, dtype=bool)
    any_ppv[sends.caption[sends.is_ppv]] = True
    tier = np.where(catalogue.tier == UNKNOWN_TIER, np.where(any_ppv, MID, BUMP), catalogue.tier)[
        sends.caption
    ]
    is_trial = sends.is_ppv == (tier != BUMP)
    order = np.lexsort((sends.row_id, sends.time))
    order = order[is_trial[order]]
    is_ppv, page, caption = sends.is_ppv[order], sends.page[order], sends.caption[order]
    half_life = int(knobs["stats_half_life_days"])
    day = (sends.date[order] - as_of).astype(np.float64)
    trials = np.where(is_ppv, sends.viewed[order], sends.sent[order])
    in_window = sends.date[order] >= first
    tried = is_ppv & in_window & (trials > 0)
    lift = view_lifts(
        page[tried],
        caption[tried],
        trials[tried],
        sends.sent[order][tried],
        (len(catalogue.pages), catalogue.caption_ids.size),
        knobs,
    )
    return Trials(
        page=page,
        caption=caption,
        tier=tier[order],
        message_type=(~is_ppv).astype(np.int64),
        time=sends.time[order],
        day=day,
        trials=trials,
        usual_trials=trials / np.where(is_ppv, lift[caption], 1.0),
        successes=np.where(is_ppv, sends.purchased[order], sends.viewed[order]),
        freshness=0.5 ** (-day / max(half_life, SHORTEST_HALF_LIFE))
        if half_life > 0
        else np.ones(order.size),
        in_window=in_window,
    )


def view_lifts(
    page: Ints, caption: Ints, viewed: Ints, sent: Ints, shape: tuple[int, int], knobs: Knobs
) -> Floats:
    """Each caption's view rate over its pages' (c,), shrunk by how much its sends vary."""
    pages, captions = shape
    usual = totals(page, viewed, pages) / np.maximum(totals(page, sent, pages), 1)
    excess = viewed / (sent * usual[page]) - 1.0
    sends = np.bincount(caption, minlength=captions)
    total = totals(caption, excess, captions)
    squares = totals(caption, excess * excess, captions)
    again = sends >= 2
    degrees = (sends[again] - 1).sum()
    pairs = (sends * (sends - 1)).sum()
    if pairs == 0 or degrees < int(knobs["dispersion_min_degrees"]):
        return np.ones(captions)
    within = (squares - total**2 / np.maximum(sends, 1))[again].sum() / degrees
    between = (total**2 - squares)[again].sum() / pairs
    if between <= 0:
        return np.ones(captions)
    lift = 1.0 + float(knobs["view_lift_weight"]) * total / (within / between + sends)
    return np.maximum(lift, LEAST_LIFT)


def first_sends(trials_ever: Trials, captions: int) -> Trials:
    """Each pair's first trial, where it lies in the window: later ones are selected by its result.

    So is the first that the window has of an older pair.
    """
    tried = trials_ever.where(trials_ever.trials > 0)
    _, first = np.unique(tried.page * captions + tried.caption, return_index=True)
    is_first = np.zeros(tried.page.size, dtype=bool)
    is_first[first] = True
    return tried.where(is_first & tried.in_window)


def introductions(first: Trials, trials_ever: Trials, least: int) -> Trials:
    """Those of the pairs' first trials that were the caption's first on any page.

    A page's first trial of a caption that others have tried is selected by what they saw. All of a
    tier that has fewer than `least` others.
    """
    tried = trials_ever.where(trials_ever.trials > 0)
    introduced_at = np.full(1 + tried.caption.max(initial=0), np.iinfo(np.int64).max)
    np.minimum.at(introduced_at, tried.caption, tried.time)
    is_introduction = first.time == introduced_at[first.caption]
    counts = np.bincount(first.tier[is_introduction], minlength=len(PRICE_TIERS))
    return first.where(is_introduction | (counts[first.tier] < least))
