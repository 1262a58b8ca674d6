"""Planned weeks as rows of `schedule_recommendations`."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from eros_assets.calendar import ZONE
from eros_assets.dataset import Dataset
from eros_assets.planning.expectation import NO_PRICES, TierPrices, expected_value
from eros_assets.planning.explanation import Evidence, explain, sentence
from eros_assets.planning.identity import schedule_id
from eros_assets.planning.model import PlannedMessage
from eros_assets.weekly.drafting import PageDraft
from eros_assets.weekly.messages import scheduled_message
from eros_assets.weekly.queue import QueuedMessage
from eros_assets.weekly.refusals import refusal_of
from eros_assets.weekly.scope import WeekPlanScope
from eros_assets.weekly.shortfalls import reason_of

if TYPE_CHECKING:
    import pandas as pd


def draft_rows(
    dataset: Dataset,
    scope: WeekPlanScope,
    drafts: Sequence[PageDraft],
    *,
    run_id: str,
    changed: Collection[str] = (),
) -> "tuple[pd.DataFrame, list[PageDraft]]":
    """Rows of `schedule_recommendations` for the planned pages, and each page's draft.

    A page whose plan is already in force gets none: equal content has an equal id. Of pages
    `changed` what is in force is no longer its plan, and they get rows. A page whose rows can't be
    made gets none either; its draft has the reason, and the others go on.
    """
    import pandas as pd

    week = {
        "week_start": scope.week_start,
        "pages": list(scope.pages),
    }
    in_force = dataset.query("active_schedules", **week)
    active = set(in_force.loc[~in_force["page_name"].isin(list(changed)), "schedule_id"])
    choices: list[dict[Any, Any]] = dataset.cached_query("selected_captions", **week).to_dict(
        "records"
    )
    selected = {(row["page_name"], row["caption_id"]): row for row in choices}
    prices = page_prices(dataset, scope.pages)
    created_at = dt.datetime.now(dt.UTC)
    of_all = {
        "week_start": scope.week_start,
        "status": "draft",
        "is_active": False,
        "planned_at": scope.planned_at,
        "is_forced": scope.force,
        "created_at": created_at,
        "run_id": run_id,
    }
    rows: list[Mapping[str, Any]] = []
    fared: list[PageDraft] = []
    for draft in drafts:
        try:
            made = _page_rows(draft, scope.week_start, selected, prices, active)
        except Exception as error:  # an error of one creator doesn't stop the others
            fared.append(PageDraft(draft.page_name, None, reason_of(error)))
            continue
        fared.append(draft)
        rows += [{**row, **of_all} for row in made]
    columns = [column.name for column in dataset.library["schedule_recommendations"].columns]
    return pd.DataFrame(rows, columns=columns), fared


def page_prices(dataset: Dataset, pages: Sequence[str]) -> Mapping[tuple[str, str], TierPrices]:
    """What these pages ask for a message, by page and tier."""
    asked = dataset.query("tier_prices", pages=list(pages))
    return {(row["page_name"], row["price_tier"]): _prices(row) for row in asked.to_dict("records")}


def _page_rows(
    draft: PageDraft,
    week_start: dt.date,
    selected: Mapping[tuple[str, int], Mapping[Any, Any]],
    prices: Mapping[tuple[str, str], TierPrices],
    active: Collection[str],
) -> list[dict[str, Any]]:
    """The page's own columns of its rows; none when its schedule is already active.

    `selected` has the selections by page and caption, `prices` the prices by page and tier.
    """
    messages = draft.plan.messages if draft.plan else ()
    identifier = schedule_id(
        draft.page_name, week_start, messages, [queued.content for queued in draft.queued]
    )
    if identifier in active:
        return []
    choices = [selected[draft.page_name, message.caption.caption_id] for message in messages]
    planned = [
        planned_row(
            message, choice, prices.get((draft.page_name, message.caption.price_tier), NO_PRICES)
        )
        for message, choice in zip(messages, choices, strict=True)
    ]
    together = [*planned, *(queued_row(queued) for queued in draft.queued)]
    together.sort(key=lambda row: (row["scheduled_send_time"], row["caption_id"]))
    rows = [
        {**row, "schedule_id": identifier, "page_name": draft.page_name, "message_number": number}
        for number, row in enumerate(together, start=1)
    ]
    refusal = refusal_of_rows(rows)
    return [{**row, "refusal": refusal} for row in rows]


def refusal_of_rows(rows: Sequence[Mapping[str, Any]]) -> str | None:
    """Why a page's rows can't be published, see `refusal_of`; they have the texts to show."""
    shown = [
        {**row, "caption_text": row["shown_text"], "content_category": row["shown_category"]}
        for row in rows
    ]
    return refusal_of([scheduled_message(row) for row in shown])


def planned_row(
    message: PlannedMessage, choice: Mapping[Any, Any], prices: TierPrices
) -> dict[str, Any]:
    """A planned message's columns of `schedule_recommendations`, with the text to show.

    `choice` is its row of `selected_captions`, `prices` are those of its tier.
    """
    evidence = _evidence(choice)
    return {
        **message_row(message),
        **_value_row(evidence, _asked(prices, message, choice)),
        "reason": sentence(message, evidence),
        "explanation": explain(message, evidence),
        "shown_text": choice["caption_text"],
        "shown_category": choice["content_category"],
    }


def _evidence(choice: Mapping[str, Any]) -> Evidence:
    return Evidence(
        draw=float(choice["thompson_score"]),
        successes=int(choice["successes"]),
        failures=int(choice["failures"]),
        posterior_successes=_number(choice["posterior_successes"]),
        posterior_failures=_number(choice["posterior_failures"]),
        other_pages=int(choice["other_pages"]),
        text_multiplier=_number(choice["text_multiplier"]),
        tier_rank=int(choice["tier_rank"]),
    )


def _asked(of_tier: TierPrices, message: PlannedMessage, choice: Mapping[str, Any]) -> TierPrices:
    """What is asked for a message: its caption's own price, else its tier's; Bumps are free."""
    is_free = message.caption.message_type == "Bump"
    return of_tier if is_free else of_tier.asking(_number(choice["own_price"]))


def _prices(row: Mapping[Any, Any]) -> TierPrices:
    return TierPrices(
        suggested_price=_number(row["suggested_price"]),
        recipients=_number(row["recipients"]),
        trials_per_recipient=_number(row["trials_per_recipient"]),
        earnings_per_success=_number(row["earnings_per_success"]),
    )


def _value_row(evidence: Evidence, prices: TierPrices) -> dict[str, float | None]:
    """The columns of `schedule_recommendations` in USD."""
    value = expected_value(evidence, prices)
    return {
        "suggested_price": prices.suggested_price,
        "expected_value": None if value is None else value.mean,
        "expected_value_lower": None if value is None else value.lower,
        "expected_value_upper": None if value is None else value.upper,
    }


def _number(value: Any) -> float | None:
    import pandas as pd

    return None if pd.isna(value) else float(value)


def message_row(message: PlannedMessage) -> dict[str, Any]:
    """The columns of `schedule_recommendations` that a planned message fills."""
    return {
        "message_number": message.number,
        **_time_row(message.send_time),
        "message_type": message.caption.message_type,
        "caption_id": message.caption.caption_id,
        "price_tier": message.caption.price_tier,
        "arm": message.caption.arm,
        "performance_score": message.caption.score,
        "slot_value": message.slot_value,
        "source": "planned",
    }


def queued_row(queued: QueuedMessage) -> dict[str, Any]:
    """The columns of `schedule_recommendations` that a queued message fills."""
    return {
        **_time_row(queued.send_time),
        "message_type": queued.message_type,
        "caption_id": queued.caption_id,
        "caption_text": queued.text,
        "price_tier": queued.price_tier,
        "suggested_price": queued.price,
        "reason": queued.reason,
        "source": "queued",
        "shown_text": queued.text,
        "shown_category": queued.content_category,
    }


def _time_row(send_time: dt.datetime) -> dict[str, Any]:
    local = send_time.astimezone(ZONE)
    return {
        "scheduled_send_time": send_time,
        "send_date": local.date(),
        "send_hour": local.hour,
        "day_of_week": local.strftime("%A"),
    }
