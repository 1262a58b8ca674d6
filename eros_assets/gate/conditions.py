"""Conditions on tables and routines that must hold before anything is published.

Those on schedules name the page of each offender, so that a schedule that somebody has changed by
hand costs its own page alone.
"""

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

from eros_assets.dataset import Dataset
from eros_assets.gate.findings import Finding, counted, counted_by_page
from eros_assets.planning.identity import id_of_contents
from eros_assets.planning.model import Rule, SentMessage
from eros_assets.planning.validation import PlacedCaption, violations
from eros_assets.tuning import Knobs, read_knobs
from eros_assets.warehouse.protocol import RoutineKind
from eros_assets.warehouse.sql.objects import Kind
from eros_assets.weekly.drafting import Record, week_rules
from eros_assets.weekly.queue import row_content
from eros_assets.weekly.replacing.record import week_replacements

if TYPE_CHECKING:
    import pandas as pd

COUNTED: Mapping[Kind, RoutineKind] = {
    "function": "FUNCTION",
    "table_function": "TABLE FUNCTION",
    "procedure": "PROCEDURE",
}
Which = Literal["drafts", "in force", "both"]
"""What conditions on schedules look at."""

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


def judged_pages(
    dataset: Dataset,
    week_start: dt.date,
    pages: Sequence[str] = (),
    *,
    which: Which = "both",
) -> Collection[str]:
    """The pages, of `pages` or of all, that have a draft or a schedule in force.

    Where conditions fail for each of them, the gate is closed.
    """
    rows = dataset.query("judged_pages", week_start=week_start)
    kept = rows[rows["is_in_force"]] if which == "in force" else rows
    return {str(page) for page in kept["page_name"] if not pages or page in pages}


def schedule_rules_hold(
    dataset: Dataset,
    week_start: dt.date,
    pages: Sequence[str] = (),
    *,
    which: Which = "both",
) -> Finding:
    """Every hard rule of a week holds in every draft, and in active schedules without a draft."""
    broken, schedules = broken_rules(dataset, week_start, pages, which=which)
    return counted_by_page(
        "schedule_rules_hold", f"Hard rules broken by {schedules} schedules of the week.", broken
    )


def broken_rules(
    dataset: Dataset,
    week_start: dt.date,
    pages: Sequence[str] = (),
    *,
    which: Which = "both",
) -> tuple[list[tuple[str, str]], int]:
    """Every hard rule that a schedule of the week breaks, by page, and how many were checked.

    A schedule is checked against what it was planned around: the queued messages that stand in it,
    and, in a week that had begun, those that were sent. In one whose messages were replaced one by
    one, days may have become uneven: the rest of a week stays.
    """
    planned = dataset.cached_query("planned_messages", **week_parameters(week_start, pages))
    planned = planned[_is_judged(planned["status"], which)]
    if planned.empty:
        return [], 0
    week = week_parameters(week_start, sorted(set(planned["page_name"].dropna())))
    targets: list[dict[Any, Any]] = dataset.cached_query("week_targets", **week).to_dict("records")
    judged = _JudgedRules(
        week_start=week_start,
        knobs=read_knobs(dataset),
        targets={row["page_name"]: row for row in targets},
        sent=dataset.cached_query("sent_this_week", **week),
        uneven={str(each.new_schedule_id) for each in week_replacements(dataset, week_start)},
    )
    found: list[tuple[str, str]] = []
    schedules = planned.groupby(["schedule_id", "page_name", "planned_at"], sort=True)
    for key, rows in schedules:
        schedule, page, planned_at = cast("tuple[str, str, pd.Timestamp]", key)
        try:
            broken = list(judged.broken(schedule, page, planned_at, rows))
        except Exception as error:  # what can't be judged costs its page alone, whatever it is
            broken = [f"it can't be judged: {type(error).__name__}: {error}"]
        found += [(page, f"{schedule}: {each}") for each in broken]
    return found, schedules.ngroups


