"""Scripts and procedures run as BigQuery runs them."""

import datetime as dt
from pathlib import Path

import pytest

from eros_assets.warehouse.duckdb.engine import DuckDBWarehouse
from eros_assets.warehouse.protocol import RaisedError, Typed, WarehouseError
from tests.warehouse.duckdb.embedded import SONGS, deployed

ALL = "SELECT s.song_id, s.band FROM `${dataset}.songs` AS s ORDER BY s.song_id"


def procedure(name: str, parameters: str, body: str) -> dict[str, str]:
    """The file of a procedure, beside the table that it may use."""
    text = f"CREATE OR REPLACE PROCEDURE `${{dataset}}.{name}`({parameters})\nBEGIN\n{body}\nEND;"
    return {"tables/songs": SONGS, f"procedures/{name}": text}


def ids(warehouse: DuckDBWarehouse) -> list[int]:
    return warehouse.query(ALL)["song_id"].tolist()


class TestLanguage:
    """Each statement of the procedure language."""

    def test_variables_parameters_and_branches(self, tmp_path: Path) -> None:
        body = """
          DECLARE v_low, v_high INT64 DEFAULT 10;
          DECLARE v_word STRING;
          SET v_high = v_high * 2;
          IF p_n < v_low THEN
            SET v_word = 'low';
          ELSEIF p_n BETWEEN v_low AND v_high THEN
            SET v_word = CONCAT('mid', CAST(v_high AS STRING));
          ELSE
            SET v_word = 'high';
          END IF;
          SET p_word = v_word;
        """
        w = deployed(tmp_path, procedure("judge", "IN p_n INT64, OUT p_word STRING", body))
        words = [w.call("judge", {"p_n": n}).out["p_word"] for n in (9, 10, 20, 21)]
        assert words == ["low", "mid20", "mid20", "high"]

    def test_a_null_condition_is_not_true(self, tmp_path: Path) -> None:
        body = "IF p_n > 1 THEN SET p_w = 'more'; ELSE SET p_w = 'not more'; END IF;"
        w = deployed(tmp_path, procedure("judge", "IN p_n INT64, OUT p_w STRING", body))
        assert w.call("judge", {"p_n": None}).out == {"p_w": "not more"}

    def test_an_argument_hides_nothing_that_is_qualified(self, tmp_path: Path) -> None:
        body = """
          INSERT INTO `${dataset}.songs` (song_id, band) VALUES (p_id, p_band);
          UPDATE `${dataset}.songs` AS s SET band = CONCAT(s.band, '!') WHERE s.song_id = p_id;
          DELETE FROM `${dataset}.songs` AS s WHERE s.band = p_band;
        """
        w = deployed(tmp_path, procedure("add", "IN p_id INT64, IN p_band STRING", body))
        w.call("add", {"p_id": 7512345678901234567, "p_band": "'); DROP"})
        row = w.query(ALL).iloc[0]
        assert (row["song_id"], row["band"]) == (7512345678901234567, "'); DROP!")

    def test_several_variables_are_set_from_one_row(self, tmp_path: Path) -> None:
        body = """
          SET (p_n, p_last) = (
            SELECT AS STRUCT COUNT(*), MAX(s.released) FROM `${dataset}.songs` AS s
          );
        """
        w = deployed(tmp_path, procedure("count", "OUT p_n INT64, OUT p_last DATE", body))
        w.run("INSERT INTO `${dataset}.songs` (released) VALUES (DATE '2024-02-29'), (NULL)")
        assert w.call("count").out == {"p_n": 2, "p_last": dt.date(2024, 2, 29)}

    def test_no_row_sets_them_to_null(self, tmp_path: Path) -> None:
        body = """
          SET (p_a, p_b) = (SELECT AS STRUCT s.song_id, s.band FROM `${dataset}.songs` AS s);
        """
        w = deployed(tmp_path, procedure("first", "OUT p_a INT64, OUT p_b STRING", body))
        assert w.call("first").out == {"p_a": None, "p_b": None}

    def test_two_rows_where_one_is_due_are_an_error(self, tmp_path: Path) -> None:
        body = """
          SET (p_a, p_b) = (SELECT AS STRUCT s.song_id, s.band FROM `${dataset}.songs` AS s);
        """
        w = deployed(tmp_path, procedure("first", "OUT p_a INT64, OUT p_b STRING", body))
        w.run("INSERT INTO `${dataset}.songs` (song_id) VALUES (1), (2)")
        with pytest.raises(WarehouseError, match="the query gives 2 rows"):
            w.call("first")

    def test_the_last_select_gives_the_rows(self, tmp_path: Path) -> None:
        body = "SELECT 1 AS a; SELECT 2 AS b UNION ALL SELECT 3 ORDER BY b;"
        result = deployed(tmp_path, procedure("show", "", body)).call("show")
        assert result.rows["b"].tolist() == [2, 3]
        assert result.out == {}

    def test_calls_nest_and_hand_back_out_parameters(self, tmp_path: Path) -> None:
        files = {
            **procedure("inner", "IN p_n INT64, OUT p_m INT64", "SET p_m = p_n + 1;"),
            **procedure(
                "outer",
                "OUT p_total INT64",
                """
                DECLARE v_m INT64;
                CALL `${dataset}.inner`(40 + 1, v_m);
                CALL `${dataset}.inner`(v_m, p_total);
                """,
            ),
        }
        assert deployed(tmp_path, files).call("outer").out == {"p_total": 43}

    def test_variables_of_the_caller_are_unknown_to_the_called(self, tmp_path: Path) -> None:
        files = {
            **procedure("inner", "OUT p_m INT64", "SET p_m = v_n;"),
            **procedure(
                "outer", "OUT p_m INT64", "DECLARE v_n INT64; CALL `${dataset}.inner`(p_m);"
            ),
        }
        with pytest.raises(WarehouseError, match="v_n"):
            deployed(tmp_path, files).call("outer")

    def test_temporary_tables_end_with_the_operation(self, tmp_path: Path) -> None:
        body = """
          CREATE TEMP TABLE live AS SELECT p_n AS n;
          CREATE OR REPLACE TEMP TABLE live AS SELECT l.n + 1 AS n FROM live AS l;
          SELECT l.n FROM live AS l;
        """
        w = deployed(tmp_path, procedure("again", "IN p_n INT64", body))
        with w.session():
            assert [w.call("again", {"p_n": n}).rows["n"][0] for n in (1, 5)] == [2, 6]
            with pytest.raises(WarehouseError, match="live"):
                w.query("SELECT * FROM live")

    def test_blocks_keep_their_variables_to_themselves(self, songs: DuckDBWarehouse) -> None:
        songs.run("BEGIN DECLARE v_a INT64 DEFAULT 1; SELECT v_a AS a; END; SELECT 2 AS b;")
        with pytest.raises(WarehouseError, match="v_a"):
            songs.run("BEGIN DECLARE v_a INT64 DEFAULT 1; END; SELECT v_a AS a;")

    def test_a_script_takes_query_parameters(self, songs: DuckDBWarehouse) -> None:
        job = songs.run(
            """
            CREATE TEMP TABLE wanted AS SELECT id FROM UNNEST(@ids) AS id;
            INSERT INTO `${dataset}.songs` (song_id, band) SELECT w.id, @band FROM wanted AS w;
            """,
            {"ids": [3, 4], "band": Typed(None, "STRING")},
        )
        assert job.rows == 2
        assert ids(songs) == [3, 4]


