"""The command line: what can't be used ends it at once, in words, and leaves nothing behind."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from eros_assets.cli.planning import main

MESSAGES = (
    "row_id,page_name,message,sending_time,price,sent_count,viewed_count,purchased_count,earnings,"
    "message_type,caption_id\n"
)
BANK = (
    "caption_id,caption_text,content_category,price_tier,has_urgency,page_name,is_active,created_at"
    "\n1,Sourdough at dawn,baking,budget,false,,true,2025-01-01T00:00:00Z\n"
)


@pytest.fixture
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "history"
    folder.mkdir()
    (folder / "mass_messages.csv").write_text(MESSAGES, encoding="utf-8")
    (folder / "caption_bank.csv").write_text(BANK, encoding="utf-8")
    monkeypatch.setenv("EROS_IMPORT_DIR", str(folder))
    monkeypatch.setenv("EROS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("EROS_OUT_DIR", str(tmp_path / "out"))
    return folder


def test_mistakes_in_files_are_told_before_anything_is_set_up(
    history: Path, tmp_path: Path
) -> None:
    row = "seven,baker,Hello,2025-03-01T00:00:00Z,9,100,50,2,18,PPV,\n"
    (history / "mass_messages.csv").write_text(MESSAGES + row, encoding="utf-8")
    told = CliRunner().invoke(main, ["demo"])
    assert told.exit_code == 2
    assert "mass_messages.csv line 2: row_id 'seven' is not a whole number" in told.output
    assert not (tmp_path / "home").exists()


def test_the_acceptance_of_an_empty_home_says_what_is_missing_and_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("EROS_HOME", "DAGSTER_HOME", "EROS_OUT_DIR"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.delenv("EROS_DAGSTER_STORAGE", raising=False)
    told = CliRunner().invoke(main, ["acceptance", "--json"])
    table = json.loads(told.output)
    assert (told.exit_code, table["status"]) == (1, "FAIL")
    [failed] = [line for line in table["lines"] if line["status"] == "FAIL"]
    assert failed["criterion"].startswith("prerequisites")
    assert "make demo" in failed["evidence"]


def test_the_acceptance_with_a_wrong_setting_names_it_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("EROS_WEEK", "2025-11-04")
    told = CliRunner().invoke(main, ["acceptance"])
    assert told.exit_code == 1
    assert told.output.splitlines()[1].split("  ")[1] == "FAIL"
    assert "2025-11-04 is a Tuesday" in told.output.splitlines()[1]


def test_an_import_that_matches_nothing_stops_with_code_3_and_says_how_to_go_on(
    history: Path, tmp_path: Path
) -> None:
    row = "7,baker,Hello,2025-03-01T00:00:00Z,9,100,50,2,18,PPV,\n"
    (history / "mass_messages.csv").write_text(MESSAGES + row, encoding="utf-8")
    told = CliRunner().invoke(main, ["demo"])
    assert told.exit_code == 3
    assert "1 messages read, 1 used, 0 quarantined (0.0%)" in told.output
    assert "100.0% of the messages match no caption (allowed: 20%)" in told.output
    assert "run the command again with --accept (`make demo ACCEPT=yes`)" in told.output
    assert not (tmp_path / "home" / "warehouse.duckdb").exists()


def test_brackets_in_a_message_are_told_as_they_are(history: Path) -> None:
    """A terminal's markup is no language of files: it would swallow them, or fail on them."""
    row = "[bold]7[/seven],baker,Hello,2025-03-01T00:00:00Z,9,100,50,2,18,PPV,\n"
    (history / "mass_messages.csv").write_text(MESSAGES + row, encoding="utf-8")
    told = CliRunner().invoke(main, ["demo"])
    assert told.exit_code == 2
    assert "row_id '[bold]7[/seven]' is not a whole number" in told.output


def test_settings_that_can_not_be_used_are_told_line_by_line(
    history: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EROS_WEEK", "2025-11-04")
    monkeypatch.setenv("EROS_SAMPLE", "huge")
    told = CliRunner().invoke(main, ["week"])
    assert told.exit_code == 2
    lines = sorted(told.output.strip().split("\n"))
    assert lines[0].startswith("EROS_SAMPLE=huge: ")
    assert lines[1].startswith("EROS_WEEK=2025-11-04: 2025-11-04 is a Tuesday")
