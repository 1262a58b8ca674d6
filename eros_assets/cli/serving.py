"""The command `dev`: the Dagster UI with its daemon."""

import datetime as dt
import os
import sys
import warnings
from contextlib import ExitStack
from runpy import run_module

import click

from eros_assets.cli.code_server import code_server
from eros_assets.cli.dagster_home import dagster_storage
from eros_assets.cli.terminal import CONSOLE, FAILED, refusing, settings_or_exit
from eros_assets.settings import REPOSITORY


def graph_address(week_start: dt.date) -> str:
    """Where the UI shows the graph, with a week chosen in the dialog of Materialize.

    Dagster's dialog opens without any partition otherwise, and *Latest* is one more click.
    """
    return f"/asset-groups?partition={week_start}"


@click.command()
@click.option("--port", default=3000, show_default=True, help="Port of the UI on this machine.")
def dev(port: int) -> None:
    """Serve the Dagster UI, and run schedules, sensors and the queue, until Ctrl-C.

    Reads and writes Dagster's storage in EROS_HOME. Runs whose process is gone are ended first.
    """
    settings = settings_or_exit()
    os.environ.setdefault("PYTHONUTF8", "1")
    is_made = any(dagster_storage(settings).iterdir())
    with refusing(FAILED), ExitStack() as opened:
        # A storage is made by one process alone.
        server = opened.enter_context(code_server()) if is_made else None
        # Imported here: Dagster takes a second, in which the code server loads the graph.
        from eros_assets.automation.workers import end_dead_runs
        from eros_assets.cli.runs import interruptible, opened_instance

        instance = opened.enter_context(opened_instance(settings))
        opened.enter_context(interruptible())
        server = server or opened.enter_context(code_server())
        for sentence in end_dead_runs(instance):
            CONSOLE.print(sentence, style="yellow")
        # `dg dev`, which Dagster would have instead, needs 26 further packages.
        warnings.filterwarnings("ignore", r".*`dev_command` is superseded")
        with server.watched() as workspace:
            sys.argv = ["dagster", "dev", "--host", "127.0.0.1", "--port", str(port)]
            # The second names the same location, and goes before the first.
            for each in (REPOSITORY / "workspace.yaml", workspace):
                sys.argv += ["--workspace", str(each)]
            try:
                run_module("dagster", run_name="__main__", alter_sys=True)
            finally:
                # Its daemon is gone: a command that begins now doesn't wait for it.
                instance.wipe_daemon_heartbeats()
