"""A home is moved, emptied and put back; nothing is lost on the way."""

import datetime as dt
from pathlib import Path

import pytest
from click.testing import CliRunner
from filelock import FileLock

from eros_assets.agency import homes
from eros_assets.agency.homes import HomeError, move_home, put_back, set_aside, start_over
from eros_assets.cli.planning import main
from eros_assets.settings import Settings

NOW = dt.datetime(2025, 11, 3, 9, 30, tzinfo=dt.UTC)
LATER = NOW + dt.timedelta(hours=1)
FILES = {
    "warehouse.duckdb": "tables",
    "history.json": "{}",
    "agency.json": '{"name": "kiln", "origin": "x", "histories": []}',
    "histories/old/mass_messages.csv": "row_id",
    "dagster/runs.db": "runs",
}
OF_AGENCY = {name: text for name, text in FILES.items() if not name.startswith("dagster")}


def home_of(folder: Path) -> Settings:
    for name, text in FILES.items():
        path = folder / "home" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Settings(home=folder / "home", env="local")


def contents(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_text()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.endswith(".lock")
    }


def test_starting_over_sets_the_agency_aside_and_keeps_the_runs(tmp_path: Path) -> None:
    settings = home_of(tmp_path)
    name = start_over(settings, NOW)
    kept = {f"set-aside/{name}/{file}": text for file, text in OF_AGENCY.items()}
    assert contents(settings.home) == {"dagster/runs.db": "runs", **kept}
    with pytest.raises(HomeError, match="there is nothing to set aside"):
        start_over(settings, LATER)


def test_what_was_set_aside_is_put_back_and_the_present_set_aside_for_it(tmp_path: Path) -> None:
    settings = home_of(tmp_path)
    before = contents(settings.home)
    name = start_over(settings, NOW)
    (settings.home / "warehouse.duckdb").write_text("a new beginning")
    aside = put_back(settings, name, LATER)
    assert aside is not None
    assert list(set_aside(settings.home)) == [aside]
    now = contents(settings.home)
    assert now.pop(f"set-aside/{aside}/warehouse.duckdb") == "a new beginning"
    assert now == before
    with pytest.raises(HomeError, match=f"nothing was set aside as 'x'; there is {aside}"):
        put_back(settings, "x", LATER)


def test_a_moved_home_is_the_same_and_the_old_one_kept(tmp_path: Path) -> None:
    settings = home_of(tmp_path)
    before = contents(settings.home)
    old = move_home(settings, tmp_path / "new" / "home", NOW)
    assert contents(tmp_path / "new" / "home") == before == contents(old)
    assert not settings.home.exists()


def test_a_copy_that_differs_leaves_the_home_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = home_of(tmp_path)
    before = contents(settings.home)
    copytree = homes.shutil.copytree

    def damaged(source: Path, target: Path | str, *others: object, **more: object) -> None:
        copytree(source, target, *others, **more)  # type: ignore[arg-type]
        (Path(target) / "warehouse.duckdb").write_text("tab")

    monkeypatch.setattr(homes.shutil, "copytree", damaged)
    with pytest.raises(HomeError, match=r"warehouse\.duckdb changed while it was copied"):
        move_home(settings, tmp_path / "new", NOW)
    assert contents(settings.home) == before


def test_a_home_is_moved_into_an_empty_folder_outside_of_it_alone(tmp_path: Path) -> None:
    settings = home_of(tmp_path)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    for target, said in (("full", "has something in it"), ("home/inside", "lies in the home")):
        with pytest.raises(HomeError, match=said):
            move_home(settings, tmp_path / target, NOW)


def test_a_home_in_use_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = home_of(tmp_path)
    monkeypatch.setattr(homes, "WAIT_SECONDS", 0.1)
    before = contents(settings.home)
    with FileLock(f"{settings.warehouse_file}.lock"):
        for act in (
            lambda: start_over(settings, NOW),
            lambda: move_home(settings, tmp_path / "new", NOW),
        ):
            with pytest.raises(HomeError, match="is in use"):
                act()
    assert contents(settings.home) == before


def test_tables_on_bigquery_are_in_no_home(tmp_path: Path) -> None:
    with pytest.raises(HomeError, match="not in a home: set EROS_DATASET"):
        start_over(Settings(home=tmp_path, env="production"), NOW)


def test_commands_say_what_they_keep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home_of(tmp_path)
    monkeypatch.setenv("EROS_HOME", str(tmp_path / "home"))
    for words, said in (
        (["show"], "kiln, last imported from x"),
        (["name", "stew"], "is the home of stew, before kiln. Nothing else was changed."),
        (["start-over"], "To go back: python -m eros_assets agency put-back "),
        (["show"], "set aside: "),
        (["move", str(tmp_path / "new")], "Kept as it was: "),
    ):
        told = CliRunner().invoke(main, ["agency", *words])
        assert told.exit_code == 0, told.output
        assert said in told.output
    assert CliRunner().invoke(main, ["agency", "name", "two words"]).exit_code == 2
