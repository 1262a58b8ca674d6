"""The sample agency is healthy; each injected trouble moves score and decision as it should."""

import datetime as dt
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from eros_assets.calendar import la_instant
from eros_assets.health.checkup import Health, check_system
from eros_assets.health.observations import supply
from eros_assets.warehouse.duckdb.storage import storage_of
from eros_assets.warehouse.protocol import WarehouseError
from eros_assets.warehouse.sql.library import SqlLibrary
from tests.assets.installed import TODAY, Installed, installed
from tests.gate.swift import swift_smoke_tests as swift_smoke_tests
from tests.health.limits import LIMITS

BYTES_PER_TIB = 2**40


def check(agency: Installed) -> Health:
    dataset = agency.dataset.labelled(asset="system_health", purpose="health")
    return check_system(dataset, now=dt.datetime.now(dt.UTC), planned_at=dataset.planning_instant())


def score(health: Health, component: str) -> float | None:
    [found] = [each.score for each in health.components if each.name == component]
    return found


def log_jobs(
    agency: Installed, number: int, *, hours_ago: float, seconds: float, size: int
) -> None:
    """Put jobs of an asset into the embedded warehouse's log, as the door would have."""
    with storage_of(agency.dataset.settings.warehouse_file).opened() as connection:
        connection.execute(
            "INSERT INTO eros_catalog.jobs SELECT nextval('eros_catalog.job_numbers'), "
            "'job', 'query', 'SELECT something', ?, ?, ?, 1, '{\"asset\": \"x\"}', NULL "
            "FROM range(?)",
            [dt.datetime.now(dt.UTC) - dt.timedelta(hours=hours_ago), seconds, size, number],
        )


def test_the_sample_agency_is_healthy_and_the_job_shows_it(agency: Installed) -> None:
    result = agency.run("health_check")
    (event,) = result.asset_materializations_for_node("system_health")
    row = agency.query("SELECT * FROM `${dataset}.system_health`").to_dict("records")[0]
    assert row["health_score"] > 90
    assert row["health_status"] == "HEALTHY"
    assert row["decision"] == event.metadata["decision"].value == "OK"
    assert list(row["reasons"]) == []
    assert "data:image/svg+xml;base64," in str(event.metadata["picture"].value)
    assert "availability" in str(event.metadata["components"].value)
    evaluations = {e.check_name: e for e in result.get_asset_check_evaluations()}
    assert evaluations["health_score"].passed
    assert evaluations["health_score"].metadata["observed"].value == row["health_score"]


@pytest.mark.usefixtures("swift_smoke_tests")
def test_corrupt_rows(agency: Installed) -> None:
    agency.change("DELETE FROM `${dataset}.message_facts` WHERE row_id < 100")
    health = check(agency)
    assert score(health, "integrity") == 0
    assert health.score < 90
    assert health.decision.verdict == "ROLLBACK"
    assert "facts_and_quarantine" in health.decision.reasons[0]


@pytest.mark.usefixtures("swift_smoke_tests")
def test_a_duplicate_reservation(agency: Installed) -> None:
    agency.change(
        "INSERT INTO `${dataset}.active_caption_assignments` "
        "SELECT a.* REPLACE ('other' AS schedule_id) "
        "FROM `${dataset}.active_caption_assignments` AS a WHERE a.is_active LIMIT 1"
    )
    health = check(agency)
    assert score(health, "integrity") == 0
    assert health.decision.verdict == "ROLLBACK"
    assert "no_caption_reserved_twice" in health.decision.reasons[0]


@pytest.mark.usefixtures("swift_smoke_tests")
def test_slow_queries(agency: Installed) -> None:
    log_jobs(agency, 50, hours_ago=48, seconds=20.0, size=0)
    log_jobs(agency, 500, hours_ago=1, seconds=45.0, size=0)
    health = check(agency)
    assert score(health, "query performance") == pytest.approx(5)
    assert 70 < health.score < 90
    assert health.decision.verdict == "INVESTIGATE"
    assert any("slower than before" in reason for reason in health.decision.reasons)


@pytest.mark.usefixtures("swift_smoke_tests")
def test_failing_queries(agency: Installed) -> None:
    handle = agency.dataset.labelled(asset="message_facts").warehouse
    for _ in range(60):
        with suppress(WarehouseError):
            handle.query("SELECT no_such_column FROM `${dataset}.creators`")
    health = check(agency)
    assert score(health, "error rate") == 0
    assert health.decision.verdict == "ROLLBACK"
    assert "of operations failed" in health.decision.reasons[0]


@pytest.mark.usefixtures("swift_smoke_tests")
def test_cost(agency: Installed) -> None:
    log_jobs(agency, 1, hours_ago=2, seconds=1.0, size=17 * BYTES_PER_TIB)
    health = check(agency)
    assert health.work.cost_usd == pytest.approx(17 * 6.25, rel=0.01)
    assert health.decision.verdict == "ROLLBACK"
    assert "USD" in health.decision.reasons[0]
    assert health.score > 90


@pytest.mark.usefixtures("swift_smoke_tests")
def test_stale_history(agency: Installed, tmp_path: Path) -> None:
    with installed(tmp_path, today=TODAY + dt.timedelta(days=4)) as later:
        health = check(later)
    assert score(health, "availability") == 0
    assert health.status == "DEGRADED"
    assert health.decision.verdict == "OK"


def test_a_selector_that_is_down(agency: Installed) -> None:
    library = agency.dataset.library
    procedure = library["select_captions_for_creator"]
    broken = procedure.text.replace("f.selection_seed, CURRENT_TIMESTAMP()", "CURRENT_TIMESTAMP()")
    assert broken != procedure.text
    others = [each for each in library.values() if each.name != procedure.name]
    changed = SqlLibrary([*others, replace(procedure, text=broken)])
    health = check(replace(agency, dataset=replace(agency.dataset, library=changed)))
    assert score(health, "query performance") == 0
    assert health.status == "DEGRADED"
    assert health.decision.verdict == "INVESTIGATE"
    assert any("smoke_selector" in reason for reason in health.decision.reasons)


def test_next_week_s_schedules_are_missed_from_sunday_evening_on(agency: Installed) -> None:
    """Until then this week's will do; the weekly run is on Sunday at 18:00."""
    dataset = agency.dataset.labelled(asset="system_health", purpose="health")
    sunday = TODAY + dt.timedelta(days=6)
    before = supply(dataset, la_instant(sunday, 19, 59), LIMITS)
    after = supply(dataset, la_instant(sunday, 20), LIMITS)
    assert before.without_schedule == []
    assert len(after.without_schedule) == after.active_creators > 0
