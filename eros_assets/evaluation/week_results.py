"""What became of a week: each message planned, sent and earned, and their sums with intervals.

Counts ripen for days. A message's expected earnings are therefore those to expect at the age at
which its counts were read (expected x maturity), and one that is too young to be compared is
counted apart.
"""

import datetime as dt
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Outcome = Literal["on time", "other time", "not sent", "not due", "earlier plan", "not planned"]
OUTCOMES: Mapping[Outcome, str] = {
    "on time": "sent as planned",
    "other time": "sent at another time",
    "not sent": "planned, not sent",
    "not due": "not due yet",
    "earlier plan": "sent as an earlier plan had it",
    "not planned": "sent outside the plan",
}
"""What can become of a message, in words."""

Z = 1.959963984540054
"""Quantile of the normal distribution of two-sided 95 %."""

WIDEST = 9.0
"""An interval whose upper bound is more times its lower one says nothing: threefold either way."""

Bounds = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageResult:
    """A message of the week: what was planned of it, and what was sent.

    Money is USD. What was not planned has no `planned_time`, what was not sent no `sent_time` and
    no counts. `rate` is the conversion rate that was expected, with its 95 % interval; `dispersion`
    is what trials are divided by to be effective, `send_noise` the variance of a send's rate about
    its caption's beyond that, relative to the square. A trial of a PPV is a view and its success a
    purchase; a trial of a Bump is a recipient and its success a view.
    """

    page_name: str
    outcome: Outcome
    message_type: str
    price_tier: str | None = None
    schedule_id: str | None = None
    message_number: int | None = None
    caption_id: int | None = None
    caption_text: str = ""
    content_category: str | None = None
    arm: str | None = None
    source: str | None = None
    planned_time: dt.datetime | None = None
    sent_time: dt.datetime | None = None
    suggested_price: float | None = None
    price: float | None = None
    expected_value: float | None = None
    rate: float | None = None
    rate_bounds: Bounds | None = None
    dispersion: float = 1.0
    send_noise: float = 0.0
    recipients: int = 0
    views: int = 0
    purchases: int = 0
    earnings: float = 0.0
    age_hours: float | None = None
    maturity: float = 1.0
    is_ripe: bool = True

    def effective_trials(self, rate: float) -> float:
        """The trials of a binomial that would tell as much about this rate."""
        return self.trials / (self.dispersion + self.send_noise * self.trials * rate)

    @property
    def is_sent(self) -> bool:
        """Whether it was sent."""
        return self.sent_time is not None

    @property
    def is_planned(self) -> bool:
        """Whether a schedule in force holds it."""
        return self.outcome not in ("not planned", "earlier plan")

    @property
    def is_comparable(self) -> bool:
        """Whether its earnings can be held against what was expected of it."""
        return self.is_sent and self.is_ripe and self.expected_value is not None

    @property
    def expected_by_now(self) -> float | None:
        """Earnings to expect at the age at which its counts were read, USD."""
        return None if self.expected_value is None else self.expected_value * self.maturity

    @property
    def minutes_late(self) -> int | None:
        """Minutes from the planned to the actual time; negative when it was early."""
        if self.planned_time is None or self.sent_time is None:
            return None
        return round((self.sent_time - self.planned_time).total_seconds() / 60)

    @property
    def trials(self) -> float:
        """Views of a PPV; recipients of a Bump, scaled by maturity, and at least its views."""
        if self.message_type == "PPV":
            return self.views
        return max(self.recipients * self.maturity, self.views)

    @property
    def successes(self) -> int:
        """Purchases of a PPV, views of a Bump."""
        return self.purchases if self.message_type == "PPV" else self.views


@dataclass(frozen=True, slots=True)
class Ratio:
    """Earned over expected, with a 95 % interval; None where there is too little to tell."""

    value: float | None = None
    lower: float | None = None
    upper: float | None = None

    @property
    def verdict(self) -> str:
        """Whether what was earned lies outside what was expected."""
        if self.lower is None or self.upper is None:
            return "too little to tell"
        if self.lower > 1:
            return "more than expected"
        if self.upper < 1:
            return "less than expected"
        return "as expected" if self.upper <= WIDEST * self.lower else "too little to tell"


