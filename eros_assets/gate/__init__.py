"""The gate: the conditions that must hold on the current data before a week is published.

A condition that some pages alone break withholds these pages. Any other closes the gate for all.
A blocking check stops downstream steps of the same run only, so whoever publishes asks for the
verdict itself (`verdict.py`). Checks show that verdict.
"""

import datetime as dt
from collections.abc import Sequence

from eros_assets.dataset import Dataset
from eros_assets.gate import conditions
from eros_assets.gate.findings import Finding, GateClosedError, closed_where_all_fail
from eros_assets.gate.rehearsal import SelectionWork
from eros_assets.gate.smoke import smoke_findings

__all__ = [
    "Finding",
    "GateClosedError",
    "gate_findings",
    "schedule_findings",
    "smoke_findings",
]


def gate_findings(
    dataset: Dataset,
    week_start: dt.date,
    pages: Sequence[str] = (),
    work: SelectionWork | None = None,
) -> tuple[Finding, ...]:
    """Every condition of the gate for the week's schedules of `pages`, or of all, smoke included.

    Conditions on reservations, facts and routines cover the whole agency, whatever the pages.
    `work` is the selection of the run that asks, see `smoke_findings`.
    """
    return (
        conditions.facts_and_quarantine_are_the_input(dataset),
        conditions.routines_are_those_of_sql(dataset),
        conditions.no_caption_reserved_twice(dataset),
        *schedule_findings(dataset, week_start, pages),
        *smoke_findings(dataset, week_start, pages, work),
    )


def schedule_findings(
    dataset: Dataset, week_start: dt.date, pages: Sequence[str] = ()
) -> tuple[Finding, ...]:
    """The conditions on the week's schedules in force, of `pages` or of all.

    Those that fail withhold the pages that break them; where no page in force would be left, they
    close the gate.
    """
    week = (dataset, week_start, pages)
    found = (
        conditions.schedule_rules_hold(*week, which="in force"),
        conditions.schedule_times_are_la(*week, which="in force"),
        conditions.schedules_are_as_planned(*week),
        conditions.every_message_is_reserved(*week),
    )
    if all(finding.passed for finding in found):
        return found
    return closed_where_all_fail(found, conditions.judged_pages(*week, which="in force"))
