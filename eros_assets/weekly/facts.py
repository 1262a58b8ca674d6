"""Makes message facts from the history."""

import datetime as dt

from eros_assets.calendar import la_instant
from eros_assets.dataset import Dataset


def loaded_at(dataset: Dataset) -> dt.datetime:
    """When `mass_messages` was last loaded.

    Counts that do not say when they were read were read then, and what is dated later has not been
    sent. An installation whose present date (`EROS_TODAY`) is later was loaded on that date.
    """
    freshness = dataset.freshness("mass_messages")
    loaded = freshness.last_modified if freshness else dataset.planning_instant()
    today = dataset.settings.today
    return loaded if today is None else max(loaded, la_instant(today))


def refresh_facts(dataset: Dataset) -> None:
    """Sort the history into facts, scheduled messages and quarantine, in one script."""
    dataset.run("refresh_message_facts", loaded_at=loaded_at(dataset))
