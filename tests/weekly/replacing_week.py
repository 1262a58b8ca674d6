"""The week of four pages, planned, and the steps that replace messages in it."""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from eros_assets.dataset import Dataset, open_dataset
from eros_assets.settings import load_settings
from eros_assets.weekly.drafting import draft_week, read_week_inputs
from eros_assets.weekly.locking import blocked_drafts, lock_drafts
from eros_assets.weekly.replacing.choosing import choose_replacements, replacements_asked_for
from eros_assets.weekly.replacing.record import Replacement, changes_of_run
from eros_assets.weekly.replacing.storing import store_replaced_drafts
from eros_assets.weekly.rows import draft_rows
from eros_assets.weekly.scope import WeekPlanScope, week_plan_scope
from eros_assets.weekly.selection import select_captions, week_targets, with_chances
from tests.weekly.bad_rows import WEEK

WEDNESDAY = WEEK + dt.timedelta(days=2)
STAMPS = ["schedule_id", "created_at", "run_id", "is_forced"]


def on(home: Path, today: dt.date) -> Dataset:
    """The agency on a day."""
    settings = {"env": "local", "home": home, "out_dir": home.parent / "out", "today": today}
    return open_dataset(load_settings(settings), asset="test")


def scope_of(dataset: Dataset, pages: Sequence[str] = ()) -> WeekPlanScope:
    return week_plan_scope(dataset, WEEK, pages, is_replacing=True)


def choose(dataset: Dataset, *requests: str, run_id: str = "run") -> list[Replacement]:
    """The first step: what is asked for, and the captions that come in its place."""
    scope = scope_of(dataset)
    asked = replacements_asked_for(dataset, scope, requests)
    return choose_replacements(dataset, scope, asked, run_id=run_id)


def draft(dataset: Dataset, *, run_id: str = "run") -> list[str]:
    """The second step; what the week lacks for it."""
    stored = store_replaced_drafts(dataset, scope_of(dataset), run_id=run_id)
    return [lacking.sentence for lacking in stored.shortfalls]


def lock(dataset: Dataset) -> list[str]:
    """The third step; what could not be locked."""
    scope = scope_of(dataset)
    lock_drafts(dataset, scope)
    return [blocked.sentence for blocked in blocked_drafts(dataset, scope)]


def replace_messages(
    dataset: Dataset, *requests: str, run_id: str = "run"
) -> dict[tuple[str, int], Replacement]:
    """All steps; what was replaced, by page and number."""
    choose(dataset, *requests, run_id=run_id)
    draft(dataset, run_id=run_id)
    assert lock(dataset) == []
    return {(c.page_name, c.message_number): c for c in changes_of_run(dataset, WEEK, run_id)}


def plan_again(dataset: Dataset, *, force: bool = False) -> None:
    """The whole week, or what is left of it."""
    scope = week_plan_scope(dataset, WEEK, force=force)
    week = {"week_start": WEEK, "page_name": scope.pages}
    targets = week_targets(dataset, scope)
    targets["computed_at"] = pd.Timestamp("2025-11-12", tz="UTC")
    dataset.load("weekly_volume_targets", targets, replacing=week)
    with_chances(dataset, scope, select_captions(dataset, scope))
    drafts = draft_week(read_week_inputs(dataset, scope), scope, lambda _: None)
    rows, _ = draft_rows(dataset, scope, drafts, run_id="again")
    dataset.load("schedule_recommendations", rows, replacing={**week, "status": "draft"})
    lock_drafts(dataset, scope)


def publish(dataset: Dataset) -> None:
    """What the log says after the week's files were published."""
    found = in_force(dataset).reset_index()
    schedules = found[["schedule_id", "page_name"]].drop_duplicates()
    log = schedules.assign(week_start=WEEK, destination="csv", status="succeeded")
    dataset.load("schedule_export_log", log)


def in_force(dataset: Dataset) -> pd.DataFrame:
    """The rows of the schedules in force, by page and number."""
    rows = dataset.rows("schedule_recommendations", week_start=WEEK, status="active")
    return rows.set_index(["page_name", "message_number"]).sort_index()


def differing(before: pd.DataFrame, after: pd.DataFrame) -> set[tuple[str, int]]:
    """Pages and numbers of the messages that differ in anything but stamps."""
    one, other = (frame.drop(columns=STAMPS).astype(str) for frame in (before, after))
    return {
        key
        for key in {*one.index, *other.index}
        if key not in one.index or key not in other.index or not one.loc[key].equals(other.loc[key])
    }


def ahead(dataset: Dataset, page: str, **equal: Any) -> list[int]:
    """Numbers of a page's messages that lie ahead, in order of time."""
    rows = in_force(dataset).loc[page]
    rows = rows[rows["scheduled_send_time"] > dataset.planning_instant()]
    for name, value in equal.items():
        rows = rows[rows[name] == value]
    return [int(number) for number in rows.sort_values("scheduled_send_time").index]


def reject(dataset: Dataset, page: str, number: int, note: str | None = None) -> None:
    """What the Review tab would have read."""
    row = in_force(dataset).loc[(page, number)]
    review = {
        "schedule_id": row["schedule_id"],
        "message_number": number,
        "page_name": page,
        "week_start": WEEK,
        "caption_id": row["caption_id"],
        "decision": "reject",
        "note": note,
        "read_at": pd.Timestamp("2025-11-12", tz="UTC"),
        "run_id": "reader",
    }
    before = dataset.rows("schedule_review", week_start=WEEK)
    dataset.load("schedule_review", pd.DataFrame([*before.to_dict("records"), review]))
