"""`sql/` as objects: what is read from a file, what is refused, what is remembered."""

import json
from pathlib import Path

import pytest

from eros_assets.warehouse.sql.library import SqlLibrary, load_library, render
from eros_assets.warehouse.sql.objects import Column, LibraryError, RoutineParameter
from tests.warehouse.duckdb.embedded import SONGS, write_sql

VIEW = "CREATE OR REPLACE VIEW `${{dataset}}.{name}` AS SELECT * FROM `${{dataset}}.{source}`;"


def test_render_fills_in_the_dataset_and_leaves_other_dollars_alone() -> None:
    text = r"SELECT REGEXP_CONTAINS(x, r'^a$'), '$5', '$$' FROM `${dataset}.songs`"
    expected = r"SELECT REGEXP_CONTAINS(x, r'^a$'), '$5', '$$' FROM `p.d.songs`"
    assert render(text, "p.d") == expected


def test_render_names_what_it_doesn_t_know_and_where() -> None:
    with pytest.raises(LibraryError, match=r"sql/a\.sql: \$\{project\} is unknown"):
        render("SELECT `${project}`", "p.d", Path("sql/a.sql"))


def test_a_table_tells_its_columns_and_description(tmp_path: Path) -> None:
    songs = write_sql(tmp_path, {"tables/songs": SONGS})["songs"]
    assert songs.kind == "table"
    assert songs.description == "Songs of a band.\nGrain: one row per song."
    assert songs.columns[:3] == (
        Column("song_id", "INT64", "Identifies the song."),
        Column("band", "STRING", "Who plays it."),
        Column("rating", "FLOAT64", ""),
    )
    assert songs.columns[-1] == Column("tags", "ARRAY<STRING>", "")
    assert songs.parameters == ()
    assert songs.dependencies == frozenset()


def test_the_header_describes_parameters_and_columns(tmp_path: Path) -> None:
    text = """
-- The best songs.
-- Source: a chart.
-- Grain: one row per song.
-- Parameters:
--   p_band: band; NULL for
--     every band.
--   p_from: LA date.
-- Columns:
--   song_id (INT64): the song.
--   why: nobody says of what type.
CREATE OR REPLACE TABLE FUNCTION `${dataset}.best`(p_band STRING, p_from DATE)
AS (SELECT s.song_id FROM `${dataset}.songs` AS s WHERE s.band = p_band);
"""
    best = write_sql(tmp_path, {"tables/songs": SONGS, "table_functions/best": text})["best"]
    assert best.description == "The best songs.\nSource: a chart.\nGrain: one row per song."
    assert best.parameters == (
        RoutineParameter("p_band", "STRING", "IN", "band; NULL for every band."),
        RoutineParameter("p_from", "DATE", "IN", "LA date."),
    )
    assert best.columns == (
        Column("song_id", "INT64", "the song."),
        Column("why", "", "nobody says of what type."),
    )
    assert best.dependencies == {"songs"}


def test_a_procedure_depends_on_what_every_branch_mentions(tmp_path: Path) -> None:
    text = """
CREATE OR REPLACE PROCEDURE `${dataset}.act`(IN p_n INT64, OUT p_m INT64)
BEGIN
  DECLARE v_a FLOAT64 DEFAULT `${dataset}.weigh`(1.0);
  IF EXISTS (SELECT 1 FROM `${dataset}.one`) THEN
    CALL `${dataset}.other`(p_n);
  ELSE
    SET p_m = (SELECT COUNT(*) FROM `${dataset}.two`);
    RAISE USING MESSAGE = (SELECT MAX(t.x) FROM `${dataset}.three` AS t);
  END IF;
  -- FROM `${dataset}.commented`
  SELECT '`${dataset}.quoted`' FROM `${dataset}.found`(p_n);
END;
"""
    act = write_sql(tmp_path, {"procedures/act": text})["act"]
    assert act.dependencies == {"weigh", "one", "other", "two", "three", "found"}
    assert [(p.name, p.type, p.mode) for p in act.parameters] == [
        ("p_n", "INT64", "IN"),
        ("p_m", "INT64", "OUT"),
    ]


def test_an_operation_tells_its_query_parameters_by_name(tmp_path: Path) -> None:
    text = (
        "-- Parameters:\n--   week: Monday.\nSELECT @week AS week, @band AS band, @week AS again;"
    )
    operation = write_sql(tmp_path, {"operations/ask": text})["ask"]
    assert operation.parameters == (
        RoutineParameter("band", "", "IN", ""),
        RoutineParameter("week", "", "IN", "Monday."),
    )


def test_the_fingerprint_follows_the_sql_and_nothing_else(tmp_path: Path) -> None:
    def fingerprint(name: str, text: str) -> str:
        return write_sql(tmp_path / name, {"views/v": text})["v"].fingerprint

    text = "CREATE OR REPLACE VIEW `${dataset}.v` AS SELECT 1 AS a, 'x  y' AS b;"
    same = (
        "-- A comment.\nCREATE OR REPLACE VIEW `${dataset}.v` AS\n  SELECT 1 AS a,\n 'x  y' AS b;"
    )
    assert fingerprint("one", text) == fingerprint("two", same)
    assert fingerprint("one", text) != fingerprint("three", text.replace("1 AS", "2 AS"))
    assert fingerprint("one", text) != fingerprint("four", text.replace("x  y", "x y"))


