"""Operations: atomic, logged, one at a time, whoever runs them and however they end."""

import datetime as dt
import multiprocessing
import shutil
import subprocess
import sys
import textwrap
import threading
import time
from dataclasses import replace
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from eros_assets.warehouse import open_warehouse
from eros_assets.warehouse.duckdb import catalogue
from eros_assets.warehouse.duckdb.engine import DuckDBWarehouse
from eros_assets.warehouse.duckdb.storage import Storage, StorageError, storage_of
from eros_assets.warehouse.protocol import WarehouseError
from eros_assets.warehouse.sql.library import load_library
from eros_assets.work import work_of_many_operations
from tests.warehouse.duckdb.embedded import SONGS, deployed, settings_in

EVER = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
COUNT = "SELECT COUNT(*) AS n FROM `${dataset}.songs`"
INSERT = "INSERT INTO `${dataset}.songs` (song_id) VALUES (1)"


def count(warehouse: DuckDBWarehouse) -> int:
    return int(warehouse.query(COUNT)["n"][0])


class TestJobLog:
    """One row per operation, also when it failed."""

    def test_tells_what_was_done(self, songs: DuckDBWarehouse) -> None:
        handle = songs.labelled(asset="songs", week="2025-W45")
        job = handle.run(INSERT)
        (logged,) = [j for j in handle.jobs(EVER) if j.job_id == job.job_id]
        assert logged == replace(job, execution_seconds=None)  # the log doesn't keep it
        assert (job.kind, job.rows, job.error) == ("run", 1, None)
        assert dict(job.labels) == {"asset": "songs", "week": "2025-W45"}
        assert job.duration_seconds > 0

    def test_does_not_count_waiting_as_execution(self, songs: DuckDBWarehouse) -> None:
        held, done = threading.Event(), threading.Event()

        def hold() -> None:
            with songs.session():
                held.set()
                done.wait()

        holding = threading.Thread(target=hold)
        holding.start()
        held.wait()
        threading.Timer(0.5, done.set).start()
        begun = time.perf_counter()
        job = songs.run(INSERT)
        holding.join()
        assert job.execution_seconds is not None
        assert 0 < job.execution_seconds <= job.duration_seconds
        assert job.duration_seconds >= 0.4
        assert job.duration_seconds - job.execution_seconds >= 0.3
        assert time.perf_counter() - begun >= job.duration_seconds

    def test_counts_the_bytes_of_the_columns_read(self, songs: DuckDBWarehouse) -> None:
        rows = pd.DataFrame({"song_id": range(5000), "band": [f"band {n}" for n in range(5000)]})
        songs.load("songs", rows)
        songs.query("SELECT SUM(s.song_id) AS v FROM `${dataset}.songs` AS s")
        one = songs.ledger[-1].bytes_processed
        songs.query("SELECT SUM(s.song_id) AS v, MAX(s.band) AS w FROM `${dataset}.songs` AS s")
        two = songs.ledger[-1].bytes_processed
        assert one == pytest.approx(5000 * 8, rel=0.05)
        assert two == pytest.approx(5000 * (8 + 16), rel=0.05)

    def test_has_failures_too(self, songs: DuckDBWarehouse) -> None:
        with pytest.raises(WarehouseError) as raised:
            songs.run(f"{INSERT}; SELECT DIV(1, 0) AS v;")
        assert raised.value.job == songs.ledger[-1]
        last = songs.jobs(EVER)[-1]
        assert last.job_id == songs.ledger[-1].job_id
        assert last.error is not None
        assert count(songs) == 0

    def test_begins_where_it_is_asked_to(self, songs: DuckDBWarehouse) -> None:
        first, second = songs.run(INSERT), songs.run(INSERT)
        ids = [job.job_id for job in songs.jobs(second.started_at)]
        assert second.job_id in ids
        assert first.job_id not in ids
        with pytest.raises(WarehouseError, match="no time zone"):
            songs.jobs(dt.datetime(2024, 1, 1))  # noqa: DTZ001

    def test_forgets_the_oldest(
        self, songs: DuckDBWarehouse, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(catalogue, "KEPT_JOBS", 5)
        monkeypatch.setattr(catalogue, "_SPARE_JOBS", 3)
        with songs.session():
            for _ in range(20):
                songs.query("SELECT 1 AS a")
        assert 5 <= len(songs.jobs(EVER)) <= 8
        assert songs.jobs(EVER)[-1].job_id == songs.ledger[-1].job_id

    def test_handles_have_ledgers_of_their_own(self, songs: DuckDBWarehouse) -> None:
        handle = songs.labelled(run="r1")
        before = len(songs.ledger)
        handle.query("SELECT 1 AS a")
        assert [job.kind for job in handle.ledger] == ["query"]
        assert len(songs.ledger) == before
        both = handle.labelled(week="w")
        both.query("SELECT 1 AS a")
        assert dict(both.ledger[0].labels) == {"run": "r1", "week": "w"}


class TestQueries:
    """A query is one SELECT."""

    @pytest.mark.parametrize("text", ["SELECT 1 AS a; SELECT 2 AS a", INSERT, "SET v_a = 1", ""])
    def test_anything_else_is_refused(self, songs: DuckDBWarehouse, text: str) -> None:
        with pytest.raises(WarehouseError):
            songs.query(text)
        assert count(songs) == 0

    def test_two_columns_of_one_name_are_refused(self, songs: DuckDBWarehouse) -> None:
        with pytest.raises(WarehouseError, match="two columns"):
            songs.query("SELECT 1 AS a, 2 AS a")

    def test_a_sum_beyond_int64_is_an_error(self, songs: DuckDBWarehouse) -> None:
        with pytest.raises(WarehouseError):
            songs.query("SELECT SUM(x) AS v FROM UNNEST([9223372036854775807, 1]) AS x")


class TestFreshness:
    """When a table last changed."""

    def test_follows_changes_and_only_them(self, songs: DuckDBWarehouse) -> None:
        seen = [songs.freshness("songs")]
        for script in (INSERT, "DELETE FROM `${dataset}.songs` WHERE song_id = 99", COUNT):
            songs.run(script)
            seen.append(songs.freshness("songs"))
        made, filled, unchanged, counted = [f.last_modified for f in seen if f is not None]
        assert made < filled == unchanged == counted
        assert seen[-1] is not None
        assert seen[-1].row_count == 1

    def test_of_nothing_is_none(self, songs: DuckDBWarehouse) -> None:
        assert songs.freshness("lost") is None

    @pytest.mark.parametrize("others", [(), ("lost",)], ids=["all there", "one missing"])
    def test_of_several_is_that_of_each(
        self, songs: DuckDBWarehouse, others: tuple[str, ...]
    ) -> None:
        songs.run(INSERT)
        asked = ["songs", *others, "songs"]
        assert songs.freshness_of(asked) == [songs.freshness(table) for table in asked]
        assert songs.freshness("songs") is not None
        assert songs.freshness_of([]) == []

    def test_that_can_t_be_told_is_an_error(self, tmp_path: Path) -> None:
        settings = settings_in(tmp_path)
        settings.warehouse_file.write_text("no database")
        with pytest.raises(WarehouseError, match=r"warehouse\.duckdb: can't be opened"):
            DuckDBWarehouse(settings).freshness("songs")


class TestSomeRows:
    """What is in a table, for people."""

    def test_are_the_first_and_no_job(self, songs: DuckDBWarehouse) -> None:
        songs.run("INSERT INTO `${dataset}.songs` (song_id) VALUES (3), (1), (2)")
        jobs = len(songs.ledger)
        found = songs.some_rows("songs", 2)
        assert found["song_id"].tolist() == [3, 1]
        assert str(found["song_id"].dtype) == "Int64"
        assert len(songs.ledger) == jobs
        assert len(songs.some_rows("songs", 5)) == 3

    def test_of_no_table_are_an_error(self, songs: DuckDBWarehouse) -> None:
        with pytest.raises(WarehouseError, match=r"rows of lost: the table is not deployed"):
            songs.some_rows("lost", 5)


class TestAddedRows:
    """Rows that join those that are there."""

    def test_join_the_others(self, songs: DuckDBWarehouse) -> None:
        songs.run(INSERT)
        before = songs.freshness("songs")
        job = songs.add("songs", pd.DataFrame({"song_id": [2, 3]}))
        assert (job.kind, job.statement, job.rows) == ("load", "songs", 2)
        assert songs.some_rows("songs", 9)["song_id"].tolist() == [1, 2, 3]
        after = songs.freshness("songs")
        assert before is not None
        assert after is not None
        assert after.last_modified > before.last_modified

    def test_that_are_wrong_leave_the_table_as_it_was(self, songs: DuckDBWarehouse) -> None:
        songs.run(INSERT)
        for table, rows in (("songs", {"singer": ["x"]}), ("lost", {"song_id": [1]})):
            with pytest.raises(WarehouseError, match=f"load into {table}"):
                songs.add(table, pd.DataFrame(rows))
        assert count(songs) == 1


class TestDataVersions:
    """Whether rows and definitions are as they were."""

    def test_of_a_table_follows_its_rows_alone(self, songs: DuckDBWarehouse) -> None:
        def version() -> str:
            versions = songs.data_versions(["songs"])
            assert versions is not None
            return versions["songs"]

        empty = version()
        songs.run(INSERT)
        filled = version()
        songs.run("UPDATE `${dataset}.songs` SET song_id = song_id WHERE TRUE")
        assert version() == filled != empty
        songs.run(INSERT)
        assert version() not in (empty, filled)  # equal rows don't take one another out
        songs.run("DELETE FROM `${dataset}.songs` WHERE TRUE")
        assert version() == empty

    def test_without_the_table_there_is_none(self, songs: DuckDBWarehouse, tmp_path: Path) -> None:
        assert songs.data_versions(["songs", "lost"]) is None
        assert DuckDBWarehouse(settings_in(tmp_path / "new")).data_versions(["songs"]) is None


def in_another_process(home: Path, code: str) -> subprocess.Popen[str]:
    """Python with a warehouse `w` on the file in `home`."""
    begin = f"""
        import os, sys, time
        from pathlib import Path
        from eros_assets.warehouse.duckdb.engine import DuckDBWarehouse
        from tests.warehouse.duckdb.embedded import settings_in
        w = DuckDBWarehouse(settings_in(Path({str(home)!r})))
    """
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(begin) + textwrap.dedent(code)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).resolve().parents[3],
    )


