"""Rolls back step by step; inputs and records are never changed.

1. `started`: it is known to where, and that what is kept there is whole and in time.
2. `backed_up`: the present is kept, so that the rollback can be rolled back.
3. `paused`: the schedules are stopped, before anything they would write into changes.
4. `tables_restored`, `routines_restored`: the owned tables, then functions, procedures and views.
5. `released`: reservations that no active schedule holds are free.
6. `reported`: what people find is what is in force, and the report is written.
7. `succeeded`: the deployments that were taken back say so.

Each step may be repeated, and ends with a row of `deployments`: a rollback that is interrupted
continues from the last one when it is run again.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from eros_assets.deployment.archive import Archive
from eros_assets.deployment.record import (
    Entry,
    Point,
    RollbackRefusedError,
    next_entry,
    rollback_point,
    taken_back,
    unfinished_rollback,
)
from eros_assets.publishing.realignment import Realigned


@dataclass(frozen=True, slots=True)
class RollbackOutcome:
    """The result of a rollback: schedules and deployments taken back, and what stays in force."""

    entry: Entry
    schedules_taken_back: Sequence[str]
    schedules_in_force: Sequence[str]
    deployments_taken_back: Sequence[str]
    made_since: Sequence[str]
    matches: bool


@dataclass(frozen=True)
class Rollback:
    """A rollback of one installation.

    `stop_schedules` stops Dagster's schedules and returns their names; `realign` makes what people
    find that which is in force; `report` writes the report; `log` takes a line of text.
    """

    archive: Archive
    stop_schedules: Callable[[], Sequence[str]]
    realign: Callable[[], Sequence[Realigned]]
    report: Callable[[RollbackOutcome, Sequence[Realigned]], None]
    log: Callable[[str], None]

    def run(self, requested: str | None, *, now: dt.datetime, run_id: str) -> RollbackOutcome:
        """Start the rollback or continue it; see the module for the steps.

        Raises:
            RollbackRefusedError: no complete, unexpired state has that name; nothing was changed.
        """
        history = self.archive.history()
        entry = unfinished_rollback(history, requested)
        point = rollback_point(history, entry.point_id if entry else requested, now)
        self._refuse_incomplete(point)
        if entry is None:
            entry = self._begun(history, point, now, run_id)
        steps: dict[str, Callable[[Entry, Point], Entry]] = {
            "started": self._secure,
            "backed_up": self._pause,
            "paused": self._restore_tables,
            "tables_restored": self._restore_routines,
            "routines_restored": lambda e, _: self._release(e, now),
            "released": lambda e, p: self._report(e, p, now),
            "reported": lambda e, _: self._finish(e, now),
        }
        while not entry.is_finished:
            self.log(f"{entry.deployment_id}: {entry.state}")
            entry = steps[entry.state](entry, point)
        return self._outcome(entry, point)

    def _refuse_incomplete(self, point: Point) -> None:
        kept = (
            self.archive.dataset.warehouse.kept(point.point_id, point.tables)
            if point.tables
            else {}
        )
        lacking = [table for table in point.tables if table not in kept]
        definitions = self.archive.definitions(point.point_id)
        if lacking or not definitions:
            what = f"copies of {', '.join(lacking)}" if lacking else "its definitions"
            raise RollbackRefusedError(
                f"{point.point_id} is incomplete or expired: {what} are not there. Nothing was "
                f"changed"
            )

    def _begun(
        self, history: Sequence[Entry], point: Point, now: dt.datetime, run_id: str
    ) -> Entry:
        """The new entry; an interrupted one for another point ends here, as it is."""
        last = history[-1]
        if not last.is_finished:
            why = f"it was interrupted ({last.state}); rolled back to {point.point_id}"
            self.archive.write(replace(last, state="undone", detail=why, finished_at=now))
        target = next((e for e in history if e.deployment_id == point.in_force_id), point.entry)
        entry = next_entry(
            self.archive.history(),
            "rollback",
            code_fingerprint=target.code_fingerprint,
            now=now,
            run_id=run_id,
            point=point,
        )
        return self.archive.begun(replace(entry, schedules=self.archive.schedules_in_force()))

    def _secure(self, entry: Entry, _: Point) -> Entry:
        self.archive.keep(entry.before, entry.tables)
        return self.archive.write(replace(entry, state="backed_up"))

    def _pause(self, entry: Entry, _: Point) -> Entry:
        stopped = self.stop_schedules()
        detail = f"schedules stopped: {', '.join(stopped) or 'none was running'}"
        return self.archive.write(replace(entry, state="paused", detail=detail))

    def _restore_tables(self, entry: Entry, point: Point) -> Entry:
        if point.tables:
            self.archive.dataset.warehouse.restore(point.point_id, point.tables)
        if "message_facts" in point.tables and "message_days" not in point.tables:
            # A backup of an earlier version: its facts were made from something else.
            self.archive.dataset.run("forget_message_days")
        return self.archive.write(replace(entry, state="tables_restored"))

    def _restore_routines(self, entry: Entry, point: Point) -> Entry:
        self.archive.dataset.warehouse.define(self.archive.definitions(point.point_id))
        return self.archive.write(replace(entry, state="routines_restored"))

    def _release(self, entry: Entry, now: dt.datetime) -> Entry:
        if "active_caption_assignments" in entry.tables:
            self.archive.dataset.run("release_taken_back", released_at=now)
        return self.archive.write(replace(entry, state="released"))

    def _report(self, entry: Entry, point: Point, now: dt.datetime) -> Entry:
        published = self.realign()
        ended = replace(entry, state="succeeded", finished_at=now)
        self.report(self._outcome(ended, point), published)
        return self.archive.write(replace(entry, state="reported"))

    def _finish(self, entry: Entry, now: dt.datetime) -> Entry:
        history = self.archive.history()
        for deployment in taken_back(history, entry):
            self.archive.write(replace(deployment, state="rolled_back"))
        for deployment in history:
            in_force = deployment.deployment_id == entry.in_force_id
            if in_force and deployment.state == "rolled_back":
                self.archive.write(replace(deployment, state="succeeded"))
        return self.archive.write(replace(entry, state="succeeded", finished_at=now))

    def _outcome(self, entry: Entry, point: Point) -> RollbackOutcome:
        active = self.archive.schedules_in_force()
        kept = self.archive.definitions(point.point_id)
        there = {d.name: d for d in self.archive.dataset.warehouse.definitions()}
        made_since = sorted(there.keys() - {d.name for d in kept})
        return RollbackOutcome(
            entry=entry,
            schedules_taken_back=sorted(set(entry.schedules) - set(active)),
            schedules_in_force=active,
            deployments_taken_back=[
                e.deployment_id for e in taken_back(self.archive.history(), entry)
            ],
            made_since=[*made_since, *sorted(set(entry.tables) - set(point.tables))],
            matches=all(there.get(d.name) == d for d in kept),
        )
