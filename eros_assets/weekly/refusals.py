"""Judges whether a page's week can be published: before it is locked, and again in force.

What can't be published stays a draft. A text that is lost after it was locked costs its page alone.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from eros_assets.errors import ErosError
from eros_assets.exporting.columns import SHEET_COLUMNS
from eros_assets.exporting.message import ScheduledMessage
from eros_assets.exporting.schedule_csv import schedule_csv_bytes
from eros_assets.exporting.sheets.cells import cell_value
from eros_assets.weekly.messages import MessageError, message_rows, scheduled_message

if TYPE_CHECKING:
    import pandas as pd


def refusal_of(messages: Sequence[ScheduledMessage]) -> str | None:
    """Why a page's week can't be published, in one line; None where nothing speaks against it.

    The messages are written as the files and the sheet will have them.
    """
    try:
        for message in messages:
            where = f"caption {message.caption_id}"
            if not message.caption_text.strip():
                return f"{where} has no text"
            for name, column in SHEET_COLUMNS:
                cell_value(column.kind, getattr(message, name), f"{where}: {name}")
        schedule_csv_bytes(messages, "its file")
    except (ErosError, ValueError) as error:
        return str(error)
    return None


def unpublishable_pages(rows: "pd.DataFrame") -> Mapping[str, str]:
    """Pages whose schedule in force can't be published any more, each with the reason.

    The bank may have lost a text since the schedule was locked. `rows` are the messages in force.
    """
    by_page: dict[str, list[Mapping[Any, Any]]] = {}
    for row in message_rows(rows[rows["page_name"].notna()]):
        by_page.setdefault(str(row["page_name"]), []).append(row)
    reasons = {page: _refusal_of_rows(by_page[page]) for page in sorted(by_page)}
    return {
        page: f"{reason}: correct the bank and export the week again, or plan this page again"
        for page, reason in reasons.items()
        if reason is not None
    }


def _refusal_of_rows(rows: Sequence[Mapping[Any, Any]]) -> str | None:
    try:
        messages = [scheduled_message(row) for row in rows]
    except MessageError as error:
        return str(error)
    return refusal_of(messages)


def without_pages(rows: "pd.DataFrame", pages: Collection[str]) -> "pd.DataFrame":
    """The messages of other pages than these. A message without a page is nobody's."""
    return rows[rows["page_name"].notna() & ~rows["page_name"].isin(list(pages))]
