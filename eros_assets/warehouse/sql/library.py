"""Reads `sql/`: names, kinds, dependencies, columns, fingerprints, rendering.

Parsing is the work of `reading.py`, which needs sqlglot and a second or so; its results are kept in
a file, so that a code location starts without either.
"""

import graphlib
import hashlib
import json
import os
import re
import string
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from eros_assets.warehouse.sql.objects import (
    Column,
    Kind,
    LibraryError,
    RoutineParameter,
    SqlObject,
)

FOLDERS: Mapping[str, Kind] = {
    "tables": "table",
    "functions": "function",
    "table_functions": "table_function",
    "procedures": "procedure",
    "views": "view",
    "operations": "operation",
    "checks": "check",
}
DEPLOYED_KINDS: tuple[Kind, ...] = ("table", "function", "table_function", "procedure", "view")

_SQL = Path(__file__).resolve().parents[3] / "sql"
_CACHE_FILE = "sql_library.json"
_READING_VERSION = 6  # raise when reading.py reads the same file differently


class SqlLibrary(Mapping[str, SqlObject]):
    """Every object of `sql/` by name."""

    def __init__(self, objects: Sequence[SqlObject]) -> None:
        self._objects = {o.name: o for o in sorted(objects, key=lambda o: o.name)}

    def __getitem__(self, name: str) -> SqlObject:
        return self._objects[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._objects)

    def __len__(self) -> int:
        return len(self._objects)

    def of_kind(self, *kinds: Kind) -> tuple[SqlObject, ...]:
        """The objects of these kinds, by name."""
        return tuple(o for o in self._objects.values() if o.kind in kinds)

    def deploy_order(self) -> tuple[SqlObject, ...]:
        """Tables by name, then views and routines, each after all that it depends on.

        Among those that may come next, the first by name does.

        Raises:
            LibraryError: a dependency that no file defines, or a cycle; names the objects.
        """
        for sql_object in self._objects.values():
            for name in sorted(sql_object.dependencies - self._objects.keys()):
                raise LibraryError(
                    f"{sql_object.path} mentions {name}, which no file of sql/ makes"
                )
        tables = self.of_kind("table")
        above = self.of_kind("function", "table_function", "procedure", "view")
        order = dependency_order({o.name: o.dependencies for o in above})
        return (*tables, *(self._objects[name] for name in order))


def dependency_order(dependencies: Mapping[str, Collection[str]]) -> Sequence[str]:
    """The names, each after those of them that it depends on; the first by name where several may.

    Raises:
        LibraryError: a cycle; names the objects.
    """
    sorter = graphlib.TopologicalSorter(
        {name: set(needed) & dependencies.keys() for name, needed in dependencies.items()}
    )
    try:
        sorter.prepare()
    except graphlib.CycleError as error:
        circle = " -> ".join(reversed(error.args[1]))
        raise LibraryError(f"sql/: these objects depend on each other: {circle}") from None
    order: list[str] = []
    ready: list[str] = []
    while sorter.is_active():
        ready = sorted([*ready, *sorter.get_ready()])
        order.append(ready.pop(0))
        sorter.done(order[-1])
    return order


class _Braced(string.Template):
    """Substitutes `${name}` and nothing else: a regular expression's `$` is no placeholder."""

    pattern = r"\$\{(?P<braced>[^}]*)\}|(?P<escaped>(?!))|(?P<named>(?!))|(?P<invalid>(?!))"  # pyright: ignore[reportAssignmentType]


def render(text: str, dataset_name: str, source: object = "the SQL") -> str:
    """`text` with `${dataset}` replaced by `project.dataset`.

    Args:
        text: GoogleSQL as it stands in `sql/`.
        dataset_name: `Settings.dataset_name`.
        source: the file, for the error.

    Raises:
        LibraryError: another `${...}` in it; names the source.
    """
    try:
        return _Braced(text).substitute({"dataset": dataset_name})
    except KeyError as error:
        name = error.args[0]
        raise LibraryError(
            f"{source}: ${{{name}}} is unknown; only ${{dataset}} is rendered"
        ) from None


