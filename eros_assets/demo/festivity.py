"""Multipliers that holidays put on the sample agency's views and purchases."""

import datetime as dt
from functools import cache

import holidays
import numpy as np
from numpy.typing import NDArray

HOLIDAY_EFFECT = (0.95, 1.08)
"""Views and purchases on a US public holiday: fewer look, more of them buy."""

GIFT_EFFECT = (1.02, 1.30)
"""The same on the days when people buy presents."""

GIFT_DAYS = ((2, 14), (12, 24), (12, 31), (10, 31))
DAYS_AFTER_THANKSGIVING = (1, 4)

Multipliers = tuple[NDArray[np.float64], NDArray[np.float64]]


def festive_effects(dates: NDArray[np.datetime64]) -> Multipliers:
    """Multipliers (views, purchases) of LA dates (datetime64[D]); 1 on a common day."""
    views, purchases = np.ones(dates.size), np.ones(dates.size)
    distinct, which = np.unique(dates, return_inverse=True)
    for index, date in enumerate(distinct.astype(dt.date)):
        effect = _effects_of_year(date.year).get(date)
        if effect is not None:
            views[which == index], purchases[which == index] = effect
    return views, purchases


@cache
def _effects_of_year(year: int) -> dict[dt.date, tuple[float, float]]:
    public = holidays.country_holidays("US", years=year)
    effects = dict.fromkeys(public, HOLIDAY_EFFECT)
    gifts = [dt.date(year, month, day) for month, day in GIFT_DAYS]
    thanksgiving = public.get_named("Thanksgiving")
    gifts += [day + dt.timedelta(days=n) for day in thanksgiving for n in DAYS_AFTER_THANKSGIVING]
    return effects | dict.fromkeys(gifts, GIFT_EFFECT)
