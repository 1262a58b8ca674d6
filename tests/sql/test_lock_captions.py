"""lock_caption_assignments: all of a draft's captions are reserved, or nothing changes."""

import datetime as dt
import hashlib
from collections.abc import Sequence
from typing import Any

import pandas as pd
import pytest

from eros_assets.warehouse.protocol import RaisedError
from tests.sql.dataset import LA, MONDAY, Dataset, Row, assignment, la

TABLES = {
    "schedule_recommendations": ["schedule_id", "status", "message_number"],
    "active_caption_assignments": ["schedule_id", "assignment_key", "is_active"],
}
WEEK = MONDAY.strftime("sched_%Y%m%d_")


def schedule(
    name: str,
    captions: Sequence[int],
    page: str = "cook",
    week: dt.date = MONDAY,
    days: Sequence[int] = (1, 2, 3, 4, 5),
    **changes: Any,
) -> list[Row]:
    """A draft, planned the day before its week: caption n of it on the n-th of `days` at 10:00."""
    rows: list[Row] = []
    for number, (caption_id, day) in enumerate(zip(captions, days, strict=False), start=1):
        send_date = week + dt.timedelta(days=day)
        row: Row = {
            "schedule_id": f"{week:sched_%Y%m%d}_{page}_{name}",
            "page_name": page,
            "week_start": week,
            "message_number": number,
            "scheduled_send_time": la(send_date, 10),
            "send_date": send_date,
            "send_hour": 10,
            "day_of_week": f"{send_date:%A}",
            "message_type": "PPV",
            "caption_id": caption_id,
            "price_tier": "mid",
            "arm": "treatment",
            "status": "draft",
            "is_active": False,
            "planned_at": la(week - dt.timedelta(days=1)),
            "is_forced": False,
        }
        rows.append(row | changes)
    return rows


def add(dataset: Dataset, *drafts: list[Row]) -> None:
    """Put these beside the schedules that there are."""
    for rows in drafts:
        key = {"schedule_id": rows[0]["schedule_id"], "status": rows[0]["status"]}
        dataset.put("schedule_recommendations", rows, **key)


def identity(rows: list[Row]) -> str:
    return str(rows[0]["schedule_id"])


def locked(dataset: Dataset, schedule_id: str) -> int:
    return int(str(dataset.lock(schedule_id).out["p_locked"]))


def statuses(dataset: Dataset) -> dict[str, str]:
    rows = dataset.rows("schedule_recommendations")
    assert (rows["is_active"] == (rows["status"] == "active")).all()
    return dict(zip(rows["schedule_id"], rows["status"], strict=True))


def held(dataset: Dataset) -> dict[int, str]:
    """Who holds which caption; no caption is held twice."""
    rows = dataset.rows("active_caption_assignments")
    rows = rows[rows["is_active"].astype(bool)]
    assert not rows["caption_id"].duplicated().any()
    return {int(c): s for c, s in zip(rows["caption_id"], rows["schedule_id"], strict=True)}


def state(dataset: Dataset) -> list[pd.DataFrame]:
    return [dataset.rows(table, *order) for table, order in TABLES.items()]


def assert_unchanged(before: list[pd.DataFrame], after: list[pd.DataFrame]) -> None:
    for one, other in zip(before, after, strict=True):
        pd.testing.assert_frame_equal(one, other, check_exact=True)


