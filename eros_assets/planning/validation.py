"""Checks the hard rules of a week on finished messages.

Written from the contracts alone and sharing no code with the planner: asset checks and tests
validate the planner's weeks with it, so a mistake in the planner isn't repeated here.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from eros_assets.planning.model import MessageType, Rule, SentMessage, WeekRules

LA = ZoneInfo("America/Los_Angeles")


@dataclass(frozen=True, slots=True)
class PlacedCaption:
    """A caption at its time, as far as the rules judge it; `send_time` is an aware instant."""

    caption_id: int
    message_type: MessageType
    send_time: dt.datetime


@dataclass(frozen=True, slots=True)
class Violation:
    """A broken hard rule, the messages that break it, and an explanation."""

    rule: Rule
    caption_ids: tuple[int, ...]
    detail: str


def violations(
    rules: WeekRules,
    messages: Iterable[PlacedCaption],
    *,
    not_before: dt.datetime | None = None,
    sent: Sequence[SentMessage] = (),
) -> list[Violation]:
    """Every hard rule that the messages break, in order of rule and time; empty when none is.

    `sent` are messages that are already fixed: they count in gaps, a day's maximum and the balance
    of days, but are not themselves checked. `not_before` is the instant the week was planned from.
    """
    ordered = sorted(messages, key=lambda m: (m.send_time, m.caption_id))
    return [
        *_repeated(ordered),
        *_hours(rules, ordered),
        *_past(ordered, not_before),
        *_gaps(rules, ordered, sent),
        *_day_maximum(rules, ordered, sent),
        *_ppv_maximum(rules, ordered, sent),
        *_cooling(rules, ordered),
        *_balance(rules, ordered, not_before, sent),
    ]


def _local(instant: dt.datetime) -> dt.datetime:
    return instant.astimezone(LA)


def _repeated(ordered: Sequence[PlacedCaption]) -> list[Violation]:
    counts = Counter(m.caption_id for m in ordered)
    return [
        Violation(Rule.CAPTION_ONCE, (caption,), f"caption {caption} is scheduled {n} times")
        for caption, n in counts.items()
        if n > 1
    ]


def _hours(rules: WeekRules, ordered: Sequence[PlacedCaption]) -> list[Violation]:
    found: list[Violation] = []
    week_end = rules.week_start + dt.timedelta(days=6)
    for message in ordered:
        wall = _local(message.send_time)
        begun = _day_of(rules, message.send_time)
        if not rules.week_start <= wall.date() <= week_end:
            detail = f"{wall.isoformat()} lies outside the week {rules.week_start} to {week_end}"
            found.append(Violation(Rule.SENDING_HOURS, (message.caption_id,), detail))
        elif not _is_open(rules, begun, wall):
            hours = rules.hours_of(begun)
            window = (
                f"{begun} is closed"
                if hours is None
                else f"{begun} is open from {hours.first:02}:00 to {hours.last:02}:00 LA"
            )
            detail = f"{wall.isoformat()} lies outside the sending hours: {window}"
            found.append(Violation(Rule.SENDING_HOURS, (message.caption_id,), detail))
        if wall.minute % rules.grid_minutes or wall.second or wall.microsecond:
            detail = f"{wall.isoformat()} is not on the {rules.grid_minutes}-minute grid"
            found.append(Violation(Rule.GRID, (message.caption_id,), detail))
    return found


def _is_open(rules: WeekRules, date: dt.date, wall: dt.datetime) -> bool:
    """Whether a date's hours, which may pass midnight, include a wall time."""
    hours = rules.hours_of(date)
    if hours is None:
        return False
    last = hours.last + (24 if hours.last < hours.first else 0)
    hour = 24 * (wall.date() - date).days + wall.hour + wall.minute / 60 + wall.second / 3600
    return hours.first <= hour <= last


def _day_of(rules: WeekRules, instant: dt.datetime) -> dt.date:
    """The date that a message counts for: that on which the hours began in which it lies.

    After midnight that is the date before, as long as its hours last and those of its own date
    have not begun.
    """
    wall = _local(instant)
    date, before = wall.date(), wall.date() - dt.timedelta(days=1)
    begins = rules.hours_of(date)
    has_begun = begins is not None and wall.hour >= begins.first
    if before >= rules.week_start and not has_begun and _is_open(rules, before, wall):
        return before
    return date


def _past(ordered: Sequence[PlacedCaption], not_before: dt.datetime | None) -> list[Violation]:
    if not_before is None:
        return []
    start = _local(not_before).isoformat()
    return [
        Violation(
            Rule.WEEK_BEGUN,
            (m.caption_id,),
            f"{_local(m.send_time).isoformat()} lies before {start}, when the week was planned",
        )
        for m in ordered
        if m.send_time < not_before
    ]


def _gaps(
    rules: WeekRules, ordered: Sequence[PlacedCaption], sent: Sequence[SentMessage]
) -> list[Violation]:
    """Gaps between neighbours in time, except between two that are already fixed."""
    timeline: list[tuple[dt.datetime, MessageType, int | None]] = [
        *((m.send_time, m.message_type, m.caption_id) for m in ordered),
        *((s.send_time, s.message_type, None) for s in sent),
    ]
    timeline.sort(key=lambda entry: entry[0])
    every = _close(timeline, rules.message_gap_minutes, Rule.MESSAGE_GAP)
    ppvs = [entry for entry in timeline if entry[1] == "PPV"]
    return [*every, *_close(ppvs, rules.min_gap_minutes, Rule.MIN_GAP)]


