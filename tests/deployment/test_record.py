"""The history alone decides what a deploy does and where a rollback goes."""

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eros_assets.deployment.record import (
    Entry,
    RollbackRefusedError,
    UnfinishedRollbackError,
    decide_deploy,
    in_force,
    next_entry,
    points_of,
    rollback_point,
    taken_back,
    unfinished_rollback,
)

NOW = dt.datetime(2025, 11, 3, 10, tzinfo=dt.UTC)
UNTIL = NOW + dt.timedelta(days=30)
ONE, TWO = "1" * 64, "2" * 64


def after(history: list[Entry], kind: str, state: str, code: str = ONE, point: str = "") -> Entry:
    """The next entry, in a state."""
    goal = rollback_point(history, point or None, NOW) if kind == "rollback" else None
    begun = next_entry(history, kind, code_fingerprint=code, now=NOW, run_id="run", point=goal)  # type: ignore[arg-type]
    return replace(
        begun, state=state, kept_until=UNTIL, tables=("facts",), passed_tables=("facts", "new")
    )


def told(*entries: tuple[str, ...]) -> list[Entry]:
    """A history of kinds, states, codes and points."""
    history: list[Entry] = []
    for entry in entries:
        history.append(after(history, *entry))
    return history


FIRST = ("deploy", "succeeded", ONE)
SECOND = ("deploy", "succeeded", TWO)
D1, D2 = "d0001_11111111", "d0002_22222222"


class TestDeploying:
    """What a deploy does."""

    def test_ids_are_numbered_and_say_the_code(self) -> None:
        assert [e.deployment_id for e in told(FIRST, SECOND, ("backup", "succeeded"))] == [
            *(D1, D2, "b0003"),
        ]

    def test_the_first_one_begins(self) -> None:
        assert decide_deploy([], ONE, objects_match=False).action == "begin"
        assert decide_deploy([], ONE, objects_match=True).action == "begin"

    def test_the_same_code_again_is_nothing_to_do(self) -> None:
        assert decide_deploy(told(FIRST), ONE, objects_match=True).action == "nothing"

    def test_an_object_that_somebody_changed_is_deployed_again(self) -> None:
        assert decide_deploy(told(FIRST), ONE, objects_match=False).action == "begin"

    def test_other_code_begins(self) -> None:
        assert decide_deploy(told(FIRST), TWO, objects_match=True).action == "begin"

    @pytest.mark.parametrize("state", ["failed", "gate_failed", "undone"])
    def test_what_failed_is_not_in_force(self, state: str) -> None:
        history = told(FIRST, ("deploy", state, TWO))
        assert in_force(history) == D1
        assert decide_deploy(history, ONE, objects_match=True).action == "nothing"
        assert decide_deploy(history, TWO, objects_match=True).action == "begin"

    @pytest.mark.parametrize("state", ["started", "backed_up", "deployed"])
    def test_one_that_was_killed_goes_on_with_its_own_code(self, state: str) -> None:
        history = told(FIRST, ("deploy", state, TWO))
        decision = decide_deploy(history, TWO, objects_match=False)
        assert (decision.action, decision.entry) == ("resume", history[-1])

    def test_one_that_was_killed_is_put_back_when_other_code_comes(self) -> None:
        history = told(FIRST, ("deploy", "backed_up", TWO))
        decision = decide_deploy(history, ONE, objects_match=False)
        assert (decision.action, decision.undo) == ("begin", history[-1])

    def test_nothing_is_deployed_while_a_rollback_is_half_done(self) -> None:
        history = told(FIRST, SECOND, ("rollback", "tables_restored", ONE, D1))
        with pytest.raises(UnfinishedRollbackError, match="r0003 was interrupted"):
            decide_deploy(history, ONE, objects_match=True)

    def test_after_a_rollback_the_older_code_is_in_force(self) -> None:
        history = told(FIRST, SECOND, ("rollback", "succeeded", ONE, D1))
        assert in_force(history) == D1
        assert decide_deploy(history, ONE, objects_match=True).action == "nothing"
        assert decide_deploy(history, TWO, objects_match=True).action == "begin"


