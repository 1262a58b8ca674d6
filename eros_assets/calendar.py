"""The business calendar: America/Los_Angeles, weeks named by their Monday, holidays.

Instants are timezone-aware UTC; dates and hours of the business are LA wall time. Steps between
instants are taken in UTC, so weeks of 167 and 169 hours need no special case.
"""

import datetime as dt
from zoneinfo import ZoneInfo

ZONE_NAME = "America/Los_Angeles"
ZONE = ZoneInfo(ZONE_NAME)
DAYS_A_WEEK = 7


def monday_of(day: dt.date) -> dt.date:
    """The Monday of the week that `day` lies in."""
    return day - dt.timedelta(days=day.isoweekday() - 1)


def monday_after(day: dt.date) -> dt.date:
    """The first Monday later than `day`."""
    return monday_of(day) + dt.timedelta(days=DAYS_A_WEEK)


def week_dates(week_start: dt.date) -> tuple[dt.date, ...]:
    """The seven dates of the week, Monday first."""
    return tuple(week_start + dt.timedelta(days=n) for n in range(DAYS_A_WEEK))


def la_instant(day: dt.date, hour: int = 0, minute: int = 0) -> dt.datetime:
    """The UTC instant at which LA clocks show this time; the first one where it shows twice."""
    wall = dt.datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZONE, fold=0)
    return wall.astimezone(dt.UTC)


def la_date(instant: dt.datetime) -> dt.date:
    """The LA date of an aware instant."""
    return instant.astimezone(ZONE).date()


def week_bounds(week_start: dt.date) -> tuple[dt.datetime, dt.datetime]:
    """UTC instants of the week's first midnight and of the next week's, half open."""
    return la_instant(week_start), la_instant(week_start + dt.timedelta(days=DAYS_A_WEEK))


def today(now: dt.datetime | None = None) -> dt.date:
    """The LA date now; for shells and schedules, never inside a decision."""
    return la_date(now or dt.datetime.now(dt.UTC))
