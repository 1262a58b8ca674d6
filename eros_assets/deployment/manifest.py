"""Phase 1 lists every SQL file and Python module with its SHA-256, and the unusable ones.

The manifest's fingerprint identifies a deployment: equal files give an equal fingerprint.
"""

import ast
import hashlib
import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from eros_assets.deployment import import_check
from eros_assets.errors import ErosError
from eros_assets.settings import REPOSITORY, load_settings
from eros_assets.warehouse.sql.library import load_library, mistake_in, read_before
from eros_assets.warehouse.sql.objects import LibraryError

FileKind = Literal["sql", "python"]

PACKAGE = "eros_assets"
IMPORT_SECONDS = 1800.0
"""Long enough for a very busy machine: it ends a process that waits for something for ever."""


class ManifestError(ErosError):
    """Some files can't be used; names each with the reason."""


@dataclass(frozen=True, slots=True)
class File:
    """One file. `path` is relative to the repository, with forward slashes; `bytes` its size.

    `sha256` is empty when it can't be read. `problem` is None when it can be used.
    """

    path: str
    kind: FileKind
    sha256: str
    bytes: int
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """Every SQL file and Python module, by path."""

    files: Sequence[File]

    @property
    def fingerprint(self) -> str:
        """SHA-256 in hex of all paths and contents."""
        return _fingerprint((file.path, file.sha256) for file in self.files)

    @property
    def problems(self) -> Sequence[str]:
        """One line for each file that can't be used."""
        return [f"{file.path}: {file.problem}" for file in self.files if file.problem]

    def as_json(self) -> str:
        """The manifest as a file: fingerprint, then one object per file."""
        files = [asdict(file) for file in self.files]
        return json.dumps({"fingerprint": self.fingerprint, "files": files}, indent=1) + "\n"


def kept_manifest(path: Path, root: Path = REPOSITORY) -> Manifest | None:
    """The manifest that `as_json` wrote to `path`; None unless it is of the files as they are now.

    It spares parsing and importing the same files again.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        kept = Manifest([File(**file) for file in content["files"]])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return kept if kept.fingerprint == code_fingerprint(root) else None


def read_manifest(root: Path = REPOSITORY) -> Manifest:
    """The files below `root`: read, parsed, and the modules imported in a process of their own."""
    cache = load_settings().library_cache
    known = read_before(cache)
    files = [_read(path, root, kind, known) for path, kind in _paths(root)]
    sql = [file for file in files if file.kind == "sql"]
    python = [file for file in files if file.kind == "python"]
    sound = [file.path for file in python if file.problem is None]
    unimportable = _import_failures(root, sound)
    python = [
        replace(file, problem=f"unimportable: {unimportable[_module(file.path)]}")
        if _module(file.path) in unimportable
        else file
        for file in python
    ]
    if sql and not any(file.problem for file in sql):
        sql = _with_dependencies(sql, root, cache if root == REPOSITORY else None)
    return Manifest(sorted([*sql, *python], key=lambda file: file.path))


def code_fingerprint(root: Path = REPOSITORY) -> str:
    """The fingerprint of the manifest, from the files alone: nothing is parsed or imported."""
    # By name, as the manifest is: as paths, the parts of a procedure come before its own file.
    paths = [path for path, _ in _paths(root)]
    return _fingerprint(
        sorted((path.relative_to(root).as_posix(), _sha256(path.read_bytes())) for path in paths)
    )


def require_usable(manifest: Manifest) -> None:
    """Raise unless every file can be used.

    Raises:
        ManifestError: some can't; one line for each.
    """
    if manifest.problems:
        raise ManifestError(
            f"{len(manifest.problems)} files can't be used; nothing was deployed.\n"
            + "\n".join(f"  {problem}" for problem in manifest.problems)
        )


def _paths(root: Path) -> Iterator[tuple[Path, FileKind]]:
    for path in sorted((root / "sql").rglob("*.sql")):
        yield path, "sql"
    for path in sorted((root / PACKAGE).rglob("*.py")):
        yield path, "python"


def _fingerprint(files: Iterable[tuple[str, str]]) -> str:
    digest = hashlib.sha256()
    for path, sha256 in files:
        digest.update(f"{path}\x1f{sha256}\x1e".encode())
    return digest.hexdigest()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _read(path: Path, root: Path, kind: FileKind, known: Mapping[str, Any]) -> File:
    name = path.relative_to(root).as_posix()
    try:
        content = path.read_bytes()
    except OSError as error:
        return File(name, kind, "", 0, f"unreadable: {error}")
    problem = mistake_in(path, root / "sql", known) if kind == "sql" else _unparsable(content)
    if problem is not None:
        problem = f"unparsable: {problem}"
    return File(name, kind, _sha256(content), len(content), problem)


def _unparsable(content: bytes) -> str | None:
    try:
        ast.parse(content)
    except (SyntaxError, ValueError) as error:  # ValueError: null bytes
        return str(error)
    return None


def _import_failures(root: Path, paths: Sequence[str]) -> Mapping[str, str]:
    """The error of each module that a fresh process can't import."""
    names = [_module(path) for path in paths]
    try:
        done = subprocess.run(
            [sys.executable, "-P", import_check.__file__, str(root), *names],
            cwd=root,
            capture_output=True,
            text=True,
            timeout=IMPORT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ManifestError(
            f"the import of {len(names)} modules did not end in {IMPORT_SECONDS:g} s: one of them "
            "waits for something, or the machine is very busy; run it again"
        ) from None
    try:
        return json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise ManifestError(f"the modules can't be imported at all: {last}") from None


def _module(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _with_dependencies(files: Sequence[File], root: Path, cache_dir: Path | None) -> list[File]:
    """The files; the one that prevents ordering them has its problem."""
    try:
        load_library(root / "sql", cache_dir).deploy_order()
    except LibraryError as error:
        named = [file.path for file in files if str(root / file.path) in str(error)]
        culprit = (named or [files[0].path])[0]
        return [replace(f, problem=str(error)) if f.path == culprit else f for f in files]
    return list(files)
