"""Sensors of new history, schedules without exports, health, failed runs and failed checks.

Each keeps a cursor and moves it only when what it stands for was done. A read that fails ends the
tick with its error and leaves the cursor where it was: it is never taken for "nothing new".
"""

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

import dagster as dg

from eros_assets.alerts import Alert, AlertError
from eros_assets.assets.realigning import LOCKED
from eros_assets.assets.week import open_weeks
from eros_assets.automation.jobs import daily_caption_update, export_schedules
from eros_assets.automation.keep_current import KEPT_CURRENT, keeps_itself_current
from eros_assets.automation.rollback import rollback_production
from eros_assets.errors import root_cause
from eros_assets.health.turns import HealthSeen, health_turn
from eros_assets.publishing.due import Locked, weeks_to_export
from eros_assets.resources import AlertsResource, WarehouseResource
from eros_assets.settings import Settings
from eros_assets.weekly.history import History, is_new_history

EXPORTS = ("schedule_csv", "schedule_sheet", "schedule_bucket")
"""The steps that publish a week. A run has those of the channels that are set up."""
HEALTH = dg.AssetKey("system_health")
PLANNED = dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED
ENDED_WELL = dg.DagsterEventType.STEP_SUCCESS
EVENTS_A_TICK = 500


@dg.sensor(
    job=daily_caption_update,
    minimum_interval_seconds=600,
    description="Runs daily_caption_update when mass_messages has changed.",
)
def new_history(
    context: dg.SensorEvaluationContext, warehouse: WarehouseResource
) -> dg.SensorResult | dg.SkipReason:
    if keeps_itself_current(context.instance):
        return dg.SkipReason(KEPT_CURRENT)
    dataset = warehouse.dataset(asset="mass_messages")
    table = dataset.freshness("mass_messages")
    if table is None:
        return dg.SkipReason("mass_messages does not exist yet; load the history first")
    found = History(table.last_modified, table.row_count)
    facts = dataset.freshness("message_facts")
    made_at = facts.last_modified if facts and facts.row_count else None
    if not is_new_history(_history(context.cursor), found, made_at):
        return dg.SensorResult(
            skip_reason=f"mass_messages is as it was: {found.row_count} rows, changed "
            f"{found.last_modified:%Y-%m-%d %H:%M} UTC",
            cursor=_cursor(found),
        )
    request = dg.RunRequest(run_key=f"history_{found.key}")
    return dg.SensorResult(run_requests=[request], cursor=_cursor(found))


def _history(cursor: str | None) -> History | None:
    if not cursor:
        return None
    seen: Mapping[str, Any] = json.loads(cursor)
    return History(dt.datetime.fromisoformat(seen["last_modified"]), int(seen["row_count"]))


def _cursor(history: History) -> str:
    return json.dumps(
        {
            "last_modified": history.last_modified.isoformat(),
            "row_count": history.row_count,
        }
    )


