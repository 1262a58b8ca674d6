"""What is known of each page, as sections of sentences with the values behind them.

A topic that can't be read costs itself alone, on all pages; a page whose rows can't be used costs
itself alone, in that topic.
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from eros_assets.dataset import Dataset
from eros_assets.errors import ErosError
from eros_assets.insights import captions, experiments, exploration, hours, tastes
from eros_assets.insights.known import Known, Rows, Said
from eros_assets.tuning import Knobs, read_knobs
from eros_assets.weekly.records import records

if TYPE_CHECKING:
    import pandas as pd

MOST_TASTES = 1_000_000
"""Rows of `page_tastes` that are read."""
NOTHING = "Nothing is known of this page yet: it has no messages of captions that could be judged."


@dataclass(frozen=True, slots=True)
class PageInsights:
    """What is known of a page: sentences by heading, and the values behind them by the same."""

    page_name: str
    sections: Mapping[str, Sequence[str]]
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class _Topic:
    """A heading, the files of `sql/operations` that it rests on, and what it says of a page."""

    heading: str
    files: Sequence[str]
    say: Callable[[Known], Said]


TOPICS = (
    _Topic("Best captions", ["believed_captions"], captions.best),
    _Topic("Worn captions", ["believed_captions"], captions.worn),
    _Topic("New captions", ["new_captions"], captions.new),
    _Topic("Liked categories", ["page_tastes"], tastes.liked),
    _Topic("Best hours", ["slot_values"], hours.best),
    _Topic("Exploration", ["exploration_costs", "new_captions"], exploration.cost_and_found),
    _Topic("Experiment to consider", ["earned_by_price"], experiments.proposed),
)


def insights_of(
    dataset: Dataset, week_start: dt.date, pages: Mapping[str, str]
) -> Mapping[str, PageInsights]:
    """What is known of pages as of a week, by page; `pages` are their names for people.

    Whatever fails, every page has its insights: what could not be found out says so.
    """
    if not pages:
        return {}
    knobs = read_knobs(dataset)
    found, failed = _read(dataset, week_start, sorted(pages), knobs)
    return {
        page: _of_page(Known(page, name, week_start, knobs, found.get(page, {})), failed)
        for page, name in pages.items()
    }


def _read(
    dataset: Dataset, week_start: dt.date, pages: Sequence[str], knobs: Knobs
) -> tuple[dict[str, dict[str, Rows]], dict[str, str]]:
    """The rows of each page and file, and why files could not be read."""
    of_week = {"week_start": week_start, "pages": list(pages)}
    asked: Mapping[str, Mapping[str, Any]] = {
        "believed_captions": {
            **of_week,
            "worn_share": captions.WORN_SHARE,
            "shown": captions.SHOWN,
        },
        "new_captions": {
            **of_week,
            "new_days": captions.NEW_DAYS,
            "explored_days": exploration.DAYS,
        },
        "slot_values": {**of_week, "account_lookback_days": int(knobs["account_lookback_days"])},
        "exploration_costs": of_week,
        "earned_by_price": {**of_week, "lookback_days": experiments.DAYS},
    }
    found: dict[str, dict[str, Rows]] = {}
    failed: dict[str, str] = {}
    readers: dict[str, Callable[[], pd.DataFrame]] = {
        file: partial(dataset.cached_query, file, **parameters)
        for file, parameters in asked.items()
    }
    # As rows come, which takes no job; those of other pages are not looked at.
    readers["page_tastes"] = partial(dataset.warehouse.some_rows, "page_tastes", MOST_TASTES)
    for file, read in readers.items():
        try:
            rows = read()
        except ErosError as error:
            failed[file] = str(error)
            continue
        for row in records(rows):
            found.setdefault(str(row["page_name"]), {}).setdefault(file, []).append(row)
    return found, failed


def _of_page(known: Known, failed: Mapping[str, str]) -> PageInsights:
    if not known.rows and not failed:
        return PageInsights(known.page, {"So far": [NOTHING]})
    sections: dict[str, Sequence[str]] = {}
    values: dict[str, Any] = {}
    for topic in TOPICS:
        errors = [failed[file] for file in topic.files if file in failed]
        try:
            said = topic.say(known) if not errors else Said([_failure(errors[0])])
        except (ArithmeticError, LookupError, TypeError, ValueError) as error:
            said = Said([_failure(f"{type(error).__name__}: {error}")])
        if said.lines:
            sections[topic.heading] = said.lines
            values[topic.heading] = said.values
    return PageInsights(known.page, sections, values)


def _failure(why: str) -> str:
    return f"Could not be found out: {why}."
