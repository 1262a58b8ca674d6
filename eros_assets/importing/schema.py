"""The input tables as files must have them: columns, types, and the rules of single columns.

Rules that a message can break without being unreadable (no page, a message_type that is none, more
views than recipients, a row_id twice …) are not here: such rows are kept, and quarantined later,
with the reason.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

ColumnType = Literal["STRING", "INT64", "FLOAT64", "BOOL", "DATE", "TIMESTAMP", "ARRAY<STRING>"]
TableName = Literal[
    "mass_messages",
    "caption_bank",
    "creators",
    "creator_caption_restrictions",
    "creator_availability",
    "creator_overrides",
    "queued_messages",
]

PAGE_NAME = r"^[a-z0-9_]+$"
PRICE_TIERS = ("budget", "mid", "premium", "bump")
MESSAGE_TYPES = ("PPV", "Bump")
STATUSES = ("sent", "scheduled", "withdrawn")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of an input table.

    `required`: every row has a value. `one_of`: the values there are (of a list: of its items).
    `pattern`: RE2 that each value matches. `unique`: no value twice. `holds_patterns`: the list's
    items are RE2 patterns themselves. `is_id`: all digits count. `is_money`: an amount in USD.
    `date_suffices`: a date alone is its first instant. `absent` says what it means that a file
    has no such column; None where it must have it. `default` is the value of each row then.
    `optional`: few files have it, so no other header is taken for it; a value that is not one of
    `one_of` is refused.
    """

    name: str
    type: ColumnType
    required: bool = False
    one_of: tuple[str, ...] = ()
    pattern: str | None = None
    unique: bool = False
    holds_patterns: bool = False
    is_id: bool = False
    is_money: bool = False
    date_suffices: bool = False
    absent: str | None = None
    default: bool | None = None
    optional: bool = False


@dataclass(frozen=True, slots=True)
class TableSchema:
    """An input table. An `optional` one may have no file."""

    name: TableName
    columns: tuple[Column, ...]
    optional: bool = False

    @property
    def column_names(self) -> tuple[str, ...]:
        """The names, in order."""
        return tuple(column.name for column in self.columns)

    @property
    def must_have(self) -> tuple[str, ...]:
        """The names of the columns that no file or mapping may leave out."""
        return tuple(column.name for column in self.columns if column.absent is None)


