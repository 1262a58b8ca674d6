"""The tables of the week's tab and of the Summary, made from a week's messages."""

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from eros_assets.exporting.columns import SHEET_COLUMNS
from eros_assets.exporting.message import ScheduledMessage
from eros_assets.exporting.sheets.cells import (
    SheetColumn,
    Value,
    cell_value,
    serial_date,
    sheet_text,
)

LAYOUT = 1
"""Part of every digest: a new number has every week written again."""

WEEK_COLUMNS = tuple(column for _, column in SHEET_COLUMNS)
NO_MESSAGES = "No schedule of this week is published."


@dataclass(frozen=True, slots=True)
class Table:
    """A header and rows; `links` are URLs by (row, column), without the header."""

    columns: Sequence[SheetColumn]
    rows: Sequence[Sequence[Value]]
    links: Mapping[tuple[int, int], str] = field(default_factory=dict[tuple[int, int], str])

    @property
    def grid(self) -> list[list[Value]]:
        """The header and the rows."""
        return [[column.title for column in self.columns], *(list(row) for row in self.rows)]

    @property
    def row_count(self) -> int:
        """Rows of the grid: at least one under the frozen header, as Google requires."""
        return max(2, 1 + len(self.rows))

    @property
    def digest(self) -> str:
        """SHA-256 of the table's contents, in hex."""
        links = [[*place, address] for place, address in sorted(self.links.items())]
        content = json.dumps([LAYOUT, self.grid, links], ensure_ascii=True)
        return hashlib.sha256(content.encode("ascii")).hexdigest()


def in_order(messages: Sequence[ScheduledMessage]) -> list[ScheduledMessage]:
    """The messages by creator, then by instant."""
    return sorted(
        messages,
        key=lambda m: (
            m.display_name.casefold(),
            m.page_name,
            m.scheduled_send_time,
            m.message_number,
        ),
    )


def week_table(messages: Sequence[ScheduledMessage]) -> Table:
    """The week's own tab: one row per message, by creator and time.

    Raises:
        SheetContentError: a text longer than a cell holds.
    """
    rows = [
        [
            cell_value(
                column.kind,
                getattr(message, name),
                f"{message.label}, caption {message.caption_id}: {name}",
            )
            for name, column in SHEET_COLUMNS
        ]
        for message in in_order(messages)
    ]
    return Table(WEEK_COLUMNS, rows or [[NO_MESSAGES, *[None] * (len(WEEK_COLUMNS) - 1)]])


@dataclass(frozen=True, slots=True)
class WeekEntry:
    """A week's line in the Summary tab; `sheet_id` is the id of its tab."""

    week_start: dt.date
    sheet_id: int
    run_id: str
    creators: int
    messages: int
    ppvs: int
    bumps: int
    missing: int


SUMMARY_COLUMNS = (
    SheetColumn("Week", "text", 190),
    SheetColumn("Monday", "date", 130),
    SheetColumn("Messages", "whole", 80),
    SheetColumn("PPVs", "whole", 60),
    SheetColumn("Bumps", "whole", 65),
    SheetColumn("Creators", "whole", 95),
    SheetColumn("Missing", "long", 340),
    SheetColumn("Written by run", "text", 290),
)
CREATOR_COLUMNS = (
    SheetColumn("Creator", "text", 190),
    SheetColumn("Page", "text", 130),
    SheetColumn("Messages", "whole", 80),
    SheetColumn("PPVs", "whole", 60),
    SheetColumn("Bumps", "whole", 65),
    SheetColumn("First message", "text", 95),
    SheetColumn("Missing", "long", 340),
    SheetColumn("Schedule", "text", 290),
)


def summary_table(
    weeks: Sequence[WeekEntry],
    newest: WeekEntry,
    messages: Sequence[ScheduledMessage],
    missing: Mapping[str, str],
) -> Table:
    """One line per week, newest first, then one per creator of the newest written week.

    `missing` describes shortfalls by page. The first cell of a line links to its tab and row.
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


def _creator_row(messages: Sequence[ScheduledMessage], missing: str | None) -> list[Value]:
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
    """The ISO week, such as `2026-W53`, which contains 2027-01-01."""
    return f"{week_start:%G-W%V}"
