"""A Dagster that is served as `make dev` serves it, on a planned agency of its own."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import pytest

from eros_assets.dataset import Dataset, open_dataset
from eros_assets.definitions import build_definitions
from eros_assets.settings import REPOSITORY, load_settings
from tests.processes import end_group

STARTING_SECONDS = 120


@dataclass(frozen=True)
class Served:
    """The address of the interface, and what its runs work on."""

    address: str
    dataset: Dataset
    instance: dg.DagsterInstance
    log: Path

    def newest_run(self) -> dg.DagsterRun | None:
        """The run that was launched last, those of a backfill left out."""
        runs = self.instance.get_runs(limit=10)
        return next((run for run in runs if "dagster/backfill" not in run.tags), None)


@contextmanager
def served(folder: Path, today: str, planned_week: str) -> Iterator[Served]:
    """Serve the planned agency in `folder`, as of a date; ended with all that it started.

    Dagster is told that the tables of `planned_week` were made, as after `make demo`.
    """
    environment = {
        "EROS_HOME": folder / "home",
        "EROS_DAGSTER_STORAGE": folder / "home" / "dagster",
        "EROS_OUT_DIR": folder / "out",
        "EROS_TUNING_DIR": folder / "tuning",
        "EROS_SAMPLE": "small",
        "EROS_TODAY": today,
        "DAGSTER_HOME": folder / "home",
    }
    (folder / "home" / "dagster").mkdir(parents=True, exist_ok=True)
    shutil.copy(REPOSITORY / "dagster.yaml", folder / "home")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, str(value))
        settings = load_settings()
        with dg.DagsterInstance.get() as instance:
            graph = build_definitions(settings).get_repository_def().asset_graph
            for key in graph.materializable_asset_keys:
                week = planned_week if graph.get(key).partitions_def else None
                made = dg.AssetMaterialization(key, partition=week)
                instance.report_runless_asset_event(made)
            port, log = _free_port(), folder / "dev.log"
            with log.open("wb") as out:
                process = subprocess.Popen(
                    [sys.executable, "-m", "eros_assets", "dev", "--port", str(port)],
                    cwd=REPOSITORY,
                    env=dict(os.environ),
                    stdout=out,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            try:
                address = f"http://127.0.0.1:{port}"
                _await_answer(f"{address}/server_info", process, log)
                yield Served(address, open_dataset(settings, asset="test"), instance, log)
            finally:
                end_group(process, patience=5)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _await_answer(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    latest = time.monotonic() + STARTING_SECONDS
    while time.monotonic() < latest and process.poll() is None:
        with suppress(OSError), urllib.request.urlopen(address, timeout=5) as answer:
            if b"dagster_version" in answer.read():
                return
        time.sleep(0.2)
    pytest.fail(f"the interface does not answer:\n{log.read_text(errors='replace')[-4000:]}")
