"""A run plans the pages that it should, and leaves weeks that have begun alone."""

import datetime as dt

import pandas as pd
import pytest

from eros_assets.calendar import la_instant
from eros_assets.dataset import Dataset
from eros_assets.errors import ErosError
from eros_assets.weekly.scope import UnknownPageError, WeekPlanScope, week_plan_scope

THIS_WEEK = dt.date(2025, 11, 3)
NEXT_WEEK = dt.date(2025, 11, 10)


def schedule(
    page: str, week_start: dt.date = THIS_WEEK, status: str = "active"
) -> dict[str, object]:
    return {
        "schedule_id": f"sched_{week_start:%Y%m%d}_{page}_{status}",
        "page_name": page,
        "week_start": week_start,
        "status": status,
        "is_active": status == "active",
    }


def plan(
    dataset: Dataset,
    *schedules: dict[str, object],
    week: dt.date = THIS_WEEK,
    pages: tuple[str, ...] = (),
    force: bool = False,
) -> WeekPlanScope:
    if schedules:
        dataset.load("schedule_recommendations", pd.DataFrame(schedules))
    return week_plan_scope(dataset, week, list(pages), force=force)


def test_a_week_to_come_is_planned_for_every_active_creator(dataset: Dataset) -> None:
    scope = plan(dataset, schedule("cook", NEXT_WEEK), week=NEXT_WEEK)
    assert scope == WeekPlanScope(
        week_start=NEXT_WEEK,
        planned_at=la_instant(dt.date(2025, 11, 4)),
        pages=("coach", "cook"),
        left_alone={},
        is_everyone=True,
        force=False,
    )


def test_a_schedule_in_force_of_a_week_that_has_begun_is_left_alone(dataset: Dataset) -> None:
    scope = plan(dataset, schedule("cook"), schedule("coach", status="superseded"))
    assert scope.pages == ("coach",)
    assert scope.left_alone == {"cook": "sched_20251103_cook_active"}
    assert not scope.is_everyone


def test_another_week_s_schedule_and_a_draft_hold_nobody_up(dataset: Dataset) -> None:
    scope = plan(dataset, schedule("cook", NEXT_WEEK), schedule("coach", status="draft"))
    assert scope.pages == ("coach", "cook")
    assert scope.is_everyone


def test_a_forced_run_plans_the_week_that_has_begun_again(dataset: Dataset) -> None:
    scope = plan(dataset, schedule("cook"), force=True)
    assert scope.pages == ("coach", "cook")
    assert scope.left_alone == {}
    assert scope.is_everyone
    assert scope.force


def test_a_narrowed_run_plans_its_pages_alone(dataset: Dataset) -> None:
    scope = plan(dataset, pages=("cook",))
    assert scope.pages == ("cook",)
    assert not scope.is_everyone


def test_naming_every_page_is_still_narrowing(dataset: Dataset) -> None:
    assert not plan(dataset, pages=("cook", "coach")).is_everyone


def test_a_narrowed_run_may_find_nothing_to_plan(dataset: Dataset) -> None:
    scope = plan(dataset, schedule("cook"), pages=("cook",))
    assert scope.pages == ()
    assert scope.left_alone == {"cook": "sched_20251103_cook_active"}
    assert not scope.is_everyone


def test_pages_that_are_no_active_creators_are_all_named(dataset: Dataset) -> None:
    with pytest.raises(UnknownPageError) as caught:
        plan(dataset, pages=("retired", "cook", "nobody"))
    assert str(caught.value).startswith("pages: nobody, retired: no active creator")
    assert isinstance(caught.value, ErosError)


def test_a_scope_knows_its_dates_and_the_beginning_of_its_schedules_ids(
    dataset: Dataset,
) -> None:
    scope = plan(dataset)
    assert scope.schedule_prefix == "sched_20251103_"
    assert scope.dates == tuple(dt.date(2025, 11, day) for day in range(3, 10))
