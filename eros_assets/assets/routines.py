"""The dataset's tables, functions, procedures and views, deployed as assets of their own.

Edges come from the parsed SQL; a routine's `code_version` is its SQL's fingerprint, so the Dagster
UI shows which ones have changed since they were last deployed.
"""

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

import dagster as dg

from eros_assets.assets.reporting import OWNERS, job_metadata, routine_metadata
from eros_assets.importing.schema import INPUT_TABLES
from eros_assets.installation import Installation
from eros_assets.warehouse.sql.objects import SqlObject

ROUTINE_KINDS = ("function", "table_function", "procedure", "view")


def routine_assets(eros: Installation) -> Sequence[dg.AssetsDefinition]:
    """`table_definitions`, and one asset per function, table function, procedure and view."""
    routines = eros.library.of_kind(*ROUTINE_KINDS)
    return [_table_definitions(eros), *(_routine(eros, routine) for routine in routines)]


def _table_definitions(eros: Installation) -> dg.AssetsDefinition:
    owned = [
        table
        for table in eros.library.of_kind("table")
        if not (eros.settings.inputs == "warehouse" and table.name in INPUT_TABLES)
    ]
    fingerprints = "".join(table.fingerprint for table in owned)

    @dg.asset(
        group_name="routines",
        owners=OWNERS,
        kinds={"sql"},
        description="Every table of sql/tables exists, with at least its columns. Grain: the set.",
        code_version=hashlib.sha256(fingerprints.encode()).hexdigest(),
    )
    def table_definitions(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        warehouse = eros.warehouse(asset="table_definitions", run=context.run_id)
        for table in owned:
            warehouse.deploy(table)
        return dg.MaterializeResult(
            metadata={
                "dagster/row_count": len(owned),
                "tables": dg.MetadataValue.json([table.name for table in owned]),
                **job_metadata(warehouse),
            }
        )

    return table_definitions


def _routine(eros: Installation, routine: SqlObject) -> dg.AssetsDefinition:
    kinds = {name: eros.library[name].kind for name in routine.dependencies}
    deps = [name for name, kind in kinds.items() if kind in ROUTINE_KINDS]

    @dg.asset(
        name=routine.name,
        group_name="routines",
        owners=OWNERS,
        kinds={"sql", routine.kind},
        description=routine.description,
        deps=["table_definitions", *sorted(deps)],
        code_version=routine.fingerprint,
        metadata={
            **routine_metadata(routine),
            "sql": dg.MetadataValue.md(f"```sql\n{routine.text}\n```"),
            "reads_and_writes": dg.MetadataValue.json(
                sorted(name for name, kind in kinds.items() if kind == "table")
            ),
        },
    )
    def deployed(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[Any]]:
        warehouse = eros.warehouse(asset=routine.name, run=context.run_id)
        warehouse.deploy(routine)
        yield dg.MaterializeResult(
            metadata={"fingerprint": routine.fingerprint, **job_metadata(warehouse)}
        )

    return deployed
