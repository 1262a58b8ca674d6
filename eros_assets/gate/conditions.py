"""Conditions on tables and routines that must hold before anything is published."""

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from eros_assets.calendar import week_bounds
from eros_assets.dataset import Dataset
from eros_assets.gate.findings import Finding, counted
from eros_assets.planning.identity import id_of_contents
from eros_assets.planning.model import Rule, SentMessage
from eros_assets.planning.validation import PlacedCaption, violations
from eros_assets.tuning import read_knobs
from eros_assets.warehouse.protocol import RoutineKind
from eros_assets.warehouse.sql.objects import Kind
from eros_assets.weekly.drafting import week_rules
from eros_assets.weekly.queue import row_content
from eros_assets.weekly.replacing.record import week_replacements

if TYPE_CHECKING:
    import pandas as pd

COUNTED: Mapping[Kind, RoutineKind] = {
    "function": "FUNCTION",
    "table_function": "TABLE FUNCTION",
    "procedure": "PROCEDURE",
}
ROUTINE_COUNT: Mapping[RoutineKind, int] = {"FUNCTION": 2, "TABLE FUNCTION": 7, "PROCEDURE": 4}


def week_parameters(week_start: dt.date, pages: Sequence[str]) -> dict[str, Any]:
    """Parameters of the queries that look at a week's pages; no pages: all."""
    return {"week_start": week_start, "pages": list(pages)}


def facts_and_quarantine_are_the_input(dataset: Dataset) -> Finding:
    """No message is lost, and none counts twice.

    Messages that arrived after the last refresh of the facts are not lost: the next one takes them.
    """
    row = dataset.cached_query("facts_and_quarantine_balance").iloc[0]
    kept = row["fact_rows"] + row["scheduled_rows"] + row["quarantined_rows"]
    lost = int(row["input_rows"] - kept)
    if lost > 0 and _arrived_since(dataset):
        lost = 0
    return Finding(
        "facts_and_quarantine_are_the_input",
        "Input rows that are neither facts, nor scheduled, nor in quarantine.",
        [str({str(k): int(v) for k, v in row.items()})] if lost else [],
        lost,
    )


def _arrived_since(dataset: Dataset) -> bool:
    facts = dataset.freshness("message_facts")
    messages = dataset.freshness("mass_messages")
    return bool(facts and messages and messages.last_modified > facts.last_modified)


def no_caption_reserved_twice(dataset: Dataset) -> Finding:
    """No caption is reserved twice, by any pages, within the reservation days."""
    pairs = dataset.query("captions_reserved_twice").to_dict("records")
    return counted(
        "no_caption_reserved_twice",
        "Pairs of reservations of one caption too close together.",
        [
            f"caption {p['caption_id']}: {p['schedule_id']} on {p['scheduled_send_date']}, "
            f"{p['other_schedule_id']} on {p['other_send_date']}"
            for p in pairs
        ],
    )


def routines_are_those_of_sql(dataset: Dataset) -> Finding:
    """The dataset's routines are exactly those of `sql/`, as last deployed."""
    offenders, observed = routine_differences(dataset)
    return Finding(
        "routines_are_those_of_sql",
        "Routines of the dataset against those of sql/.",
        offenders,
        observed,
        sum(ROUTINE_COUNT.values()),
    )


def routine_differences(dataset: Dataset) -> tuple[list[str], int]:
    """How the deployed routines differ from those of `sql/`, and how many are deployed."""
    deployed = {r.name: (r.kind, r.fingerprint) for r in dataset.warehouse.routines()}
    wanted = {o.name: (COUNTED[o.kind], o.fingerprint) for o in dataset.library.of_kind(*COUNTED)}
    kinds = Counter(kind for kind, _ in deployed.values())
    wrong_counts = [
        f"{kinds[kind]} of kind {kind}, not {number}"
        for kind, number in ROUTINE_COUNT.items()
        if kinds[kind] != number
    ]
    differing = [
        f"{name}: deployed {deployed.get(name, 'not')}, in sql/ {wanted.get(name, 'not')}"
        for name in sorted(deployed.keys() | wanted.keys())
        if deployed.get(name) != wanted.get(name)
    ]
    return [*wrong_counts, *differing], len(deployed)


def schedule_rules_hold(
    dataset: Dataset, week_start: dt.date, pages: Sequence[str] = ()
) -> Finding:
    """Every hard rule of a week holds in every draft, and in active schedules without a draft."""
    broken, schedules = broken_rules(dataset, week_start, pages)
    return counted(
        "schedule_rules_hold", f"Hard rules broken by {schedules} schedules of the week.", broken
    )


