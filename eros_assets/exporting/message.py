"""The scheduled message: what every export shows."""

import datetime as dt
from dataclasses import dataclass

from eros_assets.calendar import ZONE
from eros_assets.errors import ErosError


class MessageTimeError(ErosError):
    """A message's send time has no time zone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledMessage:
    """One message of a page's week.

    Fields are named as the columns of the view `schedule_recommendations_with_messages`; where
    that has NULL, a field has its default. `display_name` is the creator's name, `page_name` where
    the creator has none. `scheduled_send_time` is an aware instant in any zone.

    Raises:
        MessageTimeError: `scheduled_send_time` has no time zone.
    """

    schedule_id: str
    page_name: str
    display_name: str
    message_number: int
    scheduled_send_time: dt.datetime
    message_type: str
    price_tier: str
    caption_id: int
    caption_text: str = ""
    content_category: str | None = None
    has_urgency: bool | None = None
    performance_score: float | None = None
    slot_value: float | None = None
    suggested_price: float | None = None
    expected_value: float | None = None
    expected_value_lower: float | None = None
    expected_value_upper: float | None = None
    reason: str | None = None
    source: str = "planned"
    planned_at: dt.datetime | None = None

    def __post_init__(self) -> None:
        """Refuse a time without a zone."""
        if self.scheduled_send_time.tzinfo is None:
            raise MessageTimeError(
                f"{self.label}: scheduled_send_time {self.scheduled_send_time} has no time zone"
            )

    @property
    def label(self) -> str:
        """Schedule and message number, for errors."""
        return f"{self.schedule_id} message {self.message_number}"

    @property
    def local_time(self) -> dt.datetime:
        """The send time in America/Los_Angeles."""
        return self.scheduled_send_time.astimezone(ZONE)

    @property
    def day_of_week(self) -> str:
        """English name of the LA day."""
        return f"{self.local_time:%A}"

    @property
    def utc_offset(self) -> str:
        """Offset of `local_time`, such as `-08:00`."""
        return self.local_time.isoformat()[-6:]
