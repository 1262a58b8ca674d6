"""Inputs that EROS loads itself: the sample agency's, or those of the import folder."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from eros_assets.assets.reporting import DATASET_POOL, load_tables, table_spec
from eros_assets.assets.table_types import require_type
from eros_assets.importing.schema import INPUT_TABLES
from eros_assets.resources import WarehouseResource
from eros_assets.weekly.inputs import read_or_make_inputs, refuse_another_agency
from eros_assets.weekly.weeks import note_history_span


@dg.multi_asset(
    pool=DATASET_POOL,
    specs=[
        table_spec(
            name,
            group_name="sources",
            runs=("quarantined_rows",),
            deps=["table_definitions"],
            earlier=INPUT_TABLES,
        )
        for name in INPUT_TABLES
    ],
)
def inputs(
    context: dg.AssetExecutionContext, warehouse: WarehouseResource
) -> Iterator[dg.MaterializeResult[Any]]:
    """Load the input tables."""
    dataset = warehouse.dataset(context)
    tables = read_or_make_inputs(dataset, say=context.log.info)
    refuse_another_agency(dataset, tables["creators"])
    for name, rows in tables.items():
        require_type(name, rows)
    yield from load_tables(dataset, tables)
    note_history_span(dataset)
