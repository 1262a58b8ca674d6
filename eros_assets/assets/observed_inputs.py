"""Inputs that others load: EROS only notes when each changed, and how many rows it has."""

from collections.abc import Iterator

import dagster as dg

from eros_assets.assets.reporting import left_out, table_spec
from eros_assets.calendar import ZONE_NAME
from eros_assets.errors import ErosError
from eros_assets.importing.schema import DECISIONS, INPUT_TABLES
from eros_assets.resources import WarehouseResource

NIGHTLY = "30 1 * * *"
"""When they are looked at, Los Angeles: before the daily update."""


@dg.multi_observable_source_asset(
    specs=[
        table_spec(name, group_name="sources", deps=[]).replace_attributes(
            automation_condition=dg.AutomationCondition.on_cron(NIGHTLY, ZONE_NAME)
        )
        for name in INPUT_TABLES
    ]
)
def inputs(
    context: dg.AssetExecutionContext, warehouse: WarehouseResource
) -> Iterator[dg.ObserveResult]:
    """Look at the input tables."""
    dataset = warehouse.dataset(context)
    for name in INPUT_TABLES:
        freshness = dataset.freshness(name)
        if freshness is None and name in DECISIONS:
            yield dg.ObserveResult(asset_key=name, metadata={"dagster/row_count": 0})
            continue
        if freshness is None:
            raise ErosError(
                f"table {dataset.settings.dataset_name}.{name} does not exist; load it first, "
                "its columns are in sql/tables/"
            )
        yield dg.ObserveResult(
            asset_key=name,
            data_version=dg.DataVersion(freshness.last_modified.isoformat()),
            metadata={
                "dagster/row_count": freshness.row_count,
                "dagster/last_updated_timestamp": dg.MetadataValue.timestamp(
                    freshness.last_modified
                ),
                **left_out(dataset, name),
            },
        )
