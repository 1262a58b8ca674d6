"""The embedded warehouse's file: one process at a time, one transaction an operation.

DuckDB lets one process have a file open. Everyone who wants it queues for a lock beside it, opens,
works in a transaction, and closes; a process that is killed leaves the last commit behind. To open
and to close takes longer than most operations: a run keeps the file open between them for as long
as nobody queues, and for a second at most.
"""

import atexit
import os
import re
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
from filelock import FileLock, Timeout

from eros_assets.errors import ErosError
from eros_assets.warehouse.duckdb.catalogue import prepare
from eros_assets.work import is_under_way, when_it_ends

LOCK_SECONDS = 600.0
KEPT_SECONDS = 1.0
"""How long a run keeps the file open after an operation when nobody else wants it."""
POLL_SECONDS = 0.02
THREADS: int | None = None
"""Of the engine in a process; None: as many as the machine has cores."""
HELD_BY = re.compile(r"lock is held in (?P<name>.+) \(PID (?P<pid>\d+)\)")
"""DuckDB's words for the process that has a file open."""
MEMORY_LIMIT = "50%"
"""Of the machine's memory, or of what its container may use."""


_exiting = threading.Event()
"""Set when the interpreter is about to go."""


class StorageError(ErosError):
    """The file can't be used; the message says which and what to do."""


@dataclass(slots=True)
class _Kept:
    """An open connection, under which memory limit, to which file, and since when it is idle."""

    connection: duckdb.DuckDBPyConnection
    memory_limit: str
    inode: int
    since: float = 0.0

    def is_of(self, file: Path, memory_limit: str) -> bool:
        """Whether it is one to this file, which may have been moved away or made again."""
        try:
            return self.memory_limit == memory_limit and self.inode == file.stat().st_ino
        except OSError:
            return False


class Storage:
    """A DuckDB file, shared by threads and processes that each use it in turn.

    Args:
        file: the file; its folder is made when it is missing.
        lock_seconds: how long to wait for others before giving up.
        memory_limit: what DuckDB may use, `4GB` or `50%`; it spills to a folder beside the file.
    """

    def __init__(
        self, file: Path, lock_seconds: float = LOCK_SECONDS, memory_limit: str = MEMORY_LIMIT
    ) -> None:
        self.file = file
        self.memory_limit = memory_limit
        self._lock_seconds = lock_seconds
        self._held = threading.local()
        self._turn = threading.Lock()  # who has it may use and change what follows
        self._lock = FileLock(f"{file}.lock", thread_local=False)
        self._kept: _Kept | None = None
        self._watch_thread: threading.Thread | None = None

    @contextmanager
    def opened(self) -> Generator[duckdb.DuckDBPyConnection]:
        """The connection; within another `opened` of the same thread, that one's.

        Raises:
            StorageError: others kept the file too long, or it can't be opened.
        """
        connection: duckdb.DuckDBPyConnection | None = getattr(self._held, "connection", None)
        if connection is not None:
            yield connection
            return
        with self._turns():
            connection = self._ready()
            self._held.connection = connection
            try:
                yield connection
            except BaseException:
                self._close()
                raise
            finally:
                self._held.connection = None
            self._keep()

    def close(self) -> None:
        """Close the file if this process keeps it open and is not using it."""
        if self._turn.acquire(blocking=False):
            try:
                self._close()
            finally:
                self._turn.release()

    def end_watch(self) -> None:
        """Wait for the thread that closes the file; the process is about to exit."""
        thread = self._watch_thread
        if thread is not None:
            thread.join()

    @contextmanager
    def transaction(self) -> Generator[duckdb.DuckDBPyConnection]:
        """The connection in a transaction: committed at the end, rolled back on an error."""
        with self.opened() as connection:
            connection.execute("BEGIN TRANSACTION")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                _roll_back(connection)
                raise

    @contextmanager
    def _turns(self) -> Generator[None]:
        if not self._turn.acquire(timeout=self._lock_seconds):
            raise self._busy("another thread")
        try:
            yield
        finally:
            self._turn.release()

    def _ready(self) -> duckdb.DuckDBPyConnection:
        """The connection that was kept, or a new one."""
        if self._kept is not None and self._kept.is_of(self.file, self.memory_limit):
            return self._kept.connection
        self._close()
        self._acquire()
        try:
            connection = self._connect()
            self._kept = _Kept(connection, self.memory_limit, self.file.stat().st_ino)
        except BaseException:
            self._lock.release()
            raise
        return connection

    def _acquire(self) -> None:
        """Get the lock on the file; whoever waits for it holds the queue's lock meanwhile."""
        latest = time.monotonic() + self._lock_seconds
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            with self._queue(self._lock_seconds):
                left = max(latest - time.monotonic(), 0.0)
                self._lock.acquire(timeout=left, poll_interval=POLL_SECONDS)
        except Timeout:
            raise self._busy("another process") from None
        except OSError as error:
            raise StorageError(
                f"{self.file}: can't be locked: {error}. Set EROS_HOME to a folder that this "
                "process may write to"
            ) from None

    def _queue(self, seconds: float) -> FileLock:
        return FileLock(f"{self.file}.queue", timeout=seconds)

    def _busy(self, by: str) -> StorageError:
        return StorageError(
            f"{self.file}: in use by {by} for {self._lock_seconds:.0f} s; "
            "wait for it to end, or end it, and try again"
        )

    def _is_wanted(self) -> bool:
        """Whether another process queues; also when the folder of the locks is gone."""
        try:
            with self._queue(0.0):
                return False
        except (Timeout, OSError):
            return True

    def _keep(self) -> None:
        """Leave the file open until somebody wants it, or for a while; without a run, close it."""
        if self._kept is None or _exiting.is_set() or not is_under_way() or self._is_wanted():
            self._close()
            return
        self._kept.since = time.monotonic()
        if self._watch_thread is None:
            thread = threading.Thread(target=self._watch, name="eros-warehouse", daemon=True)
            self._watch_thread = thread
            thread.start()

    def _watch(self) -> None:
        while not _exiting.wait(POLL_SECONDS):
            if not self._turn.acquire(blocking=False):
                continue
            try:
                if self._kept is not None:
                    idle = time.monotonic() - self._kept.since
                    if idle < KEPT_SECONDS and not self._is_wanted():
                        continue
                    self._close()
                self._watch_thread = None
                return
            finally:
                self._turn.release()

    def _close(self) -> None:
        kept, self._kept = self._kept, None
        if kept is not None:
            try:
                kept.connection.close()
            finally:
                self._lock.release()

    def _connect(self) -> duckdb.DuckDBPyConnection:
        try:
            connection = duckdb.connect(
                str(self.file),
                config={
                    "memory_limit": self.memory_limit,
                    "temp_directory": f"{self.file}.spill",
                    **({"threads": str(THREADS)} if THREADS else {}),
                    "autoinstall_known_extensions": "false",
                    "enable_external_access": "true",
                    # LN(0), SQRT(-1) and their like are errors, as they are to BigQuery.
                    "ieee_floating_point_ops": "false",
                },
            )
        except duckdb.Error as error:
            raise StorageError(f"{self.file}: {_why_unopened(error)}") from None
        try:
            connection.execute("SET TimeZone = 'UTC'")
            prepare(connection)
        except BaseException:
            connection.close()
            raise
        return connection


