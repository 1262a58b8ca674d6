"""Dagster is known in its rooms alone, and imports go down from room to room, never around."""

from collections.abc import Mapping
from itertools import pairwise

import pytest

from tests.house import rooms
from tests.house.sources import EROS, found_in, sample

ORDER = (
    *("__init__", "errors", "arrays", "atomic_write", "settings", "calendar", "alerts", "work"),
    *("warehouse", "cached_reads", "dataset"),
    *("tuning", "importing", "planning", "evaluation", "text_priors", "exporting", "demo"),
    *("agency", "captions"),
    *(
        "weekly",
        "gate",
        "insights",
        "publishing",
        "answers",
        "health",
        "deployment",
        "acceptance",
        "simulation",
    ),
    *("resources", "assets", "checks", "automation", "definitions", "cli", "__main__"),
)
"""The rooms, lowest first: each may import those before it."""


@pytest.fixture(scope="module")
def graph() -> rooms.Graph:
    """The imports of EROS."""
    return rooms.import_graph(EROS)


def files(texts: Mapping[str, str]) -> rooms.Graph:
    """The imports of a package whose files have these texts."""
    return rooms.import_graph(sample(text, f"eros_assets/{path}") for path, text in texts.items())


# Dagster


def test_dagster_is_known_in_its_rooms_alone() -> None:
    assert found_in(EROS, rooms.dagster_out_of_place) == []


@pytest.mark.parametrize(
    "wrong",
    [
        "import dagster as dg",
        "from dagster import asset",
        "import dagster._core.errors",
        "import dagster_gcp",
        "import dagster_pandas",
        "def client():\n    from dagster_slack import SlackResource",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import dagster as dg",
        "import importlib\ndg = importlib.import_module('dagster')",
    ],
)
@pytest.mark.parametrize("path", ["alerts.py", "weekly/rows.py", "gate/__init__.py"])
def test_dagster_in_another_room_is_noticed(wrong: str, path: str) -> None:
    assert len(rooms.dagster_out_of_place(sample(wrong, f"eros_assets/{path}"))) == 1


@pytest.mark.parametrize(
    "path",
    ["assets/rows.py", "checks/rows.py", "automation/turns.py", "resources.py", "definitions.py"],
)
def test_a_file_of_dagster_s_rooms_that_does_without_is_noticed(path: str) -> None:
    text = '"""Speaks of `import dagster` in words."""\nimport dagsterish'
    assert len(rooms.dagster_out_of_place(sample(text, f"eros_assets/{path}"))) == 1


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("assets/schedules.py", "import dagster as dg"),
        ("assets/__init__.py", '"""Assets."""'),
        ("cli/planning.py", "import click"),
        ("cli/planning.py", "def plan():\n    import dagster as dg"),
        ("weekly/rows.py", "import dagsterish\nfrom eros_assets.weekly import dagster"),
    ],
)
def test_dagster_where_it_belongs_is_fine(path: str, text: str) -> None:
    assert rooms.dagster_out_of_place(sample(text, f"eros_assets/{path}")) == []


# Cycles


def test_no_file_imports_itself_by_a_detour(graph: rooms.Graph) -> None:
    assert rooms.cycle(graph) == []


def test_no_room_imports_itself_by_a_detour(graph: rooms.Graph) -> None:
    assert rooms.cycle(rooms.room_graph(graph)) == []


WAYS_BACK = [
    "from eros_assets.gate.first import found",
    "from eros_assets.gate import first",
    "import eros_assets.gate.first",
    "def later():\n    from eros_assets.gate.first import found",
    "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from eros_assets.gate import first",
    "import importlib\nfirst = importlib.import_module('eros_assets.gate.first')",
]


@pytest.mark.parametrize("back", WAYS_BACK)
def test_a_cycle_of_files_is_noticed(back: str) -> None:
    graph = files(
        {
            "gate/first.py": "from eros_assets.gate import second",
            "gate/second.py": "from eros_assets.gate import third",
            "gate/third.py": back,
        }
    )
    first, second, third = (f"eros_assets/gate/{name}.py" for name in ("first", "second", "third"))
    found = rooms.cycle(graph)
    assert found[0] == found[-1]
    assert set(pairwise(found)) == {
        (first, second),
        (second, third),
        (third, first),
    }


def test_a_package_that_its_own_module_imports_is_noticed() -> None:
    graph = files(
        {
            "gate/__init__.py": "from eros_assets.gate.findings import Finding",
            "gate/findings.py": "from eros_assets.gate import Finding",
        }
    )
    assert len(rooms.cycle(graph)) == 3


def test_a_package_and_its_modules_are_no_cycle() -> None:
    """A module of a package is reached through the package's `__init__.py`, as Python has it."""
    graph = files(
        {
            "gate/__init__.py": "from eros_assets.gate import smoke",
            "gate/smoke.py": "from eros_assets.gate.findings import Finding",
            "gate/findings.py": "import dataclasses",
        }
    )
    assert rooms.cycle(graph) == []


@pytest.mark.parametrize("back", WAYS_BACK)
def test_a_cycle_of_rooms_without_one_of_files_is_noticed(back: str) -> None:
    graph = files(
        {
            "gate/first.py": "",
            "gate/second.py": "from eros_assets.calendar import ZONE",
            "calendar.py": "from eros_assets.health import rows",
            "health/rows.py": back,
        }
    )
    assert rooms.cycle(graph) == []
    assert sorted(set(rooms.cycle(rooms.room_graph(graph)))) == ["calendar", "gate", "health"]


# Order


def test_every_room_has_its_place_in_the_order(graph: rooms.Graph) -> None:
    assert sorted(rooms.room_graph(graph)) == sorted(ORDER)


def test_no_room_imports_one_above_it(graph: rooms.Graph) -> None:
    assert rooms.upward_imports(graph, ORDER) == []


@pytest.mark.parametrize("up", WAYS_BACK)
def test_an_import_of_a_higher_room_is_noticed(up: str) -> None:
    graph = files({"gate/first.py": "", "weekly/rows.py": up})
    [found] = rooms.upward_imports(graph, ORDER)
    assert found.startswith("eros_assets/weekly/rows.py:")
    assert rooms.upward_imports(files({"gate/first.py": "", "health/rows.py": up}), ORDER) == []


def test_a_room_without_a_place_in_the_order_is_noticed() -> None:
    [found] = rooms.upward_imports(
        files({"cellar.py": "from eros_assets.errors import ErosError"}), ORDER
    )
    assert "no place for cellar" in found
