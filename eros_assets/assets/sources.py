"""The configuration as tables that the SQL reads."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from eros_assets.assets.reporting import DATASET_POOL, load_tables, table_spec
from eros_assets.resources import WarehouseResource
from eros_assets.tuning import CONFIGURATION_TABLES, configuration_tables


@dg.multi_asset(
    pool=DATASET_POOL,
    specs=[
        table_spec(name, group_name="sources", deps=["table_definitions"])
        for name in CONFIGURATION_TABLES
    ],
)
def configuration(
    context: dg.AssetExecutionContext, warehouse: WarehouseResource
) -> Iterator[dg.MaterializeResult[Any]]:
    """Load the tuning files and the calendar of holidays."""
    dataset = warehouse.dataset(context)
    yield from load_tables(dataset, configuration_tables(dataset.settings, dataset.library))
