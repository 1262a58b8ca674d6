"""Objects of `sql/` in the embedded warehouse: made, remade, kept, put back."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from eros_assets.warehouse.duckdb.engine import DuckDBWarehouse
from eros_assets.warehouse.duckdb.storage import storage_of
from eros_assets.warehouse.duckdb.translation import Translator
from eros_assets.warehouse.protocol import Typed, WarehouseError
from eros_assets.warehouse.sql.library import load_library
from eros_assets.warehouse.sql.syntax import Sql
from tests.warehouse.duckdb.embedded import SONGS, deployed, settings_in, write_sql

LABEL = """
CREATE OR REPLACE FUNCTION `${dataset}.spread`(low FLOAT64, high FLOAT64)
RETURNS STRUCT<width FLOAT64, middle FLOAT64>
AS (
  (SELECT STRUCT(b - a AS width, half AS middle)
   FROM (SELECT low AS a, high AS b, (low + high) * 0.5 AS half))
);
"""
BEST = """
CREATE OR REPLACE TABLE FUNCTION `${dataset}.best`(p_band STRING, p_from DATE, p_n INT64)
AS (
  SELECT s.band, COUNT(*) AS songs, SAFE_DIVIDE(COUNT(*), p_n) AS share
  FROM `${dataset}.songs` AS s
  WHERE (p_band IS NULL OR s.band = p_band) AND s.released >= DATE_SUB(p_from, INTERVAL p_n DAY)
  GROUP BY s.band
);
"""
LIVE = "CREATE OR REPLACE VIEW `${dataset}.live` AS SELECT s.band FROM `${dataset}.songs` AS s;"
FILL = """
INSERT INTO `${dataset}.songs` (song_id, band, released)
VALUES (1, 'a', DATE '2024-01-01'), (2, 'a', DATE '2024-01-05'), (3, 'b', DATE '2024-01-09')
"""


@pytest.fixture
def full(tmp_path: Path) -> DuckDBWarehouse:
    files = {
        "tables/songs": SONGS,
        "functions/spread": LABEL,
        "table_functions/best": BEST,
        "views/live": LIVE,
    }
    warehouse = deployed(tmp_path, files)
    warehouse.run(FILL)
    return warehouse


ADD_SONG = """
CREATE OR REPLACE PROCEDURE `${dataset}.add_song`(IN p_band STRING, IN p_songs INT64)
BEGIN
  DECLARE v_next INT64;
  SET v_next = (SELECT COALESCE(MAX(s.song_id), 0) + 1 FROM `${dataset}.songs` AS s);
  CREATE OR REPLACE TEMP TABLE new_songs AS SELECT v_next + n AS song_id, p_band AS band
  FROM UNNEST(GENERATE_ARRAY(1, p_songs)) AS n;
  IF p_songs > 0 THEN
    INSERT INTO `${dataset}.songs` (song_id, band) SELECT n.song_id, n.band FROM new_songs AS n;
  END IF;
