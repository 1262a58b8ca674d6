"""Judges a page's planned week before it is locked: what can't be published stays a draft."""

from collections.abc import Sequence

from eros_assets.errors import ErosError
from eros_assets.exporting.columns import SHEET_COLUMNS
from eros_assets.exporting.message import ScheduledMessage
from eros_assets.exporting.schedule_csv import schedule_csv_bytes
from eros_assets.exporting.sheets.cells import cell_value


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
