"""Draws a hidden truth for an imported history, to simulate with real captions and rates.

The history gives each page's audience, view rate, volume and buyers, those of each hour and
weekday, each caption's rate, how much sends vary beyond a binomial, and how repeats wear. The
sample agency gives what a history doesn't show: how audiences tire of volume, and how their moods
and tastes drift.

A caption's true rate is drawn from its posterior (`learning`, over all pages together), not set to
the posterior's mean: posterior means of rarely sent captions are too close to each other, which
would leave a policy less to learn. Another seed draws another truth that fits the same history.
"""

import datetime as dt
import math
from dataclasses import replace

import numpy as np
import pandas as pd

from eros_assets.arrays import Floats, Ints
from eros_assets.calendar import DAYS_A_WEEK
from eros_assets.demo.population import BUY_MOOD, PRESSURE_MARGIN, TASTE, VIEW_MOOD, draw_moods
from eros_assets.demo.truth import HORIZON_WEEKS, Response, Truth
from eros_assets.errors import ErosError
from eros_assets.simulation.catalogue import (
    BUMP,
    UNKNOWN_TIER,
    Catalogue,
    Tables,
    catalogue_of,
)
from eros_assets.simulation.columns import rows_of, safe_divide, totals
from eros_assets.simulation.facts import Facts, sorted_facts
from eros_assets.simulation.learning import TYPE_OF_TIER, dispersions, learned, prior_pools
from eros_assets.simulation.sends import PPV, first_sends, trials_of
from eros_assets.tuning import Knobs

ALL_PAGES = 0
SHRINKAGE = 50.0
"""Successes at the overall rate that a page's, an hour's or a weekday's rate is shrunk by."""

RECENT_DAYS = 90
HOURS = 24

FULL_WEIGHTS = {"send_noise_weight": 1.0, "wear_weight": 1.0}
"""What the tuning may play down is in the truth as it was found."""


class NoTruthError(ErosError):
    """A history that no truth can be fitted to."""


def imported_truth(tables: Tables, tuning: Tables, seed: int) -> Truth:
    """A truth that the history could have come from.

    Raises:
        NoTruthError: no valid message of a caption in the bank.
    """
    catalogue = catalogue_of(tables)
    facts = sorted_facts(tables["mass_messages"], catalogue)
    known = facts.where((facts.caption >= 0) & (catalogue.tier[facts.caption] != UNKNOWN_TIER))
    if known.row_id.size == 0:
        raise NoTruthError("mass_messages has no valid message of a caption in caption_bank")
    first, last = int(known.date.min()), int(known.date.max())
    knobs = Knobs(rows_of(tuning["tuning"])[0])
    rng = np.random.default_rng([seed, 0x4EA1])
    in_bank = int((catalogue.tier != UNKNOWN_TIER).sum())
    order = np.argsort(catalogue.caption_ids[:in_bank], kind="stable")
    weeks = (last - first + 1) // DAYS_A_WEEK + HORIZON_WEEKS
    pages, categories = len(catalogue.pages), len(catalogue.categories)
    views = _view_rates(known, pages)
    rates = _caption_rates(known, catalogue, knobs, rng)[order]
    is_bump = catalogue.tier[order] == BUMP
    usual_view_rate = float(
        np.average(views, weights=np.bincount(known.page, minlength=pages) + 1e-9)
    )
    response = _response(known, catalogue, knobs, last + 1)
    ppvs = known.where(known.is_ppv)
    return Truth(
        first_day=_date(first),
        last_day=_date(last),
        pages=catalogue.pages,
        caption_ids=catalogue.caption_ids[order],
        category=catalogue.category[order],
        appeal=np.broadcast_to(np.where(is_bump, 0.0, rates), (pages, in_bank)).astype(np.float32),
        lure=np.where(is_bump, np.log(np.maximum(rates, 1e-6) / usual_view_rate), 0.0),
        audience=_audiences(known, pages, last),
        growth=np.zeros(pages),
        view_rate=views,
        appetite=_relative(ppvs, ppvs.page, pages),
        elasticity=np.zeros(pages),
        sustainable=PRESSURE_MARGIN
        * (response.pressure_days / (last - first + 1))
        * np.maximum(_weighted_volume(known, pages, response), 1.0),
        hour_view=np.ones((pages, HOURS)),
        hour_buy=np.tile(_relative(ppvs, ppvs.hour, HOURS), (pages, 1)),
        weekday_view=np.ones((pages, DAYS_A_WEEK)),
        weekday_buy=np.tile(_relative(ppvs, ppvs.day_of_week - 1, DAYS_A_WEEK), (pages, 1)),
        view_mood=draw_moods((pages,), weeks, VIEW_MOOD, rng),
        buy_mood=draw_moods((pages,), weeks, BUY_MOOD, rng),
        taste=draw_moods((pages, categories), weeks, TASTE, rng),
        response=response,
    )


