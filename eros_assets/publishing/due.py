"""The weeks whose schedules were locked by a run that does not export them."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Locked:
    """An event: the schedules of a week were locked, by a run that exports them itself, or not."""

    event_id: int
    week: str
    exports_itself: bool


def weeks_to_export(events: Iterable[Locked]) -> list[Locked]:
    """The newest event of each week, of those weeks whose newest run leaves exporting to others."""
    newest: dict[str, Locked] = {}
    for event in sorted(events, key=lambda event: event.event_id):
        newest[event.week] = event
    return [event for _, event in sorted(newest.items()) if not event.exports_itself]
