"""Each room is entered by its doors, and none but two ask where EROS runs."""

import pytest

from tests.house import doors
from tests.house.modules import Module
from tests.house.sources import EROS, OUTSIDE, SETTINGS, found_in, sample

INNER_ROOMS = (
    *("eros_assets/planning/", "eros_assets/exporting/", "eros_assets/evaluation/"),
    *("eros_assets/importing/", "eros_assets/demo/", "eros_assets/calendar.py"),
)

ENGINES = ("google.cloud", "duckdb", "sqlglot")
OPEN_TO_ALL = tuple(
    f"eros_assets.warehouse.{name}"
    for name in (
        "open_warehouse",
        "engine_resources",
        "protocol",
        "rows",
        "sql.library",
        "sql.lineage",
        "sql.objects",
        "sql.rehearsal",
        "sql.rules",
    )
)
SHELLS = (
    *("dagster", "dagster_gcp", "dagster_pandas", *ENGINES),
    *(
        f"eros_assets.{name}"
        for name in (
            *("warehouse", "dataset", "resources", "definitions"),
            *("assets", "checks", "automation", "cli"),
        )
    ),
)


def engines(module: Module) -> list[str]:
    return doors.imports_from(module, ENGINES) + doors.imports_beyond(
        module, "eros_assets.warehouse", OPEN_TO_ALL
    )


def shells(module: Module) -> list[str]:
    return doors.imports_from(module, SHELLS)


def test_only_the_warehouse_knows_its_engines() -> None:
    assert found_in(OUTSIDE, engines) == []


@pytest.mark.parametrize(
    "wrong",
    [
        "import duckdb",
        "import sqlglot.optimizer as optimizer",
        "from google.cloud import bigquery",
        "from google.cloud.bigquery import Client",
        "def rows():\n    from sqlglot import exp",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import duckdb",
        "import importlib\nengine = importlib.import_module('duckdb')",
        "from importlib import import_module\nengine = import_module('duckdb')",
        "engine = __import__('duckdb')",
        "from eros_assets.warehouse.duckdb.engine import DuckDBWarehouse",
        "from eros_assets.warehouse import bigquery",
        "import eros_assets.warehouse.duckdb.translation",
    ],
)
def test_an_engine_outside_the_warehouse_is_noticed(wrong: str) -> None:
    assert len(engines(sample(wrong))) == 1


@pytest.mark.parametrize(
    "right",
    [
        "from eros_assets.warehouse.protocol import Warehouse",
        "from eros_assets.warehouse.sql.library import load_library",
        "from eros_assets.warehouse import open_warehouse",
        "import googleish, duckdbs",
        "from google.auth.exceptions import GoogleAuthError",
        '"""Speaks of `import duckdb` in words."""',
    ],
)
def test_the_warehouse_s_seams_are_open_to_all(right: str) -> None:
    assert engines(sample(right)) == []


def test_inner_rooms_know_neither_dagster_nor_the_warehouse() -> None:
    inner = [module for module in EROS if module.path.startswith(INNER_ROOMS)]
    assert {room for room in INNER_ROOMS for m in inner if m.path.startswith(room)} == {
        *INNER_ROOMS
    }
    assert found_in(inner, shells) == []


@pytest.mark.parametrize(
    "wrong",
    [
        "import dagster as dg",
        "from dagster import asset",
        "import dagster_pandas",
        "import duckdb",
        "from eros_assets.warehouse.protocol import Warehouse",
        "from eros_assets import dataset",
        "from eros_assets.dataset import Dataset",
        "from eros_assets.resources import WarehouseResource",
        "from eros_assets.assets.week import WEEKLY",
    ],
)
def test_a_shell_in_an_inner_room_is_noticed(wrong: str) -> None:
    assert len(shells(sample(wrong))) == 1


def test_nobody_asks_which_environment_it_is() -> None:
    elsewhere = [module for module in OUTSIDE if module.path != SETTINGS]
    assert found_in(elsewhere, doors.questions_about_environment) == []


@pytest.mark.parametrize(
    "wrong",
    [
        "if settings.env: ...",
        "if dataset.settings.env == where: ...",
        "if where == 'production': ...",
        "if 'local' != where: ...",
        "if where in ('local', 'elsewhere'): ...",
        "if where in {'production'}: ...",
        "match where:\n    case 'production': ...",
        "folder = {'local': 'out', 'elsewhere': None}[where]",
        "import os\nwhere = os.environ['EROS_" + "ENV']",
        "where = getattr(settings, 'env')",
        "where = settings.model_dump()['env']",
    ],
)
def test_a_question_about_the_environment_is_noticed(wrong: str) -> None:
    assert doors.questions_about_environment(sample(wrong))


@pytest.mark.parametrize(
    "right",
    [
        "if settings.inputs == 'files': ...",
        "import os\nhome = os.environ['HOME']",
        "print('a local file')",
        "local = 'production'",
        '"""In production it is now."""',
    ],
)
def test_what_is_needed_may_be_asked_for(right: str) -> None:
    assert doors.questions_about_environment(sample(right)) == []
