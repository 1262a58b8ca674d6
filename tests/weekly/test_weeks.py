"""The weeks that an installation has, and those that can't be planned."""

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eros_assets.calendar import la_instant, monday_of
from eros_assets.settings import Settings, load_settings
from eros_assets.weekly.weeks import (
    FIRST_WEEK,
    WEEKS_AHEAD,
    HistorySpan,
    PastWeekError,
    UnknownWeekError,
    Weeks,
    coming_week,
    has_passed,
    weeks_of,
)

MONDAY = dt.date(2025, 11, 3)
SPAN = HistorySpan(dt.date(2024, 5, 1), dt.date(2025, 11, 2))
NOW = la_instant(dt.date(2026, 3, 4), 12)

days = st.dates(dt.date(2020, 1, 1), dt.date(2035, 12, 31))


def settings(**values: Any) -> Settings:
    named = {"env": "local", "today": None, "week": None, "import_dir": None}
    return load_settings({**named, **values})


@pytest.mark.parametrize(
    ("values", "span", "coming", "is_fixed"),
    [
        ({}, SPAN, MONDAY, True),
        ({}, None, dt.date(2026, 3, 9), False),
        ({"today": MONDAY}, SPAN, MONDAY, True),
        ({"today": dt.date(2025, 11, 4)}, None, dt.date(2025, 11, 10), True),
        ({"env": "production"}, SPAN, dt.date(2026, 3, 9), False),
        ({"env": "production", "today": MONDAY}, SPAN, dt.date(2025, 11, 10), True),
    ],
)
def test_the_last_week_is_the_coming_one_of_the_business_clock(
    values: dict[str, Any], span: HistorySpan | None, coming: dt.date, is_fixed: bool
) -> None:
    weeks = weeks_of(settings(**values), NOW, span)
    assert (weeks.last, weeks.is_fixed) == (coming, is_fixed)
    assert weeks.first == (monday_of(SPAN.oldest) if span else FIRST_WEEK)


@given(st.integers(-200, 1500))
def test_a_week_that_is_named_is_the_last_unless_it_is_too_far_ahead(off: int) -> None:
    week = MONDAY + dt.timedelta(weeks=off)
    weeks = weeks_of(settings(week=week), NOW, SPAN)
    if off <= WEEKS_AHEAD:
        assert week in weeks
        assert weeks.last == week
        weeks.require(week)
    else:
        assert weeks.last == MONDAY
        with pytest.raises(UnknownWeekError) as refused:
            weeks.require(week)
        assert str(refused.value).startswith(f"week {week}: there is no such week; the weeks are")
        assert f"2024-04-29 to {MONDAY}" in str(refused.value)
    assert "\n" not in f"{weeks}"


@given(days, days)
def test_the_coming_week_begins_on_or_after_today_and_within_a_week(
    today: dt.date, clock: dt.date
) -> None:
    coming = coming_week(settings(today=today), la_instant(clock), None)
    assert coming.isoweekday() == 1
    assert 0 <= (coming - today).days < 7


@given(st.integers(0, 400), st.integers(0, 6))
def test_a_day_inside_a_week_is_none_of_its_weeks(week: int, day: int) -> None:
    weeks = Weeks(FIRST_WEEK, FIRST_WEEK + dt.timedelta(weeks=300), is_fixed=True)
    date = FIRST_WEEK + dt.timedelta(weeks=week, days=day)
    assert (date in weeks) is (day == 0 and week <= 300)


@given(days, st.integers(-30, 30))
def test_a_week_has_passed_when_its_sunday_is_over(day: dt.date, off: int) -> None:
    week = monday_of(day)
    assert has_passed(week, week + dt.timedelta(days=off)) is (off >= 7)


@pytest.mark.parametrize(
    ("day", "coming", "said"),
    [
        (dt.date(2025, 11, 8), dt.date(2025, 11, 10), "2025-11-03 and 2025-11-10. Nothing"),
        (dt.date(2025, 11, 10), dt.date(2025, 11, 10), "planned are 2025-11-10. Nothing"),
    ],
)
def test_a_week_that_has_passed_is_told_with_the_weeks_that_can_be_planned(
    day: dt.date, coming: dt.date, said: str
) -> None:
    words = str(PastWeekError(dt.date(2025, 10, 27), day, coming))
    assert words.startswith(f"week 2025-10-27 has passed: it is {day}")
    assert said in words
