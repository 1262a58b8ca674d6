"""Decides from the history of deployments: what is in force, what to do, what to restore.

Three kinds of entries follow each other, numbered from 1. A *deployment* puts a version in force, a
*backup* only saves the current state, a *rollback* restores a saved state. Each begins by saving
the state it found, under its id and `_before`; a deployment whose gate passed saves its result
under its id and `_passed`. A saved state, or point, is the owned tables and all definitions.

Pure functions of the history and the time.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from eros_assets.errors import ErosError

Kind = Literal["deploy", "backup", "rollback"]
State = Literal[
    "started",  # nothing has changed yet
    "backed_up",  # the state before is kept
    "deployed",  # every object is made, the gate has not spoken yet
    "paused",  # of a rollback: the schedules are stopped
    "tables_restored",
    "routines_restored",
    "released",  # the reservations of what was taken back are free
    "reported",  # what people find is what is in force, and the report is written
    "succeeded",
    "failed",  # an object could not be made: the state before was put back
    "gate_failed",  # a check failed: the state before was put back
    "undone",  # killed half way, and put back by a later run
    "rolled_back",  # succeeded, then taken back by a rollback
]
FINISHED: frozenset[State] = frozenset(
    {"succeeded", "failed", "gate_failed", "undone", "rolled_back"}
)
KEPT_NOTHING: frozenset[State] = frozenset({"started"})

BEFORE, PASSED = "_before", "_passed"
_DIGITS = 8


class RollbackRefusedError(ErosError):
    """No state of that name can be restored; nothing was changed."""


class UnfinishedRollbackError(ErosError):
    """A rollback was interrupted; it must finish before anything is deployed."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of `deployments`; see sql/tables/deployments.sql for its columns."""

    deployment_id: str
    number: int
    kind: Kind
    state: State
    code_fingerprint: str
    previous_id: str | None
    in_force_id: str | None
    started_at: dt.datetime
    run_id: str
    tables: tuple[str, ...] = ()
    passed_tables: tuple[str, ...] = ()
    schedules: tuple[str, ...] = ()
    kept_until: dt.datetime | None = None
    point_id: str | None = None
    detail: str | None = None
    finished_at: dt.datetime | None = None

    @property
    def is_finished(self) -> bool:
        """Whether it has ended, well or not."""
        return self.state in FINISHED

    @property
    def before(self) -> str:
        """The point with the state that it found."""
        return self.deployment_id + BEFORE

    @property
    def passed(self) -> str:
        """The point with the state that a deployment left."""
        return self.deployment_id + PASSED


