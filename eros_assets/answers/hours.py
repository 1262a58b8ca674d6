"""Why a message does not go out in an hour that is worth more."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from eros_assets.answers.lookup import Question
from eros_assets.calendar import DAYS_A_WEEK, ZONE
from eros_assets.dataset import Dataset
from eros_assets.tuning import Knobs
from eros_assets.weekly.records import records

SHOWN = 3
"""Better hours that are shown."""


def better_hours(dataset: Dataset, question: Question, knobs: Knobs) -> Iterator[str]:
    """A sentence on each of the best hours that are worth more than the message's own."""
    row = question.row
    values = dataset.query(
        "slot_values",
        week_start=question.week_start,
        account_lookback_days=knobs["account_lookback_days"],
        pages=[question.page],
    )
    worth = {
        (int(each["day_of_week"]), int(each["send_hour"])): float(each["slot_value"])
        for each in records(values)
        if each["message_type"] == row["message_type"]
    }
    rows = dataset.rows(
        "weekly_volume_targets", week_start=question.week_start, page_name=question.page
    )
    targets = records(rows)
    own = row["slot_value"] or 1.0
    first, last = int(knobs["first_send_hour"]), int(knobs["last_send_hour"])
    better = sorted(
        (each for each in worth.items() if each[1] > own + 5e-3 and first <= each[0][1] <= last),
        key=lambda each: (-each[1], each[0]),
    )
    for (day, hour), value in better[:SHOWN]:
        date = question.week_start + dt.timedelta(days=(day - 1) % DAYS_A_WEEK)
        why = _why_not(question, targets[0] if targets else {}, date, hour, knobs)
        yield f"{date:%A} {hour:02d}:00 is worth {value:.2f}: {why}."
    if not better:
        yield "No hour of the week in which the page sends is worth more."


def _why_not(
    question: Question, target: Mapping[str, Any], date: dt.date, hour: int, knobs: Knobs
) -> str:
    row = question.row
    others = [each for each in question.schedule.rows if each is not row]
    on_date = [each for each in others if _local(each).date() == date]
    there = [each for each in on_date if _local(each).hour == hour]
    if there:
        numbers = [str(each["message_number"]) for each in there]
        if len(numbers) == 1:
            return f"message {numbers[0]} is there"
        return f"messages {' and '.join(numbers)} are there"
    cooling = int(target.get("cooling_days") or 0)
    if row["message_type"] == "PPV" and date < question.week_start + dt.timedelta(days=cooling):
        return f"the first {cooling} days have no PPV, because the page is saturated"
    planned_at = row["planned_at"]
    if planned_at is not None and planned_at.astimezone(ZONE).date() > date:
        return "it was over when the week was planned"
    gap = int(target.get("min_gap_minutes") or knobs["message_gap_minutes"])
    if row["message_type"] == "PPV":
        near = [each for each in on_date if each["message_type"] == "PPV"]
        close = _within(near, date, hour, gap)
        if close is not None:
            return f"it lies within {gap} minutes of PPV {close}"
    close = _within(on_date, date, hour, int(knobs["message_gap_minutes"]))
    if close is not None:
        return f"message {close} is too near"
    most = int(target.get("max_messages_per_day") or 0)
    if most and len(on_date) >= most:
        return f"its day has {most} messages, which is the limit"
    return "free by itself, but days are kept even, and the week as a whole is worth more as it is"


def _within(rows: Sequence[Mapping[str, Any]], date: dt.date, hour: int, gap: int) -> int | None:
    """The number of a message that leaves no minute of the hour free by its gap."""
    start = dt.datetime(date.year, date.month, date.day, hour, tzinfo=ZONE)
    for row in rows:
        apart = (_local(row) - start).total_seconds() / 60
        # The first minute of the hour lies `apart` before it, the last one 59 later.
        if max(abs(apart), abs(apart - 45)) < gap:
            return int(row["message_number"])
    return None


def _local(row: Mapping[str, Any]) -> dt.datetime:
    return row["scheduled_send_time"].to_pydatetime().astimezone(ZONE)
