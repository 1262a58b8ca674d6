"""Commands whose processes fork from one that has imported what they need.

An interpreter of its own imports for 3 s of CPU, and clears up for 1 s. `python forked.py SOCKET`
stands in the place of `python`: it hands its arguments, environment and streams to the process that
`forking` starts, and ends with the exit code of the fork that executes them.
"""

import json
import os
import pkgutil
import runpy
import socket
import subprocess
import sys
import traceback
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NoReturn

REPOSITORY = Path(__file__).parents[2]


@contextmanager
def forking(environment: Mapping[str, str]) -> Generator[str]:
    """Serve commands at a socket; gives what to type in the place of `python`.

    Modules that read the environment when they are imported find that of the commands.
    """
    with TemporaryDirectory() as folder:
        address = str(Path(folder) / "socket")
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(address)
            listening.listen()
            number = listening.fileno()
            server = subprocess.Popen(
                [sys.executable, "-m", "tests.docs.forked", str(number)],
                cwd=REPOSITORY,
                env=environment,
                pass_fds=[number],
            )
        try:
            yield f"{sys.executable} -S {__file__} {address}"
        finally:
            server.kill()  # it may ignore SIGTERM, as processes of a test run do
            server.wait()


def serve(listening: socket.socket) -> None:
    """Fork for each command."""
    import eros_assets
    from eros_assets.warehouse.duckdb import storage

    for module in pkgutil.walk_packages(eros_assets.__path__, "eros_assets."):
        if not module.name.endswith("__main__"):
            import_module(module.name)

    storage.THREADS = 1
    while True:
        asking, _ = listening.accept()
        asked, streams, _, _ = socket.recv_fds(asking, 1 << 20, 3)
        child = os.fork()
        if not child:
            execute(**json.loads(asked), streams=streams)
        for stream in streams:
            os.close(stream)
        _, status = os.waitpid(child, 0)
        asking.sendall(str(os.waitstatus_to_exitcode(status)).encode())
        asking.close()


def execute(words: list[str], environment: dict[str, str], streams: list[int]) -> NoReturn:
    """Do what `python -m eros_assets` does, and end the process."""
    for place, stream in enumerate(streams):
        os.dup2(stream, place)
    os.environ.clear()
    os.environ.update(environment)
    option, module, *arguments = words
    assert option == "-m"
    sys.argv = [module, *arguments]
    code: str | int | None = None
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        code = ended.code
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))


def ask(address: str, words: list[str]) -> int:
    """Have the words executed; the exit code."""
    with socket.socket(socket.AF_UNIX) as asking:
        asking.connect(address)
        asked = json.dumps({"words": words, "environment": dict(os.environ)}).encode()
        socket.send_fds(asking, [asked], [0, 1, 2])
        return int(asking.recv(16))


if __name__ == "__main__":
    if sys.argv[1].isdigit():
        serve(socket.socket(fileno=int(sys.argv[1])))
    else:
        sys.exit(ask(sys.argv[1], sys.argv[2:]))
