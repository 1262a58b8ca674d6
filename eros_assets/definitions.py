"""Assembles the asset graph; the only module that knows all the others."""

import datetime as dt
import inspect
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg

from eros_assets.assets import (
    analysis,
    deployments,
    evaluation,
    exports,
    loaded_inputs,
    operations,
    performance,
    policies,
    review,
    routines,
    schedules,
    selection,
    sources,
)
from eros_assets.assets.labels import labelled
from eros_assets.assets.table_types import TableIOManager
from eros_assets.assets.week import partitions_of
from eros_assets.automation import jobs, rollback, sensors, sweep
from eros_assets.automation import review as review_automation
from eros_assets.automation import schedules as timetable
from eros_assets.automation.console import console
from eros_assets.automation.keep_current import CONDITIONS, keep_current, observe_inputs
from eros_assets.checks import exports as export_checks
from eros_assets.checks import gate, health, integrity, reviews
from eros_assets.checks import schedules as schedule_checks
from eros_assets.dataset import sql_library
from eros_assets.resources import (
    AlertsResource,
    ExportBucket,
    SheetsResource,
    WarehouseResource,
    WeekScope,
)
from eros_assets.settings import Settings, load_settings
from eros_assets.warehouse import engine_resources
from eros_assets.weekly.weeks import noted_span, weeks_of

# Dagster warns of a parameter of its own when it binds resources to a sensor.
warnings.filterwarnings("ignore", "Parameter `owners` of initializer `SensorDefinition", Warning)

ASSETS = [
    *(sources, routines, performance, analysis, evaluation, policies, review, selection),
    *(schedules, exports, operations, deployments),
]
CHECKS = [integrity, schedule_checks, gate, export_checks, health, reviews]
JOBS = [
    *(
        jobs.set_up,
        jobs.load_tuning,
        jobs.weekly_schedules,
        jobs.daily_caption_update,
        jobs.export_schedules,
    ),
    *(jobs.smoke_tests, jobs.health_check, jobs.evaluate_policies, jobs.deploy_production),
    *(review_automation.read_reviews, sweep.expired_lock_sweep),
    *(rollback.rollback_production, rollback.backup_production),
]
SENSORS = [
    *(sensors.new_history, sensors.new_schedule, sensors.health_turns),
    *(sensors.failed_runs, sensors.failed_checks, keep_current),
]


def resources_of(settings: Settings) -> Mapping[str, Any]:
    """What assets, checks and sensors take, for one installation."""
    warehouse = WarehouseResource(settings=settings)
    resources = {
        **engine_resources(settings),
        "warehouse": warehouse,
        "alerts": AlertsResource(settings=settings),
        "sheets": SheetsResource.of(settings),
        "bucket": ExportBucket.of(settings),
        "week_scope": WeekScope(),
        "io_manager": TableIOManager(warehouse=warehouse),
    }
    for resource in resources.values():
        # The UI shows the docstring as Markdown, in which an indented paragraph is code.
        type(resource).__doc__ = inspect.cleandoc(type(resource).__doc__ or "")
    return resources


def build_definitions(settings: Settings) -> dg.Definitions:
    """The asset graph of one installation."""
    inputs = loaded_inputs
    if settings.inputs == "warehouse":
        from eros_assets.assets import observed_inputs as inputs
    now = dt.datetime.now(dt.UTC)
    weekly = partitions_of(weeks_of(settings, now, noted_span(settings)), now)
    return dg.Definitions(
        assets=_installed(dg.load_assets_from_modules([*ASSETS, inputs]), settings, weekly),
        asset_checks=[
            _installed_checks(checks, weekly)
            for checks in dg.load_asset_checks_from_modules(CHECKS)
        ],
        jobs=JOBS,
        schedules=timetable.SCHEDULES,
        sensors=[
            *SENSORS,
            *([review_automation.review_changes] if settings.spreadsheet_id else []),
            *([observe_inputs] if settings.inputs == "warehouse" else []),
        ],
        loggers={"console": console},
        resources=resources_of(settings),
        # Steps are one process's work: the embedded warehouse is one file, and on BigQuery the
        # work is Google's.
        executor=dg.in_process_executor,
    )


def _installed(
    assets: Sequence[Any], settings: Settings, weekly: dg.WeeklyPartitionsDefinition
) -> Sequence[Any]:
    """The assets with the installation's weeks, and with what `labelled` says of them."""
    return labelled(assets, settings, sql_library(), weekly, CONDITIONS)


def _installed_checks(
    checks: dg.AssetChecksDefinition, weekly: dg.WeeklyPartitionsDefinition
) -> dg.AssetChecksDefinition:
    """The checks of weekly assets with the installation's weeks: they must be those of the assets.

    (Dagster maps specs of assets, and has nothing of the kind for checks.)
    """
    specs = checks.check_specs_by_output_name
    if all(spec.partitions_def is None for spec in specs.values()):
        return checks
    return dg.AssetChecksDefinition.create(
        keys_by_input_name=checks.keys_by_input_name,
        node_def=checks.op,
        check_specs_by_output_name={
            output: _of_weeks(spec, weekly) if spec.partitions_def else spec
            for output, spec in specs.items()
        },
        can_subset=checks.can_subset,
        resource_defs=checks.resource_defs,
    )


def _of_weeks(spec: dg.AssetCheckSpec, weekly: dg.PartitionsDefinition[str]) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        spec.name,
        asset=spec.asset_key,
        description=spec.description,
        additional_deps=spec.additional_deps,
        blocking=spec.blocking,
        metadata=spec.metadata,
        automation_condition=spec.automation_condition,
        partitions_def=weekly,
    )


defs = build_definitions(load_settings())
