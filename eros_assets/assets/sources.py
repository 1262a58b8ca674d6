"""Inputs: made from a seed, imported from files, or loaded by others; and the configuration."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import dagster as dg

from eros_assets import calendar
from eros_assets.assets.reporting import frame_metadata, job_metadata, table_spec
from eros_assets.errors import ErosError
from eros_assets.importing.schema import INPUT_TABLES
from eros_assets.installation import Installation
from eros_assets.tuning import CONFIGURATION_TABLES, configuration_tables
from eros_assets.warehouse.protocol import Warehouse
from eros_assets.weekly.inputs import read_or_make_inputs, refuse_another_agency

if TYPE_CHECKING:
    import pandas as pd


DAILY = dg.AutomationCondition.on_cron("30 1 * * *", calendar.ZONE_NAME)
"""When inputs that others load are looked at: each night, before the daily update."""


def source_assets(eros: Installation) -> Sequence[dg.AssetsDefinition | dg.AssetSpec]:
    """The input tables, by where this installation has them from, and the configuration tables."""
    if eros.settings.inputs == "warehouse":
        return [_observed_inputs(eros), _configuration(eros)]
    return [_loaded_inputs(eros), _configuration(eros)]


def _configuration(eros: Installation) -> dg.AssetsDefinition:
    @dg.multi_asset(
        name="configuration",
        specs=[
            table_spec(eros, name, group="sources", deps=["table_definitions"])
            for name in CONFIGURATION_TABLES
        ],
    )
    def configuration(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[Any]]:
        warehouse = eros.warehouse(asset="configuration", run=context.run_id)
        yield from _load(warehouse, configuration_tables(eros.settings, eros.library))

    return configuration


def _loaded_inputs(eros: Installation) -> dg.AssetsDefinition:
    @dg.multi_asset(
        name="inputs",
        specs=[
            table_spec(eros, name, group="sources", deps=["table_definitions"])
            for name in INPUT_TABLES
        ],
    )
    def inputs(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[Any]]:
        warehouse = eros.warehouse(asset="inputs", run=context.run_id)
        tables = read_or_make_inputs(eros)
        refuse_another_agency(eros, warehouse, tables["creators"])
        yield from _load(warehouse, tables)

    return inputs


def _load(
    warehouse: Warehouse, tables: Mapping[str, "pd.DataFrame"]
) -> Iterator[dg.MaterializeResult[Any]]:
    for name, frame in tables.items():
        handle = warehouse.labelled(asset=name)
        handle.load(name, frame)
        yield dg.MaterializeResult(
            asset_key=name,
            metadata={
                **frame_metadata(frame),
                **job_metadata(handle),
            },
        )


def _observed_inputs(eros: Installation) -> dg.AssetsDefinition:
    """Inputs that others load: EROS only notes when each changed, and how many rows it has."""

    @dg.multi_observable_source_asset(
        specs=[
            table_spec(eros, name, group="sources", deps=[]).replace_attributes(
                automation_condition=DAILY
            )
            for name in INPUT_TABLES
        ]
    )
    def inputs(context: dg.AssetExecutionContext) -> Iterator[dg.ObserveResult]:
        warehouse = eros.warehouse(asset="inputs", run=context.run_id)
        for name in INPUT_TABLES:
            freshness = warehouse.freshness(name)
            if freshness is None:
                raise ErosError(
                    f"table {eros.settings.dataset_name}.{name} does not exist; load it first, "
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
                },
            )

    return inputs
