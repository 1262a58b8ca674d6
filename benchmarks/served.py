"""Commands in processes of their own; a Dagster UI that is served, asked by GraphQL, and ended."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil

PATIENCE_SECONDS = 120.0
POLL_SECONDS = 0.05
ENDING_SECONDS = 20.0

LOADED = """
{ workspaceOrError { ... on Workspace { locationEntries { locationOrLoadError { __typename } } } } }
"""


class NotServedError(Exception):
    """The command ended, or did not load its project in time."""


@contextmanager
def served(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Generator[int]:
    """Serve a project on a free port; yields the port once the project is loaded.

    Args:
        command: of Python, as in `python -m ...`, without the port.
        folder: the command's working folder.
        environment: what it has beyond the variables of this process.

    Raises:
        NotServedError: it ended, or takes longer than `PATIENCE_SECONDS`.
    """
    port = _free_port()
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", *command, "--port", str(port)],
        cwd=folder,
        env=os.environ | environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        while not _is_loaded(port):
            if process.poll() is not None or time.perf_counter() - begun > PATIENCE_SECONDS:
                raise NotServedError(f"{' '.join(command)} does not serve its project")
            time.sleep(POLL_SECONDS)
        yield port
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=ENDING_SECONDS)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def run_command(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> None:
    """Run a command of Python to its end, and say nothing.

    Raises:
        subprocess.CalledProcessError: it failed.
    """
    subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        env=os.environ | environment,
        check=True,
        stdout=subprocess.DEVNULL,
    )


def processor_seconds() -> float:
    """What the processes that this one has started have taken, with those that they ended."""
    taken = 0.0
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            taken += times.user + times.system + times.children_user + times.children_system
    return taken


def ask(port: int, question: str, **variables: object) -> Any:
    """The data of a GraphQL answer.

    Raises:
        OSError: nothing answers.
        ValueError: the answer is an error.
    """
    body = json.dumps({"query": question, "variables": variables}).encode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/graphql", body, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        found = json.load(answer)
    if found.get("errors"):
        raise ValueError(found["errors"][0]["message"])
    return found["data"]


def _is_loaded(port: int) -> bool:
    """Whether the server knows what the project holds."""
    with suppress(OSError, ValueError):
        entries = ask(port, LOADED)["workspaceOrError"]["locationEntries"]
        kinds = [(entry["locationOrLoadError"] or {}).get("__typename") for entry in entries]
        return bool(kinds) and all(kind == "RepositoryLocation" for kind in kinds)
    return False


def _free_port() -> int:
    """A port of this machine that nothing listens on."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])
