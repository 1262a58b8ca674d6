"""Every line of a working installation holds or waits; what breaks the system breaks its line."""

import datetime as dt
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from eros_assets.acceptance.contents import (
    Contents,
    ContentsError,
    contents_of,
    read_contents,
)
from eros_assets.acceptance.criterion import Criterion
from eros_assets.acceptance.dagster_state import DagsterState, RunSeen
from eros_assets.acceptance.installation import MANIFEST, Installation
from eros_assets.acceptance.lines import Answer, Line, Status
from eros_assets.acceptance.operations import ALERTING
from eros_assets.acceptance.table import PHASES, acceptance_lines, lines_without_settings
from eros_assets.deployment.manifest import Manifest
from eros_assets.settings import REPOSITORY
from tests.assets.installed import WEEK, Installed
from tests.deployment.small_house import NOW, ONE, House, small_house
from tests.gate.test_gate import TROUBLES

CRITERIA: dict[str, Criterion] = {
    criterion.text: criterion for criteria in PHASES.values() for criterion in criteria
}


def seen(installation: Installation, **evidence: Any) -> Installation:
    """The installation with some of its evidence as if it had been read."""
    vars(installation).update(evidence)
    return installation


def installation_of(agency: Installed, **more: Any) -> Installation:
    return Installation(agency.dataset, DagsterState(), dt.datetime.now(dt.UTC), **more)


def answer(installation: Installation, criterion: str) -> Answer:
    return CRITERIA[criterion].answer(installation)


def status(installation: Installation, criterion: str) -> Status:
    return answer(installation, criterion).status


# The whole table


def test_every_line_of_a_planned_agency_holds_or_waits_for_what_nobody_did(
    agency: Installed,
) -> None:
    now = dt.datetime.now(dt.UTC)
    week = RunSeen("0123456789", "weekly_schedules", "SUCCESS", now, WEEK.isoformat())
    state = DagsterState(day=[week], weekly=week)
    lines = acceptance_lines(Installation(agency.dataset, state, now, environment={}))
    assert {line.phase for line in lines} == PHASES.keys()
    assert [line for line in lines if line.status == "FAIL"] == []
    waiting = {line.criterion: line.evidence for line in lines if line.status != "PASS"}
    assert waiting.keys() == {
        "stakeholders can be told",
        "a backup can be made",
        "a rollback has been rehearsed within 30 days",
        "the manifest written, with SHA-256",
        "deploy twice: nothing changes",
        "rollback verified",
        "alerts configured",
        "all objects deployed",
        "summary written",
        "people told",
        "monitoring and alerts working",
        "EMV up more than 10 % against the control arm, with its interval",
        "revenue's increase measurable",
        "cost stable",
    }
    assert all(line.evidence and line.source for line in lines)
    assert "make deploy" in waiting["summary written"]


def test_a_criterion_whose_evidence_can_not_be_read_fails_alone(dataset: Any) -> None:
    """The small dataset lacks most tables: what is missing is an error of those lines."""
    lines = acceptance_lines(
        seen(
            Installation(dataset, DagsterState(), dt.datetime.now(dt.UTC)),
            contents=contents(),
            manifest=Manifest([]),
            probes=[],
        )
    )
    found = {(line.phase, line.criterion): line for line in lines}
    assert found["success, at once", "cost < 10 USD a day"].status == "FAIL"
    assert found["0 preparation", "environment variables set and valid"].status != "FAIL"
    assert found["2A warehouse", "no session settings"].status == "PASS"


def test_settings_that_can_not_be_used_are_the_first_line() -> None:
    first, *rest = lines_without_settings("EROS_WEEK=x: no date")
    assert (first.status, first.evidence) == ("FAIL", "EROS_WEEK=x: no date")
    assert {line.status for line in rest} == {"NOT YET KNOWN"}
    assert len(rest) == sum(map(len, PHASES.values())) - 1


def test_an_installation_without_tables_says_what_makes_them(tmp_path: Path) -> None:
    with small_house(tmp_path) as house:
        found = status_lines(Installation(house.dataset, DagsterState(), NOW), "success, week 1")
    assert {line.status for line in found} == {"NOT YET KNOWN"}
    assert all("make demo" in line.evidence for line in found)


def status_lines(installation: Installation, phase: str) -> list[Line]:
    return [
        Line(phase, criterion.text, a.status, a.evidence, criterion.source)
        for criterion in PHASES[phase]
        for a in [criterion.answer(installation)]
    ]


def test_code_that_does_not_load_in_time_is_told_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eros_assets.acceptance.contents.SECONDS", 0.01)
    with pytest.raises(ContentsError, match=r"did not load the code in 0.01 s: .* run it again"):
        read_contents(tmp_path)


