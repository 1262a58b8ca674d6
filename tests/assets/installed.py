"""A whole installation on the embedded warehouse, for tests of the asset graph."""

import datetime as dt
import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, nullcontext
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from shutil import copytree
from typing import Any

import dagster as dg
import pandas as pd
from dagster._core.storage.event_log import in_memory as events_in_memory
from dagster._core.storage.runs import in_memory as runs_in_memory

from eros_assets.assets.exports import GROUP
from eros_assets.automation.jobs import set_up, week_run_config, weekly_schedules
from eros_assets.dataset import Dataset, open_dataset
from eros_assets.definitions import build_definitions
from eros_assets.settings import Settings, load_settings
from eros_assets.warehouse.duckdb.storage import storage_of
from tests.shipped import give_translated_sql

# Records in memory are new and never migrated. To stamp them with their version, Dagster reads all
# its migrations, twice for each instance: most of what an instance costs.
for in_memory in (events_in_memory, runs_in_memory):
    in_memory.stamp_alembic_rev = lambda *_: None

TODAY = dt.date(2025, 11, 3)
WEEK = dt.date(2025, 11, 3)

STAMPS = frozenset(
    {
        *("created_at", "run_id", "selected_at", "assigned_at", "deactivated_at", "computed_at"),
        *("last_updated", "quarantined_at", "exported_at", "duration_seconds", "loaded_at"),
    }
)
"""Columns that say when and by which run a row was written; two runs may differ in them."""

WEEK_TABLES = (
    *("message_facts", "scheduled_messages", "quarantined_messages", "fitted_maturity"),
    "message_days",
    *("caption_text_priors", "caption_priors", "caption_appeal"),
    *("caption_bandit_stats", "page_tastes"),
    *("weekly_volume_targets", "selection_candidates", "selection_pools"),
    "caption_selections",
    *("schedule_recommendations", "active_caption_assignments", "schedule_shortfalls"),
)


@dataclass(frozen=True)
class Installed:
    """An installation in a folder of its own, and the Dagster instance that its runs go to.

    The instance is opened when it is first needed: many tests of a planned week run nothing.
    """

    dataset: Dataset
    open_instance: Callable[[], dg.DagsterInstance]

    @property
    def instance(self) -> dg.DagsterInstance:
        """The one instance, open for as long as the installation is."""
        return self.open_instance()

    def run(
        self,
        job: str,
        week: dt.date | None = None,
        pages: tuple[str, ...] = (),
        *,
        force: bool = False,
        succeeds: bool = True,
        groups: Sequence[str] = (),
        exports: bool = True,
    ) -> dg.ExecuteInProcessResult:
        """Run a job, of a week as under `EROS_WEEK`; fails the test when the run does.

        Given `groups`, only the job's assets of these groups are made: a copy of a planned home has
        the others. Without `exports` the assets of that group are left out: files and pictures are
        a third of what a small week costs.
        """
        settings = self.dataset.settings
        if week is not None:
            settings = settings.model_copy(update={"week": week})
        definitions = build_definitions(settings)
        resolved = definitions.resolve_job_def(job)
        kept = None if exports and not groups else _kept(definitions, resolved, groups, exports)
        result = resolved.execute_in_process(
            instance=self.instance,
            partition_key=week.isoformat() if week and resolved.partitions_def else None,
            run_config=week_run_config(pages, force=force) if week else None,
            raise_on_error=succeeds,
            asset_selection=kept,
        )
        assert result.success is succeeds
        return result

    def set_up(self) -> None:
        """Tables, inputs, configuration, routines."""
        self.run(set_up.name)

    def plan(
        self, pages: tuple[str, ...] = (), week: dt.date = WEEK, **more: Any
    ) -> dg.ExecuteInProcessResult:
        """The weekly line."""
        return self.run(weekly_schedules.name, week, pages, **more)

    def query(self, sql: str, **parameters: Any) -> pd.DataFrame:
        """Rows of a query."""
        return self.dataset.warehouse.query(sql, parameters)

    def change(self, script: str, **parameters: Any) -> None:
        """Run a script."""
        self.dataset.warehouse.run(script, parameters)

    def week_tables(self) -> Mapping[str, list[str]]:
        """The rows of every table of the weekly line, stamps left out, in an order of their own."""
        return {name: sorted(self._texts(name)) for name in WEEK_TABLES}

    def _texts(self, table: str) -> Iterator[str]:
        rows = self.query(f"SELECT * FROM `${{dataset}}.{table}`")
        kept = rows.drop(columns=STAMPS, errors="ignore").astype(str)
        return map("|".join, zip(*(kept[name] for name in kept), strict=True))

    def keep_records(self) -> None:
        """Leave Dagster's records beside the home, for `installed` in a copy of the folder."""
        folder = _records_folder(self.dataset.settings.home.parent)
        folder.mkdir(exist_ok=True)
        for name, records in _databases(self.instance).items():
            with closing(sqlite3.connect(folder / name)) as kept:
                records.backup(kept)

    def files(self) -> Mapping[str, bytes]:
        """What lies in the export folder, by name."""
        folder = self.dataset.week_folder(WEEK)
        return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def unhurried_tuning(folder: Path) -> Path:
    """A tuning folder in which the selector may take its time: a test's machine may be busy."""
    own = folder / "tuning"
    own.mkdir(parents=True, exist_ok=True)
    (own / "tuning.csv").write_text(_unhurried_knobs(), "utf-8")
    return own


