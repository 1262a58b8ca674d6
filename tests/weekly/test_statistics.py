"""Which statistics a week may be planned from, and when they are refreshed."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eros_assets.weekly.statistics import (
    OldStatisticsError,
    Statistics,
    kept_statistics,
    require_statistics,
)

MONDAY = dt.date(2025, 11, 3)


def day(off: int) -> dt.date:
    return MONDAY + dt.timedelta(days=off)


@pytest.mark.parametrize(
    ("as_of", "newest", "is_refused", "is_said"),
    [
        (0, -1, False, False),  # its own Monday
        (0, None, False, False),  # an empty history
        (-7, None, False, False),
        (-7, -8, False, False),  # nothing was sent since
        (-7, -7, True, False),  # the first date that they don't count
        (-7, -1, True, False),
        (-70, -1, True, False),
        (7, -1, False, True),  # a week planned again
        (7, None, False, True),
        (1, -1, False, True),
    ],
)
def test_a_plan_is_made_from_its_own_monday_s_statistics_or_the_newest_history_before(
    as_of: int, newest: int | None, is_refused: bool, is_said: bool
) -> None:
    statistics = Statistics(MONDAY, day(as_of), None if newest is None else day(newest))
    if is_refused:
        with pytest.raises(OldStatisticsError) as refused:
            require_statistics(statistics)
        assert f"EROS_WEEK={MONDAY} make week" in str(refused.value)
        assert str(day(as_of)) in str(refused.value)
        assert "\n" not in str(refused.value)
    else:
        said = require_statistics(statistics)
        assert (said is not None) is is_said
        assert said is None or str(day(as_of)) in said


@pytest.mark.parametrize("newest", [None, day(-1)])
def test_statistics_that_were_never_made_are_refused(newest: dt.date | None) -> None:
    with pytest.raises(OldStatisticsError, match="have not been made yet"):
        require_statistics(Statistics(MONDAY, None, newest))


@given(st.integers(-400, 400) | st.none(), st.booleans())
def test_statistics_never_go_back_unless_forced(off: int | None, force: bool) -> None:
    statistics = Statistics(MONDAY, None if off is None else day(off), None)
    kept = kept_statistics(statistics, force=force)
    assert (kept is not None) is (off is not None and off > 0 and not force)
    assert kept is None or "FORCE=yes" in kept
