"""The content of a week's tab in the spreadsheet."""

import datetime as dt
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from eros_assets.exporting.sheets.planning import SheetWeek, sheet_week
from eros_assets.exporting.sheets.review import EarlierReview
from eros_assets.exporting.sheets.state import sheet_id
from eros_assets.exporting.sheets.tables import SheetMessage, WeekEntry, week_name
from eros_assets.installation import Installation
from eros_assets.warehouse.protocol import Warehouse
from eros_assets.weekly.shortfalls import week_shortfalls

if TYPE_CHECKING:
    import pandas as pd


def shown_week(
    eros: Installation,
    warehouse: Warehouse,
    week_start: dt.date,
    messages: "pd.DataFrame",
    *,
    run_id: str,
) -> SheetWeek:
    """What the spreadsheet is to show of a week; `messages` are those of its active schedules."""
    names = warehouse.query(eros.sql("creator_names"))
    named = dict(zip(names["page_name"], names["display_name"], strict=True))
    shown = [_message(row, named) for row in messages.to_dict("records")]
    missing: dict[str, list[str]] = {}
    shortfalls = week_shortfalls(eros, warehouse, week_start)
    for shortfall in shortfalls:
        said = shortfall.sentence.removeprefix(f"{shortfall.page_name}: ")
        missing.setdefault(shortfall.page_name, []).append(said)
    reviews = warehouse.query(eros.sql("week_reviews"), {"week_start": week_start})
    bumps = sum(message.message_type == "Bump" for message in shown)
    entry = WeekEntry(
        week_start=week_start,
        sheet_id=sheet_id(week_name(week_start)),
        run_id=run_id,
        creators=len({message.page_name for message in shown}),
        messages=len(shown),
        ppvs=len(shown) - bumps,
        bumps=bumps,
        missing=len(shortfalls),
    )
    return sheet_week(
        entry,
        shown,
        {page: "; ".join(said) for page, said in missing.items()},
        {
            (row["page_name"], int(row["caption_id"])): EarlierReview(row["decision"], row["note"])
            for row in reviews.to_dict("records")
        },
    )


def _message(row: Mapping[Any, Any], names: Mapping[str, str]) -> SheetMessage:
    import pandas as pd

    return SheetMessage(
        schedule_id=row["schedule_id"],
        page_name=row["page_name"],
        display_name=names.get(row["page_name"], row["page_name"]),
        message_number=int(row["message_number"]),
        send_time=row["scheduled_send_time"].to_pydatetime(),
        message_type=row["message_type"],
        price_tier=row["price_tier"],
        content_category=row["content_category"],
        has_urgency=None if pd.isna(row["has_urgency"]) else bool(row["has_urgency"]),
        caption_id=int(row["caption_id"]),
        caption_text=row["caption_text"] or "",
        performance_score=float(row["performance_score"]),
    )
