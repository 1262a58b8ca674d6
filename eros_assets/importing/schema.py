"""The input tables as files must have them: columns, types, and the rules of single columns.

Rules that a message can break without being unreadable (no page, a message_type that is none, more
views than recipients, a row_id twice …) are not here: such rows are kept, and quarantined later,
with the reason.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

ColumnType = Literal["STRING", "INT64", "FLOAT64", "BOOL", "TIMESTAMP", "ARRAY<STRING>"]
TableName = Literal["mass_messages", "caption_bank", "creators", "creator_caption_restrictions"]

PAGE_NAME = r"^[a-z0-9_]+$"
PRICE_TIERS = ("budget", "mid", "premium", "bump")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of an input table.

    `required`: every row has a value. `one_of`: the values there are (of a list: of its items).
    `pattern`: RE2 that each value matches. `unique`: no value twice. `holds_patterns`: the list's
    items are RE2 patterns themselves.
    """

    name: str
    type: ColumnType
    required: bool = False
    one_of: tuple[str, ...] = ()
    pattern: str | None = None
    unique: bool = False
    holds_patterns: bool = False


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


SCHEMAS: Mapping[TableName, TableSchema] = {
    schema.name: schema
    for schema in (
        TableSchema(
            "mass_messages",
            (
                Column("row_id", "INT64"),
                Column("page_name", "STRING"),
                Column("message", "STRING"),
                Column("sending_time", "TIMESTAMP"),
                Column("price", "FLOAT64"),
                Column("sent_count", "INT64"),
                Column("viewed_count", "INT64"),
                Column("purchased_count", "INT64"),
                Column("earnings", "FLOAT64"),
                Column("message_type", "STRING"),
                Column("caption_id", "INT64"),
            ),
        ),
        TableSchema(
            "caption_bank",
            (
                Column("caption_id", "INT64", required=True, unique=True),
                Column("caption_text", "STRING", required=True),
                Column("content_category", "STRING", required=True),
                Column("price_tier", "STRING", required=True, one_of=PRICE_TIERS),
                Column("has_urgency", "BOOL", required=True),
                Column("page_name", "STRING", pattern=PAGE_NAME),
                Column("is_active", "BOOL", required=True),
                Column("created_at", "TIMESTAMP"),
            ),
        ),
        TableSchema(
            "creators",
            (
                Column("page_name", "STRING", required=True, pattern=PAGE_NAME, unique=True),
                Column("display_name", "STRING"),
                Column("is_active", "BOOL", required=True),
            ),
            optional=True,
        ),
        TableSchema(
            "creator_caption_restrictions",
            (
                Column("page_name", "STRING", required=True, pattern=PAGE_NAME),
                Column("restricted_categories", "ARRAY<STRING>"),
                Column("restricted_price_tiers", "ARRAY<STRING>", one_of=PRICE_TIERS),
                Column("blocked_patterns", "ARRAY<STRING>", holds_patterns=True),
                Column("is_active", "BOOL", required=True),
            ),
            optional=True,
        ),
    )
}


INPUT_TABLES = tuple(SCHEMAS)
