"""Reads and translates `sql/` once, so that processes forked afterwards need not.

What a process has read is kept for its life; a forked one has what its parent read. A rollback
reads the objects that a deployment recorded, under names of their own.
"""

from pathlib import Path

from eros_assets.dataset import sql_library
from eros_assets.settings import load_settings
from eros_assets.warehouse.duckdb.engine import DuckDBWarehouse
from eros_assets.warehouse.duckdb.objects import deploy_statements
from eros_assets.warehouse.sql.reading import read_object

_settings = load_settings()
_translator = DuckDBWarehouse(_settings)._translator

for _object in sql_library().deploy_order():
    deploy_statements(_object, _settings.dataset_name, _translator, ())
    if _object.kind == "table":
        _columns = [column.name for column in _object.columns]
        deploy_statements(_object, _settings.dataset_name, _translator, _columns)
    else:
        _recorded = read_object(Path(f"{_object.name}.sql"), _object.kind, _object.text)
        deploy_statements(_recorded, _settings.dataset_name, _translator, ())
