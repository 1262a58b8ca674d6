"""What people ask to be replaced, held against the messages in force: what can't be is refused."""

import datetime as dt
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from eros_assets.calendar import ZONE
from eros_assets.dataset import Dataset
from eros_assets.errors import ErosError
from eros_assets.weekly.replacing.record import Replacement

REJECTED = "rejected"
"""Asks for every message that a reviewer rejects."""

PERSON, REVIEW = "person", "review"
REQUEST = re.compile(r"\s*([a-z0-9_]+)[\s/:]+(\d{1,9})\s*", re.ASCII)
SHOWN_FAULTS = 5


class ReplacementError(ErosError):
    """A message that can't be replaced."""


@dataclass(frozen=True, slots=True)
class MessageRequest:
    """A message by the name of its page, or the id of its schedule, and its number."""

    name: str
    number: int

    @property
    def of_schedule(self) -> bool:
        """Whether it names a schedule."""
        return self.name.startswith("sched_")


@dataclass(frozen=True, slots=True)
class Requests:
    """Single messages, and whether every rejected one is asked for."""

    messages: tuple[MessageRequest, ...]
    rejected: bool


@dataclass(frozen=True, slots=True)
class MessageInForce:
    """A message of a schedule in force, see `messages_in_force.sql`."""

    page_name: str
    schedule_id: str
    message_number: int
    scheduled_send_time: dt.datetime
    source: str
    caption_id: int
    price_tier: str
    arm: str | None
    slot_value: float
    is_rejected: bool
    note: str | None
    is_new: bool
    is_published: bool

    @property
    def key(self) -> tuple[str, int]:
        """Schedule and message number."""
        return self.schedule_id, self.message_number


def parse_requests(texts: Sequence[str]) -> Requests:
    """Requests as people write them: `amber_lens 7`, `rejected`; a message twice is one request.

    Raises:
        ReplacementError: a text that is neither.
    """
    found: dict[MessageRequest, None] = {}
    rejected = False
    for text in texts:
        if text.strip().lower() == REJECTED:
            rejected = True
            continue
        match = REQUEST.fullmatch(text)
        if match is None:
            raise ReplacementError(
                f"replace: {text!r} is neither a page with the number of a message, as in "
                f"'amber_lens 7', nor {REJECTED!r}"
            )
        found[MessageRequest(match[1], int(match[2]))] = None
    return Requests(tuple(found), rejected)


def messages_in_force(
    dataset: Dataset, week_start: dt.date, pages: Collection[str] = ()
) -> list[MessageInForce]:
    """The messages in force of a week; no pages: of all."""
    import pandas as pd

    found: list[MessageInForce] = []
    rows = dataset.query("messages_in_force", week_start=week_start, pages=sorted(pages))
    for row in rows.to_dict("records"):
        values: dict[str, Any] = {
            str(name): None if pd.isna(cell) else cell for name, cell in row.items()
        }
        values |= {
            "message_number": int(row["message_number"]),
            "caption_id": int(row["caption_id"]),
            "scheduled_send_time": row["scheduled_send_time"].to_pydatetime(),
            "slot_value": 1.0 if pd.isna(row["slot_value"]) else float(row["slot_value"]),
        }
        found.append(MessageInForce(**values))
    return found


def asked_for(
    requests: Requests,
    in_force: Sequence[MessageInForce],
    done: Collection[tuple[str, int]],
    *,
    week_start: dt.date,
    planned_at: dt.datetime,
) -> list[Replacement]:
    """The messages to replace, by page and number.

    A message that is replaced already, but whose new schedule people were not given yet, is done:
    the run that replaced it was interrupted, and what is left is to publish it.

    Args:
        requests: what is asked for.
        in_force: the messages in force.
        done: schedules and numbers of the messages that were replaced earlier.
        week_start: the Monday that names the week.
        planned_at: the instant of the decision; what was due until then stays.

    Raises:
        ReplacementError: a message does not exist, was queued by hand, or was due already. Rejected
            messages that were due are left out without an error: nobody can take them back.
    """
    asked: dict[tuple[str, int], Replacement] = {}
    faults: list[str] = []
    for request in requests.messages:
        if request.of_schedule and (request.name, request.number) in done:
            continue
        found = [m for m in in_force if request.name in (m.page_name, m.schedule_id)]
        message = next((m for m in found if m.message_number == request.number), None)
        fault = _fault(request, found, message, week_start, planned_at)
        if fault:
            faults.append(fault)
        elif message is not None and not (message.is_new and not message.is_published):
            asked[message.key] = _replacement(message, week_start, PERSON)
    if faults:
        more = len(faults) - SHOWN_FAULTS
        raise ReplacementError(
            "; ".join([*faults[:SHOWN_FAULTS], *([f"and {more} more"] if more > 0 else [])])
            + ". Nothing was changed"
        )
    if requests.rejected:
        for message in in_force:
            if message.is_rejected and can_be_replaced(message, planned_at):
                asked.setdefault(message.key, _replacement(message, week_start, REVIEW))
    return sorted(asked.values(), key=lambda each: (each.page_name, each.message_number))


def can_be_replaced(message: MessageInForce, planned_at: dt.datetime) -> bool:
    """Whether a message is planned by EROS, and lies ahead."""
    return message.source == "planned" and message.scheduled_send_time > planned_at


def _fault(
    request: MessageRequest,
    found: Sequence[MessageInForce],
    message: MessageInForce | None,
    week_start: dt.date,
    planned_at: dt.datetime,
) -> str | None:
    if not found:
        if request.of_schedule:
            return f"{request.name} is not in force in the week of {week_start}"
        return f"{request.name} has no schedule in force in the week of {week_start}"
    page = found[0].page_name
    if message is None:
        numbers = [m.message_number for m in found]
        return (
            f"{page} has no message {request.number} in the week of {week_start}; its "
            f"{len(numbers)} messages have the numbers {min(numbers)} to {max(numbers)}"
        )
    if message.source != "planned":
        return (
            f"message {request.number} of {page} was queued by hand: who queued it can change it "
            "in queued_messages"
        )
    if not can_be_replaced(message, planned_at):
        at = message.scheduled_send_time.astimezone(ZONE)
        return (
            f"message {request.number} of {page} was sent at {at:%a %Y-%m-%d %H:%M} Los Angeles "
            "time and can't be replaced"
        )
    return None


def _replacement(message: MessageInForce, week_start: dt.date, asked_by: str) -> Replacement:
    return Replacement(
        page_name=message.page_name,
        week_start=week_start,
        schedule_id=message.schedule_id,
        message_number=message.message_number,
        caption_id=message.caption_id,
        scheduled_send_time=message.scheduled_send_time,
        price_tier=message.price_tier,
        arm=message.arm or "treatment",
        asked_by=asked_by,
        note=message.note if message.is_rejected else None,
    )


def resolved(requests: Requests, in_force: Sequence[MessageInForce]) -> list[str]:
    """The single messages by their schedules: requests that mean the same when they are repeated.

    A run that was interrupted may be repeated after its new schedule is in force.
    """
    schedules: dict[str, Any] = {m.page_name: m.schedule_id for m in in_force}
    named = [f"{schedules.get(r.name, r.name)} {r.number}" for r in requests.messages]
    return [*named, *([REJECTED] if requests.rejected else [])]
