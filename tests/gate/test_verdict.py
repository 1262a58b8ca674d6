"""One state of a week has one verdict: evaluated once, and asked for by every export."""

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import dagster as dg
import pytest

from eros_assets.checks import gate as gate_checks
from eros_assets.checks.gate import DESCRIPTIONS, judge_week
from eros_assets.dataset import Dataset
from eros_assets.definitions import resources_of
from eros_assets.gate import Finding, GateClosedError, verdict
from eros_assets.gate.verdict import (
    ATTEMPTS,
    WeekChangedError,
    judged_week,
    state_of_week,
    verdict_of_week,
    withheld_pages,
)
from eros_assets.weekly.messages import active_messages
from tests.assets.installed import WEEK, Installed, copied
from tests.exporting.sheets_service.service import SPREADSHEET
from tests.exporting.sheets_service.weeks import opened_desk
from tests.gate.swift import swift_smoke_tests as swift_smoke_tests
from tests.google.storage import BUCKET, storage_on_loopback

PAGE = "basil_and_thyme"
FIRST = f"r.message_number = 1 AND r.page_name = '{PAGE}' AND r.is_active"
NAMES = tuple(DESCRIPTIONS)

REOPENED = {
    **{
        f"message: {column}": "UPDATE `${dataset}.schedule_recommendations` AS r "
        f"SET {column} = {value} WHERE {FIRST}"
        for column, value in {
            "scheduled_send_time": "TIMESTAMP_ADD(r.scheduled_send_time, INTERVAL 5 MINUTE)",
            "message_type": "IF(r.message_type = 'PPV', 'Bump', 'PPV')",
            "price_tier": "CONCAT(r.price_tier, '?')",
            "arm": "IF(r.arm = 'control', 'treatment', 'control')",
            "suggested_price": "COALESCE(r.suggested_price, 0) + 1",
            "reason": "CONCAT(r.reason, '!')",
            "source": "'queued'",
            "send_hour": "r.send_hour + 1",
            "day_of_week": "CONCAT(r.day_of_week, '?')",
            "send_date": "DATE_ADD(r.send_date, INTERVAL 1 DAY)",
            "status": "'superseded'",
            "message_number": "99",
        }.items()
    },
    "message: without its tier": "UPDATE `${dataset}.schedule_recommendations` AS r "
    f"SET price_tier = NULL WHERE r.page_name = '{PAGE}' AND r.message_number = 2",
    "message: its caption": "UPDATE `${dataset}.schedule_recommendations` AS r "
    f"SET caption_id = -5 WHERE r.page_name = '{PAGE}' AND r.message_number = 3",
    "message: withdrawn": "UPDATE `${dataset}.schedule_recommendations` AS r "
    f"SET is_active = FALSE WHERE r.page_name = '{PAGE}' AND r.message_number = 7",
    "message: lost": "DELETE FROM `${dataset}.schedule_recommendations` AS r "
    f"WHERE r.page_name = '{PAGE}' AND r.message_number = 4",
    "caption text: changed": "UPDATE `${dataset}.caption_bank` AS b "
    "SET caption_text = CONCAT(b.caption_text, '!') WHERE b.caption_id IN (SELECT r.caption_id "
    f"FROM `${{dataset}}.schedule_recommendations` AS r WHERE r.page_name = '{PAGE}' "
    "AND r.message_number = 5)",
    "caption text: gone": "DELETE FROM `${dataset}.caption_bank` AS b "
    "WHERE b.caption_id IN (SELECT r.caption_id "
    f"FROM `${{dataset}}.schedule_recommendations` AS r WHERE r.page_name = '{PAGE}' "
    "AND r.message_number = 6)",
    "reservation: released": "UPDATE `${dataset}.active_caption_assignments` AS r "
    f"SET is_active = FALSE WHERE r.page_name = '{PAGE}' AND r.is_active",
    "reservation: by another": "INSERT INTO `${dataset}.active_caption_assignments` "
    "SELECT a.* REPLACE ('other' AS schedule_id, 'other_key' AS assignment_key) "
    "FROM `${dataset}.active_caption_assignments` AS a WHERE a.is_active LIMIT 1",
    "tuning": "UPDATE `${dataset}.tuning` SET selector_max_seconds = 599.0 WHERE TRUE",
    "tuning: another knob": "UPDATE `${dataset}.tuning` SET healthy_score = 80.0 WHERE TRUE",
}
"""Changes of what was judged; each is made on top of the ones before it."""

