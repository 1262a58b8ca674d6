"""Where Dagster finds its configuration, its storage and the graph; imports nothing of Dagster."""

import os
from pathlib import Path

from eros_assets.settings import REPOSITORY, Settings

LOCATION = "eros_assets.definitions"
"""The module with the graph, and the name that Dagster gives its code location."""


def dagster_storage(settings: Settings) -> Path:
    """The folder of Dagster's storage, made when it is missing; the environment names it."""
    os.environ.setdefault("DAGSTER_HOME", str(REPOSITORY))
    storage = os.environ.setdefault("EROS_DAGSTER_STORAGE", str(settings.home / "dagster"))
    Path(storage).mkdir(parents=True, exist_ok=True)
    return Path(storage)
