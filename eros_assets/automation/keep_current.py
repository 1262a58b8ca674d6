"""The sensor `keep_current`: the graph keeps itself current, by conditions of its assets.

It is another way to what `daily_caption_update`, `weekly_schedules` and `new_history` do, which
therefore do nothing while it is on:

- After new history or changed configuration, facts, statistics and reports follow, each after what
  it reads.
- Before the coming week, on Sunday at 18:00 in Los Angeles, the week is planned and exported, once
  the statistics are made.

An asset whose inputs fail a blocking check waits. Weeks that were locked by hand are exported by
`new_schedule`, health is scored by `health_check`, whether it is on or not.
"""

from collections.abc import Mapping

import dagster as dg

from eros_assets.calendar import ZONE_NAME
from eros_assets.importing.schema import INPUT_TABLES
from eros_assets.tuning import CONFIGURATION_TABLES

LEARNED = ("performance", "analysis", "evaluation")
PLANNED = ("selection", "schedules", "exports")
BEFORE_THE_WEEK = "0 18 * * SUN"

SOURCES = dg.AssetSelection.assets(*INPUT_TABLES, *CONFIGURATION_TABLES)

_idle = ~dg.AutomationCondition.in_progress() & ~dg.AutomationCondition.any_deps_in_progress()

AFTER_NEW_HISTORY = (
    dg.AutomationCondition.in_latest_time_window()
    & dg.AutomationCondition.any_deps_updated()
    .allow(SOURCES | dg.AssetSelection.groups(*LEARNED))
    .since_last_handled()
    # The measured improvement reads every week's schedules, whose checks are a matter of the weeks.
    & dg.AutomationCondition.all_deps_match(
        dg.AutomationCondition.all_checks_match(
            dg.AutomationCondition.check_passed() | dg.AutomationCondition.will_be_requested(),
            blocking_only=True,
        )
    ).ignore(dg.AssetSelection.groups("schedules"))
    & _idle
).with_label("after new history")
"""An input, the configuration, or what was learned before it has changed."""

BEFORE_THE_COMING_WEEK = (
    dg.AutomationCondition.in_latest_time_window()
    & dg.AutomationCondition.cron_tick_passed(BEFORE_THE_WEEK, ZONE_NAME).since_last_handled()
    & ~dg.AutomationCondition.any_deps_match(dg.AutomationCondition.will_be_requested()).allow(
        dg.AssetSelection.groups(*LEARNED)
    )
    & dg.AutomationCondition.all_deps_blocking_checks_passed()
    & _idle
).with_label("before the coming week")
"""Sunday evening has come, and what is learned is made."""

CONDITIONS: Mapping[str, dg.AutomationCondition[dg.AssetKey]] = {
    **dict.fromkeys(LEARNED, AFTER_NEW_HISTORY),
    **dict.fromkeys(PLANNED, BEFORE_THE_COMING_WEEK),
}
"""By group. The inputs of production have one of their own; other assets are not automated."""

keep_current = dg.AutomationConditionSensorDefinition(
    "keep_current",
    target=dg.AssetSelection.groups(*CONDITIONS),
    default_status=dg.DefaultSensorStatus.STOPPED,
    minimum_interval_seconds=60,
    description="Keeps the graph current by the automation conditions of its assets: facts, "
    "statistics and reports after new history or changed configuration; the plan and the exports "
    "of the coming week on Sunday at 18:00 in Los Angeles. What fails a blocking check stops what "
    "reads it. It replaces daily_caption_update, weekly_schedules and new_history, which do "
    "nothing while it is on.",
)

observe_inputs = dg.AutomationConditionSensorDefinition(
    "observe_inputs",
    target=dg.AssetSelection.assets(*INPUT_TABLES),
    default_status=dg.DefaultSensorStatus.STOPPED,
    minimum_interval_seconds=60,
    description="Looks at the input tables each night at 01:30 in Los Angeles, before "
    "daily_caption_update: when each changed, how many rows it has, what can't be used.",
)
"""Only where others load the inputs."""


KEPT_CURRENT = "the sensor keep_current is on, and does this"
"""Why a schedule or sensor that it replaces skips a tick."""


def keeps_itself_current(instance: dg.DagsterInstance) -> bool:
    """Whether `keep_current` is on; an instance in memory doesn't know, and has no daemon."""
    return instance.schedule_storage is not None and any(
        state.name == keep_current.name and state.is_running
        for state in instance.all_instigator_state()
    )
