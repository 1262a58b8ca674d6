"""Weeks that were kept are played on only by a study that would have played the very same."""

import shutil
from pathlib import Path

import pytest

from eros_assets.dataset import open_dataset
from eros_assets.demo import Agency
from eros_assets.settings import REPOSITORY, load_settings
from eros_assets.simulation.study import Study, imported_agency, players_named


@pytest.fixture
def imported(small: Agency, tmp_path: Path) -> Path:
    folder = tmp_path / "history"
    folder.mkdir()
    for name, frame in small.tables.items():
        frame.to_parquet(folder / f"{name}.parquet", index=False)
    return folder


def kept(imported: Path, tmp_path: Path, tuning_dir: Path | None = None) -> set[str]:
    """The folders of records after a study of no week of the imported agency."""
    settings = {"env": "local", "home": tmp_path / "home", "import_dir": imported}
    dataset = open_dataset(load_settings({**settings, "tuning_dir": tuning_dir}))
    agencies, first_week, label = imported_agency(dataset)
    records = tmp_path / "seasons"
    players = players_named(["uniform"], through_graph=False)
    Study(dataset, agencies, label, first_week, 0, [1], players, records).run()
    return {folder.name for folder in records.iterdir()}


def test_other_files_of_the_same_newest_message_begin_new_records(
    small: Agency, imported: Path, tmp_path: Path
) -> None:
    first = kept(imported, tmp_path)
    assert len(first) == 1
    assert kept(imported, tmp_path) == first
    bank = small.tables["caption_bank"].assign(is_active=True, has_urgency=False)
    bank.to_parquet(imported / "caption_bank.parquet", index=False)
    assert len(kept(imported, tmp_path)) == 2


def test_another_table_of_the_tuning_begins_new_records(imported: Path, tmp_path: Path) -> None:
    kept(imported, tmp_path)
    own = tmp_path / "tuning"
    own.mkdir()
    shipped = REPOSITORY / "eros_assets" / "tuning" / "segment_rules.csv"
    shutil.copy(shipped, own)
    assert len(kept(imported, tmp_path, own)) == 1
    text = shipped.read_text(encoding="utf-8")
    header, first, *rest = text.splitlines()
    cells = first.split(",")
    cells[-1] = "1.5"
    changed = "\n".join([header, ",".join(cells), *rest]) + "\n"
    assert changed != text
    (own / "segment_rules.csv").write_text(changed, encoding="utf-8")
    assert len(kept(imported, tmp_path, own)) == 2