def _why_unopened(error: duckdb.Error) -> str:
    """Why a file could not be opened, and what to do.

    Processes of EROS take turns by the lock beside the file; who has it open all the same is
    another program, such as a notebook.
    """
    text = _first_line(error)
    if holder := HELD_BY.search(text):
        return (
            f"another process (pid {holder['pid']}, {holder['name']}) has the file open; close it "
            "there, or end that process (in a notebook: shut its kernel down), and try again"
        )
    if "lock on file" in text:
        return (
            "another process has the file open; close it there, or end that process, and try again"
        )
    return (
        f"can't be opened: {text}. If the file is damaged, move it away and load the inputs again"
    )


def _roll_back(connection: duckdb.DuckDBPyConnection) -> None:
    try:
        connection.execute("ROLLBACK")
    except duckdb.Error:
        return  # the failed statement has ended the transaction already


def _first_line(error: BaseException) -> str:
    return str(error).strip().split("\n", 1)[0]


_storages: dict[Path, Storage] = {}
_storages_lock = threading.Lock()


def storage_of(file: Path, memory_limit: str | None = None) -> Storage:
    """The process's one Storage of a file, so that its handles share an open connection.

    A memory limit is that of the next connection.
    """
    with _storages_lock:
        storage = _storages.setdefault(file, Storage(file))
        if memory_limit is not None:
            storage.memory_limit = memory_limit
        return storage


def _close_files() -> None:
    """Close what the process keeps open and does not use."""
    with _storages_lock:
        storages = list(_storages.values())
    for storage in storages:
        storage.close()


def _end_watches() -> None:
    """Let no thread be inside DuckDB when the interpreter goes: the process would be aborted."""
    _exiting.set()
    with _storages_lock:
        storages = list(_storages.values())
    for storage in storages:
        storage.end_watch()
        storage.close()


when_it_ends(_close_files)
atexit.register(_end_watches)
os.register_at_fork(before=_close_files)
