"""What a backfill of three weeks takes and plans, beside three runs one after the other."""

import json
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from shutil import copytree
from typing import Any

import pandas as pd

from benchmarks.served import ask, processor_seconds, run_command, served
from benchmarks.small_agency import unhurried_tuning
from eros_assets.automation.jobs import week_run_config, weekly_schedules
from eros_assets.dataset import open_dataset
from eros_assets.definitions import build_definitions
from eros_assets.settings import REPOSITORY, load_settings

TODAY = "2025-11-05"
WEEKS = ("2025-11-03", "2025-11-10", "2025-11-17")
"""The week under way, the coming one, and the one after it."""

SKIPPED = ("schedule_sheet", "schedule_bucket")
"""What the agency has no place for."""

POLL_SECONDS = 0.5
LONGEST_SECONDS = 3_600.0
LAUNCH = """
mutation ($params: ExecutionParams!) {
  launchRun(executionParams: $params) { ... on LaunchRunSuccess { run { runId } } }
}
"""
STATUS = "query ($id: ID!) { runOrError(runId: $id) { ... on Run { status startTime endTime } } }"
BACKFILL = """
mutation ($params: LaunchBackfillParams!) {
  launchPartitionBackfill(backfillParams: $params) {
    ... on LaunchBackfillSuccess { backfillId }
  }
}
"""
FAILURES = """
query ($filter: RunsFilter!) {
  runsOrError(filter: $filter) {
    ... on Runs {
      results {
        eventConnection {
          events {
            ... on ExecutionStepFailureEvent { stepKey error { message } }
            ... on RunFailureEvent { message error { message } }
          }
        }
      }
    }
  }
}
"""
RUNS = """
query ($filter: RunsFilter!, $id: String!) {
  partitionBackfillOrError(backfillId: $id) { ... on PartitionBackfill { status } }
  runsOrError(filter: $filter) {
    ... on Runs { results { status startTime endTime tags { key value } } }
  }
}
"""


def measure() -> Iterator[str]:
    """What either takes on copies of one small agency, and whether both plan the same.

    Seconds by the clock, of the runs alone, and of the processors, with the UI and its daemon.
    Dagster's daemon looks at backfills every 30 s: when one is launched, and after each of its
    layers, of which a week has three (what is one present, the weeks, what is measured of them).
    """
    with tempfile.TemporaryDirectory() as folder:
        prepared, tuning = Path(folder) / "prepared", unhurried_tuning(Path(folder))
        run_command(["eros_assets", "demo"], REPOSITORY, _environment(prepared, tuning))
        taken: dict[str, tuple[float, float, float]] = {}
        planned: list[pd.DataFrame] = []
        for name, way in (("three runs", _three_runs), ("backfill", _backfill)):
            home = Path(folder) / name.replace(" ", "_")
            copytree(prepared, home)
            with served(["eros_assets", "dev"], REPOSITORY, _environment(home, tuning)) as port:
                begun, busy = time.perf_counter(), processor_seconds()
                lines, running = way(port)
                seconds = time.perf_counter() - begun
                taken[name] = seconds, running, processor_seconds() - busy
            planned.append(_planned(home))
            yield from lines
            clock, running, busy = taken[name]
            yield f"{name:<12}{clock:7.1f} s, its runs {running:.1f} s, processors {busy:.1f} s"
        by_clock, of_runs, busy = (
            backfill / runs
            for runs, backfill in zip(taken["three runs"], taken["backfill"], strict=True)
        )
        yield (
            f"backfill against runs: {by_clock:.2f} x, of the runs alone {of_runs:.2f} x, "
            f"processors {busy:.2f} x (wanted: 1 x)"
        )
        same = planned[0].equals(planned[1])
        yield f"messages planned: {len(planned[0])}, " + ("the same" if same else "NOT the same")


def _environment(home: Path, tuning: Path) -> Mapping[str, str]:
    return {
        "DAGSTER_HOME": str(REPOSITORY),
        "EROS_HOME": str(home),
        "EROS_DAGSTER_STORAGE": str(home / "dagster"),
        "EROS_OUT_DIR": str(home / "out"),
        "EROS_TUNING_DIR": str(tuning),
        "EROS_SAMPLE": "small",
        "EROS_TODAY": TODAY,
        "EROS_WEEK": WEEKS[-1],
    }


