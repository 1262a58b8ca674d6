"""Worlds whose truth has another form than the model that EROS fits to it.

The usual world has the laws of `truth.py`, which are close to that model. A study that knows no
other flatters it.
"""

from dataclasses import dataclass

import numpy as np

from eros_assets.arrays import Floats
from eros_assets.calendar import DAYS_A_WEEK

WEEKS_A_YEAR = 365.25 / DAYS_A_WEEK
SHOCK_AFTER = 13
"""Weeks after the history until audiences change at once."""


@dataclass(frozen=True, slots=True)
class World:
    """What is different; spreads are standard deviations of logarithms, 0: as usual."""

    name: str
    caption_spread: float = 0.0
    """Of what a caption has on all pages; lognormal."""
    page_spread: float = 0.0
    """Of what it has on one page; lognormal."""
    group_size: int = 1
    """Pages in a row that have the second part in common."""
    season: float = 0.0
    """Greatest rise of a category's appeal in its own time of the year."""
    shock: float = 0.0
    """Of the tastes that half of the pages have all at once, some weeks after the history."""

    def appeal(self, mean: float, pages: int, captions: int, rng: np.random.Generator) -> Floats:
        """Purchases per view (g, c), with this mean."""
        groups = -(-pages // self.group_size)
        common = _lognormal(self.caption_spread, (captions,), rng)
        own = _lognormal(self.page_spread, (groups, captions), rng)
        return mean * common * np.repeat(own, self.group_size, axis=0)[:pages]

    def shifted(self, taste: Floats, played_from: int, rng: np.random.Generator) -> Floats:
        """Tastes (g, k, w) with the seasons and the shock.

        `played_from` is the first week after the history.
        """
        pages, categories, weeks = taste.shape
        if self.season:
            of_year = rng.random(categories)[:, None] + np.arange(weeks) / WEEKS_A_YEAR
            taste = taste + self.season * np.sin(2 * np.pi * of_year)
        if self.shock:
            changed = rng.permutation(pages)[: pages // 2]
            taste = taste.copy()
            after = _normal_logs(self.shock, (changed.size, categories), rng)[:, :, None]
            taste[changed, :, played_from + SHOCK_AFTER :] += after
        return taste


def _normal_logs(spread: float, shape: tuple[int, ...], rng: np.random.Generator) -> Floats:
    """Logarithms whose exponentials have mean one."""
    return spread * rng.standard_normal(shape) - spread**2 / 2


def _lognormal(spread: float, shape: tuple[int, ...], rng: np.random.Generator) -> Floats:
    return np.exp(_normal_logs(spread, shape, rng))


USUAL = World("usual")
WORLDS = (
    USUAL,
    World("own", caption_spread=0.3, page_spread=1.1),
    World("tails", caption_spread=1.5, page_spread=0.5),
    World("groups", caption_spread=0.8, page_spread=0.8, group_size=4),
    World("seasons", season=0.6),
    World("shock", shock=0.8),
)
"""Appeal that is mostly a page's own, that has heavy tails, that groups of pages share; categories
that have their season; audiences that change at once."""


def world_named(name: str) -> World:
    """One of `WORLDS`.

    Raises:
        ValueError: no world has the name.
    """
    for world in WORLDS:
        if world.name == name:
            return world
    known = ", ".join(world.name for world in WORLDS)
    raise ValueError(f"no world is called {name}; there are {known}")
