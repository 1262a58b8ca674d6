"""A change of the health decision is told once, and a rollback begins once."""

from hypothesis import given
from hypothesis import strategies as st

from eros_assets.health.turns import HealthSeen, health_turn


def seen(verdict: str, *watched: str) -> HealthSeen:
    reasons = () if verdict == "OK" else (f"reason for {verdict}",)
    return HealthSeen(verdict, 80.0, reasons, watched)


def test_a_turn_to_rollback_is_told_and_begins_one() -> None:
    turn = health_turn(seen("OK"), [seen("ROLLBACK")])
    assert turn.begins_rollback
    [alert] = turn.alerts
    assert alert.title == "health 80 of 100, decision ROLLBACK (was OK)"
    assert list(alert.lines) == ["reason for ROLLBACK"]


def test_a_decision_that_stays_is_neither_told_nor_acted_on_again() -> None:
    """The day's errors stay in the figures for 24 hours after a rollback: 24 hourly checks."""
    turn = health_turn(seen("ROLLBACK"), [seen("ROLLBACK")] * 24)
    assert (list(turn.alerts), turn.begins_rollback) == ([], False)


def test_the_very_first_check_may_ask_for_a_rollback() -> None:
    assert health_turn(None, [seen("ROLLBACK")]).begins_rollback
    assert health_turn(None, [seen("OK")]).alerts == []


def test_recovery_is_told() -> None:
    [alert] = health_turn(seen("INVESTIGATE"), [seen("OK")]).alerts
    assert "decision OK (was INVESTIGATE)" in alert.title
    assert list(alert.lines) == ["All is well again."]


def test_a_rollback_that_passed_between_two_looks_is_told_but_not_begun() -> None:
    turn = health_turn(seen("OK"), [seen("ROLLBACK"), seen("OK")])
    assert len(turn.alerts) == 2
    assert not turn.begins_rollback


def test_a_creator_s_trouble_is_told_once() -> None:
    first = health_turn(seen("OK"), [seen("OK", "cook: RED")])
    assert [list(alert.lines) for alert in first.alerts] == [["cook: RED"]]
    again = health_turn(seen("OK", "cook: RED"), [seen("OK", "cook: RED", "coach: RED")])
    assert [list(alert.lines) for alert in again.alerts] == [["coach: RED"]]


@given(st.lists(st.sampled_from(("OK", "INVESTIGATE", "ROLLBACK")), max_size=8), st.integers(0, 8))
def test_looking_more_often_tells_the_same(verdicts: list[str], cut: int) -> None:
    checks = [seen(verdict) for verdict in verdicts]
    at_once = health_turn(None, checks)
    before, after = checks[:cut], checks[cut:]
    first = health_turn(None, before)
    second = health_turn(before[-1] if before else None, after)
    assert [*first.alerts, *second.alerts] == list(at_once.alerts)
