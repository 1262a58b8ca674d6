"""What the commands have in common: refusals in one line, mistyped variables, JSON, exit codes."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from eros_assets.automation import old_runs
from eros_assets.cli import operating, planning, runs, serving
from eros_assets.cli.planning import main
from eros_assets.cli.runs import Ended
from eros_assets.cli.terminal import run_job
from eros_assets.settings import REPOSITORY
from tests.assets.installed import Installed
from tests.shell import no_variables as no_variables

WITH_JSON = (
    *("week", "smoke", "health", "preflight", "status", "acceptance"),
    *("explain", "report"),
)


@pytest.fixture
def typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Type a command in a folder without anything; its home is `home` in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EROS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("EROS_OUT_DIR", str(tmp_path / "out"))
    return lambda *words: CliRunner().invoke(main, words)


def test_dev_can_be_ended_where_it_was_started_with_interrupts_ignored(
    typed: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a background job of a script is; Dagster gives SIGTERM the handler of SIGINT."""
    monkeypatch.setenv("DAGSTER_HOME", str(REPOSITORY))
    monkeypatch.setenv("EROS_DAGSTER_STORAGE", str(tmp_path / "dagster"))
    monkeypatch.setenv("PYTHONUTF8", "1")
    monkeypatch.setattr(sys, "argv", list(sys.argv))
    handlers: list[object] = []

    def served(*_: object, **__: object) -> None:
        handlers.extend(signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM))

    monkeypatch.setattr(serving, "run_module", served)
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        assert typed("dev").exit_code == 0
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
    assert handlers == [signal.default_int_handler] * 2


@pytest.mark.parametrize("word", ["smoke", "health", "week", "status", "rollback", "backup"])
def test_where_nothing_is_the_command_says_what_to_run_first(
    typed: Callable[..., Result], tmp_path: Path, word: str
) -> None:
    told = typed(word)
    assert told.exit_code == 2
    assert told.output == f"{tmp_path}/home/warehouse.duckdb has no tables yet: run `make demo`\n"
    assert not (tmp_path / "home" / "warehouse.duckdb").exists()
    assert not (tmp_path / "home" / "dagster").exists(), "it makes no run"


@pytest.mark.parametrize("name", sorted(main.commands))
def test_every_command_says_what_it_reads_and_writes(name: str) -> None:
    said = CliRunner().invoke(main, [name, "--help"])
    assert said.exit_code == 0
    assert {"reads", "writes"} <= set(said.output.lower().split())


def test_the_exit_codes_are_said(typed: Callable[..., Result]) -> None:
    assert "3 a person has to decide" in " ".join(typed("--help").output.split())


# Variables