def _caption_rates(
    facts: Facts, catalogue: Catalogue, knobs: Knobs, rng: np.random.Generator
) -> Floats:
    """A draw from the posterior of every caption of the bank: purchases per view, or views (Bump).

    All pages are taken for one: what a caption did anywhere is evidence of it.
    """
    size = catalogue.caption_ids.size
    last = int(facts.date.max()) + 1
    days = last - int(facts.date.min())
    whole = Knobs({**knobs, "stats_lookback_days": days, "view_lift_weight": 0.0})
    sends = trials_of(facts, catalogue, whole, last)
    pooled = replace(sends, page=np.full(sends.page.size, ALL_PAGES))
    own, everyone = dispersions(pooled, (1, size), knobs)
    pools = prior_pools(first_sends(pooled, size), 1, own, everyone, knobs)
    priors = pools.priors(own, np.zeros(2), knobs)
    phi = own[ALL_PAGES, TYPE_OF_TIER]
    in_bank = np.flatnonzero(catalogue.tier != UNKNOWN_TIER)
    tier = catalogue.tier[in_bank]
    s = totals(pooled.caption, pooled.successes, size)[in_bank] / phi[tier]
    n = totals(pooled.caption, pooled.trials, size)[in_bank] / phi[tier]
    alpha, beta = priors.successes[ALL_PAGES][tier], priors.failures[ALL_PAGES][tier]
    return rng.beta(alpha + s, beta + n - s)


def _response(facts: Facts, catalogue: Catalogue, knobs: Knobs, as_of: int) -> Response:
    """The sample agency's, with the noise of a PPV and the wear that the history shows."""
    believed = learned(facts, catalogue, Knobs({**knobs, **FULL_WEIGHTS}), as_of)
    return Response(
        buy_noise=math.sqrt(math.log1p(believed.noise[PPV])),
        wear_effect=float(believed.wear.effect[PPV]),
        wear_days=float(believed.wear.days[PPV]),
    )


def _view_rates(facts: Facts, pages: int) -> Floats:
    """Views per recipient of each page's PPVs; the agency's where a page has none."""
    ppvs = facts.where(facts.is_ppv)
    overall = ppvs.viewed.sum() / max(ppvs.sent.sum(), 1)
    own = safe_divide(totals(ppvs.page, ppvs.viewed, pages), totals(ppvs.page, ppvs.sent, pages))
    return np.clip(np.nan_to_num(own, nan=overall or 0.5), 0.01, Response().most_viewed)


def _relative(ppvs: Facts, cell: Ints, cells: int) -> Floats:
    """Purchases per view of each cell over the overall rate, shrunk towards 1."""
    overall = ppvs.purchased.sum() / max(ppvs.viewed.sum(), 1)
    bought = totals(cell, ppvs.purchased, cells)
    usual = totals(cell, ppvs.viewed, cells) * overall
    return (bought + SHRINKAGE) / (usual + SHRINKAGE)


def _audiences(facts: Facts, pages: int, last: int) -> Floats:
    """Median recipients of each page's latest messages; the agency's for pages without any."""
    recent = facts.where(facts.date > last - RECENT_DAYS)
    overall = float(np.median(facts.sent))
    reach = (1 + Response().least_reach) / 2
    medians = pd.Series(recent.sent).groupby(recent.page).median()
    return medians.reindex(range(pages), fill_value=overall).to_numpy(dtype=np.float64) / reach


def _weighted_volume(facts: Facts, pages: int, response: Response) -> Floats:
    """Messages of each page, a Bump counting less, as pressure does."""
    weights = np.where(facts.is_ppv, 1.0, response.bump_pressure)
    return totals(facts.page, weights, pages)


def _date(day: int) -> dt.date:
    return dt.date(1970, 1, 1) + dt.timedelta(days=day)
