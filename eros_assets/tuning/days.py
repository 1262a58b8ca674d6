"""Makes the calendar of days that change a week's volume: US holidays and commercial days."""

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import Field, model_validator

from eros_assets.tuning.rows import TuningRow, read_lines
from eros_assets.tuning.rules import Factor

if TYPE_CHECKING:
    import pandas as pd

YEARS = range(2015, 2041)

Empty = Annotated[str, Field(max_length=0)]


class HolidayVolume(TuningRow):
    """A line of holiday_volume.csv: the factor of a public holiday, or of all others (`*`)."""

    holiday_name: str
    volume_factor: Factor


class FixedDay(TuningRow):
    """A line of commercial_days.csv without an anchor: the same date every year."""

    holiday_name: str
    month: Annotated[int, Field(ge=1, le=12)]
    day: Annotated[int, Field(ge=1, le=31)]
    anchor_holiday: Empty
    days_after_anchor: str
    volume_factor: Factor

    @model_validator(mode="after")
    def _every_year(self) -> Self:
        try:
            self.dates({})
        except ValueError:
            raise ValueError(
                f"month {self.month} day {self.day} is not a date of every year"
            ) from None
        return self

    def dates(self, _public: Mapping[str, Sequence[dt.date]]) -> list[dt.date]:
        """Its dates, one a year."""
        return [dt.date(year, self.month, self.day) for year in YEARS]


class AnchoredDay(TuningRow):
    """A line of commercial_days.csv with an anchor: some days after a public holiday."""

    holiday_name: str
    month: Empty
    day: Empty
    anchor_holiday: str
    days_after_anchor: Annotated[int, Field(ge=-366, le=366)]
    volume_factor: Factor

    def dates(self, public: Mapping[str, Sequence[dt.date]]) -> list[dt.date]:
        """Its dates; `public` are the dates of public holidays by name."""
        return [day + dt.timedelta(self.days_after_anchor) for day in public[self.anchor_holiday]]


def holiday_calendar(volume: Path, commercial: Path) -> "pd.DataFrame":
    """US public holidays and the commercial days; one row per date, the strongest factor of each.

    Raises:
        TuningError: a row that names no holiday, no date of every year, or no factor.
    """
    import holidays
    import pandas as pd

    public: dict[str, list[dt.date]] = {}
    for day, name in sorted(holidays.country_holidays("US", years=YEARS).items()):
        public.setdefault(name, []).append(day)
    factors: dict[str, float] = {}
    for line in read_lines(volume, HolidayVolume, key="holiday_name"):
        row = line.parse(HolidayVolume)
        if row.holiday_name != "*" and row.holiday_name not in public:
            raise line.wrong(
                f"holiday_name {row.holiday_name!r} is not a US public holiday, nor '*'"
            )
        factors[row.holiday_name] = row.volume_factor
    other = factors.get("*", 1.0)
    days = [
        (day, name, factors.get(name, other)) for name, dates in public.items() for day in dates
    ]
    for line in read_lines(commercial, FixedDay):
        anchor = line.cells["anchor_holiday"]
        row = line.parse(AnchoredDay if anchor else FixedDay)
        if anchor and anchor not in public:
            raise line.wrong(f"anchor_holiday {anchor!r} is not a US public holiday")
        days += [(day, row.holiday_name, row.volume_factor) for day in row.dates(public)]
    strongest = pd.DataFrame(days, columns=["holiday_date", "holiday_name", "volume_factor"])
    return (
        strongest.sort_values(
            ["holiday_date", "volume_factor", "holiday_name"], ascending=[True, False, True]
        )
        .drop_duplicates("holiday_date")
        .reset_index(drop=True)
    )
