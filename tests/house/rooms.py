"""Which room a file lies in, who imports Dagster, and who may import whom."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from tests.house.modules import Module

PACKAGE = "eros_assets"
DAGSTER_ROOMS = ("assets", "checks", "automation", "resources", "definitions", "cli")
"""Rooms that may import Dagster."""
MAY_DO_WITHOUT = ("cli",)
"""Of these, the rooms whose files need not."""

RESOURCE_OF_WAREHOUSE = (
    "eros_assets/warehouse/bigquery/connection.py",
    "dagster_gcp.BigQueryResource",
)
"""The one import elsewhere: the production warehouse stands on Dagster's resource."""

Graph = Mapping[str, Mapping[str, int]]
"""The paths of all files; for each, the paths that it imports with the first line that does."""


def room_of(path: str) -> str:
    """The folder of the package that a file lies in, or the file's own name at the top."""
    return path.removeprefix(f"{PACKAGE}/").partition("/")[0].removesuffix(".py")


def dagster_out_of_place(module: Module) -> list[str]:
    """Imports of Dagster outside of its rooms; files of its rooms that do without it."""
    imports = [
        f"{module.path}:{line}: imports {name}"
        for line, name in module.imports()
        if name.partition(".")[0].partition("_")[0] == "dagster"
        and (module.path, name) != RESOURCE_OF_WAREHOUSE
    ]
    room = room_of(module.path)
    if room not in DAGSTER_ROOMS:
        return imports
    if imports or room in MAY_DO_WITHOUT or module.path.endswith("/__init__.py"):
        return []
    return [f"{module.path}: does not import dagster; move it out of {room}"]


def import_graph(sources: Iterable[Module]) -> Graph:
    """What each file imports of the others, wherever in the file.

    An import of a package stands for its `__init__.py`; what Python runs on the way to a module of
    a package is not counted.
    """
    by_path = {module.path: module for module in sources}
    graph: dict[str, dict[str, int]] = {}
    for path, module in by_path.items():
        imported = graph.setdefault(path, {})
        for line, name in module.imports():
            if (target := _file_of(name, by_path)) is not None:
                imported.setdefault(target, line)
    return graph


def _file_of(name: str, paths: Collection[str]) -> str | None:
    """The file that a dotted name stands for; a name in a module stands for the module."""
    while name:
        path = name.replace(".", "/")
        for candidate in (f"{path}.py", f"{path}/__init__.py"):
            if candidate in paths:
                return candidate
        name = name.rpartition(".")[0]
    return None


def room_graph(graph: Graph) -> Graph:
    """The same between rooms; what files of one room import of each other is left out."""
    rooms: dict[str, dict[str, int]] = {}
    for path, imported in graph.items():
        reached = rooms.setdefault(room_of(path), {})
        for target, line in imported.items():
            if room_of(target) != room_of(path):
                reached.setdefault(room_of(target), line)
    return rooms


def cycle(graph: Graph) -> list[str]:
    """One cycle of imports, its first name again at the end; empty when there is none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(reversed(error.args[1]))
    return []


def upward_imports(graph: Graph, order: Sequence[str]) -> list[str]:
    """Imports of a room that stands later in the order, and rooms that the order lacks."""
    rank = {room: number for number, room in enumerate(order)}
    found = [
        f"{path}: the order has no place for {room_of(path)}"
        for path in graph
        if room_of(path) not in rank
    ]
    for path, imported in graph.items():
        below = rank.get(room_of(path), len(order))
        found += [
            f"{path}:{line}: {room_of(path)} imports {target}"
            for target, line in imported.items()
            if rank.get(room_of(target), below) > below
        ]
    return found
