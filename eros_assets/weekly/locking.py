"""Locks drafts: reserves their captions, which puts the schedules in force."""

from contextlib import suppress
from typing import TYPE_CHECKING

from eros_assets.dataset import Dataset
from eros_assets.warehouse.protocol import RaisedError
from eros_assets.weekly.replacing.storing import drafts_to_lock
from eros_assets.weekly.scope import WeekPlanScope
from eros_assets.weekly.shortfalls import Shortfall

if TYPE_CHECKING:
    import pandas as pd


def lock_drafts(dataset: Dataset, scope: WeekPlanScope) -> int:
    """Lock the drafts of the scope's pages; the number of captions reserved.

    All of a week's drafts are locked at once, so that captions may move from page to page. A run of
    some pages only locks theirs one by one, ordered by id, and so are drafts locked in which single
    messages are replaced. A draft that can't be locked stays a
    draft; `blocked_drafts` gives the reason.
    """
    if scope.is_everyone:
        # What is in the way of which draft, the lock finds for itself.
        week = {"week_start": scope.week_start, "status": "draft"}
        drafted = dataset.first_rows("schedule_recommendations", ["schedule_id"], **week).count
        return _lock(dataset, scope.schedule_prefix) if drafted else 0
    drafts = dataset.query("unlocked_drafts", week_start=scope.week_start)
    free = drafts[_is_own(dataset, scope, drafts) & ~drafts["is_refused"]]
    locked = 0
    for schedule in free["schedule_id"]:
        with suppress(RaisedError):  # one before it took a caption that it asks for
            locked += _lock(dataset, schedule)
    return locked


def _is_own(dataset: Dataset, scope: WeekPlanScope, drafts: "pd.DataFrame") -> "pd.Series[bool]":
    replaced = drafts_to_lock(dataset, scope).values()
    return drafts["page_name"].isin(scope.pages) | drafts["schedule_id"].isin(list(replaced))


def _lock(dataset: Dataset, schedule: str) -> int:
    """Lock one schedule, or all whose ids have this prefix; the number of captions reserved."""
    out = dataset.call("lock_caption_assignments", p_schedule_id=schedule).out
    return int(str(out["p_locked"]))


def blocked_drafts(dataset: Dataset, scope: WeekPlanScope) -> list[Shortfall]:
    """The scope's schedules that stayed drafts, with the conflicts that block them."""
    drafts = dataset.query("unlocked_drafts", week_start=scope.week_start)
    if drafts.empty:
        return []
    return [
        Shortfall(row["page_name"], None, 1, 0, row["obstacles"] or "it waits for another draft")
        for row in drafts[_is_own(dataset, scope, drafts)].to_dict("records")
    ]
