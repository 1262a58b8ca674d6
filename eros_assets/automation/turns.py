"""The decisions of the sensors, as pure functions."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from eros_assets.alerts import Alert

# New history


@dataclass(frozen=True, slots=True)
class History:
    """What `mass_messages` was like: when it last changed, and its rows."""

    last_modified: dt.datetime
    row_count: int

    @property
    def key(self) -> str:
        """The same for the same history."""
        return f"{self.last_modified.isoformat()}_{self.row_count}"


def is_new_history(seen: History | None, found: History, facts_made_at: dt.datetime | None) -> bool:
    """Whether facts and statistics are to be made again.

    What was seen is compared, not what time it is: a tick that was missed or failed loses nothing.
    The first time there is nothing to compare with; then facts that are older than the history,
    or missing, need to be made.
    """
    if seen is None:
        return facts_made_at is None or facts_made_at < found.last_modified
    return seen != found


# Exports


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


# Health


@dataclass(frozen=True, slots=True)
class HealthSeen:
    """What one check said."""

    verdict: str
    score: float
    reasons: Sequence[str]
    watched: Sequence[str]


@dataclass(frozen=True, slots=True)
class Turn:
    """What follows from the checks since the last look."""

    alerts: Sequence[Alert]
    begins_rollback: bool


def health_turn(before: HealthSeen | None, checks: Sequence[HealthSeen]) -> Turn:
    """Alerts when the decision changes or a creator's trouble is new.

    A rollback begins when the decision turns to ROLLBACK, once: figures of the last 24 hours stay
    bad for a day after it, and must not start another every hour.
    """
    alerts: list[Alert] = []
    begins_rollback = False
    verdict = before.verdict if before else "OK"
    watched = set(before.watched) if before else set[str]()
    for check in checks:
        if check.verdict != verdict:
            title = f"health {check.score:.0f} of 100, decision {check.verdict} (was {verdict})"
            alerts.append(Alert(title, check.reasons or ["All is well again."]))
            begins_rollback = begins_rollback or check.verdict == "ROLLBACK"
        if new := [trouble for trouble in check.watched if trouble not in watched]:
            alerts.append(Alert(f"{len(new)} things to look at on creators' pages", new))
        verdict, watched = check.verdict, set(check.watched)
    return Turn(alerts, begins_rollback and verdict == "ROLLBACK")
