"""Rehearses analyzer, selector, builder and exporter for one page on the current data.

One page is enough, because all pages share the routines; the cost doesn't grow with their number.
No row remains: captions are selected for a week far in the past, which no run can plan and no
reservation touches, and its rows are always deleted again; files go to a temporary folder.
"""

import datetime as dt
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from eros_assets.calendar import ZONE, la_instant, week_bounds
from eros_assets.dataset import Dataset
from eros_assets.errors import ErosError
from eros_assets.exporting.schedule_csv import (
    ScheduleLine,
    read_schedule_csv,
    write_schedule_csv,
    write_schedule_csv_for_excel,
)
from eros_assets.gate.conditions import week_parameters
from eros_assets.gate.report import Report, read_report
from eros_assets.planning.identity import ScheduleRow, schedule_id
from eros_assets.planning.model import WeekPlan
from eros_assets.planning.volume import split_by_largest_remainder
from eros_assets.tuning import Knobs
from eros_assets.warehouse.protocol import Value
from eros_assets.weekly.drafting import PageInputs, Record, draft_page
from eros_assets.weekly.scope import WeekPlanScope

if TYPE_CHECKING:
    import pandas as pd

REHEARSAL_WEEK = dt.date(2000, 1, 3)
"""A Monday before the first week that can be planned."""

REPEATS = 2
"""Times that a slow selection is timed again: a busy machine's moment is not its speed."""

QUARTER = dt.timedelta(minutes=15)


class NothingToRehearseError(ErosError):
    """There is no creator to rehearse with."""


@dataclass(frozen=True, slots=True)
class RehearsedWeek:
    """The page and week that are rehearsed."""

    dataset: Dataset
    page_name: str
    week_start: dt.date
    knobs: Knobs


@dataclass(frozen=True, slots=True)
class Selection:
    """The selector's result: captions wanted by tier, rows, and seconds of its fastest call.

    `still_offered` are captions that the page could still take: it got fewer than it asked for.
    """

    wanted: Mapping[str, int]
    captions: Sequence[Record]
    seconds: float
    still_offered: Sequence[str]


@dataclass(frozen=True, slots=True)
class Exported:
    """The lines written, the lines read back, and the first bytes of the file for Excel."""

    lines: Sequence[ScheduleLine]
    read_back: Sequence[ScheduleLine]
    excel_begins: bytes


def rehearsed_page(dataset: Dataset, week_start: dt.date, pages: Sequence[str]) -> str:
    """The page with the most messages of schedules in force, the first by name among equals.

    Raises:
        NothingToRehearseError: no page of `pages`, or none at all, is an active creator's.
    """
    rows = dataset.query("rehearsal_page", **week_parameters(week_start, pages))
    if rows.empty:
        raise NothingToRehearseError(
            "there is no active creator to rehearse with; fill the table creators first"
        )
    return str(rows["page_name"].iloc[0])


def analyze(week: RehearsedWeek) -> Report:
    """The analyzer's report on the page as of the week's Monday.

    Raises:
        InvalidReportError: what the analyzer returned is no valid report.
    """
    out = week.dataset.call(
        "analyze_creator_performance", p_page_name=week.page_name, p_as_of=week.week_start
    ).out
    return read_report(str(out["p_report"]), week.page_name, week.week_start)


def page_rules(week: RehearsedWeek, report: Report) -> Record:
    """Gap, maximum, cooling days and tier shares that the report's size and segment lead to.

    Raises:
        NothingToRehearseError: a size, segment or status that the configuration doesn't have.
    """
    named = report.model_dump(include={"account_size", "behavioral_segment", "saturation_status"})
    rows = week.dataset.query("rehearsal_rules", **named).to_dict("records")
    if len(rows) != 1:
        raise NothingToRehearseError(
            f"the configuration has {len(rows)} rules, not 1, for {named}; load it again"
        )
    return {str(name): value for name, value in rows[0].items()}


def select(week: RehearsedWeek, report: Report, rules: Record) -> Selection:
    """Have the selector choose the page's captions for a week in the past, and delete them."""
    shares = [float(rules[f"{tier}_share"]) for tier in ("budget", "mid", "premium")]
    counts = (
        *split_by_largest_remainder(report.recommended_ppv, shares),
        report.recommended_bump,
    )
    wanted: dict[str, int] = dict(zip(("budget", "mid", "premium", "bump"), counts, strict=True))
    rehearsed = {"week_start": REHEARSAL_WEEK, "page_name": week.page_name}
    arguments = {
        "p_page_name": week.page_name,
        "p_week_start": REHEARSAL_WEEK,
        **{f"p_num_{tier}": count for tier, count in wanted.items()},
        "p_seed": week.dataset.settings.seed,
    }
    longest = float(week.knobs["selector_max_seconds"])
    try:
        rows, seconds = _timed_selection(week.dataset, arguments)
        for _ in range(REPEATS):
            if seconds >= longest:
                rows, again = _timed_selection(week.dataset, arguments)
                seconds = min(seconds, again)
        offers = week.dataset.query("rehearsal_offers", **rehearsed)
    finally:
        week.dataset.run("forget_rehearsal", **rehearsed)
    return Selection(
        wanted=wanted,
        captions=[{str(k): v for k, v in row.items()} for row in rows.to_dict("records")],
        seconds=seconds,
        still_offered=[
            f"{row['price_tier']} {row['arm']}: caption {row['caption_id']} was left"
            for row in offers.to_dict("records")
        ],
    )