class TestErrors:
    """What goes wrong comes out with its message, and leaves nothing behind."""

    def test_raise_tells_its_message_and_undoes(self, tmp_path: Path) -> None:
        body = """
          INSERT INTO `${dataset}.songs` (song_id) VALUES (1);
          IF p_n > 1 THEN
            RAISE USING MESSAGE = CONCAT('too many: ', CAST(p_n AS STRING));
          END IF;
        """
        w = deployed(tmp_path, procedure("add", "IN p_n INT64", body))
        with pytest.raises(RaisedError) as raised:
            w.call("add", {"p_n": 2})
        assert str(raised.value) == "too many: 2"
        assert raised.value.job is not None
        assert raised.value.job.error == "too many: 2"
        assert ids(w) == []
        w.call("add", {"p_n": 1})
        assert ids(w) == [1]

    def test_error_tells_its_message(self, songs: DuckDBWarehouse) -> None:
        with pytest.raises(RaisedError) as raised:
            songs.query("SELECT IF(1 > 2, 1, ERROR(CONCAT('no ', 'such\\nband'))) AS v")
        assert str(raised.value) == "no such\nband"

    def test_error_in_a_branch_that_is_not_taken_is_none(self, songs: DuckDBWarehouse) -> None:
        assert songs.query("SELECT IF(1 < 2, 1, ERROR('never')) AS v")["v"][0] == 1

    def test_assert(self, songs: DuckDBWarehouse) -> None:
        songs.run("ASSERT 1 < 2 AS 'fine';")
        with pytest.raises(RaisedError, match=r"^one is less$"):
            songs.run("ASSERT 1 > 2 AS 'one is less';")
        with pytest.raises(RaisedError, match="assertion failed: 1 > 2"):
            songs.run("ASSERT 1 > 2;")

    def test_a_failed_statement_is_named_with_its_line(self, tmp_path: Path) -> None:
        body = """
          INSERT INTO `${dataset}.songs` (song_id) VALUES (1);
          SELECT DIV(p_n, 0) AS v;
        """
        w = deployed(tmp_path, procedure("divide", "IN p_n INT64", body))
        with pytest.raises(WarehouseError, match=r"divide line 5: SELECT DIV\(p_n, 0\)") as raised:
            w.call("divide", {"p_n": 1})
        assert not isinstance(raised.value, RaisedError)
        assert ids(w) == []

    def test_what_was_committed_stays(self, tmp_path: Path) -> None:
        body = """
          BEGIN TRANSACTION;
          INSERT INTO `${dataset}.songs` (song_id) VALUES (1);
          COMMIT TRANSACTION;
          INSERT INTO `${dataset}.songs` (song_id) VALUES (2);
          RAISE USING MESSAGE = 'after';
        """
        w = deployed(tmp_path, procedure("half", "", body))
        before = w.freshness("songs")
        with pytest.raises(RaisedError, match="after"):
            w.call("half")
        assert ids(w) == [1]
        after = w.freshness("songs")
        assert before is not None
        assert after is not None
        assert after.last_modified > before.last_modified

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({}, "p_a is missing"),
            ({"p_a": 1, "p_c": 2}, "p_c is not one of its arguments"),
            ({"p_a": 1, "p_b": 2}, "p_b is not one of its arguments; its arguments: p_a"),
            ({"p_a": "one"}, "p_a"),
        ],
    )
    def test_arguments_are_checked(
        self, tmp_path: Path, arguments: dict[str, int | str], message: str
    ) -> None:
        w = deployed(
            tmp_path, procedure("take", "IN p_a INT64, OUT p_b INT64", "SET p_b = p_a + 1;")
        )
        with pytest.raises(WarehouseError, match=message):
            w.call("take", arguments)

    def test_an_unknown_procedure_is_named(self, songs: DuckDBWarehouse) -> None:
        with pytest.raises(WarehouseError, match="procedure lost is not deployed"):
            songs.call("lost")
        with pytest.raises(WarehouseError, match=r"lost is not deployed"):
            songs.run("CALL `${dataset}.lost`();")

    def test_endless_recursion_ends(self, tmp_path: Path) -> None:
        w = deployed(tmp_path, procedure("spin", "", "CALL `${dataset}.spin`();"))
        with pytest.raises(WarehouseError, match="nested calls"):
            w.call("spin")

    @pytest.mark.parametrize(
        ("script", "message"),
        [
            ("SET v_a = 1;", "v_a is not declared"),
            ("DECLARE v_a INT64; DECLARE V_A INT64;", "declared twice"),
            ("DECLARE v_a INT64; CALL `${dataset}.songs`(v_a);", "not deployed"),
            ("DECLARE v_a, v_b INT64; SET (v_a, v_b) = (SELECT AS STRUCT 1);", "2 variables"),
            ("DROP TABLE `${dataset}.songs`;", "not a statement that a script may have"),
            ("TRUNCATE TABLE `${dataset}.songs`;", "not a statement"),
            ("CREATE TABLE `${dataset}.new` AS SELECT 1 AS a;", "not a statement"),
            ("DELETE FROM `${dataset}.songs`;", "DELETE without WHERE"),
            ("UPDATE `${dataset}.songs` SET band = 'a';", "UPDATE without WHERE"),
            ("SELECT * FROM `other-project.set.songs`;", "not in the dataset"),
            ("CREATE OR REPLACE PROCEDURE `${dataset}.p`() BEGIN SELECT 1; END;", "by deploy"),
            ("WHILE TRUE DO SELECT 1; END WHILE;", "WHILE is not in the procedure language"),
            ("EXECUTE IMMEDIATE 'SELECT 1';", "EXECUTE is not in the procedure language"),
            ("SET @@time_zone = 'UTC';", "session settings"),
            ("SELECT 1;\nIF TRUE THEN SELECT 2;", "ELSEIF or ELSE or END expected"),
            ("IF TRUE SELECT 2; END IF;", "line 1"),
            ("SELECT (1;", "line 1"),
            ("SELECT 1); SELECT 2;", "a parenthesis too many"),
            ("SELECT ${songs};", r"\$\{songs\} is unknown"),
        ],
    )
    def test_what_the_language_lacks_is_named(
        self, songs: DuckDBWarehouse, script: str, message: str
    ) -> None:
        with pytest.raises(WarehouseError, match=message):
            songs.run(script)


