"""Which sends are trials of their captions, what they count, and which is a caption's first."""

import datetime as dt
from typing import Any

import pytest

from tests.sql.dataset import Dataset, Row, caption, days_before, fact

DAY = dt.date(2025, 11, 3)


def sent(row_id: int, caption_id: int | None, days: int, **changes: Any) -> Row:
    """A PPV of `cook`, so many days before DAY."""
    return fact(row_id, caption_id=caption_id, **({"send_date": days_before(DAY, days)} | changes))


def bump(row_id: int, caption_id: int, days: int, **changes: Any) -> Row:
    return sent(row_id, caption_id, days, message_type="Bump", **changes)


@pytest.fixture
def bank(dataset: Dataset) -> None:
    dataset.put("caption_bank", [caption(1, price_tier="mid"), caption(2, price_tier="bump")])


def first_sends(dataset: Dataset) -> list[int]:
    rows = dataset.rows("caption_trials", "row_id")
    return rows.loc[rows["is_first"].astype(bool), "row_id"].tolist()


@pytest.mark.usefixtures("bank")
def test_a_ppv_is_tried_by_its_views_and_a_bump_by_its_recipients(dataset: Dataset) -> None:
    dataset.put("message_facts", [sent(1, 1, 3), bump(2, 2, 3)])
    rows = dataset.rows("caption_trials", "row_id")
    assert rows["trials"].tolist() == [400, 1000]
    assert rows["successes"].tolist() == [20, 400]
    assert rows["price_tier"].tolist() == ["mid", "bump"]


@pytest.mark.usefixtures("bank")
def test_a_message_of_the_other_type_is_no_trial(dataset: Dataset) -> None:
    """Views of a free copy would pass for purchases."""
    dataset.put("message_facts", [bump(1, 1, 9), sent(2, 1, 8), sent(3, 2, 9), bump(4, 2, 8)])
    assert dataset.rows("caption_trials", "row_id")["row_id"].tolist() == [2, 4]
    assert first_sends(dataset) == [2, 4]


@pytest.mark.usefixtures("bank")
def test_a_message_without_a_caption_is_no_trial(dataset: Dataset) -> None:
    dataset.put("message_facts", [sent(1, None, 3)])
    assert dataset.rows("caption_trials").empty


@pytest.mark.usefixtures("bank")
def test_each_page_has_a_first_send_of_its_own(dataset: Dataset) -> None:
    facts = [sent(3, 1, 3), sent(2, 1, 5), sent(1, 1, 4, page_name="coach"), bump(4, 2, 1)]
    dataset.put("message_facts", facts)
    assert first_sends(dataset) == [1, 2, 4]


@pytest.mark.usefixtures("bank")
def test_of_two_sends_at_one_time_the_lower_id_is_the_first(dataset: Dataset) -> None:
    dataset.put("message_facts", [sent(7, 1, 3), sent(6, 1, 3)])
    assert first_sends(dataset) == [6]


@pytest.mark.usefixtures("bank")
def test_a_send_that_nobody_viewed_is_no_first_send(dataset: Dataset) -> None:
    unseen = {"viewed_count": 0, "purchased_count": 0}
    dataset.put("message_facts", [sent(1, 1, 9, **unseen), sent(2, 1, 5), sent(3, 1, 4, **unseen)])
    assert first_sends(dataset) == [2]


def test_a_caption_out_of_the_bank_has_no_tier_and_a_first_send_of_each_type(
    dataset: Dataset,
) -> None:
    """Which of its sends are trials depends on the date as of which it is learned."""
    dataset.put("message_facts", [bump(1, 5, 9), bump(2, 5, 8), sent(3, 5, 7), sent(4, 5, 6)])
    rows = dataset.rows("caption_trials", "row_id")
    assert rows["price_tier"].isna().all()
    assert first_sends(dataset) == [1, 3]
