"""The planner against CP-SAT, which proves the optimum of the same week from the contracts alone.

The few weeks here are those that CP-SAT solves fast; `python -m benchmarks.optimality` has 200.
"""

from itertools import islice

import pytest

from eros_assets.planning.week import plan_week
from tests.planning.oracle import optimum
from tests.planning.weeks import SampleWeek, sample_weeks


def is_near_the_optimum(week: SampleWeek) -> bool:
    """Whether the plan's value is within 1 % of what CP-SAT proves no week to pass.

    The model is told to find no less than the plan: were the plan to break a rule, or its value
    to be added up wrongly, there would be nothing to find.
    """
    plan = plan_week(
        week.captions, week.rules, week.values, not_before=week.not_before, sent=week.sent
    )
    assert not plan.dropped
    best = optimum(
        week.captions,
        week.rules,
        week.values,
        not_before=week.not_before,
        sent=week.sent,
        start=plan,
        effort=30,
        gap=0.01,  # of a plan that is the optimum, the bound is near enough
    )
    assert best.found, "CP-SAT finds no week that is worth what the plan says"
    return plan.objective >= 0.99 * best.bound


@pytest.mark.parametrize("week", sample_weeks(31, 1), ids=lambda week: week.size_tier)
def test_a_week_is_within_one_percent_of_the_optimum(week: SampleWeek) -> None:
    assert is_near_the_optimum(week)


@pytest.mark.parametrize("week", sample_weeks(32, 1, begun=True), ids=lambda w: w.size_tier)
def test_so_is_a_week_that_has_begun(week: SampleWeek) -> None:
    assert is_near_the_optimum(week)


@pytest.mark.parametrize(
    "week", islice(sample_weeks(33, 2, decided=True), 5, None), ids=lambda w: w.size_tier
)
def test_so_is_a_week_with_days_off_hours_of_its_own_and_queued_messages(week: SampleWeek) -> None:
    assert is_near_the_optimum(week)


@pytest.mark.parametrize("number", [27, 105])
def test_so_is_a_week_in_which_what_stands_would_make_pairs(number: int) -> None:
    """Without regard to what stands they were worth 98.1 % and 96.3 %."""
    assert is_near_the_optimum(next(islice(sample_weeks(11, 30, decided=True), number, None)))


def test_so_is_a_week_whose_best_slots_leave_only_orders_that_cost() -> None:
    """In the best slots alone, no order is worth 98.98 % of what CP-SAT proves."""
    assert is_near_the_optimum(next(islice(sample_weeks(11, 20), 85, None)))