END;
"""


def test_a_call_runs_what_was_translated_when_its_procedure_was_deployed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse = deployed(tmp_path, {"tables/songs": SONGS, "procedures/add_song": ADD_SONG})

    def translated_again(self: Translator, sql: Sql, *_: object) -> None:
        raise AssertionError(sql.first_line)

    with monkeypatch.context() as patched:
        patched.setattr(Translator, "_statement", translated_again)
        warehouse.call("add_song", {"p_band": Typed("a", "STRING"), "p_songs": Typed(2, "INT64")})
    rows = warehouse.query("SELECT s.song_id, s.band FROM `${dataset}.songs` AS s ORDER BY song_id")
    assert rows["song_id"].tolist() == [2, 3]


class TestFunctions:
    """Macros that behave like functions."""

    def test_a_field_of_the_result(self, full: DuckDBWarehouse) -> None:
        rows = full.query("SELECT `${dataset}.spread`(1, 4).middle AS v")
        assert rows["v"].tolist() == [2.5]

    def test_arguments_named_like_names_inside(self, full: DuckDBWarehouse) -> None:
        """Macros put arguments in as they stand, where a name inside could catch them."""
        rows = full.query(
            """
            SELECT `${dataset}.spread`(t.b, t.half).width AS v, `${dataset}.spread`(a, b).width AS w
            FROM (SELECT 10.0 AS a, 1.0 AS b, 4.0 AS half) AS t
            """
        )
        assert (rows["v"][0], rows["w"][0]) == (3.0, -9.0)

    def test_null_arguments_have_a_type(self, full: DuckDBWarehouse) -> None:
        rows = full.query("SELECT `${dataset}.spread`(NULL, 4).width IS NULL AS v")
        assert rows["v"].tolist() == [True]

    def test_a_function_that_reads_tables_is_refused(self, tmp_path: Path) -> None:
        text = """
            CREATE OR REPLACE FUNCTION `${dataset}.total`(n INT64) RETURNS INT64
            AS ((SELECT COUNT(*) + n FROM `${dataset}.songs`));
        """
        with pytest.raises(WarehouseError, match="reads tables"):
            deployed(tmp_path, {"tables/songs": SONGS, "functions/total": text})

    def test_a_parameter_that_a_name_inside_hides_is_refused(self, tmp_path: Path) -> None:
        text = """
            CREATE OR REPLACE FUNCTION `${dataset}.same`(n INT64) RETURNS INT64
            AS ((SELECT n FROM (SELECT 1 AS n)));
        """
        with pytest.raises(WarehouseError, match="n is a parameter and a name made inside"):
            deployed(tmp_path, {"functions/same": text})


class TestTableFunctions:
    """Table macros that take NULLs and parameters."""

    @pytest.mark.parametrize(("band", "songs"), [("'a'", [1]), ("NULL", [1, 1])])
    def test_rows(self, full: DuckDBWarehouse, band: str, songs: list[int]) -> None:
        query = f"""
            SELECT b.songs, b.share FROM `${{dataset}}.best`({band}, @day, 7) AS b ORDER BY b.band
        """
        rows = full.query(query, {"day": dt.date(2024, 1, 12)})
        assert rows["songs"].tolist() == songs
        assert rows["share"].tolist() == [pytest.approx(1 / 7)] * len(songs)


class TestTables:
    """Made once, then only added to."""

    def test_deploying_again_keeps_the_rows(self, full: DuckDBWarehouse, tmp_path: Path) -> None:
        library = load_library(tmp_path / "sql")
        for sql_object in library.deploy_order():
            full.deploy(sql_object)
        assert full.query("SELECT COUNT(*) AS n FROM `${dataset}.live`")["n"][0] == 3

    def test_a_new_column_is_added(self, full: DuckDBWarehouse, tmp_path: Path) -> None:
        text = SONGS.replace("rating FLOAT64,", "rating FLOAT64, plays INT64,")
        full.deploy(write_sql(tmp_path / "sql", {"tables/songs": text})["songs"])
        rows = full.query("SELECT COUNT(*) AS n, COUNT(s.plays) AS p FROM `${dataset}.songs` AS s")
        assert rows.iloc[0].tolist() == [3, 0]

    def test_a_column_that_is_gone_is_kept(self, full: DuckDBWarehouse, tmp_path: Path) -> None:
        text = SONGS.replace("rating FLOAT64,", "")
        full.deploy(write_sql(tmp_path / "sql", {"tables/songs": text})["songs"])
        assert "rating" in full.query("SELECT * FROM `${dataset}.songs`").columns

    def test_another_type_is_refused(self, full: DuckDBWarehouse, tmp_path: Path) -> None:
        text = SONGS.replace("rating FLOAT64", "rating STRING")
        with pytest.raises(WarehouseError, match="rating is declared STRING"):
            full.deploy(write_sql(tmp_path / "sql", {"tables/songs": text})["songs"])

    def test_descriptions_are_comments(self, full: DuckDBWarehouse) -> None:
        with full.session(), full._operations.reading() as connection:
            rows = connection.execute(
                "SELECT comment FROM duckdb_columns() "
                "WHERE table_name = 'songs' AND column_name = 'band'"
            ).fetchall()
        assert rows == [("Who plays it.",)]


class TestCatalogue:
    """Which routines there are."""

    def test_lists_routines_by_name(self, full: DuckDBWarehouse, tmp_path: Path) -> None:
        library = load_library(tmp_path / "sql")
        found = full.routines()
        assert [(r.name, r.kind) for r in found] == [
            ("best", "TABLE FUNCTION"),
            ("spread", "FUNCTION"),
        ]
        assert [r.fingerprint for r in found] == [library[r.name].fingerprint for r in found]
        assert all(r.deployed_at.tzinfo is not None for r in found)

    def test_a_procedure_that_can_t_be_translated_fails_at_deployment(self, tmp_path: Path) -> None:
        text = "CREATE OR REPLACE PROCEDURE `${dataset}.bad`() BEGIN SELECT SOUNDS(1); END;"
        warehouse = DuckDBWarehouse(settings_in(tmp_path))
        with pytest.raises(WarehouseError, match="SOUNDS"):
            warehouse.deploy(write_sql(tmp_path / "sql", {"procedures/bad": text})["bad"])
        assert warehouse.routines() == []

    def test_operations_are_not_deployed(self, full: DuckDBWarehouse, tmp_path: Path) -> None:
        ask = write_sql(tmp_path / "other", {"operations/ask": "SELECT 1 AS a;"})["ask"]
        with pytest.raises(WarehouseError, match="run, not deployed"):
            full.deploy(ask)


class TestSnapshots:
    """Copies of tables, and the way back."""

    def ids(self, warehouse: DuckDBWarehouse) -> list[int]:
        query = "SELECT s.song_id FROM `${dataset}.songs` AS s ORDER BY s.song_id"
        return warehouse.query(query)["song_id"].tolist()

    def test_restore_puts_back_what_was_kept(self, full: DuckDBWarehouse) -> None:
        assert full.snapshot("d1", ["songs"], keep_days=7).rows == 3
        full.run("DELETE FROM `${dataset}.songs` WHERE song_id > 1")
        before = full.freshness("songs")
        assert full.restore("d1", ["songs"]).rows == 3
        assert self.ids(full) == [1, 2, 3]
        after = full.freshness("songs")
        assert before is not None
        assert after is not None
        assert after.last_modified > before.last_modified

    def test_the_first_copy_of_a_deployment_stays(self, full: DuckDBWarehouse) -> None:
        full.snapshot("d1", ["songs"], keep_days=7)
        full.run("DELETE FROM `${dataset}.songs` WHERE song_id > 1")
        assert full.snapshot("d1", ["songs"], keep_days=7).rows == 0
        full.snapshot("d2", ["songs"], keep_days=7)
        full.restore("d1", ["songs"])
        assert self.ids(full) == [1, 2, 3]
        full.restore("d2", ["songs"])
        assert self.ids(full) == [1]

    def test_columns_added_since_go_again(self, full: DuckDBWarehouse, tmp_path: Path) -> None:
        full.snapshot("d1", ["songs"], keep_days=7)
        text = SONGS.replace("rating FLOAT64,", "rating FLOAT64, plays INT64,")
        full.deploy(write_sql(tmp_path / "sql", {"tables/songs": text})["songs"])
        full.restore("d1", ["songs"])
        assert "plays" not in full.query("SELECT * FROM `${dataset}.songs`").columns
        assert self.ids(full) == [1, 2, 3]

    def test_columns_go_back_by_name(self, full: DuckDBWarehouse, tmp_path: Path) -> None:
        """Others may have put the columns into another order since."""
        full.snapshot("d1", ["songs"], keep_days=7)
        before = full.query("SELECT s.* FROM `${dataset}.songs` AS s ORDER BY s.song_id")
        settings = settings_in(tmp_path)
        with storage_of(settings.warehouse_file).opened() as connection:
            table = f"{settings.dataset}.songs"
            connection.execute(
                f"CREATE OR REPLACE TABLE {table} AS "
                f"SELECT tags, played_at, released, is_live, rating, band, song_id FROM {table}"
            )
        full.restore("d1", ["songs"])
        after = full.query("SELECT s.* FROM `${dataset}.songs` AS s ORDER BY s.song_id")
        assert after[list(before.columns)].equals(before)

    def test_restore_is_all_or_none(self, full: DuckDBWarehouse) -> None:
        full.snapshot("d1", ["songs"], keep_days=7)
        full.run("DELETE FROM `${dataset}.songs` WHERE song_id > 1")
        with pytest.raises(WarehouseError, match="no copy of lost"):
            full.restore("d1", ["songs", "lost"])
        assert self.ids(full) == [1]

    @pytest.mark.parametrize(
        ("tables", "days", "message"),
        [(["lost"], 7, "lost: the table is not deployed"), (["songs"], 0, "1 day or more")],
    )
    def test_what_can_t_be_kept_is_named(
        self, full: DuckDBWarehouse, tables: list[str], days: int, message: str
    ) -> None:
        with pytest.raises(WarehouseError, match=message):
            full.snapshot("d1", tables, keep_days=days)

    def test_what_is_kept_is_told_with_its_time(self, full: DuckDBWarehouse) -> None:
        full.snapshot("d1", ["songs"], keep_days=7)
        until = full.kept("d1", ["songs", "lost"])
        assert until.keys() == {"songs"}
        assert until["songs"] - dt.datetime.now(dt.UTC) > dt.timedelta(days=6, hours=23)
        assert full.kept("d2", ["songs"]) == {}

    def test_a_copy_past_its_time_is_not_kept(self, full: DuckDBWarehouse) -> None:
        full.snapshot("d1", ["songs"], keep_days=7)
        with full._operations.storage.transaction() as connection:
            connection.execute(
                "UPDATE eros_catalog.snapshots SET kept_until = TIMESTAMPTZ '2024-01-01' WHERE TRUE"
            )
        assert full.kept("d1", ["songs"]) == {}


NEWER: dict[str, str] = {
    "functions/spread": LABEL.replace("AS half", "+ 100 AS half"),
    "table_functions/best": BEST.replace("COUNT(*) AS songs", "-1 AS songs"),
    "views/live": LIVE.replace("SELECT s.band", "SELECT s.band, s.song_id"),
    "procedures/count_songs": (
        "CREATE OR REPLACE PROCEDURE `${dataset}.count_songs`(OUT p_n INT64)\n"
        "BEGIN SET p_n = (SELECT COUNT(*) FROM `${dataset}.live`); END;"
    ),
}


class TestDefinitions:
    """What is in force, kept and put back."""

    def answers(self, warehouse: DuckDBWarehouse) -> list[object]:
        return [
            warehouse.query("SELECT `${dataset}.spread`(1, 4).middle AS v")["v"].tolist(),
            warehouse.query(
                "SELECT b.songs FROM `${dataset}.best`('a', DATE '2024-01-12', 7) AS b"
            )["songs"].tolist(),
            list(warehouse.query("SELECT * FROM `${dataset}.live`").columns),
        ]

    def test_are_those_of_the_files(self, full: DuckDBWarehouse, tmp_path: Path) -> None:
        library = load_library(tmp_path / "sql")
        found = full.definitions()
        assert [d.name for d in found] == ["best", "live", "spread"]
        assert all(d.is_of(library[d.name]) and d.text == library[d.name].text for d in found)

    def test_come_back_bit_for_bit(self, full: DuckDBWarehouse, tmp_path: Path) -> None:
        before, answers = full.definitions(), self.answers(full)
        newer = write_sql(tmp_path / "newer", NEWER | {"tables/songs": SONGS})
        for sql_object in newer.deploy_order():
            full.deploy(sql_object)
        assert self.answers(full) != answers
        assert not any(d.is_of(newer[d.name]) for d in before)
        full.define(before)
        assert self.answers(full) == answers
        assert [d for d in full.definitions() if d.name != "count_songs"] == list(before)

    def test_come_back_all_or_none(self, full: DuckDBWarehouse) -> None:
        before = full.definitions()
        broken = [replace(d, text=d.text.replace("FROM", "FRM")) for d in before[:1]]
        changed = [replace(d, text=d.text.replace("s.band", "s.rating")) for d in before[1:2]]
        with pytest.raises(WarehouseError):
            full.define([*changed, *broken])
        assert full.definitions() == before

    def test_each_after_what_it_depends_on(self, tmp_path: Path) -> None:
        """The view comes before the function in name, after it in dependency."""
        files = {
            "functions/twice": "CREATE OR REPLACE FUNCTION `${dataset}.twice`(n INT64)\n"
            "RETURNS INT64 AS (n * 2);",
            "views/four": "CREATE OR REPLACE VIEW `${dataset}.four` AS\n"
            "SELECT `${dataset}.twice`(2) AS n;",
        }
        kept = deployed(tmp_path / "one", files).definitions()
        empty = DuckDBWarehouse(settings_in(tmp_path / "two"))
        empty.define(kept)
        assert empty.query("SELECT f.n FROM `${dataset}.four` AS f")["n"].tolist() == [4]