def test_tables_come_first_and_each_object_after_what_it_depends_on(tmp_path: Path) -> None:
    files = {
        "views/a_view": VIEW.format(name="a_view", source="z_view"),
        "views/z_view": VIEW.format(name="z_view", source="songs"),
        "views/b_view": VIEW.format(name="b_view", source="songs"),
        "tables/songs": SONGS,
        "operations/ask": "SELECT 1 AS a;",
    }
    order = write_sql(tmp_path, files).deploy_order()
    assert [o.name for o in order] == ["songs", "b_view", "z_view", "a_view"]


def test_a_cycle_is_named(tmp_path: Path) -> None:
    files = {
        "views/a": VIEW.format(name="a", source="b"),
        "views/b": VIEW.format(name="b", source="c"),
        "views/c": VIEW.format(name="c", source="a"),
    }
    with pytest.raises(LibraryError, match=r"depend on each other: .*a.* -> .*"):
        write_sql(tmp_path, files).deploy_order()


def test_a_dependency_that_no_file_makes_is_named(tmp_path: Path) -> None:
    library = write_sql(tmp_path, {"views/a": VIEW.format(name="a", source="lost")})
    with pytest.raises(LibraryError, match=r"views/a\.sql mentions lost"):
        library.deploy_order()


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("views/a", "CREATE OR REPLACE VIEW `${dataset}.b` AS SELECT 1 AS x;", "creates b"),
        ("views/a", SONGS, "CREATE VIEW expected"),
        ("views/a", "CREATE OR REPLACE VIEW a AS SELECT 1 AS x;", r"`\$\{dataset\}\.a`"),
        ("tables/a", "SELECT 1; SELECT 2;", "holds 2 statements"),
        ("tables/a", "-- Nothing.\n", "holds no statement"),
        ("operations/a", "SELECT 1 +;", r"a\.sql line 1"),
        ("operations/a", "SELECT 1;\n\nSELECT 'open;", "tokens"),
        ("procedures/a", "SELECT 1;", "CREATE OR REPLACE PROCEDURE expected"),
        ("odd/a", "SELECT 1;", "must stand in one of"),
        ("views/deep/a", "SELECT 1;", "must stand in one of"),
        ("operations/Upper", "SELECT 1;", "lower case"),
        ("operations/a", "-- Parameters:\n--   no colon\nSELECT 1;", "line 2: `name: text`"),
    ],
)
def test_a_file_that_can_t_be_used_is_named(
    tmp_path: Path, name: str, text: str, message: str
) -> None:
    with pytest.raises(LibraryError, match=message) as raised:
        write_sql(tmp_path, {name: text})
    assert name.rpartition("/")[2] in str(raised.value)


def test_a_parse_error_names_the_line_of_the_file(tmp_path: Path) -> None:
    text = "-- One.\nSELECT 1 AS a;\n\nSELECT 2 AS b\nFROM x\nWHERE x.a + ;\n"
    with pytest.raises(LibraryError, match=r"bad\.sql line 6"):
        write_sql(tmp_path, {"operations/bad": text})


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    files = {"operations/a": "SELECT 1 AS a;", "checks/a": "SELECT 1 AS a;"}
    with pytest.raises(LibraryError, match="same name"):
        write_sql(tmp_path, files)


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "operations").mkdir()
    (tmp_path / "operations" / "a.sql").write_bytes(b"\xff\xfe")
    with pytest.raises(LibraryError, match=r"a\.sql: can't be read"):
        load_library(tmp_path)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="is not a folder"):
        load_library(tmp_path / "nowhere")


class TestCache:
    """What was parsed once is not parsed again, and never taken for another text."""

    def load(self, root: Path, cache: Path) -> SqlLibrary:
        return load_library(root, cache)

    def test_gives_the_same_objects(self, tmp_path: Path) -> None:
        root, cache = tmp_path / "sql", tmp_path / "cache"
        parsed = write_sql(root, {"tables/songs": SONGS})
        assert dict(self.load(root, cache)) == dict(parsed)
        assert dict(self.load(root, cache)) == dict(parsed)

    def test_is_used(self, tmp_path: Path) -> None:
        root, cache = tmp_path / "sql", tmp_path / "cache"
        write_sql(root, {"tables/songs": SONGS})
        self.load(root, cache)
        (file,) = cache.iterdir()
        content = json.loads(file.read_text())
        (entry,) = content["objects"].values()
        entry["description"] = "remembered"
        file.write_text(json.dumps(content))
        assert self.load(root, cache)["songs"].description == "remembered"

    def test_follows_a_change_of_the_text(self, tmp_path: Path) -> None:
        root, cache = tmp_path / "sql", tmp_path / "cache"
        write_sql(root, {"tables/songs": SONGS})
        self.load(root, cache)
        write_sql(root, {"tables/songs": SONGS.replace("Songs of", "Tunes of")})
        assert self.load(root, cache)["songs"].description.startswith("Tunes of")
        (file,) = cache.iterdir()
        assert len(json.loads(file.read_text())["objects"]) == 1

    @pytest.mark.parametrize(
        "content", ["", "{", "[]", '{"version": "another", "objects": {}}', '{"objects": 3}']
    )
    def test_that_can_t_be_read_is_made_again(self, tmp_path: Path, content: str) -> None:
        root, cache = tmp_path / "sql", tmp_path / "cache"
        write_sql(root, {"tables/songs": SONGS})
        self.load(root, cache)
        (file,) = cache.iterdir()
        file.write_text(content)
        assert self.load(root, cache)["songs"].columns[0].name == "song_id"
        assert json.loads(file.read_text())["objects"]

    def test_that_can_t_be_written_is_done_without(self, tmp_path: Path) -> None:
        root, cache = tmp_path / "sql", tmp_path / "cache"
        write_sql(root, {"tables/songs": SONGS})
        cache.write_text("a file where the folder should be")
        assert "songs" in self.load(root, cache)
