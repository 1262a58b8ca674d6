"""The run launcher of `dagster.yaml`: a command executes its own run, a code server all others.

The queue hands out the runs of commands in their turn, like every other run. What is then launched
is nothing: the command's process waits for it and begins. Dagster's webserver and daemon import
this module, so it imports little.
"""

import json
import os
import signal
import socket

import dagster as dg
from dagster._core.launcher.base import CheckRunHealthResult, LaunchRunContext, WorkerStatus
from dagster._core.launcher.default_run_launcher import DefaultRunLauncher
from dagster._core.storage.tags import GRPC_INFO_TAG

from eros_assets.automation.workers import (
    HOST_TAG,
    Worker,
    cause_of_death,
    is_of_a_command,
    worker_of,
)
from eros_assets.errors import ErosError

THIS_MACHINE = ("localhost", "127.0.0.1", "::1")


class NobodyWaitsError(ErosError):
    """The command whose turn has come is gone."""


class LocalRunLauncher(DefaultRunLauncher):
    """Launches runs as Dagster's default does, leaves the runs of commands to their commands.

    It also tells Dagster's run monitoring whether the process of a run is still there.
    """

    def launch_run(self, context: LaunchRunContext) -> None:
        """Begin a run: in a process of the code server, or in the command that waits for it.

        Raises:
            NobodyWaitsError: the command is gone.
        """
        run = context.dagster_run
        if is_of_a_command(run):
            worker = self._worker(run.run_id)
            if worker is not None and worker.is_here and not worker.lives:
                raise NobodyWaitsError(f"its command ended before its turn came ({worker})")
            return
        super().launch_run(context)
        launched = self._instance.get_run_by_id(run.run_id)
        server = json.loads(launched.tags.get(GRPC_INFO_TAG, "{}")) if launched else {}
        if server.get("socket") or server.get("host") in THIS_MACHINE:
            self._instance.add_run_tags(run.run_id, {HOST_TAG: socket.gethostname()})

    def terminate(self, run_id: str) -> bool:
        """Cancel a run; a command on another machine sees it at the end of its step."""
        run = self._instance.get_run_by_id(run_id)
        if run is None or run.is_finished:
            return False
        if not is_of_a_command(run):
            return super().terminate(run_id)
        self._instance.report_run_canceling(run)
        worker = self._worker(run_id)
        if worker is not None and worker.is_here:
            if worker.lives:
                os.kill(worker.pid, signal.SIGINT)
            else:
                self._instance.report_run_canceled(run, cause_of_death(worker))
        return True

    @property
    def supports_check_run_worker_health(self) -> bool:
        """Run monitoring asks for the process of every run that has begun."""
        return True

    def check_run_worker_health(self, run: dg.DagsterRun) -> CheckRunHealthResult:
        """Whether the process of a run is there; of one that can't be looked for, that it is."""
        worker = self._worker(run.run_id)
        if worker is None or not worker.is_here or worker.lives:
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        return CheckRunHealthResult(WorkerStatus.FAILED, cause_of_death(worker))

    def _worker(self, run_id: str) -> Worker | None:
        record = self._instance.get_run_record_by_id(run_id)
        return worker_of(self._instance, record) if record else None
