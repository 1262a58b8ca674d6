"""Plans PPVs as if there were no bumps, and then the bumps around them.

The best slots are found for both types together, without regard to sameness; the search for a
better order of PPVs leaves the bumps where they are. Where hours are short and gaps long, a bump
that costs little elsewhere may stand in the only slot that a better order needs.
"""

from collections.abc import Sequence
from dataclasses import replace

from eros_assets.planning.improvement import improve
from eros_assets.planning.model import SentMessage, WeekRules
from eros_assets.planning.placement import Arrangement, Penalties, Timeline
from eros_assets.planning.prices import Slots, best_slots
from eros_assets.planning.slots import Day


def with_bumps_after(
    arranged: Arrangement,
    slots: Slots,
    rules: WeekRules,
    days: Sequence[Day],
    sent: Sequence[SentMessage],
    penalties: Penalties,
) -> tuple[Arrangement, Slots]:
    """The PPVs and slots of this way where they are worth more than `arranged` in `slots`.

    `sent` are the messages of the week that stand, as for `improve`.
    """
    before = arranged.value + slots.bump.value_of(slots.bump_places)
    alone = improve(arranged, replace(slots, bump_places=()), rules, days, sent, penalties)
    if not slots.bump.captions or alone.value <= arranged.value:
        return arranged, slots
    found = best_slots(
        (*slots.ppv.captions, *slots.bump.captions), rules, _in_hours_of(alone, days)
    )
    if found is None:
        return arranged, slots
    timeline = Timeline.of(slots.ppv, found.ppv_places, days, sent)
    after = timeline.arranged(alone.order, penalties)
    if after.value + slots.bump.value_of(found.bump_places) <= before:
        return arranged, slots
    return after, replace(slots, ppv_places=found.ppv_places, bump_places=found.bump_places)


def _in_hours_of(arranged: Arrangement, days: Sequence[Day]) -> tuple[Day, ...]:
    """The days, open to PPVs in the hours of these alone: their slots are worth the same."""
    hours = {(day, days[day].slots[at].hour) for _, (day, at) in arranged.placed}
    return tuple(
        replace(
            day,
            slots=tuple(
                slot if (number, slot.hour) in hours else replace(slot, ppv_open=False)
                for slot in day.slots
            ),
        )
        for number, day in enumerate(days)
    )
