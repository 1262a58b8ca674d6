"""Withdraws a creator's schedules of weeks that have not begun, and releases their captions."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eros_assets.calendar import la_date, la_instant, monday_after, monday_of
from eros_assets.dataset import Dataset
from eros_assets.errors import ErosError

LAST_WEEK = dt.date(9999, 12, 27)


class NothingToWithdrawError(ErosError):
    """A page has no schedule in a week ahead."""


@dataclass(frozen=True, slots=True)
class WithdrawnSchedule:
    """What a page had in a week: the messages of its draft and of its schedule in force."""

    page_name: str
    week_start: dt.date
    messages: int

    @property
    def sentence(self) -> str:
        """One line for people."""
        return (
            f"{self.page_name}, week of {self.week_start}: {self.messages} messages are withdrawn"
        )


def schedules_ahead(dataset: Dataset, pages: Sequence[str]) -> list[WithdrawnSchedule]:
    """What these pages have in weeks that have not begun.

    Raises:
        NothingToWithdrawError: a page has nothing there.
    """
    first = first_week_ahead(dataset)
    found = [each for each, _ in _rows(dataset, first, LAST_WEEK) if each.page_name in pages]
    if lacking := sorted(set(pages) - {each.page_name for each in found}):
        raise NothingToWithdrawError(
            f"{', '.join(lacking)}: no schedule and no draft of a week from {first} on; nothing "
            "was changed"
        )
    return found


def withdraw_pages(
    dataset: Dataset, pages: Sequence[str], *, withdrawn_at: dt.datetime
) -> list[WithdrawnSchedule]:
    """Withdraw what these pages have in weeks that have not begun.

    Raises:
        NothingToWithdrawError: a page has nothing there; nothing is changed.
    """
    found = schedules_ahead(dataset, pages)
    _withdraw(dataset, pages, first_week_ahead(dataset), LAST_WEEK, withdrawn_at)
    return found


def withdraw_changed(
    dataset: Dataset, week_start: dt.date, pages: Sequence[str], *, withdrawn_at: dt.datetime
) -> None:
    """Withdraw what these pages have in a week, which was changed after it was planned."""
    _withdraw(dataset, pages, week_start, week_start, withdrawn_at)


def withdraw_inactive(
    dataset: Dataset, week_start: dt.date, *, withdrawn_at: dt.datetime
) -> list[WithdrawnSchedule]:
    """Withdraw what creators who are no longer active have in a week, if it has not begun."""
    if week_start < first_week_ahead(dataset):
        return []
    found = _scheduled(dataset, week_start, "is_inactive")
    of_inactive = [each.page_name for each in found]
    _withdraw(dataset, of_inactive, week_start, week_start, withdrawn_at)
    return found


def forgotten_pages(dataset: Dataset, week_start: dt.date) -> list[str]:
    """A sentence on each page that has a schedule in a week ahead and is not in `creators`.

    It may have been renamed, or a file of creators may be cut off: people decide.
    """
    if week_start < first_week_ahead(dataset):
        return []
    return [
        f"{each.page_name} is not among the creators, and its {each.messages} messages in the week "
        f"of {week_start} stay as they are; if it is gone or has another name: "
        f"python -m eros_assets withdraw {each.page_name}"
        for each in _scheduled(dataset, week_start, "is_unknown")
    ]


def first_week_ahead(dataset: Dataset) -> dt.date:
    """The Monday of the first week that has not begun."""
    planned_at = dataset.planning_instant()
    monday = monday_of(la_date(planned_at))
    return monday if planned_at <= la_instant(monday) else monday_after(monday)


def _withdraw(
    dataset: Dataset,
    pages: Sequence[str],
    first_week: dt.date,
    last_week: dt.date,
    withdrawn_at: dt.datetime,
) -> None:
    if pages:
        dataset.run(
            "withdraw_schedules",
            pages=list(pages),
            first_week=first_week,
            last_week=last_week,
            withdrawn_at=withdrawn_at,
        )


def _scheduled(dataset: Dataset, week_start: dt.date, those: str) -> list[WithdrawnSchedule]:
    """Pages of one week for which the column `those` holds."""
    return [each for each, row in _rows(dataset, week_start, week_start) if row[those]]


def _rows(
    dataset: Dataset, first_week: dt.date, last_week: dt.date
) -> list[tuple[WithdrawnSchedule, Mapping[Any, Any]]]:
    rows = dataset.cached_query("scheduled_pages", first_week=first_week, last_week=last_week)
    return [
        (WithdrawnSchedule(row["page_name"], row["week_start"], int(row["messages"])), row)
        for row in rows.to_dict("records")
    ]
