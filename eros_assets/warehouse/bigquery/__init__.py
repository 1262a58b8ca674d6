"""The production engine: Google's BigQuery behind the Warehouse protocol.

Google's client libraries take over a second to import, so they are loaded when `BigQueryWarehouse`
is first asked for, not with this package.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from eros_assets.warehouse.bigquery.engine import BigQueryWarehouse

__all__ = ["BigQueryWarehouse"]


def __getattr__(name: str) -> Any:
    if name == "BigQueryWarehouse":
        from eros_assets.warehouse.bigquery.engine import BigQueryWarehouse

        return BigQueryWarehouse
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
