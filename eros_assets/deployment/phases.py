"""Functions on an installation that the phases of a deployment call."""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from eros_assets.alerts import Alert, AlertError, tell
from eros_assets.dataset import Dataset, sql_library
from eros_assets.deployment.archive import Archive
from eros_assets.deployment.preflight import preflight
from eros_assets.deployment.record import Entry, in_force
from eros_assets.errors import ErosError
from eros_assets.gate import Finding, smoke_findings
from eros_assets.gate.conditions import routines_are_those_of_sql
from eros_assets.health.limits import limits_of
from eros_assets.health.work import Work, log_begins, work_done
from eros_assets.importing.schema import INPUT_TABLES, LOADED_BY_OTHERS
from eros_assets.settings import Settings
from eros_assets.tuning import read_knobs
from eros_assets.warehouse.protocol import Probe
from eros_assets.weekly.facts import refresh_facts


class NothingDeployedError(ErosError):
    """There is no deployment yet."""


def archive_of(dataset: Dataset) -> Archive:
    """The records of the installation."""
    return Archive(dataset, INPUT_TABLES)


def clock() -> dt.datetime:
    """The time of a step of a deployment or rollback, for its record and for expiry checks."""
    return dt.datetime.now(dt.UTC)


def preflight_of(settings: Settings) -> list[Probe]:
    """The preflight probes, with the installation's own tables."""
    owned = [
        table.name for table in sql_library().of_kind("table") if table.name not in LOADED_BY_OTHERS
    ]
    return preflight(settings, LOADED_BY_OTHERS, owned)


def records_folder(settings: Settings) -> Path:
    """The folder of manifests, summaries and reports."""
    return settings.out_dir / "deployments"


def newest_health(dataset: Dataset) -> dict[str, Any] | None:
    """The last row of `system_health`, formatted for a summary; None before the first."""
    if dataset.freshness("system_health") is None:
        return None
    rows = dataset.query("newest_health").to_dict("records")
    if not rows:
        return None
    row = rows[0]
    return {
        "score": f"{row['health_score']:.1f} of 100, {row['health_status']}",
        "decision": row["decision"],
        "reasons": "; ".join(row["reasons"]) or "none",
        "checked": f"{row['checked_at']:%Y-%m-%d %H:%M} UTC",
    }


def work_of_a_day(dataset: Dataset, now: dt.datetime) -> Work | None:
    """Cost and failures of the last 24 hours, as the health check counts them.

    None where the configuration has not been loaded yet.
    """
    if dataset.freshness("tuning") is None:
        return None
    limits = limits_of(read_knobs(dataset))
    procedures = [procedure.name for procedure in dataset.library.of_kind("procedure")]
    return work_done(dataset.warehouse.jobs(log_begins(now, limits)), now, procedures, limits)


def notify(dataset: Dataset, title: str, lines: Sequence[str]) -> str:
    """Send an alert by the configured channels; the result in one line.

    A failing alert channel does not undo a deployment or a rollback.
    """
    try:
        return tell(dataset.settings, Alert(title, lines)).sentence
    except AlertError as error:
        return f"The alert was not sent: {error}"


def gate_findings(dataset: Dataset) -> list[Finding]:
    """The routine count and the five smoke tests, for the coming week."""
    week = dataset.default_week()
    return [routines_are_those_of_sql(dataset), *smoke_findings(dataset, week)]


def open_deployment(history: Sequence[Entry]) -> Entry | None:
    """The unfinished deployment, None when there is none."""
    last = history[-1] if history else None
    return last if last is not None and last.kind == "deploy" and not last.is_finished else None


def deployment_in_question(history: Sequence[Entry]) -> tuple[Entry, bool]:
    """The unfinished deployment, else the one in force; and whether it is unfinished.

    Raises:
        NothingDeployedError: there is neither.
    """
    if (entry := open_deployment(history)) is not None:
        return entry, True
    present = in_force(history)
    for entry in history:
        if entry.deployment_id == present:
            return entry, False
    raise NothingDeployedError(
        "no deployment is under way or in force, so there is nothing to report; run the job "
        "deploy_production (`make deploy`) as a whole"
    )


def learn_if_new(dataset: Dataset) -> None:
    """Refresh facts and caption performance where that was never done.

    The gate rehearses on them, and the weekly run that would make them needs the gate.
    """
    facts = dataset.freshness("message_facts")
    if facts is not None and facts.row_count:
        return
    refresh_facts(dataset)
    lookback = read_knobs(dataset)["stats_lookback_days"]
    dataset.call(
        "update_caption_performance", p_as_of=dataset.default_week(), p_lookback_days=lookback
    )
