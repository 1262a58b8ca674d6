"""Makes a schedule's id from its content, so that equal content has an equal id."""

import datetime as dt
import hashlib
import json
from collections.abc import Iterable

from eros_assets.planning.model import MessageType, PlannedMessage, PlanningError

Content = tuple[dt.datetime, MessageType, int, str, str]
"""What identifies a message: aware instant, message type, caption id, price tier, arm."""


def schedule_id(
    page_name: str,
    week_start: dt.date,
    messages: Iterable[PlannedMessage],
    fixed: Iterable[Content] = (),
) -> str:
    """The id of a page's planned week, with what stands in it; see `id_of_contents`."""
    captions = [(message.send_time, message.caption) for message in messages]
    planned: list[Content] = [
        (at, c.message_type, c.caption_id, c.price_tier, c.arm) for at, c in captions
    ]
    return id_of_contents(page_name, week_start, [*planned, *fixed])


def id_of_contents(page_name: str, week_start: dt.date, contents: Iterable[Content]) -> str:
    """`sched_<YYYYMMDD>_<page_name>_<8 hex digits>`, whatever the order of the contents.

    The digits are the first of the SHA-256 of the content in canonical JSON: the page, the week,
    and the messages by time and caption, times in UTC to the second.

    Raises:
        PlanningError: a time without a zone.
    """
    rows = [(_utc(send_time), *rest) for send_time, *rest in contents]
    content = [page_name, week_start.isoformat(), sorted(rows, key=lambda row: (row[0], row[2]))]
    canonical = json.dumps(content, ensure_ascii=True, separators=(",", ":"))
    digits = hashlib.sha256(canonical.encode("ascii")).hexdigest()[:8]
    return f"sched_{week_start:%Y%m%d}_{page_name}_{digits}"


def _utc(instant: dt.datetime) -> str:
    if instant.tzinfo is None:
        raise PlanningError(f"send time {instant} has no time zone; give it one")
    return instant.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
