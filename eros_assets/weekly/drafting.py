"""Plans draft schedules from a week's tables, page by page; a failed page doesn't stop others."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from eros_assets.calendar import week_dates
from eros_assets.dataset import Dataset
from eros_assets.errors import ErosError
from eros_assets.planning.model import (
    Caption,
    DroppedCaption,
    MessageType,
    SentMessage,
    SlotValues,
    WeekPlan,
    WeekRules,
)
from eros_assets.planning.remaining import daily_plan, has_begun
from eros_assets.planning.validation import PlacedCaption, violations
from eros_assets.planning.volume import hours_of_text
from eros_assets.tuning import Knobs, read_knobs
from eros_assets.weekly.queue import QueuedMessage, broken_rules_of, of_week, queued_message
from eros_assets.weekly.scope import WeekPlanScope
from eros_assets.weekly.sent import sent_before_planning
from eros_assets.weekly.shortfalls import (
    NO_ROOM,
    Shortfall,
    failed_page,
    failures_before_planning,
    reason_of,
)

if TYPE_CHECKING:
    import pandas as pd

Record = Mapping[str, Any]


class BrokenRuleError(ErosError):
    """A planned week breaks a hard rule, which the planner should not let happen."""


class NoTargetsError(ErosError):
    """A page has no targets for the week."""


@dataclass(frozen=True, slots=True)
class PageInputs:
    """The inputs of one page's plan; records as the queries of sql/operations return them.

    `failure` is why there is nothing to plan from: the page's error before planning.
    """

    page_name: str
    target: Record | None
    captions: Sequence[Record]
    slots: Sequence[Record]
    sent: Sequence[Record]
    queued: Sequence[Record] = ()
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class PageDraft:
    """A planned page, or the reason why there is none; `queued` stands in its week already."""

    page_name: str
    plan: WeekPlan | None
    failure: str | None = None
    queued: tuple[QueuedMessage, ...] = ()


@dataclass(frozen=True, slots=True)
class WeekInputs:
    """The inputs of every page of a week, and the tuning they share."""

    knobs: Knobs
    pages: Sequence[PageInputs]


def read_week_inputs(dataset: Dataset, scope: WeekPlanScope) -> WeekInputs:
    """Set-based queries for all pages at once."""
    knobs = read_knobs(dataset)
    week = {
        "week_start": scope.week_start,
        "pages": list(scope.pages),
    }

    targets = _by_page(dataset.cached_query("week_targets", **week))
    captions = _by_page(dataset.cached_query("selected_captions", **week))
    slots = _by_page(
        dataset.cached_query(
            "slot_values", **week, account_lookback_days=knobs["account_lookback_days"]
        )
    )
    sent = _by_page(sent_before_planning(dataset, scope))
    # Where the clock tells the instant of planning, no other step asks the same of these.
    queued = _by_page(dataset.query("queued_this_week", **week, planned_at=scope.planned_at))
    failures = failures_before_planning(dataset, scope.week_start)
    return WeekInputs(
        knobs,
        [
            PageInputs(
                page_name=page,
                target=next(iter(targets.get(page, [])), None),
                captions=captions.get(page, []),
                slots=slots.get(page, []),
                sent=sent.get(page, []),
                queued=queued.get(page, []),
                failure=failures.get(page),
            )
            for page in scope.pages
        ],
    )


def _by_page(rows: "pd.DataFrame") -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = {}
    for row in rows.to_dict("records"):
        found.setdefault(row["page_name"], []).append({str(k): v for k, v in row.items()})
    return found


def draft_week(
    inputs: WeekInputs, scope: WeekPlanScope, report: Callable[[str], None]
) -> list[PageDraft]:
    """Plan every page; a page that can't be planned has a reason and doesn't stop the others."""
    drafts: list[PageDraft] = []
    for number, page in enumerate(inputs.pages, start=1):
        if page.failure is not None:
            drafts.append(PageDraft(page.page_name, None, page.failure))
            continue
        try:
            plan = draft_page(page, inputs.knobs, scope)
            drafts.append(
                PageDraft(page.page_name, plan, queued=_queued(page, inputs.knobs, scope))
            )
        except Exception as error:  # an error of one creator doesn't stop the others
            drafts.append(PageDraft(page.page_name, None, reason_of(error)))
        if number % 10 == 0 or number == len(inputs.pages):
            report(f"planned {number} of {len(inputs.pages)} pages")
    return drafts


def draft_page(page: PageInputs, knobs: Knobs, scope: WeekPlanScope) -> WeekPlan:
    """Plan one page's week around what was sent and what people queued.

    Raises:
        NoTargetsError: the page has no targets for the week.
        BrokenRuleError: the planned week breaks a hard rule.
        PlanningError: no week can be planned from the targets, captions or rules.
    """
    if page.target is None:
        raise NoTargetsError(
            f"{page.page_name} has no row in weekly_volume_targets for {scope.week_start}; "
            "materialize weekly_volume_targets first"
        )
    from eros_assets.planning.week import plan_week  # imported here: it brings numpy

    queue = [queued_message(row) for row in page.queued]
    gone = {row["caption_id"] for row in page.sent} | {queued.caption_id for queued in queue}
    rules = week_rules(page.target, knobs, scope.week_start, scope.planned_at)
    standing = [*_sent(page), *(queued.fixed for queued in queue)]
    plan = plan_week(
        captions_of([row for row in page.captions if row["caption_id"] not in gone]),
        rules,
        SlotValues(
            {
                (int(row["day_of_week"]), int(row["send_hour"]), row["message_type"]): float(
                    row["slot_value"]
                )
                for row in page.slots
            }
        ),
        not_before=scope.planned_at,
        sent=standing,
    )
    placed = [
        PlacedCaption(m.caption.caption_id, m.caption.message_type, m.send_time)
        for m in plan.messages
    ]
    if broken := violations(rules, placed, not_before=scope.planned_at, sent=standing):
        first = broken[0]
        raise BrokenRuleError(f"its planned week breaks {first.rule.value}: {first.detail}")
    return plan


def _queued(page: PageInputs, knobs: Knobs, scope: WeekPlanScope) -> tuple[QueuedMessage, ...]:
    """The messages that stand in the page's week, each with the hard rules that it breaks."""
    if not page.queued or page.target is None:
        return ()
    queue = [queued_message(row) for row in page.queued]
    rules = week_rules(page.target, knobs, scope.week_start, scope.planned_at)
    broken = broken_rules_of(queue, rules, _sent(page))
    judged = [replace(queued, broken=broken[queued]) for queued in queue]
    return of_week(judged, scope.week_start)


