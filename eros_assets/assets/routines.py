"""The dataset's tables, functions, procedures and views, deployed as assets of their own.

Edges come from the parsed SQL; a routine's `code_version` is its SQL's fingerprint, so the Dagster
UI shows which ones have changed since they were last deployed.
"""

import hashlib
from typing import Any

import dagster as dg

from eros_assets.assets.reporting import (
    DATASET_POOL,
    WAREHOUSE,
    job_metadata,
    lineage_metadata,
    routine_metadata,
)
from eros_assets.dataset import sql_library
from eros_assets.importing.schema import LOADED_BY_OTHERS
from eros_assets.resources import WarehouseResource
from eros_assets.warehouse.sql.objects import SqlObject

ROUTINE_KINDS = ("function", "table_function", "procedure", "view")
GROUP = "routines"

TABLES = sql_library().of_kind("table")


@dg.asset(
    pool=DATASET_POOL,
    group_name=GROUP,
    kinds={WAREHOUSE, "sql"},
    description="Every table of sql/tables exists, with at least its columns. Inputs that others "
    "load are left to them. Grain: the set.",
    code_version=hashlib.sha256("".join(t.fingerprint for t in TABLES).encode()).hexdigest(),
)
def table_definitions(
    context: dg.AssetExecutionContext, warehouse: WarehouseResource
) -> dg.MaterializeResult[Any]:
    """Create the tables that EROS owns."""
    dataset = warehouse.dataset(context)
    others = LOADED_BY_OTHERS if dataset.settings.inputs == "warehouse" else ()
    owned = [table for table in TABLES if table.name not in others]
    for table in owned:
        dataset.warehouse.deploy(table)
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(owned),
            "tables": dg.MetadataValue.json([table.name for table in owned]),
            **job_metadata(dataset),
        }
    )


def routine_asset(routine: SqlObject) -> dg.AssetsDefinition:
    """The asset that a function, table function, procedure or view of `sql/` is."""
    kinds = {name: sql_library()[name].kind for name in routine.dependencies}
    deps = [name for name, kind in kinds.items() if kind in ROUTINE_KINDS]

    @dg.asset(
        pool=DATASET_POOL,
        name=routine.name,
        group_name=GROUP,
        kinds={WAREHOUSE, "sql", routine.kind},
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
    def deployed(
        context: dg.AssetExecutionContext, warehouse: WarehouseResource
    ) -> dg.MaterializeResult[Any]:
        dataset = warehouse.dataset(context)
        dataset.warehouse.deploy(routine)
        return dg.MaterializeResult(
            metadata={
                "fingerprint": routine.fingerprint,
                **(lineage_metadata(routine.name) if routine.columns else {}),
                **job_metadata(dataset),
            }
        )

    return deployed


ROUTINES = [routine_asset(routine) for routine in sql_library().of_kind(*ROUTINE_KINDS)]
