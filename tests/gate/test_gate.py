"""Nothing is published while a condition of the gate doesn't hold, whichever run asks."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import replace

import dagster as dg
import pytest

import eros_assets.gate as gate
from eros_assets.assets import exports
from eros_assets.definitions import build_definitions, resources_of
from eros_assets.gate import GateClosedError, conditions
from eros_assets.gate.smoke import SMOKE_TESTS, smoke_findings
from eros_assets.gate.verdict import judged_week
from eros_assets.publishing.index import INDEX_FILE
from eros_assets.settings import load_settings
from eros_assets.warehouse.sql.library import SqlLibrary
from tests.assets.installed import WEEK, Installed
from tests.gate.swift import PASSED
from tests.gate.swift import swift_smoke_tests as swift_smoke_tests

CONDITIONS: dict[str, Callable[..., conditions.Finding]] = {
    "facts_and_quarantine_are_the_input": conditions.facts_and_quarantine_are_the_input,
    "no_caption_reserved_twice": conditions.no_caption_reserved_twice,
    "routines_are_those_of_sql": conditions.routines_are_those_of_sql,
    "schedule_rules_hold": conditions.schedule_rules_hold,
    "schedule_times_are_la": conditions.schedule_times_are_la,
    "schedules_are_as_planned": conditions.schedules_are_as_planned,
    "every_message_is_reserved": conditions.every_message_is_reserved,
}
PUBLISHED = ("schedule_csv", "schedule_calendar", "schedule_index")
"""Made by one step, which has the name of the first."""
FIRST = "r.message_number = 1 AND r.page_name = 'basil_and_thyme'"
TROUBLES = {
    "facts_and_quarantine_are_the_input": "DELETE FROM `${dataset}.message_facts` AS r "
    "WHERE r.row_id IN (SELECT MIN(f.row_id) FROM `${dataset}.message_facts` AS f)",
    "no_caption_reserved_twice": "INSERT INTO `${dataset}.active_caption_assignments` "
    "SELECT a.* REPLACE ('other' AS schedule_id) "
    "FROM `${dataset}.active_caption_assignments` AS a WHERE a.is_active LIMIT 1",
    "schedule_rules_hold": "UPDATE `${dataset}.schedule_recommendations` AS r "
    "SET scheduled_send_time = TIMESTAMP_ADD(r.scheduled_send_time, INTERVAL 5 MINUTE) "
    f"WHERE {FIRST}",
    "schedule_times_are_la": "UPDATE `${dataset}.schedule_recommendations` AS r "
    f"SET send_hour = r.send_hour + 1 WHERE {FIRST}",
    "schedules_are_as_planned": "UPDATE `${dataset}.schedule_recommendations` AS r "
    f"SET arm = IF(r.arm = 'control', 'treatment', 'control') WHERE {FIRST}",
    "every_message_is_reserved": "UPDATE `${dataset}.active_caption_assignments` AS r "
    "SET is_active = FALSE WHERE r.page_name = 'basil_and_thyme'",
}
UNRESERVED = "UPDATE `${dataset}.active_caption_assignments` SET is_active = FALSE WHERE TRUE"
"""No page in force would be left to publish."""


def finding(agency: Installed, name: str) -> conditions.Finding:
    arguments = () if name in list(CONDITIONS)[:3] else (WEEK,)
    return CONDITIONS[name](agency.dataset, *arguments)


def smoke(agency: Installed, week: dt.date = WEEK) -> dict[str, conditions.Finding]:
    found = smoke_findings(agency.dataset, week)
    return {each.name: each for each in found}


def publish(agency: Installed) -> dg.ExecuteInProcessResult:
    """The step that publishes files alone, in a run without any check."""
    return dg.materialize(
        [exports.schedule_csv],
        partition_key=WEEK.isoformat(),
        resources=resources_of(agency.dataset.settings),
        instance=agency.instance,
        raise_on_error=False,
    )


@pytest.mark.parametrize("name", TROUBLES)
def test_each_trouble_is_seen_by_its_condition(agency: Installed, name: str) -> None:
    assert finding(agency, name).passed
    agency.change(TROUBLES[name])
    broken = finding(agency, name)
    assert not broken.passed
    assert broken.name == name


def test_a_message_that_arrived_after_the_facts_is_not_lost(agency: Installed) -> None:
    """Else no week could be published between the arrival of history and the next refresh."""
    agency.change(
        "INSERT INTO `${dataset}.mass_messages` SELECT m.* REPLACE (-1 AS row_id) "
        "FROM `${dataset}.mass_messages` AS m LIMIT 1"
    )
    assert finding(agency, "facts_and_quarantine_are_the_input").passed
    agency.change("DELETE FROM `${dataset}.mass_messages` WHERE row_id < 100")
    assert not finding(agency, "facts_and_quarantine_are_the_input").passed


def test_another_page_s_trouble_does_not_close_the_gate_for_a_page(agency: Installed) -> None:
    agency.change(TROUBLES["schedules_are_as_planned"])
    pages = (["amber_lens"], ["basil_and_thyme"])
    found = [conditions.schedules_are_as_planned(agency.dataset, WEEK, p) for p in pages]
    assert [each.passed for each in found] == [True, False]


@pytest.mark.usefixtures("swift_smoke_tests")
def test_a_week_without_a_schedule_is_a_page_alone(agency: Installed) -> None:
    """Each caption of a small page may rest: the page of the week says so."""
    for table in ("schedule_recommendations", "active_caption_assignments"):
        agency.change(f"DELETE FROM `${{dataset}}.{table}` WHERE TRUE")
    run = publish(agency)
    assert run.success
    folder = agency.dataset.week_folder(WEEK)
    shown = [path.name for path in folder.iterdir() if not path.name.startswith(".")]
    assert shown == [INDEX_FILE]
    (told,) = (
        each
        for each in run.asset_materializations_for_node("schedule_csv")
        if each.asset_key == dg.AssetKey("schedule_csv")
    )
    assert told.metadata["pages"].value == 0


def published_before(agency: Installed) -> Mapping[str, bytes]:
    """Leave of one page no file, no index, and of the others what an export would replace."""
    for path in agency.dataset.week_folder(WEEK).iterdir():
        if path.stem.startswith("basil_and_thyme") or path.name == INDEX_FILE:
            path.unlink()
        else:
            path.write_bytes(b"published before")
    return agency.files()


@pytest.mark.usefixtures("swift_smoke_tests")
def test_a_publishing_step_alone_in_its_run_asks_the_gate(agency: Installed) -> None:
    """A blocking check stops only its own run; the asset must not rely on it."""
    before = published_before(agency)
    agency.change(UNRESERVED)
    result = publish(agency)
    assert not result.success
    (failure,) = [e for e in result.all_events if e.is_step_failure]
    assert "every_message_is_reserved" in failure.step_failure_data.error.cause.message
    assert agency.files() == before


@pytest.mark.usefixtures("swift_smoke_tests")
def test_a_closed_gate_stops_every_export_of_a_run(agency: Installed) -> None:
    before = published_before(agency)
    agency.change(UNRESERVED)
    result = agency.run("export_schedules", WEEK, succeeds=False)
    assert result.get_asset_materialization_events() == []
    assert agency.files() == before


def test_an_open_gate_is_shown_with_what_was_published(agency: Installed) -> None:
    result = publish(agency)
    materializations = result.asset_materializations_for_node("schedule_csv")
    assert [m.asset_key.to_user_string() for m in materializations] == list(PUBLISHED)
    names = [*CONDITIONS, *SMOKE_TESTS]
    for materialization in materializations:
        shown = str(materialization.metadata["gate"].value)
        assert [name for name in names if name not in shown] == []
        assert shown.count("holds") == len(names)


@pytest.mark.usefixtures("swift_smoke_tests")
def test_every_failed_condition_is_named(agency: Installed) -> None:
    """That of one page alone too, once another one closes the gate for all."""
    broken = ("no_caption_reserved_twice", "schedules_are_as_planned")
    for name in broken:
        agency.change(TROUBLES[name])
    with pytest.raises(GateClosedError) as closed:
        judged_week(agency.dataset, WEEK, run_id="test")
    for name in [*CONDITIONS, *SMOKE_TESTS]:
        assert (name in str(closed.value)) is (name in broken)


@pytest.mark.parametrize("name", list(TROUBLES)[2:])
def test_a_condition_on_schedules_names_the_page_of_each_offender(
    agency: Installed, name: str
) -> None:
    agency.change(TROUBLES[name])
    broken = finding(agency, name)
    assert set(broken.pages) == {"basil_and_thyme"}
    assert len(broken.pages) == len(broken.offenders)
    assert broken.withheld == {"basil_and_thyme": broken.offenders[0]}


# Smoke tests


def test_smoke_tests_pass_on_a_planned_agency_and_leave_no_row(agency: Installed) -> None:
    rows = agency.week_tables()
    found = smoke(agency)
    assert list(found) == list(SMOKE_TESTS)
    assert [each.sentence for each in found.values() if not each.passed] == []
    assert 0 < found["smoke_selector"].observed < found["smoke_selector"].threshold
    assert agency.week_tables() == rows


def test_the_selector_has_two_seconds() -> None:
    shipped = load_settings({"tuning_dir": None}).tuning_file("tuning.csv").read_text("utf-8")
    assert "\nselector_max_seconds,2," in shipped


def test_smoke_tests_need_no_planned_week(agency: Installed) -> None:
    """A deployment asks them before any week was planned."""
    found = smoke(agency, WEEK + dt.timedelta(weeks=5))
    assert [each.sentence for each in found.values() if not each.passed] == []


def test_a_selector_that_fails_leaves_no_row_and_stops_no_other_test(agency: Installed) -> None:
    rows = agency.week_tables()
    library = agency.dataset.library
    procedure = library["select_captions_for_creator"]
    broken = procedure.text.replace("f.selection_seed, CURRENT_TIMESTAMP()", "CURRENT_TIMESTAMP()")
    assert broken != procedure.text
    others = [each for each in library.values() if each.name != procedure.name]
    changed = SqlLibrary([*others, replace(procedure, text=broken)])
    found = smoke(replace(agency, dataset=replace(agency.dataset, library=changed)))
    assert found["smoke_analyzer"].passed
    assert "WarehouseError" in found["smoke_selector"].offenders[0]
    assert "no captions" in found["smoke_builder"].offenders[0]
    assert "no schedule" in found["smoke_exporter"].offenders[0]
    assert found["smoke_timezone"].passed
    assert agency.week_tables() == rows


def test_a_slow_selector_is_seen(agency: Installed) -> None:
    rows = agency.week_tables()
    agency.change("UPDATE `${dataset}.tuning` SET selector_max_seconds = 0.001 WHERE TRUE")
    slow = smoke(agency)["smoke_selector"]
    assert not slow.passed
    assert slow.observed > slow.threshold == 0.001
    assert agency.week_tables() == rows


def test_an_agency_without_creators_has_nothing_to_rehearse(agency: Installed) -> None:
    agency.change("UPDATE `${dataset}.creators` SET is_active = FALSE WHERE TRUE")
    analyzer = smoke(agency)["smoke_analyzer"]
    assert "no active creator" in analyzer.offenders[0]


def test_the_job_of_smoke_tests_runs_alone_and_reports_all_five(agency: Installed) -> None:
    result = agency.run("smoke_tests")
    evaluations = {e.check_name: e for e in result.get_asset_check_evaluations()}
    assert set(evaluations) == set(SMOKE_TESTS)
    for evaluation in evaluations.values():
        assert evaluation.passed
        assert {"observed", "threshold", "offenders"} <= set(evaluation.metadata)


def test_a_failed_smoke_test_stops_the_exports_of_its_run(
    agency: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = [
        replace(each, offenders=("slow",), observed=2.0) if each.name == "smoke_selector" else each
        for each in PASSED
    ]
    monkeypatch.setattr(gate, "smoke_findings", lambda *_: slow)
    agency.change("DELETE FROM `${dataset}.gate_verdicts` WHERE TRUE")
    locked, *published = (dg.AssetKey(name) for name in ("active_caption_assignments", *PUBLISHED))
    result = (
        build_definitions(agency.dataset.settings)
        .resolve_job_def("weekly_schedules")
        .execute_in_process(
            instance=agency.instance,
            partition_key=WEEK.isoformat(),
            asset_selection=[locked, *published],
            raise_on_error=False,
        )
    )
    evaluations = {e.check_name: e for e in result.get_asset_check_evaluations()}
    assert {name for name in SMOKE_TESTS if not evaluations[name].passed} == {"smoke_selector"}
    written = {event.asset_key for event in result.get_asset_materialization_events()}
    assert locked in written
    assert not written & set(published)