def test_a_mistyped_variable_is_refused_with_the_one_that_is_meant(
    typed: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EROS_PAGE", "amber_lens")
    told = typed("week")
    assert told.exit_code == 2
    assert told.output == (
        "EROS_PAGE: there is no such variable; EROS_PAGES is meant, or unset it\n"
    )


def test_a_variable_like_no_other_is_named_and_does_not_stop_the_command(
    typed: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EROS_FAVOURITE", "cello")
    first, second = typed("status").output.splitlines()
    assert first == "EROS_FAVOURITE is set, and EROS has no such variable."
    assert second.endswith("run `make demo`")


def test_variables_of_a_file_that_commands_do_not_read_are_named(
    typed: Callable[..., Result], tmp_path: Path
) -> None:
    home = tmp_path / "home"
    (tmp_path / ".env").write_text(f"EROS_HOME={home}\nEROS_WEEK=2025-11-03\nOTHER=1\n", "utf-8")
    first, *_ = typed("status").output.splitlines()
    assert first.startswith(".env sets EROS_WEEK; `make dev` reads .env, commands don't: ")


# JSON


def only_json(arguments: list[str]) -> Mapping[str, Any]:
    """The document on the output; whatever else is said is on the error stream."""
    told = CliRunner().invoke(main, arguments)
    assert told.exit_code == 0, told.output
    return json.loads(told.stdout)


@pytest.fixture
def here(agency: Installed, monkeypatch: pytest.MonkeyPatch) -> Installed:
    """The installation that commands work on; its jobs are not run."""
    settings = agency.dataset.settings
    monkeypatch.setenv("EROS_HOME", str(settings.home))
    monkeypatch.setenv("EROS_OUT_DIR", str(settings.out_dir))
    monkeypatch.setenv("EROS_SAMPLE", "small")
    monkeypatch.setenv("EROS_TODAY", "2025-11-03")
    monkeypatch.setenv("EROS_TUNING_DIR", str(settings.tuning_dir))
    monkeypatch.setattr(planning, "_run_job", lambda *_, **__: None)
    return agency


def test_results_are_one_document_for_a_script(here: Installed) -> None:
    week = only_json(["week", "--json"])
    assert week["week"] == "2025-11-03"
    assert week["schedules"] == len(week["pages"]) > 0
    assert week["messages"] == sum(page["ppvs"] + page["bumps"] for page in week["pages"])
    assert (Path(week["folder"]) / "index.html").exists()
    first = week["pages"][0]
    assert first["first"] < first["last"]

    status = only_json(["status", "--json"])
    assert (status["in_force"], status["states"], status["deployments"]) == (None, [], [])

    preflight = only_json(["preflight", "--json"])
    assert preflight["passed"]
    assert {"settings", "folder", "inputs"} <= {check["subject"] for check in preflight["checks"]}


def test_without_the_option_nothing_is_json(here: Installed) -> None:
    told = CliRunner().invoke(main, ["week"])
    assert "schedules, " in told.stdout
    assert "{" not in told.stdout


@pytest.mark.parametrize(("decision", "code"), [("OK", 0), ("INVESTIGATE", 3), ("ROLLBACK", 3)])
def test_health_ends_with_a_code_of_its_own_where_somebody_has_to_decide(
    here: Installed, monkeypatch: pytest.MonkeyPatch, decision: str, code: int
) -> None:
    monkeypatch.setattr(planning, "_say_health", lambda _: {"decision": decision})
    told = CliRunner().invoke(main, ["health", "--json"])
    assert told.exit_code == code
    assert json.loads(told.stdout) == {"decision": decision}


def test_a_rollback_to_nowhere_is_refused_before_any_work(
    here: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_run(*_: object, **__: object) -> None:
        pytest.fail("a job was run")

    monkeypatch.setattr(operating, "run_job", no_run)
    told = CliRunner().invoke(main, ["rollback"])
    assert told.exit_code == 2
    assert told.output.startswith("no deployment has succeeded yet")
    assert told.output.count("\n") == 1
    told = CliRunner().invoke(main, ["rollback", "d0007_1a2b3c4d"])
    assert told.exit_code == 2
    assert "d0007_1a2b3c4d" in told.output


def test_smoke_tests_that_fail_are_in_the_document_too(
    here: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    import dagster as dg

    def failed(*_: object, at_end: Callable[[Ended], None], **__: object) -> None:
        check = dg.AssetCheckEvaluation(
            asset_key=dg.AssetKey("x"),
            check_name="smoke_selector",
            passed=False,
            metadata={
                "observed": dg.MetadataValue.float(2.5),
                "threshold": dg.MetadataValue.float(2.0),
            },
        )
        event = dg.DagsterEvent(
            event_type_value=dg.DagsterEventType.ASSET_CHECK_EVALUATION.value,
            job_name="smoke_tests",
            event_specific_data=check,
        )
        at_end(Ended("a" * 8, dg.DagsterRunStatus.FAILURE, [event]))
        sys.exit(1)

    monkeypatch.setattr(planning, "run_job", failed)
    told = CliRunner().invoke(main, ["smoke", "--json"])
    assert told.exit_code == 1
    found = json.loads(told.stdout)
    assert found["passed"] is False
    [test] = found["tests"]
    assert test == {
        "test": "smoke_selector",
        "passed": False,
        "observed": 2.5,
        "threshold": 2.0,
    }


def test_old_records_that_cannot_be_removed_fail_no_command(
    here: Installed,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    import dagster as dg

    def refused(*_: object) -> int:
        raise PermissionError("the bucket of the logs")

    monkeypatch.setenv("DAGSTER_HOME", str(REPOSITORY))
    monkeypatch.setenv("EROS_DAGSTER_STORAGE", str(tmp_path / "dagster"))
    monkeypatch.setattr(old_runs, "remove_old_runs", refused)
    monkeypatch.setattr(runs, "launch", lambda *_, **__: Ended("a", dg.DagsterRunStatus.SUCCESS))
    run_job(here.dataset.settings, "health_check")
    said = capsys.readouterr().out
    assert "records of old runs stay: the bucket of the logs" in said
    assert "done in" in said


@pytest.mark.parametrize("name", sorted(main.commands))
def test_the_option_is_where_it_is_said_to_be(name: str) -> None:
    options = {o for p in main.commands[name].params for o in p.opts}
    assert ("--json" in options) is (name in WITH_JSON)


# The script


def script(*words: str, **variables: str) -> str:
    done = subprocess.run(
        [str(REPOSITORY / "eros"), *words],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_the_shell_completes_commands_and_options() -> None:
    assert "complete -o nosort -F _eros_completion eros" in script(_EROS_COMPLETE="bash_source")
    words = {"_EROS_COMPLETE": "bash_complete", "COMP_WORDS": "eros wee", "COMP_CWORD": "1"}
    assert script(**words) == "plain,week\n"
    words |= {"COMP_WORDS": "eros week --f", "COMP_CWORD": "2"}
    assert script(**words) == "plain,--force\n"


def test_the_script_is_named_in_its_help() -> None:
    assert script("week", "--help").startswith("Usage: eros week ")
