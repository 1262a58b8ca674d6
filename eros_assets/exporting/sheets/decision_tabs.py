"""The tabs in which people say what they decide: queued messages, days off and hours, overrides.

People write the lines; EROS writes the titles, a note that explains each column, its data
validation, and Status, which says why a line is not read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from eros_assets.exporting.sheets.cells import CellKind, SheetColumn

DecisionKind = Literal[
    "page", "date", "time", "hour", "count", "money", "id", "type", "text", "status"
]
LOOKS: Mapping[DecisionKind, CellKind] = {
    "page": "text",
    "date": "date",
    "time": "time",
    "hour": "whole",
    "count": "whole",
    "money": "money",
    "id": "id",
    "type": "text",
    "text": "long",
    "status": "long",
}
TYPES = ("PPV", "Bump")
STATUS = "Status"


@dataclass(frozen=True, slots=True)
class DecisionColumn:
    """A column: its title, the column of `sheet_decisions` that it fills, and what it takes.

    `lowest` and `highest` bound a number. `note` explains the column to people.
    """

    title: str
    name: str
    kind: DecisionKind
    width: int
    note: str
    required: bool = False
    lowest: int = 0
    highest: int = 0

    @property
    def look(self) -> SheetColumn:
        """The column as it is formatted."""
        return SheetColumn(self.title, LOOKS[self.kind], self.width)


@dataclass(frozen=True)
class DecisionTab:
    """A tab. `table` is the input table whose rows its lines stand beside."""

    name: str
    table: str
    columns: Sequence[DecisionColumn]

    @cached_property
    def titles(self) -> tuple[str, ...]:
        """The titles, in order."""
        return tuple(column.title for column in self.columns)

    @cached_property
    def column(self) -> Mapping[str, DecisionColumn]:
        """The columns by title."""
        return {column.title: column for column in self.columns}

    @cached_property
    def indispensable(self) -> frozenset[str]:
        """Titles without which lines would say something else than people mean."""
        return frozenset(c.title for c in self.columns if c.name != "note" and c.kind != "status")


_PAGE = DecisionColumn(
    "Page", "page_name", "page", 150, "The creator's page, or the creator's name.", required=True
)
_STATUS = DecisionColumn(
    STATUS, "", "status", 280, "EROS writes here why it does not read a line. Leave it empty."
)

QUEUE = DecisionTab(
    "Queued messages",
    "queued_messages",
    (
        _PAGE,
        DecisionColumn(
            "Date", "", "date", 115, "The day in Los Angeles, such as 2025-11-12.", required=True
        ),
        DecisionColumn(
            "Time", "", "time", 70, "The time in Los Angeles, such as 20:00.", required=True
        ),
        DecisionColumn(
            "Type", "message_type", "type", 70, "PPV or Bump. Empty: PPV when there is a price."
        ),
        DecisionColumn("Price", "price", "money", 75, "Of a PPV, in USD.", highest=10_000),
        DecisionColumn(
            "Caption ID",
            "caption_id",
            "id",
            170,
            "The caption of the bank, as in the week's tab. Empty: the message has its own text.",
        ),
        DecisionColumn(
            "Text", "message", "text", 420, "The message's own text. Empty: that of the caption."
        ),
        DecisionColumn("Note", "note", "text", 220, "Why. It stands in the week as the reason."),
        _STATUS,
    ),
)
AVAILABILITY = DecisionTab(
    "Days off and hours",
    "creator_availability",
    (
        _PAGE,
        DecisionColumn(
            "First date",
            "first_date",
            "date",
            115,
            "The first day in Los Angeles, such as 2025-11-10.",
            required=True,
        ),
        DecisionColumn(
            "Last date", "last_date", "date", 115, "The last day, included. Empty: the first one."
        ),
        DecisionColumn(
            "First hour",
            "first_hour",
            "hour",
            85,
            "The first hour in Los Angeles in which messages may start, 0 to 23. Both hours empty: "
            "the days are off, and nothing is sent.",
            highest=23,
        ),
        DecisionColumn(
            "Last hour",
            "last_hour",
            "hour",
            85,
            "The last hour in which messages may start, 0 to 23. Below the first one: past "
            "midnight, on the next day.",
            highest=23,
        ),
        DecisionColumn("Reason", "note", "text", 260, "Why, for people."),
        _STATUS,
    ),
)
OVERRIDES = DecisionTab(
    "Overrides",
    "creator_overrides",
    (
        _PAGE,
        DecisionColumn(
            "PPVs a week", "weekly_ppv", "count", 100, "Empty: as computed.", highest=200
        ),
        DecisionColumn(
            "Bumps a week", "weekly_bump", "count", 105, "Empty: as computed.", highest=200
        ),
        DecisionColumn(
            "Minutes between PPVs",
            "min_gap_minutes",
            "count",
            160,
            "The least time between two PPVs. Empty: as computed.",
            highest=1320,
        ),
        DecisionColumn(
            "Messages a day",
            "max_messages_per_day",
            "count",
            120,
            "The most messages of a day. Empty: as computed.",
            highest=60,
        ),
        DecisionColumn(
            "From",
            "valid_from",
            "date",
            115,
            "It holds for the weeks whose Monday is not before this date. Empty: since ever.",
        ),
        DecisionColumn(
            "Until",
            "valid_until",
            "date",
            115,
            "It holds for the weeks whose Monday is not after this date. Empty: for good.",
        ),
        DecisionColumn("Note", "note", "text", 260, "Why, for people."),
        _STATUS,
    ),
)
DECISION_TABS = (QUEUE, AVAILABILITY, OVERRIDES)
