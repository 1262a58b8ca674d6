"""Reads the data that health is scored on, scores it, and decides."""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from eros_assets.calendar import DAYS_A_WEEK, la_date, la_instant, monday_of
from eros_assets.dataset import Dataset
from eros_assets.gate import conditions
from eros_assets.gate.findings import Finding
from eros_assets.gate.smoke import smoke_findings
from eros_assets.health import scores
from eros_assets.health.decision import Decision, decide
from eros_assets.health.limits import HealthLimits, limits_of
from eros_assets.health.scores import Component, Improvement, Selector, Status, Supply
from eros_assets.health.success import Figure, success_figures
from eros_assets.health.work import Work, log_begins, work_done
from eros_assets.tuning import read_knobs

if TYPE_CHECKING:
    import pandas as pd


WEEKLY_RUN = (6, 18)
"""The LA weekday (0 Monday) and hour at which the coming week's schedules are made."""


WATCHED_DAYS = 7


SCORE_COLUMNS = {
    "integrity": "integrity_score",
    "query performance": "performance_score",
    "error rate": "error_score",
    "EMV": "emv_score",
    "availability": "availability_score",
}


@dataclass(frozen=True, slots=True)
class Health:
    """One check of the system."""

    score: float
    status: Status
    decision: Decision
    components: Sequence[Component]
    work: Work
    figures: Sequence[Figure]


def check_system(
    dataset: Dataset,
    *,
    now: dt.datetime,
    planned_at: dt.datetime,
    smoke: Sequence[Finding] | None = None,
) -> Health:
    """Score the system and decide.

    Args:
        dataset: a handle whose jobs carry a `purpose`, so that watching isn't watched.
        now: the clock's instant; the job log is read by it.
        planned_at: the business's instant; history, schedules and reservations are held against it.
        smoke: the five smoke tests, where they have just been evaluated; None evaluates them.
    """
    from eros_assets.evaluation.arms import TARGET  # imported here: it brings numpy

    knobs = read_knobs(dataset)
    limits = limits_of(knobs)
    week = monday_of(la_date(planned_at))
    weeks = (week, week + dt.timedelta(days=DAYS_A_WEEK))
    violations = integrity_violations(dataset, weeks)
    smoke = smoke_findings(dataset, weeks[1]) if smoke is None else smoke
    routines = conditions.routines_are_those_of_sql(dataset)
    [selector] = [finding for finding in smoke if finding.name == "smoke_selector"]
    procedures = [procedure.name for procedure in dataset.library.of_kind("procedure")]
    work = work_done(dataset.warehouse.jobs(log_begins(now, limits)), now, procedures, limits)
    improvement = newest_improvement(dataset)
    components = (
        scores.integrity(violations),
        scores.query_performance(
            work,
            Selector(
                selector.observed,
                float(knobs["selector_max_seconds"]),
                None if selector.passed else selector.offenders[0],
            ),
            limits,
        ),
        scores.error_rate(work, limits),
        scores.emv(improvement),
        scores.availability(supply(dataset, planned_at, limits), limits),
    )
    score = scores.health_score(components)
    faults = [f.sentence for f in (*smoke, routines) if not f.passed]
    return Health(
        score,
        scores.health_status(score, limits),
        decide(score, work, violations, faults, limits),
        components,
        work,
        success_figures(score, violations, work, improvement, TARGET, limits),
    )


def integrity_violations(dataset: Dataset, weeks: Sequence[dt.date]) -> list[str]:
    """Corruption of facts and reservations, and of the schedules in force of these weeks.

    Leaves out differences that come from newer code or other tuning: a rollback would not fix
    those.
    """
    found = [
        conditions.facts_and_quarantine_are_the_input(dataset),
        conditions.no_caption_reserved_twice(dataset),
    ]
    for week in weeks:
        found += [
            conditions.schedule_times_are_la(dataset, week),
            conditions.schedules_are_as_planned(dataset, week),
            conditions.every_message_is_reserved(dataset, week),
        ]
    return [finding.sentence for finding in found if not finding.passed]


def newest_improvement(dataset: Dataset) -> Improvement | None:
    """The newest measurement over all creators, None before there is one."""
    rows = dataset.query("newest_improvement").to_dict("records")
    if not rows:
        return None
    names = ("relative_improvement", "relative_lower", "relative_upper")
    return Improvement(*(_number(rows[0][name]) for name in names))


def supply(dataset: Dataset, planned_at: dt.datetime, limits: HealthLimits) -> Supply:
    """The data and schedules that users have, as of `planned_at`."""
    import pandas as pd

    overdue_at = planned_at - dt.timedelta(hours=limits.sweep_grace_hours)
    row = dataset.query("supply", planned_at=planned_at, overdue_at=overdue_at).iloc[0]
    week = monday_of(la_date(planned_at))
    lacking = dataset.query(
        "creators_without_schedule",
        this_week=week,
        next_week=week + dt.timedelta(days=DAYS_A_WEEK),
        next_is_due=planned_at >= next_week_due(week, limits),
    )
    newest = row["newest_message"]
    return Supply(
        history_age_hours=None
        if pd.isna(newest)
        else (planned_at - newest.to_pydatetime()).total_seconds() / 3600,
        active_creators=int(row["active_creators"]),
        without_schedule=list(lacking["page_name"]),
        expired_reservations=int(row["expired_reservations"]),
    )


def next_week_due(week_start: dt.date, limits: HealthLimits) -> dt.datetime:
    """The instant from which the schedules of the week after this one must be there."""
    day, hour = WEEKLY_RUN
    made = la_instant(week_start + dt.timedelta(days=day), hour)
    return made + dt.timedelta(hours=limits.schedule_grace_hours)


def creators_to_watch(dataset: Dataset, day: dt.date) -> "pd.DataFrame":
    """Pages with a CRITICAL anomaly in the week before an LA date, or RED, as last reported."""
    since = day - dt.timedelta(days=WATCHED_DAYS)
    return dataset.query("creators_to_watch", since=since)


def health_row(health: Health, checked_at: dt.datetime, *, run_id: str) -> "pd.DataFrame":
    """The check as the one row of `system_health`."""
    import pandas as pd

    evidence = {component.name: list(component.evidence) for component in health.components}
    row = {
        "check_date": la_date(checked_at),
        "checked_at": checked_at,
        "health_score": health.score,
        "health_status": health.status,
        "decision": health.decision.verdict,
        "reasons": list(health.decision.reasons),
        **{SCORE_COLUMNS[component.name]: component.score for component in health.components},
        "evidence": json.dumps(evidence),
        "query_cost_usd_24h": health.work.cost_usd,
        "error_rate_24h": health.work.error_rate,
        "p95_seconds_24h": health.work.p95_seconds,
        "slowdown": health.work.slowdown,
        "run_id": run_id,
    }
    return pd.DataFrame([row])


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, float | int) and value == value else None
