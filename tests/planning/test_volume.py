"""Volumes are rounded, capped and split exactly as the contracts say."""

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eros_assets.calendar import week_dates
from eros_assets.planning.model import PlanningError
from eros_assets.planning.volume import (
    PageOutlook,
    WeekDecisions,
    split_by_largest_remainder,
    weekly_target,
)

MONDAY = dt.date(2025, 11, 3)
PLAIN = [1.0] * 7
OUTLOOK = PageOutlook(
    page_name="amber_lens",
    size_tier="MEDIUM",
    behavioral_segment="STANDARD",
    saturation_status="GREEN",
    saturation_score=0.1,
    weekly_ppv_base=12,
    weekly_bump_base=9,
    weekly_ppv_max=14,
    weekly_bump_max=10,
    ppv_multiplier=1.0,
    bump_multiplier=1.0,
    min_gap_minutes=120,
    gap_extension_minutes=0,
    max_messages_per_day=15,
    cooling_days=0,
    budget_share=0.30,
    mid_share=0.45,
    premium_share=0.25,
)


def test_a_plain_week_has_the_tiers_base_split_by_segment() -> None:
    target = weekly_target(OUTLOOK, MONDAY, PLAIN)
    assert (target.ppv_count, target.bump_count) == (12, 9)
    assert (target.num_budget, target.num_mid, target.num_premium) == (4, 5, 3)


def test_half_a_message_is_rounded_away_from_zero() -> None:
    target = weekly_target(replace(OUTLOOK, weekly_ppv_base=10, ppv_multiplier=0.75), MONDAY, PLAIN)
    assert target.ppv_count == 8


def test_holidays_scale_by_the_mean_of_the_seven_dates() -> None:
    target = weekly_target(OUTLOOK, MONDAY, [1.0] * 6 + [1.7])
    assert target.holiday_factor == pytest.approx(1.1)
    assert target.ppv_count == 13


def test_volume_stays_within_the_tiers_maximum_but_for_reds_bumps() -> None:
    festive = [1.5] * 7
    assert weekly_target(OUTLOOK, MONDAY, festive).ppv_count == 14
    assert weekly_target(OUTLOOK, MONDAY, festive).bump_count == 10
    red = replace(OUTLOOK, saturation_status="RED", bump_multiplier=2.0)
    assert weekly_target(red, MONDAY, PLAIN).bump_count == 18
    crowded = replace(red, max_messages_per_day=2)
    assert weekly_target(crowded, MONDAY, PLAIN).bump_count == 14


def test_the_gap_of_the_target_has_saturations_extension_in_it() -> None:
    assert (
        weekly_target(replace(OUTLOOK, gap_extension_minutes=60), MONDAY, PLAIN).min_gap_minutes
        == 180
    )


def test_the_volume_shrinks_by_the_share_of_the_closed_dates() -> None:
    tuesday_and_sunday = [MONDAY + dt.timedelta(days=1), MONDAY + dt.timedelta(days=6)]
    whole = weekly_target(OUTLOOK, MONDAY, PLAIN)
    target = weekly_target(OUTLOOK, MONDAY, PLAIN, WeekDecisions(dict.fromkeys(tuesday_and_sunday)))
    assert (target.ppv_count, target.bump_count, target.closed_days) == (
        round(whole.ppv_count * 5 / 7),
        round(whole.bump_count * 5 / 7),
        2,
    )
    assert target.num_budget + target.num_mid + target.num_premium == target.ppv_count


def test_a_holiday_on_a_closed_date_does_not_count() -> None:
    sunday = WeekDecisions({MONDAY + dt.timedelta(days=6): None})
    target = weekly_target(OUTLOOK, MONDAY, [1.0] * 6 + [1.7], sunday)
    assert target == weekly_target(OUTLOOK, MONDAY, PLAIN, sunday)


def test_a_week_that_is_closed_has_no_messages() -> None:
    target = weekly_target(OUTLOOK, MONDAY, PLAIN, WeekDecisions(dict.fromkeys(week_dates(MONDAY))))
    assert (target.ppv_count, target.bump_count, target.closed_days) == (0, 0, 7)
    assert target.holiday_factor == 1


def test_what_people_set_replaces_size_saturation_and_holidays() -> None:
    red = replace(OUTLOOK, saturation_status="RED", ppv_multiplier=0.5, gap_extension_minutes=60)
    decided = WeekDecisions(
        weekly_ppv=21, weekly_bump=0, min_gap_minutes=45, max_messages_per_day=6
    )
    target = weekly_target(red, MONDAY, [1.3] * 7, decided)
    assert (target.ppv_count, target.bump_count) == (21, 0)
    assert (target.min_gap_minutes, target.max_messages_per_day) == (45, 6)
    assert (
        weekly_target(red, MONDAY, [1.3] * 7, replace(decided, hours={MONDAY: None})).ppv_count
        == 18
    )


@given(
    st.integers(0, 200),
    st.sampled_from([(0.6, 0.3, 0.1), (0.3, 0.45, 0.25), (0.15, 0.35, 0.5), (1.0, 0.0, 0.0)]),
)
def test_a_split_adds_up_exactly_and_is_within_one_of_each_quota(
    total: int, shares: tuple[float, ...]
) -> None:
    parts = split_by_largest_remainder(total, shares)
    assert sum(parts) == total
    assert all(
        abs(part - total * share) < 1 + 1e-9 for part, share in zip(parts, shares, strict=True)
    )


def test_shares_that_do_not_add_up_name_the_page() -> None:
    with pytest.raises(PlanningError, match="amber_lens"):
        weekly_target(replace(OUTLOOK, mid_share=0.5), MONDAY, PLAIN)
