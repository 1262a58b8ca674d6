"""Resources carry an installation's settings to assets and checks, and never its secrets."""

import datetime as dt
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from eros_assets.alerts import Alert
from eros_assets.assets.week import WEEKLY
from eros_assets.dataset import Dataset, open_dataset
from eros_assets.definitions import build_definitions, resources_of
from eros_assets.errors import ErosError
from eros_assets.resources import (
    AlertsResource,
    NoSpreadsheetError,
    SheetsResource,
    WarehouseResource,
    WeekScope,
)
from eros_assets.settings import Settings, load_settings

SECRETS = {
    "slack_token": "xoxb-word",
    "smtp_password": "smtp-word",
    "sheets_key_json": '{"private_key": "sheets-word"}',
}
WEEK = "2025-11-03"


def settings_in(folder: Path, **more: Any) -> Settings:
    return load_settings({"env": "local", "home": folder, "today": "2025-11-04", **more})


# Settings


@pytest.mark.parametrize(
    "given",
    [
        {},
        {
            "out_dir": "out",
            "sample": "small",
            "sample_seed": 7,
            "week": dt.date(2025, 11, 3),
            "pages": ("cook", "coach"),
            "email_to": ("a@b.example", "c@d.example"),
            "sheets_timeout_seconds": 1.5,
            "auto_rollback": True,
        },
        {"env": "production", "bigquery_endpoint": "http://localhost:9050", "dataset": "other"},
    ],
    ids=["few", "many", "production"],
)
def test_a_step_works_by_the_settings_that_the_graph_was_built_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: Mapping[str, Any]
) -> None:
    """A simulation plans its own weeks, whatever EROS_WEEK says."""
    settings = settings_in(tmp_path, **given)
    monkeypatch.setenv("EROS_WEEK", "2025-12-01")
    seen: list[Settings] = []

    @dg.asset
    def looking(warehouse: WarehouseResource, alerts: AlertsResource) -> None:
        seen.extend([warehouse.settings, alerts.settings])

    resources = {name: resources_of(settings)[name] for name in ("warehouse", "alerts")}
    dg.materialize([looking], resources=resources)
    assert seen == [settings, settings]


# Secrets


@pytest.mark.parametrize("as_plain_text", [False, True], ids=["given", "copied"])
def test_secrets_are_in_no_resource_s_config(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, as_plain_text: bool
) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(f"EROS_{name.upper()}", value)
    settings = settings_in(tmp_path, spreadsheet_id="abc", **SECRETS)
    if as_plain_text:  # `model_copy` does not make a SecretStr of a text
        settings = settings.model_copy(update=SECRETS)
    said = [repr(resource) for resource in resources_of(settings).values()]
    jobs = build_definitions(settings).get_repository_def().get_all_jobs()
    said += [json.dumps(resource_config(job)) for job in jobs]
    words = ("xoxb-word", "smtp-word", "sheets-word")
    assert not [text for text in said if any(word in text for word in words)]


def resource_config(job: dg.JobDefinition) -> dict[str, Any]:
    """The config of a job's resources, as the UI shows and stores it."""
    return {
        name: definition.config_schema.default_value
        for name, definition in job.resource_defs.items()
        if definition.config_schema.default_provided
    }


def test_the_launch_form_asks_for_the_scope_of_the_run_alone(tmp_path: Path) -> None:
    """Whatever belongs to the installation is a matter of its settings."""
    repository = build_definitions(settings_in(tmp_path)).get_repository_def()
    for job in repository.get_all_jobs():
        asked = {name for name, config in resource_config(job).items() if config}
        assert asked <= {"week_scope"}


# Labels


