"""No locked week is left without its exports, and none is exported twice."""

from hypothesis import given
from hypothesis import strategies as st

from eros_assets.publishing.due import Locked, weeks_to_export


@given(
    st.lists(
        st.builds(Locked, st.integers(0, 50), st.sampled_from(("w1", "w2", "w3")), st.booleans()),
        unique_by=lambda event: event.event_id,
    )
)
def test_each_week_s_newest_event_decides(events: list[Locked]) -> None:
    """Dagster's own asset sensor would hand over the last event only; weeks would be lost."""
    wanted = {event.week: event for event in weeks_to_export(events)}
    for week in {event.week for event in events}:
        newest = max((e for e in events if e.week == week), key=lambda e: e.event_id)
        assert (week in wanted) is not newest.exports_itself
        if week in wanted:
            assert wanted[week] == newest