@dg.sensor(
    job=export_schedules,
    minimum_interval_seconds=60,
    description="Runs export_schedules for each week whose schedules were locked by a run that "
    "doesn't export them itself, and for each that a rollback could not publish. Several weeks "
    "between two ticks: none is lost. A week that has passed is left out.",
)
def new_schedule(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    found = context.instance.fetch_materializations(
        LOCKED, limit=EVENTS_A_TICK, cursor=context.cursor, ascending=True
    )
    locked = {record.partition_key for record in found.records if record.partition_key}
    weeks_left = open_weeks(context.repository_def, locked, dt.datetime.now(dt.UTC))
    weeks = [
        (record.storage_id, record.partition_key, record.run_id)
        for record in found.records
        if record.partition_key in weeks_left
    ]
    runs = {run_id: _exports(context.instance, run_id) for _, _, run_id in weeks}
    if under_way := [run_id for run_id, exports in runs.items() if exports is None]:
        return dg.SkipReason(f"run {under_way[0]} has yet to export what it locked")
    events = [Locked(event, week, bool(runs[run_id])) for event, week, run_id in weeks]
    requests = [
        dg.RunRequest(run_key=f"{event.week}_{event.event_id}", partition_key=event.week)
        for event in weeks_to_export(events)
    ]
    if not requests:
        return dg.SensorResult(
            skip_reason=f"{len(events)} locked weeks, all exported by their runs",
            cursor=found.cursor,
        )
    return dg.SensorResult(run_requests=requests, cursor=found.cursor)


def _exports(instance: dg.DagsterInstance, run_id: str) -> bool | None:
    """Whether a run published to all it was to, files at least; None while it is going to.

    One that was to and ended before didn't. Of a run that is forgotten, nothing is left to do. An
    event without a run asks for an export.
    """
    if not run_id:
        return False
    run = instance.get_run_by_id(run_id)
    if run is None:
        return True
    events = [
        entry.dagster_event
        for entry in instance.all_logs(run_id, of_type={PLANNED, ENDED_WELL})
        if entry.dagster_event is not None
    ]
    planned = {e.asset_key.to_user_string() for e in events if e.asset_key is not None}
    to_export = planned.intersection(EXPORTS)
    left = to_export - {e.step_key for e in events if e.event_type is ENDED_WELL}
    if "schedule_csv" in to_export and not left:
        return True
    return None if to_export and not run.is_finished else False


@dg.sensor(
    job=rollback_production,
    minimum_interval_seconds=60,
    description="Tells people when the decision of health_check changes or a creator is in "
    "trouble. Starts rollback_production when it turns to ROLLBACK and EROS_AUTO_ROLLBACK is "
    "true.",
)
def health_turns(context: dg.SensorEvaluationContext, alerts: AlertsResource) -> dg.SensorResult:
    state: dict[str, Any] = json.loads(context.cursor) if context.cursor else {}
    found = context.instance.fetch_materializations(
        HEALTH, limit=EVENTS_A_TICK, cursor=state.get("events"), ascending=True
    )
    checks = [
        seen
        for record in found.records
        if (materialization := record.asset_materialization) is not None
        and (seen := _health_seen(materialization.metadata)) is not None
    ]
    before = HealthSeen(**state["last"]) if state.get("last") else None
    turn = health_turn(before, checks)
    begins_rollback = turn.begins_rollback and alerts.settings.auto_rollback
    untold: list[Alert] = []
    for alert in [*(Alert(**earlier) for earlier in state.get("untold", [])), *turn.alerts]:
        try:
            context.log.info(f"{alert.title}. {alerts.tell(alert).sentence}")
        except AlertError:
            if not begins_rollback:  # the tick fails, and the next one tells
                raise
            untold.append(alert)  # the rollback doesn't wait for the channels
    last = checks[-1] if checks else before
    cursor = json.dumps(
        {
            "events": found.cursor,
            "last": {
                "verdict": last.verdict,
                "score": last.score,
                "reasons": list(last.reasons),
                "watched": list(last.watched),
            }
            if last
            else None,
            "untold": [{"title": a.title, "lines": list(a.lines)} for a in untold],
        }
    )
    if not turn.begins_rollback:
        return dg.SensorResult(skip_reason=f"{len(checks)} checks", cursor=cursor)
    if not begins_rollback:
        return dg.SensorResult(
            skip_reason="ROLLBACK is asked for; EROS_AUTO_ROLLBACK is not true, so a person "
            "decides",
            cursor=cursor,
        )
    request = dg.RunRequest(run_key=f"rollback_{found.cursor}")
    return dg.SensorResult(run_requests=[request], cursor=cursor)


def _health_seen(metadata: Mapping[str, Any]) -> HealthSeen | None:
    names = ("decision", "health_score", "reasons", "watched")
    if any(name not in metadata for name in names):
        return None
    verdict, score, reasons, watched = (metadata[name].value for name in names)
    return HealthSeen(str(verdict), float(score), list(reasons), list(watched))


@dg.run_failure_sensor(description="Tells people of every run that failed, and why.")
def failed_runs(context: dg.RunFailureSensorContext, alerts: AlertsResource) -> None:
    run = context.dagster_run
    causes = [
        f"{event.step_key}: {root_cause(event.step_failure_data.error)}"
        for event in context.get_step_failure_events()
    ]
    lines = [
        *_about(alerts.settings, run),
        *(causes or [context.failure_event.message or "no cause is known"]),
        *_failed_checks(context.instance, run.run_id),
    ]
    alert = Alert(f"{run.job_name} failed", lines)
    context.log.info(alerts.tell(alert).sentence)


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.SUCCESS,
    description="Tells people of ERROR checks that failed without stopping their run.",
)
def failed_checks(
    context: dg.RunStatusSensorContext, alerts: AlertsResource
) -> dg.SkipReason | None:
    run = context.dagster_run
    found = _failed_checks(context.instance, run.run_id)
    if not found:
        return dg.SkipReason(f"{run.job_name}: every ERROR check passed")
    alert = Alert(
        f"{len(found)} checks failed in {run.job_name}",
        [*_about(alerts.settings, run), *found],
    )
    context.log.info(alerts.tell(alert).sentence)
    return None


def _about(settings: Settings, run: dg.DagsterRun) -> list[str]:
    week = run.tags.get("dagster/partition")
    address = settings.ui_address
    where = f"{address.rstrip('/')}/runs/{run.run_id}" if address else f"run {run.run_id}"
    return [f"{where}{f', week of {week}' if week else ''}"]


def _failed_checks(instance: dg.DagsterInstance, run_id: str) -> list[str]:
    events = instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION)
    evaluations = [
        entry.dagster_event.asset_check_evaluation_data
        for entry in events
        if entry.dagster_event is not None
    ]
    return [
        f"check {evaluation.check_name}: {evaluation.description or 'failed'}"
        for evaluation in evaluations
        if not evaluation.passed and evaluation.severity is dg.AssetCheckSeverity.ERROR
    ]
