"""The inputs and outputs of planning a creator's week, as frozen values.

Instants are timezone-aware UTC, hours and dates are LA wall time, gaps are minutes, scores and
values are dimensionless (1.0 is an average slot, a caption of 1.0 is the page's mean).
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from eros_assets.errors import ErosError

MessageType = Literal["PPV", "Bump"]


class PlanningError(ErosError):
    """No week can be planned from these targets, captions or rules."""


class Rule(StrEnum):
    """The hard rules of a week, named as in the targets and in messages to users."""

    MIN_GAP = "min_gap_minutes"
    MESSAGE_GAP = "message_gap_minutes"
    MAX_MESSAGES_PER_DAY = "max_messages_per_day"
    COOLING_DAYS = "cooling_days"
    PPV_BALANCE = "ppv_balance"
    SENDING_HOURS = "sending_hours"
    GRID = "grid_minutes"
    CAPTION_ONCE = "caption_once"
    WEEK_BEGUN = "week_begun"

    @property
    def words(self) -> str:
        """The rule in words, followed by its name."""
        return f"{_WORDS[self]} ({self.value})"


_WORDS: Mapping[Rule, str] = {
    Rule.MIN_GAP: "time between two PPVs",
    Rule.MESSAGE_GAP: "time between any two messages",
    Rule.MAX_MESSAGES_PER_DAY: "most messages a day",
    Rule.COOLING_DAYS: "days without PPVs",
    Rule.PPV_BALANCE: "PPVs even over the days",
    Rule.SENDING_HOURS: "hours of sending",
    Rule.GRID: "grid of times",
    Rule.CAPTION_ONCE: "each caption once",
    Rule.WEEK_BEGUN: "what is left of a week that has begun",
}


@dataclass(frozen=True, slots=True)
class Caption:
    """A caption selected for the page and week.

    `placement_score` is what the planner values the caption by; None stands for `score`. For
    captions of the control arm the caller passes the mean of the page's treatment captions, so that
    both arms get slots of the same worth and their EMV can be compared.
    """

    caption_id: int
    message_type: MessageType
    price_tier: str
    content_category: str | None
    score: float
    arm: str = "treatment"
    placement_score: float | None = None

    @property
    def worth(self) -> float:
        """The score that placement counts with."""
        return self.score if self.placement_score is None else self.placement_score


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message that is already fixed: sent, or set by a person. Planning works around it.

    Category and tier, where known, count in the penalties for sameness of what follows.
    """

    send_time: dt.datetime
    message_type: MessageType
    price_tier: str | None = None
    content_category: str | None = None


@dataclass(frozen=True, slots=True)
class SendingHours:
    """The hours of a date at which messages may start: `first`:00 to `last`:00 LA, both included.

    With `last` below `first` they reach past midnight into the next date. What is sent there
    belongs to the date on which the hours began: it counts in that date's maximum and balance.

    Raises:
        PlanningError: an hour outside 0 to 23.
    """

    first: int
    last: int

    def __post_init__(self) -> None:
        """Refuse hours that no clock shows."""
        if not (0 <= self.first <= 23 and 0 <= self.last <= 23):
            raise PlanningError(f"sending hours {self.first} to {self.last} must lie in 0 to 23")

    @property
    def passes_midnight(self) -> bool:
        """Whether the hours end on the next date."""
        return self.last < self.first

    @property
    def length(self) -> int:
        """Hours from the first to the last, on the clock."""
        return (self.last - self.first) % 24