def _sent(page: PageInputs) -> list[SentMessage]:
    return [
        SentMessage(
            row["sending_time"].to_pydatetime(),
            row["message_type"],
            row["price_tier"],
            row["content_category"],
        )
        for row in page.sent
    ]


def week_rules(
    target: Record, knobs: Knobs, week_start: dt.date, planned_at: dt.datetime | None = None
) -> WeekRules:
    """The rules that a page's targets and the tuning set for its week.

    A week that has begun at `planned_at` has no more on a day than the whole week's daily plan.
    """
    most, most_ppvs = int(target["max_messages_per_day"]), None
    hours = hours_of_text(target["sending_hours"])
    if planned_at is not None and has_begun(week_start, planned_at):
        open_dates = [date for date in week_dates(week_start) if hours.get(date, date) is not None]
        opens = week_start + dt.timedelta(days=int(target["cooling_days"]))
        a_day = daily_plan(
            int(target["ppv_count"]),
            int(target["bump_count"]),
            ppv_days=sum(date >= opens for date in open_dates),
            days=len(open_dates),
        )
        most, most_ppvs = min(most, a_day.messages), a_day.ppvs
    return WeekRules(
        week_start=week_start,
        min_gap_minutes=int(target["min_gap_minutes"]),
        max_messages_per_day=most,
        max_ppvs_per_day=most_ppvs,
        cooling_days=int(target["cooling_days"]),
        bump_weight=float(knobs["bump_value_weight"]),
        category_penalty=float(knobs["category_repeat_penalty"]),
        tier_penalty=float(knobs["tier_run_penalty"]),
        first_hour=int(knobs["first_send_hour"]),
        last_hour=int(knobs["last_send_hour"]),
        grid_minutes=int(knobs["grid_minutes"]),
        message_gap_minutes=int(knobs["message_gap_minutes"]),
        exceptions=hours,
    )