class TestLocking:
    def test_reserves_every_caption_and_makes_the_schedule_active(self, dataset: Dataset) -> None:
        draft = schedule("aaaaaaaa", [11, 12, 13])
        add(dataset, draft)
        assert locked(dataset, identity(draft)) == 3
        assert statuses(dataset) == {identity(draft): "active"}
        rows = dataset.rows("active_caption_assignments", "caption_id").to_dict("records")
        for row, message in zip(rows, draft, strict=True):
            day = message["send_date"]
            key = f"cook|{message['caption_id']}|{day.isoformat()}|10"
            assert row["assignment_key"] == hashlib.sha256(key.encode()).hexdigest()
            assert row["schedule_id"] == identity(draft)
            assert row["caption_id"] == message["caption_id"]
            assert row["scheduled_send_date"] == day
            assert (row["scheduled_send_hour"], row["price_tier"]) == (10, "mid")
            assert row["is_active"]
            assert pd.isna(row["deactivated_at"])

    def test_a_second_call_changes_nothing(self, dataset: Dataset) -> None:
        draft = schedule("aaaaaaaa", [11, 12])
        add(dataset, draft)
        dataset.lock(identity(draft))
        before = state(dataset)
        assert locked(dataset, identity(draft)) == 0
        assert locked(dataset, WEEK) == 0
        assert_unchanged(before, state(dataset))

    @pytest.mark.parametrize("of_week", [True, False])
    def test_a_draft_that_another_run_has_locked_meanwhile_is_taken_out(
        self, dataset: Dataset, of_week: bool
    ) -> None:
        """Two runs plan the same: the second loads its draft when the first has locked it."""
        draft = schedule("aaaaaaaa", [11, 12])
        add(dataset, draft)
        dataset.lock(identity(draft))
        before = state(dataset)
        add(dataset, draft)
        assert locked(dataset, WEEK if of_week else identity(draft)) == 0
        assert_unchanged(before, state(dataset))

    @pytest.mark.parametrize("schedule_id", ["sched_20991231_", "sched_x", "", None])
    def test_a_schedule_that_is_not_there_is_an_error(
        self, dataset: Dataset, schedule_id: str | None
    ) -> None:
        add(dataset, schedule("aaaaaaaa", [11]))
        with pytest.raises(
            RaisedError,
            match="there is no schedule " + ("NULL" if schedule_id is None else schedule_id),
        ):
            dataset.lock(schedule_id)
        assert held(dataset) == {}

    @pytest.mark.parametrize(
        "day",
        [
            dt.date(2025, 10, 25),  # 7 days on lie in the week of 25 hours on Sunday
            dt.date(2025, 11, 2),
            dt.date(2026, 2, 28),  # the 8th of March has 23 hours
            dt.date(2026, 3, 8),
            dt.date(2025, 12, 28),
            dt.date(2024, 2, 22),
        ],
    )
    def test_expires_7_days_after_the_end_of_the_send_date(
        self, dataset: Dataset, day: dt.date
    ) -> None:
        """A midnight of Los Angeles, however long the days between were."""
        week = day - dt.timedelta(days=day.weekday())
        add(dataset, schedule("aaaaaaaa", [11], week=week, days=[day.weekday()]))
        dataset.lock(f"{week:sched_%Y%m%d}")
        [expires] = dataset.rows("active_caption_assignments")["expires_at"]
        wall = expires.to_pydatetime().astimezone(LA)
        assert (wall.date(), wall.hour, wall.minute) == (day + dt.timedelta(days=8), 0, 0)


class TestSuperseding:
    def test_releases_what_the_earlier_schedule_held(self, dataset: Dataset) -> None:
        first, second = schedule("aaaaaaaa", [11, 12]), schedule("bbbbbbbb", [12, 13])
        other = schedule("cccccccc", [21], page="coach")
        later = schedule("dddddddd", [31], week=MONDAY + dt.timedelta(days=7))
        add(dataset, first, other, later)
        for rows in (first, other, later):
            dataset.lock(identity(rows))
        add(dataset, second)
        assert locked(dataset, identity(second)) == 2
        assert statuses(dataset) == {
            identity(first): "superseded",
            identity(second): "active",
            identity(other): "active",
            identity(later): "active",
        }
        assert held(dataset) == {
            12: identity(second),
            13: identity(second),
            21: identity(other),
            31: identity(later),
        }
        rows = dataset.rows("active_caption_assignments")
        released = rows[rows["schedule_id"] == identity(first)]
        assert set(released["deactivation_reason"]) == {"superseded"}
        assert released["deactivated_at"].notna().all()

    def test_content_that_comes_back_is_there_once(self, dataset: Dataset) -> None:
        """The same content has the same id: A, then B, then A again."""
        first, second = schedule("aaaaaaaa", [11, 12]), schedule("bbbbbbbb", [13])
        for rows in (first, second, first):
            add(dataset, rows)
            dataset.lock(identity(rows))
        rows = dataset.rows("schedule_recommendations")
        assert len(rows[rows["schedule_id"] == identity(first)]) == 2
        assert statuses(dataset) == {identity(first): "active", identity(second): "superseded"}
        assert held(dataset) == {11: identity(first), 12: identity(first)}

    @pytest.mark.parametrize(
        ("planned_at", "forced", "is_refused"),
        [
            (la(MONDAY, 0), False, False),  # at the first midnight it has not begun
            (la(MONDAY, 0) + dt.timedelta(seconds=1), False, True),
            (la(MONDAY + dt.timedelta(days=3)), False, True),
            (la(MONDAY + dt.timedelta(days=3)), True, False),
        ],
    )
    def test_a_week_that_has_begun_is_kept_unless_forced(
        self, dataset: Dataset, planned_at: dt.datetime, forced: bool, is_refused: bool
    ) -> None:
        first = schedule("aaaaaaaa", [11])
        second = schedule("bbbbbbbb", [12], planned_at=planned_at, is_forced=forced)
        add(dataset, first)
        dataset.lock(identity(first))
        add(dataset, second)
        before = state(dataset)
        if is_refused:
            with pytest.raises(RaisedError, match=f"week has begun with {identity(first)} active"):
                dataset.lock(identity(second))
            assert locked(dataset, WEEK) == 0
            assert_unchanged(before, state(dataset))
        else:
            assert locked(dataset, identity(second)) == 1
            assert held(dataset) == {12: identity(second)}

    def test_a_begun_week_without_a_schedule_may_have_one(self, dataset: Dataset) -> None:
        draft = schedule("aaaaaaaa", [11], planned_at=la(MONDAY + dt.timedelta(days=2)))
        add(dataset, draft)
        assert locked(dataset, identity(draft)) == 1


