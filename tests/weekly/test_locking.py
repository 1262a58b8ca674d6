"""Drafts are locked as far as they can be; one that can't stops no other and says what it lacks."""

import dataclasses
import datetime as dt

import pandas as pd
import pytest

from eros_assets.calendar import la_instant
from eros_assets.dataset import Dataset
from eros_assets.tuning import configuration_tables
from eros_assets.warehouse.protocol import RaisedError
from eros_assets.weekly.locking import blocked_drafts, lock_drafts
from eros_assets.weekly.scope import week_plan_scope

WEEK = dt.date(2025, 11, 10)
OBJECTS = (
    *("active_caption_assignments", "tuning", "caption_bank"),
    *("judged_captions", "usable_captions", "caption_contents"),
    *("draft_reservations", "draft_obstacles", "lock_caption_assignments"),
)


def draft(page: str, caption_id: int) -> dict[str, object]:
    return {
        "schedule_id": f"sched_20251110_{page}_aaaaaaaa",
        "page_name": page,
        "week_start": WEEK,
        "caption_id": caption_id,
        "send_date": WEEK,
        "send_hour": 10,
        "price_tier": "mid",
        "status": "draft",
        "is_active": False,
        "planned_at": la_instant(dt.date(2025, 11, 4)),
        "is_forced": False,
    }


@pytest.fixture
def drafted(dataset: Dataset) -> Dataset:
    """Two drafts that ask for the same caption."""
    for name in OBJECTS:
        dataset.warehouse.deploy(dataset.library[name])
    dataset.load("tuning", configuration_tables(dataset.settings, dataset.library)["tuning"])
    dataset.load("schedule_recommendations", pd.DataFrame([draft("coach", 11), draft("cook", 11)]))
    return dataset


@pytest.mark.parametrize("pages", [[], ["coach", "cook"]])
def test_two_drafts_of_one_caption_give_one_schedule_and_one_reason(
    drafted: Dataset, pages: list[str]
) -> None:
    scope = week_plan_scope(drafted, WEEK, pages)
    assert lock_drafts(drafted, scope) == 1
    [blocked] = blocked_drafts(drafted, scope)
    assert blocked.sentence == (
        "cook: 0 of 1 messages: caption 11 is reserved by sched_20251110_coach_aaaaaaaa"
    )


def test_a_stale_draft_of_another_page_does_not_hold_up_a_narrowed_run(
    drafted: Dataset,
) -> None:
    scope = week_plan_scope(drafted, WEEK, ["cook"])
    assert lock_drafts(drafted, scope) == 1
    assert blocked_drafts(drafted, scope) == []
    everyone = dataclasses.replace(scope, pages=("coach", "cook"))
    assert [s.page_name for s in blocked_drafts(drafted, everyone)] == ["coach"]


def test_a_week_that_can_not_be_locked_at_all_is_an_error(
    drafted: Dataset,
) -> None:
    """Only a draft locked by itself may be refused in silence: `blocked_drafts` says why."""
    strange = draft("cook", 11) | {"schedule_id": "made_by_hand"}
    drafted.load("schedule_recommendations", pd.DataFrame([strange]))
    scope = week_plan_scope(drafted, WEEK)
    with pytest.raises(RaisedError, match="there is no schedule sched_20251110_"):
        lock_drafts(drafted, scope)
