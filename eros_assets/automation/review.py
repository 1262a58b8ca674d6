"""Reads the Review tab into the dataset when people have changed it."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence

import dagster as dg

from eros_assets.assets.phases import ORCHESTRATION, in_phase
from eros_assets.assets.week import open_weeks, weekly_partitions
from eros_assets.automation.console import CONSOLE_LOGGER
from eros_assets.exporting.sheets.review_reading import changed_weeks
from eros_assets.exporting.sheets.tables import week_name
from eros_assets.resources import HOW_TO_TURN_ON, SheetsResource

MINUTES = 5

WATCHED = 3
"""Weeks whose Review tabs are looked at, the newest: the others are over."""


read_reviews = dg.define_asset_job(
    "read_reviews",
    selection=dg.AssetSelection.assets("schedule_review"),
    config=CONSOLE_LOGGER,
    tags=in_phase(ORCHESTRATION),
    description="Reads the decisions and notes of the Review tab about a week into "
    "schedule_review. Rejected messages are replaced when the week is built again.",
)


@dg.sensor(
    job=read_reviews,
    minimum_interval_seconds=60 * MINUTES,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description=f"Looks at the Review tabs of the weeks that are not over every {MINUTES} minutes; "
    "reads back those that say something new. Without a spreadsheet there is nothing to read.",
)
def review_changes(
    context: dg.SensorEvaluationContext, sheets: SheetsResource
) -> dg.SensorResult | dg.SkipReason:
    if sheets.spreadsheet_id is None:
        return dg.SkipReason(HOW_TO_TURN_ON)
    from eros_assets.exporting.sheets.reader import read_review_tabs
    from eros_assets.exporting.sheets.retry_policy import RetryPolicy

    now = dt.datetime.now(dt.UTC)
    known = weekly_partitions(context.repository_def).get_partition_keys(current_time=now)
    weeks = sorted(open_weeks(context.repository_def, known[-WATCHED:], now))
    names = {week_name(dt.date.fromisoformat(week)): week for week in weeks}
    # One attempt: the sensor ticks again soon, and a tick has a minute.
    spreadsheet = sheets.spreadsheet(RetryPolicy(attempts=1))
    tabs = read_review_tabs(spreadsheet, names)
    readings = {names[name]: tab.reading for name, tab in tabs.items()}
    if not readings:
        return dg.SkipReason("the spreadsheet has no Review tab yet; export a week first")
    before: dict[str, str] = json.loads(context.cursor) if context.cursor else {}
    changed = changed_weeks(before, readings)
    if not changed:
        return dg.SkipReason("the Review tabs say nothing new")
    # Without run keys: a decision may change back, and must be read again.
    return dg.SensorResult(
        run_requests=[dg.RunRequest(partition_key=week) for week in sorted(changed)],
        cursor=json.dumps(_kept({**before, **changed}, weeks), sort_keys=True),
    )


def _kept(digests: Mapping[str, str], weeks: Sequence[str]) -> dict[str, str]:
    """The digests of these weeks; those of weeks that are over are forgotten."""
    return {week: digest for week, digest in digests.items() if week in weeks}