class TestConflicts:
    def test_are_named_and_change_nothing(self, dataset: Dataset) -> None:
        """Not even the captions that are free, nor the schedule that would be superseded."""
        first, draft = schedule("aaaaaaaa", [11, 12]), schedule("bbbbbbbb", [12, 41, 42])
        add(dataset, first)
        dataset.lock(identity(first))
        dataset.put(
            "active_caption_assignments",
            [assignment(c, MONDAY, schedule_id="sched_elsewhere") for c in (41, 42, 99)],
            schedule_id="sched_elsewhere",
        )
        add(dataset, draft)
        before = state(dataset)
        told = (
            f"{identity(draft)} was not locked: caption 41 is reserved by sched_elsewhere, "
            "caption 42 is reserved by sched_elsewhere"
        )
        with pytest.raises(RaisedError, match=told):
            dataset.lock(identity(draft))
        assert_unchanged(before, state(dataset))

    def test_are_within_7_days_either_way(self, dataset: Dataset) -> None:
        day = MONDAY + dt.timedelta(days=3)
        draft = schedule("aaaaaaaa", [11], days=[3])
        for days, is_free in {-8: True, -7: False, 0: False, 7: False, 8: True}.items():
            add(dataset, draft)
            held_then = assignment(11, day + dt.timedelta(days=days))
            dataset.put("active_caption_assignments", [held_then])
            if is_free:
                assert locked(dataset, identity(draft)) == 1, days
                dataset.put("schedule_recommendations", [])
            else:
                with pytest.raises(RaisedError, match="caption 11"):
                    dataset.lock(identity(draft))

    def test_the_pages_own_other_weeks_conflict_too(self, dataset: Dataset) -> None:
        before = schedule("aaaaaaaa", [11], week=MONDAY - dt.timedelta(days=7), days=[6])
        draft = schedule("bbbbbbbb", [11], days=[0])
        add(dataset, before)
        dataset.lock(identity(before))
        add(dataset, draft)
        with pytest.raises(RaisedError, match=f"caption 11 is reserved by {identity(before)}"):
            dataset.lock(identity(draft))

    def test_released_reservations_do_not_count(self, dataset: Dataset) -> None:
        dataset.put("active_caption_assignments", [assignment(11, MONDAY, is_active=False)])
        draft = schedule("aaaaaaaa", [11])
        add(dataset, draft)
        assert locked(dataset, identity(draft)) == 1