def _close(
    timeline: Sequence[tuple[dt.datetime, MessageType, int | None]], minutes: int, rule: Rule
) -> list[Violation]:
    found: list[Violation] = []
    for i, (earlier, _, one) in enumerate(timeline):
        for later, _, other in timeline[i + 1 :]:
            apart = (later - earlier).total_seconds() / 60
            if apart >= minutes:
                break
            ids = tuple(caption for caption in (one, other) if caption is not None)
            if ids:
                detail = (
                    f"{_local(earlier).isoformat()} and {_local(later).isoformat()} are "
                    f"{apart:g} minutes apart, under {minutes}"
                )
                found.append(Violation(rule, ids, detail))
    return found


def _day_maximum(
    rules: WeekRules, ordered: Sequence[PlacedCaption], sent: Sequence[SentMessage]
) -> list[Violation]:
    standing = Counter(_day_of(rules, s.send_time) for s in sent)
    planned: dict[dt.date, list[int]] = {}
    for message in ordered:
        planned.setdefault(_day_of(rules, message.send_time), []).append(message.caption_id)
    return [
        Violation(
            Rule.MAX_MESSAGES_PER_DAY,
            tuple(ids),
            f"{date} has {len(ids) + standing[date]} messages, over {rules.max_messages_per_day}",
        )
        for date, ids in sorted(planned.items())
        if len(ids) + standing[date] > rules.max_messages_per_day
    ]


def _ppv_maximum(
    rules: WeekRules, ordered: Sequence[PlacedCaption], sent: Sequence[SentMessage]
) -> list[Violation]:
    """PPVs of a day in a week that had begun when it was planned."""
    most = rules.max_ppvs_per_day
    if most is None:
        return []
    standing = Counter(_day_of(rules, s.send_time) for s in sent if s.message_type == "PPV")
    planned: dict[dt.date, list[int]] = {}
    for message in ordered:
        if message.message_type == "PPV":
            planned.setdefault(_day_of(rules, message.send_time), []).append(message.caption_id)
    return [
        Violation(
            Rule.WEEK_BEGUN,
            tuple(ids),
            f"{date} has {len(ids) + standing[date]} PPVs, over the week's daily plan of {most}",
        )
        for date, ids in sorted(planned.items())
        if len(ids) + standing[date] > most
    ]


def _cooling(rules: WeekRules, ordered: Sequence[PlacedCaption]) -> list[Violation]:
    opens = rules.week_start + dt.timedelta(days=rules.cooling_days)
    return [
        Violation(
            Rule.COOLING_DAYS,
            (m.caption_id,),
            f"a PPV on {_day_of(rules, m.send_time)}: PPVs are open from {opens}",
        )
        for m in ordered
        if m.message_type == "PPV" and _day_of(rules, m.send_time) < opens
    ]


def _balance(
    rules: WeekRules,
    ordered: Sequence[PlacedCaption],
    not_before: dt.datetime | None,
    sent: Sequence[SentMessage],
) -> list[Violation]:
    """PPVs of two open days differ by at most 1.

    Days past are not open, nor are closed dates; a day whose first slots are past, or whose hours
    are shorter than another's, may hold fewer; no day is blamed for messages that stood there
    before.
    """
    planned: dict[dt.date, list[int]] = {}
    for message in ordered:
        if message.message_type == "PPV":
            planned.setdefault(_day_of(rules, message.send_time), []).append(message.caption_id)
    standing = Counter(_day_of(rules, s.send_time) for s in sent if s.message_type == "PPV")

    week = [rules.week_start + dt.timedelta(days=n) for n in range(7)]
    lengths = {day: _length(rules, day) for day in week}
    opens = [day for day in week[rules.cooling_days :] if lengths[day] is not None]
    counts = {day: len(planned.get(day, [])) + standing[day] for day in opens}
    longest = max((length for length in lengths.values() if length is not None), default=0)
    whole = [
        day
        for day in opens
        if lengths[day] == longest and (not_before is None or not_before <= _first_slot(rules, day))
    ]
    if not whole:
        return []
    fewest = min(counts[day] for day in whole)
    return [
        Violation(
            Rule.PPV_BALANCE,
            tuple(planned[day]),
            f"{day} has {counts[day]} PPVs while another open day has {fewest}",
        )
        for day in opens
        if day in planned and counts[day] > fewest + 1
    ]


def _length(rules: WeekRules, day: dt.date) -> int | None:
    """Hours that a date is open on the clock; None when it is closed."""
    hours = rules.hours_of(day)
    if hours is None:
        return None
    return hours.last - hours.first + (24 if hours.last < hours.first else 0)


def _first_slot(rules: WeekRules, day: dt.date) -> dt.datetime:
    hours = rules.hours_of(day)
    assert hours is not None  # asked of open days alone
    return dt.datetime(day.year, day.month, day.day, hours.first, tzinfo=LA)
