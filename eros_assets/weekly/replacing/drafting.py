"""Makes the schedules in which some messages are replaced: drafts that differ in these alone."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from eros_assets.dataset import Dataset
from eros_assets.planning.expectation import NO_PRICES, TierPrices
from eros_assets.planning.identity import id_of_contents
from eros_assets.planning.model import Caption, SendingHours, SentMessage, SlotValues, WeekRules
from eros_assets.planning.replacement import Place, Replaced, narrower_hours, put_in_place
from eros_assets.planning.volume import NOTHING_DECIDED, WeekDecisions
from eros_assets.tuning import Knobs
from eros_assets.weekly.decided import week_decisions
from eros_assets.weekly.drafting import (
    NoTargetsError,
    PageInputs,
    captions_of,
    read_week_inputs,
    week_rules,
)
from eros_assets.weekly.queue import queued_message, row_content
from eros_assets.weekly.replacing.record import Replacement
from eros_assets.weekly.rows import page_prices, planned_row, refusal_of_rows
from eros_assets.weekly.scope import WeekPlanScope
from eros_assets.weekly.shortfalls import NO_ROOM, TOO_FEW_CAPTIONS, reason_of

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ReplacedDraft:
    """A page's schedule with some messages replaced, or the reason why there is none.

    `rows` are empty when nothing is left of the week.
    """

    page_name: str
    replacements: Sequence[Replacement]
    rows: Sequence[Row] = ()
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class _Week:
    """What the pages share."""

    scope: WeekPlanScope
    knobs: Knobs
    run_id: str


def draft_replacements(
    dataset: Dataset, scope: WeekPlanScope, chosen: Sequence[Replacement], *, run_id: str
) -> list[ReplacedDraft]:
    """The drafts of the pages with replacements; an error of one page doesn't stop the others."""
    pages = sorted({each.page_name for each in chosen})
    if not pages:
        return []
    of_pages = replace(scope, pages=tuple(pages))
    inputs = read_week_inputs(dataset, of_pages)
    decided = week_decisions(dataset, of_pages, inputs.knobs)
    prices = page_prices(dataset, pages)
    week = {"week_start": scope.week_start, "pages": pages}
    stored: dict[str, list[Row]] = {}
    for row in dataset.query("rows_in_force", **week).to_dict("records"):
        stored.setdefault(row["page_name"], []).append({str(k): v for k, v in row.items()})
    shared = _Week(scope, inputs.knobs, run_id)
    drafts: list[ReplacedDraft] = []
    for page in inputs.pages:
        name = page.page_name
        own = [each for each in chosen if each.page_name == name]
        try:
            drafts.append(
                _draft(page, stored[name], own, shared, decided.get(name, NOTHING_DECIDED), prices)
            )
        except Exception as error:  # an error of one creator doesn't stop the others
            drafts.append(ReplacedDraft(name, own, failure=reason_of(error)))
    return drafts


def _draft(
    page: PageInputs,
    stored: Sequence[Row],
    chosen: Sequence[Replacement],
    week: _Week,
    decided: WeekDecisions,
    prices: Mapping[tuple[str, str], TierPrices],
) -> ReplacedDraft:
    by_number = {int(row["message_number"]): row for row in stored}
    taken_out = {each.message_number for each in chosen}
    kept = [row for number, row in by_number.items() if number not in taken_out]
    choices = {int(row["caption_id"]): row for row in page.captions}
    captions = {caption.caption_id: caption for caption in captions_of(page.captions)}
    arrivals = {
        _place(by_number[each.message_number]): captions[each.new_caption_id]
        for each in chosen
        if each.new_caption_id is not None
    }
    found = _put(page, stored, kept, arrivals, captions, week, decided)
    fresh: list[Row] = []
    done: list[Replacement] = []
    for each in chosen:
        old, number = by_number[each.message_number], each.message_number
        message = found.kept.get(number) or found.moved.get(number)
        if message is None:
            done.append(replace(each, new_caption_id=None, **_removed(each, found)))
            continue
        choice = choices[message.caption.caption_id]
        tier = (page.page_name, message.caption.price_tier)
        row = planned_row(message, choice, prices.get(tier, NO_PRICES))
        reason = f"{row['reason'].rstrip('.')}; in the place of caption {each.caption_id}."
        fresh.append(
            {
                **dict.fromkeys(old),
                **{name: old[name] for name in ("page_name", "week_start", "planned_at")},
                **row,
                "reason": reason,
                "message_number": number,
                "created_at": dt.datetime.now(dt.UTC),
                "run_id": week.run_id,
            }
        )
        moved = number in found.moved
        done.append(
            replace(
                each,
                new_send_time=message.send_time,
                outcome="moved" if moved else "replaced",
                reason=f"its time is against a rule: {found.forbidden[number].words}"
                if moved
                else None,
            )
        )
    rows = [_without_nulls(row) for row in (*kept, *fresh)]
    if not rows:
        return ReplacedDraft(page.page_name, done)
    identifier = id_of_contents(
        page.page_name, week.scope.week_start, [row_content(row) for row in rows]
    )
    of_all = {
        "schedule_id": identifier,
        "status": "draft",
        "is_active": False,
        "is_forced": True,
    }
    rows = [{**row, **of_all} for row in sorted(rows, key=lambda row: row["message_number"])]
    refusal = refusal_of_rows(rows)
    return ReplacedDraft(
        page.page_name,
        [replace(each, new_schedule_id=identifier) for each in done],
        [{**row, "refusal": refusal} for row in rows],
    )


