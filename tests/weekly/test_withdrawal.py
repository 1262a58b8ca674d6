"""A creator who leaves takes the schedules of weeks ahead and their reservations along."""

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest

from eros_assets.dataset import Dataset, open_dataset
from eros_assets.settings import Settings
from eros_assets.weekly.withdrawal import (
    NothingToWithdrawError,
    forgotten_pages,
    withdraw_inactive,
    withdraw_pages,
)

WEEK = dt.date(2025, 11, 3)
TODAY = WEEK - dt.timedelta(days=2)
NOW = dt.datetime(2025, 11, 1, 12, tzinfo=dt.UTC)
BEFORE, AFTER = WEEK - dt.timedelta(days=7), WEEK + dt.timedelta(days=7)
SCHEDULES = (
    ("left", BEFORE, "active"),
    ("left", WEEK, "active"),
    ("left", AFTER, "draft"),
    ("stays", WEEK, "active"),
    ("unknown", WEEK, "active"),  # its row says neither
    ("renamed", WEEK, "active"),  # has no row
    ("renamed", BEFORE, "active"),
)


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    """One message in each schedule; the creator `left` is no longer active."""
    dataset = open_dataset(Settings(home=tmp_path / "home", today=TODAY), asset="test")
    rows = pd.DataFrame(
        {
            "schedule_id": f"{page} {week}",
            "page_name": page,
            "week_start": week,
            "message_number": 1,
            "status": status,
            "is_active": status == "active",
        }
        for page, week, status in SCHEDULES
    )
    reserved = rows[["schedule_id", "page_name", "is_active"]]
    creators = {"page_name": ["left", "stays", "unknown"], "is_active": [False, True, None]}
    for name, table in (
        ("schedule_recommendations", rows),
        ("active_caption_assignments", reserved.assign(assignment_key=rows["schedule_id"])),
        ("creators", pd.DataFrame(creators)),
    ):
        dataset.warehouse.deploy(dataset.library[name])
        dataset.load(name, table)
    return dataset


def in_force(dataset: Dataset) -> set[str]:
    """The schedules in force; their reservations are those that are active."""
    rows, reserved = (
        dataset.rows(name) for name in ("schedule_recommendations", "active_caption_assignments")
    )
    active = set(rows.loc[rows["status"] == "active", "schedule_id"])
    assert active == set(rows.loc[rows["is_active"], "schedule_id"])
    assert active == set(reserved.loc[reserved["is_active"], "schedule_id"])
    return active


ALL = {f"{page} {week}" for page, week, status in SCHEDULES if status == "active"}


def test_inactive_creator_leaves_a_week_that_has_not_begun(dataset: Dataset) -> None:
    found = withdraw_inactive(dataset, WEEK, withdrawn_at=NOW)
    assert [each.sentence for each in found] == [f"left, week of {WEEK}: 1 messages are withdrawn"]
    assert in_force(dataset) == ALL - {f"left {WEEK}"}
    released = dataset.rows("active_caption_assignments", deactivation_reason="withdrawn")
    assert list(released["deactivated_at"]) == [pd.Timestamp(NOW)]
    assert withdraw_inactive(dataset, WEEK, withdrawn_at=NOW) == []


def test_week_that_has_begun_stays(dataset: Dataset) -> None:
    assert withdraw_inactive(dataset, BEFORE, withdrawn_at=NOW) == []
    assert in_force(dataset) == ALL


def test_page_that_is_not_among_the_creators_stays_and_is_said(dataset: Dataset) -> None:
    """It may have another name now, or the file of creators may be cut off."""
    [said] = forgotten_pages(dataset, WEEK)
    assert said.startswith("renamed is not among the creators, and its 1 messages in the week of")
    assert said.endswith("python -m eros_assets withdraw renamed")
    assert forgotten_pages(dataset, BEFORE) == []
    assert forgotten_pages(dataset, AFTER) == []
    assert in_force(dataset) == ALL


def test_named_pages_leave_every_week_ahead(dataset: Dataset) -> None:
    found = withdraw_pages(dataset, ["left", "stays"], withdrawn_at=NOW)
    assert [(each.page_name, each.week_start) for each in found] == [
        *(("left", WEEK), ("left", AFTER), ("stays", WEEK)),
    ]
    assert in_force(dataset) == ALL - {f"left {WEEK}", f"stays {WEEK}"}
    drafts = dataset.rows("schedule_recommendations", status="draft")
    assert drafts.empty


def test_page_without_a_schedule_ahead_is_refused(dataset: Dataset) -> None:
    with pytest.raises(NothingToWithdrawError, match=r"nobody: no schedule .* nothing was changed"):
        withdraw_pages(dataset, ["left", "nobody"], withdrawn_at=NOW)
    assert in_force(dataset) == ALL
