"""What a week says of each caption that was sent: its rate with an interval, and what it earned."""

from collections.abc import Sequence
from dataclasses import dataclass

from eros_assets.evaluation.week_results import Bounds, MessageResult, grouped, wilson


@dataclass(frozen=True, slots=True)
class CaptionResult:
    """A caption (or a text of people's own) that was planned or sent in a week.

    `bounds` is Wilson's interval of the rate from effective trials, because sends vary more than a
    binomial does. `expected_rate` and its bounds are means over the messages, as they were when the
    week was planned. `earned_bounds` is what it would have earned with the rate
    at its bounds, USD; None of a Bump. Counts that are not ripe are in `unripe` alone.
    """

    caption_id: int | None
    caption_text: str
    message_type: str
    price_tier: str | None
    pages: Sequence[str]
    planned: int
    sent: int
    unripe: int
    recipients: int
    trials: float
    successes: int
    rate: float | None
    bounds: Bounds | None
    expected_rate: float | None
    expected_bounds: Bounds | None
    expected: float | None
    earned: float
    earned_bounds: Bounds | None

    @property
    def verdict(self) -> str:
        """Whether its rate lies outside what was expected: the intervals don't meet."""
        if self.bounds is None or self.expected_bounds is None:
            return "too little to tell"
        if self.bounds[0] > self.expected_bounds[1]:
            return "better than expected"
        return "worse than expected" if self.bounds[1] < self.expected_bounds[0] else "as expected"


def caption_results(messages: Sequence[MessageResult]) -> list[CaptionResult]:
    """One result per caption and type, those that earned most first."""
    groups = grouped(
        messages,
        lambda m: (m.caption_id if m.caption_id is not None else m.caption_text, m.message_type),
    )
    found = [_result(group) for group in groups.values()]
    return sorted(found, key=lambda r: (-r.earned, -r.sent, r.caption_id or 0, r.caption_text))


def _result(group: Sequence[MessageResult]) -> CaptionResult:
    first = group[0]
    ripe = [m for m in group if m.is_sent and m.is_ripe]
    trials, successes = sum(m.trials for m in ripe), sum(m.successes for m in ripe)
    rate = successes / trials if trials > 0 else None
    effective = sum(m.effective_trials(rate or 0.0) for m in ripe)
    bounds = None if rate is None else wilson(rate * effective, effective)
    known = [m for m in group if m.rate is not None and m.rate_bounds is not None]
    earned = sum(m.earnings for m in ripe)
    of_each_success = earned / successes if successes else None
    if of_each_success is None and first.message_type == "PPV":
        of_each_success = next((m.price for m in ripe if m.price is not None), None)
    return CaptionResult(
        caption_id=first.caption_id,
        caption_text=first.caption_text,
        message_type=first.message_type,
        price_tier=first.price_tier,
        pages=sorted({m.page_name for m in group}),
        planned=sum(m.is_planned for m in group),
        sent=sum(m.is_sent for m in group),
        unripe=sum(m.is_sent and not m.is_ripe for m in group),
        recipients=sum(m.recipients for m in ripe),
        trials=trials,
        successes=successes,
        rate=rate,
        bounds=bounds,
        expected_rate=_mean([m.rate for m in known if m.rate is not None]),
        expected_bounds=_mean_bounds([m.rate_bounds for m in known if m.rate_bounds]),
        expected=_total([m.expected_by_now for m in group if m.is_comparable]),
        earned=earned,
        earned_bounds=(
            (bounds[0] * trials * of_each_success, bounds[1] * trials * of_each_success)
            if first.message_type == "PPV" and bounds is not None and of_each_success is not None
            else None
        ),
    )


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _mean_bounds(values: Sequence[Bounds]) -> Bounds | None:
    if not values:
        return None
    return sum(v[0] for v in values) / len(values), sum(v[1] for v in values) / len(values)


def _total(values: Sequence[float | None]) -> float | None:
    return sum(v for v in values if v is not None) if values else None
