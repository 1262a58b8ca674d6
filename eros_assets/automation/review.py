"""Reads the Review tab into the dataset when people have changed it."""

import json

import dagster as dg

from eros_assets.assets.phases import ORCHESTRATION, in_phase
from eros_assets.assets.week import weekly_partitions
from eros_assets.automation.console import CONSOLE_LOGGER
from eros_assets.exporting.sheets.review_reading import changed_weeks
from eros_assets.resources import HOW_TO_TURN_ON, SheetsResource

MINUTES = 5


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
    description=f"Looks at the Review tab every {MINUTES} minutes; reads back the weeks about "
    "which it says something new. Without a spreadsheet there is nothing to read.",
)
def review_changes(
    context: dg.SensorEvaluationContext, sheets: SheetsResource
) -> dg.SensorResult | dg.SkipReason:
    if sheets.spreadsheet_id is None:
        return dg.SkipReason(HOW_TO_TURN_ON)
    from eros_assets.exporting.sheets.reader import read_review_tab
    from eros_assets.exporting.sheets.retry_policy import RetryPolicy

    # One attempt: the sensor ticks again soon, and a tick has a minute.
    reading = read_review_tab(sheets.spreadsheet(RetryPolicy(attempts=1)))
    if reading is None:
        return dg.SkipReason("the spreadsheet has no Review tab yet; export a week first")
    before: dict[str, str] = json.loads(context.cursor) if context.cursor else {}
    weeks = weekly_partitions(context.repository_def)
    changed = {
        week: digest
        for week, digest in changed_weeks(before, reading).items()
        if weeks.has_partition_key(week)
    }
    if not changed:
        return dg.SkipReason("the Review tab says nothing new")
    # Without run keys: a decision may change back, and must be read again.
    return dg.SensorResult(
        run_requests=[dg.RunRequest(partition_key=week) for week in sorted(changed)],
        cursor=json.dumps({**before, **changed}, sort_keys=True),
    )