SCHEMAS: Mapping[TableName, TableSchema] = {
    schema.name: schema
    for schema in (
        TableSchema(
            "mass_messages",
            (
                Column(
                    "row_id",
                    "INT64",
                    is_id=True,
                    absent="a message is known by its page, minute and text",
                ),
                Column("page_name", "STRING"),
                Column("message", "STRING"),
                Column("sending_time", "TIMESTAMP"),
                Column("price", "FLOAT64", is_money=True, absent="no message has a price"),
                Column("sent_count", "INT64"),
                Column("viewed_count", "INT64"),
                Column("purchased_count", "INT64"),
                Column("earnings", "FLOAT64", is_money=True),
                Column("message_type", "STRING", one_of=MESSAGE_TYPES),
                Column(
                    "caption_id",
                    "INT64",
                    is_id=True,
                    absent="messages are matched to captions by their text",
                ),
                Column("status", "STRING", one_of=STATUSES, absent="", optional=True),
                Column("counted_at", "TIMESTAMP", absent="", optional=True),
                Column("text_id", "STRING", absent="", optional=True),
            ),
        ),
        TableSchema(
            "caption_bank",
            (
                Column(
                    "caption_id",
                    "INT64",
                    required=True,
                    unique=True,
                    is_id=True,
                    absent="ids are made from the texts",
                ),
                Column("caption_text", "STRING", required=True),
                Column(
                    "content_category",
                    "STRING",
                    required=True,
                    absent="no caption has a category",
                ),
                Column("price_tier", "STRING", required=True, one_of=PRICE_TIERS),
                Column(
                    "has_urgency",
                    "BOOL",
                    required=True,
                    absent="no caption presses for time",
                    default=False,
                ),
                Column(
                    "page_name",
                    "STRING",
                    pattern=PAGE_NAME,
                    absent="each page may use every caption",
                ),
                Column(
                    "is_active",
                    "BOOL",
                    required=True,
                    absent="every caption may be used",
                    default=True,
                ),
                Column(
                    "created_at",
                    "TIMESTAMP",
                    date_suffices=True,
                    absent="no caption has a date",
                ),
                *(
                    Column(name, "DATE", absent="", optional=True)
                    for name in ("active_from", "active_until")
                ),
                Column("max_sends", "INT64", absent="", optional=True),
                Column("suggested_price", "FLOAT64", is_money=True, absent="", optional=True),
                Column("text_id", "STRING", absent="", optional=True),
            ),
        ),
        TableSchema(
            "creators",
            (
                Column("page_name", "STRING", required=True, pattern=PAGE_NAME, unique=True),
                Column(
                    "display_name",
                    "STRING",
                    absent="pages are shown by their page_name",
                ),
                Column(
                    "is_active",
                    "BOOL",
                    required=True,
                    absent="every creator is active",
                    default=True,
                ),
            ),
            optional=True,
        ),
        TableSchema(
            "creator_caption_restrictions",
            (
                Column("page_name", "STRING", required=True, pattern=PAGE_NAME),
                Column(
                    "restricted_categories",
                    "ARRAY<STRING>",
                    absent="no category is restricted",
                ),
                Column(
                    "restricted_price_tiers",
                    "ARRAY<STRING>",
                    one_of=PRICE_TIERS,
                    absent="no price tier is restricted",
                ),
                Column(
                    "blocked_patterns",
                    "ARRAY<STRING>",
                    holds_patterns=True,
                    absent="no pattern is blocked",
                ),
                Column(
                    "is_active",
                    "BOOL",
                    required=True,
                    absent="every row is in force",
                    default=True,
                ),
            ),
            optional=True,
        ),
        TableSchema(
            "creator_availability",
            (
                Column("page_name", "STRING", required=True, pattern=PAGE_NAME),
                Column("first_date", "DATE", required=True),
                Column("last_date", "DATE", required=True),
                Column("first_hour", "INT64", absent="hours begin as in the tuning"),
                Column("last_hour", "INT64", absent="hours end as in the tuning"),
                Column("reason", "STRING", absent="no reasons are given"),
            ),
            optional=True,
        ),
        TableSchema(
            "creator_overrides",
            (
                Column("page_name", "STRING", required=True, pattern=PAGE_NAME),
                Column("weekly_ppv", "INT64", absent="PPVs a week are as computed"),
                Column("weekly_bump", "INT64", absent="bumps a week are as computed"),
                Column("min_gap_minutes", "INT64", absent="gaps are as computed"),
                Column("max_messages_per_day", "INT64", absent="days' maxima are as computed"),
                Column("valid_from", "DATE", absent="rows hold since ever"),
                Column("valid_until", "DATE", absent="rows hold until further notice"),
                Column("note", "STRING", absent="there are no notes"),
            ),
            optional=True,
        ),
        TableSchema(
            "queued_messages",
            (
                Column("page_name", "STRING", required=True, pattern=PAGE_NAME),
                Column("send_time", "TIMESTAMP", required=True),
                Column("message_type", "STRING", required=True, one_of=MESSAGE_TYPES),
                Column("caption_id", "INT64", is_id=True, absent="each has its own text"),
                Column("message", "STRING", absent="each has its caption's text"),
                Column("price", "FLOAT64", is_money=True, absent="no message has a price"),
                Column("note", "STRING", absent="there are no notes"),
            ),
            optional=True,
        ),
    )
}


TERMS = ("active_from", "active_until", "max_sends", "suggested_price")
"""Columns that files of captions may have and the bank's table does not."""
INPUT_TABLES = tuple(SCHEMAS)
DECISIONS: tuple[TableName, ...] = ("creator_availability", "creator_overrides", "queued_messages")
"""What people decide for pages and weeks. EROS makes these tables where they are not there."""
LOADED_BY_OTHERS = tuple(name for name in INPUT_TABLES if name not in DECISIONS)
"""The inputs that somebody else makes, where the inputs are those of the warehouse."""
