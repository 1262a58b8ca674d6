"""Reads `sql/`: names, kinds, dependencies, columns, fingerprints, rendering.

Parsing is the work of `reading.py`, which needs sqlglot and a second or so; its results are kept in
a file, so that a code location starts without either.
"""

import graphlib
import hashlib
import string
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from eros_assets.warehouse.sql.files import (
    kind_of,
    object_files,
    source_text,
    whole_of,
)
from eros_assets.warehouse.sql.kept_results import keep_results, kept_results
from eros_assets.warehouse.sql.objects import (
    Column,
    Kind,
    LibraryError,
    RoutineParameter,
    SqlObject,
)

DEPLOYED_KINDS: tuple[Kind, ...] = ("table", "function", "table_function", "procedure", "view")

_SQL = Path(__file__).resolve().parents[3] / "sql"
_CACHE_FILE = "sql_library.json"
_READING_VERSION = 7  # raise when reading.py reads the same file differently


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

    def reached_from(self, *names: str) -> frozenset[str]:
        """These objects and all that they mention, through views, functions and procedures too."""
        reached: set[str] = set()
        ahead = list(names)
        while ahead:
            name = ahead.pop()
            if name not in reached:
                reached.add(name)
                ahead += self._objects[name].dependencies
        return frozenset(reached)

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
    cache = cache_dir / _CACHE_FILE if cache_dir else None
    known = read_before(cache_dir)
    objects: list[SqlObject] = []
    by_key: dict[str, SqlObject] = {}
    for path, kind in object_files(root):
        try:
            text = source_text(path)
        except (OSError, UnicodeDecodeError) as error:
            raise LibraryError(f"{path}: can't be read: {error}") from None
        key = _key(path, kind, text)
        sql_object = _read(path, kind, text, known)
        objects.append(sql_object)
        by_key[key] = sql_object
    names = [o.name for o in objects]
    for sql_object in objects:
        if names.count(sql_object.name) > 1:
            raise LibraryError(f"{sql_object.path}: another file of sql/ has the same name")
    if cache is not None and by_key.keys() != known.keys():
        entries = {key: _to_entry(sql_object) for key, sql_object in by_key.items()}
        keep_results(cache, _READING_VERSION, entries)
    return SqlLibrary(objects)


def read_objects(
    texts: Iterable[tuple[str, Kind, str]], cache_dir: Path | None
) -> Sequence[SqlObject]:
    """Objects by name, kind and text, as `load_library` has parsed and kept them, or parsed now.

    Raises:
        LibraryError: a text that can't be parsed.
    """
    known = read_before(cache_dir)
    return [_read(Path(f"{name}.sql"), kind, text, known) for name, kind, text in texts]


def _read(path: Path, kind: Kind, text: str, known: Mapping[str, Any]) -> SqlObject:
    found = _from_entry(known.get(_key(path, kind, text)), path, text)
    if found is None:
        from eros_assets.warehouse.sql.reading import read_object

        found = read_object(path, kind, text)
    return found


def read_before(cache_dir: Path | None) -> Mapping[str, Any]:
    """What `load_library` has parsed and kept; nothing without a folder."""
    return kept_results(cache_dir / _CACHE_FILE if cache_dir else None, _READING_VERSION)


def mistake_in(
    path: Path, root: Path | None = None, known: Mapping[str, Any] | None = None
) -> str | None:
    """What is wrong with one file of the folder `root` by itself; None when it can be used.

    A part of a procedure is judged with the whole of it. `known` is what `read_before` gives: texts
    that are in it are not parsed again.
    """
    whole = whole_of(path)
    try:
        _read(whole, kind_of(whole, root or _SQL), source_text(whole), known or {})
    except (LibraryError, OSError, UnicodeDecodeError) as error:
        return str(error)
    return None


def _key(path: Path, kind: Kind, text: str) -> str:
    return hashlib.sha256(f"{kind}/{path.stem}\n{text}".encode()).hexdigest()


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