def _planned(home: Path) -> pd.DataFrame:
    """The messages in force of the weeks; a schedule's name has the hash of its content."""
    dataset = open_dataset(load_settings({"env": "local", "home": home}), asset="benchmark")
    rows = dataset.rows("schedule_recommendations", is_active=True)
    rows = rows[rows["week_start"].astype(str).isin(WEEKS)]
    rows = rows[["schedule_id", "message_number", "caption_id"]]
    return rows.sort_values(["schedule_id", "message_number"], ignore_index=True)


def _three_runs(port: int) -> tuple[Sequence[str], float]:
    """Launch each run once the one before it has ended; the seconds that they take."""
    taken: list[float] = []
    for week in WEEKS:
        params = {
            "mode": "default",
            "selector": {
                "jobName": weekly_schedules.name,
                "repositoryName": "__repository__",
                "repositoryLocationName": "eros_assets.definitions",
            },
            "runConfigData": json.dumps(week_run_config()),
            "executionMetadata": {"tags": [{"key": "dagster/partition", "value": week}]},
        }
        launched = ask(port, LAUNCH, params=params)["launchRun"]["run"]["runId"]
        taken.append(_seconds(_until_ended(port, STATUS, "runOrError", id=launched)["runOrError"]))
    return [], sum(taken)


def _backfill(port: int) -> tuple[Sequence[str], float]:
    """Launch the assets of the same job for the weeks; the seconds that its runs take."""
    job = build_definitions(load_settings({"env": "local"})).resolve_job_def(weekly_schedules.name)
    # Dagster calls a backfill failed in which an asset was skipped.
    keys = sorted(key for key in job.asset_layer.selected_asset_keys if key.path[-1] not in SKIPPED)
    params = {
        "assetSelection": [{"path": list(key.path)} for key in keys],
        "partitionNames": list(WEEKS),
    }
    launched = ask(port, BACKFILL, params=params)["launchPartitionBackfill"]["backfillId"]
    tag = {"key": "dagster/backfill", "value": launched}
    found = _until_ended(
        port, RUNS, "partitionBackfillOrError", id=launched, filter={"tags": [tag]}
    )
    runs = sorted(found["runsOrError"]["results"], key=lambda run: run["startTime"])
    begun = runs[0]["startTime"]
    lines = [
        f"  from {run['startTime'] - begun:6.1f} s: {_seconds(run):5.1f} s, {_week(run)}"
        for run in runs
    ]
    return lines, sum(_seconds(run) for run in runs)


def _until_ended(port: int, question: str, about: str, **variables: object) -> Any:
    """The answer once what it is about has ended well.

    Raises:
        RuntimeError: it ended otherwise, or not in time.
    """
    begun = time.perf_counter()
    while time.perf_counter() - begun < LONGEST_SECONDS:
        answer = ask(port, question, **variables)
        status = str(answer[about]["status"])
        if status in ("SUCCESS", "COMPLETED_SUCCESS"):
            return answer
        if status in ("FAILURE", "CANCELED", "COMPLETED_FAILED", "COMPLETED", "FAILED"):
            raise RuntimeError(f"{about}: {status}\n" + "\n".join(_failures(port)))
        time.sleep(POLL_SECONDS)
    raise RuntimeError(f"{about}: not ended after {LONGEST_SECONDS:.0f} s")


def _failures(port: int) -> Iterator[str]:
    """What each failed run says of itself."""
    runs = ask(port, FAILURES, filter={"statuses": ["FAILURE"]})["runsOrError"]["results"]
    for run in runs:
        for event in run["eventConnection"]["events"]:
            if said := (event.get("error") or event).get("message"):
                yield f"{event.get('stepKey', 'run')}: {said}"


def _seconds(run: Mapping[str, Any]) -> float:
    return float(run["endTime"]) - float(run["startTime"])


def _week(run: Mapping[str, Any]) -> str:
    weeks = [tag["value"] for tag in run["tags"] if tag["key"] == "dagster/partition"]
    return f"week of {weeks[0]}" if weeks else "assets without weeks"
