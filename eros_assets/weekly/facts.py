"""Makes message facts from the history."""

import datetime as dt
import hashlib
from typing import Literal

from eros_assets.calendar import la_instant
from eros_assets.dataset import Dataset
from eros_assets.warehouse.sql.library import SqlLibrary

REFRESH = "refresh_message_facts"

Compared = Literal["recent", "whole", "anew"]
"""How much of the history is compared with what the facts were made from."""


def loaded_at(dataset: Dataset) -> dt.datetime:
    """When `mass_messages` was last loaded.

    Counts that do not say when they were read were read then, and what is dated later has not been
    sent. An installation whose present date (`EROS_TODAY`) is later was loaded on that date.
    """
    freshness = dataset.freshness("mass_messages")
    loaded = freshness.last_modified if freshness else dataset.planning_instant()
    today = dataset.settings.today
    return loaded if today is None else max(loaded, la_instant(today))


def refresh_facts(dataset: Dataset, compare: Compared = "whole") -> None:
    """Sort what has changed of the history into facts, scheduled messages and quarantine.

    Args:
        dataset: the dataset.
        compare: which dates may have changed. `whole`: any. `recent`: those from
            `facts_recent_days` before the last refresh on; others are taken to be as they were.
            `anew`: nothing is compared, everything is sorted again.
    """
    dataset.run(
        REFRESH,
        loaded_at=loaded_at(dataset),
        made_by=made_by(dataset.library),
        is_whole=compare != "recent",
        is_anew=compare == "anew",
    )


def made_by(library: SqlLibrary) -> str:
    """The fingerprint of the script and of the views that it reads: the rules that facts follow."""
    reached = sorted(library.reached_from(REFRESH))
    rules = [library[name].fingerprint for name in reached if library[name].kind != "table"]
    return hashlib.sha256("".join(rules).encode()).hexdigest()
