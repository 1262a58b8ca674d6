"""Which sent message belongs to which planned one."""

import datetime as dt
from typing import Any

import pandas as pd

from tests.sql.dataset import MONDAY, Dataset, Row, fact, la

AS_OF = MONDAY + dt.timedelta(days=14)


def planned(number: int, caption_id: int, day: int, **changes: Any) -> Row:
    """A PPV in force of `cook`, some days after MONDAY."""
    date = MONDAY + dt.timedelta(days=day)
    row: Row = {
        "schedule_id": "sched_cook",
        "page_name": "cook",
        "week_start": MONDAY,
        "message_number": number,
        "scheduled_send_time": la(date),
        "send_date": date,
        "message_type": "PPV",
        "caption_id": caption_id,
        "price_tier": "mid",
        "arm": "treatment",
        "status": "active",
    }
    return row | changes


def sent(row_id: int, caption_id: int, day: int, **changes: Any) -> Row:
    given = {"send_date": MONDAY + dt.timedelta(days=day), **changes}
    return fact(row_id, caption_id=caption_id, **given)


def attributed(dataset: Dataset, plans: list[Row], facts: list[Row]) -> pd.DataFrame:
    dataset.put("schedule_recommendations", plans)
    dataset.put("message_facts", facts)
    return dataset.warehouse.query(
        dataset.library["sent_by_arm"].text,
        {"as_of": AS_OF, "lookback_days": 28, "attribution_days": 2},
    )


def pairs(rows: pd.DataFrame) -> list[tuple[int, int | None]]:
    """(caption, row) of each planned message."""
    return [
        (int(c), None if pd.isna(r) else int(r))
        for c, r in zip(rows["caption_id"], rows["row_id"], strict=True)
    ]


def test_a_message_sent_within_two_days_at_any_hour_is_the_planned_one(dataset: Dataset) -> None:
    days = {1: 0, 2: 2, 3: 3, 4: -2, 5: -3}
    plans = [planned(n, n, 3, arm="control" if n == 2 else "treatment") for n in days]
    facts = [sent(10 + n, n, 3 + apart, send_hour=23) for n, apart in days.items()]
    rows = attributed(dataset, plans, facts)
    assert pairs(rows) == [(1, 11), (2, 12), (3, None), (4, 14), (5, None)]
    assert rows["arm"].tolist() == ["treatment", "control", *["treatment"] * 3]
    assert rows["sent_count"].tolist()[:2] == [1000, 1000]
    assert rows["earnings"].iloc[0] == 200.0


def test_page_caption_and_type_must_be_the_same(dataset: Dataset) -> None:
    facts = [
        sent(1, 1, 0, page_name="coach"),
        sent(2, 2, 0),
        sent(3, 1, 0, message_type="Bump"),
    ]
    assert pairs(attributed(dataset, [planned(1, 1, 0)], facts)) == [(1, None)]


def test_of_two_sends_the_nearer_is_the_planned_one_and_the_other_is_none(
    dataset: Dataset,
) -> None:
    rows = attributed(dataset, [planned(1, 1, 3)], [sent(8, 1, 5), sent(9, 1, 4)])
    assert pairs(rows) == [(1, 9)]


def test_a_superseded_schedule_counts_only_by_what_was_sent_of_it(dataset: Dataset) -> None:
    """People sent Monday's message before the week was planned anew on Tuesday."""
    old = {"schedule_id": "sched_old", "status": "superseded"}
    plans = [
        planned(1, 1, 0, **old, arm="control"),
        planned(2, 2, 4, **old, arm="control"),
        planned(3, 3, 4, **old),
        planned(1, 2, 5),
    ]
    rows = attributed(dataset, plans, [sent(1, 1, 0), sent(2, 2, 4)])
    found = {
        int(c): (a, None if pd.isna(r) else int(r))
        for c, a, r in zip(rows["caption_id"], rows["arm"], rows["row_id"], strict=True)
    }
    assert found == {1: ("control", 1), 2: ("treatment", 2)}
    assert len(rows) == 2


def test_drafts_bumps_and_weeks_outside_the_window_are_left_out(dataset: Dataset) -> None:
    later = MONDAY + dt.timedelta(days=14)
    plans = [
        planned(1, 1, 0, status="draft"),
        planned(2, 2, 0, message_type="Bump"),
        planned(3, 3, 0, week_start=MONDAY - dt.timedelta(days=28)),
        planned(4, 4, 14, week_start=later),
        planned(5, 5, 0),
    ]
    rows = attributed(dataset, plans, [sent(n, n, 0) for n in range(1, 6)])
    assert pairs(rows) == [(5, 5)]


def test_what_was_sent_from_as_of_on_is_not_known_yet(dataset: Dataset) -> None:
    week = MONDAY + dt.timedelta(days=7)
    plans = [planned(1, 1, 13, week_start=week), planned(2, 2, 13, week_start=week)]
    rows = attributed(dataset, plans, [sent(1, 1, 13, send_hour=23), sent(2, 2, 14, send_hour=0)])
    assert pairs(rows) == [(1, 1), (2, None)]
