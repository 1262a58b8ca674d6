"""Deploy, break, roll back: what was in force is in force again, bit for bit, however it ends."""

import datetime as dt
import shutil
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from eros_assets.deployment.backup import UnfinishedError, back_up
from eros_assets.deployment.deploy import DeployFailedError
from eros_assets.deployment.record import RollbackRefusedError, State, UnfinishedRollbackError
from tests.deployment.small_house import (
    BROKEN,
    NOW,
    ONE,
    PASSED,
    TWO,
    WEEK,
    House,
    KilledError,
    small_house,
)

D1, D2 = "d0001_11111111", "d0002_22222222"
VIEW = "views/draft_reservations"
STATES: tuple[State, ...] = (
    *("started", "backed_up", "paused", "tables_restored", "routines_restored", "released"),
    *("reported", "succeeded"),
)
INPUT = pd.DataFrame({"page_name": ["cook"], "display_name": ["Cook"], "is_active": [True]})


@pytest.fixture(scope="module")
def deployed_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A house to be copied: one deployment, an input, a planned week."""
    folder = tmp_path_factory.mktemp("house")
    with small_house(folder) as house:
        house.deploy(ONE)
        house.dataset.warehouse.load("creators", INPUT)
        house.plan("sched_old", 1)
    return folder


@pytest.fixture
def house(deployed_once: Path, tmp_path: Path) -> Iterator[House]:
    folder = tmp_path / "house"
    shutil.copytree(deployed_once, folder)
    house = House(folder)
    with house.dataset.warehouse.session():  # type: ignore[attr-defined]
        yield house


def break_(house: House) -> None:
    """A new version of a view and a function, a routine and a column more."""
    view = house.text(VIEW)
    house.write(VIEW, view.replace("SELECT", "SELECT 'x' AS broken,", 1))
    house.write(
        "functions/surplus",
        "CREATE OR REPLACE FUNCTION `${dataset}.surplus`(n INT64)\nRETURNS INT64 AS (n + 1);\n",
    )
    house.write(
        "tables/caption_selections",
        house.text("tables/caption_selections").replace(
            "(\n", '(\n  surplus INT64 OPTIONS (description = "More."),\n', 1
        ),
    )


class TestDeploying:
    def test_the_first_deployment_makes_everything_and_keeps_it(self, tmp_path: Path) -> None:
        with small_house(tmp_path) as house:
            entry = house.deploy(ONE)
            assert entry is not None
            assert (entry.deployment_id, entry.state, entry.previous_id) == (D1, "succeeded", None)
            assert entry.tables == ()
            archive = house.archive()
            kept = house.dataset.warehouse.kept(entry.passed, entry.passed_tables)
            assert kept.keys() == set(entry.passed_tables) == {t.name for t in archive.owned}
            assert archive.definitions(entry.passed) == house.definitions()
            rows = house.dataset.warehouse.query("SELECT COUNT(*) AS n FROM `${dataset}.tuning`")
            assert rows["n"][0] == 1

    def test_running_it_twice_changes_nothing(self, house: House) -> None:
        warehouse = house.dataset.warehouse
        before = house.definitions(), house.tables(), house.history()
        routines = warehouse.routines()
        changed = {
            t.name: warehouse.freshness(t.name) for t in house.dataset.library.of_kind("table")
        }
        assert house.deploy(ONE, now=NOW + dt.timedelta(hours=1)) is None
        assert (house.definitions(), house.tables(), house.history()) == before
        assert warehouse.routines() == routines
        assert changed == {name: warehouse.freshness(name) for name in changed}

    def test_a_failing_gate_leaves_the_previous_routines_in_force(self, house: House) -> None:
        before, tables = house.definitions(), house.tables()
        break_(house)
        with pytest.raises(DeployFailedError, match="a schedule has a gap") as caught:
            house.deploy(TWO, PASSED, BROKEN)
        assert "1 of 2 conditions" in str(caught.value)
        assert [d for d in house.definitions() if d.name != "surplus"] == before
        added = "caption_selections"  # a column more, and empty: nothing is ever dropped
        now = house.tables()
        assert {n: now[n] for n in now if n != added} == {n: tables[n] for n in now if n != added}
        last = house.history()[-1]
        assert last.state == "gate_failed"
        assert last.detail == (
            f"{BROKEN.sentence}\nweek of {WEEK}, Google Sheet: may show schedules that are not in "
            "force, do not send. The sheet is not shared."
        )
        assert house.realigned == 1

    def test_an_object_that_can_t_be_made_leaves_them_in_force_too(self, house: House) -> None:
        before = house.definitions()
        break_(house)
        house.write(
            "views/zoo",
            "CREATE OR REPLACE VIEW `${dataset}.zoo` AS\n"
            "SELECT t.no_such FROM `${dataset}.tuning` AS t;\n",
        )
        with pytest.raises(DeployFailedError, match="no_such"):
            house.deploy(TWO)
        assert [d for d in house.definitions() if d.name != "surplus"] == before
        assert house.history()[-1].state == "failed"
        assert "no_such" in (house.history()[-1].detail or "")
        assert house.realigned == 1

    def test_a_routine_that_somebody_replaced_is_deployed_again(self, house: House) -> None:
        before = house.definitions()
        view = next(o for o in house.dataset.library.values() if o.name == "draft_reservations")
        house.write(VIEW, view.text.replace("SELECT", "SELECT 'x' AS broken,", 1))
        house.dataset.warehouse.deploy(house.dataset.library["draft_reservations"])
        house.write(VIEW, view.text)
        entry = house.deploy(ONE)
        assert entry is not None
        assert house.definitions() == before

    def test_killed_after_every_step_it_goes_on(self, house: House) -> None:
        """Each run is killed when its step is done, before and then after that is noted."""
        definitions, tables = house.definitions(), house.tables()
        break_(house)
        for state in ("started", "backed_up", "deployed", "succeeded"):
            for before_noting in (True, False):
                with pytest.raises(KilledError):
                    house.deploy(TWO, archive=house.archive(state, before_noting=before_noting))
        assert house.deploy(TWO) is None
        assert [(e.deployment_id, e.state) for e in house.history()] == [
            *((D1, "succeeded"), (D2, "succeeded")),
        ]
        outcome = house.roll_back(D1)
        assert outcome.matches
        assert outcome.made_since == ["surplus"]
        assert [d for d in house.definitions() if d.name != "surplus"] == definitions
        assert house.tables() == tables

    @pytest.mark.parametrize("state", ["started", "backed_up", "deployed"])
    def test_killed_and_given_up_it_is_put_back(self, house: House, state: str) -> None:
        before, texts = (
            house.definitions(),
            {n: house.text(n) for n in (VIEW, "tables/caption_selections")},
        )
        break_(house)
        with pytest.raises(KilledError):
            house.deploy(TWO, archive=house.archive(state))  # type: ignore[arg-type]
        for name, text in texts.items():
            house.write(name, text)
        (house.root / "functions" / "surplus.sql").unlink()
        house.deploy(ONE)
        assert [d for d in house.definitions() if d.name != "surplus"] == before
        assert [e.state for e in house.history()] == ["succeeded", "undone", "succeeded"]
        assert house.realigned == (state != "started")


class TestRollingBack:
    def corrupt(self, house: House) -> None:
        """What a bad version may do to tables and routines."""
        warehouse = house.dataset.warehouse
        break_(house)
        for name in ("draft_reservations", "caption_selections"):
            warehouse.deploy(house.dataset.library[name])
        warehouse.run("DELETE FROM `${dataset}.account_size_tiers` WHERE size_tier = 'MICRO'")
        warehouse.run("UPDATE `${dataset}.tuning` SET control_share = 1.0 WHERE control_share < 1")

    def test_deploy_break_rollback_is_bit_for_bit(self, house: House) -> None:
        back_up(house.archive(), ONE, now=NOW, run_id="run")
        definitions, tables = house.definitions(), house.tables()
        self.corrupt(house)
        house.plan("sched_new", 2)
        assert house.definitions() != definitions
        outcome = house.roll_back()
        assert house.definitions() == definitions
        assert house.tables() == tables
        assert outcome.matches
        assert outcome.schedules_taken_back == ["sched_new"]
        assert list(outcome.schedules_in_force) == ["sched_old"]
        assert house.reserved() == ["sched_old"]
        assert house.stopped == ["weekly"]
        [(reported, published)] = house.reports
        assert reported == outcome
        assert [each.result for each in published] == ["as in force", "failed"]

    def test_a_later_deployment_is_taken_back_with_what_it_wrote(self, house: House) -> None:
        definitions, tables = house.definitions(), house.tables()
        break_(house)
        house.deploy(TWO)
        house.plan("sched_new", 2)
        outcome = house.roll_back(D1)
        assert [d for d in house.definitions() if d.name != "surplus"] == definitions
        assert house.tables() == tables
        assert outcome.deployments_taken_back == [D2]
        assert [(e.deployment_id, e.state) for e in house.history()] == [
            *((D1, "succeeded"), (D2, "rolled_back"), ("r0003", "succeeded")),
        ]

    def test_a_rollback_can_be_rolled_back(self, house: House) -> None:
        break_(house)
        house.deploy(TWO)
        house.plan("sched_new", 2)
        definitions, tables = house.definitions(), house.tables()
        house.roll_back(D1)
        house.roll_back("r0003")
        assert house.definitions() == definitions
        assert house.tables() == tables
        assert [e.state for e in house.history()] == ["succeeded"] * 4
        assert house.deploy(TWO) is None

    def test_repeated_it_ends_the_same(self, house: House) -> None:
        house.roll_back()
        definitions, tables = house.definitions(), house.tables()
        house.roll_back()
        assert (house.definitions(), house.tables()) == (definitions, tables)

    def test_inputs_and_records_are_never_touched(self, house: House) -> None:
        warehouse = house.dataset.warehouse
        warehouse.load("creators", pd.concat([INPUT, INPUT.assign(page_name="coach")]))
        warehouse.load("schedule_export_log", pd.DataFrame({"schedule_id": ["sched_old"]}))
        spared = ("creators", "schedule_export_log")
        before = {name: warehouse.freshness(name) for name in spared}
        house.roll_back()
        assert {name: warehouse.freshness(name) for name in spared} == before
        assert [e.deployment_id for e in house.history()] == [D1, "r0002"]

    def test_killed_after_every_step_it_goes_on(self, house: House) -> None:
        """Each run is killed when its step is done, before and then after that is noted."""
        definitions, tables = house.definitions(), house.tables()
        break_(house)
        house.deploy(TWO)
        house.plan("sched_new", 2)
        found = house.definitions(), house.tables()
        for state in STATES:
            for before_noting in (True, False):
                with pytest.raises(KilledError):
                    house.roll_back(D1, archive=house.archive(state, before_noting=before_noting))
                if state not in ("started", "succeeded"):
                    with pytest.raises(UnfinishedRollbackError):
                        house.deploy(TWO)
        assert [d for d in house.definitions() if d.name != "surplus"] == definitions
        assert house.tables() == tables
        assert [e.state for e in house.history()] == ["succeeded", "rolled_back", "succeeded"]
        assert {outcome.entry.state for outcome, _ in house.reports} == {"succeeded"}
        assert {tuple(outcome.schedules_taken_back) for outcome, _ in house.reports} == {
            ("sched_new",)
        }
        house.roll_back("r0003")
        assert (house.definitions(), house.tables()) == found

    @pytest.mark.parametrize("requested", [None, D1, "r0003"])
    def test_one_that_was_killed_goes_on_by_any_of_its_names(
        self, house: House, requested: str | None
    ) -> None:
        break_(house)
        house.deploy(TWO)
        house.plan("sched_new", 2)
        with pytest.raises(KilledError):
            house.roll_back(D1, archive=house.archive("tables_restored"))
        outcome = house.roll_back(requested)
        assert (outcome.entry.deployment_id, outcome.matches) == ("r0003", True)
        assert outcome.schedules_taken_back == ["sched_new"]

    @pytest.mark.parametrize("requested", ["d0009_99999999", f"{D2}", "d0001"])
    def test_an_unknown_one_is_refused_before_anything_is_touched(
        self, house: House, requested: str
    ) -> None:
        self.refused(house, requested, "unknown")

    def test_an_expired_one_is_refused(self, house: House) -> None:
        later = NOW + dt.timedelta(days=31)
        self.refused(house, None, "expired", now=later)

    def test_one_whose_copies_are_gone_is_refused(self, house: House) -> None:
        point = f"{D1}_passed"
        with house.dataset.warehouse._operations.storage.transaction() as connection:  # type: ignore[attr-defined]
            connection.execute(
                "DELETE FROM eros_catalog.snapshots WHERE deployment_id = ? AND table_name = ?",
                [point, "tuning"],
            )
        self.refused(house, None, "copies of tuning are not there")

    def test_one_whose_definitions_are_gone_is_refused(self, house: House) -> None:
        house.dataset.warehouse.run(
            "DELETE FROM `${dataset}.deployment_definitions` WHERE point_id <> ''"
        )
        self.refused(house, None, "its definitions are not there")

    def refused(
        self, house: House, requested: str | None, why: str, now: dt.datetime = NOW
    ) -> None:
        before = house.definitions(), house.tables(), house.history()
        with pytest.raises(RollbackRefusedError, match=why) as caught:
            house.roll_back(requested, now=now)
        assert "Nothing was changed" in str(caught.value)
        assert (house.definitions(), house.tables(), house.history()) == before
        assert house.stopped == []

    def test_without_any_deployment_it_is_refused(self, tmp_path: Path) -> None:
        with small_house(tmp_path) as house, pytest.raises(RollbackRefusedError):
            house.roll_back()


def test_no_backup_is_made_of_what_is_half_done(house: House) -> None:
    break_(house)
    with pytest.raises(KilledError):
        house.deploy(TWO, archive=house.archive("deployed"))
    with pytest.raises(UnfinishedError, match=f"{D2} was interrupted"):
        back_up(house.archive(), TWO, now=NOW, run_id="run")


def test_reservations_that_no_active_schedule_holds_are_released(house: House) -> None:
    """As BigQuery's snapshots may show, which are not all of one instant."""
    warehouse = house.dataset.warehouse
    house.plan("sched_gone", 3)
    warehouse.run("DELETE FROM `${dataset}.schedule_recommendations` WHERE caption_id = 3")
    back_up(house.archive(), ONE, now=NOW, run_id="run")
    house.roll_back()
    assert house.reserved() == ["sched_old"]
    rows = warehouse.query(
        "SELECT a.deactivation_reason AS reason, a.deactivated_at AS at "
        "FROM `${dataset}.active_caption_assignments` AS a WHERE NOT a.is_active"
    )
    assert rows["reason"].tolist() == ["rolled back"]
    assert rows["at"][0].to_pydatetime() == NOW
