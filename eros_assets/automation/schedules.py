"""When jobs run by themselves, all in America/Los_Angeles. Turned on in the Dagster UI.

Clocks change at 02:00. The day that has no 02:00, the daily update runs at 03:00; the day that has
two hours called 01:00, the hourly check runs in both, and everything else once.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

import dagster as dg

from eros_assets.automation.jobs import (
    DAILY_CAPTION_UPDATE,
    HEALTH_CHECK,
    WEEKLY_SCHEDULES,
)
from eros_assets.automation.sweep import EXPIRED_LOCK_SWEEP
from eros_assets.calendar import ZONE_NAME, la_date, monday_after
from eros_assets.settings import Settings

PARTITIONED = {
    DAILY_CAPTION_UPDATE: "0 2 * * *",
    WEEKLY_SCHEDULES: "0 18 * * SUN",
}
PLAIN = {
    EXPIRED_LOCK_SWEEP: "0 */6 * * *",
    HEALTH_CHECK: "0 * * * *",
}


def coming_week(settings: Settings, tick: dt.datetime) -> dt.date:
    """The week that a tick is for: `EROS_WEEK`, else the one that begins after the tick's LA date.

    Statistics as of that Monday count every message sent until the tick.
    """
    return settings.week or monday_after(la_date(tick))


def schedules(settings: Settings, jobs: Iterable[Any]) -> Sequence[dg.ScheduleDefinition]:
    """One schedule per job that runs by itself, named as the job."""
    by_name = {job.name: job for job in jobs}
    return [
        *(_weekly(settings, by_name[name], cron) for name, cron in PARTITIONED.items()),
        *(
            dg.ScheduleDefinition(
                name=name, job=by_name[name], cron_schedule=cron, execution_timezone=ZONE_NAME
            )
            for name, cron in PLAIN.items()
        ),
    ]


def _weekly(settings: Settings, job: Any, cron: str) -> dg.ScheduleDefinition:
    @dg.schedule(name=job.name, job=job, cron_schedule=cron, execution_timezone=ZONE_NAME)
    def for_coming_week(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        week = coming_week(settings, context.scheduled_execution_time)
        return dg.RunRequest(partition_key=week.isoformat())

    return for_coming_week
