"""Deploy, break, deploy again, roll back, as Dagster runs, on the sample agency."""

import json
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import dagster as dg
import pytest

from eros_assets.acceptance.contents import read_contents
from eros_assets.assets.deployments import GATE
from eros_assets.automation.jobs import deploy_production
from eros_assets.automation.rollback import (
    ROLLBACK_REPORT,
    backup_production,
    rollback_production,
    rollback_run_config,
    stop_schedules,
)
from eros_assets.automation.schedules import SCHEDULES
from eros_assets.definitions import build_definitions
from eros_assets.deployment.archive import RECORDS
from eros_assets.deployment.manifest import code_fingerprint, read_manifest
from eros_assets.deployment.phases import (
    NothingDeployedError,
    archive_of,
    deployment_in_question,
    records_folder,
)
from eros_assets.settings import REPOSITORY
from eros_assets.warehouse.protocol import Definition
from eros_assets.warehouse.sql.library import load_library
from tests.assets.installed import Installed, installed
from tests.automation.loopback import Slack, slack


def test_a_summary_before_any_deployment_says_what_to_do() -> None:
    """The asset may be materialised by itself; the search's own end would come out of it else."""
    with pytest.raises(NothingDeployedError, match="make deploy"):
        deployment_in_question([])


@pytest.fixture(scope="module")
def workspace() -> Iterator[Slack]:
    """Where people are told."""
    with slack() as workspace:
        yield workspace


@pytest.fixture(scope="module", autouse=True)
def files_read_once() -> Iterator[None]:
    """The first deployment reads, parses and imports every file; the same files stay as found.

    So does what a fresh process finds in them.
    """
    of_files = cache(lambda _: read_manifest())
    contents = cache(lambda _, home: read_contents(home))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "eros_assets.assets.deployments.read_manifest", lambda: of_files(code_fingerprint())
        )
        patch.setattr(
            "eros_assets.acceptance.installation.read_contents",
            lambda home: contents(code_fingerprint(), home),
        )
        yield


@pytest.fixture(scope="module")
def agency(tmp_path_factory: pytest.TempPathFactory, workspace: Slack) -> Iterator[Installed]:
    """The sample agency's inputs; nothing is learned, planned or deployed."""
    folder = tmp_path_factory.mktemp("agency")
    told = {
        "slack_token": "xoxb-token",
        "slack_channel": "#eros",
        "slack_endpoint": workspace.address,
    }
    patient = patient_tuning(folder / "tuning")
    with installed(folder, scheduled=True, tuning_dir=patient, **told) as agency:
        agency.set_up()
        yield agency


def patient_tuning(folder: Path) -> Path:
    """Tuning that gives the selector a minute: this story is not about a busy machine's speed."""
    folder.mkdir()
    shipped = (REPOSITORY / "eros_assets" / "tuning" / "tuning.csv").read_text(encoding="utf-8")
    patient = shipped.replace("\nselector_max_seconds,2,", "\nselector_max_seconds,60,")
    assert patient != shipped
    (folder / "tuning.csv").write_text(patient, encoding="utf-8")
    return folder


def run(
    agency: Installed, job: str, succeeds: bool = True, **more: object
) -> dg.ExecuteInProcessResult:
    result = (
        build_definitions(agency.dataset.settings)
        .resolve_job_def(job)
        .execute_in_process(instance=agency.instance, raise_on_error=False, **more)  # type: ignore[arg-type]
    )
    assert result.success is succeeds
    return result


def definitions(agency: Installed) -> list[Definition]:
    return list(agency.dataset.warehouse.definitions())


def tables(agency: Installed) -> dict[str, str]:
    """Every row of every table that a rollback puts back, and of the inputs."""
    names = [t.name for t in agency.dataset.library.of_kind("table") if t.name not in RECORDS]
    frames = {name: agency.query(f"SELECT * FROM `${{dataset}}.{name}`") for name in names}
    return {
        name: frame.astype(str).sort_values(list(frame.columns)).to_csv(index=False)
        for name, frame in frames.items()
    }


def states(agency: Installed) -> list[tuple[str, str]]:
    history = archive_of(agency.dataset).history()
    return [(e.deployment_id.split("_")[0], e.state) for e in history]


def summary(result: dg.ExecuteInProcessResult) -> str:
    (event,) = result.asset_materializations_for_node("deployment_summary")
    return str(event.metadata["summary"].value)


