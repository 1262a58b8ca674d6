"""The code server that `dev` starts before Dagster is imported: its life, and what it serves."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
import yaml
from dagster._core.errors import DagsterUserCodeUnreachableError
from dagster._core.remote_origin import GrpcServerCodeLocationOrigin
from dagster._core.workspace.load import location_origins_from_yaml_paths
from dagster._grpc.client import DagsterGrpcClient

from eros_assets.cli import code_server as module
from eros_assets.cli.code_server import CodeServerError, code_server
from eros_assets.cli.dagster_home import LOCATION
from eros_assets.settings import REPOSITORY

PATIENCE_SECONDS = 120.0


@pytest.fixture(autouse=True)
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home without anything."""
    for name, folder in (("EROS_HOME", "home"), ("EROS_DAGSTER_STORAGE", "home/dagster")):
        monkeypatch.setenv(name, str(tmp_path / folder))
    monkeypatch.setenv("DAGSTER_HOME", str(REPOSITORY))
    monkeypatch.setattr(module, "HEARTBEAT_SECONDS", 0.1)


def test_a_served_graph_outlives_its_server_and_ends_with_the_command() -> None:
    with code_server() as server, server.watched() as workspace:
        [location] = yaml.safe_load(workspace.read_text("utf-8"))["load_from"]
        socket = location["grpc_server"]["socket"]
        assert location == {"grpc_server": {"location_name": LOCATION, "socket": socket}}
        both = [str(path) for path in (REPOSITORY / "workspace.yaml", workspace)]
        [served] = location_origins_from_yaml_paths(both)
        assert isinstance(served, GrpcServerCodeLocationOrigin), "it is not started once more"
        client = DagsterGrpcClient(socket=socket)
        first = _until(client.get_server_id)
        killed = server.process
        killed.kill()
        _until(lambda: server.process is not killed)
        assert _until(client.get_server_id) != first
    assert server.process.wait(PATIENCE_SECONDS) == 0
    assert not Path(socket).parent.exists()


def test_a_command_that_fails_before_the_graph_is_loaded_ends_its_server() -> None:
    with pytest.raises(RuntimeError, match="not opened"), code_server() as server:
        raise RuntimeError("the storage is not opened")
    assert server.process.wait(PATIENCE_SECONDS) is not None


def test_a_server_that_can_t_begin_is_said_to_have_ended(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(os.environ, "DAGSTER_CODE_SERVER_MAX_WORKERS", "many")
    with (
        pytest.raises(CodeServerError, match="ended with exit code 2"),
        code_server() as server,
        server.watched(),
    ):
        pytest.fail("it is not served")
    assert "'many' is not a valid integer" in capfd.readouterr().err


def test_the_command_line_leaves_dagster_until_the_server_has_begun() -> None:
    """Its second of importing is the one in which the server loads the graph."""
    imported = "import sys, eros_assets.cli.planning; print('dagster' in sys.modules)"
    said = subprocess.run(
        [sys.executable, "-c", imported], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    assert said.stdout == "False\n"


def _until(found: Callable[[], object]) -> object:
    """What a server answers, once it does."""
    latest = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < latest:
        with suppress(DagsterUserCodeUnreachableError):
            if answer := found():
                return answer
        time.sleep(0.1)
    pytest.fail("nothing answers")
