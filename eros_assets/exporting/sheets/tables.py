"""What the tabs hold: tables of typed cells, made from a week's messages.

No cell is a formula: text goes as text, ids as text (a JSON number loses digits beyond 2**53),
dates and times of day as the numbers that spreadsheets count them by.
"""

import datetime as dt
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Literal

from eros_assets.calendar import ZONE
from eros_assets.errors import ErosError

Value = str | float | bool | None
"""What a cell holds; None and "" both mean an empty one."""

Kind = Literal["text", "long", "id", "whole", "score", "date", "time", "flag"]

LAYOUT = 1
"""Part of every digest: a week is written again after its columns or formats have changed."""

LONGEST_TEXT = 50_000
"""UTF-16 units that Google lets a cell hold."""

SERIAL_EPOCH = dt.date(1899, 12, 30)
SECONDS_A_DAY = 86_400
UNSHOWABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


class SheetContentError(ErosError):
    """A message that no cell can hold as it is."""


@dataclass(frozen=True, slots=True)
class SheetMessage:
    """One scheduled message. `send_time` is an aware instant, in any zone."""

    schedule_id: str
    page_name: str
    display_name: str
    message_number: int
    send_time: dt.datetime
    message_type: str
    price_tier: str
    content_category: str | None
    has_urgency: bool | None
    caption_id: int
    caption_text: str
    performance_score: float | None

    @property
    def local_time(self) -> dt.datetime:
        """The time on LA clocks."""
        return self.send_time.astimezone(ZONE)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a tab; `width` in pixels."""

    title: str
    kind: Kind
    width: int


@dataclass(frozen=True, slots=True)
class Table:
    """A header and rows; `links` lead from (row, column) of the rows to an address."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[Value]]
    links: Mapping[tuple[int, int], str] = field(default_factory=dict[tuple[int, int], str])

    @property
    def grid(self) -> list[list[Value]]:
        """The header and the rows."""
        return [[column.title for column in self.columns], *(list(row) for row in self.rows)]

    @property
    def row_count(self) -> int:
        """Rows of the grid: one at least under the header, which can't be all that is there."""
        return max(2, 1 + len(self.rows))

    @property
    def digest(self) -> str:
        """SHA-256 of all that the table shows, in hex."""
        links = [[*place, address] for place, address in sorted(self.links.items())]
        content = json.dumps([LAYOUT, self.grid, links], ensure_ascii=True)
        return hashlib.sha256(content.encode("ascii")).hexdigest()


WEEK_COLUMNS = (
    Column("Creator", "text", 140),
    Column("Page", "text", 130),
    Column("No", "whole", 45),
    Column("Date", "date", 115),
    Column("LA time", "time", 65),
    Column("UTC offset", "text", 80),
    Column("Type", "text", 60),
    Column("Tier", "text", 75),
    Column("Category", "text", 110),
    Column("Urgent", "flag", 60),
    Column("Caption", "long", 460),
    Column("Caption id", "id", 150),
    Column("Score", "score", 65),
    Column("Schedule", "text", 270),
)
NO_MESSAGES = "No schedule of this week is in force."


def in_order(messages: Sequence[SheetMessage]) -> list[SheetMessage]:
    """By creator, then by instant: 01:30 that comes twice is told apart.

    Raises:
        SheetContentError: a time without a zone.
    """
    for message in messages:
        if message.send_time.tzinfo is None:
            raise SheetContentError(
                f"{message.schedule_id} message {message.message_number}: send_time "
                f"{message.send_time} has no time zone"
            )
    return sorted(
        messages,
        key=lambda m: (m.display_name.casefold(), m.page_name, m.send_time, m.message_number),
    )


def week_table(messages: Sequence[SheetMessage]) -> Table:
    """The week's own tab: one row per message, by creator and time.

    Raises:
        SheetContentError: a message that no cell can hold.
    """
    rows = [_week_row(message) for message in in_order(messages)]
    return Table(WEEK_COLUMNS, rows or [[NO_MESSAGES, *[None] * (len(WEEK_COLUMNS) - 1)]])


def _week_row(message: SheetMessage) -> list[Value]:
    where = f"{message.schedule_id} message {message.message_number}"
    score = message.performance_score
    return [
        sheet_text(message.display_name, f"{where}: display_name"),
        message.page_name,
        message.message_number,
        *wall_clock(message.send_time),
        message.message_type,
        message.price_tier,
        sheet_text(message.content_category, f"{where}: content_category"),
        message.has_urgency,
        sheet_text(message.caption_text, f"{where}: caption {message.caption_id}"),
        str(message.caption_id),
        None if score is None or score != score else float(score),
        message.schedule_id,
    ]


