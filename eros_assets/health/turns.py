"""What follows from a change of the health decision: alerts, and the start of a rollback."""

from collections.abc import Sequence
from dataclasses import dataclass

from eros_assets.alerts import Alert


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
