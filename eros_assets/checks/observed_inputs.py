"""The check of inputs that others load: whether history still arrives."""

import datetime as dt

import dagster as dg

from eros_assets.assets.labels import HISTORY_FAILS, HISTORY_WARNS
from eros_assets.assets.observed_inputs import NIGHTLY
from eros_assets.calendar import ZONE, ZONE_NAME
from eros_assets.checks.verdict import verdict
from eros_assets.resources import WarehouseResource

HISTORY = "mass_messages"


@dg.asset_check(
    asset=HISTORY,
    # Not `on_cron`: it waits until the history has changed, and the check is about when it hasn't.
    automation_condition=dg.AutomationCondition.cron_tick_passed(
        NIGHTLY, ZONE_NAME
    ).since_last_handled(),
)
def history_is_fresh(
    context: dg.AssetCheckExecutionContext, warehouse: WarehouseResource
) -> dg.AssetCheckResult:
    """The message history changed within 2 days; after 8 days the check is an error.

    Dagster's freshness policies count materializations, which a table that others load has not.
    Creators, captions and restrictions may stay as they are for as long as people like.
    """
    dataset = warehouse.dataset(context)
    table = dataset.freshness(HISTORY)
    if table is None:
        return verdict(offenders=[f"{HISTORY} does not exist; load it first"], meaning="History.")
    age = dataset.planning_instant() - table.last_modified
    changed = f"{table.last_modified.astimezone(ZONE):%Y-%m-%d %H:%M}, Los Angeles"
    return verdict(
        offenders=[f"it last changed {changed}"] if age >= HISTORY_WARNS else [],
        observed=round(age / dt.timedelta(hours=1), 1),
        threshold=HISTORY_WARNS / dt.timedelta(hours=1),
        severity=dg.AssetCheckSeverity.ERROR
        if age >= HISTORY_FAILS
        else dg.AssetCheckSeverity.WARN,
        meaning="Hours since the message history changed.",
    )
