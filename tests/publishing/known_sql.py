"""Reads and translates `sql/` once, so that processes forked afterwards need not."""

from eros_assets.dataset import sql_library
from eros_assets.settings import load_settings
from eros_assets.warehouse.duckdb.engine import DuckDBWarehouse
from eros_assets.warehouse.duckdb.objects import deploy_statements

_settings = load_settings()
_translator = DuckDBWarehouse(_settings)._translator

for _object in sql_library().deploy_order():
    deploy_statements(_object, _settings.dataset_name, _translator, ())
    if _object.kind == "table":
        _columns = [column.name for column in _object.columns]
        deploy_statements(_object, _settings.dataset_name, _translator, _columns)
