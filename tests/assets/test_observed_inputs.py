"""Inputs that others load into BigQuery are looked at each night, and never written."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from eros_assets.assets.observed_inputs import inputs
from eros_assets.automation.keep_current import observe_inputs
from eros_assets.calendar import ZONE
from eros_assets.dataset import Dataset, open_dataset
from eros_assets.definitions import build_definitions, resources_of
from eros_assets.errors import ErosError
from eros_assets.importing.schema import INPUT_TABLES, LOADED_BY_OTHERS
from eros_assets.settings import Settings
from tests.google.loopback import serving
from tests.warehouse.bigquery.service import Service

CHANGED = dt.datetime(2025, 11, 3, 20, tzinfo=dt.UTC)
CHECK = dg.AssetCheckKey(dg.AssetKey("mass_messages"), "history_is_fresh")
KEYS = {dg.AssetKey(name) for name in INPUT_TABLES}


@pytest.fixture
def dataset(service: Service, tmp_path: Path) -> Iterator[Dataset]:
    with serving(service) as address:
        yield open_dataset(Settings(env="production", bigquery_endpoint=address, home=tmp_path))


def observed(dataset: Dataset) -> dg.ExecuteInProcessResult:
    job = dg.define_asset_job("look", selection=list(INPUT_TABLES))
    definitions = dg.Definitions(
        assets=[inputs], jobs=[job], resources=resources_of(dataset.settings)
    )
    with dg.DagsterInstance.ephemeral() as instance:
        return definitions.resolve_job_def("look").execute_in_process(instance=instance)


def test_each_input_has_its_rows_and_its_version_is_when_it_changed(
    dataset: Dataset, service: Service
) -> None:
    for rows, name in enumerate(INPUT_TABLES, start=100):
        service.add_table(name, rows=rows, modified=int(CHANGED.timestamp() * 1000))
    seen = {
        event.asset_key.to_user_string(): event.asset_observation_data.asset_observation
        for event in observed(dataset).get_asset_observation_events()
        if event.asset_key
    }
    assert list(seen) == list(INPUT_TABLES)
    assert {each.data_version for each in seen.values()} == {CHANGED.isoformat()}
    assert [each.metadata["dagster/row_count"].value for each in seen.values()] == [
        *range(100, 100 + len(INPUT_TABLES))
    ]
    assert seen["creators"].metadata["dagster/last_updated_timestamp"].value == CHANGED.timestamp()


def test_an_input_that_is_not_there_is_named(dataset: Dataset, service: Service) -> None:
    service.add_table("mass_messages", rows=1, modified=0)
    with pytest.raises(ErosError, match=r"caption_bank does not exist; load it first"):
        observed(dataset)


def test_tables_of_decisions_need_not_be_there(dataset: Dataset, service: Service) -> None:
    """The first deployment makes them; the inputs are looked at before it too."""
    for name in LOADED_BY_OTHERS:
        service.add_table(name, rows=1, modified=0)
    seen = [e.asset_key for e in observed(dataset).get_asset_observation_events() if e.asset_key]
    assert [key.to_user_string() for key in seen] == list(INPUT_TABLES)


def test_they_are_looked_at_each_night_without_being_asked(dataset: Dataset) -> None:
    definitions = build_definitions(dataset.settings)
    evening = dt.datetime(2025, 11, 3, 22, tzinfo=ZONE)
    asked: list[int] = []
    with dg.DagsterInstance.ephemeral() as instance:
        cursor = None
        for hours in (0, 3, 4, 5, 28):  # 22:00, then 01:00, 02:00, 03:00, and 02:00 again
            evaluated = dg.evaluate_automation_conditions(
                definitions,
                instance,
                cursor=cursor,
                evaluation_time=evening + dt.timedelta(hours=hours),
            )
            cursor = evaluated.cursor
            asked.append(sum(evaluated.get_num_requested(key) for key in KEYS))
            # The check does not wait for a change: it is there for nights without one.
            checks = evaluated.total_requested - asked[-1]
            assert checks == (asked[-1] > 0)
    assert asked == [0, 0, len(KEYS), 0, len(KEYS)]


@pytest.mark.parametrize(
    ("days", "severity"),
    [(1, None), (3, dg.AssetCheckSeverity.WARN), (9, dg.AssetCheckSeverity.ERROR)],
)
def test_history_that_no_longer_arrives_is_noticed(
    dataset: Dataset, service: Service, days: int, severity: dg.AssetCheckSeverity | None
) -> None:
    service.add_table("mass_messages", rows=5, modified=int(CHANGED.timestamp() * 1000))
    today = CHANGED.astimezone(ZONE).date() + dt.timedelta(days=days)
    settings = dataset.settings.model_copy(update={"today": today})
    job = dg.define_asset_job("check", selection=dg.AssetSelection.checks(CHECK))
    built = build_definitions(settings)
    definitions = dg.Definitions(
        assets=[inputs],
        asset_checks=[each for each in built.asset_checks or [] if CHECK in each.check_keys],
        jobs=[job],
        resources=resources_of(settings),
    )
    with dg.DagsterInstance.ephemeral() as instance:
        done = definitions.resolve_job_def("check").execute_in_process(instance=instance)
    [result] = done.get_asset_check_evaluations()
    assert result.passed is (severity is None)
    if severity is not None:
        assert result.severity is severity
        assert result.metadata["offenders"].value == [
            "it last changed 2025-11-03 12:00, Los Angeles"
        ]


def test_the_sensor_that_looks_at_inputs_also_checks_them(dataset: Dataset) -> None:
    graph = build_definitions(dataset.settings).resolve_asset_graph()
    assert CHECK in observe_inputs.asset_selection.resolve_checks(graph)


def test_inputs_that_are_loaded_here_are_not_looked_at(tmp_path: Path) -> None:
    repository = build_definitions(Settings(home=tmp_path)).get_repository_def()
    graph = repository.asset_graph
    assert CHECK not in graph.asset_check_keys
    assert all(graph.get(key).automation_condition is None for key in KEYS)