LEFT_CLOSED = {
    "messages sent": "INSERT INTO `${dataset}.mass_messages` SELECT m.* REPLACE (-1 AS row_id) "
    "FROM `${dataset}.mass_messages` AS m LIMIT 1",
    "facts": "INSERT INTO `${dataset}.message_facts` SELECT f.* REPLACE (-1 AS row_id) "
    "FROM `${dataset}.message_facts` AS f LIMIT 1",
    "statistics": "UPDATE `${dataset}.caption_bandit_stats` "
    "SET total_observations = total_observations + 1 WHERE TRUE",
    "priors": "DELETE FROM `${dataset}.caption_priors` WHERE TRUE",
    "targets": "UPDATE `${dataset}.weekly_volume_targets` SET cooling_days = 1 WHERE TRUE",
    "selections": "DELETE FROM `${dataset}.caption_selections` WHERE TRUE",
    "shortfalls": "DELETE FROM `${dataset}.schedule_shortfalls` WHERE TRUE",
    "names": "UPDATE `${dataset}.creators` SET display_name = 'Another' WHERE TRUE",
    "texts of other captions": "UPDATE `${dataset}.caption_bank` AS b SET caption_text = 'Other' "
    "WHERE b.caption_id NOT IN "
    "(SELECT r.caption_id FROM `${dataset}.schedule_recommendations` AS r)",
    "drafts": "INSERT INTO `${dataset}.schedule_recommendations` "
    "SELECT r.* REPLACE ('draft_1' AS schedule_id, 'draft' AS status, FALSE AS is_active) "
    "FROM `${dataset}.schedule_recommendations` AS r LIMIT 1",
    "reservations of a later month": "INSERT INTO `${dataset}.active_caption_assignments` "
    "SELECT a.* REPLACE ('later' AS schedule_id, 'later_key' AS assignment_key, "
    "DATE_ADD(a.scheduled_send_date, INTERVAL 28 DAY) AS scheduled_send_date) "
    "FROM `${dataset}.active_caption_assignments` AS a WHERE a.is_active LIMIT 1",
}


@dataclass
class Gate:
    """Stands for the gate's conditions, and counts how often they are evaluated.

    `failing` are those that don't hold, for `pages` alone where there are any. `then` is done at
    each evaluation.
    """

    failing: Sequence[str] = ()
    pages: tuple[str, ...] = ()
    then: Callable[[], object] = lambda: None
    weeks: list[dt.date] = field(default_factory=list[dt.date])

    def __call__(self, dataset: Dataset, week_start: dt.date, **_: object) -> tuple[Finding, ...]:
        self.weeks.append(week_start)
        self.then()
        return tuple(
            Finding(
                name,
                f"What {name} observes.",
                ("one", "two") * (name in self.failing),
                2.5,
                1,
                self.pages if name in self.failing else (),
            )
            for name in NAMES
        )

    @property
    def evaluations(self) -> int:
        return len(self.weeks)


