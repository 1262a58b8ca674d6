"""How many jobs a run sends to the warehouse, from the job log of the small sample agency.

An operation of the door is one request. On BigQuery a script or call is a job, and each statement
in it that reads or writes is another; they are counted from the SQL.
"""

import datetime as dt
import itertools
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import dagster as dg

from benchmarks.small_agency import unhurried_tuning
from eros_assets.automation.jobs import (
    daily_caption_update,
    health_check,
    set_up,
    week_run_config,
    weekly_schedules,
)
from eros_assets.dataset import Dataset, open_dataset
from eros_assets.definitions import build_definitions
from eros_assets.settings import Settings, load_settings
from eros_assets.warehouse.protocol import Job
from eros_assets.warehouse.sql.syntax import tokens_of
from eros_assets.weekly.scope import week_plan_scope
from eros_assets.weekly.selection import select_captions

TODAY = dt.date(2025, 11, 3)
WORKING = frozenset({"SELECT", "WITH", "INSERT", "UPDATE", "DELETE", "MERGE", "CREATE", "CALL"})
OPENING = frozenset({";", "BEGIN", "THEN", "ELSE"})
LISTED = 8
"""Assets that are listed for a run, those with the most operations first."""


def measure() -> Iterator[str]:
    """Operations, statements and MiB read of each kind of run, and the assets that cause most."""
    with tempfile.TemporaryDirectory() as folder:
        dataset = open_dataset(_settings(Path(folder)), asset="benchmark")
        definitions = build_definitions(dataset.settings)
        week = TODAY.isoformat()
        with dg.DagsterInstance.ephemeral() as instance:

            def run(job: str, partition: str | None = None, pages: Sequence[str] = ()) -> None:
                resolved = definitions.resolve_job_def(job)
                result = resolved.execute_in_process(
                    instance=instance,
                    partition_key=partition if resolved.partitions_def else None,
                    run_config=week_run_config(pages) if pages else None,
                )
                assert result.success

            run(set_up.name)
            page = str(dataset.rows("creators")["page_name"].min())
            runs: dict[str, Callable[[], object]] = {
                "weekly run": lambda: run(weekly_schedules.name, week),
                "weekly run again": lambda: run(weekly_schedules.name, week),
                "weekly run, one page": lambda: run(weekly_schedules.name, week, [page]),
                "daily update": lambda: run(daily_caption_update.name, week),
                "health check": lambda: run(health_check.name),
                "selection, one page": lambda: select_captions(
                    dataset, week_plan_scope(dataset, TODAY, [page])
                ),
            }
            for name, work in runs.items():
                began = dt.datetime.now(dt.UTC)
                work()
                yield from _report(name, dataset, dataset.warehouse.jobs(began))


def _report(name: str, dataset: Dataset, jobs: Sequence[Job]) -> Iterator[str]:
    statements = sum(statements_of(dataset, job) for job in jobs)
    mebibytes = sum(job.bytes_processed for job in jobs) / 2**20
    yield (
        f"{name:<22}{len(jobs):5} operations {statements:5} jobs on BigQuery {mebibytes:8.1f} MiB"
    )
    counts = Counter(job.labels.get("asset", "") for job in jobs)
    for asset, count in counts.most_common(LISTED):
        yield f"    {count:4} {asset}"


def statements_of(dataset: Dataset, job: Job) -> int:
    """The jobs that BigQuery would run for an operation: its own, and one for each statement."""
    if job.kind == "call":
        text = dataset.library[job.statement.split()[-1]].text
    elif job.kind == "run":
        scripts = dataset.library.of_kind("operation", "check")
        text = next((each.text for each in scripts if job.statement in each.text), "")
    else:
        return 1
    words = [";", *(token.text.upper() for token in tokens_of(text))]
    begun = sum(before in OPENING and word in WORKING for before, word in itertools.pairwise(words))
    return 1 + begun if begun > 1 or job.kind == "call" else 1


def _settings(folder: Path) -> Settings:
    """The small sample agency, with a selector that may take its time."""
    return load_settings(
        {
            "home": folder / "home",
            "out_dir": folder / "out",
            "sample": "small",
            "today": TODAY,
            "tuning_dir": unhurried_tuning(folder),
        }
    )
