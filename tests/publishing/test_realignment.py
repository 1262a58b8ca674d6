"""After a rollback nobody finds files of schedules that are not in force."""

import datetime as dt
from pathlib import Path

import pytest

from eros_assets.gate import Finding, verdict
from eros_assets.publishing.publication import publish_files, wrong_folder
from eros_assets.publishing.realignment import realign_files
from eros_assets.publishing.record import RECORD
from eros_assets.weekly.messages import active_messages
from tests.assets.installed import WEEK, Installed

OPEN = (Finding("gate", "It is open.", (), 0),)
CLOSED = (Finding("routines", "Routines that differ.", ("wilson_sample",), 1),)


def gate(monkeypatch: pytest.MonkeyPatch, findings: tuple[Finding, ...]) -> None:
    monkeypatch.setattr(verdict, "gate_findings", lambda *_: findings)


def realigned(agency: Installed) -> dict[dt.date, str]:
    return realign_files(agency.dataset, run_id="test", report=lambda _: None)


def faults(agency: Installed) -> list[str]:
    dataset = agency.dataset
    return wrong_folder(active_messages(dataset, WEEK), dataset.week_folder(WEEK))


def take_back(agency: Installed, *, everyone: bool) -> None:
    """Put the schedules of the first page or of all out of force, and others into force."""
    first = min(active_messages(agency.dataset, WEEK)["page_name"])
    agency.change(
        "UPDATE `${dataset}.schedule_recommendations` SET is_active = FALSE, "
        "status = 'superseded' WHERE @everyone OR page_name = @first;"
        "UPDATE `${dataset}.schedule_recommendations` SET performance_score = 0.25 WHERE is_active",
        everyone=everyone,
        first=first,
    )


@pytest.mark.parametrize("everyone", [False, True], ids=["some", "all"])
def test_files_of_schedules_taken_back_are_replaced_by_those_in_force(
    agency: Installed, monkeypatch: pytest.MonkeyPatch, everyone: bool
) -> None:
    gate(monkeypatch, OPEN)
    take_back(agency, everyone=everyone)
    assert faults(agency)
    said = realigned(agency)
    assert said == {WEEK: f"week of {WEEK}: its files are those of the schedules in force"}
    assert faults(agency) == []
    assert realigned(agency) == {}


def test_a_week_behind_a_closed_gate_is_withdrawn_with_the_reason_until_it_opens(
    agency: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_back(agency, everyone=False)
    gate(monkeypatch, CLOSED)

    said = realigned(agency)

    assert "its files were withdrawn: week of 2025-11-03: nothing was published" in said[WEEK]
    assert set(agency.files()) == {"index.html", RECORD}
    page = agency.files()["index.html"].decode()
    assert "sched_" not in page
    in_force = {str(name) for name in active_messages(agency.dataset, WEEK)["page_name"]}
    assert in_force
    assert all(f"{name}: 0 of 1 messages: its files were withdrawn" in page for name in in_force)

    gate(monkeypatch, OPEN)
    publish_files(agency.dataset, WEEK, run_id="later", report=lambda _: None)
    assert faults(agency) == []
    assert b"withdrawn" not in agency.files()["index.html"]


def test_weeks_whose_files_are_right_and_other_folders_are_left_alone(
    agency: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate(monkeypatch, CLOSED)
    out = agency.dataset.settings.out_dir
    for name in ("deployments", "2025-10-27", "2025-13-01"):
        other = Path(out / name)
        other.mkdir(exist_ok=True)
        (other / "old.csv").write_text("kept", "utf-8")
    before = {p: p.stat().st_mtime_ns for p in sorted(out.rglob("*")) if p.is_file()}
    assert realigned(agency) == {}
    assert {p: p.stat().st_mtime_ns for p in sorted(out.rglob("*")) if p.is_file()} == before
