"""The routines: Google's analyser over `sql/`, and what they take over the full sample agency.

The analyser reads every file anew, whatever it remembers. Table functions are asked about all 38
creators at once, rows fetched; the report procedure about one creator at a time. Each is called
once before the clock starts.
"""

import datetime as dt
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from statistics import median

ROUNDS = 3

CALLS = """
import datetime as dt, statistics, sys, time
import dagster as dg
from eros_assets.automation.jobs import set_up
from eros_assets.dataset import open_dataset
from eros_assets.definitions import build_definitions
from eros_assets.weekly.facts import refresh_facts
from eros_assets.settings import load_settings
from eros_assets.warehouse.protocol import Typed

settings = load_settings()
dataset = open_dataset(settings, asset="benchmark")
with dg.instance_for_test() as instance:
    job = build_definitions(settings).resolve_job_def(set_up.name)
    assert job.execute_in_process(instance=instance).success
refresh_facts(dataset)
as_of = dt.date.fromisoformat(sys.argv[1])
pages = list(dataset.query("creator_names")["page_name"])
lookback = {"days": 90, "page": Typed(None, "STRING"), "as_of": as_of}

def seconds(work):
    begun = time.perf_counter()
    answer = work()
    return time.perf_counter() - begun, answer

for routine in dataset.library.of_kind("table_function"):
    sql = f"SELECT * FROM `${{dataset}}.{routine.name}`(@page, @as_of, @days)"
    ask = lambda: dataset.warehouse.query(sql, lookback)
    ask()
    taken = [seconds(ask) for _ in range(int(sys.argv[2]))]
    print("measured", routine.name, statistics.median(t for t, _ in taken), len(taken[0][1]))
report = lambda page: dataset.call(
    "analyze_creator_performance", p_page_name=page, p_as_of=as_of
)
report(pages[0])
taken = [seconds(lambda page=page: report(page))[0] for page in pages]
print("measured report", statistics.median(taken), max(taken), len(taken))
"""


def measure() -> Iterator[str]:
    """Objects, statements and seconds of the analyser; seconds of each routine."""
    yield from _analysis()
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "EROS_HOME": folder, "EROS_OUT_DIR": folder}
        arguments = [dt.date(2025, 11, 3).isoformat(), str(ROUNDS)]
        done = subprocess.run(
            [sys.executable, "-c", CALLS, *arguments],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    for line in done.stdout.splitlines():
        match line.split():
            case ["measured", "report", middle, most, creators]:
                yield (
                    f"analyze_creator_performance, one of {creators} creators: median "
                    f"{float(middle):.2f} s, most {float(most):.2f} s (wanted: under 1 s)"
                )
            case ["measured", name, seconds, rows]:
                yield f"{name:<30} {float(seconds):6.2f} s, {rows} rows (wanted: under 2 s)"


def _analysis() -> Iterator[str]:
    from tests.googlesql.analysis import Session, analyse_all

    _, files = analyse_all()
    session = Session()
    seconds = [session.analyse(file.path).seconds for file in files]
    objects = sum(file.entry is not None for file in files)
    yield (
        f"Google's analyser: {len(files)} files, {objects} of them objects, "
        f"{sum(file.statements for file in files)} statements, "
        f"{sum(len(file.findings) for file in files)} findings, {sum(seconds):.1f} s "
        f"(a file: median {1e3 * median(seconds):.0f} ms)"
    )
