"""Objects that are written in parts: read as one, judged as one, errors told where they stand."""

from dataclasses import replace
from pathlib import Path

import pytest

from eros_assets.warehouse.sql import reading
from eros_assets.warehouse.sql.files import object_files, parts_of, place_of, source_text
from eros_assets.warehouse.sql.library import (
    load_library,
    mistake_in,
    read_before,
    read_objects,
)
from eros_assets.warehouse.sql.objects import LibraryError, SqlObject

BEGINNING = "CREATE OR REPLACE PROCEDURE `${dataset}.tidy`()\nBEGIN\n  SELECT 1 AS a;\n"
SECOND = "\n  SELECT 2 AS b;\n"
END = "\n  SELECT 3 AS c;\nEND;\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A procedure in three parts."""
    written = {
        "procedures/tidy.sql": BEGINNING,
        "procedures/tidy/2_second.sql": SECOND,
        "procedures/tidy/3_end.sql": END,
    }
    for name, text in written.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_parts_are_one_object(root: Path) -> None:
    library = load_library(root)
    assert list(library) == ["tidy"]
    assert library["tidy"].text == BEGINNING + SECOND + END
    assert library["tidy"].path == root / "procedures" / "tidy.sql"


def test_a_changed_part_changes_the_fingerprint(root: Path) -> None:
    before = load_library(root)["tidy"].fingerprint
    (root / "procedures" / "tidy" / "2_second.sql").write_text(SECOND.replace("2 AS", "4 AS"))
    assert load_library(root)["tidy"].fingerprint != before


def test_a_line_is_told_in_the_file_it_stands_in(root: Path) -> None:
    path = root / "procedures" / "tidy.sql"
    lines = source_text(path).split("\n")
    for number, line in enumerate(lines[:-1], 1):
        part, place = place_of(path, number)
        assert part.read_text().split("\n")[place - 1] == line
    assert place_of(path, 5) == (root / "procedures" / "tidy" / "2_second.sql", 2)


@pytest.mark.parametrize("name", ["tidy.sql", "tidy/2_second.sql", "tidy/3_end.sql"])
def test_a_mistake_in_one_part_is_one_of_every_part(root: Path, name: str) -> None:
    assert mistake_in(root / "procedures" / name, root) is None
    (root / "procedures" / "tidy" / "2_second.sql").write_text("  SELECT FROM WHERE;\n")
    assert "tidy.sql" in (mistake_in(root / "procedures" / name, root) or "")


def test_a_text_that_was_parsed_before_is_not_parsed_again(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "cache"
    cache.mkdir()
    read = load_library(root, cache)["tidy"]
    known = read_before(cache)
    changed = read.text.replace("1 AS", "4 AS")
    again = [("tidy", read.kind, read.text), ("tidy", read.kind, changed)]

    def parsed(path: Path, *_: object) -> SqlObject:
        raise LibraryError(f"{path.name} is parsed")

    monkeypatch.setattr(reading, "read_object", parsed)
    assert read_objects(again[:1], cache) == [replace(read, path=Path("tidy.sql"))]
    assert mistake_in(root / "procedures" / "tidy" / "3_end.sql", root, known) is None
    with pytest.raises(LibraryError, match=r"tidy\.sql is parsed"):
        read_objects(again, cache)
    (root / "procedures" / "tidy" / "3_end.sql").write_text("  SELECT 5 AS c;\nEND;\n")
    assert mistake_in(root / "procedures" / "tidy.sql", root, known) == "tidy.sql is parsed"
    assert read_before(tmp_path / "elsewhere") == read_before(None) == {}


@pytest.mark.parametrize("name", ["views/offers/1.sql", "procedures/lost/1.sql", "stray/a.sql"])
def test_a_part_of_nothing_is_refused(root: Path, name: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True)
    path.write_text("SELECT 1 AS a;\n")
    with pytest.raises(LibraryError, match="must stand in one of"):
        object_files(root)


def test_another_folder_has_no_parts(root: Path) -> None:
    view = root / "views" / "tidy.sql"
    assert list(parts_of(view)) == [view]
