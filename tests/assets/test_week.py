"""Weeks are partitions from Monday to Monday in LA, and a run knows the one that it is for."""

import datetime as dt

import dagster as dg
import pytest

from eros_assets.assets.week import FIRST_WEEK, WEEKLY, WEEKS_AHEAD, partition_week
from eros_assets.calendar import ZONE, week_bounds

THIS_WEEK = dt.date(2025, 11, 3)
NEXT_WEEK = dt.date(2025, 11, 10)


@pytest.mark.parametrize("monday", ["2025-10-20", "2025-10-27", "2025-11-03", "2026-03-02"])
def test_a_partition_is_the_calendar_s_week_whatever_the_clocks_do(monday: str) -> None:
    window = WEEKLY.time_window_for_partition_key(monday)
    begin, end = week_bounds(dt.date.fromisoformat(monday))
    assert window.start.astimezone(dt.UTC) == begin
    assert window.end.astimezone(dt.UTC) == end


@pytest.mark.parametrize("hour", [0, 12, 23])
def test_weeks_can_be_planned_from_the_first_to_some_weeks_ahead(hour: int) -> None:
    wednesday = dt.datetime(2025, 11, 5, hour, tzinfo=ZONE)
    keys = [dt.date.fromisoformat(k) for k in WEEKLY.get_partition_keys(current_time=wednesday)]
    assert keys[0] == FIRST_WEEK
    assert {key.isoweekday() for key in keys} == {1}
    # The week that has begun is the first of those ahead: it ends after now.
    assert keys[-1] == THIS_WEEK + dt.timedelta(weeks=WEEKS_AHEAD - 1)
    assert NEXT_WEEK in keys


def test_a_run_s_week_is_its_partition_s_monday() -> None:
    seen: list[dt.date] = []

    @dg.asset(partitions_def=WEEKLY)
    def planned(context: dg.AssetExecutionContext) -> None:
        seen.append(partition_week(context))

    @dg.asset_check(asset=planned)
    def holds(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        seen.append(partition_week(context))
        return dg.AssetCheckResult(passed=True)

    assert dg.materialize([planned, holds], partition_key="2025-11-03").success
    assert seen == [THIS_WEEK, THIS_WEEK]