@dg.asset(partitions_def=WEEKLY)
def looked_at(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> None:
    """Ask for the creators' names."""
    dataset = warehouse.dataset(context)
    dataset.query("creator_names")
    context.add_output_metadata({"labels": dict(dataset.ledger[-1].labels)})


@dg.asset_check(asset=looked_at)
def looked_right(
    context: dg.AssetCheckExecutionContext, warehouse: WarehouseResource
) -> dg.AssetCheckResult:
    """Ask for them again."""
    dataset = warehouse.dataset(context, purpose="health")
    dataset.query("creator_names")
    return dg.AssetCheckResult(passed=True, metadata={"labels": dict(dataset.ledger[-1].labels)})


@dg.op
def look(context: dg.OpExecutionContext, warehouse: WarehouseResource) -> dict[str, str]:
    """Ask for them without being an asset."""
    dataset = warehouse.dataset(context)
    dataset.query("creator_names")
    return dict(dataset.ledger[-1].labels)


@dg.job
def look_once() -> None:
    """A job of an op, without partitions."""
    look()


def test_the_jobs_of_an_asset_and_of_its_check_carry_step_run_and_week(dataset: Dataset) -> None:
    result = dg.materialize(
        [looked_at, looked_right],
        partition_key=WEEK,
        resources={"warehouse": WarehouseResource(settings=dataset.settings)},
    )
    [made] = result.get_asset_materialization_events()
    [checked] = result.get_asset_check_evaluations()
    run = {"run": result.run_id, "week": WEEK}
    assert made.materialization.metadata["labels"].value == {"asset": "looked_at", **run}
    assert checked.metadata["labels"].value == {
        "asset": "looked_at_looked_right",
        "purpose": "health",
        **run,
    }


def test_the_jobs_of_an_op_carry_step_and_run_and_no_week(dataset: Dataset) -> None:
    result = look_once.execute_in_process(
        resources={"warehouse": WarehouseResource(settings=dataset.settings)}
    )
    assert result.output_for_node("look") == {"asset": "look", "run": result.run_id}


def test_without_a_step_jobs_carry_the_labels_given(dataset: Dataset) -> None:
    handle = WarehouseResource(settings=dataset.settings).dataset(purpose="smoke")
    handle.query("creator_names")
    assert handle.ledger[-1].labels == {"purpose": "smoke"}


# Other installations


def test_the_same_asset_works_on_another_home_with_another_resource(
    dataset: Dataset, tmp_path: Path
) -> None:
    """No module holds an installation: what a run works on is its resources alone."""
    other = open_dataset(settings_in(tmp_path / "other"))
    for name in ("creators", "judged_creators", "usable_creators"):
        other.warehouse.deploy(other.library[name])
    before = len(names_read(dataset))
    assert before == 3

    dg.materialize([emptied], resources={"warehouse": WarehouseResource(settings=other.settings)})
    assert len(names_read(other)) == 0
    assert len(names_read(dataset)) == before

    dg.materialize([emptied], resources={"warehouse": WarehouseResource(settings=dataset.settings)})
    assert len(names_read(dataset)) == 0


@dg.asset
def emptied(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> None:
    """Take every creator away."""
    warehouse.dataset(context).warehouse.run("DELETE FROM `${dataset}.creators` WHERE TRUE")


def names_read(dataset: Dataset) -> list[str]:
    return list(dataset.query("creator_names")["page_name"])


# Scope, alerts and the spreadsheet


def test_a_run_plans_everyone_and_forces_nothing_unless_told() -> None:
    scope = WeekScope()
    assert scope.pages == []
    assert scope.force is False


def test_an_alert_goes_nowhere_where_no_channel_is_configured(tmp_path: Path) -> None:
    delivery = AlertsResource(settings=settings_in(tmp_path)).tell(Alert("title", ["a line"]))
    assert delivery.sentence


def test_a_spreadsheet_that_is_not_set_says_how_to_set_it(tmp_path: Path) -> None:
    sheets = SheetsResource(settings=settings_in(tmp_path, spreadsheet_id=None))
    assert sheets.address is None
    with pytest.raises(NoSpreadsheetError, match="EROS_SPREADSHEET_ID") as caught:
        sheets.spreadsheet()
    assert isinstance(caught.value, ErosError)
