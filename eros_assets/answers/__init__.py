"""Answers: why a message is there, what became of a week, and what to look at."""

import datetime as dt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from eros_assets.answers.answer import Answer
    from eros_assets.dataset import Dataset


def explained(
    dataset: "Dataset", page: str, number: int | None, week_start: dt.date | None
) -> "Answer":
    """Why a message is there; without its number, what the page's week is made of.

    Without a week: the week to plan where the page has a schedule of it, else its newest.

    Raises:
        UnknownQuestionError: there is no such page, week or message; it names the nearest.
    """
    from eros_assets.answers.lookup import question_of, schedule_of

    schedule = schedule_of(dataset, page, week_start)
    if number is None:
        from eros_assets.answers.why_week import why_week

        return why_week(dataset, schedule)
    from eros_assets.answers.why_message import why_message

    return why_message(dataset, question_of(schedule, number))
