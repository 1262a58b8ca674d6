"""Matches planned messages with sent ones: the definition that reports and digests use.

A sent message can be that of a planned one when page, type and content are the same and their LA
dates lie at most `days` apart. Of all such pairs those of schedules in force come first, then those
that lie nearest in time; a planned message has one sent message at most, and a sent message one
plan. A schedule that another one replaced counts by what was sent of it.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from eros_assets.calendar import la_date


@dataclass(frozen=True, slots=True)
class Occasion:
    """A planned or a sent message: who, what and when.

    `content` is equal for messages that say the same, None where it isn't known: then it matches
    nothing. `is_active` is whether a plan is in force.
    """

    page_name: str
    message_type: str
    content: Hashable | None
    time: dt.datetime
    is_active: bool = True


def matched(plans: Sequence[Occasion], sends: Sequence[Occasion], days: int) -> Mapping[int, int]:
    """The place of the sent message of each plan that has one, by the plan's place.

    Of pairs that lie equally near, the earlier plan and the earlier send come first, then those
    that stand earlier.
    """
    sends_of: dict[tuple[str, str, Hashable], list[int]] = defaultdict(list)
    for place, sent in enumerate(sends):
        if sent.content is not None:
            sends_of[sent.page_name, sent.message_type, sent.content].append(place)
    pairs = [
        (not plan.is_active, abs(sends[k].time - plan.time), plan.time, sends[k].time, number, k)
        for number, plan in enumerate(plans)
        if plan.content is not None
        for k in sends_of.get((plan.page_name, plan.message_type, plan.content), ())
        if abs(la_date(sends[k].time) - la_date(plan.time)).days <= days
    ]
    found: dict[int, int] = {}
    taken: set[int] = set()
    for *_, number, k in sorted(pairs):
        if number not in found and k not in taken:
            found[number] = k
            taken.add(k)
    return found