def acceptance(result: dg.ExecuteInProcessResult) -> dict[tuple[str, str], tuple[str, str]]:
    """Status and evidence of each line of the acceptance table, by phase and criterion."""
    (event,) = result.asset_materializations_for_node("deployment_summary")
    rows = str(event.metadata["acceptance"].value).splitlines()[2:]
    cells = [[cell.strip() for cell in row.split(" | ")] for row in rows]
    return {(row[0].removeprefix("| "), row[1]): (row[2], row[3]) for row in cells}


class TestInOrder:
    """One story; each test goes on where the one before it ended."""

    def test_1_the_first_deployment_learns_and_passes_the_gate(
        self, agency: Installed, workspace: Slack
    ) -> None:
        result = run(agency, deploy_production.name)
        text = summary(result)
        assert "succeeded" in text.splitlines()[0]
        for name in ("routines_are_those_of_sql", "smoke_analyzer", "smoke_timezone"):
            assert f"passed {name}" in text
        assert "7 of kind table function" in text
        assert states(agency) == [("d0001", "succeeded")]
        assert agency.query("SELECT COUNT(*) AS n FROM `${dataset}.message_facts`")["n"][0] > 0
        (evaluation,) = result.get_asset_check_evaluations()
        assert (evaluation.check_name, evaluation.passed) == (GATE, True)
        assert "deployment d0001_" in workspace.messages[-1]["text"]
        folder = records_folder(agency.dataset.settings)
        assert (folder / "manifest.json").is_file()
        (written,) = folder.glob("d0001_*")
        assert sorted(path.name for path in written.iterdir()) == [
            *("acceptance.json", "acceptance.md", "summary.md")
        ]
        lines = acceptance(result)
        assert lines["5 deployment", "people told"] == ("PASS", "Sent by Slack.")
        for criterion in ("all objects deployed", "smoke tests pass", "summary written"):
            assert lines["5 deployment", criterion][0] == "PASS", lines
        assert lines["4 idempotent operations", "deploy twice: nothing changes"][0] == "PASS"
        assert lines["2A warehouse", "7 table functions"][0] == "PASS"
        kept = json.loads((written / "acceptance.json").read_text(encoding="utf-8"))
        assert len(kept["lines"]) == len(lines)

    def test_2_running_it_twice_changes_nothing(self, agency: Installed) -> None:
        before = definitions(agency), tables(agency), states(agency)
        text = summary(run(agency, deploy_production.name))
        assert "unchanged, the same code is in force" in text.splitlines()[0]
        assert (definitions(agency), tables(agency), states(agency)) == before

    def test_3_a_failing_gate_leaves_the_previous_routines_in_force(
        self,
        agency: Installed,
        workspace: Slack,
        monkeypatch: pytest.MonkeyPatch,
        tmp_path: Path,
    ) -> None:
        before = definitions(agency), tables(agency)
        shutil.copytree(REPOSITORY / "sql", tmp_path / "sql")
        file = tmp_path / "sql" / "procedures" / "analyze_creator_performance.sql"
        text = file.read_text(encoding="utf-8")
        assert "AS saturation_score" in text
        file.write_text(text.replace("AS saturation_score", "AS saturation"), encoding="utf-8")
        changed = load_library(tmp_path / "sql")
        monkeypatch.setattr("eros_assets.dataset.sql_library", lambda: changed)
        result = run(agency, deploy_production.name, succeeds=False)
        monkeypatch.undo()
        (failure,) = [e for e in result.all_events if e.is_step_failure]
        assert failure.step_key == "deployment_summary"
        assert "saturation_score is missing" in str(failure.step_failure_data.error)
        user = failure.step_failure_data.user_failure_data
        assert user is not None
        assert "**FAILED** smoke_analyzer" in str(user.metadata["summary"].value)
        assert (definitions(agency), tables(agency)) == before
        assert states(agency) == [("d0001", "succeeded"), ("d0002", "gate_failed")]
        assert "the gate failed" in workspace.messages[-1]["text"]
        assert "saturation_score is missing" in workspace.messages[-1]["text"]

    def test_4_a_rollback_takes_back_what_came_after(
        self, agency: Installed, workspace: Slack
    ) -> None:
        run(agency, backup_production.name)
        before = definitions(agency), tables(agency)
        agency.plan()
        agency.change("DELETE FROM `${dataset}.caption_priors` WHERE page_name <> ''")
        agency.change("UPDATE `${dataset}.tuning` SET control_share = 1 WHERE control_share < 1")
        assert tables(agency) != before[1]
        result = run(agency, rollback_production.name, run_config=rollback_run_config())
        assert (definitions(agency), tables(agency)) == before
        assert states(agency)[2:] == [("b0003", "succeeded"), ("r0004", "succeeded")]
        (event,) = [e for e in result.all_events if e.is_step_materialization]
        assert event.asset_key == dg.AssetKey(ROLLBACK_REPORT)
        report = (records_folder(agency.dataset.settings) / "r0004" / "report.md").read_text(
            encoding="utf-8"
        )
        assert "sched_20251103_" in report
        assert "rolled back to b0003_before (r0004)" in workspace.messages[-1]["text"]
        reserved = (
            "SELECT COUNT(*) AS n FROM `${dataset}.active_caption_assignments` WHERE is_active"
        )
        assert agency.query(reserved)["n"][0] == 0

    def test_5_facts_of_a_backup_without_their_days_are_sorted_again(
        self, agency: Installed
    ) -> None:
        agency.plan(groups=("performance",))
        run(agency, backup_production.name)
        kept = tables(agency)
        agency.change(
            "UPDATE `${dataset}.deployments` SET tables = ARRAY("
            "SELECT t FROM UNNEST(tables) AS t WHERE t != 'message_days' ORDER BY t) "
            "WHERE state = 'succeeded'"
        )
        # As many facts as before, which are others.
        agency.change("UPDATE `${dataset}.message_facts` SET earnings = 0 WHERE TRUE")
        run(agency, rollback_production.name, run_config=rollback_run_config())
        assert agency.query("SELECT COUNT(*) AS n FROM `${dataset}.message_days`")["n"][0] == 0
        agency.plan(groups=("performance",))
        assert tables(agency)["message_facts"] == kept["message_facts"]
        assert tables(agency)["message_days"] == kept["message_days"]

    def test_6_an_unknown_deployment_is_refused_and_nothing_touched(
        self, agency: Installed
    ) -> None:
        before = definitions(agency), tables(agency), states(agency)
        result = run(
            agency,
            rollback_production.name,
            succeeds=False,
            run_config=rollback_run_config("d0009_1a2b3c4d"),
        )
        (failure,) = [e for e in result.all_events if e.is_step_failure]
        assert "d0009_1a2b3c4d is unknown" in str(failure.step_failure_data.error)
        assert (definitions(agency), tables(agency), states(agency)) == before


