"""Rehearses analyzer, selector, builder and exporter for one page on the current data.

One page, because a routine's text is the same for all of them, so that the cost of a rehearsal does
not grow with their number. It writes into no table of the dataset: the selector's statements run
with temporary tables in the place of those that they write. The captions are selected for a week
long gone, which no reservation touches. Files go to a temporary folder.

A run that has just selected the week need not select again: what it chose for the page, and how
long the engine took for it, is what the selector gives.
"""

import datetime as dt
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eros_assets.calendar import ZONE, la_instant, week_bounds
from eros_assets.dataset import Dataset
from eros_assets.errors import ErosError
from eros_assets.exporting.message import ScheduledMessage
from eros_assets.exporting.schedule_csv import (
    Messages,
    messages_in,
    read_schedule_csv,
    write_schedule_csv,
    write_schedule_csv_for_excel,
)
from eros_assets.gate.conditions import week_parameters
from eros_assets.gate.report import Report, read_report
from eros_assets.importing.schema import PRICE_TIERS
from eros_assets.planning.identity import schedule_id
from eros_assets.planning.model import WeekPlan
from eros_assets.planning.volume import split_by_largest_remainder
from eros_assets.tuning import Knobs
from eros_assets.warehouse.protocol import Job, Value
from eros_assets.weekly.drafting import PageInputs, Record, draft_page
from eros_assets.weekly.messages import scheduled_message
from eros_assets.weekly.rows import message_row
from eros_assets.weekly.scope import WeekPlanScope

REHEARSAL_WEEK = dt.date(2000, 1, 3)
"""A Monday before the first week that can be planned."""

REPEATS = 2
"""Times that a slow selection is timed again."""

SELECTOR = "select_captions_for_creator"
OFFERS = "rehearsal_offers"
BANK = "caption_bank"
USUAL_BANK = 50_000
"""Captions of a bank for which the selector may take as long as the tuning says."""
WRITTEN = ("caption_selections", "selection_candidates", "selection_pools")
"""The tables that the selector writes; a rehearsal has temporary ones in their place."""

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

    @property
    def longest_selection(self) -> float:
        """Seconds of the engine that selecting the page's captions may take.

        As the tuning has it, and in proportion for a bank of more than USUAL_BANK captions, all of
        which are looked at.
        """
        bank = self.dataset.freshness(BANK)
        captions = bank.row_count if bank else 0
        return float(self.knobs["selector_max_seconds"]) * max(1.0, captions / USUAL_BANK)


@dataclass(frozen=True, slots=True)
class Selection:
    """What the selector gave: captions wanted by tier, rows, and the time of its fastest call.

    `longest_seconds` is what the engine may take. `still_offered` are captions that the page could
    still take: it got fewer than it asked for.
    """

    wanted: Mapping[str, int]
    captions: Sequence[Record]
    timing: "Timing"
    longest_seconds: float
    still_offered: Sequence[str]


@dataclass(frozen=True, slots=True)
class SelectionWork:
    """How the run that asks has selected its week.

    `pages` are those that it selected for, none where it did for all; `seconds_a_page` is the
    engine's own time over their number.
    """

    pages: Sequence[str]
    seconds_a_page: float


@dataclass(frozen=True, slots=True)
class Timing:
    """How long a call took: the engine's own time of execution, and the rest, in seconds."""

    engine_seconds: float
    waited_seconds: float

    @classmethod
    def of(cls, job: Job) -> "Timing":
        """The time of a job; one whose engine reports no time of its own did not wait."""
        engine = job.duration_seconds if job.execution_seconds is None else job.execution_seconds
        return cls(engine, max(job.duration_seconds - engine, 0.0))

    def on_a_reference_machine(self, slowness: float) -> "Timing":
        """What the engine takes on a reference machine that is quiet; the rest is waiting."""
        engine = self.engine_seconds / slowness
        return Timing(engine, self.waited_seconds + self.engine_seconds - engine)


@dataclass(frozen=True, slots=True)
class Exported:
    """The lines to write, the lines read back, and the first bytes of the file for Excel."""

    messages: Messages
    read_back: Messages
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
    return {"sending_hours": None} | {str(name): value for name, value in rows[0].items()}


