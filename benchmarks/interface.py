"""How long the Dagster UI takes until it knows the graph, beside a project with one asset."""

import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.served import served
from eros_assets.settings import REPOSITORY

ROUNDS = 5
WANTED = 1.15
ONE_ASSET = """
import dagster as dg

@dg.asset
def one(): ...
"""


@dataclass(frozen=True, slots=True)
class Project:
    """A project that a command serves."""

    command: Sequence[str]
    folder: Path
    environment: Mapping[str, str]

    def seconds_until_loaded(self) -> float:
        """From the command to the first answer with the project loaded."""
        begun = time.perf_counter()
        with served(self.command, self.folder, self.environment):
            return time.perf_counter() - begun


def measure() -> Iterator[str]:
    """Median seconds from the command to the first answer with a loaded project, and their ratio.

    The two take turns. The first start of a home reads `sql/` and keeps what it read; it is told
    by itself, as nobody sees the UI before `make demo`.
    """
    with tempfile.TemporaryDirectory() as folder:
        projects = [_one_asset(Path(folder) / "one"), _eros(Path(folder) / "eros")]
        first = [project.seconds_until_loaded() for project in projects]
        later = [[project.seconds_until_loaded() for project in projects] for _ in range(ROUNDS)]
    one, eros = (statistics.median(taken) for taken in zip(*later, strict=True))
    yield f"one asset  {one:6.2f} s; its first start {first[0]:.2f} s"
    yield (
        f"EROS       {eros:6.2f} s; its first start {first[1]:.2f} s; "
        f"{eros / one:.2f} x (wanted: {WANTED} x)"
    )


def _one_asset(folder: Path) -> Project:
    folder.mkdir()
    (folder / "one_asset.py").write_text(ONE_ASSET, "utf-8")
    (folder / "dagster.yaml").write_text("telemetry:\n  enabled: false\n", "utf-8")
    command = ["dagster", "dev", "--python-file", "one_asset.py"]
    return Project(command, folder, {"DAGSTER_HOME": str(folder)})


def _eros(folder: Path) -> Project:
    folder.mkdir()
    environment = {
        "DAGSTER_HOME": str(REPOSITORY),
        "EROS_HOME": str(folder),
        "EROS_DAGSTER_STORAGE": str(folder / "dagster"),
    }
    return Project(["eros_assets", "dev"], REPOSITORY, environment)
