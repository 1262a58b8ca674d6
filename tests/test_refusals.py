"""What can't be planned ends a command in words, with code 2, before anything is written."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner, Result

from eros_assets.cli import planning
from eros_assets.cli.planning import main
from eros_assets.publishing.ownership import OWNER, take_folder
from eros_assets.settings import Settings
from tests.assets.installed import Installed, copied

HOLDING = """
import sys, duckdb
held = duckdb.connect(sys.argv[1], read_only=sys.argv[2] == "read")
print("open", flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def work() -> None:
    """The file is closed between commands, and another process may open it."""


@pytest.fixture
def agency(shared_agency: Installed) -> Installed:
    """The file is closed between commands, and another process may open it."""
    return shared_agency


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The jobs that commands run, which are not run here."""
    run: list[str] = []

    def ran(_: object, job: str, *rest: Any, **more: Any) -> None:
        run.append(job)

    monkeypatch.setattr(planning, "_run_job", ran)
    monkeypatch.setattr(planning, "_where_to_look", lambda *_: {})
    return run


@pytest.fixture
def command(agency: Installed, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """A command of the installation whose week of 2025-11-03 is planned; today is that Monday."""
    return command_of(agency.dataset.settings, monkeypatch)


def command_of(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """What types a command of an installation, with words and variables."""
    for name in ("EROS_WEEK", "EROS_PAGES", "EROS_IMPORT_DIR", "EROS_ENV"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("EROS_HOME", str(settings.home))
    monkeypatch.setenv("EROS_OUT_DIR", str(settings.out_dir))
    monkeypatch.setenv("EROS_SAMPLE", "small")
    monkeypatch.setenv("EROS_TODAY", "2025-11-03")
    monkeypatch.setenv("EROS_TUNING_DIR", str(settings.tuning_dir))

    def typed(*words: str, **variables: str) -> Result:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return CliRunner().invoke(main, words)

    return typed


def state(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Every file of the installation but Dagster's own, the log of jobs and the read SQL."""
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and not path.name.startswith("warehouse.duckdb")
        and path.parent.name != "cache"
    }


@dataclass(frozen=True)
class Untouched:
    """An installation for commands that change nothing: its rows and files as they are."""

    agency: Installed
    rows: Mapping[str, list[str]]
    files: dict[str, tuple[int, bytes]]


@pytest.fixture(scope="module")
def untouched(planned: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Untouched]:
    folder = tmp_path_factory.mktemp("untouched")
    with copied(planned, folder, alone=False) as agency:
        rows = agency.week_tables()
        yield Untouched(agency, rows, state(folder))


@pytest.mark.parametrize(
    ("words", "variables", "said"),
    [
        (["week", "--page", "nobody"], {}, "pages: nobody: no active creator"),
        (["week", "--page", "no", "--page", "way"], {}, "pages: no, way: no active creator"),
        (["week"], {"EROS_PAGES": "nobody"}, "pages: nobody: no active creator"),
        (["week"], {"EROS_WEEK": "2025-10-27"}, "week 2025-10-27 has passed: it is 2025-11-03"),
        (["week", "--force"], {"EROS_WEEK": "2024-01-01"}, "week 2024-01-01 has passed"),
        (["week"], {"EROS_WEEK": "2052-11-04"}, "week 2052-11-04: there is no such week"),
        (["week"], {"EROS_WEEK": "2026-01-05"}, "to 2025-11-03, the coming one"),
        (["demo"], {"EROS_WEEK": "2052-11-04"}, "week 2052-11-04: there is no such week"),
        (["demo"], {"EROS_WEEK": "2025-10-27"}, "the weeks that can be planned are 2025-11-03"),
    ],
)
def test_a_page_or_week_that_is_none_is_refused_in_one_line(
    untouched: Untouched,
    monkeypatch: pytest.MonkeyPatch,
    jobs: list[str],
    words: list[str],
    variables: dict[str, str],
    said: str,
) -> None:
    settings = untouched.agency.dataset.settings
    told = command_of(settings, monkeypatch)(*words, **variables)
    assert told.exit_code == 2
    assert said in told.output
    assert told.output.count("\n") == 1
    assert jobs == []
    assert untouched.agency.week_tables() == untouched.rows
    assert state(settings.home.parent) == untouched.files


