"""Caption statistics only go forward, and a plan is made from those of its own week.

Statistics as of a Monday count the messages sent before it. They are one state of the whole
dataset, not one a week: refreshing them as of an earlier date takes what was learned since away.
"""

import datetime as dt
from dataclasses import dataclass

from eros_assets.dataset import Dataset
from eros_assets.errors import ErosError


class OldStatisticsError(ErosError):
    """The caption statistics lack history that a plan must know."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """As of which LA date the caption statistics are, against what a week asks for.

    `as_of` is None before they were first made. `newest_before` is the LA date of the newest
    message facts before the week, None without any.
    """

    week_start: dt.date
    as_of: dt.date | None
    newest_before: dt.date | None

    @property
    def are_later(self) -> bool:
        """Whether they are as of a later date than the week's Monday."""
        return self.as_of is not None and self.as_of > self.week_start

    @property
    def are_too_old(self) -> bool:
        """Whether there are facts before the week that they don't count, or there are none."""
        if self.as_of is None:
            return True
        return self.newest_before is not None and self.as_of <= self.newest_before


def statistics_of(dataset: Dataset, week_start: dt.date) -> Statistics:
    """The statistics that a plan of the week would be made from."""
    row = dataset.cached_query("statistics_date", week_start=week_start).iloc[0]
    return Statistics(week_start, _date(row["stats_as_of"]), _date(row["newest_before"]))


def _date(value: object) -> dt.date | None:
    return value if isinstance(value, dt.date) and value == value else None


def kept_statistics(statistics: Statistics, *, force: bool) -> str | None:
    """Why statistics stay as they are instead of being refreshed as of the week's Monday.

    None where they are to be refreshed: they are as of an earlier date or the same, or `force`.
    """
    if not statistics.are_later or force:
        return None
    return (
        f"the caption statistics stay those of {statistics.as_of}: learning does not go back to "
        f"{statistics.week_start} unless forced (force of week_scope, FORCE=yes)"
    )


def require_statistics(statistics: Statistics) -> str | None:
    """Refuse to plan a week from statistics that lack history; a line where they are later ones.

    Raises:
        OldStatisticsError: facts before the week's Monday are not counted, or nothing is.
    """
    week = statistics.week_start
    if statistics.are_too_old:
        said = (
            f"are as of {statistics.as_of}, and there are messages until {statistics.newest_before}"
            if statistics.as_of
            else "have not been made yet"
        )
        raise OldStatisticsError(
            f"week {week} can't be planned: the caption statistics {said}. Refresh them: "
            f"materialize caption_bandit_stats, or run `EROS_WEEK={week} make week`"
        )
    if statistics.are_later:
        return (
            f"week {week} is planned from the caption statistics of {statistics.as_of}, a later "
            "date than its Monday"
        )
    return None
