"""Access to the data: one protocol, two engines. No other package talks to an engine."""

from eros_assets.settings import Settings
from eros_assets.warehouse.protocol import Warehouse


def open_warehouse(settings: Settings) -> Warehouse:
    """A handle on the warehouse that the settings name; its engine is imported only now."""
    if settings.env == "production":
        from eros_assets.warehouse.bigquery import BigQueryWarehouse
        from eros_assets.warehouse.sql.library import load_library

        return BigQueryWarehouse(settings, load_library(cache_dir=settings.library_cache))
    from eros_assets.warehouse.duckdb.engine import DuckDBWarehouse

    return DuckDBWarehouse(settings)
