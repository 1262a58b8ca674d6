"""The embedded warehouse's file: one process at a time, one transaction an operation.

DuckDB lets one process have a file open. Everyone who wants it waits for a lock beside it, opens,
works in a transaction, and closes; a process that is killed leaves the last commit behind.
"""

import re
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import duckdb
from filelock import FileLock, Timeout

from eros_assets.errors import ErosError
from eros_assets.warehouse.duckdb.catalogue import prepare

LOCK_SECONDS = 600.0
HELD_BY = re.compile(r"lock is held in (?P<name>.+) \(PID (?P<pid>\d+)\)")
"""DuckDB's words for the process that has a file open."""
MEMORY_LIMIT = "50%"
"""Of the machine's memory, or of what its container may use."""


class StorageError(ErosError):
    """The file can't be used; the message says which and what to do."""


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
        with self._locked():
            connection = self._connect()
            self._held.connection = connection
            try:
                yield connection
            finally:
                self._held.connection = None
                connection.close()

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
    def _locked(self) -> Generator[None]:
        lock = FileLock(f"{self.file}.lock", timeout=self._lock_seconds)
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            lock.acquire()
        except Timeout:
            raise StorageError(
                f"{self.file}: in use by another process for {self._lock_seconds:.0f} s; "
                "wait for it to end, or end it, and try again"
            ) from None
        except OSError as error:
            raise StorageError(
                f"{self.file}: can't be locked: {error}. Set EROS_HOME to a folder that this "
                "process may write to"
            ) from None
        try:
            yield
        finally:
            lock.release()

    def _connect(self) -> duckdb.DuckDBPyConnection:
        try:
            connection = duckdb.connect(
                str(self.file),
                config={
                    "memory_limit": self.memory_limit,
                    "temp_directory": f"{self.file}.spill",
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