@pytest.mark.parametrize("word", ["week", "demo"])
@pytest.mark.parametrize(
    ("knob", "value", "said"),
    [
        ("max_urgent_captions", "many", "max_urgent_captions: value 'many' is not a whole number"),
        ("control_share", "7", "control_share"),
        ("no_such_knob", "1", "there is no knob 'no_such_knob'"),
    ],
)
def test_a_bad_tuning_file_is_refused_before_any_work(
    command: Callable[..., Result],
    jobs: list[str],
    agency: Installed,
    word: str,
    knob: str,
    value: str,
    said: str,
) -> None:
    tuning = _tuning(agency)
    lines = tuning.read_text("utf-8").splitlines()
    found = [n for n, line in enumerate(lines) if line.startswith(f"{knob},")] or [1]
    cells = lines[found[0]].split(",")
    lines[found[0]] = ",".join([knob, value, *cells[2:]])
    tuning.write_text("\n".join(lines) + "\n", "utf-8")
    told = command(word)
    assert told.exit_code == 2
    assert f"tuning.csv line {found[0] + 1}: " in told.output
    assert said in told.output
    assert jobs == []


def _tuning(agency: Installed) -> Path:
    folder = agency.dataset.settings.tuning_dir
    assert folder is not None
    return folder / "tuning.csv"


def test_a_home_without_tables_is_refused_and_stays_without(
    command: Callable[..., Result], jobs: list[str], tmp_path: Path
) -> None:
    told = command("week", EROS_HOME=str(tmp_path / "empty"))
    assert told.exit_code == 2
    assert "has no tables yet: run `make demo`" in told.output
    assert not (tmp_path / "empty" / "warehouse.duckdb").exists()
    assert jobs == []


@pytest.mark.parametrize("word", ["week", "demo"])
def test_an_export_folder_of_another_home_is_refused_before_any_work(
    agency: Installed, command: Callable[..., Result], jobs: list[str], tmp_path: Path, word: str
) -> None:
    """Its weeks would replace those that people of the other home work from."""
    theirs = agency.dataset.settings.model_copy(update={"home": tmp_path / "theirs"})
    theirs.home.mkdir()
    theirs.warehouse_file.touch()
    (theirs.out_dir / OWNER).unlink()
    take_folder(theirs)
    rows, files = agency.week_tables(), state(agency.dataset.settings.home.parent)
    told = command(word)
    assert told.exit_code == 2
    assert f"has the weeks of another home, {theirs.warehouse_file}" in told.output
    assert told.output.count("\n") == 1
    assert jobs == []
    assert agency.week_tables() == rows
    assert state(agency.dataset.settings.home.parent) == files
    (theirs.out_dir / OWNER).unlink()
    assert command("week").exit_code == 0


@pytest.mark.parametrize("word", ["week", "smoke"])
def test_what_an_older_version_set_up_is_refused_and_a_deployment_named(
    agency: Installed, command: Callable[..., Result], jobs: list[str], word: str
) -> None:
    """After an update of the code: it lacks a view, a table, a column and a routine."""
    settings = agency.dataset.settings
    with duckdb.connect(str(settings.warehouse_file)) as connection:
        connection.execute(
            f"""
            USE {settings.dataset};
            DROP VIEW duplicate_captions;
            DROP TABLE quarantined_reviews;
            ALTER TABLE message_facts DROP COLUMN maturity;
            DELETE FROM eros_catalog.routines WHERE name = 'detect_anomalies';
            """
        )
    told = command(word)
    assert told.exit_code == 2
    assert told.output == (
        f"{settings.warehouse_file} was set up by another version of EROS: it lacks "
        "detect_anomalies, duplicate_captions, message_facts.maturity and 1 more. Run "
        "`make deploy`, which makes a backup and adds what is missing\n"
    )
    assert jobs == []


