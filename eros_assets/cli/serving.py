"""The command `dev`: the Dagster UI with its daemon."""

import os
import sys
import warnings
from runpy import run_module

import click

from eros_assets.cli.terminal import CONSOLE, settings_or_exit
from eros_assets.settings import REPOSITORY


@click.command()
@click.option("--port", default=3000, show_default=True, help="Port of the UI on this machine.")
def dev(port: int) -> None:
    """Serve the Dagster UI, and run schedules, sensors and the queue, until Ctrl-C.

    Reads and writes Dagster's storage in EROS_HOME. Runs whose process is gone are ended first.
    """
    settings = settings_or_exit()
    from eros_assets.automation.workers import end_dead_runs
    from eros_assets.cli.runs import interruptible, opened_instance

    with opened_instance(settings) as instance, interruptible():
        for sentence in end_dead_runs(instance):
            CONSOLE.print(sentence, style="yellow")
        # `dg dev`, which Dagster would have instead, needs 26 further packages.
        warnings.filterwarnings("ignore", r".*`dev_command` is superseded")
        workspace = str(REPOSITORY / "workspace.yaml")
        sys.argv = ["dagster", "dev", "--workspace", workspace, "--host", "127.0.0.1"]
        sys.argv += ["--port", str(port)]
        os.environ.setdefault("PYTHONUTF8", "1")
        try:
            run_module("dagster", run_name="__main__", alter_sys=True)
        finally:
            # Its daemon is gone: a command that begins now doesn't wait for it.
            instance.wipe_daemon_heartbeats()
