"""The gate: the conditions that must hold on the current data before a week is published.

A blocking check stops downstream steps of the same run only, so whoever publishes asks for the
verdict itself (`verdict.py`). Checks show that verdict.
"""

import datetime as dt
from collections.abc import Sequence

from eros_assets.dataset import Dataset
from eros_assets.gate import conditions
from eros_assets.gate.findings import Finding, GateClosedError
from eros_assets.gate.smoke import smoke_findings

__all__ = ["Finding", "GateClosedError", "gate_findings", "smoke_findings"]


def gate_findings(
    dataset: Dataset, week_start: dt.date, pages: Sequence[str] = ()
) -> tuple[Finding, ...]:
    """Every condition of the gate for the week's schedules of `pages`, or of all, smoke included.

    Conditions on reservations, facts and routines cover the whole agency, whatever the pages.
    """
    week = (dataset, week_start, pages)
    return (
        conditions.facts_and_quarantine_are_the_input(dataset),
        conditions.routines_are_those_of_sql(dataset),
        conditions.no_caption_reserved_twice(dataset),
        conditions.schedule_rules_hold(*week),
        conditions.schedule_times_are_la(*week),
        conditions.schedules_are_as_planned(*week),
        conditions.every_message_is_reserved(*week),
        *smoke_findings(*week),
    )
