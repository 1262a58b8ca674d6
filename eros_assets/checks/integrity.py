"""Nothing is lost on the way in, no caption is reserved twice, the routines are those of sql/."""

from collections.abc import Sequence

import dagster as dg

from eros_assets.checks.verdict import verdict_of
from eros_assets.gate import conditions
from eros_assets.gate.conditions import COUNTED
from eros_assets.installation import Installation


def integrity_checks(eros: Installation) -> Sequence[dg.AssetChecksDefinition]:
    """Of facts, of reservations, of routines."""

    @dg.asset_check(
        asset="message_facts",
        additional_deps=["quarantined_messages", "mass_messages"],
        blocking=True,
        description="Facts + quarantine = input: no message is lost, none counts twice.",
    )
    def facts_and_quarantine_are_the_input(
        context: dg.AssetCheckExecutionContext,
    ) -> dg.AssetCheckResult:
        warehouse = eros.warehouse(asset="message_facts", run=context.run.run_id)
        return verdict_of(conditions.facts_and_quarantine_are_the_input(eros, warehouse))

    @dg.asset_check(
        asset="active_caption_assignments",
        blocking=True,
        description="No caption is reserved twice, by any pages, within 7 days.",
    )
    def no_caption_reserved_twice(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        warehouse = eros.warehouse(asset="active_caption_assignments", run=context.run.run_id)
        return verdict_of(conditions.no_caption_reserved_twice(eros, warehouse))

    @dg.asset_check(
        asset="analyze_creator_performance",
        additional_deps=[
            routine.name
            for routine in eros.library.of_kind(*COUNTED)
            if routine.name != "analyze_creator_performance"
        ],
        blocking=True,
        description="The dataset's routines are exactly those of sql/: 2 functions, 7 table "
        "functions, 4 procedures, as last deployed.",
    )
    def routines_are_those_of_sql(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        warehouse = eros.warehouse(asset="routines", run=context.run.run_id)
        return verdict_of(conditions.routines_are_those_of_sql(eros, warehouse))

    return [
        facts_and_quarantine_are_the_input,
        no_caption_reserved_twice,
        routines_are_those_of_sql,
    ]
