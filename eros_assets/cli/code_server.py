"""The code server of `dev`: a process that loads the graph while this one imports Dagster.

`dagster dev` imports Dagster, then starts a code server, waits until that has imported Dagster and
the graph, and only then starts the UI. It does not look after a code server that it did not start
itself, so this module does, in the same way: a server that has ended is started again, and one that
gets no heartbeats ends by itself.
"""

import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from eros_assets.cli.dagster_home import LOCATION
from eros_assets.errors import ErosError
from eros_assets.settings import REPOSITORY

HEARTBEAT_SECONDS = 5.0
PATIENCE_SECONDS = 45
"""How long a server waits for a heartbeat before it ends."""

POLL_SECONDS = 0.05


class CodeServerError(ErosError):
    """The code server ended before it could be asked."""


class CodeServer:
    """A server of Dagster, on a socket, that loads the graph when it starts."""

    def __init__(self, folder: Path) -> None:
        """Start the server with a socket in `folder`."""
        self._socket = folder / "socket"
        self._workspace = folder / "workspace.yaml"
        self.process = self._started()

    @contextmanager
    def watched(self) -> Generator[Path]:
        """Keep the server alive; yields a workspace of Dagster that holds it alone.

        Waits until the server has loaded the graph, or knows why it can't be loaded.

        Raises:
            CodeServerError: it ended before.
        """
        while not self._socket.exists():
            if (code := self.process.poll()) is not None:
                raise CodeServerError(f"the code server ended with exit code {code}: see above")
            time.sleep(POLL_SECONDS)
        server = {"location_name": LOCATION, "socket": str(self._socket)}
        # JSON is YAML too.
        self._workspace.write_text(json.dumps({"load_from": [{"grpc_server": server}]}), "utf-8")
        is_over = threading.Event()
        watcher = threading.Thread(target=self._watch, args=(is_over,), daemon=True)
        watcher.start()
        try:
            yield self._workspace
        finally:
            is_over.set()
            watcher.join()

    def end(self) -> None:
        """End the server once the runs that it executes have ended, as it does by itself."""
        from dagster._core.errors import DagsterUserCodeUnreachableError
        from dagster._grpc.client import DagsterGrpcClient

        if self.process.poll() is None:
            try:
                DagsterGrpcClient(socket=str(self._socket)).shutdown_server()
            except DagsterUserCodeUnreachableError:  # it doesn't listen yet, or no more
                self.process.terminate()

    def _watch(self, is_over: threading.Event) -> None:
        from dagster._core.errors import DagsterUserCodeUnreachableError
        from dagster._grpc.client import DagsterGrpcClient

        client = DagsterGrpcClient(socket=str(self._socket))
        while not is_over.wait(HEARTBEAT_SECONDS):
            if (code := self.process.poll()) is not None:
                logging.getLogger("dagster").warning(
                    "The code server ended with exit code %s; it is started again.", code
                )
                self.process = self._started()
            with suppress(DagsterUserCodeUnreachableError):
                client.heartbeat("ping")

    def _started(self) -> "subprocess.Popen[bytes]":
        self._socket.unlink(missing_ok=True)
        return subprocess.Popen(
            [
                *(sys.executable, "-m", "dagster", "code-server", "start"),
                *("--module-name", LOCATION, "--working-directory", str(REPOSITORY)),
                *("--location-name", LOCATION, "--socket", str(self._socket)),
                *("--heartbeat", "--heartbeat-timeout", str(PATIENCE_SECONDS)),
                *("--log-level", "warning", "--inject-env-vars-from-instance"),
            ],
            env=os.environ | {"DAGSTER_IS_DEV_CLI": "1"},
        )


@contextmanager
def code_server() -> Generator[CodeServer]:
    """A code server that is ended at the end."""
    with TemporaryDirectory(prefix="eros-", ignore_cleanup_errors=True) as folder:
        server = CodeServer(Path(folder))
        try:
            yield server
        finally:
            server.end()