@pytest.fixture(scope="module")
def shared(planned: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    """One agency for the tests that only change it further."""
    folder = tmp_path_factory.mktemp("judged")
    with copied(planned, folder) as agency:
        yield agency


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Gate:
    made = Gate()
    monkeypatch.setattr(verdict, "gate_findings", made)
    monkeypatch.setattr(gate_checks, "gate_findings", made)
    return made


@pytest.fixture
def unjudged(shared: Installed) -> Dataset:
    """The shared agency, with no verdict kept."""
    shared.change("DELETE FROM `${dataset}.gate_verdicts` WHERE TRUE")
    return shared.dataset


# What a verdict is on


@pytest.mark.parametrize("what", LEFT_CLOSED)
def test_new_history_and_statistics_do_not_reopen_a_verdict(
    shared: Installed, gate: Gate, what: str
) -> None:
    before = verdict_of_week(shared.dataset, WEEK, run_id="a")
    evaluations = gate.evaluations
    shared.change(LEFT_CLOSED[what])
    assert verdict_of_week(shared.dataset, WEEK, run_id="b") == before
    assert gate.evaluations == evaluations


@pytest.mark.parametrize("what", REOPENED)
def test_what_was_judged_reopens_the_verdict_when_it_changes(
    shared: Installed, gate: Gate, what: str
) -> None:
    before = verdict_of_week(shared.dataset, WEEK, run_id="a")
    evaluations = gate.evaluations
    shared.change(REOPENED[what])
    after = verdict_of_week(shared.dataset, WEEK, run_id="a")
    assert after.state != before.state
    assert gate.evaluations == evaluations + 1


def test_a_deployed_routine_reopens_the_verdict(shared: Installed, gate: Gate) -> None:
    before = verdict_of_week(shared.dataset, WEEK, run_id="a")
    ours = shared.dataset.library["wilson_sample"]
    shared.dataset.warehouse.deploy(dataclasses.replace(ours, fingerprint="0" * 64))
    assert verdict_of_week(shared.dataset, WEEK, run_id="a").state != before.state
    shared.dataset.warehouse.deploy(ours)
    assert verdict_of_week(shared.dataset, WEEK, run_id="b") == before


def test_a_week_without_schedules_has_a_verdict_too(unjudged: Dataset, gate: Gate) -> None:
    later = WEEK + dt.timedelta(weeks=30)
    assert verdict_of_week(unjudged, later, run_id="a").passed
    assert gate.weeks == [later]


# Whose verdict it is


def test_a_verdict_that_passed_holds_for_every_run(unjudged: Dataset, gate: Gate) -> None:
    first = verdict_of_week(unjudged, WEEK, run_id="a")
    assert [verdict_of_week(unjudged, WEEK, run_id=run) for run in "abca"] == [first] * 4
    assert gate.evaluations == 1
    assert first.run_id == "a"


def test_a_failed_verdict_is_final_for_its_run_and_asked_again_by_another(
    unjudged: Dataset, gate: Gate
) -> None:
    gate.failing = ("smoke_selector",)
    failed = [verdict_of_week(unjudged, WEEK, run_id="a") for _ in range(3)]
    assert gate.evaluations == 1
    assert not any(each.passed for each in failed)
    gate.failing = ()  # the machine is idle again
    assert not verdict_of_week(unjudged, WEEK, run_id="a").passed
    assert verdict_of_week(unjudged, WEEK, run_id="b").passed
    assert gate.evaluations == 2
    assert verdict_of_week(unjudged, WEEK, run_id="a").passed


def test_a_kept_verdict_is_the_evaluated_one(unjudged: Dataset, gate: Gate) -> None:
    gate.failing = NAMES[2:4]
    evaluated = verdict_of_week(unjudged, WEEK, run_id="a")
    kept = verdict_of_week(unjudged, WEEK, run_id="a")
    assert gate.evaluations == 1
    assert [dataclasses.astuple(f) for f in kept.findings] == [
        (f.name, f.meaning, tuple(f.offenders), f.observed, f.threshold, tuple(f.pages))
        for f in evaluated.findings
    ]
    assert kept.verdict_id == evaluated.verdict_id
    assert kept.publication_id == evaluated.publication_id
    assert len(unjudged.rows("gate_verdicts", verdict_id=kept.verdict_id)) == len(NAMES)


# Weeks that change meanwhile


SCORES = count(40)
"""Values that the knob did not have yet."""


def change(dataset: Dataset) -> None:
    dataset.warehouse.run(
        "UPDATE `${dataset}.tuning` SET healthy_score = @score WHERE TRUE",
        {"score": float(next(SCORES))},
    )


def test_a_week_that_changes_while_it_is_judged_is_judged_again(
    unjudged: Dataset, gate: Gate
) -> None:
    def then() -> None:
        if gate.evaluations == 1:
            change(unjudged)

    gate.then = then
    found = verdict_of_week(unjudged, WEEK, run_id="a")
    assert gate.evaluations == 2
    assert found.state == state_of_week(unjudged, WEEK)
    assert set(unjudged.rows("gate_verdicts")["state"]) == {found.state}


def test_a_week_that_keeps_changing_is_given_up_in_one_line(unjudged: Dataset, gate: Gate) -> None:
    gate.then = lambda: change(unjudged)
    with pytest.raises(WeekChangedError) as raised:
        judged_week(unjudged, WEEK, run_id="a")
    assert gate.evaluations == ATTEMPTS
    assert len(str(raised.value).splitlines()) == 1
    assert unjudged.rows("gate_verdicts").empty


@pytest.mark.parametrize("times", [1, ATTEMPTS], ids=["once", "each time"])
def test_messages_are_those_that_the_verdict_is_on(
    unjudged: Dataset, gate: Gate, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    """Schedules that change between the verdict and the reading of the messages are not mixed."""
    read, left = verdict.active_messages, iter(range(times))

    def late(dataset: Dataset, week_start: dt.date) -> object:
        messages = read(dataset, week_start)
        if next(left, None) is not None:
            change(dataset)
        return messages

    monkeypatch.setattr(verdict, "active_messages", late)
    if times == ATTEMPTS:
        with pytest.raises(WeekChangedError):
            judged_week(unjudged, WEEK, run_id="a")
    else:
        judged = judged_week(unjudged, WEEK, run_id="a")
        assert judged.verdict.state == state_of_week(unjudged, WEEK)
        assert gate.evaluations == 2


# Exports


@pytest.mark.parametrize("failing", [(), NAMES[-1:], NAMES], ids=["open", "one fails", "all fail"])
def test_all_exports_of_a_run_are_published_or_none_is(
    agency: Installed, monkeypatch: pytest.MonkeyPatch, gate: Gate, failing: tuple[str, ...]
) -> None:
    """A condition that differs from one evaluation to the next: files, sheet and bucket agree."""
    gate.failing = failing

    def turn() -> None:
        gate.failing = NAMES if gate.failing == () else ()
        agency.change(LEFT_CLOSED["messages sent"])

    first = gate.__call__

    def evaluated(dataset: Dataset, week_start: dt.date, **_: object) -> tuple[Finding, ...]:
        findings = first(dataset, week_start)
        turn()
        return findings

    monkeypatch.setattr(verdict, "gate_findings", evaluated)
    agency.change("DELETE FROM `${dataset}.gate_verdicts` WHERE TRUE")
    agency.change("DELETE FROM `${dataset}.schedule_export_log` WHERE TRUE")
    files = agency.files()
    with opened_desk() as desk, storage_on_loopback(monkeypatch) as storage:
        everywhere = {
            "spreadsheet_id": SPREADSHEET,
            "sheets_endpoint": desk.address,
            "export_bucket": BUCKET,
        }
        settings = agency.dataset.settings.model_copy(update=everywhere)
        on = Installed(dataclasses.replace(agency.dataset, settings=settings), agency.open_instance)
        result = on.run("export_schedules", WEEK, succeeds=not failing)
        written = (bool(desk.sheets.writes), bool(storage.changes))
    assert gate.evaluations == 1
    log = agency.dataset.rows("schedule_export_log")
    made = {key.to_user_string() for key in materialized(result)}
    if failing:
        assert (made, written) == (set(), (False, False))
        assert agency.files() == files
        assert set(log["status"]) == {"failed"}
        assert set(log["publication_id"].isna()) == {True}
        # The bucket's files are those of the step that failed, so it is not reached.
        assert set(log["destination"]) == {"csv", "sheets"}
    else:
        exports = {"schedule_csv", "schedule_calendar", "schedule_index"}
        assert made == {*exports, "schedule_sheet", "schedule_bucket"}
        assert written == (True, True)
        assert set(log["destination"]) == {"csv", "sheets", "bucket"}
        assert len(set(log["publication_id"])) == 1


def materialized(result: dg.ExecuteInProcessResult) -> set[dg.AssetKey]:
    keys = {event.asset_key for event in result.get_asset_materialization_events()}
    return {key for key in keys if key is not None}


# Checks


def judged(agency: Installed, week: dt.date | None = WEEK) -> dict[str, dg.AssetCheckEvaluation]:
    """The checks of the gate, executed by themselves."""
    result = dg.materialize(
        [judge_week],
        selection=dg.AssetSelection.checks(judge_week),
        instance=agency.instance,
        tags={"dagster/partition": week.isoformat()} if week else {},
        resources=resources_of(agency.dataset.settings),
        raise_on_error=False,
    )
    return {each.check_name: each for each in result.get_asset_check_evaluations()}


@pytest.mark.parametrize("failing", [(), NAMES[:1], NAMES[4:5], NAMES[1:3], NAMES])
def test_checks_show_the_verdict_and_those_that_fail_are_red(
    shared: Installed, unjudged: Dataset, gate: Gate, failing: tuple[str, ...]
) -> None:
    gate.failing = failing
    shown = judged(shared)
    assert gate.evaluations == 1
    assert set(shown) == set(NAMES)
    for name, evaluation in shown.items():
        assert evaluation.passed is (name not in failing)
        assert evaluation.blocking
        assert evaluation.severity is dg.AssetCheckSeverity.ERROR
        assert evaluation.metadata["observed"].value == 2.5
        assert evaluation.metadata["threshold"].value == 1
        offenders = evaluation.metadata["offenders"].value
        assert offenders == (["one", "two"] if name in failing else [])


@pytest.mark.usefixtures("swift_smoke_tests")
def test_a_real_failure_of_one_page_is_a_warning_in_the_checks_and_withholds_the_page(
    agency: Installed,
) -> None:
    agency.change(REOPENED["message: arm"])
    shown = judged(agency)
    assert {name for name in NAMES if not shown[name].passed} == {"schedules_are_as_planned"}
    assert shown["schedules_are_as_planned"].severity is dg.AssetCheckSeverity.WARN
    assert agency.dataset.rows("gate_verdicts", passed=False).empty
    week = judged_week(agency.dataset, WEEK, run_id="another")
    assert list(week.withheld) == [PAGE]
    assert "schedules_are_as_planned" in week.withheld[PAGE]
    assert set(week.in_force["page_name"]) - set(week.messages["page_name"]) == {PAGE}


@pytest.mark.usefixtures("swift_smoke_tests")
def test_a_real_failure_of_all_pages_is_red_in_the_checks_and_closes_the_exports(
    agency: Installed,
) -> None:
    agency.change(
        "UPDATE `${dataset}.schedule_recommendations` AS r SET arm = 'control' "
        "WHERE r.is_active AND r.arm = 'treatment'"
    )
    shown = judged(agency)
    assert {name for name in NAMES if not shown[name].passed} == {"schedules_are_as_planned"}
    assert shown["schedules_are_as_planned"].severity is dg.AssetCheckSeverity.ERROR
    with pytest.raises(GateClosedError, match="schedules_are_as_planned") as closed:
        judged_week(agency.dataset, WEEK, run_id="another")
    failed = [finding.name for finding in closed.value.findings if not finding.passed]
    assert failed == ["schedules_are_as_planned"]


@pytest.mark.usefixtures("swift_smoke_tests")
def test_a_verdict_that_an_earlier_version_kept_is_of_the_whole_agency(
    agency: Installed,
) -> None:
    """The column of the pages was added to the table since: its rows have no value there."""
    agency.change(REOPENED["message: arm"])
    assert not verdict_of_week(agency.dataset, WEEK, run_id="a").passed
    agency.change("UPDATE `${dataset}.gate_verdicts` SET pages = NULL WHERE TRUE")
    with pytest.raises(GateClosedError, match="schedules_are_as_planned"):
        judged_week(agency.dataset, WEEK, run_id="a")
    assert list(judged_week(agency.dataset, WEEK, run_id="b").withheld) == [PAGE]


def test_what_is_compared_asks_the_verdict_on_the_present_state(
    agency: Installed, gate: Gate
) -> None:
    """Else what follows from new targets would be withheld in one place and shown in another."""
    agency.change("DELETE FROM `${dataset}.gate_verdicts` WHERE TRUE")
    gate.failing, gate.pages = NAMES[1:2], (PAGE, PAGE)
    published = judged_week(agency.dataset, WEEK, run_id="a")
    assert list(published.withheld) == [PAGE]
    found = withheld_pages(agency.dataset, WEEK, published.in_force)
    assert found == published.withheld
    gate.failing = ()
    assert verdict_of_week(agency.dataset, WEEK, run_id="b").passed
    assert withheld_pages(agency.dataset, WEEK, published.in_force) == {}
    assert gate.evaluations == 2


def test_what_is_compared_before_there_is_a_verdict_asks_the_conditions_on_schedules(
    agency: Installed, gate: Gate
) -> None:
    agency.change(REOPENED["message: arm"])
    rows = active_messages(agency.dataset, WEEK)
    assert list(withheld_pages(agency.dataset, WEEK, rows)) == [PAGE]
    assert gate.evaluations == 0
    assert agency.dataset.rows("gate_verdicts", passed=False).empty


def test_publications_that_withhold_other_pages_have_other_ids(
    agency: Installed, gate: Gate
) -> None:
    agency.change("DELETE FROM `${dataset}.gate_verdicts` WHERE TRUE")
    gate.failing, gate.pages = NAMES[1:2], (PAGE, PAGE)
    withheld = verdict_of_week(agency.dataset, WEEK, run_id="a")
    gate.failing = ()
    passed = verdict_of_week(agency.dataset, WEEK, run_id="b")
    assert withheld.state == passed.state
    assert withheld.publication_id != passed.publication_id


@pytest.mark.parametrize("week", [WEEK, None], ids=["of a week", "without a week"])
def test_checks_by_themselves_are_evaluated_anew_and_keep_no_verdict(
    shared: Installed, unjudged: Dataset, gate: Gate, week: dt.date | None
) -> None:
    """A verdict that is kept is that of its time; who executes a check asks how it is now."""
    for _ in range(2):
        assert set(judged(shared, week)) == set(NAMES)
    assert gate.weeks == [WEEK, WEEK]
    assert unjudged.rows("gate_verdicts").empty