def _put(
    page: PageInputs,
    stored: Sequence[Row],
    kept: Sequence[Row],
    arrivals: Mapping[Place, Caption],
    captions: Mapping[int, Caption],
    week: _Week,
    decided: WeekDecisions,
) -> Replaced:
    if not arrivals:
        return Replaced({})
    values = {
        (int(row["day_of_week"]), int(row["send_hour"]), row["message_type"]): float(
            row["slot_value"]
        )
        for row in page.slots
    }
    stay = {int(row["caption_id"]) for row in kept}
    kinds = {caption.message_type for caption in arrivals.values()}
    return put_in_place(
        arrivals,
        _rules(page, week, decided, None),
        SlotValues(values),
        planned_at=week.scope.planned_at,
        standing=_standing(page, stored, kept),
        worths=[
            caption.worth
            for caption_id, caption in captions.items()
            if caption_id in stay and caption.message_type in kinds
        ],
        ahead=_rules(page, week, decided, week.scope.planned_at),
    )


def _rules(
    page: PageInputs, week: _Week, decided: WeekDecisions, planned_at: dt.datetime | None
) -> WeekRules:
    """The rules that the week was planned by, narrowed by what people have decided since."""
    if page.target is None:
        raise NoTargetsError(
            f"{page.page_name} has no row in weekly_volume_targets for {week.scope.week_start}"
        )
    rules = week_rules(page.target, week.knobs, week.scope.week_start, planned_at)
    most = decided.max_messages_per_day
    return replace(
        rules,
        min_gap_minutes=max(rules.min_gap_minutes, decided.min_gap_minutes or 0),
        max_messages_per_day=rules.max_messages_per_day
        if most is None
        else min(rules.max_messages_per_day, most),
        exceptions=narrower_hours(
            rules.exceptions, decided.hours, SendingHours(rules.first_hour, rules.last_hour)
        ),
    )


def _standing(page: PageInputs, stored: Sequence[Row], kept: Sequence[Row]) -> list[SentMessage]:
    """What stands beside the places: the rest of the schedule, what was sent, and the queue.

    A message of the schedule that was sent or queued, by hand or with the platform, counts once;
    one that is taken out does not count.
    """
    captions = {int(row["caption_id"]) for row in kept}
    planned = {(row["scheduled_send_time"], int(row["caption_id"])) for row in stored}
    times = {row["scheduled_send_time"] for row in kept}
    return [
        *(
            SentMessage(
                row["scheduled_send_time"].to_pydatetime(),
                row["message_type"],
                row["price_tier"],
                _text(row["shown_category"]),
            )
            for row in kept
        ),
        *(
            SentMessage(
                row["sending_time"].to_pydatetime(),
                row["message_type"],
                row["price_tier"],
                row["content_category"],
            )
            for row in page.sent
            if row["caption_id"] not in captions
        ),
        *(
            queued_message(row).fixed
            for row in page.queued
            if row["sending_time"] not in times
            and (row["sending_time"], row["caption_id"]) not in planned
        ),
    ]


def _place(row: Row) -> Place:
    explained = json.loads(_text(row["explanation"]) or "{}")
    return Place(
        row["page_name"],
        int(row["message_number"]),
        row["scheduled_send_time"].to_pydatetime(),
        row["price_tier"],
        row["arm"],
        worth=float(row["slot_value"]),
        slot_rank=int(explained.get("slot_rank", 1)),
    )


def _removed(each: Replacement, found: Replaced) -> dict[str, Any]:
    dropped = found.dropped.get(each.message_number)
    if dropped is not None:
        rules = ", ".join(rule.words for rule in dropped.rules)
        return {"outcome": "removed", "reason": f"{NO_ROOM}: {rules}"}
    return {
        "outcome": "removed",
        "reason": f"{TOO_FEW_CAPTIONS}: none is left of those that its week was chosen from",
    }


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _without_nulls(row: Row) -> Row:
    """A stored row with None for NULL, instants as Python's."""
    import pandas as pd

    return {
        name: None
        if pd.isna(value)
        else value.to_pydatetime()
        if isinstance(value, pd.Timestamp)
        else value
        for name, value in row.items()
    }
