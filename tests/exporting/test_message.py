"""Times of a scheduled message."""

import datetime as dt

import pytest

from eros_assets.exporting.columns import COLUMNS
from eros_assets.exporting.message import MessageTimeError
from tests.exporting.messages import scheduled


def test_send_time_without_time_zone_is_refused() -> None:
    with pytest.raises(MessageTimeError, match=r"message 1: scheduled_send_time .* no time zone"):
        scheduled(dt.datetime(2025, 11, 10, 8))  # noqa: DTZ001


def test_local_day_and_offset_follow_la_daylight_saving() -> None:
    repeated_hour = [dt.datetime(2025, 11, 2, hour, 30, tzinfo=dt.UTC) for hour in (8, 9)]
    messages = [scheduled(instant) for instant in repeated_hour]
    assert [m.utc_offset for m in messages] == ["-07:00", "-08:00"]
    assert [f"{m.local_time:%H:%M}" for m in messages] == ["01:30", "01:30"]
    assert [m.day_of_week for m in messages] == ["Sunday", "Sunday"]


def test_every_export_column_is_an_attribute_of_the_message() -> None:
    message = scheduled(dt.datetime(2025, 11, 4, 18, tzinfo=dt.UTC))
    assert [column.name for column in COLUMNS if not hasattr(message, column.name)] == []
