"""A home holds one agency, known by what it says of itself, whatever pages come and go."""

from pathlib import Path

import pytest

from eros_assets.agency.identity import (
    Agency,
    AnotherAgencyError,
    agency_of,
    importing_agency,
    note_agency,
)
from eros_assets.errors import ErosError
from eros_assets.settings import Settings

PAGES = {"ana", "ben", "cem", "dia"}


def settings(home: Path, folder: str = "history", **given: str) -> Settings:
    (home / folder).mkdir(exist_ok=True)
    return Settings(home=home, env="local", import_dir=home / folder, **given)  # pyright: ignore[reportArgumentType]


def noted(home: Path, name: str | None = None, folder: str = "history") -> None:
    note_agency(home, Agency(name, str((home / folder).resolve()), ("old",)))


def test_the_first_import_says_whose_home_it_is(tmp_path: Path) -> None:
    found = importing_agency(settings(tmp_path, agency="kiln"), set(), PAGES)
    assert found == Agency("kiln", str(tmp_path / "history"))
    note_agency(tmp_path, found)
    assert agency_of(tmp_path) == found


@pytest.mark.parametrize("coming", [{"ana"}, {"eve"}, set[str]()])
def test_the_same_folder_is_the_same_agency_whoever_has_left(
    tmp_path: Path, coming: set[str]
) -> None:
    noted(tmp_path)
    assert importing_agency(settings(tmp_path), PAGES, coming).histories == ("old",)


def test_another_folder_with_one_known_page_is_the_same_agency(tmp_path: Path) -> None:
    noted(tmp_path)
    moved = settings(tmp_path, "elsewhere")
    assert importing_agency(moved, PAGES, {"ana", "eve"}).origin == str(tmp_path / "elsewhere")


def test_another_folder_without_a_known_page_is_refused_with_the_ways_on(tmp_path: Path) -> None:
    noted(tmp_path)
    with pytest.raises(AnotherAgencyError) as caught:
        importing_agency(settings(tmp_path, "elsewhere"), PAGES, {"eve", "flo"})
    said = str(caught.value)
    assert "none of its 4 pages (ana, ben, cem, ...) is among the 2 to load (eve, flo)" in said
    assert f"EROS_HOME={tmp_path}-elsewhere EROS_OUT_DIR=" in said
    for way in ("agency name", "agency start-over"):
        assert way in said


def test_the_same_name_is_the_same_agency_whatever_it_sends(tmp_path: Path) -> None:
    noted(tmp_path, "kiln")
    moved = settings(tmp_path, "elsewhere", agency="kiln")
    assert importing_agency(moved, PAGES, {"eve"}).name == "kiln"


def test_another_name_is_another_agency_whatever_it_sends(tmp_path: Path) -> None:
    noted(tmp_path, "kiln")
    with pytest.raises(AnotherAgencyError, match="is the home of kiln, and EROS_AGENCY says stew"):
        importing_agency(settings(tmp_path, agency="stew"), PAGES, PAGES)


def test_a_name_that_is_said_later_is_kept(tmp_path: Path) -> None:
    noted(tmp_path)
    assert importing_agency(settings(tmp_path, agency="kiln"), PAGES, PAGES).name == "kiln"
    noted(tmp_path, "kiln")
    assert importing_agency(settings(tmp_path), PAGES, PAGES).name == "kiln"


def test_a_home_of_an_earlier_version_is_known_by_its_pages(tmp_path: Path) -> None:
    assert importing_agency(settings(tmp_path), PAGES, {"dia"}).name is None
    with pytest.raises(AnotherAgencyError):
        importing_agency(settings(tmp_path), PAGES, {"eve"})


def test_a_damaged_file_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "agency.json").write_text("{")
    with pytest.raises(ErosError, match=r"agency\.json can't be read: .* remove it"):
        agency_of(tmp_path)
