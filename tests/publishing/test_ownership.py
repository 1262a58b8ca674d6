"""An export folder has the weeks of one home; another home is refused, and changes nothing."""

from pathlib import Path
from shutil import copytree, rmtree
from typing import Any

import pytest

from eros_assets.publishing.ownership import (
    OWNER,
    AnotherHomesFolderError,
    require_own_folder,
    take_folder,
)
from eros_assets.settings import Settings


def settings_of(folder: Path, home: str = "home", **more: Any) -> Settings:
    """A home below `folder` that has tables; its exports go to `out` there."""
    values: dict[str, Any] = {"home": folder / home, "out_dir": folder / "out", **more}
    settings = Settings(**values)
    settings.home.mkdir(parents=True, exist_ok=True)
    settings.warehouse_file.touch()
    return settings


def production(folder: Path, dataset: str = "brain", **more: Any) -> Settings:
    return settings_of(folder, env="production", dataset=dataset, **more)


@pytest.fixture
def taken(tmp_path: Path) -> Settings:
    """A home that has published."""
    settings = settings_of(tmp_path)
    take_folder(settings)
    return settings


def test_a_home_may_publish_again_and_again(taken: Settings) -> None:
    before = (taken.out_dir / OWNER).read_bytes()
    take_folder(taken)
    require_own_folder(taken)
    assert (taken.out_dir / OWNER).read_bytes() == before


@pytest.mark.parametrize(
    "changes",
    [
        {"home": "second"},
        {"home": "home/below"},
        {"dataset": "second"},
        {"env": "production"},
        {"env": "production", "home": "second"},
    ],
    ids=lambda changes: " ".join(changes.values()),
)
def test_another_home_is_refused_in_one_line(
    tmp_path: Path, taken: Settings, changes: dict[str, str]
) -> None:
    before = (taken.out_dir / OWNER).read_bytes()
    other = settings_of(tmp_path, **changes)
    for refused in (require_own_folder, take_folder):
        with pytest.raises(AnotherHomesFolderError) as raised:
            refused(other)
        (line,) = str(raised.value).splitlines()
        assert str(taken.warehouse_file) in line
        assert other.warehouse_location in line
        assert f"EROS_OUT_DIR={taken.out_dir}-" in line
        assert str(taken.out_dir / OWNER) in line
    assert (taken.out_dir / OWNER).read_bytes() == before


def test_the_way_on_that_is_named_is_one(tmp_path: Path, taken: Settings) -> None:
    other = settings_of(tmp_path, "second")
    (taken.out_dir / OWNER).unlink()
    take_folder(other)
    with pytest.raises(AnotherHomesFolderError):
        require_own_folder(taken)


def test_machines_that_share_a_dataset_share_the_folder(tmp_path: Path) -> None:
    take_folder(production(tmp_path))
    take_folder(production(tmp_path, home="of_the_other_machine"))
    with pytest.raises(AnotherHomesFolderError, match=r"of-scheduler-proj\.brain; those"):
        take_folder(production(tmp_path, "trial"))
    with pytest.raises(AnotherHomesFolderError):
        take_folder(production(tmp_path, project_id="another-project"))


def test_a_home_that_is_gone_or_was_moved_leaves_its_folder_to_the_next(
    tmp_path: Path, taken: Settings
) -> None:
    taken.home.rename(tmp_path / "moved")
    take_folder(settings_of(tmp_path, "moved"))
    with pytest.raises(AnotherHomesFolderError):
        take_folder(settings_of(tmp_path, "home"))
    rmtree(tmp_path / "moved")
    take_folder(settings_of(tmp_path, "home"))


def test_home_and_exports_may_be_moved_or_copied_together(tmp_path: Path, taken: Settings) -> None:
    del taken
    for folder in ("home", "out"):
        copytree(tmp_path / folder, tmp_path / "elsewhere" / folder)
    take_folder(settings_of(tmp_path / "elsewhere"))


def test_a_link_to_the_folder_is_the_folder(tmp_path: Path, taken: Settings) -> None:
    (tmp_path / "deep").mkdir()
    link = tmp_path / "deep" / "link"
    link.symlink_to(taken.out_dir)
    take_folder(taken.model_copy(update={"out_dir": link}))
    other = settings_of(tmp_path, "second").model_copy(update={"out_dir": link})
    with pytest.raises(AnotherHomesFolderError):
        take_folder(other)


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"\xff", b'{"warehouse": 1}'])
def test_a_folder_that_does_not_say_whose_it_is_is_taken(
    tmp_path: Path, taken: Settings, content: bytes
) -> None:
    (taken.out_dir / OWNER).write_bytes(content)
    other = settings_of(tmp_path, "second")
    require_own_folder(other)
    take_folder(other)
    with pytest.raises(AnotherHomesFolderError):
        require_own_folder(taken)