def load_library(root: Path | None = None, cache_dir: Path | None = None) -> SqlLibrary:
    """Every object of the folder `root` (default: the repository's `sql/`).

    Args:
        root: folder with one folder per kind.
        cache_dir: where parsed files are remembered; None parses every file.

    Raises:
        LibraryError: a file that can't be read or parsed, that stands in the wrong folder, or whose
            name is not its object's.
    """
    root = root or _SQL
    files = _files(root)
    known = _read_cache(cache_dir)
    objects: list[SqlObject] = []
    entries: dict[str, Any] = {}
    for path, kind in files:
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise LibraryError(f"{path}: can't be read: {error}") from None
        key = hashlib.sha256(f"{kind}/{path.stem}\n{text}".encode()).hexdigest()
        sql_object = _from_entry(known.get(key), path, text)
        if sql_object is None:
            from eros_assets.warehouse.sql.reading import read_object

            sql_object = read_object(path, kind, text)
        objects.append(sql_object)
        entries[key] = _to_entry(sql_object)
    names = [o.name for o in objects]
    for sql_object in objects:
        if names.count(sql_object.name) > 1:
            raise LibraryError(f"{sql_object.path}: another file of sql/ has the same name")
    if cache_dir is not None and entries.keys() != known.keys():
        _write_cache(cache_dir, entries)
    return SqlLibrary(objects)


def mistake_in(path: Path, root: Path | None = None) -> str | None:
    """What is wrong with one file of the folder `root` by itself; None when it can be used."""
    from eros_assets.warehouse.sql.reading import read_object

    try:
        kind = _kind_of(path, root or _SQL)
        read_object(path, kind, path.read_text(encoding="utf-8"))
    except (LibraryError, OSError, UnicodeDecodeError) as error:
        return str(error)
    return None


def _files(root: Path) -> list[tuple[Path, Kind]]:
    if not root.is_dir():
        raise LibraryError(f"{root} is not a folder; it should hold {', '.join(FOLDERS)}")
    return [(path, _kind_of(path, root)) for path in sorted(root.rglob("*.sql"))]


def _kind_of(path: Path, root: Path) -> Kind:
    folder = path.parent.name
    if path.parent.parent != root or folder not in FOLDERS:
        raise LibraryError(f"{path}: must stand in one of {root}/{{{','.join(FOLDERS)}}}")
    if not re.fullmatch(r"[a-z_][a-z0-9_]*", path.stem):
        raise LibraryError(f"{path}: the name must be lower case letters, digits and '_'")
    return FOLDERS[folder]


def _cache_version() -> str:
    return f"{_READING_VERSION}/{version('sqlglot')}"


def _read_cache(cache_dir: Path | None) -> dict[str, Any]:
    if cache_dir is None:
        return {}
    try:
        cached = json.loads((cache_dir / _CACHE_FILE).read_text(encoding="utf-8"))
        return dict(cached["objects"]) if cached["version"] == _cache_version() else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}  # a cache that can't be read is made again


def _write_cache(cache_dir: Path, entries: Mapping[str, Any]) -> None:
    try:
        cache_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w", dir=cache_dir, prefix=_CACHE_FILE, delete=False, encoding="utf-8"
        ) as file:
            json.dump({"version": _cache_version(), "objects": entries}, file)
        os.replace(file.name, cache_dir / _CACHE_FILE)  # noqa: PTH105 (Path.replace is no clearer)
    except OSError:
        return  # a folder that can't be written only costs the next start its second


def _to_entry(sql_object: SqlObject) -> dict[str, Any]:
    return {
        "name": sql_object.name,
        "kind": sql_object.kind,
        "description": sql_object.description,
        "dependencies": sorted(sql_object.dependencies),
        "parameters": [asdict(p) for p in sql_object.parameters],
        "columns": [asdict(c) for c in sql_object.columns],
        "fingerprint": sql_object.fingerprint,
        "key": sql_object.key,
    }


def _from_entry(entry: Any, path: Path, text: str) -> SqlObject | None:
    try:
        return SqlObject(
            name=entry["name"],
            kind=entry["kind"],
            path=path,
            text=text,
            description=entry["description"],
            dependencies=frozenset(entry["dependencies"]),
            parameters=tuple(RoutineParameter(**p) for p in entry["parameters"]),
            columns=tuple(Column(**(c | {"one_of": tuple(c["one_of"])})) for c in entry["columns"]),
            fingerprint=entry["fingerprint"],
            key=tuple(entry["key"]),
        )
    except (KeyError, TypeError):
        return None
