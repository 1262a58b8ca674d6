"""A closed gate names every condition that failed, what was seen and who broke it."""

import pytest

from eros_assets.gate.findings import (
    Finding,
    GateClosedError,
    closed_where_all_fail,
    counted,
    counted_by_page,
    refuse_if_closed,
    withheld_by,
)

HOLDS = counted("nothing_lost", "Rows lost.", [])
BROKEN = counted("nothing_twice", "Pairs.", [f"caption {n}" for n in range(1, 6)])
CHANGED = counted_by_page(
    "as_planned", "Changed.", [("cook", "one"), ("milo", "two"), ("cook", "x")]
)
UNHELD = counted_by_page("reserved", "Not held.", [("cook", "three")])
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


def test_a_condition_that_some_pages_break_withholds_these_and_lets_the_others_through() -> None:
    refuse_if_closed([HOLDS, CHANGED, UNHELD], "week of 2025-11-03")
    withheld = withheld_by([HOLDS, CHANGED, UNHELD])
    assert list(withheld) == ["cook", "milo"]
    assert withheld["cook"].startswith("as_planned: one; reserved: three: plan this page again")
    assert withheld["milo"].startswith("as_planned: two: plan this page again")


def test_a_closed_gate_withholds_no_page_and_names_what_pages_break_too() -> None:
    assert withheld_by([CHANGED, BROKEN]) == {}
    with pytest.raises(GateClosedError, match="nothing_twice") as raised:
        refuse_if_closed([CHANGED, BROKEN], "week of 2025-11-03")
    assert "2 of the gate's conditions" in str(raised.value)
    assert "as_planned: Changed. Observed 3, allowed 0: one; two; x" in str(raised.value)


@pytest.mark.parametrize(
    ("judged", "is_closed"),
    [
        (["cook", "milo", "zoe"], False),
        (["cook", "milo"], True),
        (["cook"], True),
        ([], True),
    ],
)
def test_conditions_that_leave_no_page_close_the_gate(
    judged: list[str], *, is_closed: bool
) -> None:
    found = closed_where_all_fail([HOLDS, CHANGED, UNHELD], judged)
    assert [finding.closes for finding in found] == [False, is_closed, is_closed]
    assert [finding.offenders for finding in found] == [
        finding.offenders for finding in (HOLDS, CHANGED, UNHELD)
    ]


def test_conditions_that_hold_close_no_gate_where_nothing_is_in_force() -> None:
    assert closed_where_all_fail([HOLDS], []) == (HOLDS,)
