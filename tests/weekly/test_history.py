"""History that changed is learned from once."""

import datetime as dt

import pytest

from eros_assets.weekly.history import History, is_new_history

NOON = dt.datetime(2025, 11, 4, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
SEEN = History(NOON, 100)


@pytest.mark.parametrize(
    ("found", "new"),
    [
        (SEEN, False),
        (History(NOON + HOUR, 100), True),
        (History(NOON, 101), True),
        (History(NOON - HOUR, 100), True),
    ],
    ids=["the same", "changed later", "more rows at once", "an older copy was put back"],
)
def test_history_is_new_when_it_is_not_what_was_seen(found: History, new: bool) -> None:
    assert is_new_history(SEEN, found, NOON + HOUR) is new


@pytest.mark.parametrize(
    ("facts_made_at", "new"),
    [(None, True), (NOON - HOUR, True), (NOON, False), (NOON + HOUR, False)],
)
def test_the_first_time_facts_tell_whether_there_is_anything_to_do(
    facts_made_at: dt.datetime | None, new: bool
) -> None:
    assert is_new_history(None, SEEN, facts_made_at) is new
