"""The slots of a week: a grid of instants per day, and the message types that may use each.

Slots are spaced in UTC between the day's first and last sending hour in LA, so a day on which
clocks change has more or fewer of them.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from eros_assets.calendar import ZONE, la_date, la_instant, week_dates
from eros_assets.planning.model import MessageType, SentMessage, SlotValues, WeekRules

SHORTEST_DAY = dt.timedelta(hours=23)


@dataclass(frozen=True, slots=True)
class Slot:
    """One instant of the grid, what it is worth and who may use it, by message type."""

    time: dt.datetime
    hour: int
    ppv_value: float
    bump_value: float
    ppv_open: bool
    bump_open: bool

    def value(self, message_type: MessageType) -> float:
        """The slot's value over the page's mean."""
        return self.ppv_value if message_type == "PPV" else self.bump_value

    def is_open(self, message_type: MessageType) -> bool:
        """Whether a message of this type may go here."""
        return self.ppv_open if message_type == "PPV" else self.bump_open


@dataclass(frozen=True, slots=True)
class Day:
    """One date of the week: its slots, and the messages that it already has.

    `whole` is false when the week's beginning has used up some of the day: such a day may hold
    fewer PPVs than the others. `cooling` days hold none. `most_ppv` is the most PPVs that may be
    on the day in all, None where no rule limits them.
    """

    date: dt.date
    slots: tuple[Slot, ...]
    whole: bool
    cooling: bool
    sent: int
    sent_ppv: int
    most_ppv: int | None = None


def week_days(
    rules: WeekRules,
    values: SlotValues,
    *,
    not_before: dt.datetime | None = None,
    sent: Sequence[SentMessage] = (),
) -> tuple[Day, ...]:
    """The seven days of the week, Monday first.

    A slot is closed to a type when it is past, too close to a message that is already fixed, or,
    for PPVs, on a cooling day. Where a gap is longer than the night (never with the contracts'
    hours and tiers), the evening's last slots are closed too, so that days can be planned one by
    one.
    """
    return tuple(
        _day(rules, values, number, date, not_before, sent)
        for number, date in enumerate(week_dates(rules.week_start), start=1)
    )


def _day(
    rules: WeekRules,
    values: SlotValues,
    number: int,
    date: dt.date,
    not_before: dt.datetime | None,
    sent: Sequence[SentMessage],
) -> Day:
    first = la_instant(date, rules.first_hour)
    last = la_instant(date, rules.last_hour)
    step = dt.timedelta(minutes=rules.grid_minutes)
    gap = dt.timedelta(minutes=rules.message_gap_minutes)
    ppv_gap = dt.timedelta(minutes=rules.ppv_gap_minutes)
    evening = first + SHORTEST_DAY
    cooling = number <= rules.cooling_days

    slots: list[Slot] = []
    for n in range((last - first) // step + 1):
        time = first + n * step
        hour = time.astimezone(ZONE).hour
        free = (
            # Where clocks skip the last hour, its instant falls in the next.
            hour <= rules.last_hour
            and (not_before is None or time >= not_before)
            and time <= evening - gap
            and all(abs(time - s.send_time) >= gap for s in sent)
        )
        ppv_free = (
            free
            and not cooling
            and time <= evening - ppv_gap
            and all(abs(time - s.send_time) >= ppv_gap for s in sent if s.message_type == "PPV")
        )
        slots.append(
            Slot(
                time,
                hour,
                values.value(number, hour, "PPV"),
                values.value(number, hour, "Bump"),
                ppv_free,
                free,
            )
        )
    today = [s for s in sent if la_date(s.send_time) == date]
    return Day(
        date,
        tuple(slots),
        whole=not_before is None or not_before <= first,
        cooling=cooling,
        sent=len(today),
        sent_ppv=sum(s.message_type == "PPV" for s in today),
        most_ppv=rules.max_ppvs_per_day,
    )
