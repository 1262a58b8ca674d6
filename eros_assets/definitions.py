"""Assembles everything; the only module that knows all the others."""

import dagster as dg

from eros_assets.assets.analysis import analysis_assets
from eros_assets.assets.deployments import deployment_assets
from eros_assets.assets.evaluation import evaluation_assets
from eros_assets.assets.exports import export_assets
from eros_assets.assets.operations import operations_assets
from eros_assets.assets.performance import performance_assets
from eros_assets.assets.policies import policy_assets
from eros_assets.assets.review import review_assets
from eros_assets.assets.routines import routine_assets
from eros_assets.assets.schedules import schedule_assets
from eros_assets.assets.selection import selection_assets
from eros_assets.assets.sheets import sheet_assets
from eros_assets.assets.sources import source_assets
from eros_assets.assets.spreadsheet import sheets_resource
from eros_assets.assets.week import WeekScope
from eros_assets.assets.week_index import index_assets
from eros_assets.automation.console import console
from eros_assets.automation.jobs import jobs
from eros_assets.automation.review import review_job, review_sensor
from eros_assets.automation.rollback import rollback_jobs
from eros_assets.automation.schedules import schedules
from eros_assets.automation.sensors import sensors
from eros_assets.automation.sweep import sweep_job
from eros_assets.checks import all_checks
from eros_assets.installation import Installation
from eros_assets.settings import Settings, load_settings


def build_definitions(settings: Settings) -> dg.Definitions:
    """The asset graph of one installation."""
    eros = Installation(settings)
    runnable = [*jobs(), review_job(), sweep_job(eros), *rollback_jobs(eros)]
    return dg.Definitions(
        assets=[
            *source_assets(eros),
            *routine_assets(eros),
            *performance_assets(eros),
            *analysis_assets(eros),
            *evaluation_assets(eros),
            *policy_assets(eros),
            *review_assets(eros),
            *selection_assets(eros),
            *schedule_assets(eros),
            *export_assets(eros),
            *index_assets(eros),
            *sheet_assets(eros),
            *operations_assets(eros),
            *deployment_assets(eros),
        ],
        asset_checks=all_checks(eros),
        jobs=runnable,
        schedules=schedules(settings, runnable),
        sensors=[
            review_sensor(has_spreadsheet=settings.spreadsheet_id is not None),
            *sensors(eros, runnable),
        ],
        loggers={"console": console},
        resources={"week_scope": WeekScope(), "sheets": sheets_resource(settings)},
        # Steps are one process's work: the embedded warehouse is one file, and on BigQuery the
        # work is Google's.
        executor=dg.in_process_executor,
    )


defs = build_definitions(load_settings())
