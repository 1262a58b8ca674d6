"""The whole week of the sample agency: by the asset graph, and by a plain script of the same work.

Both run in processes of their own on the same inputs, one after the other. The graph's inputs are
loaded before the clock starts, the script loads its own: reading DataFrames takes it under a
second.
"""

import datetime as dt
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

TODAY = dt.date(2025, 11, 3)
WEEK = TODAY.isoformat()

GRAPH = """
import datetime as dt, resource, sys, time
import dagster as dg
from eros_assets.automation.jobs import set_up, weekly_schedules
from eros_assets.dataset import open_dataset
from eros_assets.definitions import build_definitions
from eros_assets.settings import load_settings
from eros_assets.weekly.scope import week_plan_scope
from eros_assets.weekly.selection import select_captions

settings = load_settings()
dataset = open_dataset(settings, asset="benchmark")
definitions = build_definitions(settings)
with dg.instance_for_test() as instance:
    def run(job, **more):
        begun = time.perf_counter()
        planned = definitions.resolve_job_def(job.name)
        assert planned.execute_in_process(instance=instance, **more).success
        return time.perf_counter() - begun

    print("measured set_up", run(set_up))
    week = sys.argv[1]
    print("measured week", run(weekly_schedules, partition_key=week))
    print("measured again", run(weekly_schedules, partition_key=week))
    monday = dt.date.fromisoformat(week)
    for name, pages in (("everyone", []), ("one", ["amber_lens"])):
        scope = week_plan_scope(dataset, monday, pages)
        begun = time.perf_counter()
        select_captions(dataset, scope)
        print("measured", name, time.perf_counter() - begun)
print("measured memory", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2)
"""


def measure() -> Iterator[str]:
    """Seconds of the week and of its parts, peak memory, and the ratio to the plain script."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "EROS_HOME": str(Path(folder) / "home"),
            "EROS_OUT_DIR": str(Path(folder) / "out"),
            "EROS_TODAY": TODAY.isoformat(),
        }
        printed = _python(["-c", GRAPH, WEEK], environment)
        measured = [row.split()[1:] for row in printed if row.startswith("measured")]
        taken = {name: float(value) for name, value in measured}
        plain, messages = _python(
            ["-m", "benchmarks.plain_week", WEEK, str(Path(folder) / "plain")], environment
        )[-1].split()
    yield f"set-up, inputs made and loaded  {taken['set_up']:7.1f} s"
    yield f"the whole week                  {taken['week']:7.1f} s (wanted: under 60 s)"
    yield f"the same week again             {taken['again']:7.1f} s"
    yield f"selection, all creators         {taken['everyone']:7.1f} s (wanted: under 15 s)"
    yield f"selection, one creator          {taken['one']:7.1f} s (wanted: under 2 s)"
    yield f"peak memory                     {taken['memory']:7.2f} GiB (wanted: under 2 GiB)"
    yield f"plain script, {messages} messages     {float(plain):7.1f} s"
    yield f"the graph over the plain script {taken['week'] / float(plain):7.2f} x"


def _python(arguments: list[str], environment: Mapping[str, str]) -> list[str]:
    done = subprocess.run(
        [sys.executable, *arguments],
        env=dict(environment),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return [row for row in done.stdout.splitlines() if row.strip()]