def broken_rules(
    dataset: Dataset, week_start: dt.date, pages: Sequence[str] = ()
) -> tuple[list[str], int]:
    """Every hard rule that a schedule of the week breaks, and how many schedules were checked.

    A schedule is checked against what it was planned around: the queued messages that stand in it,
    and, in a week that had begun, those that were sent. In one whose messages were replaced one by
    one, days may have become uneven: the rest of a week stays.
    """
    knobs = read_knobs(dataset)
    planned = dataset.cached_query("planned_messages", **week_parameters(week_start, pages))
    week = week_parameters(week_start, sorted(set(planned["page_name"])))
    targets: list[dict[Any, Any]] = dataset.cached_query("week_targets", **week).to_dict("records")
    target_of = {row["page_name"]: row for row in targets}
    _, week_end = week_bounds(week_start)
    sent = dataset.cached_query("sent_this_week", **week, planned_at=week_end)
    uneven = {each.new_schedule_id for each in week_replacements(dataset, week_start)}
    found: list[str] = []
    schedules = planned.groupby(["schedule_id", "page_name", "planned_at"], sort=True)
    for key, rows in schedules:
        schedule, page, planned_at = cast("tuple[str, str, pd.Timestamp]", key)
        if page not in target_of:
            found.append(f"{schedule}: {page} has no targets for the week")
            continue
        before = sent[(sent["page_name"] == page) & (sent["sending_time"] < planned_at)]
        is_queued = rows["source"] == "queued"
        standing = [
            *zip(before["sending_time"], before["message_type"], strict=True),
            *rows.loc[is_queued, ["scheduled_send_time", "message_type"]].itertuples(
                index=False, name=None
            ),
        ]
        found += [
            f"{schedule}: {violation.rule.value}: {violation.detail}"
            for violation in violations(
                week_rules(target_of[page], knobs, week_start, planned_at.to_pydatetime()),
                [
                    PlacedCaption(
                        row["caption_id"],
                        row["message_type"],
                        row["scheduled_send_time"].to_pydatetime(),
                    )
                    for row in rows[~is_queued].to_dict("records")
                ],
                not_before=planned_at.to_pydatetime(),
                sent=[SentMessage(time.to_pydatetime(), kind) for time, kind in standing],
            )
            if violation.rule is not Rule.PPV_BALANCE or schedule not in uneven
        ]
    return found, schedules.ngroups


def schedule_times_are_la(
    dataset: Dataset, week_start: dt.date, pages: Sequence[str] = ()
) -> Finding:
    """Dates, hours and weekdays are those of the instants in America/Los_Angeles."""
    rows = dataset.cached_query("schedule_times", **week_parameters(week_start, pages)).to_dict(
        "records"
    )
    return counted(
        "schedule_times_are_la",
        "Messages whose LA date, hour or weekday is wrong, or outside the week.",
        [f"{r['schedule_id']} message {r['message_number']}" for r in rows],
    )


def schedules_are_as_planned(
    dataset: Dataset, week_start: dt.date, pages: Sequence[str] = ()
) -> Finding:
    """A schedule in force is what was planned: its id is a hash of its content.

    This finds messages that were changed, lost or added since the rules were checked.
    """
    rows = dataset.query("active_schedule_contents", **week_parameters(week_start, pages))
    changed: list[str] = []
    for key, messages in rows.groupby(["page_name", "schedule_id"], sort=True):
        page, identifier = cast("tuple[str, str]", key)
        content = id_of_contents(
            page,
            week_start,
            [row_content(row) for row in messages.to_dict("records")],
        )
        if content != identifier:
            changed.append(f"{identifier}: its {len(messages)} messages are those of {content}")
    return counted(
        "schedules_are_as_planned",
        "Schedules in force whose messages are not those that were planned.",
        changed,
    )


def every_message_is_reserved(
    dataset: Dataset, week_start: dt.date, pages: Sequence[str] = ()
) -> Finding:
    """Every message of a schedule in force holds its caption, until the reservation expires."""
    rows = dataset.query("unreserved_messages", **week_parameters(week_start, pages)).to_dict(
        "records"
    )
    return counted(
        "every_message_is_reserved",
        "Messages of schedules in force whose caption is not reserved.",
        [
            f"{r['schedule_id']} message {r['message_number']}: caption {r['caption_id']}"
            for r in rows
        ],
    )