@pytest.fixture(params=["read", "write"])
def notebook(agency: Installed, request: pytest.FixtureRequest) -> Iterator[int]:
    """Another process that has the warehouse's file open, as a notebook does; its id."""
    file = str(agency.dataset.settings.warehouse_file)
    with subprocess.Popen(
        [sys.executable, "-c", HOLDING, file, request.param],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == b"open\n"
        yield process.pid
        process.stdin.close()


@pytest.mark.parametrize(
    ("word", "code"),
    [("week", 2), ("smoke", 2), ("health", 2), ("deploy", 2), ("rollback", 2), ("status", 1)],
)
def test_a_file_that_a_notebook_has_open_is_reported_as_that(
    notebook: int, command: Callable[..., Result], jobs: list[str], word: str, code: int
) -> None:
    begun = time.monotonic()
    told = command(word)
    assert time.monotonic() - begun < 20, "it doesn't wait for a process that may never end"
    assert told.exit_code == code
    assert f"another process (pid {notebook}, " in told.output
    assert "close it" in told.output
    assert "damaged" not in told.output
    assert told.output.count("\n") == 1
    assert jobs == []


@pytest.mark.parametrize("words", [["rollback"], ["rollback", "d0007_nobody"]])
def test_a_state_that_is_none_is_refused_in_one_line(
    agency: Installed, command: Callable[..., Result], words: list[str]
) -> None:
    files = state(agency.dataset.settings.home.parent)
    told = command(*words)
    assert told.exit_code == 2
    assert "Nothing was changed" in told.output
    assert told.output.count("\n") == 1
    assert state(agency.dataset.settings.home.parent) == files


def test_a_tuning_that_has_not_changed_is_neither_loaded_nor_said(
    command: Callable[..., Result], jobs: list[str]
) -> None:
    told = command("week")
    assert (told.exit_code, told.output) == (0, "")
    assert jobs == ["weekly_schedules"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"max_urgent_captions": "3"}, "max_urgent_captions 5 → 3"),
        (
            {"max_urgent_captions": "4", "control_share": "0.2"},
            "control_share 0.1 → 0.2, max_urgent_captions 5 → 4",
        ),
        (
            {
                "max_urgent_captions": "4",
                "control_share": "0.2",
                "rest_days": "8",
                "diversity_days": "8",
                "reservation_days": "8",
            },
            "2 more knobs",
        ),
    ],
    ids=["one", "two", "five"],
)
def test_a_tuning_file_that_has_changed_is_loaded_first_and_said(
    command: Callable[..., Result],
    jobs: list[str],
    agency: Installed,
    changes: dict[str, str],
    said: str,
) -> None:
    tuning = _tuning(agency)
    lines = [line.split(",") for line in tuning.read_text("utf-8").splitlines()]
    for cells in lines:
        cells[1] = changes.get(cells[0], cells[1])
    tuning.write_text("\n".join(map(",".join, lines)) + "\n", "utf-8")
    told = command("week")
    assert told.exit_code == 0
    assert told.output.startswith("The tuning has changed and is loaded: ")
    assert said in told.output
    assert told.output.count("\n") == 1
    assert jobs == ["load_tuning", "weekly_schedules"]
    agency.run("load_tuning")
    assert command("week").output == ""


@pytest.mark.parametrize(
    ("name", "before", "after", "said"),
    [
        ("commercial_days.csv", "1.3", "1.4", "rows of holiday_calendar"),
        ("account_size_tiers.csv", "5000,", "5001,", "1 rows of account_size_tiers"),
        ("segment_rules.csv", "0.60", "0.50", "rows of segment_rules"),
    ],
)
def test_every_tuning_file_is_compared(
    command: Callable[..., Result],
    jobs: list[str],
    agency: Installed,
    name: str,
    before: str,
    after: str,
    said: str,
) -> None:
    from eros_assets.settings import REPOSITORY

    shipped = (REPOSITORY / "eros_assets" / "tuning" / name).read_text("utf-8")
    assert before in shipped
    text = shipped.replace(before, after, 1)
    if name == "segment_rules.csv":
        text = text.replace("0.30", "0.40", 1)
    _tuning(agency).with_name(name).write_text(text, "utf-8")
    told = command("week")
    assert said in told.output
    assert jobs == ["load_tuning", "weekly_schedules"]
