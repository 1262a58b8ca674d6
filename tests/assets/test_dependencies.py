"""Every table that a step's SQL reads is a declared dependency of the step's assets."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.definitions.assets.graph.asset_graph import AssetGraph

from eros_assets.assets.reporting import BESIDE, dependencies
from eros_assets.automation.jobs import evaluate_policies, export_schedules, health_check
from eros_assets.dataset import sql_library
from eros_assets.definitions import build_definitions
from eros_assets.settings import load_settings
from tests.assets.installed import WEEK, Installed, installed
from tests.assets.statements_run import Statement, noted, objects_read, statements, tables_read
from tests.exporting.sheets_service.service import SPREADSHEET
from tests.exporting.sheets_service.weeks import opened_desk
from tests.google.storage import BUCKET, storage_on_loopback

ASKING_THE_GATE = ("schedule_csv", "schedule_sheet", "schedule_bucket", "system_health")
"""Steps that read nearly every table, in the smoke tests: what is upstream of them need be no edge
of its own."""

OWN_LOG = {"schedule_sheet": {"schedule_csv"}}
"""The export log stands for the asset that writes it first; each export reads its own rows."""

OF_STEPS_OUTSIDE_THE_WEEK = ("system_health", "policy_evaluation", "schedule_sheet")


@pytest.fixture(scope="module")
def ran(
    planned: Path, planned_copy: Installed, tmp_path_factory: pytest.TempPathFactory
) -> list[Statement]:
    """What the steps of the weekly line ran, and then health, policies, sheet and bucket."""
    file = tmp_path_factory.mktemp("statements") / "statements.json"
    with noted(file):
        planned_copy.run(health_check.name)
        planned_copy.run(evaluate_policies.name, WEEK)
        planned_copy.run(export_schedules.name, WEEK)
    return [*statements(planned / "statements.json"), *statements(file)]


@pytest.fixture(scope="module")
def planned_copy(planned: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    """The sample agency with its week planned, with a Google Sheet and a bucket."""
    from shutil import copytree

    folder = tmp_path_factory.mktemp("agency")
    copytree(planned, folder, dirs_exist_ok=True)
    with (
        pytest.MonkeyPatch.context() as patch,
        opened_desk() as desk,
        storage_on_loopback(patch),
        installed(
            folder,
            spreadsheet_id=SPREADSHEET,
            sheets_endpoint=desk.address,
            export_bucket=BUCKET,
        ) as agency,
    ):
        yield agency


@pytest.fixture(scope="module")
def graph() -> AssetGraph:
    everywhere = {"env": "local", "spreadsheet_id": SPREADSHEET, "export_bucket": BUCKET}
    return build_definitions(load_settings(everywhere)).resolve_asset_graph()


def step_of(graph: AssetGraph, key: dg.AssetKey) -> str:
    return graph.get(key).assets_def.op.name


def test_every_table_that_a_step_reads_is_a_dependency_of_its_assets(
    ran: list[Statement], graph: AssetGraph
) -> None:
    """But what an earlier run left: a dependency on what comes later would be a cycle."""
    assets: dict[str, set[str]] = {}
    for key in graph.get_all_asset_keys():
        assets.setdefault(step_of(graph, key), set()).add(key.to_user_string())
    read: dict[str, set[str]] = {}
    for statement in ran:
        tables = {BESIDE.get(name, name) for name in tables_read(statement)}
        read.setdefault(statement.step, set()).update(tables)
    assert {"message_facts", "caption_selections", *OF_STEPS_OUTSIDE_THE_WEEK} <= read.keys()
    lacking: dict[str, set[str]] = {}
    for step in read.keys() & assets.keys():
        own = {dg.AssetKey(name) for name in assets[step]}
        declared = {p.to_user_string() for key in own for p in graph.get(key).parent_keys}
        if step in ASKING_THE_GATE:
            upstream = dg.AssetSelection.assets(*own).upstream().resolve(graph)
            declared |= {key.to_user_string() for key in upstream}
        later = {
            key.to_user_string()
            for key in dg.AssetSelection.assets(*own).downstream().resolve(graph)
        }
        if found := read[step] - declared - later - OWN_LOG.get(step, set()):
            lacking[step] = found
    assert lacking == {}


def test_routines_and_views_that_a_step_mentions_are_dependencies_of_its_assets(
    ran: list[Statement], graph: AssetGraph
) -> None:
    library = sql_library()
    lacking: dict[str, set[str]] = {}
    for key in graph.get_all_asset_keys():
        name = key.to_user_string()
        mentioned = {
            other
            for statement in ran
            if statement.step == name
            for other in objects_read(statement, library)
            if library[other].kind != "table"
        }
        declared = {parent.to_user_string() for parent in graph.get(key).parent_keys}
        if name in ASKING_THE_GATE:
            upstream = dg.AssetSelection.assets(key).upstream().resolve(graph)
            declared |= {other.to_user_string() for other in upstream}
        if found := mentioned - declared:
            lacking[name] = found
    assert lacking == {}


def test_every_table_beside_the_assets_is_filled_by_one(graph: AssetGraph) -> None:
    names = {key.to_user_string() for key in graph.get_all_asset_keys()}
    tables = {table.name for table in sql_library().of_kind("table")}
    assert BESIDE.keys() == tables - names
    assert set(BESIDE.values()) <= names


def test_files_stand_for_what_they_read() -> None:
    found = dependencies("creator_reports", "schedule_csv", without=["creators"])
    assert {"classify_account_size", "message_facts", "schedule_csv"} <= set(found)
    assert "creators" not in found
    assert "creator_reports" not in found
    assert dependencies("pool_log") == ["caption_selections"]
