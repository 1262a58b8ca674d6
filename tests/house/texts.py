"""What no text file may say, and what `pyproject.toml` must."""

import os
import re
import tomllib
from collections.abc import Iterable, Iterator
from fnmatch import fnmatch
from itertools import chain
from pathlib import Path

from tests.house.modules import REPOSITORY

FOREIGN_PATHS = ("/" + "work/", ".." + "/shared", "/opt/" + "tools")
"""Folders of a machine that something was written on. Put together, or this file had them."""

NOT_TEXT = (".png", ".ico", ".gz", ".parquet")

ADDRESS = re.compile(
    r"\w+://(?!localhost\b|127\.0\.0\.1\b)[^\s\"')]+"
    r"|--?(extra-)?index-url\b|--find-links\b|--trusted-host\b"
    r"|(?<![\w.-])([\w-]+\.)+(org|com|net|io|dev|internal|local|corp|lan)\b(?![\w(-])"
)


def text_files(root: Path = REPOSITORY) -> Iterator[Path]:
    """The repository's text files: what is on the disk but for what git ignores."""
    ignored = [".git", *(root / ".gitignore").read_text(encoding="utf-8").split()]

    def is_kept(name: str) -> bool:
        return not any(fnmatch(name, pattern.rstrip("/")) for pattern in ignored)

    for folder, folders, names in os.walk(root):
        folders[:] = filter(is_kept, folders)  # what is ignored is not walked either
        for path in (Path(folder) / name for name in names if is_kept(name)):
            if path.suffix not in NOT_TEXT:
                yield path


def lines_with(text: str, strings: Iterable[str]) -> list[str]:
    """Line number and string of each of these strings in a text."""
    return [
        f"{number}: {string}"
        for number, line in enumerate(text.splitlines(), start=1)
        for string in strings
        if string in line
    ]


def addresses(text: str) -> list[str]:
    """Line number and address of everything that points at another machine."""
    return [
        f"{number}: {found.group()}"
        for number, line in enumerate(text.splitlines(), start=1)
        for found in ADDRESS.finditer(line)
    ]


def requirements(pyproject: str, group: str | None = None) -> list[str]:
    """Requirements that a `pyproject.toml` lists: to run, or of a group of optional ones."""
    project = tomllib.loads(pyproject)["project"]
    return project["optional-dependencies"][group] if group else project["dependencies"]


def unexplained(pyproject: str) -> list[str]:
    """Requirements without a reason in words behind them, on their line."""
    project = tomllib.loads(pyproject)["project"]
    listed = [*project["dependencies"], *chain(*project["optional-dependencies"].values())]
    return [
        requirement
        for requirement in listed
        if not re.search(rf'^\s*"{re.escape(requirement)}",\s*# \S.{{6,}}$', pyproject, flags=re.M)
    ]


def package_of(requirement: str) -> str:
    """The name of the package that is required: `dagster` of `dagster==1.13.27`."""
    return re.split(r"[^\w.-]", requirement, maxsplit=1)[0]
