"""Reads the messages of a week's active schedules for the exports."""

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING

from eros_assets.dataset import Dataset
from eros_assets.exporting.schedule_csv import ScheduleLine

if TYPE_CHECKING:
    import pandas as pd


def active_messages(
    dataset: Dataset, week_start: dt.date, pages: Iterable[str] = ()
) -> "pd.DataFrame":
    """The messages of the week's active schedules, of `pages` or of all, in order."""
    return dataset.query("schedule_messages", week_start=week_start, pages=list(pages))


def schedule_lines(messages: "pd.DataFrame") -> list[ScheduleLine]:
    """Rows of `schedule_recommendations_with_messages` as lines of the file."""
    import pandas as pd

    return [
        ScheduleLine(
            schedule_id=row["schedule_id"],
            page_name=row["page_name"],
            scheduled_send_time=row["scheduled_send_time"].to_pydatetime(),
            message_type=row["message_type"],
            caption_id=int(row["caption_id"]),
            caption_text=row["caption_text"] or "",
            price_tier=row["price_tier"],
            content_category=row["content_category"],
            has_urgency=None if pd.isna(row["has_urgency"]) else bool(row["has_urgency"]),
            performance_score=float(row["performance_score"]),
        )
        for row in messages.to_dict("records")
    ]
