"""A closed gate names every condition that failed, what was seen and who broke it."""

import pytest

from eros_assets.gate.findings import Finding, GateClosedError, counted, refuse_if_closed

HOLDS = counted("nothing_lost", "Rows lost.", [])
BROKEN = counted("nothing_twice", "Pairs.", [f"caption {n}" for n in range(1, 6)])
SLOW = Finding("selector", "Seconds.", ["cook: took 2.50 s"], observed=2.5, threshold=2)


def test_a_condition_holds_when_nobody_broke_it() -> None:
    assert HOLDS.passed
    assert not BROKEN.passed
    assert BROKEN.observed == 5


def test_an_open_gate_lets_through() -> None:
    refuse_if_closed([HOLDS], "week of 2025-11-03")


def test_a_closed_gate_names_each_failed_condition_and_no_other() -> None:
    with pytest.raises(GateClosedError) as raised:
        refuse_if_closed([HOLDS, BROKEN, SLOW], "week of 2025-11-03")
    message = str(raised.value)
    assert "week of 2025-11-03" in message
    assert (
        "nothing_twice: Pairs. Observed 5, allowed 0: caption 1; caption 2; caption 3; 2 more"
        in (message)
    )
    assert "selector: Seconds. Observed 2.5, allowed 2: cook: took 2.50 s" in message
    assert "nothing_lost" not in message
