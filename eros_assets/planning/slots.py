"""The slots of a week: a grid of instants per day, and the message types that may use each.

Slots are spaced in UTC between the day's first and last sending hour in LA, so a day on which
clocks change has more or fewer of them. A day whose hours pass midnight has slots on the next date.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from eros_assets.calendar import ZONE, la_date, la_instant, week_dates
from eros_assets.planning.model import MessageType, SentMessage, SlotValues, WeekRules

A_DAY = dt.timedelta(days=1)


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
    """One day of the week: its slots, and the messages that it already has.

    `whole` is false when the week's beginning has used up some of the day, or its hours are shorter
    than another day's: such a day may hold fewer PPVs than the others. Days without PPVs are not
    `open_to_ppvs`: closed ones, which have no slots, and those of cooling. `most_ppv` is the most
    PPVs that may be on the day in all, None where no rule limits them.
    """

    date: dt.date
    slots: tuple[Slot, ...]
    whole: bool
    open_to_ppvs: bool
    sent: int
    sent_ppv: int
    most_ppv: int | None = None


@dataclass(frozen=True, slots=True)
class _Span:
    """The instants from which to which a day's messages may start, both included."""

    first: dt.datetime
    last: dt.datetime


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
    dates = week_dates(rules.week_start)
    spans = _spans(rules, dates)
    lengths = {date: hours.length for date in dates if (hours := rules.hours_of(date)) is not None}
    longest = max(lengths.values(), default=0)
    standing = [(sending_day(s.send_time, spans), s.message_type) for s in sent]
    days: list[Day] = []
    for number, date in enumerate(dates, start=1):
        span = spans.get(date)
        of_date = [kind for day, kind in standing if day == date]
        days.append(
            Day(
                date,
                ()
                if span is None
                else _slots(rules, values, number, span, spans, not_before, sent),
                whole=span is not None
                and lengths[date] == longest
                and (not_before is None or not_before <= span.first),
                open_to_ppvs=span is not None and number > rules.cooling_days,
                sent=len(of_date),
                sent_ppv=of_date.count("PPV"),
                most_ppv=rules.max_ppvs_per_day,
            )
        )
    return tuple(days)


def _spans(rules: WeekRules, dates: Sequence[dt.date]) -> dict[dt.date, _Span]:
    """Each open date's span; none reaches into the next date's, or to the week's end."""
    step = dt.timedelta(minutes=rules.grid_minutes)
    spans: dict[dt.date, _Span] = {}
    before = la_instant(dates[-1] + A_DAY)
    for date in reversed(dates):
        hours = rules.hours_of(date)
        if hours is None:
            continue
        first = la_instant(date, hours.first)
        last = la_instant(date + A_DAY if hours.passes_midnight else date, hours.last)
        if last.astimezone(ZONE).hour != hours.last:
            last -= step  # clocks skip that hour: its instant lies in the next one
        spans[date] = _Span(first, min(last, before - step))
        before = first
    return spans


def sending_day(instant: dt.datetime, spans: dict[dt.date, _Span]) -> dt.date:
    """The date that a message counts for: the one before while that one's hours last."""
    date = la_date(instant)
    before = spans.get(date - A_DAY)
    return date - A_DAY if before is not None and instant <= before.last else date


def _slots(
    rules: WeekRules,
    values: SlotValues,
    number: int,
    span: _Span,
    spans: dict[dt.date, _Span],
    not_before: dt.datetime | None,
    sent: Sequence[SentMessage],
) -> tuple[Slot, ...]:
    """The slots of the day with a number, 1 to 7."""
    step = dt.timedelta(minutes=rules.grid_minutes)
    gap = dt.timedelta(minutes=rules.message_gap_minutes)
    ppv_gap = dt.timedelta(minutes=rules.ppv_gap_minutes)
    later = [other.first for other in spans.values() if other.first > span.first]
    opens_again = min(later, default=span.first + A_DAY)
    slots: list[Slot] = []
    for n in range((span.last - span.first) // step + 1):
        time = span.first + n * step
        wall = time.astimezone(ZONE)
        free = (
            (not_before is None or time >= not_before)
            and time <= opens_again - gap
            and all(abs(time - s.send_time) >= gap for s in sent)
        )
        ppv_free = (
            free
            and number > rules.cooling_days
            and time <= opens_again - ppv_gap
            and all(abs(time - s.send_time) >= ppv_gap for s in sent if s.message_type == "PPV")
        )
        slots.append(
            Slot(
                time,
                wall.hour,
                values.value(wall.isoweekday(), wall.hour, "PPV"),
                values.value(wall.isoweekday(), wall.hour, "Bump"),
                ppv_free,
                free,
            )
        )
    return tuple(slots)