@dataclass(frozen=True, slots=True)
class Sums:
    """Sums over messages: of a creator, or of all.

    `expected_planned` is what all planned messages are expected to earn in the end; `expected` and
    `earned` are of the same messages: sent, old enough to be compared, and with an expectation.
    `earned_all` is what every sent message earned until its counts were read.
    """

    name: str
    counts: Mapping[Outcome, int]
    planned: int
    sent: int
    unripe: int
    unripe_earned: float
    expected_planned: float
    expected: float
    earned: float
    earned_all: float
    outside_earned: float
    not_sent_expected: float
    ratio: Ratio

    @property
    def difference(self) -> float:
        """Earned less expected, USD."""
        return self.earned - self.expected


def sums_of(name: str, messages: Sequence[MessageResult], ratio: Ratio) -> Sums:
    """The sums over some messages, with the ratio of earned to expected."""
    compared = [m for m in messages if m.is_comparable]
    unripe = [m for m in messages if m.is_sent and not m.is_ripe]
    return Sums(
        name=name,
        counts={outcome: sum(m.outcome == outcome for m in messages) for outcome in OUTCOMES},
        planned=sum(m.is_planned for m in messages),
        sent=sum(m.is_sent for m in messages),
        unripe=len(unripe),
        unripe_earned=_sum(m.earnings for m in unripe),
        expected_planned=_sum(m.expected_value for m in messages if m.is_planned),
        expected=_sum(m.expected_by_now for m in compared),
        earned=_sum(m.earnings for m in compared),
        earned_all=_sum(m.earnings for m in messages if m.is_sent),
        outside_earned=_sum(m.earnings for m in messages if m.outcome == "not planned"),
        not_sent_expected=_sum(m.expected_value for m in messages if m.outcome == "not sent"),
        ratio=ratio,
    )


def ratio_of_messages(messages: Sequence[MessageResult]) -> Ratio:
    """Earned over expected of one creator, its messages being the units, see `ratio_of`."""
    compared = [m for m in messages if m.is_comparable]
    return ratio_of([m.earnings for m in compared], [m.expected_by_now or 0.0 for m in compared])


def ratio_of_creators(messages: Sequence[MessageResult]) -> Ratio:
    """Earned over expected of several creators, who are the units, see `ratio_of`."""
    earned: dict[str, float] = {}
    expected: dict[str, float] = {}
    for m in messages:
        if m.is_comparable:
            earned[m.page_name] = earned.get(m.page_name, 0.0) + m.earnings
            expected[m.page_name] = expected.get(m.page_name, 0.0) + (m.expected_by_now or 0.0)
    return ratio_of(list(earned.values()), list(expected.values()))


def ratio_of(earned: Sequence[float], expected: Sequence[float]) -> Ratio:
    """The ratio of two sums over the same units, with a 95 % interval.

    The interval is the delete-one jackknife's over the units, of the logarithm of the ratio, with
    Student's quantile (Efron and Stein 1981; Cochran 1977, chapter 6, on ratios of sums). It says
    what units like these would earn on average. A unit of which nothing was expected is no
    evidence and is left out. Fewer than three units, or nothing earned without one of them: no
    bounds.
    """
    import numpy as np  # here and not above: it takes long to import

    from eros_assets.evaluation.intervals import jackknife_interval

    y, x = np.array(earned, dtype=np.float64), np.array(expected, dtype=np.float64)
    y, x = y[x > 0], x[x > 0]
    if not x.size:
        return Ratio()
    value = float(y.sum() / x.sum())
    if x.size < 3:
        return Ratio(value)
    without = (y.sum() - y) / (x.sum() - x)
    if value <= 0 or (without <= 0).any():
        return Ratio(value)
    found = jackknife_interval(math.log(value), np.log(without))
    if not math.isfinite(found.standard_error):
        return Ratio(value)
    return Ratio(value, math.exp(found.lower), math.exp(found.upper))


def wilson(successes: float, trials: float) -> Bounds | None:
    """Wilson's 95 % interval of a rate (Wilson 1927); None without a trial."""
    if trials <= 0:
        return None
    rate, z2 = successes / trials, Z**2
    middle = (rate + z2 / (2 * trials)) / (1 + z2 / trials)
    reach = Z / (1 + z2 / trials) * math.sqrt(rate * (1 - rate) / trials + z2 / (4 * trials**2))
    return max(middle - reach, 0.0), min(middle + reach, 1.0)


def grouped(
    messages: Iterable[MessageResult], key: Callable[[MessageResult], object]
) -> dict[object, list[MessageResult]]:
    """The messages by a key, in the order in which keys occur."""
    groups: dict[object, list[MessageResult]] = {}
    for message in messages:
        groups.setdefault(key(message), []).append(message)
    return groups


def _sum(values: Iterable[float | None]) -> float:
    return math.fsum(value for value in values if value is not None)