@dataclass(frozen=True, slots=True)
class Point:
    """A saved state; `in_force_id` is the deployment that was in force in it."""

    point_id: str
    entry: Entry
    in_force_id: str | None

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables that are saved in it."""
        is_passed = self.point_id == self.entry.passed
        return self.entry.passed_tables if is_passed else self.entry.tables


@dataclass(frozen=True, slots=True)
class DeployDecision:
    """The action of a deployment.

    `nothing`: the code in force is this code, object by object. `resume`: continue `entry`, which
    was interrupted. `begin`: a new one, after the interrupted `undo` is undone.
    """

    action: Literal["nothing", "resume", "begin"]
    entry: Entry | None = None
    undo: Entry | None = None


def in_force(history: Sequence[Entry]) -> str | None:
    """The deployment whose version is in force; None before the first that succeeded."""
    for entry in reversed(history):
        if entry.kind != "backup" and entry.state == "succeeded":
            return entry.in_force_id
    return None


def next_entry(
    history: Sequence[Entry],
    kind: Kind,
    *,
    code_fingerprint: str,
    now: dt.datetime,
    run_id: str,
    point: Point | None = None,
) -> Entry:
    """The entry that begins now; `point` is the state that a rollback restores."""
    number = history[-1].number + 1 if history else 1
    present = in_force(history)
    name = f"{kind[0]}{number:04d}"
    if kind == "deploy":
        name += f"_{code_fingerprint[:_DIGITS]}"
    follows = {"deploy": name, "backup": present, "rollback": point.in_force_id if point else None}
    return Entry(
        deployment_id=name,
        number=number,
        kind=kind,
        state="started",
        code_fingerprint=code_fingerprint,
        previous_id=present,
        in_force_id=follows[kind],
        started_at=now,
        run_id=run_id,
        point_id=point.point_id if point else None,
    )


def decide_deploy(
    history: Sequence[Entry], code_fingerprint: str, *, objects_match: bool
) -> DeployDecision:
    """Decide what deploying this code requires after this history.

    Args:
        history: every entry, in order.
        code_fingerprint: of the manifest at hand.
        objects_match: whether every object in the dataset is the one of `sql/`.

    Raises:
        UnfinishedRollbackError: the last entry is a rollback that was interrupted.
    """
    last = history[-1] if history else None
    if last is not None and not last.is_finished:
        if last.kind == "rollback":
            raise UnfinishedRollbackError(
                f"rollback {last.deployment_id} was interrupted ({last.state}); finish it first: "
                f"run rollback_production again (`make rollback`)"
            )
        if last.kind == "deploy" and last.code_fingerprint == code_fingerprint:
            return DeployDecision("resume", entry=last)
        return DeployDecision("begin", undo=last if last.kind == "deploy" else None)
    present = in_force(history)
    is_same = any(
        entry.deployment_id == present and entry.code_fingerprint == code_fingerprint
        for entry in history
    )
    return DeployDecision("nothing" if is_same and objects_match else "begin")


def points_of(history: Sequence[Entry], deployment_id: str) -> list[Point]:
    """The saved states in which this deployment was in force and had passed, oldest first.

    The state that a rollback found is left out: the rollback was meant to leave it.
    """
    found: list[Point] = []
    for entry in history:
        if entry.deployment_id == deployment_id and entry.state in ("succeeded", "rolled_back"):
            found.append(Point(entry.passed, entry, deployment_id))
        kept = entry.kind != "rollback" and entry.state not in KEPT_NOTHING
        if kept and entry.previous_id == deployment_id:
            found.append(Point(entry.before, entry, deployment_id))
    return found


def rollback_point(history: Sequence[Entry], requested: str | None, now: dt.datetime) -> Point:
    """The state that a rollback restores.

    For a deployment it is the last state saved while it was in force: for an earlier deployment,
    the state that the next one found; for the one in force, that of the last backup or of its own
    gate. A point's name (`d0002_…_before`) means that point, a rollback's id the state that it
    found.

    Args:
        history: every entry, in order.
        requested: deployment, rollback or point; None: the deployment in force, the last good one.
        now: decides what has expired.

    Raises:
        RollbackRefusedError: it is unknown, incomplete or expired.
    """
    point = _named(history, requested) if requested else _last_good(history)
    until = point.entry.kept_until
    if until is not None and until < now:
        raise RollbackRefusedError(
            f"{point.point_id}: its backup expired on {until:%Y-%m-%d}; EROS_BACKUP_DAYS says how "
            f"long they are kept. Nothing was changed"
        )
    return point


def unfinished_rollback(history: Sequence[Entry], requested: str | None) -> Entry | None:
    """The interrupted rollback that continues; None when a new one begins."""
    last = history[-1] if history else None
    if last is None or last.is_finished or last.kind != "rollback":
        return None
    return (
        last if requested in (None, last.deployment_id, last.point_id, last.in_force_id) else None
    )


def taken_back(history: Sequence[Entry], rollback: Entry) -> list[Entry]:
    """The deployments that a rollback takes back, or took: later than the one it puts in force."""
    target = next((e.number for e in history if e.deployment_id == rollback.in_force_id), 0)
    return [
        entry
        for entry in history
        if entry.kind == "deploy"
        and target < entry.number < rollback.number
        and entry.state in ("succeeded", "rolled_back")
    ]


def _last_good(history: Sequence[Entry]) -> Point:
    present = in_force(history)
    if present is None:
        raise RollbackRefusedError(
            "no deployment has succeeded yet, so there is no state to restore. Nothing was changed"
        )
    return _named(history, present)


def _named(history: Sequence[Entry], requested: str) -> Point:
    for entry in history:
        if requested == entry.before or (
            entry.kind == "rollback" and requested == entry.deployment_id
        ):
            return _before(entry)
    identifier = requested.removesuffix(PASSED)
    entry = next((e for e in history if e.deployment_id == identifier), None)
    if entry is None:
        known = ", ".join(e.deployment_id for e in history) or "none"
        raise RollbackRefusedError(
            f"deployment {requested} is unknown; known are: {known}. Nothing was changed"
        )
    if entry.kind == "backup":
        return _before(entry)
    if entry.state == "rolled_back" and requested == identifier:
        raise RollbackRefusedError(
            f"deployment {requested} was taken back by a rollback; to have it again, deploy its "
            f"code, or name the kept state: {entry.passed}. Nothing was changed"
        )
    points = points_of(history, identifier)
    if not points:
        raise RollbackRefusedError(
            f"deployment {requested} is incomplete: it is {entry.state}, so it was never in force. "
            f"Nothing was changed"
        )
    return points[0] if requested == entry.passed else points[-1]


def _before(entry: Entry) -> Point:
    if entry.state in KEPT_NOTHING:
        raise RollbackRefusedError(
            f"{entry.before} is incomplete: {entry.deployment_id} was interrupted before its "
            f"backup was complete. Nothing was changed"
        )
    return Point(entry.before, entry, entry.previous_id)
