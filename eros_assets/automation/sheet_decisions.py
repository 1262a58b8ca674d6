"""Reads the tabs of decisions into the dataset when people have changed them."""

import dagster as dg

from eros_assets.assets.phases import ORCHESTRATION, in_phase
from eros_assets.automation.console import CONSOLE_LOGGER
from eros_assets.exporting.sheets.decision_reading import digest_of
from eros_assets.resources import HOW_TO_TURN_ON, SheetsResource

MINUTES = 5

read_decisions = dg.define_asset_job(
    "read_decisions",
    selection=dg.AssetSelection.assets("sheet_decisions"),
    config=CONSOLE_LOGGER,
    tags=in_phase(ORCHESTRATION),
    description="Reads the queued messages, days off and hours, and overrides of the spreadsheet's "
    "tabs into sheet_decisions. They hold from the next plan on.",
)


@dg.sensor(
    job=read_decisions,
    minimum_interval_seconds=60 * MINUTES,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description=f"Looks at the tabs of decisions every {MINUTES} minutes, and reads them when they "
    "say something new. Without a spreadsheet there is nothing to read.",
)
def decision_changes(
    context: dg.SensorEvaluationContext, sheets: SheetsResource
) -> dg.SensorResult | dg.SkipReason:
    if sheets.spreadsheet_id is None:
        return dg.SkipReason(HOW_TO_TURN_ON)
    from eros_assets.exporting.sheets.decision_reader import read_decision_tabs
    from eros_assets.exporting.sheets.retry_policy import RetryPolicy

    # One attempt: the sensor ticks again soon, and a tick has a minute.
    grids = read_decision_tabs(sheets.spreadsheet(RetryPolicy(attempts=1)))
    if not grids:
        return dg.SkipReason("the spreadsheet has no tabs of decisions yet; export a week first")
    digest = digest_of(grids)
    if digest == (context.cursor or digest_of({})):
        return dg.SkipReason("the tabs of decisions say nothing new")
    # Without a run key: a decision may change back, and must be read again.
    return dg.SensorResult(run_requests=[dg.RunRequest()], cursor=digest)
