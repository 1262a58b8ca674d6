"""The weeks that an installation knows: from its history's first one to the coming one.

They are known without the warehouse, so that the asset graph can have them as partitions when it
is loaded: loading the inputs writes down, in a small file of the home, what the history spans.
"""

import datetime as dt
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eros_assets.atomic_write import atomic_write
from eros_assets.calendar import DAYS_A_WEEK, la_date, monday_after, monday_of
from eros_assets.dataset import Dataset
from eros_assets.errors import ErosError
from eros_assets.settings import Settings

FIRST_WEEK = dt.date(2020, 1, 6)
"""The first week of an installation whose history is not known yet."""

WEEKS_AHEAD = 8
"""Weeks after the coming one that `EROS_WEEK` may name."""

SPAN_FILE = "history.json"


class PastWeekError(ErosError):
    """A week that has passed can't be planned; `coming` is the coming week on LA date `day`."""

    def __init__(self, week_start: dt.date, day: dt.date, coming: dt.date) -> None:
        under_way = monday_of(day)
        can_be = f"{coming}" if under_way == coming else f"{under_way} and {coming}"
        super().__init__(
            f"week {week_start} has passed: it is {day}, and the weeks that can be planned are "
            f"{can_be}. Nothing was changed"
        )


class UnknownWeekError(ErosError):
    """A week that the installation does not have."""


@dataclass(frozen=True, slots=True)
class HistorySpan:
    """LA dates of the oldest and the newest message of the history."""

    oldest: dt.date
    newest: dt.date


@dataclass(frozen=True, slots=True)
class Weeks:
    """The Mondays of the first and of the last week.

    `is_fixed` says that the last one stays as it is; otherwise it moves on with the clock, as the
    first Monday after the date now.
    """

    first: dt.date
    last: dt.date
    is_fixed: bool

    def __contains__(self, week_start: dt.date) -> bool:
        """Whether the installation has the week."""
        return self.first <= week_start <= self.last and week_start == monday_of(week_start)

    def require(self, week_start: dt.date) -> None:
        """Refuse a week that the installation does not have.

        Raises:
            UnknownWeekError: it is none of these weeks.
        """
        if week_start not in self:
            raise UnknownWeekError(
                f"week {week_start}: there is no such week; the weeks are {self.first} to "
                f"{self.last}, the coming one, and EROS_WEEK may name one up to {WEEKS_AHEAD} "
                "weeks later"
            )


def weeks_of(settings: Settings, now: dt.datetime, span: HistorySpan | None) -> Weeks:
    """The weeks of an installation, as its history spans them.

    The last week is `EROS_WEEK`; else the coming one, as `Dataset.coming_week` has it. `now` counts
    where nothing else says what today is. An `EROS_WEEK` too far ahead is left out.
    """
    coming = last = coming_week(settings, now, span)
    is_fixed = settings.today is not None or (settings.inputs != "warehouse" and span is not None)
    if settings.week is not None and settings.week <= coming + dt.timedelta(weeks=WEEKS_AHEAD):
        last, is_fixed = settings.week, True
    first = monday_of(span.oldest) if span else FIRST_WEEK
    return Weeks(min(first, last), last, is_fixed)


def coming_week(settings: Settings, now: dt.datetime, span: HistorySpan | None) -> dt.date:
    """The coming week, whatever `EROS_WEEK` says."""
    if settings.inputs == "warehouse":
        return monday_after(settings.today or la_date(now))
    if settings.today is not None:
        return monday_after(settings.today - dt.timedelta(days=1))
    return monday_after(span.newest if span else la_date(now))


def has_passed(week_start: dt.date, day: dt.date) -> bool:
    """Whether a week is over on LA date `day`."""
    return day >= week_start + dt.timedelta(days=DAYS_A_WEEK)


def noted_span(settings: Settings) -> HistorySpan | None:
    """What was last written down of the history; None before that."""
    try:
        kept: Mapping[str, Any] = json.loads(_span_file(settings).read_text(encoding="utf-8"))
        return HistorySpan(
            dt.date.fromisoformat(kept["oldest"]), dt.date.fromisoformat(kept["newest"])
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None  # it is written again when the inputs are loaded


def history_span(dataset: Dataset) -> HistorySpan | None:
    """What the history spans until now; None without messages."""
    until = dataset.planning_instant()
    for found in dataset.cached_query("history_span", until=until).to_dict("records"):
        if found["messages"]:
            return HistorySpan(found["oldest"], found["newest"])
    return None


def note_history_span(dataset: Dataset) -> None:
    """Write down what the history spans, where that has changed; without messages nothing."""
    span = history_span(dataset)
    if span is None or span == noted_span(dataset.settings):
        return
    text = json.dumps({"oldest": span.oldest.isoformat(), "newest": span.newest.isoformat()})
    with suppress(OSError):  # a home that can't be written to: partitions begin at FIRST_WEEK
        atomic_write(_span_file(dataset.settings), f"{text}\n".encode())


def _span_file(settings: Settings) -> Path:
    return settings.home / SPAN_FILE
