"""Scheduled messages for tests of exports."""

import datetime as dt
from typing import Any

from eros_assets.exporting.message import ScheduledMessage


def scheduled(send_time: dt.datetime, price_tier: str = "mid", **fields: Any) -> ScheduledMessage:
    """A message of amber_lens's week at this instant; `fields` change it."""
    page = fields.get("page_name", "amber_lens")
    given: dict[str, Any] = {
        "schedule_id": f"sched_20251103_{page}_0a1b2c3d",
        "page_name": page,
        "display_name": page.title(),
        "message_number": 1,
        "message_type": "Bump" if price_tier == "bump" else "PPV",
        "caption_id": 1,
        "caption_text": "New photo set",
        "content_category": "portrait",
        **fields,
    }
    return ScheduledMessage(scheduled_send_time=send_time, price_tier=price_tier, **given)
