"""What people decide for a page's week holds in its plan, and changes nothing for other pages."""

import datetime as dt
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from eros_assets.calendar import la_instant
from eros_assets.dataset import Dataset
from eros_assets.gate.conditions import schedule_rules_hold
from eros_assets.weekly.inputs import quarantined_rows
from tests.weekly.bad_rows import PAGES, WEEK
from tests.weekly.four_pages import (
    Schedules,
    copied,
    make_four_pages,
    opened,
    planned_week,
    session,
)

WEDNESDAY, SUNDAY = (WEEK + dt.timedelta(days=n) for n in (2, 6))


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_four_pages(tmp_path_factory.mktemp("good"))


@pytest.fixture(scope="module")
def undecided(good: Path, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """The week without a decision."""
    dataset = opened(copied(good, tmp_path_factory.mktemp("undecided")))
    with session(dataset):
        planned_week(dataset)
    return dataset


@pytest.fixture(scope="module")
def decided(good: Path, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """The week with a decision for each page but one."""
    dataset = opened(copied(good, tmp_path_factory.mktemp("decided")))
    load(
        dataset,
        "creator_availability",
        # A holiday on which one evening is open, past midnight: the narrower row holds.
        (" Anna", WEEK, SUNDAY, None, None),
        ("anna", WEDNESDAY, WEDNESDAY, 20, 1),
        ("bella", WEEK - dt.timedelta(days=100), WEEK + dt.timedelta(days=100), 17, None),
    )
    load(
        dataset,
        "creator_overrides",
        ("carla", 4, None, None, None, None, None),
        ("carla", 9, 0, 300, 2, WEEK, SUNDAY),
        ("carla", 1, None, None, None, WEEK + dt.timedelta(days=1), SUNDAY),
    )
    with session(dataset):
        planned_week(dataset)
    return dataset


def load(dataset: Dataset, table: str, *rows: tuple[Any, ...]) -> None:
    columns = [column.name for column in dataset.library[table].columns]
    full = [(*row, *[None] * (len(columns) - len(row))) for row in rows]
    dataset.load(table, pd.DataFrame(full, columns=columns))


def messages(dataset: Dataset, page: str) -> list[dict[Any, Any]]:
    rows = dataset.query("schedule_messages", week_start=WEEK, pages=[page])
    return rows.to_dict("records")


def target(dataset: Dataset, page: str) -> dict[Any, Any]:
    (row,) = dataset.query("week_targets", week_start=WEEK, pages=[page]).to_dict("records")
    return row


def test_a_page_without_a_decision_is_planned_as_before(
    decided: Dataset, undecided: Dataset
) -> None:
    before, after = messages(undecided, "dora"), messages(decided, "dora")
    assert [m["scheduled_send_time"] for m in after] == [m["scheduled_send_time"] for m in before]
    assert target(decided, "dora")["set_by_people"] is None


def test_nothing_is_sent_on_closed_dates_and_the_volume_shrinks_by_their_share(
    decided: Dataset, undecided: Dataset
) -> None:
    sent = [m["scheduled_send_time"] for m in messages(decided, "anna")]
    evening = la_instant(WEDNESDAY, 20), la_instant(WEDNESDAY + dt.timedelta(days=1), 1)
    assert sent
    assert all(evening[0] <= time <= evening[1] for time in sent)
    whole, shrunk = target(undecided, "anna"), target(decided, "anna")
    assert shrunk["closed_days"] == 6
    assert shrunk["ppv_count"] == round(whole["ppv_count"] / 7)


def test_hours_of_its_own_hold_all_week_and_cost_no_message(
    decided: Dataset, undecided: Dataset
) -> None:
    sent = messages(decided, "bella")
    assert {m["send_hour"] for m in sent} <= set(range(17, 23))
    assert target(decided, "bella")["ppv_count"] == target(undecided, "bella")["ppv_count"]
    assert {m["send_date"] for m in sent if m["message_type"] == "PPV"} == {
        m["send_date"] for m in messages(undecided, "bella") if m["message_type"] == "PPV"
    }


def test_the_narrowest_numbers_in_force_on_monday_hold(decided: Dataset) -> None:
    sent = messages(decided, "carla")
    assert [m["message_type"] for m in sent] == ["PPV"] * 9
    times = [m["scheduled_send_time"] for m in sent]
    assert min(b - a for a, b in pairwise(times)) >= dt.timedelta(minutes=300)
    assert max(pd.Series([m["send_date"] for m in sent]).value_counts()) == 2
    assert target(decided, "carla")["set_by_people"] == (
        "weekly_ppv, weekly_bump, min_gap_minutes, max_messages_per_day"
    )


def test_the_gate_holds_schedules_to_what_was_decided_when_they_were_planned(
    decided: Dataset,
) -> None:
    """A decision that comes later closes nothing for anybody; it holds from the next plan on."""
    assert schedule_rules_hold(decided, WEEK).passed
    load(decided, "creator_availability", ("dora", WEEK, SUNDAY, None, None))
    load(decided, "creator_overrides", *[(page, 1, 1, 600, 1) for page in PAGES])
    assert schedule_rules_hold(decided, WEEK).passed


def test_decisions_are_no_quarantined_rows(decided: Dataset) -> None:
    assert quarantined_rows(decided) == []


def test_a_week_that_is_closed_leaves_its_page_without_a_schedule(
    good: Path, tmp_path: Path, undecided: Dataset
) -> None:
    dataset = opened(copied(good, tmp_path))
    load(dataset, "creator_availability", ("dora", WEEK, SUNDAY, None, None))
    with session(dataset):
        schedules: Schedules = planned_week(dataset)
    assert set(schedules) == set(PAGES) - {"dora"}
    assert [m["caption_id"] for m in messages(dataset, "anna")] == [
        m["caption_id"] for m in messages(undecided, "anna")
    ]
