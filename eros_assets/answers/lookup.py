"""Finds the schedule that a question is about; a name that isn't there is refused."""

import datetime as dt
import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eros_assets.dataset import Dataset
from eros_assets.errors import ErosError
from eros_assets.weekly.messages import active_messages, creator_names
from eros_assets.weekly.records import records

SHOWN = 5
"""Names that a refusal lists."""


class UnknownQuestionError(ErosError):
    """There is no such page, week or message; the message names the nearest."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """A page's schedule in force: its messages by number, as the view of messages has them."""

    page: str
    week_start: dt.date
    display_name: str
    rows: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Question:
    """One message of a schedule: its row, in which NULL is None."""

    schedule: Schedule
    row: Mapping[str, Any]

    @property
    def page(self) -> str:
        """Its page."""
        return self.schedule.page

    @property
    def week_start(self) -> dt.date:
        """Monday of its week."""
        return self.schedule.week_start


def schedule_of(dataset: Dataset, page: str, week_start: dt.date | None) -> Schedule:
    """A page's schedule in force.

    Without a week, that of the week to plan where the page has one, else its newest.

    Raises:
        UnknownQuestionError: no such page, or it has no schedule in force of that week.
    """
    weeks = _weeks_of(dataset, page)
    if week_start is None:
        planned = dataset.default_week()
        week_start = planned if planned in weeks else weeks[0]
    if week_start not in weeks:
        near = sorted(weeks, key=lambda week: abs(week - week_start))[:SHOWN]
        raise UnknownQuestionError(
            f"{page} has no schedule in force of week {week_start}; it has of "
            f"{', '.join(str(week) for week in sorted(near))}"
        )
    rows = records(active_messages(dataset, week_start, [page]))
    return Schedule(page, week_start, creator_names(dataset).get(page, page), rows)


def question_of(schedule: Schedule, number: int) -> Question:
    """The message of a number.

    Raises:
        UnknownQuestionError: the schedule has no such message.
    """
    for row in schedule.rows:
        if row["message_number"] == number:
            return Question(schedule, row)
    numbers = [int(row["message_number"]) for row in schedule.rows]
    near = sorted(sorted(numbers, key=lambda n: abs(n - number))[:SHOWN])
    raise UnknownQuestionError(
        f"{schedule.page} has no message {number} in week {schedule.week_start}; its messages are "
        f"{min(numbers)} to {max(numbers)}, the nearest {', '.join(map(str, near))}"
    )


def nearest(name: str, known: Iterable[str]) -> list[str]:
    """The known names that are most like a name, the most like first."""
    names = sorted(set(known))
    like = difflib.get_close_matches(name.strip().lower(), names, SHOWN, 0.5)
    parts = [each for each in names if name.strip().lower() in each and each not in like]
    return (like + parts)[:SHOWN]


def _weeks_of(dataset: Dataset, page: str) -> list[dt.date]:
    """The weeks of which a page has a schedule in force, newest first."""
    rows = dataset.query("page_weeks")
    weeks = list(rows.loc[rows["page_name"] == page, "week_start"])
    if weeks:
        return weeks
    known = set(dataset.query("known_pages")["page_name"])
    if page in known:
        raise UnknownQuestionError(f"{page} has no schedule in force of any week")
    like = nearest(page, known)
    meant = f"; the nearest are {', '.join(like)}" if like else f"; there are {len(known)} pages"
    raise UnknownQuestionError(f"there is no page {page}{meant}")
