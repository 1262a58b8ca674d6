"""Simulates weeks in sequence: plan, draw the audiences' answers, add them to the history.

Every week is kept in its own file, so that an interrupted season continues where it stopped, and a
longer one reuses those weeks.
"""

import datetime as dt
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pandas as pd

from eros_assets.atomic_write import atomic_write
from eros_assets.demo.agency import FINAL_AFTER
from eros_assets.demo.truth import Truth
from eros_assets.simulation.answers import PriceList, answers, priced
from eros_assets.simulation.catalogue import Tables

WEEK_NAME = "week-{:%Y-%m-%d}.parquet"

RESULT_COLUMNS = (
    *("week_start", "page_name", "messages", "ppvs", "recipients", "earnings"),
    *("expected_recipients", "expected_earnings"),
)


class WeekPlanner(Protocol):
    """Plans weeks for one agency and one policy."""

    def plan(self, week_start: dt.date) -> pd.DataFrame:
        """The week's messages: columns of `SCHEDULE_COLUMNS`, one row each."""
        ...

    def append(self, messages: pd.DataFrame) -> None:
        """Add a week's messages with their outcomes to the history; they were planned here."""
        ...


@dataclass(frozen=True, eq=False)
class Season:
    """An agency, its hidden truth, and the weeks to play from `first_week` on.

    `seed` is that of the audiences' answers.
    """

    tables: Tables
    truth: Truth
    prices: PriceList
    first_week: dt.date
    weeks: int
    seed: int

    @property
    def mondays(self) -> list[dt.date]:
        """The weeks, by their Mondays."""
        return [self.first_week + dt.timedelta(weeks=n) for n in range(self.weeks)]


def play(
    season: Season,
    planner: WeekPlanner,
    records: Path | None = None,
    progress: Callable[[], None] = lambda: None,
) -> pd.DataFrame:
    """Play the season with one planner; one row of results per week and page.

    Args:
        season: what is played.
        planner: plans the weeks.
        records: folder that weeks are kept in; None keeps none.
        progress: called after each week.

    Returns:
        week_start, page_name, messages, ppvs, recipients and earnings (USD) of PPVs, and what was
        to be expected of them.
    """
    results: list[dict[str, object]] = []
    for week_start, messages in _weeks(season, planner, records):
        results.extend(_results(week_start, messages))
        progress()
    return pd.DataFrame(results, columns=list(RESULT_COLUMNS))


def _weeks(
    season: Season, planner: WeekPlanner, records: Path | None
) -> Iterator[tuple[dt.date, pd.DataFrame]]:
    texts = season.tables["caption_bank"].set_index("caption_id")["caption_text"]
    earlier = _in_utc(season.tables["mass_messages"])
    row_id = int(earlier["row_id"].max())
    number = (season.first_week - dt.date(1970, 1, 5)).days // 7
    for week, week_start in enumerate(season.mondays, start=number):
        record = records / WEEK_NAME.format(week_start) if records else None
        if record and record.is_file():
            messages = _in_utc(pd.read_parquet(record))
        else:
            schedule = _in_utc(priced(planner.plan(week_start), season.prices))
            outcomes = answers(season.truth, schedule, week, season.seed, earlier)
            messages = pd.concat([schedule, outcomes], axis=1)
            messages.insert(0, "row_id", range(row_id + 1, row_id + 1 + len(messages)))
            messages["message"] = texts.reindex(messages["caption_id"]).to_numpy()
            if record:
                _keep(messages, record)
        messages["counted_at"] = messages["sending_time"] + FINAL_AFTER
        planner.append(messages)
        row_id += len(messages)
        shared = [column for column in earlier.columns if column in messages]
        earlier = pd.concat([earlier, messages[shared]], ignore_index=True)
        yield week_start, messages


def _in_utc(messages: pd.DataFrame) -> pd.DataFrame:
    """Frames from different hands have zones that are called differently, and don't concatenate."""
    return messages.assign(
        sending_time=messages["sending_time"].dt.tz_convert("UTC").dt.as_unit("us")
    )


def _keep(messages: pd.DataFrame, record: Path) -> None:
    content = io.BytesIO()
    messages.to_parquet(content, index=False)
    atomic_write(record, content.getvalue(), len(messages))


def _results(week_start: dt.date, messages: pd.DataFrame) -> Iterator[dict[str, object]]:
    for page, of_page in messages.groupby("page_name", sort=True):
        ppvs = of_page[of_page["message_type"] == "PPV"]
        yield {
            "week_start": week_start,
            "page_name": page,
            "messages": len(of_page),
            "ppvs": len(ppvs),
            "recipients": int(ppvs["sent_count"].sum()),
            "earnings": float(ppvs["earnings"].sum()),
            "expected_recipients": float(ppvs["expected_sent"].sum()),
            "expected_earnings": float(ppvs["expected_earnings"].sum()),
        }
