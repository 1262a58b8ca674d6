"""Draws the times of the sample agency's messages: page, instant, PPV or Bump.

LA wall time, hours 8 to 22, an hour or so apart; a page's messages of one day share their minute
past the hour, give or take. A few go out at night.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from eros_assets.calendar import DAYS_A_WEEK, ZONE_NAME
from eros_assets.demo.festivity import festive_effects
from eros_assets.demo.roster import OVERSENT_DAYS, AgencySize, Creator

FIRST_HOUR, LAST_HOUR = 8, 22
HOURS = LAST_HOUR - FIRST_HOUR + 1
MOST_A_DAY = 12
FAVOURITE_HOURS = np.array(
    [1.0, 1.3, 1.4, 1.2, 1.6, 1.1, 0.8, 0.8, 0.9, 1.2, 1.6, 1.9, 2.2, 1.9, 1.0]
)
"""How people spread messages over hours 8 to 22; near the audience's own day, not equal to it."""

FAVOURITE_WEEKDAYS = np.array([0.95, 0.95, 1.0, 1.0, 1.1, 1.0, 1.0])
NIGHT_HOURS = (23, 0, 1, 2, 3, 4, 5)


@dataclass(frozen=True, slots=True, eq=False)
class Timetable:
    """One row per message, by time: index of the page, UTC instant, PPV or not, day of history."""

    page: NDArray[np.int64]
    time: pd.DatetimeIndex
    is_ppv: NDArray[np.bool_]
    day: NDArray[np.int64]


def draw_timetable(
    size: AgencySize,
    messages: int,
    creators: Sequence[Creator],
    first_day: dt.date,
    rng: np.random.Generator,
) -> Timetable:
    """Exactly `messages` sends of the creators' pages, the last on the history's last date."""
    dates = np.datetime64(first_day, "D") + np.arange(size.days)
    counts = _daily_counts(_daily_rates(creators, dates, size.days), messages, creators, rng)
    page, day, hour = _hours_of(counts, rng)
    minute_of_day = rng.choice([0, 5, 10, 15, 20, 30, 40, 45], size=counts.shape)
    minute = minute_of_day[page, day] + rng.integers(0, 10, page.size)
    night = rng.choice(page.size, size=size.night_messages, replace=False)
    hour[night] = rng.choice(NIGHT_HOURS, size=night.size)
    seconds = (hour * 60 + minute) * 60 + rng.integers(0, 60, page.size)
    wall = pd.DatetimeIndex(dates[day].astype("datetime64[us]") + seconds.astype("timedelta64[s]"))
    time = wall.tz_localize(
        ZONE_NAME, ambiguous=np.ones(page.size, dtype=bool), nonexistent="shift_forward"
    ).tz_convert("UTC")
    ppv_share = np.array(
        [c.size.weekly_ppv / (c.size.weekly_ppv + c.size.weekly_bumps) for c in creators]
    )
    is_ppv = rng.random(page.size) < ppv_share[page]
    order = np.lexsort((page, time.to_numpy(dtype="datetime64[us]")))
    return Timetable(page[order], time[order], is_ppv[order], day[order])


def _daily_rates(
    creators: Sequence[Creator], dates: NDArray[np.datetime64], days: int
) -> NDArray[np.float64]:
    """Messages a day that each page (rows) means to send on each date (columns)."""
    weekday = (dates.astype(np.int64) + 3) % DAYS_A_WEEK  # 1970-01-01 was a Thursday
    _, gifts = festive_effects(dates)
    shape = FAVOURITE_WEEKDAYS[weekday] * np.sqrt(gifts)
    day = np.arange(days)
    rates = [
        (c.size.weekly_ppv + c.size.weekly_bumps)
        / DAYS_A_WEEK
        * shape
        * ((day >= c.first_day) & (day <= c.last_day))
        * np.where(day >= days - OVERSENT_DAYS, c.overload, 1.0)
        for c in creators
    ]
    return np.array(rates)


def _daily_counts(
    rates: NDArray[np.float64],
    messages: int,
    creators: Sequence[Creator],
    rng: np.random.Generator,
) -> NDArray[np.int64]:
    """Whole numbers around the rates that add up to `messages`, at least one on the last date."""
    scaled = rates * (messages / rates.sum())
    counts = np.floor(scaled + rng.random(rates.shape)).astype(np.int64)
    counts = np.minimum(counts, MOST_A_DAY)
    busiest = int(np.argmax(rates[:, -1]))
    counts[busiest, -1] = max(counts[busiest, -1], 1)
    settled = np.array([c.overload == 1.0 for c in creators])[:, None]
    while (missing := messages - int(counts.sum())) != 0:
        step = int(np.sign(missing))
        open_cells = settled & (rates > 0) & (counts < MOST_A_DAY if step > 0 else counts > 1)
        open_cells[:, -1] = False
        cells = np.flatnonzero(open_cells)
        chosen = rng.choice(cells, size=min(abs(missing), cells.size), replace=False)
        counts.flat[chosen] += step
    return counts


def _hours_of(
    counts: NDArray[np.int64], rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Page, day and LA hour of each message: distinct hours, the favourite ones more often."""
    pages = counts.shape[0]
    own = np.log(FAVOURITE_HOURS) + rng.normal(0, 0.25, (pages, HOURS))
    wish = own[:, None, :] + rng.gumbel(size=(*counts.shape, HOURS))
    rank = np.argsort(np.argsort(-wish, axis=2), axis=2)
    page, day, hour = np.nonzero(rank < counts[:, :, None])
    return page, day, hour + FIRST_HOUR
