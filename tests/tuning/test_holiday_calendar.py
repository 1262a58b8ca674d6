"""The dates that move a week's volume, checked against calendars of those years."""

import datetime as dt

import pandas as pd
import pytest

from eros_assets.tuning import HOLIDAY_YEARS, TuningError
from tests.tuning.conftest import TuningFolder

YEAR_2025 = (
    ("2025-01-01", "New Year's Day", 1.15),
    ("2025-01-20", "Martin Luther King Jr. Day", 1.10),
    ("2025-02-14", "Valentine's Day", 1.30),
    ("2025-02-17", "Washington's Birthday", 1.10),
    ("2025-05-26", "Memorial Day", 1.10),
    ("2025-06-19", "Juneteenth National Independence Day", 1.10),
    ("2025-07-04", "Independence Day", 1.10),
    ("2025-09-01", "Labor Day", 1.10),
    ("2025-10-13", "Columbus Day", 1.10),
    ("2025-10-31", "Halloween", 1.15),
    ("2025-11-11", "Veterans Day", 1.10),
    ("2025-11-27", "Thanksgiving Day", 1.15),
    ("2025-11-28", "Black Friday", 1.40),
    ("2025-12-01", "Cyber Monday", 1.30),
    ("2025-12-24", "Christmas Eve", 1.15),
    ("2025-12-25", "Christmas Day", 1.10),
    ("2025-12-31", "New Year's Eve", 1.20),
)


def named(calendar: pd.DataFrame, name: str, year: int) -> list[str]:
    rows = calendar[calendar["holiday_name"] == name]
    return [str(day) for day in rows["holiday_date"] if day.year == year]


def on(calendar: pd.DataFrame, day: str) -> list[tuple[str, float]]:
    rows = calendar[calendar["holiday_date"] == dt.date.fromisoformat(day)]
    return list(zip(rows["holiday_name"], rows["volume_factor"], strict=True))


@pytest.fixture
def calendar(shipped: dict[str, pd.DataFrame]) -> pd.DataFrame:
    return shipped["holiday_calendar"]


def test_all_of_2025(calendar: pd.DataFrame) -> None:
    rows = [
        (str(day), name, factor)
        for day, name, factor in calendar.itertuples(index=False)
        if day.year == 2025
    ]
    assert rows == [*YEAR_2025]


@pytest.mark.parametrize(
    ("name", "dates"),
    [
        ("Thanksgiving Day", ["2025-11-27", "2026-11-26", "2027-11-25"]),
        ("Black Friday", ["2025-11-28", "2026-11-27", "2027-11-26"]),
        ("Cyber Monday", ["2025-12-01", "2026-11-30", "2027-11-29"]),
        ("Memorial Day", ["2025-05-26", "2026-05-25", "2027-05-31"]),
        ("Labor Day", ["2025-09-01", "2026-09-07", "2027-09-06"]),
        ("Martin Luther King Jr. Day", ["2025-01-20", "2026-01-19", "2027-01-18"]),
        ("Valentine's Day", ["2025-02-14", "2026-02-14", "2027-02-14"]),
        ("New Year's Eve", ["2025-12-31", "2026-12-31", "2027-12-31"]),
    ],
)
def test_known_dates(name: str, dates: list[str], calendar: pd.DataFrame) -> None:
    found = [day for year in (2025, 2026, 2027) for day in named(calendar, name, year)]
    assert found == dates


def test_a_public_holiday_on_a_weekend_is_also_kept_on_the_working_day_beside_it(
    calendar: pd.DataFrame,
) -> None:
    assert on(calendar, "2026-07-04") == [("Independence Day", 1.10)]  # a Saturday
    assert on(calendar, "2026-07-03") == [("Independence Day (observed)", 1.10)]
    assert on(calendar, "2027-07-05") == [("Independence Day (observed)", 1.10)]


def test_one_row_per_date_in_order(calendar: pd.DataFrame) -> None:
    dates = list(calendar["holiday_date"])
    assert dates == sorted(set(dates))
    assert {day.year for day in dates} == {*HOLIDAY_YEARS}


