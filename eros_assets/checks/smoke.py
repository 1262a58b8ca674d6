"""The five smoke tests of the gate, before a week's exports and alone as the job `smoke_tests`."""

from collections.abc import Iterator

import dagster as dg

from eros_assets.assets.week import week_of_run
from eros_assets.checks.verdict import verdict_of
from eros_assets.gate.smoke import SMOKE_TESTS, smoke_findings
from eros_assets.resources import WarehouseResource, WeekScope
from eros_assets.weekly.inputs import require_inputs

GUARDED = "active_caption_assignments"
"""The asset that the smoke tests check: a test that fails stops the exports downstream."""

DESCRIPTIONS = {
    "smoke_analyzer": "The analyzer returns a valid report with all its fields.",
    "smoke_selector": "The selector returns the captions asked for, in time (tuning: "
    "selector_max_seconds).",
    "smoke_builder": "The builder makes a complete schedule that holds every hard rule.",
    "smoke_exporter": "The exporter writes CSV files that are correctly formatted.",
    "smoke_timezone": "Every time is America/Los_Angeles, over both changes of the clocks.",
}


@dg.multi_asset_check(
    name="rehearse_week",
    specs=[
        dg.AssetCheckSpec(
            name,
            asset=GUARDED,
            additional_deps=["schedule_recommendations"],
            blocking=True,
            description=DESCRIPTIONS[name],
        )
        for name in SMOKE_TESTS
    ],
)
def rehearse_week(
    context: dg.AssetCheckExecutionContext, warehouse: WarehouseResource, week_scope: WeekScope
) -> Iterator[dg.AssetCheckResult]:
    """Run the five smoke tests in one step: each works on what the one before made."""
    dataset = warehouse.dataset(context)
    require_inputs(dataset)
    week_start = week_of_run(context, dataset)
    for finding in smoke_findings(dataset, week_start, week_scope.pages):
        yield verdict_of(finding, asset=GUARDED)