@cache
def _unhurried_knobs() -> str:
    shipped = load_settings({"tuning_dir": None}).tuning_file("tuning.csv").read_text("utf-8")
    return re.sub(r"(?m)^selector_max_seconds,[^,]+,", "selector_max_seconds,600,", shipped)


def _kept(
    definitions: dg.Definitions, job: dg.JobDefinition, groups: Sequence[str], exports: bool
) -> list[dg.AssetKey]:
    kept = dg.AssetSelection.groups(*groups) if groups else dg.AssetSelection.all()
    if not exports:
        kept -= dg.AssetSelection.groups(GROUP)
    found = kept.resolve(definitions.resolve_asset_graph())
    return sorted(job.asset_layer.selected_asset_keys & found)


def _records_folder(folder: Path) -> Path:
    return folder / "dagster_records"


def _databases(instance: dg.DagsterInstance) -> Mapping[str, sqlite3.Connection]:
    """Those of an instance that is kept in memory, which holds a connection to each."""
    storages = {"events": instance.event_log_storage, "runs": instance.run_storage}
    return {
        name: storage._held_conn.connection.driver_connection  # type: ignore[attr-defined]
        for name, storage in storages.items()
    }


@contextmanager
def copied(planned: Path, folder: Path, **settings: Any) -> Iterator[Installed]:
    """A copy under `folder` of the planned agency, opened as `installed` opens it."""
    copytree(planned, folder, dirs_exist_ok=True)
    with installed(folder, **settings) as agency:
        yield agency


@contextmanager
def installed(
    folder: Path,
    *,
    alone: bool = True,
    scheduled: bool = False,
    remembers: bool = True,
    **settings: Any,
) -> Iterator[Installed]:
    """An installation under `folder`; the small sample agency unless `settings` say otherwise.

    Its runs are kept in memory, where there are no schedules to stop: a rollback needs it
    `scheduled`, with an instance in a folder.

    Where `keep_records` left Dagster's records in the folder, it knows them, and a step whose
    result stands does not run again. Where it does not remember, every step runs.

    While it is `alone`, this thread keeps the warehouse's file open: the hundred openings of a
    small week are a quarter of its cost. Each operation is a transaction of its own all the same.
    Not `alone`, other threads and processes can have the file in between.
    """
    values = {
        "home": folder / "home",
        "out_dir": folder / "out",
        "sample": "small",
        "today": TODAY,
        "tuning_dir": settings.get("tuning_dir") or unhurried_tuning(folder),
        **{name: value for name, value in settings.items() if name != "tuning_dir"},
    }
    dataset = open_dataset(Settings(**values), asset="test")
    give_translated_sql(dataset.settings.home)
    storage = storage_of(dataset.settings.warehouse_file)
    records = _records_folder(folder)
    with ExitStack() as stack, storage.opened() if alone else nullcontext():

        @cache
        def instance() -> dg.DagsterInstance:
            if scheduled:
                return stack.enter_context(dg.instance_for_test())
            made = stack.enter_context(dg.DagsterInstance.ephemeral())
            if remembers and records.exists():
                for name, known in _databases(made).items():
                    with closing(sqlite3.connect(records / name)) as kept:
                        kept.backup(known)
            return made

        if scheduled:
            instance()  # also what asks for the instance of the environment is given it
        yield Installed(dataset, instance)
