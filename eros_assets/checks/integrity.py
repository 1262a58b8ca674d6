"""Nothing is lost on the way in, and no caption is reserved twice."""

from collections.abc import Sequence

import dagster as dg

from eros_assets.checks.verdict import verdict
from eros_assets.installation import Installation


def integrity_checks(eros: Installation) -> Sequence[dg.AssetChecksDefinition]:
    """`facts_and_quarantine_are_the_input`, `no_caption_reserved_twice`."""

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
        row = warehouse.query(eros.sql("facts_and_quarantine_balance")).iloc[0]
        lost = int(row["input_rows"] - row["fact_rows"] - row["quarantined_rows"])
        return verdict(
            offenders=[f"{row.to_dict()}"] if lost else [],
            observed=lost,
            meaning="Input rows that are neither facts nor in quarantine.",
        )

    @dg.asset_check(
        asset="active_caption_assignments",
        blocking=True,
        description="No caption is reserved twice, by any pages, within 7 days.",
    )
    def no_caption_reserved_twice(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        warehouse = eros.warehouse(asset="active_caption_assignments", run=context.run.run_id)
        pairs = warehouse.query(eros.sql("captions_reserved_twice")).to_dict("records")
        return verdict(
            offenders=[
                f"caption {p['caption_id']}: {p['schedule_id']} on {p['scheduled_send_date']}, "
                f"{p['other_schedule_id']} on {p['other_send_date']}"
                for p in pairs
            ],
            meaning="Pairs of reservations of one caption too close together.",
        )

    return [facts_and_quarantine_are_the_input, no_caption_reserved_twice]
