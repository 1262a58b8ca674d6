"""A history of which much can't be used is not loaded by the UI, and a command plans nothing."""

from pathlib import Path

import pytest

from eros_assets.automation.jobs import set_up, set_up_run_config
from eros_assets.cli.planning import _run_job
from eros_assets.definitions import build_definitions
from eros_assets.errors import root_cause
from tests.assets.installed import WEEK, Installed, installed
from tests.importing.conftest import BANK, CREATORS, MESSAGES

STEW = MESSAGES.replace("3,maya_cooks,Soup", "3,maya_cooks,Stew")


def history(folder: Path) -> Path:
    for name, text in (("mass_messages", STEW), ("caption_bank", BANK), ("creators", CREATORS)):
        path = folder / "history" / f"{name}.csv"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder / "history"


def load(agency: Installed, *, accept: bool) -> tuple[bool, str]:
    """Whether the set-up succeeded, as the UI runs it; the error of the step that failed."""
    job = build_definitions(agency.dataset.settings).resolve_job_def(set_up.name)
    result = job.execute_in_process(
        instance=agency.instance,
        run_config=set_up_run_config(accept=accept),
        raise_on_error=False,
    )
    failed = [e for e in result.all_events if e.is_step_failure]
    error = root_cause(failed[0].step_failure_data.error) if failed else ""
    for event in result.get_asset_materialization_events():
        if event.asset_key and event.asset_key.path == ["mass_messages"]:
            shown = event.materialization.metadata["inputs"].value
            assert "2 messages matched to captions, 1 not (33.3%)" in str(shown)
    return result.success, error


def test_the_set_up_loads_doubtful_files_only_when_they_are_accepted(tmp_path: Path) -> None:
    with installed(tmp_path, import_dir=history(tmp_path)) as agency:
        loaded, error = load(agency, accept=False)
        assert not loaded
        assert "33.3% of the messages match no caption (allowed: 20%)" in error
        assert "accept: true in the config of the step inputs" in error
        assert agency.query("SELECT row_id FROM `${dataset}.mass_messages`").empty
        assert load(agency, accept=True) == (True, "")
        assert len(agency.query("SELECT row_id FROM `${dataset}.mass_messages`")) == 3


def test_the_tuning_decides_how_much_is_doubtful(tmp_path: Path) -> None:
    tuning = tmp_path / "tuning" / "tuning.csv"
    with installed(tmp_path, import_dir=history(tmp_path)) as agency:
        text = tuning.read_text("utf-8")
        tuning.write_text(text.replace("unmatched_share,0.20,", "unmatched_share,0.40,"), "utf-8")
        assert load(agency, accept=False)[0]


def test_a_week_of_a_doubtful_history_ends_with_code_3_and_changes_no_schedule(
    agency: Installed, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = agency.week_tables()
    agency.change(
        "UPDATE `${dataset}.mass_messages` SET viewed_count = sent_count + 1 "
        "WHERE MOD(row_id, 10) = 0"
    )
    monkeypatch.setenv("DAGSTER_HOME", str(agency.dataset.settings.home))
    settings = agency.dataset.settings
    with pytest.raises(SystemExit) as ended:
        _run_job(settings, "weekly_schedules", WEEK, stop_at_doubts=True)
    said = capsys.readouterr().out
    assert ended.value.code == 3
    assert "of the messages are quarantined (allowed: 5%)" in said
    assert "go on as they are with --accept" in said
    after = agency.week_tables()
    learned = after.keys() - {"message_facts", "quarantined_messages", "message_days"}
    assert {name: after[name] for name in learned} == {name: rows[name] for name in learned}
