"""Renders a week as one HTML page: totals, shortfalls, every creator's calendar and messages.

The page is a single file without scripts. It embeds the pictures, so that it can be mailed or
opened on a phone; the CSV files that it links to are in the same folder. The same week gives the
same bytes.
"""

import base64
import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from eros_assets.calendar import DAYS_A_WEEK, week_dates
from eros_assets.exporting.calendar_picture import TIERS
from eros_assets.exporting.message import ScheduledMessage

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATE = "week_index.html.j2"


@dataclass(frozen=True, slots=True)
class IndexFile:
    """A file in the page's folder: its name, and the text of its link."""

    name: str
    label: str


@dataclass(frozen=True, slots=True)
class IndexPage:
    """A creator's week. `picture` is a PNG or None; `facts` are shown under the name."""

    page_name: str
    display_name: str
    schedule_id: str
    messages: Sequence[ScheduledMessage]
    facts: Sequence[str] = ()
    picture: bytes | None = None
    files: Sequence[IndexFile] = ()

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
    def days(self) -> Sequence[tuple[dt.date, Sequence[ScheduledMessage]]]:
        """Messages by LA date, in order."""
        ordered = sorted(self.messages, key=lambda message: message.scheduled_send_time)
        return [(day, list(group)) for day, group in groupby(ordered, _local_date)]

    @property
    def picture_address(self) -> str | None:
        """The picture as a `data:` URL."""
        if self.picture is None:
            return None
        return "data:image/png;base64," + base64.b64encode(self.picture).decode("ascii")


@dataclass(frozen=True, slots=True)
class WeekIndex:
    """The contents of the page.

    `shortfalls` are sentences; `sheet` is the spreadsheet's URL; `inputs` says line by line what
    became of the messages that the week was planned from, details indented.
    """

    week_start: dt.date
    pages: Sequence[IndexPage]
    shortfalls: Sequence[str] = ()
    sheet: str | None = None
    inputs: Sequence[str] = ()

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
        return sum(m.expected_value or 0.0 for page in self.pages for m in page.messages)

    @property
    def days(self) -> Sequence[tuple[dt.date, int]]:
        """Messages of all creators on each of the seven LA dates."""
        dates = [_local_date(m) for page in self.pages for m in page.messages]
        return [(day, dates.count(day)) for day in week_dates(self.week_start)]


def week_index_page(week: WeekIndex) -> bytes:
    """The page as UTF-8 HTML."""
    template = _environment().get_template(TEMPLATE)
    busiest = max((count for _, count in week.days), default=0)
    text = template.render(week=week, tiers=TIERS, busiest=max(busiest, 1))
    return text.encode("utf-8")


def _local_date(message: ScheduledMessage) -> dt.date:
    return message.local_time.date()


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # imported only to render

    return Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
