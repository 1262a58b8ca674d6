"""Checks of input rows, facts, reservations and routines."""

import dagster as dg

from eros_assets.assets.reporting import QUARANTINE
from eros_assets.checks.verdict import verdict, verdict_of
from eros_assets.dataset import sql_library
from eros_assets.gate import conditions
from eros_assets.gate.conditions import COUNTED
from eros_assets.resources import WarehouseResource
from eros_assets.weekly.inputs import quarantined_rows


@dg.asset_check(
    asset=QUARANTINE,
    additional_deps=[
        *("caption_bank", "creators", "creator_caption_restrictions"),
        *("creator_availability", "creator_overrides", "queued_messages"),
    ],
)
def every_input_row_is_usable(
    context: dg.AssetCheckExecutionContext, warehouse: WarehouseResource
) -> dg.AssetCheckResult:
    """No row of the bank, the creators or their restrictions breaks a rule.

    One that does costs at most its own page or caption, and is named here until it is mended.
    """
    dataset = warehouse.dataset(context)
    return verdict(
        offenders=[row.sentence for row in quarantined_rows(dataset)],
        severity=dg.AssetCheckSeverity.WARN,
        meaning="Input rows that can't be used as they are; the others are not affected.",
    )


@dg.asset_check(
    asset="message_facts",
    additional_deps=["quarantined_messages", "mass_messages"],
    blocking=True,
)
def facts_and_quarantine_are_the_input(
    context: dg.AssetCheckExecutionContext, warehouse: WarehouseResource
) -> dg.AssetCheckResult:
    """Facts + quarantine = input: no message is lost, none counts twice."""
    dataset = warehouse.dataset(context)
    return verdict_of(conditions.facts_and_quarantine_are_the_input(dataset))


@dg.asset_check(
    asset="analyze_creator_performance",
    additional_deps=[
        routine.name
        for routine in sql_library().of_kind(*COUNTED)
        if routine.name != "analyze_creator_performance"
    ],
    blocking=True,
)
def routines_are_those_of_sql(
    context: dg.AssetCheckExecutionContext, warehouse: WarehouseResource
) -> dg.AssetCheckResult:
    """The dataset's routines are those of sql/, as last deployed.

    Exactly 6 functions, 9 table functions and 4 procedures.
    """
    dataset = warehouse.dataset(context)
    return verdict_of(conditions.routines_are_those_of_sql(dataset))
