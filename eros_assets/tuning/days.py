"""The days that move a week's volume: US public holidays and commercial days."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from eros_assets.tuning.rows import Row

if TYPE_CHECKING:
    import pandas as pd

YEARS = range(2015, 2041)
MOST = 10
"""The greatest factor that a file may give a day."""

VOLUME_COLUMNS = ("holiday_name", "volume_factor")
COMMERCIAL_COLUMNS = (
    *("holiday_name", "month", "day", "anchor_holiday", "days_after_anchor"),
    "volume_factor",
)


def holiday_calendar(volume: Sequence[Row], commercial: Sequence[Row]) -> "pd.DataFrame":
    """US public holidays and the commercial days; one row per date, the strongest factor of each.

    `volume` has the factor of public holidays by name, `*` for all others. `commercial` has days
    on a fixed date (month, day) or some days after a public holiday (anchor_holiday).

    Raises:
        TuningError: a row that names no holiday, no date of every year, or no factor.
    """
    import holidays
    import pandas as pd

    public = sorted(holidays.country_holidays("US", years=YEARS).items())
    anchors: dict[str, list[dt.date]] = {}
    for day, name in public:
        anchors.setdefault(name, []).append(day)
    factors: dict[str, float] = {}
    seen: set[str] = set()
    for row in volume:
        name = row.distinct("holiday_name", seen)
        if name != "*" and name not in anchors:
            raise row.wrong(f"holiday_name {name!r} is not a US public holiday, nor '*'")
        factors[name] = _factor(row)
    other = factors.get("*", 1.0)
    days = [(day, name, factors.get(name, other)) for day, name in public]
    for row in commercial:
        dates = _after_anchor(row, anchors) if row["anchor_holiday"] else _every_year(row)
        days += [(day, row["holiday_name"], _factor(row)) for day in dates]
    strongest = pd.DataFrame(days, columns=["holiday_date", "holiday_name", "volume_factor"])
    return (
        strongest.sort_values(
            ["holiday_date", "volume_factor", "holiday_name"], ascending=[True, False, True]
        )
        .drop_duplicates("holiday_date")
        .reset_index(drop=True)
    )


def _factor(row: Row) -> float:
    return float(row.number("volume_factor", 0, MOST))


def _after_anchor(row: Row, anchors: Mapping[str, Sequence[dt.date]]) -> list[dt.date]:
    for column in ("month", "day"):
        if row[column]:
            raise row.wrong(f"{column} {row[column]!r} must be empty beside an anchor_holiday")
    anchor = row["anchor_holiday"]
    if anchor not in anchors:
        raise row.wrong(f"anchor_holiday {anchor!r} is not a US public holiday")
    offset = dt.timedelta(days=row.number("days_after_anchor", -366, 366, is_whole=True))
    return [day + offset for day in anchors[anchor]]


def _every_year(row: Row) -> list[dt.date]:
    month = int(row.number("month", 1, 12, is_whole=True))
    day = int(row.number("day", 1, 31, is_whole=True))
    try:
        return [dt.date(year, month, day) for year in YEARS]
    except ValueError:
        raise row.wrong(f"month {month} day {day} is not a date of every year") from None