class TestData:
    """INSERT, UPDATE, DELETE and MERGE."""

    @pytest.fixture
    def filled(self, songs: DuckDBWarehouse) -> DuckDBWarehouse:
        songs.run(
            "INSERT INTO `${dataset}.songs` (song_id, band, rating) "
            "VALUES (1, 'a', 1.0), (2, 'b', 2.0), (3, NULL, 3.0)"
        )
        return songs

    def bands(self, warehouse: DuckDBWarehouse) -> dict[int, str | None]:
        rows = warehouse.query(ALL)
        return dict(zip(rows["song_id"].tolist(), rows["band"].tolist(), strict=True))

    def test_merge_with_every_branch(self, filled: DuckDBWarehouse) -> None:
        job = filled.run(
            """
            MERGE INTO `${dataset}.songs` AS s
            USING (SELECT 1 AS id, 'A' AS band UNION ALL SELECT 9, 'I') AS n
            ON s.song_id = n.id
            WHEN MATCHED AND s.rating < 2 THEN UPDATE SET band = n.band, rating = s.rating + 1
            WHEN NOT MATCHED THEN INSERT (song_id, band) VALUES (n.id, n.band)
            WHEN NOT MATCHED BY SOURCE AND s.band IS NULL THEN DELETE
            WHEN NOT MATCHED BY SOURCE THEN UPDATE SET band = 'left'
            """
        )
        assert job.rows == 4
        assert self.bands(filled) == {1: "A", 2: "left", 9: "I"}

    def test_update_from_another_table(self, filled: DuckDBWarehouse) -> None:
        filled.run(
            """
            UPDATE `${dataset}.songs` AS s SET s.band = n.band
            FROM (SELECT 1 AS id, 'A' AS band UNION ALL SELECT 7, 'G') AS n
            WHERE s.song_id = n.id
            """
        )
        assert self.bands(filled) == {1: "A", 2: "b", 3: None}

    @pytest.mark.parametrize(
        "statement",
        [
            (
                "UPDATE `${dataset}.songs` AS s SET band = n.band FROM {rows} AS n "
                "WHERE s.song_id = n.id"
            ),
            (
                "MERGE INTO `${dataset}.songs` AS s USING {rows} AS n ON s.song_id = n.id "
                "WHEN MATCHED THEN UPDATE SET band = n.band"
            ),
        ],
    )
    def test_rows_that_compete_for_one_are_an_error(
        self, filled: DuckDBWarehouse, statement: str
    ) -> None:
        rows = "(SELECT 1 AS id, 'x' AS band UNION ALL SELECT 1, 'y')"
        with pytest.raises(WarehouseError, match="more than one"):
            filled.run(statement.replace("{rows}", rows))
        assert self.bands(filled) == {1: "a", 2: "b", 3: None}

    def test_update_from_a_join_is_refused(self, filled: DuckDBWarehouse) -> None:
        script = """
            UPDATE `${dataset}.songs` AS s SET band = a.band
            FROM `${dataset}.songs` AS a INNER JOIN `${dataset}.songs` AS b
              ON a.song_id = b.song_id
            WHERE s.song_id = a.song_id
        """
        with pytest.raises(WarehouseError, match="one subquery"):
            filled.run(script)

    def test_delete_where_exists(self, filled: DuckDBWarehouse) -> None:
        filled.run(
            """
            DELETE FROM `${dataset}.songs` AS s
            WHERE EXISTS (SELECT 1 FROM UNNEST([1, 3]) AS id WHERE id = s.song_id)
            """
        )
        assert ids(filled) == [2]

    def test_the_rows_of_a_job_are_those_that_it_changed(self, filled: DuckDBWarehouse) -> None:
        job = filled.run("DELETE FROM `${dataset}.songs` WHERE song_id > 1; SELECT 1 AS a;")
        assert job.rows == 2
        assert filled.run("SELECT 1 AS a UNION ALL SELECT 2;").rows == 2
