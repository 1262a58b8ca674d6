"""What the Dagster UI shows of every asset by rule."""

from pathlib import Path

import dagster as dg
import pytest
from dagster._core.definitions.assets.graph.asset_graph import AssetGraph

from eros_assets.acceptance.table import PHASES
from eros_assets.assets.labels import GROUPS, UnknownGroupError
from eros_assets.assets.phases import PHASE_TAG
from eros_assets.dataset import sql_library
from eros_assets.definitions import build_definitions
from eros_assets.gate.smoke import SMOKE_TESTS
from eros_assets.importing.schema import LOADED_BY_OTHERS
from eros_assets.settings import load_settings

LOCAL = {"env": "local", "dataset": "elsewhere"}
PRODUCTION = {"env": "production", "project_id": "some-project", "dataset": "elsewhere"}


def graph_of(**settings: object) -> AssetGraph:
    return build_definitions(load_settings(settings)).resolve_asset_graph()


@pytest.fixture(scope="module")
def graph() -> AssetGraph:
    return graph_of(**LOCAL)


@pytest.fixture(scope="module")
def production() -> AssetGraph:
    return graph_of(**PRODUCTION)


def references(graph: AssetGraph, name: str) -> list[dg.LocalFileCodeReference]:
    return graph.get(dg.AssetKey(name)).metadata["dagster/code_references"].code_references


def test_data_flows_through_the_groups_in_their_order(graph: AssetGraph) -> None:
    order = list(GROUPS)
    nodes = [graph.get(key) for key in graph.get_all_asset_keys()]
    assert {node.group_name for node in nodes} == set(order)
    backwards = {
        f"{parent.to_user_string()} -> {node.key.to_user_string()}"
        for node in nodes
        for parent in node.parent_keys
        if order.index(graph.get(parent).group_name) > order.index(node.group_name)
    }
    assert backwards == set()


def test_every_asset_says_its_place_owner_and_phase(graph: AssetGraph) -> None:
    for key in graph.get_all_asset_keys():
        node = graph.get(key)
        group = GROUPS[node.group_name]
        own, _, place = (node.description or "").rpartition("\n\n")
        assert own
        assert place.startswith(f"Group {list(GROUPS).index(node.group_name) + 1} of 12")
        assert place.endswith(f"`{node.group_name}`: {group.purpose}.")
        assert node.owners == [group.owner]
        assert node.tags[PHASE_TAG]
    phases = {graph.get(dg.AssetKey(n)).tags[PHASE_TAG] for n in ("preflight", "wilson_sample")}
    assert phases == {"0_preparation", "2A_warehouse"}


def test_checks_and_jobs_say_their_phase_of_the_acceptance() -> None:
    repository = build_definitions(load_settings(PRODUCTION)).get_repository_def()
    known = {"success", *(phase.replace(" ", "_") for phase in PHASES if "," not in phase)}
    checks = repository.asset_graph.asset_check_keys
    phases = {
        key.name: spec.metadata[PHASE_TAG]
        for key in checks
        for spec in [repository.asset_graph.get_check_spec(key)]
        if (spec.description or "").endswith(f"phase {spec.metadata[PHASE_TAG]}.")
    }
    assert len(phases) == len(checks)
    assert {phases[name] for name in (*SMOKE_TESTS, "deployment_gate")} == {"3_validation_gate"}
    assert phases["routines_are_those_of_sql"] == "2A_warehouse"
    jobs = {
        job.name: job.tags[PHASE_TAG]
        for job in repository.get_all_jobs()
        if not job.name.startswith("__")
    }
    assert jobs["deploy_production"] == "5_deployment"
    assert {*phases.values(), *jobs.values()} <= known


def test_owners_are_those_of_the_installation() -> None:
    graph = graph_of(owners="exports=team:delivery, selection=ana@example.com")
    owners = {n: graph.get(dg.AssetKey(n)).owners for n in ("schedule_csv", "caption_selections")}
    assert owners == {
        "schedule_csv": ["team:delivery"],
        "caption_selections": ["ana@example.com"],
    }
    with pytest.raises(UnknownGroupError, match="no group exprots; groups are routines, sources"):
        graph_of(owners="exprots=team:delivery")


def test_a_table_s_place_is_that_of_its_engine(graph: AssetGraph, production: AssetGraph) -> None:
    tables = {o.name for o in sql_library().of_kind("table", "view")}
    for shown, engine, place in (
        (graph, "duckdb", "warehouse.elsewhere"),
        (production, "bigquery", "some-project.elsewhere"),
    ):
        for key in shown.get_all_asset_keys():
            name, node = key.to_user_string(), shown.get(key)
            expected = (f"{place}.{name}", engine) if name in tables else (None, None)
            metadata = node.metadata
            storage = metadata.get("dagster/table_name"), node.tags.get("dagster/storage_kind")
            assert storage == expected
            assert (engine in node.kinds) is (
                name in sql_library()
                or name in ("table_definitions", "deployment_backup", "deployed_objects")
            )
            assert 1 <= len(node.kinds) <= 3


def test_every_asset_leads_to_its_code(graph: AssetGraph) -> None:
    library = sql_library()
    for key in graph.get_all_asset_keys():
        name = key.to_user_string()
        function, *files = references(graph, name)
        lines = Path(function.file_path).read_text(encoding="utf-8").splitlines()
        assert lines[(function.line_number or 0) - 1].lstrip().startswith(("@dg.", "@table_asset"))
        assert all(Path(file.file_path).is_file() for file in files)
        if name in library:
            assert files[0].file_path == str(library[name].path)
    shown = [reference.label for reference in references(graph, "creator_performance")]
    assert shown == ["Python", "tables/creator_performance.sql", "operations/creator_reports.sql"]


def test_code_is_linked_to_the_repository_where_its_address_is_set() -> None:
    graph = graph_of(git_url="https://github.com/agency/eros.git", git_branch="live")
    metadata = graph.get(dg.AssetKey("caption_bank")).metadata["dagster/code_references"]
    urls = [reference.url for reference in metadata.code_references]
    base = "https://github.com/agency/eros/tree/live"
    assert urls[0].startswith(f"{base}/eros_assets/assets/loaded_inputs.py#L")
    assert urls[1] == f"{base}/sql/tables/caption_bank.sql#L1"


def test_what_must_be_current_has_a_freshness_policy(
    graph: AssetGraph, production: AssetGraph
) -> None:
    """Dagster evaluates policies by materializations, which inputs of production have not."""
    groups = ("performance", "analysis", "evaluation", "selection", "schedules", "operations")
    for shown, inputs in ((graph, set(LOADED_BY_OTHERS)), (production, set[str]())):
        nodes = [shown.get(key) for key in shown.get_all_asset_keys()]
        with_policy = {n.key.to_user_string() for n in nodes if n.freshness_policy is not None}
        in_groups = {n.key.to_user_string() for n in nodes if n.group_name in groups}
        assert with_policy == inputs | in_groups
