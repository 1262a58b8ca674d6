"""The lines of a week's Review tab as EROS writes them, by title.

Each week has a Review tab; the newest week's is titled Review. EROS fills all columns but Decision
and Note, which are people's. It finds its columns by their titles and by marks that stay with a
column when people move it, and its lines by Schedule and Message. People may sort and delete lines
and add, move and rename columns.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from eros_assets.exporting.message import ScheduledMessage
from eros_assets.exporting.sheets.cells import SheetColumn, Value, cell_value, sheet_text
from eros_assets.exporting.sheets.tables import in_order

APPROVE, REJECT = "approve", "reject"
Key = tuple[str, int]
"""A schedule's id and a message number."""

REVIEW_COLUMNS = (
    SheetColumn("Week", "text", 80),
    SheetColumn("Creator", "text", 140),
    SheetColumn("Date", "date", 115),
    SheetColumn("LA time", "time", 65),
    SheetColumn("UTC offset", "text", 80),
    SheetColumn("Tier", "text", 75),
    SheetColumn("Caption", "long", 460),
    SheetColumn("Decision", "text", 90),
    SheetColumn("Note", "long", 260),
    SheetColumn("Status", "long", 200),
    SheetColumn("Page", "text", 130),
    SheetColumn("Message", "whole", 75),
    SheetColumn("Schedule", "text", 270),
)
COLUMN_OF = {column.title: column for column in REVIEW_COLUMNS}
TITLES = tuple(COLUMN_OF)
PEOPLES = ("Decision", "Note")
TELLING = ("Date", "LA time", "Caption", "Page", "Message", "Schedule")
"""Titles of the cells that tell whose a line is."""

MISPLACED = (
    "it does not show message {1} of {0}: was its Schedule or Message changed, or were some of its "
    "columns sorted alone? Empty its Decision and Note, and decide again after the next export"
)
NOT_IN_FORCE = "no longer in force: see the newer line"


@dataclass(frozen=True, slots=True)
class Said:
    """What people said of a message."""

    decision: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class ReviewLines:
    """The lines that a week's Review tab should have.

    `filled` are the cells that EROS fills, by key and title, in the order of the week's tab; `said`
    is what people are known to have said, for lines that are added.
    """

    week: str
    filled: Mapping[Key, Mapping[str, Value]]
    said: Mapping[Key, Said]


def review_lines(
    messages: Sequence[ScheduledMessage], week: str, said: Mapping[Key, Said]
) -> ReviewLines:
    """The lines of those of these messages that are planned.

    Raises:
        SheetContentError: a text longer than a cell holds.
    """
    return ReviewLines(week, dict(_filled(messages, week)), said)


def _filled(
    messages: Sequence[ScheduledMessage], week: str
) -> Iterator[tuple[Key, Mapping[str, Value]]]:
    for message in in_order(messages):
        if message.source != "planned":
            continue
        where, local = message.label, message.local_time
        yield (
            (message.schedule_id, message.message_number),
            {
                "Week": week,
                "Creator": sheet_text(message.display_name, f"{where}: display_name"),
                "Date": cell_value("date", local, where),
                "LA time": cell_value("time", local, where),
                "UTC offset": message.utc_offset,
                "Tier": message.price_tier,
                "Caption": sheet_text(
                    message.caption_text, f"{where}: caption {message.caption_id}"
                ),
                "Page": message.page_name,
                "Message": message.message_number,
                "Schedule": message.schedule_id,
            },
        )
