"""Access to the data: one protocol, two engines. No other package talks to an engine."""

from collections.abc import Mapping
from typing import Any

from eros_assets.settings import Settings
from eros_assets.warehouse.protocol import Warehouse
from eros_assets.warehouse.sql.library import SqlLibrary


def open_warehouse(settings: Settings, library: SqlLibrary) -> Warehouse:
    """A handle on the warehouse that the settings name; its engine is imported only now."""
    if settings.env == "production":
        from eros_assets.warehouse.bigquery import BigQueryWarehouse

        return BigQueryWarehouse(settings, library)
    from eros_assets.warehouse.duckdb.engine import DuckDBWarehouse

    return DuckDBWarehouse(settings)


def engine_resources(settings: Settings) -> Mapping[str, Any]:
    """The Dagster resources of the engine itself, by key; none for the embedded one."""
    if settings.env == "production":
        from eros_assets.warehouse.bigquery.connection import ProjectBigQuery

        return {"bigquery": ProjectBigQuery.of(settings)}
    return {}
