"""Draws the hidden truth: captions' appeal, audiences, their hours, moods and tastes."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eros_assets.arrays import Floats, Ints
from eros_assets.calendar import DAYS_A_WEEK
from eros_assets.demo.roster import PPV_TIERS, PRICE_RANGES, Creator
from eros_assets.demo.truth import HORIZON_WEEKS, Response, Truth
from eros_assets.demo.worlds import World

CAPTION_APPEAL = (0.6, 3.4)
PAGE_APPEAL = (4.0, 211.0)
MEAN_APPEAL = 0.6 / 215
"""Purchases per view: the mean of the product of both parts, Beta(0.6, 214.4)."""

INCUMBENT_LIFT = 1.35
"""How much more a page earns than average captions at its usual volume would: people repeat what
sold, and holidays and late joiners leave more messages for common days."""

REVENUE_DAYS = 90
PRESSURE_MARGIN = 1.3
"""How much more than its usual volume a page's audience takes before it tires."""
NIGHT, MORNING = [0.6] * 7, [0.9, 1.0, 1.05, 0.9, 0.9]
MIDDAY, EVENING = [1.05, 0.95, 0.9, 0.9, 0.9], [1.0, 1.1, 1.2, 1.3, 1.3, 1.12, 0.9]
USUAL_HOURS = np.array(NIGHT + MORNING + MIDDAY + EVENING)
WEEKDAYS = np.array([0.97, 0.94, 0.97, 1.0, 1.05, 1.0, 1.09])


@dataclass(frozen=True, slots=True)
class Mood:
    """A stationary AR(1) path over weeks, in logs: its deviation, and what a week keeps of it."""

    deviation: float
    persistence: float


VIEW_MOOD = Mood(0.05, 0.85)
BUY_MOOD = Mood(0.10, 0.85)
TASTE = Mood(0.20, 0.97)
"""Of each page for each category: half of a deviation is gone after 23 weeks."""


def draw_truth(
    creators: Sequence[Creator],
    caption_ids: Ints,
    category: Ints,
    price_tier: NDArray[np.object_],
    first_day: dt.date,
    last_day: dt.date,
    rng: np.random.Generator,
    response: Response,
    taste: Mood,
    world: World,
) -> Truth:
    """The truth behind these creators and captions.

    `response` has how audiences tire of volume and of captions, `taste` how they drift, `world`
    what else is different from the usual.
    """
    pages, captions = len(creators), caption_ids.size
    weeks = ((last_day - first_day).days + 1) // DAYS_A_WEEK + HORIZON_WEEKS
    view_rate = np.clip(rng.normal(0.42, 0.08, pages), 0.25, 0.62)
    appetite = np.exp(rng.normal(0, 0.15, pages))
    elasticity = rng.uniform(0.45, 0.85, pages)
    if world.caption_spread or world.page_spread:
        appeal = world.appeal(MEAN_APPEAL, pages, captions, rng)
    else:
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
        audience=_audiences(
            creators, view_rate * appetite, elasticity, response.reference_price, rng
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
        view_mood=draw_moods((pages,), weeks, VIEW_MOOD, rng),
        buy_mood=draw_moods((pages,), weeks, BUY_MOOD, rng),
        taste=world.shifted(
            draw_moods((pages, categories), weeks, taste, rng), weeks - HORIZON_WEEKS, rng
        ),
        response=response,
    )


def _audiences(
    creators: Sequence[Creator],
    buyers: Floats,
    elasticity: Floats,
    reference_price: float,
    rng: np.random.Generator,
) -> Floats:
    """Recipients that bring each page the 90-day revenue of its account size.

    `buyers` is what a recipient buys of a caption of mean appeal, relative to the appeal.
    """
    range_ends: Floats = np.log([c.size.revenue for c in creators])  # (g, from and to)
    revenue = np.exp(rng.uniform(range_ends[:, 0], range_ends[:, 1]))
    cheapest, dearest = np.array([PRICE_RANGES[tier] for tier in PPV_TIERS], dtype=float).T
    level = np.array([[c.pricing.level] for c in creators])
    price = cheapest + level * (dearest - cheapest)  # (g, PPV tier)
    bought = (price / reference_price) ** -elasticity[:, None]
    per_view = (np.array([c.pricing.mix for c in creators]) * price * bought).sum(axis=1)
    ppvs = np.array([c.size.weekly_ppv for c in creators]) * REVENUE_DAYS / DAYS_A_WEEK
    return revenue / (ppvs * buyers * MEAN_APPEAL * INCUMBENT_LIFT * per_view)


def _hours(pages: int, strength: float, rng: np.random.Generator) -> Floats:
    """Multipliers by LA hour: the usual day, shifted and roughened for each page."""
    shift = rng.integers(-1, 2, pages)
    own = np.stack([np.roll(USUAL_HOURS, int(s)) for s in shift]) if pages else np.ones((0, 24))
    return (own * np.exp(rng.normal(0, 0.05, (pages, 24)))) ** strength


def draw_moods(shape: tuple[int, ...], weeks: int, mood: Mood, rng: np.random.Generator) -> Floats:
    """Paths of a mood, last axis weeks; their exponentials have mean one."""
    shocks = rng.standard_normal((weeks, *shape))
    path = np.empty_like(shocks)
    path[0] = shocks[0]
    for week in range(1, weeks):
        kept = mood.persistence * path[week - 1]
        path[week] = kept + np.sqrt(1 - mood.persistence**2) * shocks[week]
    return np.moveaxis(mood.deviation * path - mood.deviation**2 / 2, 0, -1)