def contents(**more: Any) -> Contents:
    empty: dict[str, Any] = {"commands": {}, "assets": {}, "checks": {}, "jobs": {}}
    return contents_of({**empty, "schedules": {}, "sensors": list(ALERTING), **more})


# The warehouse


def test_a_missing_routine_fails_its_kind_alone(agency: Installed) -> None:
    installation = installation_of(agency)
    fewer = [r for r in installation.routines if r.name != "detect_anomalies"]
    seen(installation, routines=fewer)
    assert status(installation, "2 scalar functions") == "PASS"
    lost = answer(installation, "7 table functions")
    assert (lost.status, lost.evidence) == ("FAIL", "detect_anomalies is missing")


def test_a_fourteenth_routine_fails_its_kind(agency: Installed) -> None:
    ours = agency.dataset.library["wilson_sample"]
    text = ours.text.replace("wilson_sample", "somebodys_own")
    agency.dataset.warehouse.deploy(replace(ours, name="somebodys_own", text=text))
    found = answer(installation_of(agency), "2 scalar functions")
    assert (found.status, found.evidence) == ("FAIL", "somebodys_own is not one of EROS")
    assert status(installation_of(agency), "4 procedures") == "PASS"


def test_a_view_of_another_text_than_that_of_sql_fails(agency: Installed) -> None:
    view = agency.dataset.library["schedule_recommendations_with_messages"]
    assert status(installation_of(agency), "1 view") == "PASS"
    agency.dataset.warehouse.deploy(replace(view, fingerprint="0" * 64))
    assert "make deploy" in answer(installation_of(agency), "1 view").evidence
    assert status(installation_of(agency), "1 view") == "FAIL"


