"""A page's week as calendar events (iCalendar, RFC 5545), with the text to send in each.

An event is known by its week, page and message number: importing the file again, or that of a later
schedule, replaces the events of before. A schedule with fewer messages leaves the last events of
the one before it. Times are in America/Los_Angeles. The same messages give the same bytes.
"""

import datetime as dt
from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from eros_assets.atomic_write import WrittenFile, atomic_write
from eros_assets.calendar import ZONE, monday_of
from eros_assets.exporting.message import ScheduledMessage

if TYPE_CHECKING:
    from icalendar import Event, Timezone

LENGTH = dt.timedelta(minutes=15)
"""How long an event is: the grid of the schedule."""

KEPT = 512
"""Pages whose events are kept in the process, about 20 KB each."""

PRODUCT = "-//EROS//Weekly schedule//EN"

CLOCK_CHANGES = (
    # First change by the clock before it, rule, hours from UTC before and after; since 2007.
    ("20070311T020000", (3, "2SU"), -8, -7),
    ("20071104T020000", (11, "1SU"), -7, -8),
)


def write_schedule_events(path: Path, messages: Sequence[ScheduledMessage]) -> WrittenFile:
    """Write the events of a page's week atomically."""
    return atomic_write(path, schedule_events(messages), len(messages))


def schedule_events(messages: Sequence[ScheduledMessage]) -> bytes:
    """The events of a page's week, in order of time.

    A week's files are written and then compared with what they should be: the events of the same
    messages are made once.
    """
    return _events(tuple(messages))


@lru_cache(maxsize=KEPT)
def _events(messages: tuple[ScheduledMessage, ...]) -> bytes:
    from icalendar import Calendar  # imported only to write

    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    if messages:
        calendar.add("x-wr-calname", f"{messages[0].page_name}: messages to send")
    calendar.add_component(_zone())
    for message in sorted(messages, key=lambda each: each.scheduled_send_time):
        calendar.add_component(_event(message))
    return calendar.to_ical()


def _event(message: ScheduledMessage) -> "Event":
    from icalendar import Event

    starts = message.local_time
    week = monday_of(starts.date())
    price = "" if message.suggested_price is None else f" ${message.suggested_price:g}"
    about = [message.caption_text, message.reason or "", f"{message.label} ({message.source})"]
    planned_at = message.planned_at or message.scheduled_send_time
    event = Event()
    event.add("uid", f"{week}-{message.page_name}-{message.message_number}@eros")
    event.add("dtstamp", planned_at.astimezone(dt.UTC))
    # Minutes since 1970 grow from plan to plan, and calendars take the higher number.
    event.add("sequence", int(planned_at.timestamp()) // 60)
    # The hour that occurs twice in autumn has a name of its own in UTC alone.
    event.add("dtstart", starts.astimezone(dt.UTC) if starts.fold else starts)
    event.add("duration", LENGTH)
    event.add("summary", f"{message.page_name}: {message.price_tier}{price}")
    event.add("description", "\n\n".join(part for part in about if part))
    event.add("categories", [message.message_type])
    event.add("transp", "TRANSPARENT")
    return event


@cache
def _zone() -> "Timezone":
    """The rules of America/Los_Angeles, for calendars that don't know it by its name."""
    from icalendar import Timezone, TimezoneDaylight, TimezoneStandard, vDDDTypes

    zone = Timezone()
    zone.add("tzid", ZONE.key)
    for first, (month, day), before, after in CLOCK_CHANGES:
        change = TimezoneDaylight() if after > before else TimezoneStandard()
        change.add("tzname", f"{dt.datetime(2007, 7 if after > before else 1, 1, tzinfo=ZONE):%Z}")
        change.add("dtstart", vDDDTypes.from_ical(first))
        change.add("rrule", {"freq": "yearly", "bymonth": month, "byday": day})
        change.add("tzoffsetfrom", dt.timedelta(hours=before))
        change.add("tzoffsetto", dt.timedelta(hours=after))
        zone.add_component(change)
    return zone
