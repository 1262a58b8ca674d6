"""The picture is a PNG of a fit size, the same for the same week, another for another."""

import datetime as dt
import struct

from eros_assets.exporting.calendar_picture import (
    CalendarMessage,
    CalendarWeek,
    calendar_picture,
)

WEEK = CalendarWeek(
    page_name="amber_lens",
    week_start=dt.date(2025, 11, 3),
    messages=[
        CalendarMessage(dt.datetime(2025, 11, 4, 18, tzinfo=dt.UTC), "premium"),
        CalendarMessage(dt.datetime(2025, 11, 5, 18, tzinfo=dt.UTC), "bump"),
    ],
    slot_values={(2, 10): 1.4},
    cooling_days=1,
)


def size_of(png: bytes) -> tuple[int, int]:
    width, height = struct.unpack(">II", png[16:24])
    return width, height


def test_the_picture_fits_dagsters_metadata() -> None:
    picture = calendar_picture(WEEK)
    assert picture.startswith(b"\x89PNG")
    assert len(picture) < 80_000


def test_the_page_is_twice_as_wide_and_high() -> None:
    width, height = size_of(calendar_picture(WEEK))
    assert size_of(calendar_picture(WEEK, "page")) == (2 * width, 2 * height)


def test_the_same_week_gives_the_same_bytes_and_another_week_others() -> None:
    assert calendar_picture(WEEK) == calendar_picture(WEEK)
    moved = [
        CalendarMessage(m.send_time + dt.timedelta(hours=1), m.price_tier) for m in WEEK.messages
    ]
    other = CalendarWeek("amber_lens", WEEK.week_start, moved, WEEK.slot_values, 1)
    assert calendar_picture(other) != calendar_picture(WEEK)
