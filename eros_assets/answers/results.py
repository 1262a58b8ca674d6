"""Reads what became of a week's messages: planned against sent against earned."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eros_assets.calendar import DAYS_A_WEEK, la_date
from eros_assets.dataset import Dataset
from eros_assets.evaluation.sent_matching import Occasion, matched
from eros_assets.evaluation.week_results import Bounds, MessageResult, Outcome
from eros_assets.tuning import read_knobs
from eros_assets.weekly.records import records

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class WeekResults:
    """The messages of a week by page and time, and rows that could not be read, with the reason.

    `as_of` is the instant until which the history goes: what was planned for later is not due.
    """

    week_start: dt.date
    as_of: dt.datetime
    messages: Sequence[MessageResult]
    left_out: Sequence[str]


def week_results(dataset: Dataset, week_start: dt.date) -> WeekResults:
    """What became of the messages planned for a week, and what else was sent in it.

    Planned and sent are matched as `evaluation.sent_matching` has it, over the days around the
    week too, so that a message that slipped into the next week is found, and one of that week's
    own plan is not taken for this one's.
    """
    knobs = read_knobs(dataset)
    days, minutes = int(knobs["attribution_days"]), int(knobs["sent_on_time_minutes"])
    last = week_start + dt.timedelta(days=DAYS_A_WEEK - 1)
    reach = dt.timedelta(days=2 * days)
    span = {"first_date": week_start - reach, "last_date": last + reach}
    as_of = dataset.planning_instant()
    left_out: list[str] = []
    plans = _read(dataset.query("report_plans", **span), _plan, "planned", left_out)
    sends = _read(dataset.query("report_sends", **span), _send, "sent", left_out)
    found = matched([each.occasion for each in plans], [each.occasion for each in sends], days)
    messages: list[MessageResult] = []
    for number, plan in enumerate(plans):
        if plan.row["week_start"] != week_start:
            continue
        sent = sends[found[number]] if number in found else None
        if plan.occasion.is_active or sent is not None:
            outcome = _outcome(plan, sent, as_of, minutes)
            messages.append(MessageResult(outcome=outcome, **_planned(plan), **_sent(sent)))
    planned = set(found.values())
    for number, sent in enumerate(sends):
        if number not in planned and week_start <= la_date(sent.occasion.time) <= last:
            about = {
                "page_name": sent.occasion.page_name,
                "message_type": sent.occasion.message_type,
                "price_tier": sent.row["price_tier"],
                "caption_id": _whole(sent.row["caption_id"]),
                "caption_text": sent.row["message"] or "",
            }
            messages.append(MessageResult(outcome="not planned", **about, **_sent(sent)))
    messages.sort(key=lambda m: (m.page_name, m.planned_time or m.sent_time or as_of))
    return WeekResults(week_start, as_of, messages, left_out)


@dataclass(frozen=True, slots=True)
class _Row:
    occasion: Occasion
    row: Mapping[str, Any]


def _read(frame: "pd.DataFrame", read: Any, what: str, left_out: list[str]) -> list[_Row]:
    """The rows that can be read; of the others one line each, so that none stops the report."""
    found: list[_Row] = []
    for row in records(frame):
        try:
            found.append(_Row(read(row), row))
        except (KeyError, TypeError, ValueError) as error:
            named = row.get("schedule_id") or row.get("row_id")
            number = row.get("message_number")
            left_out.append(
                f"a {what} message of {row.get('page_name') or 'no page'} ({named}"
                f"{f', number {number}' if number is not None else ''}) can't be read: {error}"
            )
    return found


def _plan(row: Mapping[str, Any]) -> Occasion:
    return _occasion(row, row["planned_time"], is_active=bool(row["is_active"]))


def _send(row: Mapping[str, Any]) -> Occasion:
    for column in ("sent_count", "earnings"):
        if row[column] is None:
            raise ValueError(f"it has no {column}")
    return _occasion(row, row["sent_time"], is_active=True)


def _occasion(row: Mapping[str, Any], time: Any, *, is_active: bool) -> Occasion:
    if row["page_name"] is None or row["message_type"] is None or time is None:
        raise ValueError("it has no page, type or time")
    return Occasion(
        row["page_name"], row["message_type"], row["content_key"], time.to_pydatetime(), is_active
    )


def _outcome(plan: _Row, sent: _Row | None, as_of: dt.datetime, minutes: int) -> Outcome:
    if sent is None:
        return "not due" if plan.occasion.time >= as_of else "not sent"
    if not plan.occasion.is_active:
        return "earlier plan"
    late = abs((sent.occasion.time - plan.occasion.time).total_seconds())
    return "on time" if late <= 60 * minutes else "other time"


def _planned(plan: _Row) -> dict[str, Any]:
    row = plan.row
    rate, bounds = _belief(row["explanation"])
    same = ("schedule_id", "price_tier", "content_category", "arm", "source")
    return {
        "page_name": plan.occasion.page_name,
        "message_type": plan.occasion.message_type,
        "planned_time": plan.occasion.time,
        **{name: row[name] for name in same},
        "message_number": _whole(row["message_number"]),
        "caption_id": _whole(row["caption_id"]),
        "caption_text": row["caption_text"] or "",
        "suggested_price": row["suggested_price"],
        "expected_value": row["expected_value"],
        "rate": rate,
        "rate_bounds": bounds,
        "dispersion": max(row["dispersion"] or 1.0, 1.0),
        "send_noise": row["send_noise"] or 0.0,
    }


def _sent(sent: _Row | None) -> dict[str, Any]:
    if sent is None:
        return {}
    row = sent.row
    return {
        "sent_time": sent.occasion.time,
        "price": row["price"],
        "recipients": int(row["sent_count"]),
        "views": int(row["viewed_count"] or 0),
        "purchases": int(row["purchased_count"] or 0),
        "earnings": float(row["earnings"]),
        "age_hours": row["age_hours"],
        "maturity": float(row["maturity"]),
        "is_ripe": bool(row["is_ripe"]),
    }


def _belief(explanation: str | None) -> tuple[float | None, Bounds | None]:
    """The conversion rate that was expected, and its interval; None where it isn't known."""
    try:
        said = json.loads(explanation or "{}")
        lower, upper = said["posterior_interval"]
        return float(said["posterior_mean"]), (float(lower), float(upper))
    except (KeyError, TypeError, ValueError):
        return None, None


def _whole(value: Any) -> int | None:
    return None if value is None else int(value)
