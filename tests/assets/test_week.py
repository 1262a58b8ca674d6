"""Weeks are partitions from Monday to Monday in LA, and a run knows the one that it is for."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.definitions.partitions.context import partition_loading_context
from hypothesis import given
from hypothesis import strategies as st

from eros_assets.assets.week import WEEKLY, partition_week, partitions_of
from eros_assets.calendar import ZONE, la_instant, monday_of, week_bounds
from eros_assets.definitions import build_definitions
from eros_assets.settings import load_settings
from eros_assets.weekly.weeks import FIRST_WEEK, Weeks
from tests.assets.installed import Installed

THIS_WEEK = dt.date(2025, 11, 3)
NEXT_WEEK = dt.date(2025, 11, 10)
OLD_HISTORY = {"oldest": "2024-05-01", "newest": "2025-11-02"}

mondays = st.integers(0, 520).map(lambda n: FIRST_WEEK + dt.timedelta(weeks=n))


@pytest.mark.parametrize("monday", ["2025-10-20", "2025-10-27", "2025-11-03", "2026-03-02"])
def test_a_partition_is_the_calendar_s_week_whatever_the_clocks_do(monday: str) -> None:
    window = WEEKLY.time_window_for_partition_key(monday)
    begin, end = week_bounds(dt.date.fromisoformat(monday))
    assert window.start.astimezone(dt.UTC) == begin
    assert window.end.astimezone(dt.UTC) == end


def keys_of(partitions: dg.WeeklyPartitionsDefinition, now: dt.datetime) -> list[str]:
    with partition_loading_context(effective_dt=now):
        keys = list(partitions.get_partition_keys())
        assert partitions.get_last_partition_key() == keys[-1]
        assert partitions.get_num_partitions() == len(keys)
        assert all(partitions.has_partition_key(key) for key in keys)
        after = dt.date.fromisoformat(keys[-1]) + dt.timedelta(weeks=1)
        assert not partitions.has_partition_key(after.isoformat())
    return keys


@pytest.mark.parametrize("hour", [0, 12, 23])
@pytest.mark.parametrize("day", [3, 5, 9])
def test_the_last_week_is_the_coming_one_and_moves_with_the_clock(day: int, hour: int) -> None:
    now = dt.datetime(2025, 11, day, hour, tzinfo=ZONE)
    weeks = Weeks(FIRST_WEEK, NEXT_WEEK, is_fixed=False)
    keys = keys_of(partitions_of(weeks, now), now)
    assert (keys[0], keys[-1]) == (FIRST_WEEK.isoformat(), NEXT_WEEK.isoformat())
    later = keys_of(partitions_of(weeks, now), now + dt.timedelta(weeks=3))
    assert later[-1] == (NEXT_WEEK + dt.timedelta(weeks=3)).isoformat()


@given(mondays, st.integers(0, 60), st.integers(-300, 300), st.integers(0, 24 * 7 - 1))
def test_a_last_week_that_is_named_is_the_last_whatever_the_clock_says(
    first: dt.date, weeks: int, off: int, hour: int
) -> None:
    last = first + dt.timedelta(weeks=weeks)
    now = la_instant(last + dt.timedelta(weeks=off)) + dt.timedelta(hours=hour)
    partitions = partitions_of(Weeks(first, last, is_fixed=True), now)
    keys = keys_of(partitions, now)
    assert (keys[0], keys[-1], len(keys)) == (first.isoformat(), last.isoformat(), weeks + 1)
    assert keys_of(partitions, now + dt.timedelta(weeks=20))[-1] == last.isoformat()


def weekly_of(home: Path, **settings: Any) -> list[str]:
    """The partitions of the job that plans a week, as the UI lists them."""
    values = {"env": "local", "home": home, "import_dir": None, **settings}
    repository = build_definitions(load_settings(values)).get_repository_def()
    lists = {
        tuple(partitions.get_partition_keys())
        for job in repository.get_all_jobs()
        if (partitions := job.partitions_def) is not None
    }
    [keys] = lists
    return list(keys)


@pytest.mark.parametrize(
    ("noted", "settings", "first", "last"),
    [
        (OLD_HISTORY, {}, "2024-04-29", "2025-11-03"),
        (OLD_HISTORY, {"today": "2025-11-03"}, "2024-04-29", "2025-11-03"),
        (OLD_HISTORY, {"today": "2025-11-08"}, "2024-04-29", "2025-11-10"),
        (OLD_HISTORY, {"week": "2025-11-24"}, "2024-04-29", "2025-11-24"),
        (OLD_HISTORY, {"week": "2025-06-02"}, "2024-04-29", "2025-06-02"),
        (OLD_HISTORY, {"week": "2052-11-04"}, "2024-04-29", "2025-11-03"),
        (OLD_HISTORY, {"week": "2020-11-02"}, "2020-11-02", "2020-11-02"),
        (None, {"today": "2025-11-08"}, "2020-01-06", "2025-11-10"),
        ("{not json", {"today": "2025-11-08"}, "2020-01-06", "2025-11-10"),
        ({"oldest": 7}, {"today": "2025-11-08"}, "2020-01-06", "2025-11-10"),
        (OLD_HISTORY, {"env": "production", "today": "2025-11-03"}, "2024-04-29", "2025-11-10"),
    ],
)
def test_every_job_has_the_weeks_from_the_history_s_first_to_the_coming_one(
    tmp_path: Path, noted: object, settings: dict[str, str], first: str, last: str
) -> None:
    if noted is not None:
        text = noted if isinstance(noted, str) else json.dumps(noted)
        (tmp_path / "history.json").write_text(text, "utf-8")
    keys = weekly_of(tmp_path, **settings)
    assert (keys[0], keys[-1]) == (first, last)
    assert {dt.date.fromisoformat(key).isoweekday() for key in keys} == {1}


def test_loading_the_inputs_notes_what_the_history_spans(agency: Installed) -> None:
    span = agency.query(
        "SELECT DATE(MIN(sending_time), 'America/Los_Angeles') AS oldest "
        "FROM `${dataset}.mass_messages`"
    )
    home = agency.dataset.settings.home
    keys = weekly_of(home)
    assert keys[0] == monday_of(span["oldest"].iloc[0]).isoformat()
    assert keys[-1] == THIS_WEEK.isoformat(), "the week after the newest message"


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
