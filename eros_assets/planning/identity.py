"""Makes a schedule's id from its content, so that equal content has an equal id."""

import datetime as dt
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass

from eros_assets.planning.model import MessageType, PlanningError


@dataclass(frozen=True, slots=True)
class ScheduleRow:
    """What makes a scheduled message what it is; `send_time` is an aware instant in any zone."""

    send_time: dt.datetime
    message_type: MessageType
    caption_id: int
    price_tier: str
    arm: str


def schedule_id(page_name: str, week_start: dt.date, rows: Iterable[ScheduleRow]) -> str:
    """`sched_<YYYYMMDD>_<page_name>_<8 hex digits>` of the rows, in whatever order they come.

    The digits are the first of the SHA-256 of the content in canonical JSON: the page, the week,
    and the rows by time and caption, times in UTC to the second.

    Raises:
        PlanningError: a time without a zone.
    """
    content = [
        page_name,
        week_start.isoformat(),
        [
            [_utc(row.send_time), row.message_type, row.caption_id, row.price_tier, row.arm]
            for row in sorted(rows, key=lambda row: (_utc(row.send_time), row.caption_id))
        ],
    ]
    canonical = json.dumps(content, ensure_ascii=True, separators=(",", ":"))
    digits = hashlib.sha256(canonical.encode("ascii")).hexdigest()[:8]
    return f"sched_{week_start:%Y%m%d}_{page_name}_{digits}"


def _utc(instant: dt.datetime) -> str:
    if instant.tzinfo is None:
        raise PlanningError(f"send time {instant} has no time zone; give it one")
    return instant.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
