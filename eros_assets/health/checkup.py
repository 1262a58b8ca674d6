"""Reads the data that health is scored on, scores it, and decides."""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from eros_assets.calendar import la_date
from eros_assets.dataset import Dataset
from eros_assets.gate import conditions
from eros_assets.gate.findings import Finding
from eros_assets.health import scores
from eros_assets.health.decision import Decision, decide
from eros_assets.health.limits import limits_of
from eros_assets.health.observations import Observations, Remembered, observed
from eros_assets.health.scores import Component, Status
from eros_assets.health.success import Figure, success_figures
from eros_assets.health.work import Work, log_begins, work_done

if TYPE_CHECKING:
    import pandas as pd

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
    seen: Observations
    state: str


def check_system(
    dataset: Dataset,
    *,
    now: dt.datetime,
    planned_at: dt.datetime,
    smoke: Sequence[Finding] | None = None,
    remembered: Remembered | None = None,
) -> Health:
    """Score the system and decide.

    Args:
        dataset: a handle whose jobs carry a `purpose`, so that watching isn't watched.
        now: the clock's instant; the job log is read by it.
        planned_at: the business's instant; history, schedules and reservations are held against it.
        smoke: the five smoke tests, where they have just been evaluated; None evaluates them.
        remembered: what an earlier check saw of the tables; taken over while they are as they were.
    """
    from eros_assets.evaluation.arms import TARGET  # imported here: it brings numpy

    seen, state = observed(dataset, planned_at, remembered, smoke)
    limits = limits_of(seen.knobs)
    routines = conditions.routines_are_those_of_sql(dataset)
    procedures = [procedure.name for procedure in dataset.library.of_kind("procedure")]
    work = work_done(dataset.warehouse.jobs(log_begins(now, limits)), now, procedures, limits)
    components = (
        scores.integrity(seen.violations),
        scores.query_performance(
            work,
            seen.selector,
            limits,
        ),
        scores.error_rate(work, limits),
        scores.emv(seen.improvement),
        scores.availability(seen.supply_at(planned_at), limits),
    )
    score = scores.health_score(components)
    faults = [*seen.faults, *([] if routines.passed else [routines.sentence])]
    return Health(
        score,
        scores.health_status(score, limits),
        decide(score, work, seen.violations, faults, limits),
        components,
        work,
        success_figures(score, seen.violations, work, seen.improvement, TARGET, limits),
        seen,
        state,
    )


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
        "state": health.state,
        "observations": health.seen.as_text(),
        "run_id": run_id,
    }
    return pd.DataFrame([row])
