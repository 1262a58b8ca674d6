"""How the system is doing: read what health rests on, score it, decide, and show it."""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import dagster as dg

from eros_assets.assets.reporting import (
    frame_metadata,
    inline_picture,
    job_metadata,
    markdown_rows,
    markdown_table,
    table_spec,
)
from eros_assets.calendar import DAYS_A_WEEK, la_date, la_instant, monday_of
from eros_assets.exporting.health_picture import HealthBar, HealthPoint, health_picture
from eros_assets.gate import conditions
from eros_assets.gate.smoke import smoke_findings
from eros_assets.health import scores
from eros_assets.health.decision import Decision, decide
from eros_assets.health.limits import Limits, limits_of
from eros_assets.health.scores import Component, Improvement, Selector, Status, Supply
from eros_assets.health.success import Figure, success_figures
from eros_assets.health.work import SlowStatement, Work, log_begins, work_done
from eros_assets.installation import Installation
from eros_assets.tuning import read_knobs
from eros_assets.warehouse.protocol import Warehouse

if TYPE_CHECKING:
    import pandas as pd

WEEKLY_RUN = (6, 18)
"""The LA weekday (0 Monday) and hour at which the coming week's schedules are made."""

SHOWN_DAYS = 7
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


def operations_assets(eros: Installation) -> Sequence[dg.AssetsDefinition]:
    """`system_health`."""

    @dg.multi_asset(
        name="check_health",
        specs=[
            table_spec(
                eros,
                "system_health",
                group="operations",
                deps=[
                    *("mass_messages", "message_facts", "schedule_recommendations"),
                    *("active_caption_assignments", "emv_improvement", "creator_anomalies"),
                    *("creator_performance", "tuning"),
                ],
            )
        ],
    )
    def check_health(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        warehouse = eros.warehouse(asset="system_health", run=context.run_id, purpose="health")
        checked_at = dt.datetime.now(dt.UTC)
        planned_at = eros.planning_instant(warehouse)
        health = check_system(eros, warehouse, now=checked_at, planned_at=planned_at)
        row = health_row(health, checked_at, run_id=context.run_id)
        warehouse.load("system_health", row, replacing={"run_id": context.run_id})
        watched = creators_to_watch(eros, warehouse, la_date(planned_at))
        for reason in health.decision.reasons:
            context.log.warning(reason)
        return dg.MaterializeResult(
            metadata={
                **frame_metadata(row.drop(columns="evidence")),
                "health_score": round(health.score, 1),
                "health_status": health.status,
                "decision": health.decision.verdict,
                "reasons": dg.MetadataValue.json(list(health.decision.reasons)),
                "components": component_table(health.components),
                "success_figures": _figure_table(health.figures),
                "slowest_statements": _slow_table(health.work.slowest),
                "picture": _picture(eros, warehouse, health, la_date(checked_at)),
                "creators_to_watch": markdown_table(watched),
                "watched": dg.MetadataValue.json(
                    [f"{row['page_name']}: {row['trouble']}" for row in watched.to_dict("records")]
                ),
                "query_cost_usd_24h": health.work.cost_usd,
                **job_metadata(warehouse),
            }
        )

    return [check_health]


def check_system(
    eros: Installation, warehouse: Warehouse, *, now: dt.datetime, planned_at: dt.datetime
) -> Health:
    """Score the system and decide.

    Args:
        eros: the installation.
        warehouse: a handle whose jobs carry a `purpose`, so that watching isn't watched.
        now: the clock's instant; the job log is read by it.
        planned_at: the business's instant; history, schedules and reservations are held against it.
    """
    from eros_assets.evaluation.arms import TARGET  # imported here: it brings numpy

    knobs = read_knobs(warehouse)
    limits = limits_of(knobs)
    week = monday_of(la_date(planned_at))
    weeks = (week, week + dt.timedelta(days=DAYS_A_WEEK))
    violations = integrity_violations(eros, warehouse, weeks)
    smoke = smoke_findings(eros, warehouse, weeks[1])
    routines = conditions.routines_are_those_of_sql(eros, warehouse)
    [selector] = [finding for finding in smoke if finding.name == "smoke_selector"]
    procedures = [procedure.name for procedure in eros.library.of_kind("procedure")]
    work = work_done(warehouse.jobs(log_begins(now, limits)), now, procedures, limits)
    improvement = newest_improvement(eros, warehouse)
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
        scores.availability(supply(eros, warehouse, planned_at, limits), limits),
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


def integrity_violations(
    eros: Installation, warehouse: Warehouse, weeks: Sequence[dt.date]
) -> list[str]:
    """Corruption: of facts and reservations, and of the schedules in force of these weeks.

    Not what follows from newer code or other tuning: a rollback would not mend that.
    """
    found = [
        conditions.facts_and_quarantine_are_the_input(eros, warehouse),
        conditions.no_caption_reserved_twice(eros, warehouse),
    ]
    for week in weeks:
        found += [
            conditions.schedule_times_are_la(eros, warehouse, week),
            conditions.schedules_are_as_planned(eros, warehouse, week),
            conditions.every_message_is_reserved(eros, warehouse, week),
        ]
    return [finding.sentence for finding in found if not finding.passed]


def newest_improvement(eros: Installation, warehouse: Warehouse) -> Improvement | None:
    """The newest measurement over all creators, None before there is one."""
    rows = warehouse.query(eros.sql("newest_improvement")).to_dict("records")
    if not rows:
        return None
    names = ("relative_improvement", "relative_lower", "relative_upper")
    return Improvement(*(_number(rows[0][name]) for name in names))


def supply(
    eros: Installation, warehouse: Warehouse, planned_at: dt.datetime, limits: Limits
) -> Supply:
    """What is there for people to work with, as of the business's instant."""
    import pandas as pd

    overdue_at = planned_at - dt.timedelta(hours=limits.sweep_grace_hours)
    row = warehouse.query(eros.sql("supply"), {"overdue_at": overdue_at}).iloc[0]
    week = monday_of(la_date(planned_at))
    lacking = warehouse.query(
        eros.sql("creators_without_schedule"),
        {
            "this_week": week,
            "next_week": week + dt.timedelta(days=DAYS_A_WEEK),
            "next_is_due": planned_at >= next_week_due(week, limits),
        },
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


def next_week_due(week_start: dt.date, limits: Limits) -> dt.datetime:
    """The instant from which the schedules of the week after this one must be there."""
    day, hour = WEEKLY_RUN
    made = la_instant(week_start + dt.timedelta(days=day), hour)
    return made + dt.timedelta(hours=limits.schedule_grace_hours)


def creators_to_watch(eros: Installation, warehouse: Warehouse, day: dt.date) -> "pd.DataFrame":
    """Pages with a CRITICAL anomaly in the week before an LA date, or RED, as last reported."""
    since = day - dt.timedelta(days=WATCHED_DAYS)
    return warehouse.query(eros.sql("creators_to_watch"), {"since": since})


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


def component_table(components: Sequence[Component]) -> dg.MetadataValue[Any]:
    """Scores and evidence for people, as a Markdown table."""
    return markdown_rows(
        ("component", "score of 20", "evidence"),
        (
            (
                c.name,
                "not applicable" if c.score is None else f"{c.score:.1f}",
                "; ".join(c.evidence),
            )
            for c in components
        ),
    )


def _figure_table(figures: Sequence[Figure]) -> dg.MetadataValue[Any]:
    words = {True: "holds", False: "does not hold", None: "not known yet"}
    return markdown_rows(
        ("success figure", "target", "seen", ""),
        ((f.name, f.target, f.seen, words[f.holds]) for f in figures),
    )


def _slow_table(slowest: Sequence[SlowStatement]) -> dg.MetadataValue[Any]:
    return markdown_rows(
        ("asset", "statement", "runs", "seconds", "usually"),
        (
            (
                *(slow.asset, slow.statement, slow.runs, f"{slow.seconds:.2f}"),
                "new" if slow.usual_seconds is None else f"{slow.usual_seconds:.2f}",
            )
            for slow in slowest
        ),
    )


def _picture(
    eros: Installation, warehouse: Warehouse, health: Health, day: dt.date
) -> dg.MetadataValue[Any]:
    since = day - dt.timedelta(days=SHOWN_DAYS)
    recent = warehouse.query(eros.sql("recent_health"), {"since": since}).to_dict("records")
    png = health_picture(
        [HealthBar(component.name, component.score) for component in health.components],
        [
            HealthPoint(row["checked_at"].to_pydatetime(), row["health_score"], row["decision"])
            for row in reversed(recent)
        ],
        f"Health {health.score:.0f} of 100: {health.status}, {health.decision.verdict}",
    )
    return dg.MetadataValue.md(inline_picture("health", png))


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, float | int) and value == value else None
