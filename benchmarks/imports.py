"""How long the asset graph takes to import, against Dagster alone."""

import statistics
import subprocess
import sys
import time
from collections.abc import Iterator

ROUNDS = 5


def measure() -> Iterator[str]:
    """Median seconds of either import in fresh processes, alternating, and their ratio."""
    seconds: dict[str, list[float]] = {"dagster": [], "eros_assets.definitions": []}
    for _ in range(ROUNDS + 1):
        for module, taken in seconds.items():
            begun = time.perf_counter()
            subprocess.run([sys.executable, "-c", f"import {module}"], check=True)
            taken.append(time.perf_counter() - begun)
    dagster, eros = (statistics.median(taken[1:]) for taken in seconds.values())
    yield f"import dagster                  {dagster:6.2f} s"
    yield f"import eros_assets.definitions  {eros:6.2f} s, {eros / dagster:.2f} x (wanted: 1.6 x)"