@dataclass(frozen=True, slots=True)
class WeekRules:
    """The rules and weights of one page's week.

    `min_gap_minutes` is the effective PPV gap, saturation's extension included. Messages start
    from `first_hour`:00 to `last_hour`:00, both ends included, but for the dates in `exceptions`,
    which have hours of their own, or are closed (None). No hours reach into the next date's or
    into the next week. No PPV goes out on the first `cooling_days` dates of the week.
    `max_ppvs_per_day` is set for a week that has begun: what is left of it is not crowded into its
    last days.

    Raises:
        PlanningError: a rule outside its range, named.
    """

    week_start: dt.date
    min_gap_minutes: int
    max_messages_per_day: int
    cooling_days: int = 0
    bump_weight: float = 0.2
    category_penalty: float = 0.05
    tier_penalty: float = 0.05
    first_hour: int = 8
    last_hour: int = 22
    grid_minutes: int = 15
    message_gap_minutes: int = 45
    max_ppvs_per_day: int | None = None
    exceptions: Mapping[dt.date, SendingHours | None] = field(
        default_factory=dict[dt.date, SendingHours | None]
    )

    def __post_init__(self) -> None:
        """Refuse a rule outside its range."""

        def refuse(name: str, why: str) -> PlanningError:
            return PlanningError(f"week {self.week_start}: {name} {getattr(self, name)} {why}")

        if self.week_start.isoweekday() != 1:
            raise refuse("week_start", f"is a {self.week_start:%A}; a week is named by its Monday")
        if not 0 <= self.first_hour <= self.last_hour <= 23:
            raise refuse("first_hour", f"must lie in 0 to last_hour ({self.last_hour}, at most 23)")
        if self.grid_minutes < 5 or 60 % self.grid_minutes:
            raise refuse("grid_minutes", "must divide an hour and be 5 at least")
        if not 0 <= self.min_gap_minutes <= 22 * 60:
            raise refuse("min_gap_minutes", "must lie in 0 to 1320, 22 hours")
        if not 1 <= self.message_gap_minutes <= 12 * 60:
            raise refuse("message_gap_minutes", "must lie in 1 to 720, 12 hours")
        if self.max_messages_per_day < 0:
            raise refuse("max_messages_per_day", "must not be negative")
        if self.max_ppvs_per_day is not None and self.max_ppvs_per_day < 0:
            raise refuse("max_ppvs_per_day", "must not be negative")
        if not 0 <= self.cooling_days <= 7:
            raise refuse("cooling_days", "must lie in 0 to 7")
        for name in ("bump_weight", "category_penalty", "tier_penalty"):
            if not 0 <= getattr(self, name) < float("inf"):
                raise refuse(name, "must be a number from 0")

    def hours_of(self, date: dt.date) -> SendingHours | None:
        """The hours of a date; None when it is closed."""
        return self.exceptions.get(date, SendingHours(self.first_hour, self.last_hour))

    @property
    def ppv_gap_minutes(self) -> int:
        """The gap that two PPVs keep: never below that of any two messages."""
        return max(self.min_gap_minutes, self.message_gap_minutes)

    def weight(self, message_type: MessageType) -> float:
        """The weight of a message's score in the week's value."""
        return 1.0 if message_type == "PPV" else self.bump_weight


@dataclass(frozen=True, slots=True)
class SlotValues:
    """The value of each hour of the week on the page, relative to the page's mean.

    Keys are (ISO day of week 1 to 7, LA hour 0 to 23, message type); an hour without history is
    worth `default`.
    """

    values: Mapping[tuple[int, int, MessageType], float] = field(
        default_factory=dict[tuple[int, int, MessageType], float]
    )
    default: float = 1.0

    def value(self, day_of_week: int, hour: int, message_type: MessageType) -> float:
        """The hour's value for messages of this type."""
        return self.values.get((day_of_week, hour, message_type), self.default)


@dataclass(frozen=True, slots=True)
class PlannedMessage:
    """One message of the plan.

    `number` counts from 1 in order of time. `value` is its share of the week's value before
    penalties: weight times slot value times worth. `rank` is the caption's place by worth among
    the week's planned messages of its type, `slot_rank` its hour's place among the hours of the
    week that its type may use; 1 is best, equals share a rank.
    """

    number: int
    send_time: dt.datetime
    caption: Caption
    slot_value: float
    value: float
    rank: int
    slot_rank: int


@dataclass(frozen=True, slots=True)
class DroppedCaption:
    """A caption that doesn't fit the week, and the rules of which relaxing any one would admit it.

    When no single rule is enough, `rules` are those that are enough together.
    """

    caption: Caption
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class WeekPlan:
    """A page's week: messages in order of time, and what was left out, best first.

    `objective` is the contracts' value, penalties taken off. `bound` is proven: no schedule of
    the same messages that holds the hard rules is worth more.
    """

    messages: tuple[PlannedMessage, ...]
    dropped: tuple[DroppedCaption, ...]
    objective: float
    category_pairs: int
    tier_runs: int
    bound: float | None = None
