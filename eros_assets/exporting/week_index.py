"""Renders a week as one HTML page: an agenda of all messages, and each creator's calendar.

The page is a single file that works offline, on a phone, on paper and without its script; the files
that it links to are in the same folder. The same week gives the same bytes.
"""

import base64
import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from eros_assets.calendar import DAYS_A_WEEK, ZONE, week_dates
from eros_assets.exporting.calendar_picture import CalendarWeek, inline_calendar
from eros_assets.exporting.message import ScheduledMessage
from eros_assets.exporting.palette import TIERS
from eros_assets.exporting.templates import rendered, source

TEMPLATE, STYLE, SCRIPT = "week_index.html.j2", "week_index.css", "week_index.js"


@dataclass(frozen=True, slots=True)
class IndexFile:
    """A file in the page's folder: its name, and the text of its link."""

    name: str
    label: str


@dataclass(frozen=True, slots=True)
class Missing:
    """What a creator's week lacks, and what would mend it, where that is known; sentences."""

    page_name: str
    sentence: str
    remedy: str | None = None


@dataclass(frozen=True, slots=True)
class IndexPage:
    """A creator's week. `facts` are sentences under a heading: where its numbers come from.

    `known` are sentences by heading, several under each: what is known of the page.
    """

    page_name: str
    display_name: str
    schedule_id: str
    messages: Sequence[ScheduledMessage]
    facts: Mapping[str, str]
    calendar: CalendarWeek | None = None
    files: Sequence[IndexFile] = ()
    known: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])

    @property
    def tiers(self) -> Mapping[str, int]:
        """Messages by price tier, in the order of TIERS."""
        return {tier: sum(m.price_tier == tier for m in self.messages) for tier in TIERS}

    @property
    def bumps(self) -> int:
        """Free messages."""
        return self.tiers["bump"]

    @property
    def ppvs(self) -> int:
        """Priced messages."""
        return len(self.messages) - self.bumps

    @property
    def expected_revenue(self) -> float:
        """What its messages are expected to earn, USD; one without an estimate counts nothing."""
        return sum(message.expected_value or 0.0 for message in self.messages)

    @property
    def drawing(self) -> str | None:
        """The calendar as an `svg` element."""
        return None if self.calendar is None else inline_calendar(self.calendar)


@dataclass(frozen=True, slots=True)
class AgendaHour:
    """The messages of all creators in one LA hour, by time.

    When the clocks go back, an hour occurs twice: it is two.
    """

    starts: dt.datetime
    messages: Sequence[ScheduledMessage]

    @property
    def name(self) -> str:
        """`09:00`, with the offset where the hour occurs twice."""
        twice = self.starts.replace(fold=0).utcoffset() != self.starts.replace(fold=1).utcoffset()
        return f"{self.starts:%H}:00" + (f" ({self.starts:%Z})" if twice else "")


@dataclass(frozen=True, slots=True)
class AgendaDay:
    """An LA date with the hours that have messages."""

    date: dt.date
    hours: Sequence[AgendaHour]

    @property
    def count(self) -> int:
        """Messages of the date."""
        return sum(len(hour.messages) for hour in self.hours)


@dataclass(frozen=True, slots=True)
class WeekIndex:
    """The contents of the page.

    `decisions` are sentences about what people decided and no message shows. `sheet` is the
    spreadsheet's URL; `inputs` says line by line what became of the messages that
    the week was planned from, details indented. `earlier` and `later` are the Mondays of the
    published weeks next to this one.
    """

    week_start: dt.date
    pages: Sequence[IndexPage]
    missing: Sequence[Missing] = ()
    decisions: Sequence[str] = ()
    sheet: str | None = None
    inputs: Sequence[str] = ()
    earlier: dt.date | None = None
    later: dt.date | None = None

    @property
    def shortfalls(self) -> Sequence[str]:
        """What the week lacks, as sentences."""
        return [each.sentence for each in self.missing]

    @property
    def week_end(self) -> dt.date:
        """The week's Sunday."""
        return self.week_start + dt.timedelta(days=DAYS_A_WEEK - 1)

    @property
    def iso_week(self) -> str:
        """`2026-W53`."""
        return f"{self.week_start:%G-W%V}"

    @property
    def totals(self) -> Mapping[str, int]:
        """The counts at the top of the page."""
        bumps = sum(page.bumps for page in self.pages)
        messages = sum(len(page.messages) for page in self.pages)
        return {
            "creators": len(self.pages),
            "messages": messages,
            "PPVs": messages - bumps,
            "bumps": bumps,
        }

    @property
    def expected_revenue(self) -> float:
        """What the messages are expected to earn, USD; one without an estimate counts nothing."""
        return sum(page.expected_revenue for page in self.pages)

    @property
    def days(self) -> Sequence[AgendaDay]:
        """The messages of all creators on each of the seven LA dates, by time and creator."""
        messages = sorted(
            (message for page in self.pages for message in page.messages),
            key=lambda message: (message.scheduled_send_time, message.page_name),
        )
        hours = [
            AgendaHour(start.astimezone(ZONE), list(group))
            for start, group in groupby(messages, _hour)
        ]
        by_date = {day: list(group) for day, group in groupby(hours, lambda h: h.starts.date())}
        return [AgendaDay(day, by_date.get(day, ())) for day in week_dates(self.week_start)]


def week_index_page(week: WeekIndex) -> bytes:
    """The page as UTF-8 HTML."""
    days = week.days
    script = source(SCRIPT)
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    text = rendered(
        TEMPLATE,
        week=week,
        days=days,
        busiest=max(1, *(day.count for day in days)),
        names={page.page_name: page.display_name for page in week.pages},
        tiers=TIERS,
        style=source(STYLE),
        script=script,
        script_digest=digest,
    )
    return text.encode("utf-8")


def _hour(message: ScheduledMessage) -> dt.datetime:
    """The instant at which its LA hour begins; wall times of the same hour twice are equal."""
    instant = message.scheduled_send_time.astimezone(dt.UTC)
    return instant.replace(minute=0, second=0, microsecond=0)
