"""Lists what a fresh process finds: the commands, and the assets, checks, jobs and automation.

Run as a module: `python -m eros_assets.cli.contents` prints it as one JSON object, the last line of
its output. The acceptance reads it.
"""

import json
import sys
from typing import Any

from click.testing import CliRunner

from eros_assets.cli.planning import main


def commands() -> dict[str, str]:
    """Each command by name, with what is wrong with it; empty for one that can be executed."""
    found: dict[str, str] = {}
    for name in main.commands:
        told = CliRunner().invoke(main, [name, "--help"])
        found[name] = "" if told.exit_code == 0 else f"{told.exception or told.output}".strip()
    return found


def code_location() -> dict[str, Any]:
    """The asset graph and its automation, as Dagster loads them."""
    from eros_assets.definitions import defs

    repository = defs.get_repository_def()
    graph = repository.asset_graph
    return {
        "assets": {
            key.to_user_string(): {
                "group": graph.get(key).group_name,
                "is_executable": graph.get(key).is_executable,
                "deps": sorted(parent.to_user_string() for parent in graph.get(key).parent_keys),
            }
            for key in sorted(graph.get_all_asset_keys())
        },
        "checks": {
            check.name: check.asset_key.to_user_string() for check in sorted(graph.asset_check_keys)
        },
        "jobs": {
            job.name: sorted(key.to_user_string() for key in job.asset_layer.selected_asset_keys)
            for job in repository.get_all_jobs()
            if not job.name.startswith("__")
        },
        "schedules": {
            schedule.name: {
                "cron": schedule.cron_schedule,
                "timezone": schedule.execution_timezone,
                "job": schedule.job_name,
            }
            for schedule in repository.schedule_defs
        },
        "sensors": sorted(sensor.name for sensor in repository.sensor_defs),
    }


if __name__ == "__main__":
    sys.stdout.write("\n" + json.dumps({"commands": commands(), **code_location()}) + "\n")
