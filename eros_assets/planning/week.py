"""A page's week: which caption goes out when.

The steps: the captions that fit (capacity), the best slots for them with a proven bound (prices,
over paths and balance), the order of captions that avoids sameness (placement), and where that
leaves the week short of its bound, slots and order together (improvement).
"""

import datetime as dt
import math
from collections import Counter
from collections.abc import Sequence

from eros_assets.calendar import la_date, monday_of
from eros_assets.planning.bumps_after import with_bumps_after
from eros_assets.planning.capacity import keep_what_fits
from eros_assets.planning.improvement import improve
from eros_assets.planning.model import (
    Caption,
    MessageType,
    PlannedMessage,
    PlanningError,
    SentMessage,
    SlotValues,
    WeekPlan,
    WeekRules,
)
from eros_assets.planning.placement import Penalties, arrange
from eros_assets.planning.prices import Place, best_slots
from eros_assets.planning.slots import Day, week_days

TYPES: tuple[MessageType, ...] = ("PPV", "Bump")
NO_VALUES = SlotValues()


def plan_week(
    captions: Sequence[Caption],
    rules: WeekRules,
    slot_values: SlotValues = NO_VALUES,
    *,
    not_before: dt.datetime | None = None,
    sent: Sequence[SentMessage] = (),
) -> WeekPlan:
    """The best week for these captions: every hard rule holds, whatever the captions.

    The same captions in any order give the same plan on any machine. `not_before` is set for a
    week that has begun: nothing is planned earlier. `sent` are messages that stand already; gaps
    to them hold, and they count in their day's maximum and balance.

    Raises:
        PlanningError: a caption twice, a type that is neither PPV nor Bump, a score or slot
            value that is no number, an instant without a zone.
    """
    _check(captions, slot_values, not_before, sent)
    ranked = sorted(captions, key=lambda c: (-c.worth, c.message_type == "Bump", c.caption_id))
    days = week_days(rules, slot_values, not_before=not_before, sent=sent)
    found = best_slots(ranked, rules, days)
    kept, dropped = tuple(ranked), ()
    if found is None:
        kept, dropped = keep_what_fits(ranked, rules, not_before, sent)
        found = best_slots(kept, rules, days)
        if found is None:
            raise PlanningError(f"week {rules.week_start}: no room for what was found to fit")
    standing = [s for s in sent if monday_of(la_date(s.send_time)) == rules.week_start]
    penalties = Penalties(
        round(rules.category_penalty / found.unit), round(rules.tier_penalty / found.unit)
    )
    ppvs = arrange(found.ppv, found.ppv_places, days, standing, penalties)
    ppvs = improve(ppvs, found, rules, days, standing, penalties)
    ppvs, found = with_bumps_after(ppvs, found, rules, days, standing, penalties)
    bumps = zip(found.bump.captions, found.bump.by_value(found.bump_places), strict=True)
    messages = _messages([*ppvs.placed, *bumps], rules, days)
    sameness = ppvs.pairs * rules.category_penalty + ppvs.runs * rules.tier_penalty
    return WeekPlan(
        messages,
        dropped,
        objective=math.fsum(m.value for m in messages) - sameness,
        category_pairs=ppvs.pairs,
        tier_runs=ppvs.runs,
        # A unit for each caption and penalty makes up for rounding to units.
        bound=(found.bound - ppvs.unavoidable + 2 * len(messages)) * found.unit,
    )


def _messages(
    placed: Sequence[tuple[Caption, Place]], rules: WeekRules, days: Sequence[Day]
) -> tuple[PlannedMessage, ...]:
    """The messages in order of time, numbered and ranked."""
    in_time = sorted(placed, key=lambda entry: days[entry[1][0]].slots[entry[1][1]].time)
    worths = {kind: [c.worth for c, _ in placed if c.message_type == kind] for kind in TYPES}
    hours = {
        kind: [
            value
            for day in days
            for value in {s.hour: s.value(kind) for s in day.slots if s.is_open(kind)}.values()
        ]
        for kind in TYPES
    }
    messages: list[PlannedMessage] = []
    for number, (caption, (day, at)) in enumerate(in_time, start=1):
        kind, slot = caption.message_type, days[day].slots[at]
        value = slot.value(kind)
        messages.append(
            PlannedMessage(
                number,
                slot.time,
                caption,
                slot_value=value,
                value=rules.weight(kind) * value * caption.worth,
                rank=1 + sum(worth > caption.worth for worth in worths[kind]),
                slot_rank=1 + sum(other > value for other in hours[kind]),
            )
        )
    return tuple(messages)


def _check(
    captions: Sequence[Caption],
    slot_values: SlotValues,
    not_before: dt.datetime | None,
    sent: Sequence[SentMessage],
) -> None:
    for caption_id, n in Counter(c.caption_id for c in captions).items():
        if n > 1:
            raise PlanningError(f"caption {caption_id} is selected {n} times; select it once")
    for c in captions:
        if c.message_type not in TYPES:
            raise PlanningError(f"caption {c.caption_id}: type {c.message_type!r} is not PPV, Bump")
        if not math.isfinite(c.worth):
            raise PlanningError(f"caption {c.caption_id}: score {c.worth} is no number")
    for (day, hour, kind), value in slot_values.values.items():
        if not math.isfinite(value):
            raise PlanningError(f"slot value of day {day}, hour {hour}, {kind}: {value}")
    for instant in (*(s.send_time for s in sent), *([not_before] if not_before else [])):
        if instant.tzinfo is None:
            raise PlanningError(f"instant {instant} has no time zone; give it one")
