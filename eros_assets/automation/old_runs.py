"""Removes Dagster's records of old runs: an hour's health check adds 200 KiB, a week's run 2 MiB.

What runs have made stays. Of an asset's history in Dagster it takes what these runs materialized;
health scores, schedules and costs of any age are rows of the dataset's own tables.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from pathlib import Path

import dagster as dg
from dagster._core.storage.dagster_run import FINISHED_STATUSES
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage

KEPT_DAYS: Mapping[str, int] = {
    "health_check": 30,
    "expired_lock_sweep": 30,
    "daily_caption_update": 90,
}
"""How long runs of jobs are kept that the clock starts again and again."""

OTHERS_KEPT_DAYS = 400
"""How long runs of every other job are kept: more than a year of weeks."""

MOST_AT_ONCE = 100
"""Runs that are removed at a time; the next time goes on."""


def remove_old_runs(instance: dg.DagsterInstance, now: dt.datetime) -> int:
    """Remove runs that ended and were created too long ago, oldest first; how many.

    Args:
        instance: has their records, events and logs.
        now: from which days are counted back.
    """
    removed = 0
    for run_id in _old_runs(instance, now):
        if removed == MOST_AT_ONCE:
            break
        instance.compute_log_manager.delete_logs(prefix=[run_id])
        instance.delete_run(run_id)
        events = instance.event_log_storage
        if isinstance(events, SqliteEventLogStorage):  # it leaves the run's empty file
            file = events.path_for_shard(run_id)
            for ending in ("", "-wal", "-shm"):
                Path(f"{file}{ending}").unlink(missing_ok=True)
        removed += 1
    return removed


def _old_runs(instance: dg.DagsterInstance, now: dt.datetime) -> Iterator[str]:
    kept = [*KEPT_DAYS.items(), (None, OTHERS_KEPT_DAYS)]
    for job_name, days in kept:
        old = dg.RunsFilter(
            job_name=job_name,
            statuses=FINISHED_STATUSES,
            created_before=now - dt.timedelta(days=days),
        )
        for record in instance.get_run_records(old, limit=MOST_AT_ONCE, ascending=True):
            yield record.dagster_run.run_id
