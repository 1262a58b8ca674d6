"""Answers what a page's week is made of: targets, what is missing, each message, what is known."""

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

from eros_assets.answers.answer import Answer, shortened
from eros_assets.answers.lookup import Schedule
from eros_assets.calendar import ZONE
from eros_assets.dataset import Dataset
from eros_assets.insights.page_insights import insights_of
from eros_assets.publishing.index import target_facts
from eros_assets.weekly.records import records
from eros_assets.weekly.shortfalls import Shortfall, week_shortfalls


def why_week(dataset: Dataset, schedule: Schedule) -> Answer:
    """A page's week in one screen, from the tables of the week."""
    query = {"week_start": schedule.week_start, "pages": [schedule.page]}
    origin = next(iter(records(dataset.query("target_origins", **query))), {})
    rows = dataset.rows(
        "weekly_volume_targets", week_start=schedule.week_start, page_name=schedule.page
    )
    target = next(iter(records(rows)), {})
    lacking = [
        each
        for each in week_shortfalls(dataset, schedule.week_start)
        if each.page_name == schedule.page
    ]
    known = insights_of(dataset, schedule.week_start, {schedule.page: schedule.display_name})[
        schedule.page
    ]
    facts = dict(target_facts(origin or None))
    expected = sum(row["expected_value"] or 0.0 for row in schedule.rows)
    sections = {
        "Targets": list(facts.values()) or ["Nothing is stored of the targets of this week."],
        "Missing": list(_missing(lacking)) or ["Nothing."],
        "Messages": [_line(row) for row in schedule.rows],
        **known.sections,
    }
    title = (
        f"{schedule.display_name}, week of {schedule.week_start}: {len(schedule.rows)} messages, "
        f"${expected:,.0f} expected"
    )
    values = {**_values(schedule, origin, target, lacking), "known": known.values}
    return Answer(title, sections, values)


def _missing(lacking: list[Shortfall]) -> Iterator[str]:
    for each in lacking:
        yield each.sentence + (f". {each.remedy}" if each.remedy else "")


def _line(row: Mapping[str, Any]) -> str:
    local = row["scheduled_send_time"].astimezone(ZONE)
    price = "" if row["suggested_price"] is None else f" ${row['suggested_price']:g}"
    parts = [f"{row['message_number']}. {local:%a %H:%M} {row['price_tier']}{price}"]
    if row["expected_value"]:
        parts.append(f"${row['expected_value']:,.0f} expected")
    if row["slot_value"] is not None:
        parts.append(f"hour × {row['slot_value']:.2f}")
    if row["source"] == "queued":
        parts.append("queued by people")
    elif row["arm"] == "control":
        parts.append("drawn uniformly")
    return f"{', '.join(parts)}: {shortened(row['caption_text'])}"


def _values(
    schedule: Schedule,
    origin: Mapping[str, Any],
    target: Mapping[str, Any],
    lacking: list[Shortfall],
) -> dict[str, Any]:
    def plain(row: Mapping[str, Any]) -> dict[str, Any]:
        return {
            str(name): value.isoformat() if isinstance(value, dt.datetime | dt.date) else value
            for name, value in row.items()
            if name != "explanation"
        }

    return {
        "page": schedule.page,
        "week": schedule.week_start.isoformat(),
        "targets": plain(target),
        "origins": plain(origin),
        "missing": [{"sentence": each.sentence, "remedy": each.remedy} for each in lacking],
        "messages": [plain(row) for row in schedule.rows],
    }
