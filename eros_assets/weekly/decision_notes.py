"""Says what people decided about a page's week, and which of their decisions change no week."""

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from eros_assets.calendar import ZONE
from eros_assets.dataset import Dataset
from eros_assets.planning.model import SendingHours
from eros_assets.planning.volume import hours_of_text
from eros_assets.weekly.inputs import quarantined_rows
from eros_assets.weekly.weeks import WEEKS_AHEAD

DECISION_TABLES = ("creator_availability", "creator_overrides", "queued_messages")
NUMBERS = {
    "weekly_ppv": "PPVs a week",
    "weekly_bump": "bumps a week",
    "min_gap_minutes": "minutes between PPVs",
    "max_messages_per_day": "messages a day",
}
NAMED = 3
"""Times that a sentence names."""


def decided(target: Mapping[str, Any]) -> str | None:
    """What people decided about a page's week, in a sentence; None where it is nothing.

    `target` has the columns of `weekly_volume_targets`, NULL as None.
    """
    parts: list[str] = []
    if names := target.get("set_by_people"):
        parts.append(f"set by hand: {', '.join(NUMBERS[name] for name in names.split(', '))}")
    of_date = hours_of_text(target.get("sending_hours"))
    spans = [(date, hours) for date, hours in sorted(of_date.items())]
    for hours, group in groupby(spans, lambda span: span[1]):
        dates = [date for date, _ in group]
        parts.append(f"{_dates(dates)} {_hours(hours)}")
    sentence = "; ".join(parts)
    return f"{sentence[0].upper()}{sentence[1:]}." if sentence else None


def decisions_without_effect(
    dataset: Dataset, week_start: dt.date, scheduled: Collection[str]
) -> list[str]:
    """Sentences about decisions that leave nothing to show among the week's messages.

    Pages without a schedule (none of `scheduled`) because people closed their days or set their
    numbers to 0; rows that break a rule and are left out; and messages queued for no week that a
    plan may still take in.
    """
    return [
        *_nothing_to_plan(dataset, week_start, scheduled),
        *(row.sentence for row in quarantined_rows(dataset) if row.table_name in DECISION_TABLES),
        *_queued_elsewhere(dataset, week_start),
    ]


def _nothing_to_plan(
    dataset: Dataset, week_start: dt.date, scheduled: Collection[str]
) -> Iterator[str]:
    import pandas as pd

    targets = dataset.cached_rows("weekly_volume_targets", week_start=week_start)
    for row in targets.sort_values("page_name").to_dict("records"):
        wanted = int(row["ppv_count"]) + int(row["bump_count"])
        known = {str(name): None if pd.isna(value) else value for name, value in row.items()}
        why = decided(known)
        if row["page_name"] not in scheduled and not wanted and why is not None:
            yield f"{row['page_name']}: no message is planned. {why}"


def _queued_elsewhere(dataset: Dataset, week_start: dt.date) -> Iterator[str]:
    rows = dataset.query("queued_elsewhere", week_start=week_start, weeks_ahead=WEEKS_AHEAD)
    found = rows.to_dict("records")
    for (page, has_passed), group in groupby(
        found, lambda row: (row["page_name"], row["has_passed"])
    ):
        times = [row["send_time"] for row in group]
        yield f"{page}: queued for {_times(times)}: " + (
            "the history has reached that time and has no such message; it changes no plan"
            if has_passed
            else "after the weeks that can be planned yet; it counts when its week is planned"
        )


def _times(times: Sequence[dt.datetime]) -> str:
    named = [f"{time.astimezone(ZONE):%Y-%m-%d %H:%M}" for time in times[:NAMED]]
    more = len(times) - len(named)
    return ", ".join(named) + (f" and {more} more" if more else "")


def _dates(dates: Sequence[dt.date]) -> str:
    """`Mon 3`, or, of dates in a row, `Mon 3 to Thu 6`; `all week` of seven."""
    if len(dates) == 7:
        return "all week"
    runs: list[list[dt.date]] = []
    for date in dates:
        if runs and date - runs[-1][-1] == dt.timedelta(days=1):
            runs[-1].append(date)
        else:
            runs.append([date])
    return ", ".join(
        f"{run[0]:%a %-d}" + (f" to {run[-1]:%a %-d}" if len(run) > 1 else "") for run in runs
    )


def _hours(hours: SendingHours | None) -> str:
    if hours is None:
        return "closed"
    midnight = " of the next day" if hours.passes_midnight else ""
    return f"{hours.first:02}:00 to {hours.last:02}:00{midnight}"
