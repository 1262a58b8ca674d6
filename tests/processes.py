"""Processes that tests start with children of their own."""

import os
import signal
import subprocess
from contextlib import suppress


def end_group(leader: subprocess.Popen[bytes], patience: float = 10) -> None:
    """End a process and all that it started: asked first, and after `patience` seconds told."""
    os.killpg(leader.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        leader.wait(timeout=patience)
    with suppress(ProcessLookupError):
        os.killpg(leader.pid, signal.SIGKILL)
    leader.wait(timeout=10)
