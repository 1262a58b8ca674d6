"""The five smoke tests: whether each step from report to export works on the current data."""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from eros_assets.dataset import Dataset
from eros_assets.errors import ErosError
from eros_assets.exporting.schedule_csv import BYTE_ORDER_MARK
from eros_assets.gate import rehearsal
from eros_assets.gate.findings import Finding, counted
from eros_assets.gate.rehearsal import Exported, RehearsedWeek, Selection, SelectionWork
from eros_assets.gate.report import InvalidReportError, Report
from eros_assets.planning.model import WeekPlan
from eros_assets.planning.validation import PlacedCaption, violations
from eros_assets.tuning import read_knobs
from eros_assets.weekly.drafting import Record, week_rules

SMOKE_TESTS = {
    "smoke_analyzer": "Fields of the analyzer's report that are missing or invalid.",
    "smoke_selector": "Seconds of the engine in which the selector gave the captions asked for.",
    "smoke_builder": "Hard rules that a schedule breaks, and captions without place or reason.",
    "smoke_exporter": "What is wrong with the CSV files of a schedule.",
    "smoke_timezone": "Times that are not those of America/Los_Angeles.",
}
"""The five by name, with what each observes."""

Result = TypeVar("Result")


class NotReachedError(ErosError):
    """A smoke test had nothing to work with, because an earlier one failed."""


@dataclass(frozen=True, slots=True)
class _Analyzed:
    """A page, its report, and its rules by the configuration."""

    week: RehearsedWeek
    report: Report
    rules: Record


def smoke_findings(
    dataset: Dataset,
    week_start: dt.date,
    pages: Sequence[str] = (),
    work: SelectionWork | None = None,
) -> tuple[Finding, ...]:
    """The five smoke tests on the present data, in the order of SMOKE_TESTS.

    One page of `pages`, or of all, is rehearsed. Each test uses the result of the one before, and
    fails where that is missing. The jobs carry the label `purpose: smoke`. `work` is the selection
    of the run that asks: what it gave is judged, and nothing is selected again for it.
    """
    rehearsed = dataset.labelled(purpose="smoke")
    of = pages or (work.pages if work else ())
    analyzed, analyzer = _tried(lambda: _analyzed(rehearsed, week_start, of))
    selection, selector = _tried(lambda: _selected(_made(analyzed, "no valid report"), work))
    plan, builder = _tried(
        lambda: _built(_made(analyzed, "no valid report"), _made(selection, "no captions"))
    )
    _, exporter = _tried(
        lambda: _exported(_made(analyzed, "no valid report"), _made(plan, "no schedule"))
    )
    _, clocks = _tried(lambda: (None, rehearsal.clock_differences(rehearsed, week_start)))
    seconds = selection.timing.engine_seconds if selection else 0.0
    return (
        _finding("smoke_analyzer", analyzer),
        Finding(
            "smoke_selector",
            SMOKE_TESTS["smoke_selector"],
            selector,
            seconds,
            selection.longest_seconds if selection else 0.0,
        ),
        _finding("smoke_builder", builder),
        _finding("smoke_exporter", exporter),
        _finding("smoke_timezone", clocks),
    )


def _finding(name: str, offenders: Sequence[str]) -> Finding:
    return counted(name, SMOKE_TESTS[name], offenders)


def _tried(work: Callable[[], tuple[Result | None, list[str]]]) -> tuple[Result | None, list[str]]:
    try:
        return work()
    except Exception as error:  # an error of one test doesn't stop the others
        return None, [f"{type(error).__name__}: {error}"]


def _made(product: Result | None, lacking: str) -> Result:
    if product is None:
        raise NotReachedError(f"there is {lacking} to continue with; see the previous smoke test")
    return product


def _analyzed(
    dataset: Dataset, week_start: dt.date, pages: Sequence[str]
) -> tuple[_Analyzed | None, list[str]]:
    page = rehearsal.rehearsed_page(dataset, week_start, pages)
    week = RehearsedWeek(dataset, page, week_start, read_knobs(dataset))
    try:
        report = rehearsal.analyze(week)
    except InvalidReportError as error:
        return None, [f"{page}: {fault}" for fault in error.faults]
    return _Analyzed(week, report, rehearsal.page_rules(week, report)), []


def _selected(on: _Analyzed, work: SelectionWork | None) -> tuple[Selection, list[str]]:
    page = on.week.page_name
    known = rehearsal.selected(on.week, work) if work else None
    selection = known or rehearsal.select(on.week, on.report, on.rules)
    given = Counter(str(row["price_tier"]) for row in selection.captions)
    faults = [f"{page}: {offer}" for offer in selection.still_offered]
    faults += [
        f"{page}: {given[tier]} captions of tier {tier}, {selection.wanted.get(tier, 0)} wanted"
        for tier in sorted(given)
        if given[tier] > selection.wanted.get(tier, 0)
    ]
    if not selection.captions:
        faults.append(f"{page}: the bank has no caption for it")
    timing, longest = selection.timing, selection.longest_seconds
    if timing.engine_seconds >= longest:
        faults.append(
            f"{page}: took {timing.engine_seconds:.2f} s of the engine's time, and waited for "
            f"{timing.waited_seconds:.2f} s; it may take {longest:g} s (tuning: "
            "selector_max_seconds)"
        )
    return selection, faults


def _built(on: _Analyzed, selection: Selection) -> tuple[WeekPlan, list[str]]:
    week = on.week
    plan = rehearsal.build(week, on.report, on.rules, selection.captions)
    broken = violations(
        week_rules(on.rules, week.knobs, week.week_start),
        [
            PlacedCaption(m.caption.caption_id, m.caption.message_type, m.send_time)
            for m in plan.messages
        ],
    )
    selected = {int(row["caption_id"]) for row in selection.captions}
    placed = {message.caption.caption_id for message in plan.messages}
    explained = {dropped.caption.caption_id for dropped in plan.dropped if dropped.rules}
    return plan, [
        *(f"{week.page_name}: {violation.rule.value}: {violation.detail}" for violation in broken),
        *(
            f"{week.page_name}: caption {caption} has neither a place nor a reason"
            for caption in sorted(selected - placed - explained)
        ),
        *(
            f"{week.page_name}: caption {caption} was not selected"
            for caption in sorted(placed - selected)
        ),
    ]


def _exported(on: _Analyzed, plan: WeekPlan) -> tuple[Exported, list[str]]:
    exported, page = rehearsal.export(on.week, plan), on.week.page_name
    same = sum(
        exported.read_back.get(caption) == line for caption, line in exported.messages.items()
    )
    faults: list[str] = []
    if not same == len(exported.messages) == len(exported.read_back):
        faults.append(
            f"{page}: of {len(exported.messages)} messages written {same} were read back as they "
            f"were, {len(exported.read_back)} in all"
        )
    if exported.excel_begins != BYTE_ORDER_MARK:
        faults.append(f"{page}: the file for Excel begins without a byte order mark")
    return exported, faults