def select(week: RehearsedWeek, report: Report, rules: Record) -> Selection:
    """Have the selector choose the page's captions, into temporary tables.

    The time is the engine's own, see `Job.execution_seconds`, as on a reference machine that does
    nothing else, see `Warehouse.slowness`. A slow selection is tried again: a machine may be busy
    for a moment.
    """
    shares = [float(rules[f"{tier}_share"]) for tier in PRICE_TIERS[:-1]]
    counts = (
        *split_by_largest_remainder(report.recommended_ppv, shares),
        report.recommended_bump,
    )
    wanted: dict[str, int] = dict(zip(PRICE_TIERS, counts, strict=True))
    arguments: dict[str, Value] = {
        "p_page_name": week.page_name,
        "p_week_start": REHEARSAL_WEEK,
        **{f"p_num_{tier}": count for tier, count in wanted.items()},
        "p_seed": week.dataset.settings.seed,
    }
    longest = week.longest_selection
    tries: list[Timing] = []
    while True:
        rows = week.dataset.rehearse(SELECTOR, arguments, writing=WRITTEN)
        timing = Timing.of(week.dataset.ledger[-1])
        if timing.engine_seconds >= longest:
            timing = timing.on_a_reference_machine(week.dataset.warehouse.slowness())
        tries.append(timing)
        if tries[-1].engine_seconds < longest or len(tries) > REPEATS:
            break
    offers: list[dict[Any, Any]] = []
    if len(rows) < sum(counts):
        left = week.dataset.rehearse(SELECTOR, arguments, writing=WRITTEN, then=OFFERS)
        offers = left.to_dict("records")
    return Selection(
        wanted=wanted,
        captions=[{str(k): v for k, v in row.items()} for row in rows.to_dict("records")],
        timing=min(tries, key=lambda timing: timing.engine_seconds),
        longest_seconds=longest,
        still_offered=[
            f"{row['price_tier']} {row['arm']}: caption {row['caption_id']} was left"
            for row in offers
        ],
    )


def selected(week: RehearsedWeek, work: SelectionWork) -> Selection | None:
    """What the run's own selection gave the page; None where that doesn't answer for the selector.

    It does where the page has all the captions that it was to get, in time: of fewer one can't
    tell whether there were no more, and a time that is too long is measured again.
    """
    longest = week.longest_selection
    if work.seconds_a_page >= longest:
        return None
    targets = week.dataset.cached_rows("weekly_volume_targets", week_start=week.week_start)
    of_page = targets[targets["page_name"] == week.page_name].to_dict("records")
    if len(of_page) != 1:
        return None
    wanted = {tier: int(of_page[0][f"num_{tier}"]) for tier in PRICE_TIERS}
    rows = week.dataset.rows(
        "caption_selections", week_start=week.week_start, page_name=week.page_name
    )
    given = Counter(str(tier) for tier in rows["price_tier"])
    if given != Counter(wanted) or not given:
        return None
    captions = [{str(k): v for k, v in row.items()} for row in rows.to_dict("records")]
    return Selection(wanted, captions, Timing(work.seconds_a_page, 0.0), longest, ())


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
    messages = _messages(week, plan)
    with tempfile.TemporaryDirectory(prefix="eros_rehearsal_") as folder:
        machine, excel = Path(folder) / "page.csv", Path(folder) / "page.excel.csv"
        write_schedule_csv_for_excel(excel, messages)
        write_schedule_csv(machine, messages)
        read_back = messages_in(read_schedule_csv(machine))
        return Exported(messages_in(messages), read_back, excel.read_bytes()[:3])


def _messages(week: RehearsedWeek, plan: WeekPlan) -> list[ScheduledMessage]:
    captions = [message.caption.caption_id for message in plan.messages]
    texts = week.dataset.query("caption_texts", captions=captions)
    text_of = dict(zip(texts["caption_id"], texts["caption_text"], strict=True))
    of_all = {
        "schedule_id": schedule_id(week.page_name, week.week_start, plan.messages),
        "page_name": week.page_name,
    }
    return [
        scheduled_message(
            {
                **of_all,
                **message_row(message),
                "caption_text": text_of.get(message.caption.caption_id),
                "content_category": message.caption.content_category,
            }
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
