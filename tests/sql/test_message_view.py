"""What people and exports read: the messages of active schedules, with text, record and LA time."""

import datetime as dt

import pytest

from tests.sql.dataset import Dataset, Row, caption, la

WEEK = dt.date(2025, 10, 27)  # 169 hours: on its Sunday the clocks go back
SUNDAY = dt.date(2025, 11, 2)


def message(number: int, caption_id: int, at: dt.datetime, **changes: object) -> Row:
    row: Row = {
        "schedule_id": "sched_20251027_cook_0a1b2c3d",
        "page_name": "cook",
        "week_start": WEEK,
        "message_number": number,
        "scheduled_send_time": at,
        "caption_id": caption_id,
        "message_type": "PPV",
        "price_tier": "mid",
        "status": "active",
        "is_active": True,
    }
    return row | changes


@pytest.fixture
def read(dataset: Dataset) -> list[Row]:
    dataset.put(
        "schedule_recommendations",
        [
            message(2, 8, la(SUNDAY, 8)),
            message(1, 7, la(WEEK, 10, 15)),
            message(1, 7, la(WEEK, 9), page_name="band", schedule_id="sched_20251027_band_1"),
            message(1, 9, la(WEEK, 9), status="draft", is_active=False, schedule_id="draft"),
            message(1, 9, la(WEEK, 9), status="superseded", is_active=False, schedule_id="old"),
        ],
    )
    dataset.put(
        "caption_bank",
        [
            caption(7, caption_text="Crème brûlée 🍮, tonight\nonly", has_urgency=True),
            caption(8, content_category=None),
        ],
    )
    dataset.put(
        "caption_bandit_stats",
        [
            {
                "page_name": "cook",
                "caption_id": 7,
                "total_observations": 400,
                "confidence_lower_bound": 0.01,
                "confidence_upper_bound": 0.09,
            }
        ],
    )
    return dataset.rows("schedule_recommendations_with_messages").to_dict("records")


def test_has_the_messages_of_active_schedules_by_page_and_number(read: list[Row]) -> None:
    assert [(row["page_name"], row["message_number"]) for row in read] == [
        ("band", 1),
        ("cook", 1),
        ("cook", 2),
    ]
    assert {row["status"] for row in read} == {"active"}


def test_brings_the_text_as_it_stands_in_the_bank(read: list[Row]) -> None:
    assert read[1]["caption_text"] == "Crème brûlée 🍮, tonight\nonly"
    assert read[1]["has_urgency"] is True
    assert read[2]["content_category"] is None


def test_brings_what_the_caption_did_on_this_page(read: list[Row]) -> None:
    record = ("total_observations", "confidence_lower_bound", "confidence_upper_bound")
    assert [read[1][name] for name in record] == [400, 0.01, 0.09]
    for untried in (read[0], read[2]):
        assert untried["total_observations"] == 0
        assert untried["confidence_lower_bound"] != untried["confidence_lower_bound"]  # NaN


def test_local_times_have_the_offset_of_their_day(read: list[Row]) -> None:
    """Summer time on the week's Monday, winter time on its Sunday."""
    assert [row["send_time_local"] for row in read[1:]] == [
        "2025-10-27T10:15:00-07:00",
        "2025-11-02T08:00:00-08:00",
    ]


def test_a_caption_that_left_the_bank_does_not_take_its_message_along(dataset: Dataset) -> None:
    dataset.put("schedule_recommendations", [message(1, 7, la(WEEK, 10))])
    (row,) = dataset.rows("schedule_recommendations_with_messages").to_dict("records")
    assert (row["caption_id"], row["caption_text"]) == (7, None)
