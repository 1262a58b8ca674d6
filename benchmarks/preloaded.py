"""Imports what commands of EROS import late, so that processes forked afterwards have it."""

from importlib import import_module

for _name in (
    *("eros_assets.planning.week", "eros_assets.exporting.calendar_picture"),
    *("eros_assets.importing.inputs", "eros_assets.weekly.inputs", "eros_assets.gate.smoke"),
    *("eros_assets.assets.deployments", "eros_assets.warehouse.duckdb.engine"),
    *("matplotlib.figure", "matplotlib.backends.backend_agg", "alembic.config", "sqlalchemy"),
    *("dagster._core.storage.sqlite", "dagster._core.storage.runs.sqlite.sqlite_run_storage"),
    "dagster._core.storage.event_log.sqlite.sqlite_event_log",
):
    import_module(_name)