def _timed_selection(
    dataset: Dataset, arguments: Mapping[str, Value]
) -> tuple["pd.DataFrame", float]:
    rows = dataset.call("select_captions_for_creator", **arguments).rows
    return rows, dataset.ledger[-1].duration_seconds


def build(
    week: RehearsedWeek, report: Report, rules: Record, captions: Sequence[Record]
) -> WeekPlan:
    """Plan the page's whole week from these captions, as the builder plans it."""
    scope = WeekPlanScope(
        week_start=week.week_start,
        planned_at=la_instant(week.week_start),
        pages=(week.page_name,),
        left_alone={},
        is_everyone=False,
        force=False,
    )
    inputs = PageInputs(week.page_name, rules, captions, _slots(report), sent=())
    return draft_page(inputs, week.knobs, scope)


def _slots(report: Report) -> list[Record]:
    """The value of the report's hours relative to the page's mean."""
    slots: list[Record] = []
    for row in report.engagement:
        is_ppv = row.message_type == "PPV"
        mean = report.avg_emv if is_ppv else report.metrics.view_rate
        value = row.shrunk_emv if is_ppv else row.view_rate
        worth = value / mean if mean and value is not None else 1.0
        slots.append({**row.model_dump(), "slot_value": worth})
    return slots


def export(week: RehearsedWeek, plan: WeekPlan) -> Exported:
    """Write the plan as the exporter would, into a temporary folder, and read it back."""
    lines = _lines(week, plan)
    with tempfile.TemporaryDirectory(prefix="eros_rehearsal_") as folder:
        machine, excel = Path(folder) / "page.csv", Path(folder) / "page.excel.csv"
        write_schedule_csv_for_excel(excel, lines)
        write_schedule_csv(machine, lines)
        return Exported(lines, read_schedule_csv(machine), excel.read_bytes()[:3])


def _lines(week: RehearsedWeek, plan: WeekPlan) -> list[ScheduleLine]:
    captions = [message.caption.caption_id for message in plan.messages]
    texts = week.dataset.query("caption_texts", captions=captions)
    text_of = dict(zip(texts["caption_id"], texts["caption_text"], strict=True))
    identifier = schedule_id(
        week.page_name,
        week.week_start,
        [
            ScheduleRow(
                message.send_time,
                message.caption.message_type,
                message.caption.caption_id,
                message.caption.price_tier,
                message.caption.arm,
            )
            for message in plan.messages
        ],
    )
    return [
        ScheduleLine(
            schedule_id=identifier,
            page_name=week.page_name,
            scheduled_send_time=message.send_time,
            message_type=message.caption.message_type,
            caption_id=message.caption.caption_id,
            caption_text=text_of.get(message.caption.caption_id) or "",
            price_tier=message.caption.price_tier,
            content_category=message.caption.content_category,
            has_urgency=None,
            performance_score=message.caption.score,
        )
        for message in plan.messages
    ]


def clock_differences(dataset: Dataset, week_start: dt.date) -> list[str]:
    """Instants for which warehouse and Python differ in LA date, hour, weekday or offset.

    Checks every quarter of an hour of the week, and every hour around the year's two clock changes.
    """
    first = la_instant(dt.date(week_start.year, 1, 1))
    rows = dataset.query("la_clock", first_instant=first, quarters=_quarters(first, week_start))
    wrong: list[str] = []
    for row in rows.to_dict("records"):
        local = (first + QUARTER * int(row["quarters"])).astimezone(ZONE)
        told = (row["send_date"], int(row["send_hour"]), row["day_of_week"], row["local_time"])
        shown = (
            local.date(),
            local.hour,
            local.strftime("%A"),
            local.isoformat(timespec="seconds"),
        )
        if told != shown:
            wrong.append(f"the warehouse tells {told[3]} ({told[2]}), LA clocks {shown[3]}")
    return wrong


def _quarters(first: dt.datetime, week_start: dt.date) -> list[int]:
    begin, end = week_bounds(week_start)
    offsets = [(first + dt.timedelta(hours=n)).astimezone(ZONE).utcoffset() for n in range(8784)]
    changes = [n for n in range(1, len(offsets)) if offsets[n] != offsets[n - 1]]
    return sorted(
        {
            *range((begin - first) // QUARTER, (end - first) // QUARTER + 1),
            *(4 * hour for n in changes for hour in range(n - 24, n + 25)),
        }
    )
