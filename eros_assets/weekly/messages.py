"""Reads the messages of a week's active schedules for the exports."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields
from typing import TYPE_CHECKING, Any

from eros_assets.dataset import Dataset
from eros_assets.errors import ErosError
from eros_assets.exporting.message import ScheduledMessage

if TYPE_CHECKING:
    import pandas as pd


class MessageError(ErosError):
    """A message in force lacks a value that every export needs."""


def active_messages(
    dataset: Dataset, week_start: dt.date, pages: Iterable[str] = ()
) -> "pd.DataFrame":
    """Rows of `schedule_recommendations_with_messages` of a week, by page and time.

    `pages` empty means all pages.
    """
    return dataset.cached_query("schedule_messages", week_start=week_start, pages=list(pages))


def scheduled_message(row: Mapping[Any, Any], display_name: str | None = None) -> ScheduledMessage:
    """A row of `schedule_recommendations_with_messages`; NULL gives the field's default.

    Raises:
        MessageError: a field without a default is NULL.
    """
    import pandas as pd

    values: dict[str, Any] = {
        "display_name": row["page_name"] if display_name is None else display_name
    }
    for field in fields(ScheduledMessage):
        if field.name in row and not pd.isna(value := row[field.name]):
            values[field.name] = value.to_pydatetime() if isinstance(value, pd.Timestamp) else value
        elif field.name not in values and field.default is MISSING:
            raise MessageError(
                f"{row['page_name']}: message {row['message_number']} has no {field.name}"
            )
    return ScheduledMessage(**values)


def message_rows(rows: "pd.DataFrame") -> list[dict[Any, Any]]:
    """The rows of `active_messages` as `scheduled_message` takes them, without other columns."""
    wanted = {field.name for field in fields(ScheduledMessage)}
    return rows[[name for name in rows.columns if name in wanted]].to_dict("records")


def messages_by_page(
    rows: "pd.DataFrame", names: Mapping[str, str] | None = None
) -> dict[str, list[ScheduledMessage]]:
    """The messages of `active_messages`, by page in its order; `names` are creators' by page.

    Raises:
        MessageError: one lacks a value.
    """
    pages: dict[str, list[ScheduledMessage]] = {}
    for row in message_rows(rows):
        message = scheduled_message(row, (names or {}).get(row["page_name"]))
        pages.setdefault(message.page_name, []).append(message)
    return pages


def creator_names(dataset: Dataset) -> dict[str, str]:
    """Creators' display names by page; the page's name where a creator has none."""
    names = dataset.cached_query("creator_names")
    return dict(zip(names["page_name"], names["display_name"], strict=True))