def wall_clock(instant: dt.datetime) -> tuple[Value, Value, Value]:
    """The LA date and time of day as spreadsheets count them, and the offset as `-08:00`."""
    local = instant.astimezone(ZONE)
    seconds = local.hour * 3600 + local.minute * 60 + local.second
    return (serial_date(local.date()), seconds / SECONDS_A_DAY, f"{local:%z}"[:3] + ":00")


def serial_date(day: dt.date) -> int:
    """Days since 1899-12-30."""
    return (day - SERIAL_EPOCH).days


def sheet_text(text: str | None, where: str) -> str | None:
    """The text as a cell keeps it: line ends as LF, no character that has no place in a sheet.

    Raises:
        SheetContentError: longer than a cell holds; `where` is named.
    """
    if text is None:
        return None
    cleaned = UNSHOWABLE.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))
    if len(cleaned) > LONGEST_TEXT // 2 and len(cleaned.encode("utf-16-le")) // 2 > LONGEST_TEXT:
        raise SheetContentError(
            f"{where} has more than {LONGEST_TEXT:,} characters, more than a cell holds; shorten "
            "it in caption_bank"
        )
    return cleaned


@dataclass(frozen=True, slots=True)
class WeekEntry:
    """A week's line in the Summary tab; `sheet_id` is its tab's."""

    week_start: dt.date
    sheet_id: int
    run_id: str
    creators: int
    messages: int
    ppvs: int
    bumps: int
    missing: int


SUMMARY_COLUMNS = (
    Column("Week", "text", 190),
    Column("Monday", "date", 130),
    Column("Messages", "whole", 80),
    Column("PPVs", "whole", 60),
    Column("Bumps", "whole", 65),
    Column("Creators", "whole", 95),
    Column("Missing", "long", 340),
    Column("Written by run", "text", 290),
)
CREATOR_COLUMNS = (
    Column("Creator", "text", 190),
    Column("Page", "text", 130),
    Column("Messages", "whole", 80),
    Column("PPVs", "whole", 60),
    Column("Bumps", "whole", 65),
    Column("First message", "text", 95),
    Column("Missing", "long", 340),
    Column("Schedule", "text", 290),
)


def summary_table(
    weeks: Sequence[WeekEntry],
    newest: WeekEntry,
    messages: Sequence[SheetMessage],
    missing: Mapping[str, str],
) -> Table:
    """One line per week, newest first; under it one per creator of the week just written.

    `missing` says by page what the week lacks. The lines lead to their tab and row.
    """
    rows: list[list[Value]] = []
    links: dict[tuple[int, int], str] = {}
    for entry in sorted(weeks, key=lambda entry: entry.week_start, reverse=True):
        links[len(rows), 0] = f"#gid={entry.sheet_id}"
        rows.append(
            [
                week_name(entry.week_start),
                serial_date(entry.week_start),
                *(entry.messages, entry.ppvs, entry.bumps, entry.creators, entry.missing),
                entry.run_id,
            ]
        )
    blank: list[Value] = [None] * len(SUMMARY_COLUMNS)
    titles: list[Value] = [column.title for column in CREATOR_COLUMNS]
    titles[0] = f"{titles[0]}, week {week_name(newest.week_start)}"
    rows += [blank, titles]
    row_in_week = 2
    ordered = in_order(messages)
    for page, group in groupby(ordered, lambda message: message.page_name):
        own = list(group)
        links[len(rows), 0] = f"#gid={newest.sheet_id}&range=A{row_in_week}"
        row_in_week += len(own)
        rows.append(_creator_row(own, missing.get(page)))
    shown = {message.page_name for message in messages}
    for page in sorted(set(missing) - shown):
        rows.append([page, page, 0, 0, 0, None, sheet_text(missing[page], page), None])
    return Table(SUMMARY_COLUMNS, rows, links)


def _creator_row(messages: Sequence[SheetMessage], missing: str | None) -> list[Value]:
    first = messages[0]
    bumps = sum(message.price_tier == "bump" for message in messages)
    return [
        sheet_text(first.display_name, f"{first.page_name}: display_name"),
        first.page_name,
        *(len(messages), len(messages) - bumps, bumps),
        f"{first.local_time:%a %H:%M}",
        sheet_text(missing, first.page_name),
        first.schedule_id,
    ]


def week_name(week_start: dt.date) -> str:
    """`2026-W53`: 2027-01-01 lies in it."""
    return f"{week_start:%G-W%V}"