class TestWholeWeek:
    def test_locks_all_that_can_be_and_leaves_the_others_drafts(self, dataset: Dataset) -> None:
        free = schedule("aaaaaaaa", [11, 12])
        taken = schedule("bbbbbbbb", [21, 22], page="coach")
        also_free = schedule("cccccccc", [31], page="band")
        next_week = schedule("dddddddd", [51], week=MONDAY + dt.timedelta(days=7))
        dataset.put("active_caption_assignments", [assignment(22, MONDAY)])
        add(dataset, free, taken, also_free, next_week)
        assert locked(dataset, WEEK) == 3
        assert statuses(dataset) == {
            identity(free): "active",
            identity(taken): "draft",
            identity(also_free): "active",
            identity(next_week): "draft",
        }
        assert set(held(dataset)) == {11, 12, 22, 31}
        told = dataset.warehouse.query(
            dataset.library["unlocked_drafts"].text, {"week_start": MONDAY}
        )
        assert told["page_name"].tolist() == ["coach"]
        assert "caption 22 is reserved by sched_elsewhere" in told["obstacles"].iloc[0]

    def test_captions_pass_from_page_to_page(self, dataset: Dataset) -> None:
        old = [schedule("aaaaaaaa", [11]), schedule("bbbbbbbb", [21], page="coach")]
        add(dataset, *old)
        dataset.lock(WEEK)
        new = [schedule("cccccccc", [21]), schedule("dddddddd", [11], page="coach")]
        add(dataset, *new)
        assert locked(dataset, WEEK) == 2
        assert held(dataset) == {21: identity(new[0]), 11: identity(new[1])}

    def test_nobody_takes_what_a_blocked_page_keeps(self, dataset: Dataset) -> None:
        old = schedule("aaaaaaaa", [11], page="coach")
        add(dataset, old)
        dataset.lock(WEEK)
        blocked = schedule("bbbbbbbb", [71], page="coach")
        waiting = schedule("cccccccc", [11])
        dataset.put(
            "active_caption_assignments",
            [assignment(71, MONDAY)],
            schedule_id="sched_elsewhere",
        )
        add(dataset, blocked, waiting)
        assert locked(dataset, WEEK) == 0
        assert held(dataset) == {11: identity(old), 71: "sched_elsewhere"}

    def test_of_two_drafts_that_ask_for_one_caption_the_first_is_locked(
        self, dataset: Dataset
    ) -> None:
        """A draft left over from an earlier run, beside one that was planned anew."""
        first = schedule("aaaaaaaa", [11, 12])
        second = schedule("bbbbbbbb", [31, 12, 32], page="band")
        stale = schedule("cccccccc", [41, 42], page="yodler")
        add(dataset, first, second, stale)
        told = dataset.warehouse.query(
            dataset.library["unlocked_drafts"].text, {"week_start": MONDAY}
        ).set_index("schedule_id")
        assert told["obstacles"].isna().to_dict() == {
            identity(first): False,
            identity(second): True,
            identity(stale): True,
        }
        assert f"caption 12 is in the draft {identity(second)} too" in told["obstacles"].iloc[1]
        assert not told["is_refused"].any()
        assert locked(dataset, WEEK) == 5
        assert statuses(dataset) == {
            identity(first): "draft",
            identity(second): "active",
            identity(stale): "active",
        }
        with pytest.raises(RaisedError, match=f"caption 12 is reserved by {identity(second)}"):
            dataset.lock(identity(first))

    def test_a_draft_of_another_week_within_7_days_counts_where_both_are_locked(
        self, dataset: Dataset
    ) -> None:
        sunday = schedule("aaaaaaaa", [11], days=[6])
        monday = schedule("bbbbbbbb", [11], week=MONDAY + dt.timedelta(days=7), days=[0])
        add(dataset, sunday, monday)
        assert locked(dataset, "sched_") == 1
        assert statuses(dataset) == {identity(sunday): "active", identity(monday): "draft"}

    def test_another_draft_is_no_obstacle_to_one_that_is_locked_alone(
        self, dataset: Dataset
    ) -> None:
        first, second = schedule("aaaaaaaa", [11]), schedule("bbbbbbbb", [11], page="yodler")
        add(dataset, first, second)
        assert locked(dataset, identity(second)) == 1
        assert statuses(dataset) == {identity(first): "draft", identity(second): "active"}


@pytest.mark.parametrize("by", ["schedule", "week"])
def test_a_draft_of_the_schedule_that_is_active_already_is_deleted(
    dataset: Dataset, by: str
) -> None:
    """Two runs planned the same content, and the other one locked it first."""
    draft = schedule("same", [11, 12])
    add(dataset, draft)
    assert locked(dataset, identity(draft)) == 2
    add(dataset, draft)
    before = state(dataset)
    assert len(before[0]) == 4
    assert locked(dataset, identity(draft) if by == "schedule" else WEEK) == 0
    assert len(dataset.rows("schedule_recommendations")) == 2
    assert statuses(dataset) == {identity(draft): "active"}
    assert_unchanged(before[1:], state(dataset)[1:])
