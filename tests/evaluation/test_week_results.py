"""Sums of a week and their intervals, against values worked out by hand and by scipy."""

import datetime as dt
import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

from eros_assets.evaluation.caption_results import caption_results
from eros_assets.evaluation.week_results import (
    MessageResult,
    Ratio,
    ratio_of,
    ratio_of_creators,
    ratio_of_messages,
    sums_of,
    wilson,
)

NOON = dt.datetime(2025, 11, 10, 20, tzinfo=dt.UTC)


def sent(earnings: float = 100.0, **changes: Any) -> MessageResult:
    """A PPV that was sent as planned, and counted when it was ripe."""
    values: dict[str, Any] = {
        "page_name": "cook",
        "outcome": "on time",
        "message_type": "PPV",
        "planned_time": NOON,
        "sent_time": NOON,
        "price": 10.0,
        "expected_value": 80.0,
        "recipients": 1000,
        "views": 400,
        "purchases": 10,
        "earnings": earnings,
    }
    return MessageResult(**(values | changes))


NOT_SENT = sent(0.0, outcome="not sent", sent_time=None, expected_value=50.0)
NOT_DUE = sent(0.0, outcome="not due", sent_time=None, expected_value=40.0)
UNRIPE = sent(7.0, outcome="other time", is_ripe=False, maturity=0.3)
HALF_RIPE = sent(60.0, maturity=0.5)
OUTSIDE = sent(33.0, outcome="not planned", planned_time=None, expected_value=None)
EARLIER = sent(90.0, outcome="earlier plan")


def test_sums_of_a_week_by_hand() -> None:
    messages = [sent(100.0), HALF_RIPE, NOT_SENT, NOT_DUE, UNRIPE, OUTSIDE, EARLIER]
    found = sums_of("cook", messages, Ratio())
    assert dict(found.counts) == {
        "on time": 2,
        "other time": 1,
        "not sent": 1,
        "not due": 1,
        "earlier plan": 1,
        "not planned": 1,
    }
    assert (found.planned, found.sent, found.unripe, found.unripe_earned) == (5, 5, 1, 7.0)
    # Compared: 100 of 80, 60 of 80 x 0.5, and 90 of 80 of the earlier plan.
    assert (found.expected, found.earned) == (200.0, 250.0)
    assert found.difference == 50.0
    assert found.expected_planned == 80 + 80 + 50 + 40 + 80
    assert found.not_sent_expected == 50.0
    assert found.outside_earned == 33.0
    assert found.earned_all == 100 + 60 + 7 + 33 + 90


def test_ratio_of_sums_has_the_jackknife_s_interval_of_its_logarithm() -> None:
    y, x = np.array([120.0, 60.0, 90.0, 30.0]), np.array([100.0, 80.0, 60.0, 60.0])
    value = y.sum() / x.sum()
    without = np.array([np.delete(y, n).sum() / np.delete(x, n).sum() for n in range(4)])
    error = math.sqrt(3 / 4 * ((np.log(without) - math.log(value)) ** 2).sum())
    reach = stats.t.ppf(0.975, 3) * error
    found = ratio_of(list(y), list(x))
    assert found.value == pytest.approx(value)
    assert (found.lower, found.upper) == pytest.approx(
        (value * math.exp(-reach), value * math.exp(reach))
    )


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    """200 creators of 15 messages, whose sends vary as those of the sample agency do."""
    rng = np.random.default_rng(4)
    expected = rng.gamma(2.0, 50.0, (200, 15))
    earned = expected * rng.lognormal(-(0.6**2) / 2, 0.6, (200, 15))
    found = [ratio_of(list(y), list(x)) for y, x in zip(earned, expected, strict=True)]
    held = [r for r in found if r.lower is not None and r.upper is not None]
    assert len(held) == 200
    assert 0.88 <= np.mean([r.lower <= 1 <= r.upper for r in held if r.lower and r.upper]) <= 0.99


@pytest.mark.parametrize(
    ("earned", "expected", "value"),
    [
        ([], [], None),
        ([5.0], [0.0], None),  # a bump: nothing is expected, nothing said
        ([50.0, 150.0], [100.0, 100.0], 1.0),
        ([0.0, 0.0, 0.0], [10.0, 10.0, 10.0], 0.0),
        ([30.0, 0.0, 0.0], [10.0, 10.0, 10.0], 1.0),  # without the first nothing was earned
    ],
)
def test_too_little_has_no_interval(
    earned: list[float], expected: list[float], value: float | None
) -> None:
    found = ratio_of(earned, expected)
    assert found == Ratio(value)
    assert found.verdict == "too little to tell"


