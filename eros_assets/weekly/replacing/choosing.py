"""Chooses the captions that come into the places of replaced messages, for all pages at once.

They are the next ones of the same draws that the week was chosen by, of the same tier and arm: what
the selection would have chosen had the captions that are taken out never been eligible. So is the
chance that is logged of them.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from eros_assets.dataset import Dataset
from eros_assets.planning.replacement import Offer, Place, allot
from eros_assets.weekly.replacing.record import (
    OPEN,
    Replacement,
    store_replacements,
    week_replacements,
)
from eros_assets.weekly.replacing.requests import (
    REJECTED,
    REVIEW,
    MessageInForce,
    asked_for,
    can_be_replaced,
    messages_in_force,
    parse_requests,
)
from eros_assets.weekly.scope import WeekPlanScope
from eros_assets.weekly.selection import with_chances


def replacements_asked_for(
    dataset: Dataset, scope: WeekPlanScope, requests: Sequence[str]
) -> list[Replacement]:
    """What a run is to replace of the pages whose schedules it keeps.

    That is what `requests` say, every rejected message where they say nothing, and what a run left
    unfinished, as far as it lies ahead.

    Raises:
        ReplacementError: a request that can't be met.
    """
    if not scope.left_alone and not requests:
        return []
    texts = parse_requests(requests or [REJECTED])
    in_force = [
        message
        for message in messages_in_force(dataset, scope.week_start, scope.left_alone)
        if scope.left_alone.get(message.page_name) == message.schedule_id
    ]
    known = week_replacements(dataset, scope.week_start)
    asked = asked_for(
        texts,
        in_force,
        {each.key for each in known if not each.is_pending},
        week_start=scope.week_start,
        planned_at=scope.planned_at,
    )
    unfinished = _unfinished(known, in_force, scope)
    return sorted(
        {each.key: each for each in (*asked, *unfinished)}.values(),
        key=lambda each: (each.page_name, each.message_number),
    )


def rejected_ahead(dataset: Dataset, week_start: dt.date) -> list[MessageInForce]:
    """The messages in force of a week that are rejected and can be replaced."""
    planned_at = dataset.planning_instant()
    return [
        message
        for message in messages_in_force(dataset, week_start)
        if message.is_rejected and can_be_replaced(message, planned_at)
    ]


def _unfinished(
    known: Sequence[Replacement], in_force: Sequence[MessageInForce], scope: WeekPlanScope
) -> list[Replacement]:
    messages = {message.key: message for message in in_force}
    return [
        replace(each, outcome=OPEN, reason=None)
        for each in known
        if (message := messages.get(each.key)) is not None
        and can_be_replaced(message, scope.planned_at)
        and (each.asked_by != REVIEW or message.is_rejected)
    ]


def choose_replacements(
    dataset: Dataset, scope: WeekPlanScope, asked: Sequence[Replacement], *, run_id: str
) -> list[Replacement]:
    """Choose captions for these messages, into the week's selections; each with its own, or none.

    Running it again for the same tables chooses the same.
    """
    week_start = scope.week_start
    in_the_way = [each for each in week_replacements(dataset, week_start) if each.is_pending]
    schedules = {each.schedule_id for each in (*asked, *in_the_way)}
    if not schedules:
        return []
    stamped = [
        replace(each, new_schedule_id=None, new_send_time=None, decided_at=scope.planned_at)
        for each in asked
    ]
    stamped = [replace(each, run_id=run_id) for each in stamped]
    left = {each.key for each in asked}
    given_up = [replace(each, outcome=OPEN) for each in in_the_way if each.key not in left]
    store_replacements(dataset, week_start, schedules, [*stamped, *given_up])
    dataset.run("release_selections", week_start=week_start)
    # A request that was given up: its time has come, or the decision was taken back.
    unchosen = [replace(each, new_caption_id=None) for each in stamped]
    store_replacements(dataset, week_start, schedules, unchosen)
    chosen = _allotted(dataset, week_start, unchosen)
    store_replacements(dataset, week_start, schedules, chosen)
    dataset.run("select_replacements", week_start=week_start)
    pages = sorted({each.page_name for each in chosen})
    if pages:
        selections = dataset.query("week_selections", week_start=week_start, pages=pages)
        with_chances(dataset, scope, selections)
    return chosen


def _allotted(
    dataset: Dataset, week_start: dt.date, asked: Sequence[Replacement]
) -> list[Replacement]:
    worths = {
        message.key: message.slot_value
        for message in messages_in_force(
            dataset, week_start, {each.page_name for each in asked} or {""}
        )
    }
    places = {
        Place(
            each.page_name,
            each.message_number,
            each.scheduled_send_time,
            each.price_tier,
            each.arm,
            worths.get(each.key, 1.0),
        ): each
        for each in asked
    }
    rows = dataset.query("replacement_candidates", week_start=week_start).to_dict("records")
    won = allot(list(places), [_offer(row) for row in rows])
    return [
        replace(each, new_caption_id=won[place].caption_id if place in won else None)
        for place, each in places.items()
    ]


def _offer(row: dict[Any, Any]) -> Offer:
    import pandas as pd

    category = row["content_category"]
    return Offer(
        page_name=row["page_name"],
        price_tier=row["price_tier"],
        arm=row["arm"],
        caption_id=int(row["caption_id"]),
        offer_score=float(row["offer_score"]),
        final_score=float(row["final_score"]),
        content_category=None if pd.isna(category) else category,
        has_urgency=bool(row["has_urgency"]),
        category_room=int(row["category_room"]),
        urgent_room=int(row["urgent_room"]),
    )
