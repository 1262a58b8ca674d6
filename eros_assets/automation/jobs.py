"""The jobs that people and schedules run."""

from collections.abc import Sequence
from typing import Any

import dagster as dg

from eros_assets.assets import phases
from eros_assets.assets.phases import in_phase
from eros_assets.assets.reporting import QUARANTINE
from eros_assets.automation.console import CONSOLE_LOGGER
from eros_assets.checks.gate import GUARDED
from eros_assets.gate.smoke import SMOKE_TESTS
from eros_assets.tuning import CONFIGURATION_TABLES
from eros_assets.weekly.replacing.requests import REJECTED

INPUTS = "inputs"
"""The step that loads the input tables, where EROS loads them itself."""

FACTS = "message_facts"
"""The step that sorts the history."""

LEARNING_GROUPS = ("performance", "analysis", "evaluation")
WEEKLY_GROUPS = (*LEARNING_GROUPS, "selection", "schedules", "exports")
INPUT_ROWS = dg.AssetSelection.checks(
    dg.AssetCheckKey(dg.AssetKey(QUARANTINE), "every_input_row_is_usable")
)
"""What the inputs are held against wherever something is learned from them."""


def week_run_config(
    pages: Sequence[str] = (),
    *,
    force: bool = False,
    stop_at_doubts: bool = False,
    replace: Sequence[str] = (),
) -> dict[str, Any]:
    """Run config of the weekly line, see WeekScope."""
    scope = {
        "pages": list(pages),
        "force": force,
        "stop_at_doubts": stop_at_doubts,
        "replace": list(replace),
    }
    return {"resources": {"week_scope": {"config": scope}}, **CONSOLE_LOGGER}


def set_up_run_config(*, accept: bool = False) -> dict[str, Any]:
    """Run config of `set_up`: with `accept`, files are loaded of which much can't be used."""
    config = {"ops": {INPUTS: {"config": {"accept": accept}}}}
    return {**config, **CONSOLE_LOGGER}


set_up = dg.define_asset_job(
    "set_up",
    selection=dg.AssetSelection.groups("routines", "sources").materializable(),
    config=CONSOLE_LOGGER,
    tags=in_phase(phases.WAREHOUSE),
    description="Create the tables, load the inputs and the configuration, deploy the "
    "routines. Safe to repeat.",
)

load_tuning = dg.define_asset_job(
    "load_tuning",
    selection=dg.AssetSelection.assets(*CONFIGURATION_TABLES),
    config=CONSOLE_LOGGER,
    tags=in_phase(phases.WAREHOUSE),
    description="Load the tuning files and the calendar of holidays into their tables. The "
    "commands that plan a week do it when a file has changed.",
)

weekly_schedules = dg.define_asset_job(
    "weekly_schedules",
    selection=dg.AssetSelection.groups(*WEEKLY_GROUPS) | INPUT_ROWS,
    config=week_run_config(),
    tags=in_phase(phases.ORCHESTRATION),
    description="A week from history to exports: facts, statistics, targets, selections, "
    "schedules, reservations, files. In the run config, `pages: [...]` of the resource "
    "week_scope narrows it, and `replace: [...]` replaces single messages alone.",
)

replace_messages = dg.define_asset_job(
    "replace_messages",
    selection=dg.AssetSelection.groups("selection", "schedules", "exports"),
    config=week_run_config(replace=[REJECTED]),
    tags=in_phase(phases.ORCHESTRATION),
    description="Replaces single messages of schedules in force, and publishes the week; the rest "
    "of it stays, message for message. As it stands, those that the Review tab rejects; in the run "
    "config, `replace: [amber_lens 7]` of the resource week_scope names others.",
)

daily_caption_update = dg.define_asset_job(
    "daily_caption_update",
    selection=dg.AssetSelection.groups(*LEARNING_GROUPS) | INPUT_ROWS,
    config={"ops": {FACTS: {"config": {"recent": True}}}, **CONSOLE_LOGGER},
    tags=in_phase(phases.WAREHOUSE),
    description="What the history says: facts, statistics, reports on creators, and what "
    "EROS is worth, as of the Monday of the week to plan. Of the history it compares the recent "
    "days alone (facts_recent_days); weekly_schedules compares all.",
)

export_schedules = dg.define_asset_job(
    "export_schedules",
    selection=dg.AssetSelection.groups("exports"),
    config=week_run_config(),
    tags=in_phase(phases.ORCHESTRATION),
    description="Export the week's schedules in force; the gate is asked before.",
)

smoke_tests = dg.define_asset_job(
    "smoke_tests",
    selection=dg.AssetSelection.checks(
        *(dg.AssetCheckKey(dg.AssetKey(GUARDED), name) for name in SMOKE_TESTS)
    ),
    config=CONSOLE_LOGGER,
    tags=in_phase(phases.GATE),
    description="The five smoke tests of the gate on the present data, for the coming "
    "week: analyzer, selector, builder, exporter, time zone. Leaves no row behind. For "
    "another week, execute the checks of active_caption_assignments.",
)

health_check = dg.define_asset_job(
    "health_check",
    selection=dg.AssetSelection.groups("operations"),
    config=CONSOLE_LOGGER,
    tags=in_phase(phases.WAREHOUSE),
    description="Score the system from 0 to 100, decide (OK, INVESTIGATE, ROLLBACK) and "
    "say which creators to watch.",
)

week_reports = dg.define_asset_job(
    "week_reports",
    selection=dg.AssetSelection.groups("reports"),
    config=CONSOLE_LOGGER,
    tags=in_phase(phases.SUCCESS),
    description="What a week planned, sent and earned, by creator, caption and message, as a page "
    "and CSV files. Past weeks are what it is for; weekly_digest does it for the last one.",
)

evaluate_policies = dg.define_asset_job(
    "evaluate_policies",
    selection=dg.AssetSelection.groups("policies"),
    config=CONSOLE_LOGGER,
    tags=in_phase(phases.SUCCESS),
    description="What other settings of the selection would have earned in the weeks "
    "before, from the log of this one. Minutes of work; nothing waits for it.",
)

deploy_production = dg.define_asset_job(
    "deploy_production",
    selection=dg.AssetSelection.groups("deployment"),
    config=CONSOLE_LOGGER,
    # A permanent failure: what was in force before is in force again.
    tags={"dagster/max_retries": "0", **in_phase(phases.DEPLOYMENT)},
    description="Preflight, manifest, backup, tables and routines in the order of their "
    "dependencies, routine count, smoke tests, summary. When the gate fails, what was in "
    "force before is put back. Safe to repeat: the same code again changes nothing.",
)
