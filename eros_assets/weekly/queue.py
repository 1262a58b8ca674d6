"""Messages that people queued by hand: fixed in a page's week, and shown with what is planned."""

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eros_assets.calendar import la_date, monday_of
from eros_assets.planning.identity import Content
from eros_assets.planning.model import MessageType, Rule, SentMessage, WeekRules
from eros_assets.planning.remaining import tier_of
from eros_assets.planning.validation import PlacedCaption, violations

JUDGED = frozenset(
    {
        *(Rule.MIN_GAP, Rule.MESSAGE_GAP, Rule.MAX_MESSAGES_PER_DAY),
        *(Rule.COOLING_DAYS, Rule.SENDING_HOURS),
    }
)
"""The rules that a queued message may break; the others are of what EROS plans."""


@dataclass(frozen=True, slots=True)
class QueuedMessage:
    """A message at a time that people set.

    `caption_id` is the caption's, or, of a text of its own, a number made from it. `price` is USD.
    `broken` are the hard rules that it breaks beside what is sent or queued.
    """

    send_time: dt.datetime
    message_type: MessageType
    caption_id: int
    text: str
    price_tier: str
    content_category: str | None = None
    price: float | None = None
    note: str | None = None
    broken: tuple[Rule, ...] = ()

    @property
    def fixed(self) -> SentMessage:
        """The message as planning works around it."""
        return SentMessage(
            self.send_time, self.message_type, self.price_tier, self.content_category
        )

    @property
    def reason(self) -> str:
        """Why it is in the week, in a sentence."""
        said = "Queued by hand" + (f": {self.note.strip().rstrip('.')}" if self.note else "")
        if self.broken:
            said += f"; it breaks {', '.join(rule.words for rule in self.broken)}"
        return f"{said}."

    @property
    def content(self) -> Content:
        """What identifies it in its schedule."""
        return queued_content(
            self.send_time,
            self.message_type,
            self.caption_id,
            self.price_tier,
            self.price,
            self.reason,
        )


def queued_content(
    send_time: dt.datetime,
    message_type: MessageType,
    caption_id: int,
    price_tier: str,
    price: float | None,
    reason: str,
) -> Content:
    """The identity of a queued message: its price and what is said of it take the arm's place."""
    cents = "" if price is None else str(round(100 * price))
    return send_time, message_type, caption_id, price_tier, f"queued|{cents}|{reason}"


def row_content(row: Mapping[Any, Any]) -> Content:
    """What identifies a message of a schedule: a row of `schedule_recommendations`."""
    import pandas as pd

    what = (
        pd.Timestamp(row["scheduled_send_time"]).to_pydatetime(),
        row["message_type"],
        int(row["caption_id"]),
        row["price_tier"],
    )
    if row["source"] == "queued":
        price = None if pd.isna(row["suggested_price"]) else float(row["suggested_price"])
        return queued_content(*what, price, row["reason"])
    return *what, row["arm"]


def queued_message(row: Mapping[Any, Any]) -> QueuedMessage:
    """A row of `queued_this_week`."""
    import pandas as pd

    caption_id = row["caption_id"]
    kind: MessageType = row["message_type"]
    return QueuedMessage(
        send_time=row["sending_time"].to_pydatetime(),
        message_type=kind,
        caption_id=_id_of(row["message"]) if pd.isna(caption_id) else int(caption_id),
        text=row["message"],
        price_tier=tier_of(kind, row["price_tier"]),
        content_category=row["content_category"],
        price=None if pd.isna(row["price"]) else float(row["price"]),
        note=row["note"],
    )


def _id_of(text: str) -> int:
    """A positive INT64 made from a text."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def of_week(queued: Iterable[QueuedMessage], week_start: dt.date) -> tuple[QueuedMessage, ...]:
    """The messages that go out in the week, in order of time."""
    inside = [q for q in queued if monday_of(la_date(q.send_time)) == week_start]
    return tuple(sorted(inside, key=lambda q: (q.send_time, q.caption_id)))


def broken_rules_of(
    queued: Sequence[QueuedMessage], rules: WeekRules, sent: Sequence[SentMessage]
) -> Mapping[QueuedMessage, tuple[Rule, ...]]:
    """The hard rules that queued messages break beside each other and what was sent."""
    placed = [PlacedCaption(place, q.message_type, q.send_time) for place, q in enumerate(queued)]
    found = [v for v in violations(rules, placed, sent=sent) if v.rule in JUDGED]
    return {
        q: tuple(dict.fromkeys(v.rule for v in found if place in v.caption_ids))
        for place, q in enumerate(queued)
    }
