"""Saves the current state between deployments, so that a rollback can restore it."""

import datetime as dt
from dataclasses import replace

from eros_assets.deployment.archive import Archive
from eros_assets.deployment.record import Entry, next_entry
from eros_assets.errors import ErosError


class UnfinishedError(ErosError):
    """A deployment or rollback is unfinished: its state can't be restored."""


def back_up(archive: Archive, code_fingerprint: str, *, now: dt.datetime, run_id: str) -> Entry:
    """Save the owned tables and all definitions as they are; the finished entry.

    Raises:
        UnfinishedError: the last deployment or rollback was interrupted.
    """
    history = archive.history()
    last = history[-1] if history else None
    if last is not None and not last.is_finished and last.kind != "backup":
        raise UnfinishedError(
            f"{last.deployment_id} was interrupted ({last.state}); finish it first: run "
            f"{'deploy' if last.kind == 'deploy' else 'rollback'}_production again"
        )
    archive.open()
    entry = archive.begun(
        next_entry(history, "backup", code_fingerprint=code_fingerprint, now=now, run_id=run_id)
    )
    archive.keep(entry.before, entry.tables)
    return archive.write(replace(entry, state="succeeded", finished_at=now))
