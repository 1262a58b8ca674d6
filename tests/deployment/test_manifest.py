"""Every file is in the manifest with its digest; one that can't be used is named, and why."""

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from eros_assets.deployment import manifest
from eros_assets.deployment.manifest import (
    ManifestError,
    code_fingerprint,
    read_manifest,
    require_usable,
)
from eros_assets.settings import REPOSITORY

TABLE = "CREATE TABLE IF NOT EXISTS `${dataset}.rooms` (room_id INT64);\n"
VIEW = (
    "CREATE OR REPLACE VIEW `${dataset}.free` AS SELECT r.room_id FROM `${dataset}.rooms` AS r;\n"
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A small repository, all of it sound."""
    files = {
        "sql/tables/rooms.sql": TABLE,
        "sql/views/free.sql": VIEW,
        "eros_assets/__init__.py": "",
        "eros_assets/rooms.py": "from eros_assets.doors import OPEN\n",
        "eros_assets/doors.py": "OPEN = True\n",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def test_every_file_has_the_digest_of_its_bytes(root: Path) -> None:
    manifest = read_manifest(root)
    assert [file.path for file in manifest.files] == [
        *("eros_assets/__init__.py", "eros_assets/doors.py", "eros_assets/rooms.py"),
        *("sql/tables/rooms.sql", "sql/views/free.sql"),
    ]
    for file in manifest.files:
        content = (root / file.path).read_bytes()
        assert (file.sha256, file.bytes) == (hashlib.sha256(content).hexdigest(), len(content))
    assert manifest.problems == []
    require_usable(manifest)
    read_back = json.loads(manifest.as_json())
    assert read_back["fingerprint"] == manifest.fingerprint == code_fingerprint(root)
    assert len(read_back["files"]) == 5


@pytest.mark.parametrize("name", ["eros_assets/doors.py", "sql/views/free.sql"])
def test_a_change_of_any_file_or_name_is_another_fingerprint(root: Path, name: str) -> None:
    before = code_fingerprint(root)
    path = root / name
    path.write_text(path.read_text() + "\n")
    changed = code_fingerprint(root)
    path.rename(path.with_stem("other"))
    assert len({before, changed, code_fingerprint(root)}) == 3


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("eros_assets/doors.py", b"OPEN = = 1\n", "unparsable: invalid syntax"),
        ("eros_assets/doors.py", b"OPEN = '\xff'\n", "unparsable: "),
        ("eros_assets/late.py", b"import no_such_module\n", "unimportable: ModuleNotFoundError"),
        ("eros_assets/late.py", b"raise SystemExit(3)\n", "unimportable: SystemExit: 3"),
        ("sql/views/free.sql", b"CREATE OR REPLACE VIEW AS SELEC 1;\n", "unparsable: "),
        ("sql/views/free.sql", b"\xff\xfe", "unparsable: "),
        ("sql/odd/free2.sql", VIEW.encode(), "must stand in one of"),
        (
            "sql/views/lost.sql",
            VIEW.replace("free", "lost").replace("rooms", "roms").encode(),
            "roms",
        ),
    ],
)
def test_a_file_that_can_t_be_used_is_named(
    root: Path, name: str, content: bytes, problem: str
) -> None:
    path = root / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    manifest = read_manifest(root)
    named = [found for found in manifest.problems if found.startswith(f"{name}: ")]
    assert len(named) == 1, manifest.problems
    assert problem in named[0]
    with pytest.raises(ManifestError, match="nothing was deployed") as caught:
        require_usable(manifest)
    assert named[0] in str(caught.value)


def test_a_file_that_can_t_be_read_is_named(root: Path) -> None:
    (root / "sql/views/gone.sql").symlink_to(root / "nowhere.sql")
    assert any(
        problem.startswith("sql/views/gone.sql: unreadable: ")
        for problem in read_manifest(root).problems
    )


def test_modules_that_wait_for_something_for_ever_are_told_in_words(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manifest, "IMPORT_SECONDS", 0.01)
    with pytest.raises(ManifestError, match=r"modules did not end in 0.01 s: .* run it again"):
        read_manifest(root)


def test_a_module_that_a_broken_one_needs_is_named_too(root: Path) -> None:
    (root / "eros_assets" / "doors.py").write_text("raise ValueError('jammed')\n")
    problems = read_manifest(root).problems
    assert [problem.split(":")[0] for problem in problems] == [
        "eros_assets/doors.py",
        "eros_assets/rooms.py",
    ]
    assert all("ValueError: jammed" in problem for problem in problems)


def test_the_repository_itself_is_sound() -> None:
    manifest = read_manifest()
    assert manifest.problems == []
    sql = [file for file in manifest.files if file.kind == "sql"]
    assert len(sql) == len(list((REPOSITORY / "sql").rglob("*.sql")))
    assert "eros_assets/deployment/manifest.py" in {file.path for file in manifest.files}
    assert manifest.fingerprint == code_fingerprint()


def test_a_copy_of_the_files_elsewhere_has_the_same_fingerprint(root: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    for folder in ("sql", "eros_assets"):
        shutil.copytree(root / folder, copy / folder)
    assert code_fingerprint(copy) == code_fingerprint(root)