def message_type_of(price_tier: str) -> MessageType:
    """Bump for the tier bump, PPV for the others."""
    return "Bump" if price_tier == "bump" else "PPV"


def captions_of(rows: Sequence[Record]) -> list[Caption]:
    """Rows of `selected_captions` as the planner takes them.

    A caption is worth what its message is expected to earn, over the mean of the page's treatment
    captions of its type: slots, which are worth what they earn over the page's mean, and captions
    are in one unit then. A control caption is placed as if it were worth that mean: the arms get
    slots of the same worth, so their EMVs can be compared.
    """
    means = {kind: _mean_value(rows, kind) for kind in ("PPV", "Bump")}
    return [
        Caption(
            caption_id=int(row["caption_id"]),
            message_type=message_type_of(row["price_tier"]),
            price_tier=row["price_tier"],
            content_category=row["content_category"],
            score=max(float(row["final_score"]), 0.0),
            arm=row["arm"],
            placement_score=_placement_score(row, means[message_type_of(row["price_tier"])]),
        )
        for row in rows
    ]


def _mean_value(rows: Sequence[Record], kind: MessageType) -> float:
    """What the page's treatment captions of a type are worth in the mean; 0 when unknown."""
    values = [
        value
        for row in rows
        if row["arm"] == "treatment"
        and message_type_of(row["price_tier"]) == kind
        and (value := _value(row)) is not None
    ]
    return sum(values) / len(values) if values else 0.0


def _value(row: Record) -> float | None:
    """What captions of a type are compared by: earnings to expect (USD), views of a Bump."""
    if message_type_of(row["price_tier"]) == "Bump":
        successes, failures = (
            _number(row["posterior_successes"]),
            _number(row["posterior_failures"]),
        )
        return None if successes is None or failures is None else successes / (successes + failures)
    return _number(row["expected_value"])


def _number(value: Any) -> float | None:
    """A number, None for what the warehouse gives for NULL."""
    return None if value is None or value != value else float(value)


def _placement_score(row: Record, mean: float) -> float:
    value = _value(row)
    return 1.0 if row["arm"] == "control" or mean <= 0 or value is None else value / mean


def placement_shortfalls(drafts: Sequence[PageDraft]) -> list[Shortfall]:
    """Captions that the plans dropped, per page and tier, with the binding rules."""
    found: list[Shortfall] = []
    for draft in drafts:
        if draft.plan is None:
            continue
        by_tier: dict[str, list[DroppedCaption]] = {}
        for dropped in draft.plan.dropped:
            by_tier.setdefault(dropped.caption.price_tier, []).append(dropped)
        for tier, dropped in sorted(by_tier.items()):
            got = sum(m.caption.price_tier == tier for m in draft.plan.messages)
            rules = sorted({rule.words for d in dropped for rule in d.rules})
            found.append(
                Shortfall(
                    draft.page_name,
                    tier,
                    got + len(dropped),
                    got,
                    f"{NO_ROOM}: {', '.join(rules)}",
                )
            )
    return found


def failed_creators(drafts: Sequence[PageDraft]) -> list[Shortfall]:
    """One row per page that could not be planned at all."""
    return [failed_page(d.page_name, d.failure) for d in drafts if d.failure]
