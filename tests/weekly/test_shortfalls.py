"""What a week lacks is said in words and kept in a table, once per stage, however often it runs."""

import datetime as dt
from typing import Any

import pandas as pd

from eros_assets.calendar import la_instant
from eros_assets.dataset import Dataset
from eros_assets.weekly.scope import WeekPlanScope
from eros_assets.weekly.shortfalls import (
    COLUMNS,
    Shortfall,
    Stage,
    store_shortfalls,
    week_shortfalls,
)

WEEK = dt.date(2025, 11, 3)
FEW_BUDGET = Shortfall("cook", "budget", 5, 3, "too few captions are rested")
NO_PLAN = Shortfall("coach", None, 12, 0, "no room for 12 messages")


def scope(*pages: str, week_start: dt.date = WEEK) -> WeekPlanScope:
    return WeekPlanScope(
        week_start=week_start,
        planned_at=la_instant(week_start),
        pages=pages,
        left_alone={},
        is_everyone=False,
        force=False,
    )


def store(
    dataset: Dataset,
    *shortfalls: Shortfall,
    at: WeekPlanScope,
    stage: Stage = "selection",
    run_id: str = "run 1",
) -> None:
    store_shortfalls(dataset, at, {stage: shortfalls}, run_id=run_id)


def stored(dataset: Dataset) -> list[dict[str, Any]]:
    rows = dataset.warehouse.query(
        "SELECT * FROM `${dataset}.schedule_shortfalls` ORDER BY week_start, stage, page_name"
    )
    return [
        {str(name): None if pd.isna(value) else value for name, value in row.items()}
        for row in rows.to_dict("records")
    ]


def places(dataset: Dataset) -> list[tuple[str, str, str]]:
    return [(row["stage"], row["page_name"], row["run_id"]) for row in stored(dataset)]


def test_a_tier_s_shortfall_in_words() -> None:
    assert FEW_BUDGET.sentence == "cook: 3 of 5 budget captions: too few captions are rested"


def test_a_page_s_shortfall_in_words() -> None:
    assert NO_PLAN.sentence == "coach: 0 of 12 messages: no room for 12 messages"


def test_the_columns_written_are_the_table_s(dataset: Dataset) -> None:
    assert tuple(c.name for c in dataset.library["schedule_shortfalls"].columns) == COLUMNS


def test_every_shortfall_is_a_row(dataset: Dataset) -> None:
    store(dataset, FEW_BUDGET, NO_PLAN, at=scope("cook", "coach"))
    coach, cook = stored(dataset)
    assert cook == {
        "page_name": "cook",
        "week_start": WEEK,
        "stage": "selection",
        "price_tier": "budget",
        "wanted": 5,
        "got": 3,
        "reason": "too few captions are rested",
        "run_id": "run 1",
    }
    assert coach["price_tier"] is None
    assert coach["got"] == 0


def test_a_run_again_replaces_what_was_said(dataset: Dataset) -> None:
    for run_id in ("run 1", "run 2"):
        store(dataset, FEW_BUDGET, at=scope("cook"), run_id=run_id)
    assert places(dataset) == [("selection", "cook", "run 2")]


def test_a_shortfall_that_is_mended_is_no_longer_said(dataset: Dataset) -> None:
    store(dataset, FEW_BUDGET, at=scope("cook"))
    store(dataset, at=scope("cook"))
    assert stored(dataset) == []


def test_other_pages_stages_and_weeks_are_left_as_they_were(dataset: Dataset) -> None:
    both = scope("cook", "coach")
    next_week = scope("cook", week_start=WEEK + dt.timedelta(days=7))
    store(dataset, FEW_BUDGET, NO_PLAN, at=both)
    store(dataset, NO_PLAN, at=both, stage="placement")
    store(dataset, FEW_BUDGET, at=next_week)
    store(dataset, at=scope("cook"))
    assert places(dataset) == [
        ("placement", "coach", "run 1"),
        ("selection", "coach", "run 1"),
        ("selection", "cook", "run 1"),
    ]
    assert stored(dataset)[-1]["week_start"] == next_week.week_start


def test_a_run_without_pages_takes_nothing_away(dataset: Dataset) -> None:
    store(dataset, FEW_BUDGET, at=scope("cook"))
    store(dataset, at=scope())
    assert places(dataset) == [("selection", "cook", "run 1")]


def test_what_was_stored_is_read_back_of_the_week_and_the_stages_asked_for(
    dataset: Dataset,
) -> None:
    store(dataset, FEW_BUDGET, at=scope("cook"))
    store(dataset, NO_PLAN, at=scope("coach"), stage="creator")
    store(dataset, FEW_BUDGET, at=scope("cook", week_start=WEEK + dt.timedelta(weeks=1)))
    assert week_shortfalls(dataset, WEEK) == [NO_PLAN, FEW_BUDGET]
    assert week_shortfalls(dataset, WEEK, ["creator"]) == [NO_PLAN]
