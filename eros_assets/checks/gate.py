"""Checks of the gate: the schedules in force, and the five smoke tests.

In a run that locks or exports a week they show the verdict on which the week is published. Executed
by themselves, by a person or the job `smoke_tests`, they are evaluated anew and write no row.
"""

import dagster as dg

from eros_assets.assets.gate_checks import GUARDED, OF_A_WEEK
from eros_assets.assets.selection import selection_work
from eros_assets.assets.week import WEEKLY, materializes
from eros_assets.checks.verdict import Recorded, recorded, verdict_of, week_to_check
from eros_assets.gate import gate_findings, smoke_findings
from eros_assets.gate.smoke import SMOKE_TESTS
from eros_assets.gate.verdict import verdict_of_week
from eros_assets.resources import WarehouseResource
from eros_assets.weekly.inputs import require_inputs

PUBLISHING = (GUARDED, "schedule_csv", "schedule_sheet", "schedule_bucket")
"""Assets whose runs work on one verdict, which is kept."""

DESCRIPTIONS = {
    "no_caption_reserved_twice": "No caption is reserved twice, by any pages, within 7 days.",
    "schedules_are_as_planned": "Schedules in force hold exactly the messages that were planned: "
    "the id of a schedule is a hash of its content.",
    "every_message_is_reserved": "Every message of a schedule in force holds its caption.",
    "smoke_analyzer": "The analyzer returns a valid report with all its fields.",
    "smoke_selector": "The selector returns the captions asked for, in time (tuning: "
    "selector_max_seconds).",
    "smoke_builder": "The builder makes a complete schedule that holds every hard rule.",
    "smoke_exporter": "The exporter writes CSV files that are correctly formatted.",
    "smoke_timezone": "Every time is America/Los_Angeles, over both changes of the clocks.",
}


@dg.multi_asset_check(
    name="judge_week",
    specs=[
        dg.AssetCheckSpec(
            name,
            asset=GUARDED,
            additional_deps=["schedule_recommendations"],
            blocking=True,
            description=description,
            partitions_def=WEEKLY if name in OF_A_WEEK else None,
        )
        for name, description in DESCRIPTIONS.items()
    ],
    can_subset=True,
)
def judge_week(context: dg.AssetCheckExecutionContext, warehouse: WarehouseResource) -> Recorded:
    """The gate's conditions on what is in force, in one step: they are one verdict."""
    dataset = warehouse.dataset(context)
    require_inputs(dataset)
    week_start = week_to_check(context, dataset)
    asked = {key.name for key in context.op_execution_context.selected_asset_check_keys}
    if materializes(context, PUBLISHING):
        run_id, work = context.run.run_id, selection_work(context)
        findings = verdict_of_week(dataset, week_start, run_id=run_id, work=work).findings
    elif asked <= SMOKE_TESTS.keys():
        findings = smoke_findings(dataset, week_start)
    else:
        findings = gate_findings(dataset, week_start)
    for finding in findings:
        if finding.name in asked:
            result = verdict_of(finding, asset=GUARDED, week_start=week_start)
            yield from recorded(context, result, week_start)
