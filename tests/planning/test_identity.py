"""A schedule's id is its content: the same content the same id, any change another."""

import datetime as dt
import re
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from eros_assets.planning.identity import ScheduleRow, schedule_id
from eros_assets.planning.model import PlanningError

MONDAY = dt.date(2025, 11, 3)
ROW = ScheduleRow(dt.datetime(2025, 11, 4, 18, tzinfo=dt.UTC), "PPV", 7, "mid", "treatment")
OTHER = replace(ROW, caption_id=8, send_time=ROW.send_time + dt.timedelta(hours=3))


def test_the_id_names_week_and_page() -> None:
    assert re.fullmatch(
        r"sched_20251103_amber_lens_[0-9a-f]{8}", schedule_id("amber_lens", MONDAY, [ROW])
    )


def test_neither_order_nor_zone_changes_the_id() -> None:
    local = replace(ROW, send_time=ROW.send_time.astimezone(ZoneInfo("America/Los_Angeles")))
    assert schedule_id("p", MONDAY, [OTHER, local]) == schedule_id("p", MONDAY, [ROW, OTHER])


@pytest.mark.parametrize(
    "changed",
    [
        replace(ROW, caption_id=9),
        replace(ROW, arm="control"),
        replace(ROW, price_tier="premium"),
        replace(ROW, send_time=ROW.send_time + dt.timedelta(minutes=15)),
    ],
)
def test_any_change_of_content_changes_the_id(changed: ScheduleRow) -> None:
    assert schedule_id("p", MONDAY, [changed]) != schedule_id("p", MONDAY, [ROW])


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(PlanningError, match="no time zone"):
        schedule_id("p", MONDAY, [replace(ROW, send_time=dt.datetime(2025, 11, 4, 18))])  # noqa: DTZ001
