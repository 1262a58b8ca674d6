"""The schedules, all in America/Los_Angeles. People turn them on in the Dagster UI.

Clocks change at 02:00. The day that has no 02:00, the daily update runs at 03:00; the day that has
two hours called 01:00, the hourly check runs in both, and everything else once.
"""

import dagster as dg

from eros_assets.assets.week import coming_week
from eros_assets.automation import jobs
from eros_assets.automation.answers import weekly_digest
from eros_assets.automation.keep_current import KEPT_CURRENT, keeps_itself_current
from eros_assets.automation.sweep import expired_lock_sweep
from eros_assets.calendar import ZONE_NAME


def _for_coming_week(
    context: dg.ScheduleEvaluationContext,
) -> dg.RunRequest | dg.SkipReason:
    if keeps_itself_current(context.instance):
        return dg.SkipReason(KEPT_CURRENT)
    week = coming_week(context.repository_def, context.scheduled_execution_time)
    return dg.RunRequest(partition_key=week.isoformat())


daily_caption_update = dg.ScheduleDefinition(
    name=jobs.daily_caption_update.name,
    job=jobs.daily_caption_update,
    cron_schedule="0 2 * * *",
    description="Every night at 02:00: facts, statistics, reports and the measured improvement "
    "from the history as it is. Skipped while keep_current is on.",
    execution_timezone=ZONE_NAME,
    should_execute=lambda context: not keeps_itself_current(context.instance),
)

weekly_schedules = dg.schedule(
    name=jobs.weekly_schedules.name,
    job=jobs.weekly_schedules,
    cron_schedule="0 18 * * SUN",
    description="On Sunday at 18:00: plans, locks and exports the week that begins on Monday, for "
    "every active creator. Skipped while keep_current is on.",
    execution_timezone=ZONE_NAME,
)(_for_coming_week)

expired_locks = dg.ScheduleDefinition(
    name=expired_lock_sweep.name,
    job=expired_lock_sweep,
    cron_schedule="0 */6 * * *",
    description="Every 6 hours: releases the reservations that have expired, so that other pages "
    "may use their captions.",
    execution_timezone=ZONE_NAME,
)

hourly_health = dg.ScheduleDefinition(
    name=jobs.health_check.name,
    job=jobs.health_check,
    cron_schedule="0 * * * *",
    description="Every hour: the health score and the decision. health_turns tells people when "
    "the decision changes.",
    execution_timezone=ZONE_NAME,
)

monday_digest = dg.ScheduleDefinition(
    name=weekly_digest.name,
    job=weekly_digest,
    cron_schedule="0 8 * * MON",
    description="On Monday at 08:00: the report of the week that is over, and its digest by Slack "
    "and e-mail, with the three things to look at.",
    execution_timezone=ZONE_NAME,
)

SCHEDULES = (
    *(daily_caption_update, weekly_schedules, expired_locks, hourly_health),
    monday_digest,
)
"""Every schedule; a rollback stops them."""
