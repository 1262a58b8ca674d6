"""What a fresh process finds in the code: commands, assets, checks, jobs, schedules, sensors."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eros_assets.errors import ErosError
from eros_assets.settings import REPOSITORY

MODULE = "eros_assets.cli.contents"
SECONDS = 1800.0
"""Long enough for a very busy machine: it ends a process that waits for something for ever."""


class ContentsError(ErosError):
    """The code can't be loaded in a fresh process; the message has the last line of its error."""


@dataclass(frozen=True, slots=True)
class ScheduleSeen:
    """A schedule: its cron expression, its time zone and the job that it runs."""

    cron: str
    timezone: str | None
    job: str


@dataclass(frozen=True, slots=True)
class Contents:
    """The code location and the command line.

    `commands` has what is wrong with each, empty for one that can be executed. `assets` has the
    dependencies of each asset, `not_set_up` those that are shown and that no run makes, `checks`
    the asset of each check, `jobs` the assets of each job.
    """

    commands: Mapping[str, str]
    assets: Mapping[str, Sequence[str]]
    groups: Mapping[str, str]
    not_set_up: Sequence[str]
    checks: Mapping[str, str]
    jobs: Mapping[str, Sequence[str]]
    schedules: Mapping[str, ScheduleSeen]
    sensors: Sequence[str]


def read_contents(home: Path) -> Contents:
    """The contents of this code, loaded by a process of its own in the home of EROS.

    Raises:
        ContentsError: it can't be loaded.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-m", MODULE],
            cwd=REPOSITORY,
            env={**os.environ, "EROS_HOME": str(home)},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ContentsError(
            f"a fresh process did not load the code in {SECONDS:g} s: something waits for ever, or "
            "the machine is very busy; run it again"
        ) from None
    try:
        return contents_of(json.loads(done.stdout.splitlines()[-1]))
    except (IndexError, ValueError, KeyError, TypeError):
        last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise ContentsError(f"the code can't be loaded in a fresh process: {last}") from None


def contents_of(found: Mapping[str, Any]) -> Contents:
    """The contents from the JSON object that the module prints."""
    assets: Mapping[str, Any] = found["assets"]
    return Contents(
        commands=found["commands"],
        assets={name: asset["deps"] for name, asset in assets.items()},
        groups={name: asset["group"] for name, asset in assets.items()},
        not_set_up=[name for name, asset in assets.items() if not asset["is_executable"]],
        checks=found["checks"],
        jobs=found["jobs"],
        schedules={name: ScheduleSeen(**schedule) for name, schedule in found["schedules"].items()},
        sensors=found["sensors"],
    )