def test_the_strongest_of_a_date_is_kept(calendar: pd.DataFrame) -> None:
    assert on(calendar, "2021-12-31") == [("New Year's Eve", 1.20)]  # and a holiday observed
    assert on(calendar, "2027-12-24") == [("Christmas Eve", 1.15)]


@pytest.mark.parametrize(
    ("factor", "kept"), [("1.05", ("Columbus Day", 1.10)), ("1.25", ("Harvest Fair", 1.25))]
)
def test_the_strongest_is_kept_wherever_it_comes_from(
    factor: str, kept: tuple[str, float], folder: TuningFolder
) -> None:
    folder.edit("commercial_days.csv", "Halloween,10,31,,,1.15", f"Harvest Fair,10,13,,,{factor}")
    assert on(folder.tables()["holiday_calendar"], "2025-10-13") == [kept]


def test_of_equally_strong_ones_the_first_by_name_is_kept(folder: TuningFolder) -> None:
    folder.edit(
        "commercial_days.csv",
        "Halloween,10,31,,,1.15",
        "Music Night,10,31,,,1.15\nBaking Day,10,31,,,1.15",
    )
    assert on(folder.tables()["holiday_calendar"], "2025-10-31") == [("Baking Day", 1.15)]


def test_a_public_holiday_without_a_factor_of_its_own_has_that_of_the_others(
    folder: TuningFolder,
) -> None:
    folder.edit("holiday_volume.csv", "*,1.10", "*,1.05\nLabor Day,1.50")
    calendar = folder.tables()["holiday_calendar"]
    assert on(calendar, "2025-09-01") == [("Labor Day", 1.50)]
    assert on(calendar, "2025-07-04") == [("Independence Day", 1.05)]


def test_without_a_factor_for_the_others_they_change_nothing(folder: TuningFolder) -> None:
    folder.edit("holiday_volume.csv", "*,1.10\n", "")
    assert on(folder.tables()["holiday_calendar"], "2025-07-04") == [("Independence Day", 1.0)]


@pytest.mark.parametrize(
    ("name", "said", "instead", "line", "what"),
    [
        ("holiday_volume", "*,1.10", "*,lots", 2, "volume_factor 'lots'"),
        ("holiday_volume", "*,1.10", "*,", 2, "volume_factor ''"),
        ("holiday_volume", "*,1.10", "*,nan", 2, "volume_factor 'nan'"),
        ("holiday_volume", "*,1.10", "*,-1", 2, "volume_factor -1"),
        ("holiday_volume", "Thanksgiving Day", "Thanksgiven Day", 4, "holiday_name 'Thanksgiven"),
        ("holiday_volume", "New Year's Day", "*", 3, "holiday_name '*'"),
        ("commercial_days", "1.40", "plenty", 4, "volume_factor 'plenty'"),
        ("commercial_days", "1.40", "-1.4", 4, "volume_factor -1.4"),
        ("commercial_days", "Day,2,14", "Day,2,30", 2, "month 2 day 30"),
        ("commercial_days", "Day,2,14", "Day,2,29", 2, "month 2 day 29"),
        ("commercial_days", "Day,2,14", "Day,two,14", 2, "month 'two'"),
        ("commercial_days", "Day,2,14", "Day,2,", 2, "day ''"),
        ("commercial_days", "Day,2,14", "Day,,", 2, "month ''"),
        ("commercial_days", "Thanksgiving Day,1,", "Thanksgiven Day,1,", 4, "anchor_holiday"),
        ("commercial_days", "Thanksgiving Day,1,", "Thanksgiving Day,,", 4, "days_after_anchor ''"),
        ("commercial_days", "Thanksgiving Day,1,", "Thanksgiving Day,one,", 4, "days_after_anchor"),
        ("commercial_days", "Black Friday,,,", "Black Friday,11,28,", 4, "month '11'"),
    ],
)
def test_a_rule_that_makes_no_date_or_factor_is_named(
    name: str, said: str, instead: str, line: int, what: str, folder: TuningFolder
) -> None:
    folder.edit(f"{name}.csv", said, instead)
    with pytest.raises(TuningError) as caught:
        folder.tables()
    assert str(caught.value).startswith(f"{name}.csv line {line}: {what}")