class TestGoingBack:
    """Where a rollback goes."""

    def test_to_what_the_last_deployment_s_gate_passed(self) -> None:
        point = rollback_point(told(FIRST, SECOND), None, NOW)
        assert (point.point_id, point.in_force_id) == (f"{D2}_passed", D2)
        assert point.tables == ("facts", "new")

    def test_to_the_last_moment_of_an_earlier_one(self) -> None:
        point = rollback_point(told(FIRST, SECOND), D1, NOW)
        assert (point.point_id, point.in_force_id) == (f"{D2}_before", D1)
        assert point.tables == ("facts",)

    def test_to_the_last_backup_of_the_one_in_force(self) -> None:
        history = told(FIRST, ("backup", "succeeded"), ("backup", "succeeded"))
        assert rollback_point(history, None, NOW).point_id == "b0003_before"
        assert rollback_point(history, "b0002", NOW).point_id == "b0002_before"
        assert rollback_point(history, f"{D1}_passed", NOW).point_id == f"{D1}_passed"

    def test_never_by_itself_to_what_a_rollback_found(self) -> None:
        history = told(FIRST, ("rollback", "succeeded"))
        assert rollback_point(history, None, NOW).point_id == f"{D1}_passed"
        assert [p.point_id for p in points_of(history, D1)] == [f"{D1}_passed"]

    def test_on_request_to_what_a_rollback_found(self) -> None:
        history = told(FIRST, SECOND, ("rollback", "succeeded", ONE, D1))
        for name in ("r0003", "r0003_before"):
            point = rollback_point(history, name, NOW)
            assert (point.point_id, point.in_force_id) == ("r0003_before", D2)

    def test_a_killed_deployment_leaves_the_one_before_as_the_last_good_one(self) -> None:
        history = told(FIRST, ("deploy", "deployed", TWO))
        assert rollback_point(history, None, NOW).point_id == f"{D2}_before"

    @pytest.mark.parametrize(
        ("history", "requested", "reason"),
        [
            ([], None, "no deployment has succeeded yet"),
            ([], D1, "is unknown; known are: none"),
            ([FIRST], "d0009_99999999", f"is unknown; known are: {D1}"),
            ([("deploy", "gate_failed", ONE)], None, "no deployment has succeeded yet"),
            ([FIRST, ("deploy", "gate_failed", TWO)], D2, "incomplete: it is gate_failed"),
            ([FIRST, ("deploy", "started", TWO)], f"{D2}_before", "interrupted before its backup"),
            ([FIRST, ("backup", "started")], "b0002", "interrupted before its backup"),
            ([FIRST, SECOND, ("rollback", "succeeded", ONE, D1)], D2, "incomplete"),
        ],
    )
    def test_what_is_unknown_or_incomplete_is_refused(
        self, history: list[tuple[str, ...]], requested: str | None, reason: str
    ) -> None:
        entries = told(*history)
        for entry in taken_back(entries, entries[-1]) if len(entries) == 3 else []:
            entries[entry.number - 1] = replace(entry, state="rolled_back")
            reason = "was taken back"
        with pytest.raises(RollbackRefusedError, match=reason) as caught:
            rollback_point(entries, requested, NOW)
        assert "Nothing was changed" in str(caught.value)

    def test_what_has_expired_is_refused(self) -> None:
        later = UNTIL + dt.timedelta(seconds=1)
        with pytest.raises(RollbackRefusedError, match="expired on 2025-12-03"):
            rollback_point(told(FIRST), None, later)
        assert rollback_point(told(FIRST), None, UNTIL)

    def test_a_rollback_takes_back_the_deployments_in_between(self) -> None:
        history = told(FIRST, SECOND, ("deploy", "failed", ONE), SECOND)
        back = after(history, "rollback", "started", ONE, D1)
        assert [e.deployment_id for e in taken_back([*history, back], back)] == [
            *(D2, "d0004_22222222"),
        ]

    @pytest.mark.parametrize("requested", [None, "r0003", D1, f"{D2}_before"])
    def test_one_that_was_killed_goes_on(self, requested: str | None) -> None:
        history = told(FIRST, SECOND, ("rollback", "paused", ONE, D1))
        assert unfinished_rollback(history, requested) == history[-1]

    def test_one_that_was_killed_gives_way_to_one_elsewhere(self) -> None:
        history = told(FIRST, SECOND, ("rollback", "paused", ONE, D1))
        assert unfinished_rollback(history, D2) is None
        assert unfinished_rollback(history[:2], None) is None


STEPS = st.sampled_from(
    [
        *(("deploy", state) for state in ("succeeded", "failed", "gate_failed", "undone")),
        *(("backup", "succeeded"), ("rollback", "succeeded")),
    ]
)


@given(st.lists(st.tuples(STEPS, st.sampled_from([ONE, TWO])), min_size=1, max_size=12))
def test_the_last_good_one_is_always_one_that_succeeded(
    steps: list[tuple[tuple[str, str], str]],
) -> None:
    history: list[Entry] = []
    for (kind, state), code in steps:
        if kind == "rollback" and in_force(history) is None:
            continue
        history.append(after(history, kind, state, code))
        present = in_force(history)
        if present is not None:
            point = rollback_point(history, None, NOW)
            good = next(e for e in history if e.deployment_id == present)
            assert good.state == "succeeded"
            assert point.in_force_id == present
            assert point.entry.kind != "rollback"
    numbers = [entry.number for entry in history]
    assert numbers == list(range(1, len(numbers) + 1))
