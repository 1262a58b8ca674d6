"""Replaces single messages of a planned week: which caption comes into each place, and when.

The rest of the week stands. A place keeps its time where no hard rule forbids it; what can't stay
there is planned like a week of its own, around everything else.
"""

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from eros_assets.planning.model import (
    Caption,
    DroppedCaption,
    PlannedMessage,
    Rule,
    SendingHours,
    SentMessage,
    SlotValues,
    WeekRules,
)
from eros_assets.planning.validation import PlacedCaption, violations

AT_A_TIME = frozenset(
    {
        *(Rule.MIN_GAP, Rule.MESSAGE_GAP, Rule.MAX_MESSAGES_PER_DAY, Rule.COOLING_DAYS),
        *(Rule.SENDING_HOURS, Rule.WEEK_BEGUN),
    }
)
"""The rules that may forbid a place its time. How even the days are does not change there."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a page's week whose caption is taken out.

    `worth` is what its slot is worth over the page's mean; `slot_rank` its hour's place among the
    hours of the week, 1 the best.
    """

    page_name: str
    number: int
    send_time: dt.datetime
    price_tier: str
    arm: str
    worth: float = 1.0
    slot_rank: int = 1

    @property
    def kind(self) -> tuple[str, str, str]:
        """What a caption must be of to come here: page, tier, arm."""
        return self.page_name, self.price_tier, self.arm


@dataclass(frozen=True, slots=True)
class Offer:
    """A caption that may come into a page's places of a tier and arm.

    The rooms are how many captions of its category, and how many urgent ones, the page may still
    take in the week.
    """

    page_name: str
    price_tier: str
    arm: str
    caption_id: int
    offer_score: float
    final_score: float
    content_category: str | None = None
    has_urgency: bool = False
    category_room: int = 1
    urgent_room: int = 1

    @property
    def kind(self) -> tuple[str, str, str]:
        """Page, tier, arm."""
        return self.page_name, self.price_tier, self.arm


def allot(places: Sequence[Place], offers: Sequence[Offer]) -> Mapping[Place, Offer]:
    """The caption that comes into each place; a place for which none is left is missing.

    Captions are taken in order of `offer_score`, agency-wide, as in a week's selection: each goes
    to the first page that has room for it. Of a kind's captions the best by `final_score` comes
    into the place that is worth most.
    """
    left = Counter(place.kind for place in places)
    categories: Counter[tuple[str, str]] = Counter()
    urgent: Counter[str] = Counter()
    taken: set[int] = set()
    won: dict[tuple[str, str, str], list[Offer]] = {}
    for offer in sorted(offers, key=lambda o: (-o.offer_score, o.page_name, o.arm, o.caption_id)):
        page, category = offer.page_name, offer.content_category
        if (
            not left[offer.kind]
            or offer.caption_id in taken
            or (category is not None and categories[page, category] >= offer.category_room)
            or (offer.has_urgency and urgent[page] >= offer.urgent_room)
        ):
            continue
        taken.add(offer.caption_id)
        left[offer.kind] -= 1
        urgent[page] += offer.has_urgency
        if category is not None:
            categories[page, category] += 1
        won.setdefault(offer.kind, []).append(offer)
    for offers_won in won.values():
        offers_won.sort(key=lambda o: (-o.final_score, o.caption_id))
    by_worth = sorted(places, key=lambda p: (p.kind, -p.worth, p.send_time, p.number))
    return {place: won[place.kind].pop(0) for place in by_worth if won.get(place.kind)}


@dataclass(frozen=True, slots=True)
class Replaced:
    """A page's places after captions came into them.

    `kept` are those at their own time, `moved` those at another one, by the place's number;
    `dropped` has no room in the week any more.
    """

    kept: Mapping[int, PlannedMessage]
    moved: Mapping[int, PlannedMessage] = field(default_factory=dict[int, PlannedMessage])
    dropped: Mapping[int, DroppedCaption] = field(default_factory=dict[int, DroppedCaption])
    forbidden: Mapping[int, Rule] = field(default_factory=dict[int, Rule])
    """Why a place could not keep its time."""


def put_in_place(
    arrivals: Mapping[Place, Caption],
    rules: WeekRules,
    slot_values: SlotValues,
    *,
    planned_at: dt.datetime,
    standing: Sequence[SentMessage],
    worths: Sequence[float],
    ahead: WeekRules | None = None,
) -> Replaced:
    """Put captions into the places of one page.

    Args:
        arrivals: the caption that comes into each place.
        rules: the hard rules of the week.
        slot_values: what hours are worth, for those that must move.
        planned_at: the instant of the decision; nothing is placed before it.
        standing: everything else in the week: the rest of the schedule, what was sent or queued.
        worths: the worths of the captions of the rest, to rank the new ones among.
        ahead: the rules for those that must move, where they differ.
    """
    from eros_assets.planning.week import plan_week  # imported here: it brings numpy

    numbers = {caption.caption_id: place.number for place, caption in arrivals.items()}
    placed = [
        PlacedCaption(caption.caption_id, caption.message_type, place.send_time)
        for place, caption in arrivals.items()
    ]
    forbidden: dict[int, Rule] = {}
    for broken in violations(rules, placed, not_before=planned_at, sent=standing):
        if broken.rule in AT_A_TIME:
            for caption_id in broken.caption_ids:
                forbidden.setdefault(numbers[caption_id], broken.rule)
    all_worths = [*worths, *(caption.worth for caption in arrivals.values())]
    kept = {
        place.number: _at_its_time(place, caption, rules, all_worths)
        for place, caption in arrivals.items()
        if place.number not in forbidden
    }
    to_move = [caption for place, caption in arrivals.items() if place.number in forbidden]
    if not to_move:
        return Replaced(kept)
    plan = plan_week(
        to_move,
        ahead or rules,
        slot_values,
        not_before=planned_at,
        sent=[*standing, *(_standing(message) for message in kept.values())],
    )
    return Replaced(
        kept,
        {numbers[m.caption.caption_id]: m for m in plan.messages},
        {numbers[d.caption.caption_id]: d for d in plan.dropped},
        forbidden,
    )


def _at_its_time(
    place: Place, caption: Caption, rules: WeekRules, worths: Sequence[float]
) -> PlannedMessage:
    return PlannedMessage(
        place.number,
        place.send_time,
        caption,
        slot_value=place.worth,
        value=rules.weight(caption.message_type) * place.worth * caption.worth,
        rank=1 + sum(worth > caption.worth for worth in worths),
        slot_rank=place.slot_rank,
    )


def _standing(message: PlannedMessage) -> SentMessage:
    caption = message.caption
    return SentMessage(
        message.send_time, caption.message_type, caption.price_tier, caption.content_category
    )


def narrower_hours(
    planned: Mapping[dt.date, SendingHours | None],
    now: Mapping[dt.date, SendingHours | None],
    usual: SendingHours,
) -> dict[dt.date, SendingHours | None]:
    """The hours that dates were planned with and have now, where both are open."""
    return {
        date: _both(planned.get(date, usual), now.get(date, usual))
        for date in sorted({*planned, *now})
    }


def _both(one: SendingHours | None, other: SendingHours | None) -> SendingHours | None:
    if one is None or other is None:
        return None
    first = max(one.first, other.first)
    last = min(one.first + one.length, other.first + other.length)
    return SendingHours(first, last % 24) if first <= last else None
