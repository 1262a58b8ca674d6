"""A year in one process: what the last weeks take and hold, over the first ones.

The small sample agency is planned week after week by the whole weekly job, with files, pages and
checks, and its audiences answer in between. A week's cost is the processor time of its run. The
history grows by a year meanwhile, from four months to sixteen, which is a part of the growth.
"""

import dataclasses
import datetime as dt
import resource
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import dagster as dg

from benchmarks.small_agency import unhurried_tuning
from eros_assets.automation.jobs import set_up, week_run_config, weekly_schedules
from eros_assets.dataset import open_dataset
from eros_assets.definitions import build_definitions
from eros_assets.settings import Settings, load_settings
from eros_assets.simulation.study import Player, Study, agency_size, sample_agencies

FIRST_WEEK = dt.date(2025, 11, 3)
WEEKS, CREATORS, SEED = 52, 7, 1
COMPARED = 4
"""Weeks at either end whose mean is compared. The first of all imports what the others have."""
SHOWN = 13
MOST_GROWTH = 1.3

MIB = 1024.0**2


@dataclasses.dataclass(frozen=True, slots=True)
class Week:
    """After a week's run: its processor seconds, the size of files and peak memory in MiB."""

    seconds: float
    warehouse: float
    dagster: float
    memory: float


class Runner:
    """Runs the graph and notes what each week takes.

    The records of its runs are in `folder`.
    """

    def __init__(self, instance: dg.DagsterInstance, folder: Path) -> None:
        self._instance = instance
        self._folder = folder
        self.weeks: list[Week] = []

    def __call__(self, settings: Settings, week_start: dt.date | None) -> None:
        """Run the weekly job, or, without a week, the set-up."""
        job = weekly_schedules if week_start else set_up
        config: Mapping[str, Any] = week_run_config() if week_start else {}
        begun = time.process_time()
        result = (
            build_definitions(settings)
            .resolve_job_def(job.name)
            .execute_in_process(
                instance=self._instance,
                partition_key=week_start.isoformat() if week_start else None,
                run_config={**config, "loggers": {}},
                raise_on_error=False,
            )
        )
        if not result.success:
            raise RuntimeError(f"{job.name} of {week_start} failed: {settings.home}")
        if week_start:
            self.weeks.append(
                Week(
                    seconds=time.process_time() - begun,
                    warehouse=settings.warehouse_file.stat().st_size / MIB,
                    dagster=sum(f.stat().st_size for f in self._folder.rglob("*.db")) / MIB,
                    memory=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0,
                )
            )


def measure() -> Iterator[str]:
    """Every thirteenth week, then the last weeks over the first."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings = load_settings({"home": folder / "home", "tuning_dir": unhurried_tuning(folder)})
        with dg.instance_for_test(
            temp_dir=str(folder), overrides={"python_logs": {"python_log_level": "CRITICAL"}}
        ) as instance:
            runner = Runner(instance, folder)
            Study(
                dataset=open_dataset(settings),
                agencies=sample_agencies(agency_size(CREATORS), FIRST_WEEK),
                label={},
                first_week=FIRST_WEEK,
                weeks=WEEKS,
                seeds=[SEED],
                players=[Player("eros", "eros", through_graph=True)],
                records=folder / "seasons",
                run_graph=runner,
            ).run()
    yield "  week   CPU s   warehouse   Dagster's records   peak memory, MiB"
    for number, week in enumerate(runner.weeks, 1):
        if number == 2 or number % SHOWN == 0:
            yield (
                f"{number:6d}{week.seconds:8.2f}{week.warehouse:12.1f}{week.dagster:20.1f}"
                f"{week.memory:19.0f}"
            )
    yield from _growth(runner.weeks[1:])


def _growth(weeks: Sequence[Week]) -> Iterator[str]:
    first, last = weeks[:COMPARED], weeks[-COMPARED:]
    for what in ("seconds", "warehouse", "memory"):
        ratio = sum(getattr(week, what) for week in last) / sum(
            getattr(week, what) for week in first
        )
        wanted = f" (wanted: at most {MOST_GROWTH})" if what == "seconds" else ""
        yield f"{what:<10} at the end over the beginning {ratio:6.2f} x{wanted}"
