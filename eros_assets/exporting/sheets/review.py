"""The lines of the Review tab as EROS writes them.

EROS only adds lines, above the others, and never changes existing ones: people may sort and delete
lines, and add columns at the right. A decision applies to a message of a schedule. It is copied to
the same caption's line when the page's week gets another schedule.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from eros_assets.exporting.message import ScheduledMessage
from eros_assets.exporting.sheets.cells import SheetColumn, Value, cell_value, sheet_text
from eros_assets.exporting.sheets.tables import Table, in_order, week_name

APPROVE, REJECT = "approve", "reject"

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
    SheetColumn("Page", "text", 130),
    SheetColumn("Message", "whole", 75),
    SheetColumn("Schedule", "text", 270),
)
TITLES = tuple(column.title for column in REVIEW_COLUMNS)
DECISION, NOTE, SCHEDULE, MESSAGE = (
    TITLES.index(title) for title in ("Decision", "Note", "Schedule", "Message")
)
TIER = TITLES.index("Tier")


@dataclass(frozen=True, slots=True)
class EarlierReview:
    """The review of a page's caption in an earlier schedule of the week."""

    decision: str | None
    note: str | None


def review_table(
    messages: Sequence[ScheduledMessage], earlier: Mapping[tuple[str, int], EarlierReview]
) -> Table:
    """The lines of those of these messages that are planned. `earlier` is by page and caption.

    Raises:
        SheetContentError: a text longer than a cell holds.
    """
    nothing = EarlierReview(None, None)
    return Table(
        REVIEW_COLUMNS,
        [
            _line(message, earlier.get((message.page_name, message.caption_id), nothing))
            for message in in_order(messages)
            if message.source == "planned"
        ],
    )


def _line(message: ScheduledMessage, earlier: EarlierReview) -> list[Value]:
    where, local = message.label, message.local_time
    return [
        week_name(local.date()),
        sheet_text(message.display_name, f"{where}: display_name"),
        cell_value("date", local, where),
        cell_value("time", local, where),
        message.utc_offset,
        message.price_tier,
        sheet_text(message.caption_text, f"{where}: caption {message.caption_id}"),
        earlier.decision,
        sheet_text(earlier.note, f"{where}: note"),
        message.page_name,
        message.message_number,
        message.schedule_id,
    ]