class TestSharing:
    """Threads and processes take turns."""

    def test_processes_lose_nothing(self, songs: DuckDBWarehouse, tmp_path: Path) -> None:
        code = f"for _ in range(10): w.run({INSERT!r})"
        others = [in_another_process(tmp_path, code) for _ in range(2)]
        for _ in range(10):
            songs.run(INSERT)
        assert [other.wait(timeout=120) for other in others] == [0, 0]
        assert count(songs) == 30

    def test_threads_lose_nothing(self, songs: DuckDBWarehouse) -> None:
        def insert() -> None:
            for _ in range(5):
                songs.run(INSERT)

        threads = [threading.Thread(target=insert) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert count(songs) == 15

    def test_a_process_that_ends_while_the_file_is_being_closed_ends_well(
        self, songs: DuckDBWarehouse, tmp_path: Path
    ) -> None:
        """A thread inside the engine when the interpreter goes would abort the process.

        One process imports what the six that end need.
        """
        code = f"""
            from eros_assets.warehouse.duckdb import storage
            from eros_assets.work import work_of_many_operations
            storage.KEPT_SECONDS, storage.POLL_SECONDS = 0.0, 0.001
            for step in range(6):
                if ending := os.fork():
                    code = os.waitstatus_to_exitcode(os.waitpid(ending, 0)[1])
                    if code:
                        sys.exit(f"the process of step {{step}} ended with {{code}}")
                    continue
                storage._storages.clear()  # a lock is of the process that made it
                w = DuckDBWarehouse(settings_in(Path({str(tmp_path)!r})))
                with work_of_many_operations():
                    w.run("INSERT INTO `${{dataset}}.songs` (song_id) "
                        "SELECT x FROM UNNEST(GENERATE_ARRAY(1, 400000)) AS x")
                    time.sleep(0.002 * step)
                    sys.exit(0)
        """
        assert in_another_process(tmp_path, code).wait(timeout=120) == 0
        assert count(songs) == 6 * 400_000

    def test_a_killed_process_leaves_the_last_commit(
        self, songs: DuckDBWarehouse, tmp_path: Path
    ) -> None:
        code = f"""
            w.run({INSERT!r})
            with w._operations.storage.transaction() as connection:
                connection.execute("INSERT INTO eros_scheduling_brain.songs (song_id) VALUES (2)")
                print("written", flush=True)
                time.sleep(600)
        """
        other = in_another_process(tmp_path, code)
        assert other.stdout is not None
        assert other.stdout.readline() == "written\n"
        other.kill()
        other.wait(timeout=30)
        assert count(songs) == 1

    def test_waiting_for_others_ends(self, tmp_path: Path) -> None:
        file = tmp_path / "warehouse.duckdb"
        messages: list[str] = []

        def wait() -> None:
            with pytest.raises(StorageError) as raised, Storage(file, 0.2).opened():
                pass
            messages.append(str(raised.value))

        with Storage(file).opened():
            thread = threading.Thread(target=wait)
            thread.start()
            thread.join()
        assert messages
        assert "in use by another process" in messages[0]

    def test_a_session_keeps_each_operation_atomic(self, songs: DuckDBWarehouse) -> None:
        with songs.session() as session:
            session.run(INSERT)
            with pytest.raises(WarehouseError):
                session.run(f"{INSERT}; SELECT DIV(1, 0) AS v")
            assert count(session.labelled(run="r")) == 1
        assert count(songs) == 1


def test_a_folder_that_can_t_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file")
    with pytest.raises(WarehouseError, match="EROS_HOME"):
        DuckDBWarehouse(settings_in(tmp_path / "home")).query("SELECT 1 AS a")


@pytest.mark.parametrize("name", ["warehouse", "main", "googlesql", "eros_catalog"])
def test_names_that_the_engine_needs_are_no_datasets(tmp_path: Path, name: str) -> None:
    settings = settings_in(tmp_path).model_copy(update={"dataset": name})
    with pytest.raises(WarehouseError, match="needs that name itself"):
        DuckDBWarehouse(settings)


def test_open_warehouse_gives_the_engine_of_the_settings(tmp_path: Path) -> None:
    deployed(tmp_path, {"tables/songs": SONGS})
    warehouse = open_warehouse(settings_in(tmp_path), load_library())
    assert isinstance(warehouse, DuckDBWarehouse)
    assert count(warehouse) == 0


@pytest.mark.parametrize(
    ("imported", "absent"),
    [
        ("eros_assets.warehouse", "duckdb sqlglot google.cloud"),
        ("eros_assets.warehouse.sql.library", "duckdb sqlglot google.cloud"),
    ],
)
def test_doors_import_no_engine(imported: str, absent: str) -> None:
    names = absent.split()
    code = f"import sys, {imported}; print([n for n in {names} if n in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


class TestProbe:
    """What is needed before anything runs."""

    def test_a_file_that_is_not_there_is_not_made(self, tmp_path: Path) -> None:
        settings = settings_in(tmp_path / "home")
        probes = DuckDBWarehouse(settings).probe(["songs"])
        assert [p.subject for p in probes if p.holds] == ["credentials", "dataset"]
        assert "is made by the first run" in probes[1].found
        assert not settings.home.exists()

    def test_says_how_much_is_there(self, songs: DuckDBWarehouse) -> None:
        probe = songs.probe(["songs", "lost"])[1]
        assert probe.holds
        assert "1 of 2 tables" in probe.found

    def test_a_file_that_can_t_be_used_is_a_finding(self, tmp_path: Path) -> None:
        settings = settings_in(tmp_path)
        settings.warehouse_file.write_text("no database")
        probe = DuckDBWarehouse(settings).probe([])[1]
        assert not probe.holds
        assert "can't be opened" in probe.found


class TestMemory:
    """The engine uses no more than it may; what can't be done with that says what to set."""

    DIGESTS = """
        SELECT LENGTH(STRING_AGG(TO_HEX(SHA256(CAST(n AS STRING))), '')) AS length
        FROM UNNEST(GENERATE_ARRAY(1, 1500000)) AS n
    """

    def test_the_limit_is_the_settings(self, tmp_path: Path) -> None:
        limited = settings_in(tmp_path).model_copy(update={"memory_limit": "300MB"})
        with DuckDBWarehouse(limited).session(), storage_of(limited.warehouse_file).opened() as own:
            told = own.execute("SELECT current_setting('memory_limit')").fetchall()
        assert told == [("286.1 MiB",)]

    def test_running_out_names_the_setting(self, tmp_path: Path) -> None:
        limited = settings_in(tmp_path).model_copy(update={"memory_limit": "60MB"})
        with pytest.raises(WarehouseError, match=r"Set EROS_MEMORY_LIMIT higher .* EROS_HOME"):
            DuckDBWarehouse(limited).query(self.DIGESTS)


class TestStayingOpen:
    """Work of many operations opens the file once, and gives it to whoever queues for it."""

    @pytest.fixture(autouse=True)
    def work(self) -> None:
        """Each test does its own."""

    @pytest.fixture
    def storage(self, songs: DuckDBWarehouse, tmp_path: Path) -> Storage:
        return storage_of(settings_in(tmp_path).warehouse_file)

    @pytest.fixture
    def openings(self, storage: Storage, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        found: list[str] = []
        connect = storage._connect

        def noted() -> duckdb.DuckDBPyConnection:
            found.append("opened")
            return connect()

        monkeypatch.setattr(storage, "_connect", noted)
        return found

    def test_the_file_is_opened_once_and_closed_at_the_end(
        self, songs: DuckDBWarehouse, openings: list[str], storage: Storage
    ) -> None:
        with work_of_many_operations():
            for _ in range(4):
                with work_of_many_operations():  # such as a command's run
                    songs.run(INSERT)
            assert openings == ["opened"]
        with duckdb.connect(str(storage.file)) as others:
            assert others.execute(
                "SELECT COUNT(*) FROM eros_scheduling_brain.songs"
            ).fetchall() == [(4,)]
        songs.run(INSERT)
        songs.run(INSERT)
        assert len(openings) == 3

    def test_a_process_that_queues_gets_the_file_from_one_that_is_idle(
        self, songs: DuckDBWarehouse, storage: Storage, tmp_path: Path
    ) -> None:
        with work_of_many_operations(), pytest.MonkeyPatch.context() as patch:
            patch.setattr("eros_assets.warehouse.duckdb.storage.KEPT_SECONDS", 3600.0)
            songs.run(INSERT)
            assert storage._kept is not None
            other = in_another_process(tmp_path, f"w.run({INSERT!r})")
            assert other.wait(timeout=300) == 0
            assert count(songs) == 2

    def test_a_process_that_queues_gets_the_file_from_one_that_is_busy(
        self, songs: DuckDBWarehouse, tmp_path: Path
    ) -> None:
        own = 0
        with work_of_many_operations():
            other = in_another_process(tmp_path, f"for _ in range(5): w.run({INSERT!r})")
            while other.poll() is None:
                songs.run(INSERT)
                own += 1
        assert other.returncode == 0
        assert count(songs) == own + 5

    def test_an_idle_file_is_closed(
        self, songs: DuckDBWarehouse, storage: Storage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("eros_assets.warehouse.duckdb.storage.KEPT_SECONDS", 0.01)
        latest = time.monotonic() + 300
        with work_of_many_operations():
            songs.run(INSERT)
            while storage._kept is not None and time.monotonic() < latest:
                time.sleep(0.01)
            assert storage._kept is None

    def test_a_failure_closes_it(self, songs: DuckDBWarehouse, storage: Storage) -> None:
        with work_of_many_operations():
            with pytest.raises(WarehouseError):
                songs.run("SELECT DIV(1, 0) AS v")
            assert storage._kept is None
            songs.run(INSERT)
            assert storage._kept is not None

    def test_a_file_that_was_made_again_is_opened_again(
        self, songs: DuckDBWarehouse, storage: Storage
    ) -> None:
        with work_of_many_operations():
            songs.run(INSERT)
            storage.close()
            shutil.copy(storage.file, storage.file.with_suffix(".copy"))
            songs.run(INSERT)
            storage.file.with_suffix(".copy").rename(storage.file)
            Path(f"{storage.file}.wal").unlink(missing_ok=True)
            assert count(songs) == 1

    def test_a_process_that_forks_has_closed_it(
        self, songs: DuckDBWarehouse, storage: Storage
    ) -> None:
        with work_of_many_operations():
            songs.run(INSERT)
            process = multiprocessing.get_context("fork").Process(target=str)
            process.start()
            assert storage._kept is None
            process.join()
