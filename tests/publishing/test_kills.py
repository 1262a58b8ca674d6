"""A killed process leaves nothing that running the same again does not put right.

`python -m benchmarks kills races` does this at hundreds of points of the commands themselves; here
are those points that hurt most, on the functions that the assets call.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree, rmtree

import pytest

import eros_assets.gate as gate
from benchmarks.killed_command import Ended, run_work
from benchmarks.kills import State, state_of
from benchmarks.races import faults, run_race
from benchmarks.small_agency import WEEK, make_small_agency, small_settings
from benchmarks.small_home import (
    deploy,
    draft,
    make_small_home,
    publish_week,
    roll_back,
    small_dataset,
)
from eros_assets.gate.findings import Finding
from eros_assets.settings import Settings
from eros_assets.weekly.facts import refresh_facts
from eros_assets.weekly.locking import lock_drafts
from eros_assets.weekly.scope import week_plan_scope
from eros_assets.work import work_of_many_operations

OLD_CODE, NEW_CODE = "1" * 64, "2" * 64
SMOKE = (Finding("smoke_builder", "A rehearsed schedule.", (), 0),)


def swift_smoke_tests() -> None:
    """They rehearse in memory and leave nothing; they are most of a publication's time."""
    gate.smoke_findings = lambda *_: SMOKE


def sort_history(settings: Settings) -> None:
    refresh_facts(small_dataset(settings))


def lock_and_publish(settings: Settings) -> None:
    swift_smoke_tests()
    dataset = small_dataset(settings)
    lock_drafts(dataset, week_plan_scope(dataset, WEEK))
    publish_week(dataset, WEEK)


def deploy_new_code(settings: Settings) -> None:
    deploy(small_dataset(settings), NEW_CODE)


def roll_back_once(settings: Settings) -> None:
    swift_smoke_tests()
    roll_back(small_dataset(settings))


@dataclass(frozen=True)
class Kill:
    """Where a process is killed; `work` is then run again."""

    work: Callable[[Settings], None]
    at: str


KILLS = {
    "in_the_load_of_facts": Kill(sort_history, "inner commit, before"),
    "between_lock_and_publication": Kill(
        lock_and_publish, "call lock_caption_assignments, after its commit"
    ),
    "before_the_previous_week_is_removed": Kill(
        lock_and_publish, f"rmtree {{out}}/.publishing/{WEEK}.staged, before"
    ),
    "in_a_deployment": Kill(deploy_new_code, "deploy lock_caption_assignments, after its commit"),
    "in_a_rollback": Kill(roll_back_once, "restore d0001_11111111_passed, after its commit"),
    "in_a_rollback_s_publication": Kill(
        roll_back_once, f"rmtree {{out}}/.publishing/{WEEK}.staged, before"
    ),
    "in_a_rollback_s_report": Kill(roll_back_once, "report.md"),
}


@pytest.fixture(scope="module")
def drafted(planned: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a week in force and published, other drafts for it, and new history.

    `sql/` was read and translated before, as in a home that is in use.
    """
    folder = tmp_path_factory.mktemp("killed")
    make_small_agency(folder)
    settings = small_settings(folder)
    copytree(planned / "home" / "cache", settings.library_cache)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gate, "smoke_findings", gate.smoke_findings)  # put back at the end
        swift_smoke_tests()
        with work_of_many_operations():
            make_small_home(settings, [WEEK])
            dataset = small_dataset(settings, "second")
            draft(dataset, week_plan_scope(dataset, WEEK))
            dataset.warehouse.run(
                "UPDATE `${dataset}.mass_messages` SET earnings = earnings + 1 WHERE price > 0"
            )
    return folder


@pytest.fixture
def settings(drafted: Path) -> Settings:
    """The one installation of this module as it was drafted: paths are the same in every test."""
    return small_settings(drafted)


@pytest.fixture(scope="module")
def undisturbed() -> dict[Callable[[Settings], None], State]:
    """What each work leaves when nothing is killed, as far as it is known."""
    return {}


@pytest.fixture(autouse=True)
def _as_drafted(drafted: Path) -> None:
    kept, work = drafted / "kept", drafted / "work"
    if not kept.exists():
        copytree(work, kept)
    restore(kept, work)


def restore(kept: Path, work: Path) -> None:
    rmtree(work)
    copytree(kept, work)


def run(settings: Settings, work: Callable[[Settings], None], kill_at: str | None = None) -> Ended:
    """Run a work in a process of its own, which was forked from one that has read `sql/`."""
    return run_work(settings, work, kill_at=kill_at, also_preloaded=["tests.publishing.known_sql"])


@pytest.mark.parametrize("name", KILLS)
def test_running_again_after_a_kill_leaves_what_an_undisturbed_run_leaves(
    name: str,
    drafted: Path,
    settings: Settings,
    undisturbed: dict[Callable[[Settings], None], State],
) -> None:
    kill = KILLS[name]
    if kill.work not in undisturbed:
        ended = run(settings, kill.work)
        assert ended.exit_code == 0, ended.said
        undisturbed[kill.work] = state_of(settings)
        # What this work translated is known to its next processes.
        copytree(settings.library_cache, drafted / "kept" / "home" / "cache", dirs_exist_ok=True)
        restore(drafted / "kept", drafted / "work")

    at = kill.at.replace("{out}", str(settings.out_dir))
    assert run(settings, kill.work, at).exit_code == -9
    again = run(settings, kill.work)

    assert again.exit_code == 0, again.said
    found, wanted = state_of(settings), undisturbed[kill.work]
    assert found.files == wanted.files
    assert {t: rows for t, rows in found.tables.items() if rows != wanted.tables.get(t)} == {}
    assert found.tables.keys() == wanted.tables.keys()


def test_processes_that_plan_lock_and_roll_back_at_once_leave_schedules_and_files_in_agreement(
    settings: Settings,
) -> None:
    turns = run_race(settings, processes=4, seconds=4)

    assert {n: each for n, each in faults(settings).items() if each} == {}
    assert sum(ended["done"] for ended in turns.values()) > 0
