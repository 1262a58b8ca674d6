"""Draws a creator's week as SVG: days across, LA hours down, one block per message.

Price tiers differ in colour, in lightness and in the word on the block; bumps are hollow. The
background of an hour is darker the more its PPVs earn. The same week gives the same bytes.
"""

import datetime as dt
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from eros_assets.calendar import DAYS_A_WEEK, week_dates
from eros_assets.exporting.message import ScheduledMessage
from eros_assets.exporting.palette import TIERS
from eros_assets.exporting.templates import rendered

GUTTER = 46
"""Width of the hours' labels, pixels."""
HEAD = 22
"""Height of the days' names, pixels."""
COLUMN = 100
"""Width of a day, pixels."""
ROW = 20
"""Height of an hour, pixels."""
BLOCK = 14
"""Height of a block: an hour has 20 pixels, and planned messages are 45 minutes apart at least."""
SHADES = 6
"""Number of shades of the hours; the lightest is the paper."""


@dataclass(frozen=True, slots=True)
class CalendarWeek:
    """The contents of the picture.

    `slot_values` are the values of PPVs relative to the page's mean, by (ISO day of week, LA hour);
    an hour without a value counts as 1. `last_hour` is the last hour at which a message may start;
    messages outside of these hours are shown too. `closed` are dates on which nothing is planned.
    """

    page_name: str
    week_start: dt.date
    messages: Sequence[ScheduledMessage]
    slot_values: Mapping[tuple[int, int], float]
    cooling_days: int = 0
    first_hour: int = 8
    last_hour: int = 22
    closed: Collection[dt.date] = ()

    @property
    def hours(self) -> range:
        """The hours shown, from the first at which a message may or does start to the last."""
        starts = [message.local_time.hour for message in self.messages]
        return range(min([self.first_hour, *starts]), max([self.last_hour, *starts]) + 1)


@dataclass(frozen=True, slots=True)
class _Block:
    x: int
    y: float
    width: int
    tier: str
    label: str


@dataclass(frozen=True, slots=True)
class _Drawing:
    """What the template draws; lengths in pixels, `shades` as path data in days and hours."""

    week: CalendarWeek
    width: int
    height: int
    days: Sequence[tuple[float, str]]
    hours: Sequence[tuple[float, str]]
    shades: Sequence[tuple[int, str]]
    low: float
    high: float
    blocks: Sequence[_Block]

    gutter: int = GUTTER
    head: int = HEAD
    column: int = COLUMN
    row: int = ROW
    block: int = BLOCK


def inline_calendar(week: CalendarWeek) -> str:
    """The picture as an `svg` element that takes its colours from the style of the page."""
    return rendered("calendar.svg.j2", drawing=_drawing(week), alone=False)


def calendar_picture(week: CalendarWeek) -> bytes:
    """The picture as a file, with its title, its legend and its colours."""
    text = rendered("calendar.svg.j2", drawing=_drawing(week), alone=True, tiers=TIERS)
    return text.encode("utf-8")


def _drawing(week: CalendarWeek) -> _Drawing:
    low, high = _span(week)
    shown = week.hours
    blocks = _blocks(week)
    lowest = max((block.y + BLOCK for block in blocks), default=0.0)
    return _Drawing(
        week=week,
        width=GUTTER + DAYS_A_WEEK * COLUMN,
        height=max(HEAD + len(shown) * ROW, math.ceil(lowest)) + 2,
        days=[
            (GUTTER + (day + 0.5) * COLUMN, f"{date:%a} {date.day}{_state(week, day, date)}")
            for day, date in enumerate(week_dates(week.week_start))
        ],
        hours=[(HEAD + row * ROW, f"{hour:02}:00") for row, hour in enumerate(shown)],
        shades=list(_shades(week, low, high)),
        low=low,
        high=high,
        blocks=blocks,
    )


def _state(week: CalendarWeek, day: int, date: dt.date) -> str:
    if date in week.closed:
        return ", closed"
    return ", no PPV" if day < week.cooling_days else ""


def _span(week: CalendarWeek) -> tuple[float, float]:
    """The values of the lightest and the darkest shade."""
    values = sorted(_value(week, day, hour) for day in range(DAYS_A_WEEK) for hour in week.hours)
    # The shades span the middle 96 % of hours, so that one outlier doesn't make the others pale.
    trimmed = len(values) // 50
    low, high = values[trimmed], values[-1 - trimmed]
    if high - low < 0.1:
        low, high = low - 0.05, high + 0.05
    return low, high


def _value(week: CalendarWeek, day: int, hour: int) -> float:
    return week.slot_values.get((day + 1, hour), 1.0)


def _shades(week: CalendarWeek, low: float, high: float) -> Iterator[tuple[int, str]]:
    """Each shade with the path of its hours; hours below each other are one rectangle."""
    runs: dict[int, list[tuple[int, int, int]]] = {}
    for day, date in enumerate(week_dates(week.week_start)):
        if date in week.closed:
            continue
        before = 0
        for row, hour in enumerate(week.hours):
            share = (_value(week, day, hour) - low) / (high - low)
            shade = round(max(0.0, min(1.0, share)) * SHADES)
            if shade and shade == before:
                top, length = runs[shade][-1][1:]
                runs[shade][-1] = day, top, length + 1
            elif shade:
                runs.setdefault(shade, []).append((day, row, 1))
            before = shade
    for shade, cells in sorted(runs.items()):
        yield shade, "".join(f"M{x} {y}h1v{length}h-1z" for x, y, length in cells)


def _blocks(week: CalendarWeek) -> list[_Block]:
    """A block for each message, in their order.

    A block that would lie on the one before it, as of messages that people queued for the same
    minute, stands below that.
    """
    blocks = [_block(message, week) for message in week.messages]
    free: dict[dt.date, float] = {}
    for place in sorted(range(len(blocks)), key=lambda n: week.messages[n].scheduled_send_time):
        date = week.messages[place].local_time.date()
        block = blocks[place]
        blocks[place] = replace(block, y=max(block.y, free.get(date, 0.0)))
        free[date] = blocks[place].y + BLOCK
    return blocks


def _block(message: ScheduledMessage, week: CalendarWeek) -> _Block:
    local = message.local_time
    day = (local.date() - week.week_start).days
    inset = 12 if message.price_tier == "bump" else 6
    return _Block(
        x=GUTTER + day * COLUMN + inset,
        y=HEAD + (local.hour - week.hours.start + local.minute / 60) * ROW + 0.5,
        width=COLUMN - 2 * inset,
        tier=message.price_tier,
        label=f"{local:%H:%M} {message.price_tier}",
    )
