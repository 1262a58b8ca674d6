"""Drafts become schedules in force: their captions are reserved."""

from contextlib import suppress

from eros_assets.dataset import Dataset
from eros_assets.warehouse.protocol import RaisedError
from eros_assets.weekly.scope import WeekPlanScope
from eros_assets.weekly.shortfalls import Shortfall


def lock_drafts(dataset: Dataset, scope: WeekPlanScope) -> int:
    """Lock the drafts of the scope's pages; the number of captions reserved.

    All of a week's drafts are locked at once, so that captions may pass from page to page; a run
    that is narrowed to some pages locks theirs one by one, the first by id first. What can't be
    locked stays a draft, and `blocked_drafts` says why.
    """
    drafts = dataset.query("unlocked_drafts", week_start=scope.week_start)
    if drafts.empty:
        return 0
    if scope.is_everyone:
        return _lock(dataset, scope.schedule_prefix)
    free = drafts[drafts["page_name"].isin(scope.pages) & ~drafts["is_refused"]]
    locked = 0
    for schedule in free["schedule_id"]:
        with suppress(RaisedError):  # one before it took a caption that it asks for
            locked += _lock(dataset, schedule)
    return locked


def _lock(dataset: Dataset, schedule: str) -> int:
    """Lock a schedule, or all that begin so; the number of captions reserved."""
    out = dataset.call("lock_caption_assignments", p_schedule_id=schedule).out
    return int(str(out["p_locked"]))


def blocked_drafts(dataset: Dataset, scope: WeekPlanScope) -> list[Shortfall]:
    """The scope's schedules that stayed drafts, with what stands in their way."""
    drafts = dataset.query("unlocked_drafts", week_start=scope.week_start)
    return [
        Shortfall(row["page_name"], None, 1, 0, row["obstacles"] or "it waits for another draft")
        for row in drafts.to_dict("records")
        if row["page_name"] in scope.pages
    ]
