"""The calendar picture: what it shows, determinism, size, and that it is well-formed."""

import datetime as dt
import subprocess
import sys
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from eros_assets.calendar import la_instant
from eros_assets.exporting.calendar_picture import (
    CalendarWeek,
    calendar_picture,
    inline_calendar,
)
from tests.exporting.messages import scheduled

MONDAY = dt.date(2025, 11, 3)
TUESDAY = dt.date(2025, 11, 4)
WEEK = CalendarWeek(
    page_name="amber_lens",
    week_start=MONDAY,
    messages=[
        scheduled(la_instant(TUESDAY, 10, 15), "premium"),
        scheduled(la_instant(TUESDAY + dt.timedelta(days=1), 18), "bump"),
    ],
    slot_values={(2, 10): 1.4},
    cooling_days=1,
)
SVG = "{http://www.w3.org/2000/svg}"


def drawn(week: CalendarWeek) -> ElementTree.Element:
    return ElementTree.fromstring(calendar_picture(week))


def texts(week: CalendarWeek) -> list[str]:
    return [element.text or "" for element in drawn(week).iter(f"{SVG}text")]


def blocks(week: CalendarWeek) -> dict[str, tuple[float, float]]:
    """Left and top of each message's block, by its label."""
    found: dict[str, tuple[float, float]] = {}
    for group in drawn(week).iter(f"{SVG}g"):
        rect, text = group.find(f"{SVG}rect"), group.find(f"{SVG}text")
        if rect is not None and text is not None and text.text:
            found[text.text] = float(rect.get("x", "nan")), float(rect.get("y", "nan"))
    return found


def test_picture_names_page_week_days_and_messages() -> None:
    shown = texts(WEEK)
    assert {"amber_lens", "Mon 3, no PPV", "Tue 4", "Sun 9", "08:00", "22:00"} <= set(shown)
    assert {"10:15 premium", "18:00 bump"} <= set(shown)
    assert any("2025-W45" in text for text in shown)


def test_a_later_message_is_further_down_and_a_later_day_further_right() -> None:
    at = blocks(WEEK)
    assert at["10:15 premium"][0] < at["18:00 bump"][0]
    assert at["10:15 premium"][1] < at["18:00 bump"][1]
    hour = blocks(replace(WEEK, messages=[scheduled(la_instant(TUESDAY, 11, 15), "mid")]))
    assert hour["11:15 mid"][1] - at["10:15 premium"][1] == 20


@pytest.mark.parametrize("hour", [0, 2, 7, 23])
def test_messages_outside_of_the_usual_hours_are_shown_inside_of_the_picture(hour: int) -> None:
    week = replace(WEEK, messages=[scheduled(la_instant(TUESDAY, hour), "mid"), *WEEK.messages])
    height = float(drawn(week).get("height", "0"))
    for _, top in blocks(week).values():
        assert 22 <= top < height - 44
    assert f"{hour:02}:00" in texts(week)


@pytest.mark.parametrize("minute", [0, 30, 59])
def test_a_message_late_in_the_last_hour_is_shown_whole(minute: int) -> None:
    week = replace(WEEK, messages=[scheduled(la_instant(TUESDAY, 22, minute), "mid")])
    (top,) = [top for _, top in blocks(week).values()]
    frame = drawn(week).get("viewBox", "").split()
    drawing = float(frame[1]) + float(frame[3]) - 30  # without the legend
    assert top + 14 <= drawing


def test_messages_of_the_same_minute_stand_below_each_other() -> None:
    at = la_instant(TUESDAY, 22, 0)
    times = {"premium": at, "mid": at, "bump": at + dt.timedelta(minutes=45)}
    later = scheduled(at + dt.timedelta(days=1), "budget")
    week = replace(WEEK, messages=[later, *(scheduled(time, tier) for tier, time in times.items())])
    tops = {label.split()[1]: top for label, (_, top) in blocks(week).items()}
    assert tops["budget"] == tops["premium"]
    assert tops["mid"] == tops["premium"] + 14
    assert tops["bump"] == tops["mid"] + 14
    height = float(drawn(week).get("height", "0"))
    assert tops["bump"] + 14 <= height - 44 - 30


def test_a_closed_date_is_named_and_no_hour_of_it_is_worth_anything() -> None:
    week = replace(WEEK, slot_values={(2, 10): 1.4, (3, 10): 1.4}, closed=[TUESDAY])
    assert {"Mon 3, no PPV", "Tue 4, closed", "Wed 5"} <= set(texts(week))
    paths = [
        path.get("d", "") for path in drawn(week).iter(f"{SVG}path") if path.get("fill-opacity")
    ]
    assert not [path for path in paths if "M1 " in path]
    assert [path for path in paths if "M2 2h1v1" in path]


def test_picture_bytes_depend_only_on_the_week() -> None:
    assert calendar_picture(WEEK) == calendar_picture(WEEK)
    moved = [
        scheduled(m.scheduled_send_time + dt.timedelta(hours=1), m.price_tier)
        for m in WEEK.messages
    ]
    assert calendar_picture(replace(WEEK, messages=moved)) != calendar_picture(WEEK)


def test_an_hour_that_earns_more_is_darker() -> None:
    values = {(day, hour): 1.0 for day in range(1, 8) for hour in range(8, 23)}
    values |= {(3, hour): 2.0 for hour in (9, 10, 11)}
    paths = [
        (float(path.get("fill-opacity", "0")), path.get("d"))
        for path in drawn(replace(WEEK, slot_values=values)).iter(f"{SVG}path")
        if path.get("fill-opacity")
    ]
    assert paths == [(max(opacity for opacity, _ in paths), "M2 1h1v3h-1z")]


def test_without_values_no_hour_is_worth_more_than_another() -> None:
    shades = {
        path.get("fill-opacity")
        for path in drawn(replace(WEEK, slot_values={})).iter(f"{SVG}path")
        if path.get("fill-opacity")
    }
    assert len(shades) == 1


def test_the_inline_picture_brings_no_colours_of_its_own() -> None:
    inline = inline_calendar(WEEK)
    assert "<style>" not in inline
    assert "#" not in inline
    assert 'role="img"' in inline


def test_fullest_week_is_small() -> None:
    start = la_instant(MONDAY, 8)
    tiers = ("budget", "mid", "premium", "bump")
    full = replace(
        WEEK,
        messages=[
            scheduled(start + dt.timedelta(days=day, minutes=45 * n), tiers[n % 4])
            for day in range(7)
            for n in range(16)
        ],
        slot_values={
            (day, hour): (day * hour % 11) / 10 for day in range(1, 8) for hour in range(8, 23)
        },
    )
    assert len(calendar_picture(full)) < 25_000


def test_drawing_a_week_needs_no_matplotlib() -> None:
    """It takes longer to import than a week of pictures takes to draw."""
    script = (
        "import sys, eros_assets.exporting.calendar_picture as c, datetime as dt\n"
        "assert 'jinja2' not in sys.modules\n"
        "c.calendar_picture(c.CalendarWeek('p', dt.date(2025, 11, 3), [], {}))\n"
        "assert not {'matplotlib', 'PIL'} & sys.modules.keys()\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
