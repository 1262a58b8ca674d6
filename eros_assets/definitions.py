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
    reports,
    review,
    routines,
    schedules,
    selection,
    sheet_decisions,
    sources,
    text_priors,
)
from eros_assets.assets.channels import with_channels_of
from eros_assets.assets.labels import labelled
from eros_assets.assets.phases import phases_of
from eros_assets.assets.table_types import TableIOManager
from eros_assets.assets.week import partitions_of
from eros_assets.automation import answers, jobs, rollback, sensors, sweep, withdrawal
from eros_assets.automation import review as review_automation
from eros_assets.automation import schedules as timetable
from eros_assets.automation import sheet_decisions as decision_automation
from eros_assets.automation.console import console
from eros_assets.automation.keep_current import CONDITIONS, keep_current, observe_inputs
from eros_assets.checks import exports as export_checks
from eros_assets.checks import gate, health, integrity, reviews
from eros_assets.checks import schedules as schedule_checks
from eros_assets.checks import sheet_decisions as decision_checks
from eros_assets.checks.labels import labelled_checks
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
    *(sources, routines, text_priors, performance, analysis, evaluation, policies, review),
    sheet_decisions,
    selection,
    *(schedules, exports, reports, operations, deployments),
]
CHECKS = [integrity, schedule_checks, gate, export_checks, health, reviews, decision_checks]
JOBS = [
    *(
        jobs.set_up,
        jobs.load_tuning,
        jobs.weekly_schedules,
        jobs.replace_messages,
        jobs.daily_caption_update,
        jobs.export_schedules,
    ),
    *(jobs.smoke_tests, jobs.health_check, jobs.evaluate_policies, jobs.deploy_production),
    *(review_automation.read_reviews, decision_automation.read_decisions),
    sweep.expired_lock_sweep,
    *(rollback.rollback_production, rollback.backup_production, withdrawal.withdraw_creators),
    *(jobs.week_reports, answers.explain_message, answers.weekly_digest),
]
SENSORS = [
    *(sensors.new_history, sensors.new_schedule, sensors.health_turns),
    *(sensors.failed_runs, sensors.failed_checks, keep_current),
]


SHEET_SENSORS = [*review_automation.SENSORS, decision_automation.decision_changes]
"""Only where there is a spreadsheet."""


def resources_of(settings: Settings) -> Mapping[str, Any]:
    """What assets, checks and sensors take, for one installation."""
    warehouse = WarehouseResource(settings=settings)
    resources = {
        **engine_resources(settings),
        "warehouse": warehouse,
        "alerts": AlertsResource(settings=settings),
        "sheets": SheetsResource(settings=settings),
        "bucket": ExportBucket(settings=settings),
        "week_scope": WeekScope(),
        "io_manager": TableIOManager(warehouse=warehouse),
    }
    for resource in resources.values():
        # The UI shows the docstring as Markdown, in which an indented paragraph is code.
        type(resource).__doc__ = inspect.cleandoc(type(resource).__doc__ or "")
    return resources


def build_definitions(settings: Settings) -> dg.Definitions:
    """The asset graph of one installation."""
    inputs, checks = loaded_inputs, CHECKS
    if settings.inputs == "warehouse":
        from eros_assets.assets import observed_inputs as inputs
        from eros_assets.checks import observed_inputs as input_checks

        checks = [*CHECKS, input_checks]
    now = dt.datetime.now(dt.UTC)
    weekly = partitions_of(weeks_of(settings, now, noted_span(settings)), now)
    found: Sequence[Any] = dg.load_assets_from_modules([*ASSETS, inputs])
    shown = labelled(found, settings, sql_library(), weekly, CONDITIONS)
    assets = list(with_channels_of(settings, shown))
    phases = phases_of(assets)
    return dg.Definitions(
        assets=assets,
        asset_checks=[
            labelled_checks(each, weekly, phases)
            for each in dg.load_asset_checks_from_modules(checks)
        ],
        jobs=JOBS,
        schedules=timetable.SCHEDULES,
        sensors=[
            *SENSORS,
            *(SHEET_SENSORS if settings.spreadsheet_id else []),
            *([observe_inputs] if settings.inputs == "warehouse" else []),
        ],
        loggers={"console": console},
        resources=resources_of(settings),
        # Steps are one process's work: the embedded warehouse is one file, and on BigQuery the
        # work is Google's.
        executor=dg.in_process_executor,
    )


defs = build_definitions(load_settings())
