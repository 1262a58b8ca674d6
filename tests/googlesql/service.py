"""Runs the WebAssembly module of the `zetasql` package and sends it protobuf messages.

The package's own client compiles 28 MB of WebAssembly at each start (15 s, 1 GB). Here the compiled
module is kept in the user's cache folder and mapped from there: 0.1 s and about 100 MB.
"""

import ctypes
import hashlib
import os
import platform
import re
import tempfile
import weakref
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

import wasmtime
from google.protobuf import empty_pb2
from google.protobuf.message import Message
from zetasql.core.wasm_client import get_tzinfo_dir
from zetasql.wasi import get_wasm_path

try:
    # Deeply nested trees (25 chained `||` and more) pass protobuf's default depth of 100.
    from google._upb._message import SetAllowOversizeProtos
except ImportError:  # protobuf without upb has no such limit to lift
    pass
else:
    SetAllowOversizeProtos(True)

Reply = TypeVar("Reply", bound=Message)

STACK_BYTES = 2 * 2**20  # wasmtime aborts the process above 2 MiB


class GoogleSqlError(Exception):
    """What Google's analyser or reference implementation objects to.

    `line` and `column` count from 1 in the text that was sent; None where it names no place.
    """

    def __init__(self, message: str) -> None:
        self.line: int | None = None
        self.column: int | None = None
        if place := re.search(r" \[at (\d+):(\d+)\]", message):
            self.line, self.column = int(place[1]), int(place[2])
            message = message[: place.start()] + message[place.end() :]
        super().__init__(re.sub(r"^Code: \d+, Message: ", "", re.sub(r"\s*\n\s*", "; ", message)))


class GoogleSqlCrashError(GoogleSqlError):
    """The module trapped. A fresh instance has taken its place; registrations are lost."""


class Service:
    """One instance of the module. Not for use by several threads at once.

    `generation` grows with each restart: what was registered with an earlier one is gone.
    """

    def __init__(self) -> None:
        self.generation = 0
        self._start()

    def _start(self) -> None:
        self.generation += 1
        engine, module = _compiled()
        self._store = wasmtime.Store(engine)
        wasi = wasmtime.WasiConfig()
        zones = get_tzinfo_dir()
        if zones is None:
            raise RuntimeError("the tzdata package is missing: pip install tzdata")
        # A failed check of the module says why on its standard error before it traps.
        self._complaints = Path(tempfile.mkstemp(prefix="googlesql-")[1])
        weakref.finalize(self._store, self._complaints.unlink, missing_ok=True)
        wasi.stderr_file = str(self._complaints)
        wasi.preopen_dir(zones, "/usr/share/zoneinfo")
        self._store.set_wasi(wasi)
        linker = wasmtime.Linker(engine)
        linker.define_wasi()
        self._exports = linker.instantiate(self._store, module).exports(self._store)
        self._exports["_initialize"](self._store)

    def call(self, method: str, request: Message, reply: type[Reply]) -> Reply:
        """Send `request` to a method of ZetaSqlLocalService.

        Raises:
            GoogleSqlError: the service's objection.
            GoogleSqlCrashError: the module trapped (out of stack, a bug of its own).
        """
        try:
            return reply.FromString(self._call(method, request.SerializeToString()))
        except (wasmtime.Trap, wasmtime.WasmtimeError) as error:
            written = self._complaints.read_text(errors="replace")
            why = re.search(r"Check failed: (.*)", written)
            self._start()
            reason = why[1] if why else str(error).splitlines()[-1].strip()
            raise GoogleSqlCrashError(f"{method} crashed: {reason}") from error

    def tell(self, method: str, request: Message) -> None:
        """Send `request` to a method that answers nothing."""
        self.call(method, request, empty_pb2.Empty)

    def _call(self, method: str, data: bytes) -> bytes:
        store, exports = self._store, self._exports
        request = exports["wasm_malloc"](store, max(len(data), 1))
        size = exports["wasm_malloc"](store, 4)
        try:
            ctypes.memmove(self._base() + request, data, len(data))
            answer = exports[f"ZetaSqlLocalService_{method}"](store, request, len(data), size)
            if not answer:
                length = exports["wasm_get_last_error_size"](store)
                place = exports["wasm_get_last_error"](store)
                text = ctypes.string_at(self._base() + place, length)
                raise GoogleSqlError(text.decode("utf-8", "replace"))
            length = int.from_bytes(ctypes.string_at(self._base() + size, 4), "little")
            content = ctypes.string_at(self._base() + answer, length)
            exports["wasm_free"](store, answer)
            return content
        finally:
            exports["wasm_free"](store, request)
            exports["wasm_free"](store, size)

    def _base(self) -> int:
        # Asked for anew each time: the memory moves when it grows.
        memory = self._exports["memory"]
        pointer = (
            memory.data_ptr()
            if isinstance(memory, wasmtime.SharedMemory)
            else memory.data_ptr(self._store)
        )
        return ctypes.addressof(pointer.contents)


@cache
def service() -> Service:
    """The process's instance."""
    return Service()


@cache
def _compiled() -> tuple[wasmtime.Engine, wasmtime.Module]:
    config = wasmtime.Config()
    config.shared_memory = True
    config.max_wasm_stack = STACK_BYTES
    engine = wasmtime.Engine(config)
    path = cache_folder() / "zetasql.cwasm"
    if path.is_file():
        try:
            return engine, wasmtime.Module.deserialize_file(engine, str(path))
        except wasmtime.WasmtimeError:
            path.unlink(missing_ok=True)  # another wasmtime or another processor wrote it
    module = wasmtime.Module.from_file(engine, str(get_wasm_path()))
    write_whole(path, module.serialize())
    return engine, module


@cache
def cache_folder() -> Path:
    """The folder in the user's cache for this machine and these versions."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    versions = f"zetasql-{version('zetasql')}-wasmtime-{version('wasmtime')}"
    processor = hashlib.sha256(_processor().encode()).hexdigest()[:8]
    folder = base / "eros-googlesql" / f"{versions}-{platform.machine()}-{processor}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _processor() -> str:
    # Compiled code uses what the processor offers: a home folder shared by two kinds needs two.
    information = Path("/proc/cpuinfo")
    if information.is_file():
        found = re.search(r"^(?:flags|Features)\s*:.*$", information.read_text(), re.MULTILINE)
        if found:
            return found[0]
    return platform.processor()


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that other processes see all of it or nothing."""
    handle, name = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    Path(name).replace(path)
