"""The words that people and platforms use for columns, and for the values of some."""

import re
from collections.abc import Mapping

WORDS: Mapping[str, tuple[str, ...]] = {
    "row_id": ("message id", "post id", "campaign id", "mass message id", "id"),
    "page_name": ("page", "creator", "account", "model", "username", "profile", "brand"),
    "message": ("text", "message text", "body", "subject", "title", "content", "caption"),
    "sending_time": (
        *("sent at", "send time", "sent time", "time sent", "sent date", "date sent"),
        *("publish time", "published at", "sent on", "datetime", "date time", "timestamp"),
        *("message date", "message time", "post date", "date", "time"),
    ),
    "price": ("unlock price", "ppv price", "locked price", "cost"),
    "sent_count": (
        *("sent", "sent to", "recipients", "total recipients", "delivered", "sends"),
        *("successful deliveries", "reach", "audience"),
    ),
    "viewed_count": (
        *("viewed", "views", "unique opens", "opens", "opened", "seen", "view count"),
        *("reactions, comments and shares", "clicks"),
    ),
    "purchased_count": (
        *("purchased", "purchases", "unlocks", "buyers", "sales", "sold"),
        *("unique placed order", "orders"),
    ),
    "earnings": ("earned", "revenue", "net", "income", "amount", "earning", "gross", "total"),
    "message_type": ("type", "kind", "message kind"),
    "caption_id": ("caption", "caption number"),
    "counted_at": ("loaded at", "exported at", "export date", "snapshot at", "updated at"),
    "caption_text": ("text", "caption", "message", "content", "body"),
    "content_category": ("category", "content type", "topic", "theme"),
    "price_tier": ("tier", "level", "price level"),
    "has_urgency": ("urgent", "urgency", "is urgent"),
    "is_active": ("active", "enabled", "in use"),
    "created_at": ("created", "date created", "written", "added", "added on"),
    "display_name": ("name", "creator name", "full name"),
    "restricted_categories": ("categories", "restricted"),
    "restricted_price_tiers": ("tiers", "price tiers"),
    "blocked_patterns": ("blocked", "blocked words", "patterns"),
}
FILLERS = frozenset(("count", "counts", "number", "no", "num", "nr", "of", "total", "usd", "the"))
"""Words that tell a header from no other."""

CLOCK_WORDS = frozenset(
    ("time", "sent time", "send time", "time sent", "time of day", "hour", "publish time", "clock")
)
CLOCK = re.compile(r"\d{1,2}:\d{2}(:\d{2})?(\s*[AaPp]\.?[Mm]\.?)?(\s*\(?[A-Z]{2,5}\)?)?")
RATE_WORDS = frozenset(("open rate", "view rate", "opened", "viewed", "opens", "views"))
FREE_WORDS = frozenset(("free", "no price", "unpriced", "gratis"))
"""What people write for the price of a free message."""

PLACEHOLDER = re.compile(r"\[[A-Z][A-Z _-]+\]|<[A-Z][A-Z _-]+>")

BANK_IDS = ("caption number", "id", "number")
STATUS_WORDS = {
    **dict.fromkeys(("unsent", "deleted", "removed", "cancelled", "canceled"), "withdrawn"),
    **dict.fromkeys(("queued", "pending", "planned"), "scheduled"),
    **dict.fromkeys(("delivered", "published", "done"), "sent"),
}
TYPE_WORDS = {
    **dict.fromkeys(("paid", "locked", "ppv message", "priced"), "PPV"),
    **dict.fromkeys(("free", "unlocked", "bump message", "no price"), "Bump"),
}
TIER_WORDS = {
    **dict.fromkeys(("low", "cheap", "basic", "small", "bronze"), "budget"),
    **dict.fromkeys(("medium", "middle", "standard", "regular", "silver"), "mid"),
    **dict.fromkeys(("high", "expensive", "top", "vip", "gold"), "premium"),
}
OTHER_WORDS = {"message_type": TYPE_WORDS, "status": STATUS_WORDS, "price_tier": TIER_WORDS}
"""What people write in columns of few values, in lower case, and what it means."""
