"""Writes the schedules with replaced messages as drafts, and what their weeks lack for it."""

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from eros_assets.dataset import Dataset
from eros_assets.weekly.replacing.drafting import ReplacedDraft, draft_replacements
from eros_assets.weekly.replacing.record import (
    OPEN,
    Replacement,
    store_replacements,
    week_replacements,
)
from eros_assets.weekly.scope import WeekPlanScope
from eros_assets.weekly.shortfalls import (
    TOO_FEW_CAPTIONS,
    Shortfall,
    failed_page,
    store_shortfalls,
)

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class StoredReplacements:
    """What a step wrote: the replaced messages, and what the weeks of their pages lack for it."""

    replacements: Sequence[Replacement] = ()
    shortfalls: Sequence[Shortfall] = ()


def store_replaced_drafts(
    dataset: Dataset, scope: WeekPlanScope, *, run_id: str
) -> StoredReplacements:
    """Write the drafts of pages whose messages are being replaced; without any, nothing.

    A page of which nothing is left has its schedule withdrawn.
    """
    known = week_replacements(dataset, scope.week_start)
    pending = [
        each
        for each in known
        if each.is_pending and scope.left_alone.get(each.page_name) == each.schedule_id
    ]
    if not pending:
        return StoredReplacements()
    drafts = draft_replacements(dataset, scope, pending, run_id=run_id)
    done = [each for draft in drafts for each in draft.replacements]
    store_replacements(dataset, scope.week_start, {each.schedule_id for each in done}, done)
    shortfalls = [lacking for draft in drafts for lacking in _shortfalls(draft, known)]
    pages = tuple(draft.page_name for draft in drafts)
    store_shortfalls(
        dataset, replace(scope, pages=pages), {"replacement": shortfalls}, run_id=run_id
    )
    made = [draft for draft in drafts if draft.rows]
    dataset.load(
        "schedule_recommendations",
        _frame(dataset, made),
        replacing={
            "week_start": scope.week_start,
            "status": "draft",
            "page_name": [draft.page_name for draft in made],
        },
    )
    if nothing_left := [d.page_name for d in drafts if not d.rows and d.failure is None]:
        dataset.run(
            "withdraw_schedules",
            pages=nothing_left,
            first_week=scope.week_start,
            last_week=scope.week_start,
            withdrawn_at=dt.datetime.now(dt.UTC),
        )
    texts = {each.key: each for each in week_replacements(dataset, scope.week_start)}
    return StoredReplacements([texts[each.key] for each in done], shortfalls)


def drafts_to_lock(dataset: Dataset, scope: WeekPlanScope) -> Mapping[str, str]:
    """The drafts that differ from a schedule in force in replaced messages, by page."""
    if not scope.left_alone:
        return {}
    return {
        each.page_name: each.new_schedule_id
        for each in week_replacements(dataset, scope.week_start)
        if each.is_pending and each.new_schedule_id and each.page_name in scope.left_alone
    }


def _frame(dataset: Dataset, drafts: Sequence[ReplacedDraft]) -> "pd.DataFrame":
    import pandas as pd

    columns = [column.name for column in dataset.library["schedule_recommendations"].columns]
    return pd.DataFrame([row for draft in drafts for row in draft.rows], columns=columns)


def _shortfalls(draft: ReplacedDraft, known: Sequence[Replacement]) -> list[Shortfall]:
    """What the page's week lacks since it was planned: messages that were taken out for good."""
    if draft.failure is not None:
        numbers = ", ".join(str(each.message_number) for each in draft.replacements)
        said = f"messages {numbers} are not replaced: {draft.failure}"
        return [failed_page(draft.page_name, said)]
    removed = [
        each
        for each in (*_earlier(draft.replacements[0].schedule_id, known), *draft.replacements)
        if each.outcome not in (OPEN, "replaced", "moved")
    ]
    got = Counter(row["price_tier"] for row in draft.rows if row["source"] != "queued")
    found: list[Shortfall] = []
    for tier, count in sorted(Counter(each.price_tier for each in removed).items()):
        of_tier = [each for each in removed if each.price_tier == tier]
        numbers = ", ".join(str(each.message_number) for each in of_tier)
        reasons = dict.fromkeys(each.reason or TOO_FEW_CAPTIONS for each in of_tier)
        reason = f"{'; '.join(reasons)} (message {numbers} was taken out)"
        found.append(Shortfall(draft.page_name, tier, got[tier] + count, got[tier], reason))
    return found


def _earlier(schedule_id: str, known: Sequence[Replacement]) -> list[Replacement]:
    """What was replaced on the way from the planned schedule to this one."""
    found: list[Replacement] = []
    seen: set[str] = set()
    while schedule_id not in seen:
        seen.add(schedule_id)
        made_by = [each for each in known if each.new_schedule_id == schedule_id]
        found += made_by
        schedule_id = made_by[0].schedule_id if made_by else schedule_id
    return found
