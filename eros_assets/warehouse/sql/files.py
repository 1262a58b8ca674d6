"""Where the objects of `sql/` stand: the folder is the kind, the file name the name.

A procedure that is too long to be read as one file is written in parts: the files of the
folder beside it that has its name, in the order of their names, go on where its own file ends.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from eros_assets.warehouse.sql.objects import Kind, LibraryError

FOLDERS: Mapping[str, Kind] = {
    "tables": "table",
    "functions": "function",
    "table_functions": "table_function",
    "procedures": "procedure",
    "views": "view",
    "operations": "operation",
    "checks": "check",
}

IN_PARTS = ("procedures",)
"""The folders whose objects may be written in parts."""


def object_files(root: Path) -> list[tuple[Path, Kind]]:
    """The file of each object below `root`, in order, with its kind; parts are left out.

    Raises:
        LibraryError: no folder, or a file that stands where none belongs.
    """
    if not root.is_dir():
        raise LibraryError(f"{root} is not a folder; it should hold {', '.join(FOLDERS)}")
    paths = [path for path in sorted(root.rglob("*.sql")) if whole_of(path) == path]
    return [(path, kind_of(path, root)) for path in paths]


def kind_of(path: Path, root: Path) -> Kind:
    """The kind of the object of a file.

    Raises:
        LibraryError: it stands in the wrong folder, or has a name that no object may have.
    """
    folder = path.parent.name
    if path.parent.parent != root or folder not in FOLDERS:
        raise LibraryError(f"{path}: must stand in one of {root}/{{{','.join(FOLDERS)}}}")
    if not re.fullmatch(r"[a-z_][a-z0-9_]*", path.stem):
        raise LibraryError(f"{path}: the name must be lower case letters, digits and '_'")
    return FOLDERS[folder]


def whole_of(path: Path) -> Path:
    """The file of the object that a file is a part of; the file itself when it is none."""
    whole = path.parent.with_suffix(".sql")
    return whole if whole.parent.name in IN_PARTS and whole.is_file() else path


def parts_of(path: Path) -> Sequence[Path]:
    """The files that an object is written in, in order: its own one first."""
    folder = path.with_suffix("")
    return [path, *sorted(folder.glob("*.sql"))] if path.parent.name in IN_PARTS else [path]


def source_text(path: Path) -> str:
    """The text of an object, its parts one after the other."""
    return "".join(part.read_text(encoding="utf-8") for part in parts_of(path))


def place_of(path: Path, line: int) -> tuple[Path, int]:
    """The file and line, from 1, that a line of `source_text` stands in."""
    for part in parts_of(path):
        lines = part.read_text(encoding="utf-8").count("\n")
        if line <= lines:
            return part, line
        line -= lines
    return path, line