@pytest.mark.parametrize(
    ("bounds", "verdict"),
    [
        ((1.1, 2.0), "more than expected"),
        ((0.2, 0.9), "less than expected"),
        ((0.7, 1.4), "as expected"),
        ((0.1, 8.0), "too little to tell"),
    ],
)
def test_verdicts(bounds: tuple[float, float], verdict: str) -> None:
    assert Ratio(1.0, *bounds).verdict == verdict


def test_units_are_messages_of_a_creator_and_creators_of_an_agency() -> None:
    of = {page: [sent(e, page_name=page) for e in (60.0, 90.0, 120.0)] for page in "abc"}
    messages = [*of["a"], *of["b"], *of["c"], OUTSIDE, UNRIPE]
    of_all = ratio_of_creators(messages)
    assert of_all.value == pytest.approx(270 / 240)
    assert of_all.lower == pytest.approx(of_all.upper)  # the creators are alike
    alone = ratio_of_messages(of["a"])
    assert alone.value == pytest.approx(270 / 240)
    assert alone.lower is not None
    assert alone.lower < 270 / 240


def test_a_send_is_never_worth_more_than_its_noise_lets_it() -> None:
    """However many trials it has, its rate tells no more than one over the noise successes."""
    [large] = caption_results([sent(100.0, caption_id=7, send_noise=0.25)])
    assert large.rate is not None
    worth = 400 / (1 + 0.25 * 400 * large.rate)
    assert large.bounds == wilson(large.rate * worth, worth)


@pytest.mark.parametrize(("successes", "trials"), [(0, 10), (3, 40), (40, 40)])
def test_wilson_is_scipy_s(successes: int, trials: int) -> None:
    reference = stats.binomtest(successes, trials).proportion_ci(method="wilson")
    assert wilson(successes, trials) == pytest.approx((reference.low, reference.high), abs=1e-12)
    assert wilson(0, 0) is None


def test_caption_has_its_rate_with_dispersed_trials_and_its_earnings() -> None:
    sends = [
        sent(100.0, caption_id=7, rate=0.05, rate_bounds=(0.04, 0.06), dispersion=4.0),
        sent(60.0, caption_id=7, purchases=6, page_name="coach", dispersion=4.0),
        sent(9.0, caption_id=7, is_ripe=False),
        sent(0.0, caption_id=8, outcome="not sent", sent_time=None),
    ]
    first, second = caption_results(sends)
    assert (first.caption_id, first.pages, first.planned, first.sent) == (
        7,
        ["coach", "cook"],
        3,
        3,
    )
    assert (first.unripe, first.trials, first.successes) == (1, 800, 16)
    assert first.rate == 0.02
    assert first.bounds == wilson(0.02 * 200, 200)
    assert first.bounds is not None
    assert (first.expected_rate, first.expected_bounds) == (0.05, (0.04, 0.06))
    assert (first.expected, first.earned) == (160.0, 160.0)
    assert first.earned_bounds == pytest.approx([b * 800 * 10 for b in first.bounds])
    assert first.verdict == "as expected"
    assert (second.caption_id, second.sent, second.rate, second.bounds) == (8, 0, None, None)
    assert second.verdict == "too little to tell"


def test_caption_s_rate_may_lie_outside_what_was_expected() -> None:
    [worse] = caption_results(
        [sent(0.0, caption_id=1, purchases=0, views=4000, rate=0.05, rate_bounds=(0.04, 0.06))]
    )
    assert worse.verdict == "worse than expected"
    assert worse.earned_bounds is not None
    assert worse.earned_bounds[0] == 0.0
    [better] = caption_results(
        [sent(3000.0, caption_id=1, purchases=300, rate=0.05, rate_bounds=(0.04, 0.06))]
    )
    assert better.verdict == "better than expected"


def test_bump_s_trials_are_recipients_at_their_maturity() -> None:
    bump = sent(0.0, message_type="Bump", price=None, recipients=1000, views=300, maturity=0.5)
    assert (bump.trials, bump.successes) == (500.0, 300)
    [found] = caption_results([bump])
    assert (found.rate, found.earned_bounds) == (0.6, None)
