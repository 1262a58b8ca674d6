"""Nothing is lost on the way in, no caption is reserved twice, the routines are those of sql/."""

from collections import Counter
from collections.abc import Mapping, Sequence

import dagster as dg

from eros_assets.checks.verdict import verdict
from eros_assets.installation import Installation
from eros_assets.warehouse.library import Kind
from eros_assets.warehouse.protocol import RoutineKind, Warehouse

COUNTED: Mapping[Kind, RoutineKind] = {
    "function": "FUNCTION",
    "table_function": "TABLE FUNCTION",
    "procedure": "PROCEDURE",
}
ROUTINE_COUNT: Mapping[RoutineKind, int] = {"FUNCTION": 2, "TABLE FUNCTION": 7, "PROCEDURE": 4}


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
        offenders, observed = routine_differences(eros, warehouse)
        return verdict(
            offenders=offenders,
            observed=observed,
            threshold=sum(ROUTINE_COUNT.values()),
            meaning="Routines of the dataset against those of sql/.",
        )

    return [
        facts_and_quarantine_are_the_input,
        no_caption_reserved_twice,
        routines_are_those_of_sql,
    ]


def routine_differences(eros: Installation, warehouse: Warehouse) -> tuple[list[str], int]:
    """How the deployed routines differ from those of `sql/`, and how many are deployed."""
    deployed = {r.name: (r.kind, r.fingerprint) for r in warehouse.routines()}
    wanted = {o.name: (COUNTED[o.kind], o.fingerprint) for o in eros.library.of_kind(*COUNTED)}
    kinds = Counter(kind for kind, _ in deployed.values())
    wrong_counts = [
        f"{kinds[kind]} of kind {kind}, not {number}"
        for kind, number in ROUTINE_COUNT.items()
        if kinds[kind] != number
    ]
    differing = [
        f"{name}: deployed {deployed.get(name, 'not')}, in sql/ {wanted.get(name, 'not')}"
        for name in sorted(deployed.keys() | wanted.keys())
        if deployed.get(name) != wanted.get(name)
    ]
    return [*wrong_counts, *differing], len(deployed)