@dataclass(frozen=True, slots=True)
class _JudgedRules:
    """What the schedules of a week are held against.

    `targets` are by page, `sent` are the messages that were sent in the week, `uneven` schedules
    whose messages were replaced one by one.
    """

    week_start: dt.date
    knobs: Knobs
    targets: Mapping[str, Record]
    sent: "pd.DataFrame"
    uneven: Collection[str]

    def broken(
        self, schedule: str, page: str, planned_at: "pd.Timestamp", rows: "pd.DataFrame"
    ) -> Iterator[str]:
        """The rules that the messages of a schedule break, one line each."""
        if page not in self.targets:
            yield f"{page} has no targets for the week"
            return
        of_page = self.sent[self.sent["page_name"] == page]
        before = of_page[of_page["sending_time"] < planned_at]
        is_queued = rows["source"] == "queued"
        standing = [
            *zip(before["sending_time"], before["message_type"], strict=True),
            *rows.loc[is_queued, ["scheduled_send_time", "message_type"]].itertuples(
                index=False, name=None
            ),
        ]
        for violation in violations(
            week_rules(self.targets[page], self.knobs, self.week_start, planned_at.to_pydatetime()),
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
        ):
            if violation.rule is not Rule.PPV_BALANCE or schedule not in self.uneven:
                yield f"{violation.rule.value}: {violation.detail}"


def schedule_times_are_la(
    dataset: Dataset,
    week_start: dt.date,
    pages: Sequence[str] = (),
    *,
    which: Which = "both",
) -> Finding:
    """Dates, hours and weekdays are those of the instants in America/Los_Angeles."""
    rows = _of_pages(dataset.cached_query("schedule_times", **week_parameters(week_start, pages)))
    rows = rows[_is_judged(rows["status"], which)]
    return counted_by_page(
        "schedule_times_are_la",
        "Messages whose LA date, hour or weekday is wrong, or outside the week.",
        _named_messages(rows),
    )


def schedules_are_as_planned(
    dataset: Dataset, week_start: dt.date, pages: Sequence[str] = ()
) -> Finding:
    """A schedule in force is what was planned: its id is a hash of its content.

    This finds messages that were changed, lost or added since the rules were checked, and a page
    with several schedules in force.
    """
    rows = dataset.query("active_schedule_contents", **week_parameters(week_start, pages))
    changed: list[tuple[str, str]] = []
    for page, of_page in rows.groupby("page_name", sort=True):
        schedules = list(of_page.groupby("schedule_id", sort=True))
        changed += [
            (str(page), f"{identifier}: {fault}")
            for identifier, messages in schedules
            if (fault := _change_of(str(page), week_start, str(identifier), messages)) is not None
        ]
        if len(schedules) > 1:
            every = ", ".join(str(identifier) for identifier, _ in schedules)
            changed.append((str(page), f"{page} has several schedules in force: {every}"))
    return counted_by_page(
        "schedules_are_as_planned",
        "Schedules in force whose messages are not those that were planned.",
        changed,
    )


def _change_of(
    page: str, week_start: dt.date, identifier: str, messages: "pd.DataFrame"
) -> str | None:
    """How a schedule in force differs from what was planned; None where it doesn't."""
    if hidden := int((~messages["is_exported"]).sum()):
        return f"{hidden} of its {len(messages)} messages are in force by one column alone"
    try:
        rows = messages.to_dict("records")
        content = id_of_contents(page, week_start, [row_content(row) for row in rows])
    except Exception as error:  # what can't be read costs its page alone, whatever it is
        return f"its messages can't be read: {type(error).__name__}: {error}"
    if content != identifier:
        return f"its {len(messages)} messages are those of {content}"
    return None


def every_message_is_reserved(
    dataset: Dataset, week_start: dt.date, pages: Sequence[str] = ()
) -> Finding:
    """Every message of a schedule in force holds its caption, until the reservation expires."""
    rows = _of_pages(dataset.query("unreserved_messages", **week_parameters(week_start, pages)))
    return counted_by_page(
        "every_message_is_reserved",
        "Messages of schedules in force whose caption is not reserved.",
        [
            (page, f"{message}: caption {caption}")
            for (page, message), caption in zip(
                _named_messages(rows), rows["caption_id"], strict=True
            )
        ],
    )


def _is_judged(status: "pd.Series[str]", which: Which) -> "pd.Series[bool]":
    is_draft = status == "draft"
    return is_draft if which == "drafts" else ~is_draft | (which == "both")


def _of_pages(rows: "pd.DataFrame") -> "pd.DataFrame":
    """The rows that have a page. Others are exported for nobody."""
    return rows.dropna(subset=["page_name"])


def _named_messages(rows: "pd.DataFrame") -> list[tuple[str, str]]:
    """The page of each message, and the message in words."""
    return [
        (str(row["page_name"]), f"{row['schedule_id']} message {row['message_number']}")
        for row in rows.to_dict("records")
    ]
