"""Checks of weekly assets are about a week, whoever executes them, and change nothing."""

import datetime as dt
from collections.abc import Iterator, Mapping
from pathlib import Path

import dagster as dg
import pandas as pd
import pytest

from eros_assets.checks.gate import GUARDED
from eros_assets.definitions import build_definitions
from eros_assets.gate.smoke import SMOKE_TESTS
from eros_assets.settings import load_settings
from tests.assets.installed import WEEK, Installed, copied
from tests.gate.swift import swift_smoke_tests as swift_smoke_tests

SCHEDULES = "schedule_recommendations"
OF_A_WEEK = {
    SCHEDULES: {"schedule_rules_hold", "schedule_times_are_la", "every_creator_planned"},
    GUARDED: {"schedules_are_as_planned", "every_message_is_reserved", "no_shortfall"},
    "schedule_csv": {"csv_is_well_formed"},
    "schedule_review": {"reviews_are_read"},
}
OF_THE_PRESENT = {GUARDED: {*SMOKE_TESTS, "no_caption_reserved_twice"}}
PRESENT = (
    *("message_facts", "scheduled_messages", "quarantined_messages", "fitted_maturity"),
    "message_days",
    *("caption_text_priors", "caption_priors", "caption_appeal"),
    *(
        "caption_bandit_stats",
        "page_tastes",
        "creator_performance",
        "creator_anomalies",
        "emv_improvement",
    ),
    *("policy_evaluation", "system_health"),
)
EXPORTS = ("schedule_csv", "schedule_calendar", "schedule_index")
SENT = {"spreadsheet_id": "nowhere", "export_bucket": "nowhere"}
CHANGED = "UPDATE `${dataset}.schedule_recommendations` AS r SET arm = '?' WHERE TRUE"


