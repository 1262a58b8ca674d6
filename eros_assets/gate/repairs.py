"""Judges schedules while a week is planned, so that what is wrong with one costs its page alone.

A draft that breaks a rule is not locked. A schedule that was changed after it was planned gives way
to the new plan of its page, also where that is the same plan.
"""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence

from eros_assets.dataset import Dataset
from eros_assets.gate import conditions


def changed_pages(dataset: Dataset, week_start: dt.date, pages: Sequence[str]) -> Collection[str]:
    """The pages, of `pages`, whose schedule in force is not what was planned and reserved.

    Rules are left out: they follow from targets, which may be newer than the schedule.
    """
    week = (dataset, week_start, pages)
    found = (
        conditions.schedule_times_are_la(*week, which="in force"),
        conditions.schedules_are_as_planned(*week),
        conditions.every_message_is_reserved(*week),
    )
    return {page for finding in found for page in finding.pages}


def refuse_broken_drafts(dataset: Dataset, week_start: dt.date) -> Mapping[str, str]:
    """Mark the drafts of a week that break a rule, so that they are not locked.

    Returns the reasons by page.
    """
    found = (
        conditions.schedule_rules_hold(dataset, week_start, which="drafts"),
        conditions.schedule_times_are_la(dataset, week_start, which="drafts"),
    )
    reasons: dict[str, list[str]] = {}
    for finding in found:
        for page, offender in finding.withheld.items():
            reasons.setdefault(page, []).append(f"{finding.name}: {offender}")
    refused = {page: "; ".join(said) for page, said in sorted(reasons.items())}
    for page, refusal in refused.items():
        dataset.run("refuse_draft", week_start=week_start, page=page, refusal=refusal)
    return refused
