"""Reads the Review tab into the dataset when people have changed it, and acts on rejections."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import dagster as dg

from eros_assets.assets.phases import ORCHESTRATION, in_phase
from eros_assets.assets.review import TO_REPLACE
from eros_assets.assets.week import open_weeks, weekly_partitions
from eros_assets.automation.console import CONSOLE_LOGGER
from eros_assets.automation.jobs import replace_messages
from eros_assets.exporting.sheets.review_reading import (
    ReviewReading,
    ReviewTabError,
    changed_weeks,
)
from eros_assets.exporting.sheets.tables import week_name
from eros_assets.resources import HOW_TO_TURN_ON, SheetsResource

if TYPE_CHECKING:
    from eros_assets.exporting.sheets.reader import ReviewTab

MINUTES = 5

WATCHED = 3
"""Weeks whose Review tabs are looked at, the newest: the others are over."""

REVIEWS = dg.AssetKey("schedule_review")
EVENTS_A_TICK = 500


read_reviews = dg.define_asset_job(
    "read_reviews",
    selection=dg.AssetSelection.assets("schedule_review"),
    config=CONSOLE_LOGGER,
    tags=in_phase(ORCHESTRATION),
    description="Reads the decisions and notes of the Review tab about a week into "
    "schedule_review. The sensor rejected_messages has rejected messages replaced then.",
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
    readings = {names[name]: _reading(tab) for name, tab in tabs.items()}
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


@dg.sensor(
    job=replace_messages,
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Runs replace_messages for each week whose reviews were read and reject messages "
    "that lie ahead: exactly those are replaced, and the week is published.",
)
def rejected_messages(
    context: dg.SensorEvaluationContext,
) -> dg.SensorResult | dg.SkipReason:
    found = context.instance.fetch_materializations(
        REVIEWS, limit=EVENTS_A_TICK, cursor=context.cursor, ascending=True
    )
    newest: dict[str, tuple[int, int]] = {}
    for record in found.records:
        metadata = record.asset_materialization.metadata if record.asset_materialization else {}
        if record.partition_key and TO_REPLACE in metadata:
            count = int(str(metadata[TO_REPLACE].value))
            newest[record.partition_key] = record.storage_id, count
    weeks = open_weeks(context.repository_def, newest, dt.datetime.now(dt.UTC))
    requests = [
        dg.RunRequest(run_key=f"{week}_{event}", partition_key=week)
        for week, (event, count) in sorted(newest.items())
        if count and week in weeks
    ]
    if not requests:
        return dg.SensorResult(
            skip_reason="no rejected message waits to be replaced", cursor=found.cursor
        )
    return dg.SensorResult(run_requests=requests, cursor=found.cursor)


def _reading(tab: "ReviewTab") -> ReviewReading | ReviewTabError:
    """A week's lines, or why there are none: a run says so, and the other weeks are read."""
    try:
        return tab.reading
    except ReviewTabError as error:
        return error


def _kept(digests: Mapping[str, str], weeks: Sequence[str]) -> dict[str, str]:
    """The digests of these weeks; those of weeks that are over are forgotten."""
    return {week: digest for week, digest in digests.items() if week in weeks}


SENSORS = (review_changes, rejected_messages)
"""Those of an installation with a spreadsheet."""
