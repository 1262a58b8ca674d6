"""What Dagster's instance tells the acceptance: runs, what is turned on, the newest notice."""

import datetime as dt

import dagster as dg

from eros_assets.acceptance.dagster_state import WEEKLY_JOB, DagsterState, RunSeen
from eros_assets.assets.week import PARTITION

DAY = dt.timedelta(hours=24)
SUMMARY = dg.AssetKey("deployment_summary")
NOTICE = "notice"


def dagster_state(
    instance: dg.DagsterInstance, *, now: dt.datetime, week: dt.date | None
) -> DagsterState:
    """The state of an instance; `week` is the one in question."""
    day = instance.get_run_records(dg.RunsFilter(created_after=now - DAY), ascending=True)
    weekly = (
        instance.get_run_records(
            dg.RunsFilter(job_name=WEEKLY_JOB, tags={PARTITION: week.isoformat()}), limit=1
        )
        if week
        else []
    )
    on = {
        kind: frozenset(
            state.name
            for state in instance.all_instigator_state()
            if state.is_running and state.instigator_type.value == kind
        )
        for kind in ("SCHEDULE", "SENSOR")
    }
    newest = instance.get_latest_materialization_event(SUMMARY)
    made = newest.asset_materialization if newest else None
    notice = made.metadata.get(NOTICE) if made else None
    return DagsterState(
        day=[_seen(record) for record in day],
        weekly=_seen(weekly[0]) if weekly else None,
        schedules_on=on["SCHEDULE"],
        sensors_on=on["SENSOR"],
        notice=str(notice.value) if notice else None,
    )


def _seen(record: dg.RunRecord) -> RunSeen:
    run = record.dagster_run
    return RunSeen(
        run.run_id,
        run.job_name,
        run.status.value,
        record.create_timestamp.replace(tzinfo=dt.UTC)
        if record.create_timestamp.tzinfo is None
        else record.create_timestamp,
        run.tags.get(PARTITION),
    )
