"""Weeks, hours and dates are those of Los Angeles' clocks, whatever the clocks do."""

import calendar as gregorian
import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eros_assets.calendar import (
    ZONE,
    la_date,
    la_instant,
    monday_after,
    monday_of,
    today,
    week_bounds,
    week_dates,
)

HOUR = dt.timedelta(hours=1)
WEEK = dt.timedelta(days=7)

# The United States have changed their clocks by today's rule since 2007.
DAYS = st.dates(dt.date(2007, 1, 1), dt.date(2037, 12, 31))
MONDAYS = DAYS.map(lambda day: day - dt.timedelta(days=day.weekday()))
INSTANTS = st.builds(
    lambda day, time: dt.datetime.combine(day, dt.time(), dt.UTC) + time,
    DAYS,
    st.timedeltas(dt.timedelta(), dt.timedelta(days=1)),
)


def nth_sunday(year: int, month: int, n: int) -> dt.date:
    sundays = [
        week[gregorian.SUNDAY]
        for week in gregorian.Calendar().monthdatescalendar(year, month)
        if week[gregorian.SUNDAY].month == month
    ]
    return sundays[n - 1]


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> dt.datetime:
    return dt.datetime(year, month, day, hour, minute, tzinfo=dt.UTC)


@given(DAYS)
def test_a_day_lies_in_the_week_of_its_monday(day: dt.date) -> None:
    monday = monday_of(day)
    assert monday.strftime("%A") == "Monday"
    assert monday <= day < monday + WEEK
    assert day in week_dates(monday)


@given(DAYS)
def test_the_monday_after_is_the_first_one_later(day: dt.date) -> None:
    monday = monday_after(day)
    assert monday.strftime("%A") == "Monday"
    assert day < monday <= day + WEEK


@given(MONDAYS)
def test_a_week_has_seven_dates_in_order(monday: dt.date) -> None:
    dates = week_dates(monday)
    assert [day.isoweekday() for day in dates] == [1, 2, 3, 4, 5, 6, 7]
    assert dates[0] == monday
    assert dates[-1] - dates[0] == dt.timedelta(days=6)


@pytest.mark.parametrize(
    ("day", "monday", "after"),
    [
        (dt.date(2025, 12, 28), dt.date(2025, 12, 22), dt.date(2025, 12, 29)),
        (dt.date(2025, 12, 31), dt.date(2025, 12, 29), dt.date(2026, 1, 5)),
        (dt.date(2026, 1, 1), dt.date(2025, 12, 29), dt.date(2026, 1, 5)),
        (dt.date(2027, 1, 1), dt.date(2026, 12, 28), dt.date(2027, 1, 4)),
        (dt.date(2024, 2, 29), dt.date(2024, 2, 26), dt.date(2024, 3, 4)),
        (dt.date(2029, 1, 1), dt.date(2029, 1, 1), dt.date(2029, 1, 8)),
    ],
)
def test_weeks_run_over_the_ends_of_years_and_months(
    day: dt.date, monday: dt.date, after: dt.date
) -> None:
    assert monday_of(day) == monday
    assert monday_after(day) == after


@pytest.mark.parametrize(
    ("monday", "hours"),
    [
        (dt.date(2025, 10, 20), 168),
        (dt.date(2025, 10, 27), 169),  # clocks go back on Sunday, 2025-11-02
        (dt.date(2025, 11, 3), 168),
        (dt.date(2026, 3, 2), 167),  # and forward on Sunday, 2026-03-08
        (dt.date(2026, 3, 9), 168),
    ],
)
def test_the_weeks_in_which_clocks_change_are_an_hour_longer_or_shorter(
    monday: dt.date, hours: int
) -> None:
    begin, end = week_bounds(monday)
    assert end - begin == hours * HOUR


def test_a_week_begins_and_ends_at_los_angeles_midnights() -> None:
    assert week_bounds(dt.date(2025, 10, 27)) == (utc(2025, 10, 27, 7), utc(2025, 11, 3, 8))
    assert week_bounds(dt.date(2026, 3, 2)) == (utc(2026, 3, 2, 8), utc(2026, 3, 9, 7))
    assert week_bounds(dt.date(2025, 12, 29)) == (utc(2025, 12, 29, 8), utc(2026, 1, 5, 8))


@given(MONDAYS)
def test_a_week_s_length_follows_from_the_sundays_of_march_and_november(monday: dt.date) -> None:
    sunday = monday + dt.timedelta(days=6)
    expected = 168
    if sunday == nth_sunday(sunday.year, 3, 2):
        expected = 167
    if sunday == nth_sunday(sunday.year, 11, 1):
        expected = 169
    begin, end = week_bounds(monday)
    assert (end - begin) / HOUR == expected


@given(INSTANTS)
def test_every_instant_lies_in_one_week(instant: dt.datetime) -> None:
    monday = monday_of(la_date(instant))
    begin, end = week_bounds(monday)
    assert begin <= instant < end
    assert end == week_bounds(monday + WEEK)[0]


@given(DAYS, st.integers(3, 23), st.integers(0, 59))
def test_a_wall_time_that_exists_once_comes_back(day: dt.date, hour: int, minute: int) -> None:
    instant = la_instant(day, hour, minute)
    assert instant.utcoffset() == dt.timedelta(0)
    shown = instant.astimezone(ZONE)
    assert (shown.date(), shown.hour, shown.minute) == (day, hour, minute)
    assert la_date(instant) == day


@pytest.mark.parametrize("year", range(2007, 2038))
def test_the_hour_that_comes_twice_means_the_first_one(year: int) -> None:
    day = nth_sunday(year, 11, 1)
    assert la_instant(day, 1, 30) == utc(year, 11, day.day, 8, 30)  # daylight saving: 7 h behind
    second = la_instant(day, 1, 30) + HOUR
    assert (la_date(second), second.astimezone(ZONE).hour) == (day, 1)
    assert la_instant(day, 2) - la_instant(day, 0) == 3 * HOUR


@pytest.mark.parametrize("year", range(2007, 2038))
def test_the_hour_that_is_left_out_means_the_hour_after(year: int) -> None:
    day = nth_sunday(year, 3, 2)
    assert la_instant(day, 2, 30) == la_instant(day, 3, 30) == utc(year, 3, day.day, 10, 30)
    assert la_instant(day, 4) - la_instant(day, 0) == 3 * HOUR


def test_the_date_changes_at_midnight_in_los_angeles_not_in_greenwich() -> None:
    assert la_date(utc(2026, 1, 1, 7, 59)) == dt.date(2025, 12, 31)
    assert la_date(utc(2026, 1, 1, 8)) == dt.date(2026, 1, 1)
    assert la_date(utc(2026, 7, 1, 6, 59)) == dt.date(2026, 6, 30)
    tokyo = dt.timezone(dt.timedelta(hours=9))
    assert la_date(dt.datetime(2026, 1, 1, 16, 59, tzinfo=tokyo)) == dt.date(2025, 12, 31)


def test_today_is_the_date_in_los_angeles() -> None:
    assert today(utc(2025, 11, 3, 7, 59)) == dt.date(2025, 11, 2)
    before = dt.datetime.now(ZONE).date()
    assert before <= today() <= dt.datetime.now(ZONE).date()
