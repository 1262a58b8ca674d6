"""A schedule's id is its content: the same content the same id, any change another."""

import datetime as dt
import re
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from eros_assets.planning.identity import schedule_id
from eros_assets.planning.model import Caption, PlannedMessage, PlanningError

MONDAY = dt.date(2025, 11, 3)
TUESDAY = dt.datetime(2025, 11, 4, 18, tzinfo=dt.UTC)
CAPTION = Caption(7, "PPV", "mid", None, 0.5, "treatment")


def planned(caption: Caption = CAPTION, send_time: dt.datetime = TUESDAY) -> PlannedMessage:
    return PlannedMessage(1, send_time, caption, 1.0, 0.5, 1, 1)


ROW = planned()
OTHER = planned(replace(CAPTION, caption_id=8), TUESDAY + dt.timedelta(hours=3))


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
        planned(replace(CAPTION, caption_id=9)),
        planned(replace(CAPTION, arm="control")),
        planned(replace(CAPTION, price_tier="premium")),
        planned(send_time=TUESDAY + dt.timedelta(minutes=15)),
    ],
)
def test_any_change_of_content_changes_the_id(changed: PlannedMessage) -> None:
    assert schedule_id("p", MONDAY, [changed]) != schedule_id("p", MONDAY, [ROW])


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(PlanningError, match="no time zone"):
        schedule_id("p", MONDAY, [replace(ROW, send_time=dt.datetime(2025, 11, 4, 18))])  # noqa: DTZ001
