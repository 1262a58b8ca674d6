"""Draws the hidden truth: captions' appeal, audiences, their hours, moods and tastes."""

import datetime as dt
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from eros_assets.calendar import DAYS_A_WEEK
from eros_assets.demo.roster import PPV_TIERS, PRICE_RANGES, Creator
from eros_assets.demo.truth import HORIZON_WEEKS, Floats, Ints, Response, Truth

CAPTION_APPEAL = (0.6, 3.4)
PAGE_APPEAL = (4.0, 211.0)
MEAN_APPEAL = 0.6 / 215
"""Purchases per view: the mean of the product of both parts, Beta(0.6, 214.4)."""

INCUMBENT_LIFT = 1.2
"""How much better than an average caption's the ones sent by a person do, who repeats successes."""

REVENUE_DAYS = 90
PRESSURE_MARGIN = 1.15
BUSY_HOURS = {7: 0.9, 8: 1.0, 9: 1.05, 12: 1.05, 13: 0.95, 17: 1.0, 18: 1.1, 19: 1.2}
BUSY_HOURS |= {20: 1.3, 21: 1.3, 22: 1.12, 23: 0.9}
DAY_HOUR, NIGHT_HOUR = 0.9, 0.6
WEEKDAYS = np.array([0.97, 0.94, 0.97, 1.0, 1.05, 1.0, 1.09])


def draw_truth(
    creators: Sequence[Creator],
    caption_ids: Ints,
    category: Ints,
    price_tier: NDArray[np.object_],
    first_day: dt.date,
    last_day: dt.date,
    rng: np.random.Generator,
) -> Truth:
    """The truth behind these creators and captions (`caption_ids` ascending)."""
    pages, captions = len(creators), caption_ids.size
    weeks = ((last_day - first_day).days + 1) // DAYS_A_WEEK + HORIZON_WEEKS
    view_rate = np.clip(rng.normal(0.42, 0.08, pages), 0.25, 0.62)
    appetite = np.exp(rng.normal(0, 0.15, pages))
    elasticity = rng.uniform(0.45, 0.85, pages)
    response = Response()
    common = rng.beta(*CAPTION_APPEAL, captions)
    appeal = common * rng.beta(*PAGE_APPEAL, (pages, captions))
    lure = np.where(price_tier == "bump", 0.30, 0.12) * rng.standard_normal(captions)
    categories = int(category.max()) + 1 if captions else 1
    return Truth(
        first_day=first_day,
        last_day=last_day,
        pages=tuple(c.page_name for c in creators),
        caption_ids=caption_ids,
        category=category,
        appeal=appeal.astype(np.float32),
        lure=lure,
        audience=np.array(
            [
                _audience(c, *traits, response.reference_price, rng)
                for c, *traits in zip(creators, view_rate, appetite, elasticity, strict=True)
            ]
        ),
        growth=rng.normal(0.25, 0.15, pages),
        view_rate=view_rate,
        appetite=appetite,
        elasticity=elasticity,
        sustainable=np.array(
            [
                PRESSURE_MARGIN
                * (c.size.weekly_ppv + response.bump_pressure * c.size.weekly_bumps)
                * (response.pressure_days / DAYS_A_WEEK)
                for c in creators
            ]
        ),
        hour_view=_hours(pages, 0.5, rng),
        hour_buy=_hours(pages, 1.0, rng),
        weekday_view=WEEKDAYS**0.5 * np.exp(rng.normal(0, 0.03, (pages, DAYS_A_WEEK))),
        weekday_buy=WEEKDAYS * np.exp(rng.normal(0, 0.06, (pages, DAYS_A_WEEK))),
        view_mood=_moods((pages,), weeks, 0.05, 0.85, rng),
        buy_mood=_moods((pages,), weeks, 0.10, 0.85, rng),
        taste=_moods((pages, categories), weeks, 0.20, 0.97, rng),
        response=response,
    )


def _audience(
    creator: Creator,
    view_rate: float,
    appetite: float,
    elasticity: float,
    reference_price: float,
    rng: np.random.Generator,
) -> float:
    """Recipients that bring about the revenue of the creator's account size in 90 days."""
    low, high = creator.size.revenue
    revenue = np.exp(rng.uniform(np.log(low), np.log(high)))
    prices = [
        PRICE_RANGES[tier][0] + creator.pricing.level * np.diff(PRICE_RANGES[tier])[0]
        for tier in PPV_TIERS
    ]
    per_view = sum(
        share * price * (price / reference_price) ** -elasticity
        for share, price in zip(creator.pricing.mix, prices, strict=True)
    )
    per_recipient = view_rate * MEAN_APPEAL * INCUMBENT_LIFT * appetite * per_view
    ppvs = creator.size.weekly_ppv * REVENUE_DAYS / DAYS_A_WEEK
    return float(revenue / (ppvs * per_recipient))


def _hours(pages: int, strength: float, rng: np.random.Generator) -> Floats:
    """Multipliers by LA hour: the usual day, shifted and roughened for each page."""
    usual = np.array([BUSY_HOURS.get(h, DAY_HOUR if h >= 7 else NIGHT_HOUR) for h in range(24)])
    shift = rng.integers(-1, 2, pages)
    own = np.stack([np.roll(usual, s) for s in shift]) if pages else np.ones((0, 24))
    return (own * np.exp(rng.normal(0, 0.05, (pages, 24)))) ** strength


def _moods(
    shape: tuple[int, ...],
    weeks: int,
    deviation: float,
    persistence: float,
    rng: np.random.Generator,
) -> Floats:
    """Stationary AR(1) paths in logs, last axis weeks; their exponentials have mean one."""
    shocks = rng.standard_normal((weeks, *shape))
    path = np.empty_like(shocks)
    path[0] = shocks[0]
    for week in range(1, weeks):
        path[week] = persistence * path[week - 1] + np.sqrt(1 - persistence**2) * shocks[week]
    return np.moveaxis(deviation * path - deviation**2 / 2, 0, -1)