# Code


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A copy of sql/ to break."""
    shutil.copytree(REPOSITORY / "sql", tmp_path / "root" / "sql")
    (tmp_path / "root" / "eros_assets").mkdir()
    (tmp_path / "root" / "eros_assets" / "__init__.py").touch()
    return tmp_path / "root"


@pytest.mark.parametrize(
    ("broken", "criterion"),
    [
        ("SET @@time_zone = 'UTC';\n", "no session settings"),
        ("SELECT 1 / 2 AS half;\n", "SAFE_DIVIDE only"),
        ("DROP TABLE `${dataset}.creators`;\n", "no destructive DDL"),
        ("SELECT 'open;\n", "no destructive DDL"),
    ],
)
def test_a_file_that_breaks_a_rule_fails_the_rule_and_is_named(
    dataset: Any, root: Path, broken: str, criterion: str
) -> None:
    (root / "sql" / "operations" / "supply.sql").write_text(broken, encoding="utf-8")
    found = answer(Installation(dataset, DagsterState(), NOW, root=root), criterion)
    assert found.status == "FAIL"
    assert found.evidence.startswith("sql/operations/supply.sql ")


def test_a_sql_file_that_does_not_parse_fails_the_inventory(dataset: Any, root: Path) -> None:
    shutil.rmtree(root / "sql")
    (root / "sql" / "views").mkdir(parents=True)
    (root / "sql" / "views" / "lost.sql").write_text("CREATE OR REPLACE VIEW AS SELEC 1;\n")
    found = answer(
        Installation(dataset, DagsterState(), NOW, root=root), "every SQL file readable and parsed"
    )
    assert found.status == "FAIL"
    assert found.evidence.startswith("sql/views/lost.sql: unparsable")


def test_a_module_that_can_not_be_imported_fails_the_inventory(dataset: Any, root: Path) -> None:
    shutil.rmtree(root / "sql")
    (root / "eros_assets" / "late.py").write_text("import no_such_module\n")
    found = answer(
        Installation(dataset, DagsterState(), NOW, root=root), "every Python module importable"
    )
    assert (found.status, "no_such_module" in found.evidence) == ("FAIL", True)


def test_a_manifest_is_of_the_code_as_it_is(dataset: Any, root: Path) -> None:
    shutil.rmtree(root / "sql" / "procedures")
    shutil.rmtree(root / "sql" / "views")
    criterion = "the manifest written, with SHA-256"
    installation = replace(
        Installation(dataset, DagsterState(), NOW, root=root),
        dataset=replace(
            dataset,
            settings=dataset.settings.model_copy(update={"out_dir": root / "out"}),
        ),
    )
    path = installation.records / MANIFEST
    assert status(installation, criterion) == "NOT YET KNOWN"
    path.parent.mkdir(parents=True)
    written = installation.manifest.as_json()
    path.write_text(written, encoding="utf-8")
    assert status(installation, criterion) == "PASS"
    path.write_text(written.replace(written.split('"sha256": "')[1][:64], ""), encoding="utf-8")
    assert "has no SHA-256" in answer(installation, criterion).evidence
    path.write_text(written[:100], encoding="utf-8")
    assert status(installation, criterion) == "FAIL"
    path.write_text(written, encoding="utf-8")
    (root / "eros_assets" / "more.py").touch()
    again = replace(installation)
    assert "1 files are not those" in answer(again, criterion).evidence


def test_a_command_that_does_not_start_fails(dataset: Any) -> None:
    found = contents(commands={"week": "", "demo": "ImportError: no rich"})
    installation = seen(Installation(dataset, DagsterState(), NOW), contents=found)
    assert status(installation, "every command executable") == "FAIL"


# The gate, the data and the health


def test_a_failed_smoke_test_fails_its_line_and_what_rests_on_it(agency: Installed) -> None:
    installation = installation_of(agency)
    assert status(installation, "smoke test 3, builder") == "PASS"
    broken = [
        replace(f, offenders=("a schedule has a gap",)) if f.name == "smoke_builder" else f
        for f in installation.findings
    ]
    failing = installation_of(agency, judged=broken)
    for criterion in ("smoke test 3, builder", "smoke tests pass", "all tests pass"):
        assert "a schedule has a gap" in answer(failing, criterion).evidence
        assert status(failing, criterion) == "FAIL"
    assert status(failing, "smoke test 4, exporter") == "PASS"


def test_a_caption_assigned_twice_fails_its_line(agency: Installed) -> None:
    assert status(installation_of(agency), "no caption assigned twice") == "PASS"
    agency.change(TROUBLES["no_caption_reserved_twice"])
    assert status(installation_of(agency), "no caption assigned twice") == "FAIL"
    assert status(installation_of(agency), "no critical error in 24 h") == "FAIL"


def test_an_unhealthy_check_fails_until_a_better_one(agency: Installed) -> None:
    now = dt.datetime.now(dt.UTC)
    for minutes, score, expected in ((10, 60.0, "FAIL"), (5, 95.0, "PASS")):
        row = {
            "check_date": now.date(),
            "checked_at": now - dt.timedelta(minutes=minutes),
            "health_score": score,
            "decision": "OK",
            "reasons": [],
            "query_cost_usd_24h": score,
            "run_id": f"{score}",
        }
        agency.dataset.load("system_health", pd.DataFrame([row]), replacing={"run_id": f"{score}"})
        installation = installation_of(agency)
        assert status(installation, "health > 90") == expected
        assert list(installation.costs.values())[-1] == max(60.0, score)


# Deployments


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with small_house(tmp_path) as house:
        house.deploy(ONE)
        yield house


def deployed(house: House, now: dt.datetime = NOW) -> Installation:
    """Its code is of no files: to read and import those of the repository takes seconds."""
    return seen(Installation(house.dataset, DagsterState(), now), manifest=Manifest([]))


def test_a_summary_that_is_missing_or_of_another_deployment_fails(house: House) -> None:
    identifier = house.history()[-1].deployment_id
    path = deployed(house).records / identifier / "summary.md"
    assert answer(deployed(house), "summary written").evidence == f"{path} is missing"
    assert status(deployed(house), "summary written") == "FAIL"
    path.parent.mkdir(parents=True)
    path.write_text(f"# Deployment {identifier}: succeeded\n", encoding="utf-8")
    assert status(deployed(house), "summary written") == "PASS"
    path.write_text("# Deployment d9999_00000000: succeeded\n", encoding="utf-8")
    assert status(deployed(house), "summary written") == "FAIL"


def test_a_rollback_is_rehearsed_by_rolling_back_and_for_thirty_days(house: House) -> None:
    criterion = "a rollback has been rehearsed within 30 days"
    assert status(deployed(house), criterion) == "NOT YET KNOWN"
    house.roll_back(now=NOW)
    for days, expected in ((30, "PASS"), (31, "FAIL")):
        later = NOW + dt.timedelta(days=days)
        assert status(deployed(house, later), criterion) == expected


@pytest.mark.parametrize("criterion", ["a backup can be made", "rollback verified"])
def test_a_backup_that_expired_fails(house: House, criterion: str) -> None:
    assert status(deployed(house), criterion) == "PASS"
    assert status(deployed(house, NOW + dt.timedelta(days=31)), criterion) == "FAIL"


def test_a_backup_whose_copies_are_gone_fails(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse = type(house.dataset.warehouse)
    monkeypatch.setattr(warehouse, "kept", lambda *_: {})
    found = answer(deployed(house), "rollback verified")
    assert found.status == "FAIL"
    assert "the copy of" in found.evidence


def test_objects_that_were_changed_since_fail(house: House) -> None:
    assert status(deployed(house), "all objects deployed") == "PASS"
    name = "functions/wilson_score_bounds"
    house.write(name, house.text(name).replace("1.959963984540054", "1.96"))
    found = answer(deployed(house), "all objects deployed")
    assert (found.status, "wilson_score_bounds" in found.evidence) == ("FAIL", True)
