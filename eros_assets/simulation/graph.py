"""Weeks planned by the very asset graph: the assets that decide, in a home of their own."""

import datetime as dt
from pathlib import Path
from typing import Any

import dagster as dg
import pandas as pd

from eros_assets.assets.week import WEEKLY
from eros_assets.automation.jobs import SET_UP, week_run_config
from eros_assets.errors import ErosError
from eros_assets.installation import Installation
from eros_assets.settings import Settings, load_settings
from eros_assets.simulation.catalogue import Tables

DECIDING_GROUPS = ("performance", "selection", "schedules")
"""Groups of the weekly job that decide; reports, exports and checks are left out."""

SIMULATED_WEEK = "simulated_week"

QUIET = {"python_logs": {"python_log_level": "CRITICAL"}}

MESSAGES = """
    SELECT schedule_id, page_name, message_number, scheduled_send_time AS sending_time,
      message_type, caption_id, price_tier, arm
    FROM `${dataset}.schedule_recommendations`
    WHERE week_start = @week_start AND is_active
    ORDER BY page_name, message_number
"""


class GraphRunError(ErosError):
    """A run of the asset graph failed."""


class GraphLine:
    """The weekly line through Dagster and the embedded warehouse, for EROS's own policy.

    Everything lies in `folder`: the warehouse, and the inputs as files that it imports.
    """

    def __init__(self, folder: Path, tables: Tables, seed: str, tuning_dir: Path | None) -> None:
        """Set the installation up, unless the folder holds one already."""
        self._folder = folder
        self._history = [tables["mass_messages"]]
        self._loaded = 0
        self._seed = seed
        self._tuning_dir = tuning_dir
        inputs = folder / "inputs"
        if not (folder / "ready").exists():
            inputs.mkdir(parents=True, exist_ok=True)
            for name, frame in tables.items():
                frame.to_parquet(inputs / f"{name}.parquet", index=False)
            self._run(SET_UP, self._settings(None), None)
            (folder / "ready").touch()

    def plan(self, week_start: dt.date) -> pd.DataFrame:
        """Run the deciding assets of the week as of its first midnight."""
        eros = Installation(self._settings(week_start))
        warehouse = eros.warehouse(asset="simulation")
        if self._loaded < len(self._history):
            warehouse.load("mass_messages", pd.concat(self._history, ignore_index=True))
            self._loaded = len(self._history)
        self._run(SIMULATED_WEEK, eros.settings, week_start)
        return warehouse.query(MESSAGES, {"week_start": week_start})

    def append(self, messages: pd.DataFrame) -> None:
        """Remember the messages; they are loaded before the next week is planned."""
        self._history.append(messages[list(self._history[0].columns)])

    def _settings(self, today: dt.date | None) -> Settings:
        return load_settings(
            {
                "env": "local",
                "home": self._folder / "home",
                "out_dir": self._folder / "out",
                "import_dir": self._folder / "inputs",
                "tuning_dir": self._tuning_dir,
                "seed": self._seed,
                "today": today,
                "week": None,
                "pages": (),
            }
        )

    def _run(self, job: str, settings: Settings, week_start: dt.date | None) -> None:
        from eros_assets.definitions import build_definitions

        # No checks: the gate times the selector, and a busy machine is no reason to stop a season.
        deciding = dg.define_asset_job(
            SIMULATED_WEEK,
            selection=dg.AssetSelection.groups(*DECIDING_GROUPS).without_checks(),
            partitions_def=WEEKLY,
        )
        definitions = dg.Definitions.merge(
            build_definitions(settings), dg.Definitions(jobs=[deciding])
        )
        with dg.DagsterInstance.ephemeral(settings=QUIET) as instance:
            result = definitions.resolve_job_def(job).execute_in_process(
                instance=instance,
                partition_key=week_start.isoformat() if week_start else None,
                run_config=_quiet(week_run_config()) if week_start else _quiet({}),
                raise_on_error=False,
            )
        if not result.success:
            failed = [e.step_failure_data.error for e in result.all_events if e.is_step_failure]
            raise GraphRunError(
                f"{job} failed for the week of {week_start} in {self._folder}: "
                f"{failed[0].to_string() if failed and failed[0] else 'see its run'}"
            )


def _quiet(run_config: dict[str, Any]) -> dict[str, Any]:
    """Without the lines per step: a progress bar stands in the terminal."""
    return {**run_config, "loggers": {}}
