"""The calendar picture: size, determinism, imports."""

import datetime as dt
import struct
import subprocess
import sys

from eros_assets.exporting.calendar_picture import (
    CalendarWeek,
    calendar_picture,
)
from tests.exporting.messages import scheduled

WEEK = CalendarWeek(
    page_name="amber_lens",
    week_start=dt.date(2025, 11, 3),
    messages=[
        scheduled(dt.datetime(2025, 11, 4, 18, tzinfo=dt.UTC), "premium"),
        scheduled(dt.datetime(2025, 11, 5, 18, tzinfo=dt.UTC), "bump"),
    ],
    slot_values={(2, 10): 1.4},
    cooling_days=1,
)


def size_of(png: bytes) -> tuple[int, int]:
    width, height = struct.unpack(">II", png[16:24])
    return width, height


def test_picture_fits_into_dagster_metadata() -> None:
    picture = calendar_picture(WEEK)
    assert picture.startswith(b"\x89PNG")
    assert len(picture) < 80_000


def test_page_size_is_larger_than_metadata_size() -> None:
    assert size_of(calendar_picture(WEEK)) == (880, 600)
    assert size_of(calendar_picture(WEEK, "page")) == (1408, 960)


def test_picture_bytes_depend_only_on_the_week() -> None:
    assert calendar_picture(WEEK) == calendar_picture(WEEK)
    moved = [
        scheduled(m.scheduled_send_time + dt.timedelta(hours=1), m.price_tier)
        for m in WEEK.messages
    ]
    other = CalendarWeek("amber_lens", WEEK.week_start, moved, WEEK.slot_values, 1)
    assert calendar_picture(other) != calendar_picture(WEEK)


def test_fullest_week_fits_into_dagster_metadata() -> None:
    start = WEEK.messages[0].scheduled_send_time
    tiers = ("budget", "mid", "premium", "bump")
    full = CalendarWeek(
        page_name="the_mountain_photographer",
        week_start=WEEK.week_start,
        messages=[
            scheduled(start + dt.timedelta(days=day, minutes=45 * n), tiers[n % 4])
            for day in range(-1, 6)
            for n in range(16)
        ],
        slot_values={
            (day, hour): (day * hour % 11) / 10 for day in range(1, 8) for hour in range(8, 23)
        },
        cooling_days=2,
    )
    assert len(calendar_picture(full)) < 80_000


def test_matplotlib_is_imported_lazily_and_without_pyplot() -> None:
    """Pyplot keeps figures in global state, which leaks memory in a long-lived Dagster process."""
    script = (
        "import sys, eros_assets.exporting.calendar_picture as c, datetime as dt\n"
        "assert 'matplotlib' not in sys.modules\n"
        "c.calendar_picture(c.CalendarWeek('p', dt.date(2025, 11, 3), [], {}))\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
