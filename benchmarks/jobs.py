"""How many jobs a run sends to the warehouse and what they cost, from the small sample's job log.

`bills.py` says how they are told. At the sample's size what is billed is the least of each table.
The job log, which a health check reads, is no operation of the embedded engine: it is a job and a
table more.
"""

import datetime as dt
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import dagster as dg

from benchmarks.bills import Bill, bill_of
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
from eros_assets.weekly.scope import week_plan_scope
from eros_assets.weekly.selection import select_captions

TODAY = dt.date(2025, 11, 3)
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
                "health check again": lambda: run(health_check.name),
                "selection, one page": lambda: select_captions(
                    dataset, week_plan_scope(dataset, TODAY, [page])
                ),
            }
            for name, work in runs.items():
                began = dt.datetime.now(dt.UTC)
                work()
                yield from _report(name, dataset, dataset.warehouse.jobs(began))


def _report(name: str, dataset: Dataset, jobs: Sequence[Job]) -> Iterator[str]:
    bills = [bill_of(dataset, job) for job in jobs]
    whole = sum(bills, Bill())
    yield (
        f"{name:<22}{len(jobs):5} operations {whole.jobs:5} jobs on BigQuery "
        f"{whole.tables:5} tables {whole.usd:.4f} USD"
    )
    by_asset: dict[str, Bill] = {}
    for job, bill in zip(jobs, bills, strict=True):
        asset = job.labels.get("asset", "")
        by_asset[asset] = by_asset.get(asset, Bill()) + bill
    for asset, bill in sorted(by_asset.items(), key=lambda each: -each[1].jobs)[:LISTED]:
        yield f"    {bill.jobs:4} jobs {bill.tables:4} tables {asset}"


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