@pytest.fixture(scope="module")
def shared(planned: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    """One agency for the tests that change nothing."""
    folder = tmp_path_factory.mktemp("weeks")
    with copied(planned, folder) as agency:
        yield agency


def contents(agency: Installed) -> Mapping[str, str]:
    """Every row of every table, stamps included, and every exported file."""
    tables = [table.name for table in agency.dataset.library.of_kind("table")]
    rows = {
        name: "\n".join(sorted(agency.dataset.rows(name).astype(str).agg("|".join, axis=1)))
        for name in tables
    }
    return rows | {name: str(hash(content)) for name, content in agency.files().items()}


def launch(
    agency: Installed,
    *,
    assets: tuple[str, ...] = (),
    checks: Mapping[str, set[str]] | None = None,
    week: dt.date | None = None,
    planning: dt.date | None = None,
) -> dg.ExecuteInProcessResult:
    """Run assets or checks by the job and tags that the UI sends."""
    settings = agency.dataset.settings.model_copy(update={"week": planning})
    job = build_definitions(settings).resolve_implicit_global_asset_job_def()
    keys = {dg.AssetCheckKey(dg.AssetKey(a), n) for a, ns in (checks or {}).items() for n in ns}
    subset = job.get_subset(
        asset_selection={dg.AssetKey(name) for name in assets},
        asset_check_selection=keys if checks is not None else None,
    )
    return subset.execute_in_process(
        instance=agency.instance,
        tags={"dagster/partition": week.isoformat()} if week else {},
        raise_on_error=False,
    )


def seen(result: dg.ExecuteInProcessResult) -> Mapping[str, dg.AssetCheckEvaluation]:
    return {each.check_name: each for each in result.get_asset_check_evaluations()}


def test_what_is_one_present_has_no_weeks_and_what_belongs_to_a_week_has_its_checks_too() -> None:
    graph = build_definitions(load_settings({"env": "local"})).resolve_asset_graph()
    assert all(graph.get(dg.AssetKey(name)).partitions_def is None for name in PRESENT)
    for asset, names in OF_A_WEEK.items():
        weeks = graph.get(dg.AssetKey(asset)).partitions_def
        assert weeks is not None
        for name in names:
            assert graph.get(dg.AssetCheckKey(dg.AssetKey(asset), name)).partitions_def == weeks
    for key in graph.asset_check_keys:
        if key.name not in set().union(*OF_A_WEEK.values()):
            assert graph.get(key).partitions_def is None
    # With a policy, a run would be for a range of partitions.
    assert all(graph.get(key).backfill_policy is None for key in graph.materializable_asset_keys)


@pytest.mark.parametrize("week", [WEEK, None], ids=["of a week", "without a week"])
def test_all_checks_of_an_asset_are_executed_for_the_week_and_write_no_row(
    shared: Installed, week: dt.date | None
) -> None:
    """The button *Execute all* launches a run without a partition."""
    before = contents(shared)
    for asset, names in OF_A_WEEK.items():
        everyone = names | OF_THE_PRESENT.get(asset, set())
        result = launch(shared, checks={asset: everyone}, week=week)
        assert result.success
        shown = seen(result)
        assert set(shown) == everyone
        for name, evaluation in shown.items():
            assert evaluation.passed or evaluation.severity is dg.AssetCheckSeverity.WARN
            assert evaluation.partition == (WEEK.isoformat() if name in names else None)
            assert evaluation.metadata["week"].value == WEEK.isoformat()
    assert contents(shared) == before


@pytest.mark.usefixtures("swift_smoke_tests")
@pytest.mark.parametrize("name", ["every_message_is_reserved", "no_shortfall", "smoke_timezone"])
def test_one_check_is_executed_alone(shared: Installed, name: str) -> None:
    shown = seen(launch(shared, checks={GUARDED: {name}}))
    assert set(shown) == {name}


def test_a_check_is_about_the_week_that_the_installation_plans(shared: Installed) -> None:
    later = WEEK + dt.timedelta(weeks=2)
    shown = seen(launch(shared, checks={SCHEDULES: OF_A_WEEK[SCHEDULES]}, planning=later))
    assert {evaluation.partition for evaluation in shown.values()} == {later.isoformat()}


def test_a_week_without_schedules_and_folder_has_no_wrong_files(shared: Installed) -> None:
    later = WEEK + dt.timedelta(weeks=2)
    shown = seen(launch(shared, checks={"schedule_csv": {"csv_is_well_formed"}}, planning=later))
    assert shown["csv_is_well_formed"].passed


@pytest.mark.usefixtures("swift_smoke_tests")
def test_a_check_that_fails_is_red_without_a_change(agency: Installed) -> None:
    agency.change(CHANGED)
    before = contents(agency)
    result = launch(agency, checks={GUARDED: {"schedules_are_as_planned", "smoke_timezone"}})
    shown = seen(result)
    assert not shown["schedules_are_as_planned"].passed
    assert shown["smoke_timezone"].passed
    assert not result.success, "a blocking check that fails ends its run"
    assert contents(agency) == before


# Exports


@pytest.mark.usefixtures("swift_smoke_tests")
def test_what_the_gate_refuses_an_export_for_is_red_until_an_export_passes(
    agency: Installed,
) -> None:
    files = agency.files()
    rows = agency.dataset.rows(SCHEDULES)
    agency.change(CHANGED)
    refused = launch(agency, assets=EXPORTS, checks={}, week=WEEK)
    assert not refused.success
    shown = seen(refused)
    assert {name for name, each in shown.items() if not each.passed} == {"schedules_are_as_planned"}
    assert shown["schedules_are_as_planned"].partition == WEEK.isoformat()
    assert shown["schedules_are_as_planned"].blocking
    assert shown["facts_and_quarantine_are_the_input"].asset_key == dg.AssetKey("message_facts")
    assert agency.files() == files
    agency.dataset.load(SCHEDULES, rows)
    exported = launch(agency, assets=EXPORTS, checks={}, week=WEEK)
    assert seen(exported)["schedules_are_as_planned"].passed
    checked = launch(agency, checks={"schedule_csv": {"csv_is_well_formed"}})
    target = seen(checked)["csv_is_well_formed"].target_materialization_data
    assert target is not None
    assert target.run_id == exported.run_id


@pytest.mark.parametrize("assets", [EXPORTS, ("schedule_sheet",), ("schedule_bucket",)])
def test_nothing_is_exported_into_a_week_that_has_passed(
    planned: Path, tmp_path: Path, assets: tuple[str, ...]
) -> None:
    with copied(planned, tmp_path, today=WEEK + dt.timedelta(days=7), **SENT) as later:
        before = contents(later)
        result = launch(later, assets=assets, checks={}, week=WEEK)
        assert not result.success
        [failure] = [event for event in result.all_events if event.is_step_failure]
        cause = failure.step_failure_data.error.cause
        assert cause is not None
        assert f"week {WEEK} has passed" in cause.message
        assert contents(later) == before


# The present


def test_the_present_is_that_of_the_week_to_plan_whatever_week_a_run_is_for(
    agency: Installed,
) -> None:
    """So a backfill of weeks, which makes it once, plans what runs one after the other plan."""
    later = WEEK + dt.timedelta(weeks=1)
    reports = ("creator_performance", "creator_anomalies", "emv_improvement")
    learned = ("caption_priors", "caption_appeal", "caption_bandit_stats", "page_tastes")
    chosen = (*learned, *reports)
    assert launch(agency, assets=chosen, checks={}, week=WEEK, planning=later).success
    made = agency.query("SELECT DISTINCT stats_as_of AS day FROM `${dataset}.caption_priors`")
    assert [pd.Timestamp(day).date() for day in made["day"]] == [later]
    assert len(agency.dataset.rows("creator_performance", week_start=later))
    assert len(agency.dataset.rows("emv_improvement", as_of=later))


def test_a_run_of_weekly_assets_without_a_week_says_what_to_do(shared: Installed) -> None:
    before = contents(shared)
    result = launch(shared, assets=("schedule_review",), checks={})
    [failure] = [event for event in result.all_events if event.is_step_failure]
    cause = failure.step_failure_data.error.cause
    assert cause is not None
    assert "select a partition" in cause.message
    assert contents(shared) == before