def test_running_schedules_of_ours_are_stopped_and_no_others() -> None:
    from dagster._core.remote_origin import (
        InProcessCodeLocationOrigin,
        RemoteInstigatorOrigin,
        RemoteRepositoryOrigin,
    )
    from dagster._core.scheduler.instigation import (
        InstigatorState,
        InstigatorStatus,
        InstigatorType,
        ScheduleInstigatorData,
    )
    from dagster._core.types.loadable_target_origin import LoadableTargetOrigin

    location = InProcessCodeLocationOrigin(
        LoadableTargetOrigin(module_name="eros_assets.definitions"), location_name="eros"
    )
    repository = RemoteRepositoryOrigin(location, "__repository__")
    ours = {schedule.name for schedule in SCHEDULES}
    with dg.instance_for_test() as instance:
        for name, status in (
            ("health_check", InstigatorStatus.DECLARED_IN_CODE),
            ("daily_caption_update", InstigatorStatus.RUNNING),
            ("weekly_schedules", InstigatorStatus.STOPPED),
            ("somebody_elses", InstigatorStatus.RUNNING),
        ):
            instance.add_instigator_state(
                InstigatorState(
                    RemoteInstigatorOrigin(repository_origin=repository, instigator_name=name),
                    InstigatorType.SCHEDULE,
                    status,
                    ScheduleInstigatorData("0 2 * * *"),
                )
            )
        assert stop_schedules(instance, ours) == ["daily_caption_update", "health_check"]
        running = [state.name for state in instance.all_instigator_state() if state.is_running]
        assert running == ["somebody_elses"]
        assert stop_schedules(instance, ours) == []
