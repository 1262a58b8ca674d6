"""Calendar events of a week: read back by the library, stable ids, Los Angeles time."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar, Event

from eros_assets.calendar import la_instant
from eros_assets.exporting.message import ScheduledMessage
from eros_assets.exporting.schedule_events import CLOCK_CHANGES, schedule_events
from tests.exporting.messages import scheduled

MONDAY = dt.date(2025, 11, 3)
PLANNED = dt.datetime(2025, 11, 2, 20, 30, tzinfo=dt.UTC)
HOSTILE = "Bread, warm;\nBEGIN:VALARM\r\nsecond line \\n, with „quotes“ and 🍞 " + "x" * 200


def message(number: int, hour: int, **more: object) -> ScheduledMessage:
    given = {"message_number": number, "planned_at": PLANNED, **more}
    return scheduled(la_instant(MONDAY, hour), caption_id=number, **given)


def events(*messages: ScheduledMessage) -> list[Event]:
    calendar = Calendar.from_ical(schedule_events(messages))
    return [part for part in calendar.walk("VEVENT") if isinstance(part, Event)]


def test_an_event_has_the_text_the_price_and_the_reason() -> None:
    (event,) = events(message(1, 9, caption_text=HOSTILE, suggested_price=15.0, reason="It sells."))
    assert event["SUMMARY"] == "amber_lens: mid $15"
    text = str(event["DESCRIPTION"])
    assert text.startswith(HOSTILE.replace("\r\n", "\n"))
    assert "\n\nIt sells.\n\nsched_20251103_amber_lens_0a1b2c3d message 1 (planned)" in text


def test_lines_are_folded_and_end_as_the_standard_says() -> None:
    content = schedule_events([message(1, 9, caption_text=HOSTILE)])
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))


def test_times_are_los_angeles_wall_times() -> None:
    (event,) = events(message(1, 9))
    starts = event["DTSTART"]
    assert starts.params["TZID"] == "America/Los_Angeles"
    assert starts.dt.utcoffset() == dt.timedelta(hours=-8)
    assert starts.dt == la_instant(MONDAY, 9)
    assert event["DTSTAMP"].dt == PLANNED


def test_a_message_keeps_its_id_when_it_is_planned_again() -> None:
    """An import replaces the events of the same id, if their sequence is not lower."""
    later = PLANNED + dt.timedelta(days=2)
    before = events(message(1, 9), message(2, 12))
    after = events(message(1, 10, planned_at=later), message(2, 12, planned_at=later))
    assert [e["UID"] for e in before] == [e["UID"] for e in after]
    assert len({str(e["UID"]) for e in before}) == 2
    assert all(a["SEQUENCE"] > b["SEQUENCE"] for a, b in zip(after, before, strict=True))


def test_ids_of_pages_and_weeks_differ() -> None:
    week = dt.timedelta(days=7)
    next_week = scheduled(la_instant(MONDAY, 9) + week, message_number=1, planned_at=PLANNED)
    found = events(message(1, 9), message(1, 10, page_name="cook"), next_week)
    assert len({str(event["UID"]) for event in found}) == 3


def test_the_hour_that_occurs_twice_is_told_apart() -> None:
    first = dt.datetime(2025, 11, 2, 8, 30, tzinfo=dt.UTC)  # 01:30 comes twice
    found = events(
        *(
            scheduled(first + dt.timedelta(hours=n), message_number=n, planned_at=PLANNED)
            for n in range(2)
        )
    )
    assert [event["DTSTART"].dt.astimezone(dt.UTC) for event in found] == [
        first,
        first + dt.timedelta(hours=1),
    ]


def test_the_same_messages_give_the_same_bytes_in_any_order() -> None:
    messages = [message(1, 9), message(2, 12)]
    assert schedule_events(messages) == schedule_events(messages[::-1])


@pytest.mark.parametrize("year", range(2025, 2036))
def test_the_rules_of_the_zone_are_those_of_its_data(year: int) -> None:
    """For calendars that don't know the zone by name, the file carries its clock changes."""
    zone = ZoneInfo("America/Los_Angeles")
    written = schedule_events([message(1, 9)]).decode()
    for _, (month, rule), before, after in CLOCK_CHANGES:
        first = dt.date(year, month, 1)
        sunday = first + dt.timedelta(days=(6 - first.weekday()) % 7 + 7 * (int(rule[0]) - 1))
        change = dt.datetime(year, month, sunday.day, 2, tzinfo=dt.UTC) - dt.timedelta(hours=before)
        second = dt.timedelta(seconds=1)
        was, becomes = (change - second).astimezone(zone), change.astimezone(zone)
        assert (was.utcoffset(), becomes.utcoffset()) == (
            dt.timedelta(hours=before),
            dt.timedelta(hours=after),
        )
        assert f"TZNAME:{becomes.tzname()}\r\n" in written
