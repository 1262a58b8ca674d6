"""Which sent message is taken for which planned one."""

import datetime as dt
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from eros_assets.calendar import la_date, la_instant
from eros_assets.evaluation.sent_matching import Occasion, matched

MONDAY = dt.date(2025, 11, 10)


def at(day: int, hour: int = 9, minute: int = 0, **changes: Any) -> Occasion:
    values = {"page_name": "cook", "message_type": "PPV", "content": "#1", **changes}
    return Occasion(time=la_instant(MONDAY + dt.timedelta(days=day), hour, minute), **values)


def test_dates_at_most_so_many_days_apart_match_at_any_hour() -> None:
    plans = [at(3, content=f"#{n}") for n in range(5)]
    sends = [at(3 + apart, 22, content=f"#{n}") for n, apart in enumerate((0, 2, 3, -2, -3))]
    assert matched(plans, sends, 2) == {0: 0, 1: 1, 3: 3}


def test_page_type_and_content_must_be_the_same() -> None:
    plans = [at(0), at(0, content=None)]
    sends = [
        at(0, page_name="coach"),
        at(0, message_type="Bump"),
        at(0, content="#2"),
        at(0, content=None),
    ]
    assert matched(plans, sends, 2) == {}


def test_each_plan_gets_the_send_nearest_to_it_and_none_is_used_twice() -> None:
    """A text queued twice on one day: the send between the two belongs to the nearer one."""
    plans = [at(0, 9), at(0, 12)]
    assert matched(plans, [at(0, 9, 5), at(0, 10, 25)], 2) == {0: 0, 1: 1}
    assert matched(plans, [at(0, 11)], 2) == {1: 0}


def test_a_schedule_in_force_goes_before_one_that_was_replaced() -> None:
    plans = [at(0, 9, is_active=False), at(1, 9)]
    assert matched(plans, [at(0, 9)], 2) == {1: 0}
    assert matched(plans, [at(0, 9), at(1, 12)], 2) == {1: 1, 0: 0}


occasions = st.lists(
    st.builds(
        at,
        st.integers(0, 6),
        st.integers(0, 23),
        content=st.sampled_from(("#1", "#2", None)),
        is_active=st.booleans(),
    ),
    max_size=8,
)


@given(occasions, occasions, st.integers(0, 3))
def test_no_match_breaks_a_rule_and_none_is_left_open(
    plans: list[Occasion], sends: list[Occasion], days: int
) -> None:
    found = matched(plans, sends, days)
    assert len(set(found.values())) == len(found)

    def may(plan: Occasion, sent: Occasion) -> bool:
        apart = abs(la_date(plan.time) - la_date(sent.time)).days
        return plan.content is not None and plan.content == sent.content and apart <= days

    assert all(may(plans[n], sends[k]) for n, k in found.items())
    free = set(range(len(sends))) - set(found.values())
    left = set(range(len(plans))) - set(found)
    assert not [(n, k) for n in left for k in free if may(plans[n], sends[k])]
