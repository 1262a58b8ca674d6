"""Which of a week's reviews hold: those that are kept for the Review tab, and misplaced lines."""

import datetime as dt
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from eros_assets.calendar import la_instant
from eros_assets.dataset import Dataset, open_dataset
from eros_assets.exporting.sheets.cells import serial_date
from eros_assets.exporting.sheets.review import TITLES
from eros_assets.exporting.sheets.review_grid import review_grid
from eros_assets.exporting.sheets.review_reading import read_review
from eros_assets.settings import Settings
from eros_assets.weekly.reviewed_messages import ReviewedMessage, misplaced_lines

WEEK = dt.date(2025, 11, 3)
NOW = dt.datetime(2025, 11, 1, 12, tzinfo=dt.UTC)
OLD, NEW = "sched_20251103_cook_00000001", "sched_20251103_cook_00000002"
KEY = (OLD, 1)
AT = la_instant(WEEK, 9)
PLANNED = {
    KEY: ReviewedMessage("cook", 1, AT, "Zoë"),
    (OLD, 2): ReviewedMessage("cook", 2, la_instant(WEEK, 12), "Zoë"),
    ("sched_20251103_coach_00000001", 1): ReviewedMessage("coach", 3, AT, "Ann"),
}
LINE = {
    "Page": "cook",
    "Creator": "Zoë",
    "Date": serial_date(WEEK),
    "LA time": 9 / 24,
    "Schedule": OLD,
    "Message": 1,
    "Decision": "reject",
}


@pytest.mark.parametrize(
    ("changed", "is_misplaced"),
    [
        ({}, False),
        ({"LA time": 10 / 24}, False),
        ({"LA time": 0.500000001}, True),  # message 2 of the same day
        ({"Date": "some day"}, False),
        ({"Date": "some day", "LA time": "late"}, True),
        ({"Page": "ours"}, False),
        ({"Creator": "Our Zoë"}, False),
        ({"Creator": "Ann"}, True),  # has a message at that time
        ({"Creator": "Ann", "LA time": 10 / 24}, False),
        ({"Page": "", "Date": "", "LA time": "", "Creator": ""}, False),
        ({"LA time": 12 / 24, "Decision": ""}, False),  # says nothing
    ],
)
def test_line_that_shows_another_message_is_misplaced(
    changed: dict[str, Any], is_misplaced: bool
) -> None:
    line = LINE | changed
    reading = read_review(review_grid([TITLES, [line.get(title, "") for title in TITLES]], {}))
    assert [each.key for each in misplaced_lines(reading, PLANNED)] == [KEY] * is_misplaced


def test_of_two_lines_of_a_message_the_one_that_says_something_is_looked_at() -> None:
    """The first is the message's own; in the second people have typed its number."""
    lines = (LINE | {"Decision": ""}, LINE | {"LA time": 12 / 24})
    values = [TITLES, *([line.get(title, "") for title in TITLES] for line in lines)]
    assert misplaced_lines(read_review(review_grid(values, {})), PLANNED)


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    """A page's schedule was replaced by another one with two of its three captions."""
    dataset = open_dataset(Settings(home=tmp_path / "home", today=WEEK), asset="test")
    messages = pd.DataFrame(
        {
            "schedule_id": schedule,
            "page_name": "cook",
            "week_start": WEEK,
            "message_number": number,
            "caption_id": caption,
            "scheduled_send_time": NOW + dt.timedelta(hours=number),
            "status": "active" if schedule == NEW else "superseded",
        }
        for schedule, captions in ((OLD, (1, 2, 3)), (NEW, (1, 2, 4)))
        for number, caption in enumerate(captions, 1)
    )
    said = (
        (OLD, 1, 1, "approve", "fine"),
        (OLD, 3, 3, "reject", "too long"),
        (NEW, 2, 2, "reject", "no"),
    )
    reviews = pd.DataFrame(
        {
            "schedule_id": schedule,
            "message_number": number,
            "page_name": "cook",
            "week_start": WEEK,
            "caption_id": caption,
            "decision": decision,
            "note": note,
            "read_at": NOW,
            "run_id": "run",
        }
        for schedule, number, caption, decision, note in said
    )
    tuning = pd.DataFrame({"approval_moves_minutes": [120]})
    for name, table in (
        ("schedule_recommendations", messages),
        ("schedule_review", reviews),
        ("tuning", tuning),
    ):
        dataset.warehouse.deploy(dataset.library[name])
        dataset.load(name, table)
    return dataset


def test_what_was_said_of_a_replaced_schedule_is_kept_for_its_lines(dataset: Dataset) -> None:
    """A column Decision that comes back empty would take decisions back."""
    found = dataset.query("week_reviews", week_start=WEEK)
    rows = {
        (r["schedule_id"], r["message_number"], r["decision"]) for r in found.to_dict("records")
    }
    assert rows == {
        (OLD, 1, "approve"),
        (OLD, 3, "reject"),
        (NEW, 1, "approve"),  # the same caption at about the same time
        (NEW, 2, "reject"),
    }
