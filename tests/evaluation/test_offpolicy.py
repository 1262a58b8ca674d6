"""Estimates of another setting from the log of this one, where the truth is known."""

import datetime as dt
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from eros_assets.evaluation import replay as replaying
from eros_assets.evaluation.offpolicy import (
    LoggedMessages,
    doubly_robust,
    inverse_propensity,
    policy_value,
    self_normalised,
)
from eros_assets.evaluation.pools import chances
from eros_assets.evaluation.replay import Policy, TierPool, replay

PLACES, CAPTIONS = 5, 60


class Bandit:
    """One tier on some pages: captions with known rewards, this setting's chances and another's."""

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.rate = rng.beta(2, 30, CAPTIONS)
        self.mean = self.rate * 400 * rng.uniform(0.5, 1.5, CAPTIONS)
        self.logged = self._chances(rng.uniform(0.2, 1, CAPTIONS))
        self.candidate = self._chances(self.rate**0.5)

    @staticmethod
    def _chances(wish: np.ndarray) -> np.ndarray:
        return PLACES * wish / wish.sum()

    @property
    def truth(self) -> float:
        return float(self.candidate @ self.mean / PLACES)

    def log(self, rng: np.random.Generator, pages: int = 20, weeks: int = 8) -> LoggedMessages:
        """Messages of some weeks, each caption in with its own chance."""
        page = np.repeat(np.arange(pages), weeks)
        where, which = np.nonzero(rng.random((page.size, CAPTIONS)) < self.logged)
        reward = rng.gamma(0.7, self.mean[which] / 0.7)
        expected = float(self.candidate @ self.rate / PLACES)
        return LoggedMessages(
            reward=reward,
            logged=self.logged[which] / PLACES,
            candidate=self.candidate[which] / PLACES,
            rate=self.rate[which],
            expected_rate=np.full(which.size, expected),
            stratum=np.zeros(which.size, dtype=np.int64),
            cluster=page[where],
        )


@pytest.mark.parametrize("estimate", [inverse_propensity, self_normalised, doubly_robust])
def test_estimates_centre_on_what_the_candidate_earns(estimate: object) -> None:
    bandit, rng = Bandit(1), np.random.default_rng(2)
    assert callable(estimate)
    found = np.array([estimate(bandit.log(rng)) for _ in range(300)])
    error = float(found.std()) / math.sqrt(found.size)
    # The number of messages is drawn too, and the model is fitted on them: ratios, biased by 1/n.
    assert float(found.mean()) == pytest.approx(bandit.truth, abs=4 * error + 0.01 * bandit.truth)
    log = bandit.log(rng)
    assert abs(float(log.reward.mean()) - bandit.truth) > 10 * error  # the log itself is elsewhere


def test_intervals_cover_what_the_candidate_earns() -> None:
    bandit, rng = Bandit(3), np.random.default_rng(4)
    studies = [policy_value(bandit.log(rng)) for _ in range(200)]
    for name in ("self_normalised", "doubly_robust"):
        intervals = [getattr(value, name) for value in studies]
        covered = sum(i.lower <= bandit.truth <= i.upper for i in intervals)
        assert covered / len(studies) >= 0.9, name


def test_a_model_that_knows_the_reward_makes_the_doubly_robust_estimate_sharper() -> None:
    bandit, rng = Bandit(5), np.random.default_rng(6)
    bandit.mean = bandit.rate * 400
    logs = [bandit.log(rng) for _ in range(150)]
    spread = {
        f.__name__: float(np.std([f(log) for log in logs]))
        for f in (inverse_propensity, doubly_robust)
    }
    assert spread["doubly_robust"] < 0.9 * spread["inverse_propensity"]


def test_thin_overlap_is_said() -> None:
    """A candidate that chooses what this setting hardly ever does can't be judged."""
    bandit = Bandit(7)
    enough = policy_value(bandit.log(np.random.default_rng(8)))
    assert enough.overlap_is_enough
    bandit.candidate = np.zeros(CAPTIONS)
    bandit.candidate[bandit.logged.argmin()] = PLACES
    thin = policy_value(bandit.log(np.random.default_rng(9)))
    assert not thin.overlap_is_enough
    assert thin.effective_messages < 50


def a_pool(
    seed: int,
    places: int = 4,
    size: int = 120,
    category_room: tuple[int, ...] = (120,) * 4,
    urgent_room: int = 120,
) -> TierPool:
    rng = np.random.default_rng(seed)
    evidence = np.vstack((rng.uniform(0, 8, size), rng.uniform(0, 200, size)))
    return TierPool(
        captions=np.ones(size, dtype=np.int64),
        prior=np.vstack((rng.uniform(0.5, 2, size), rng.uniform(40, 90, size))),
        evidence=evidence,
        category=np.arange(size) % 4,
        is_urgent=np.arange(size) % 3 == 0,
        relative_use=np.array([0.0, 0.25, 0.5, 1.0]),
        category_room=np.array(category_room),
        urgent_room=urgent_room,
        multiplier=1.15,
        places=places,
        pages=np.where(np.arange(size) % 5 == 0, 1, 12),
        pair_variance=0.2,
    )


def counted_chances(pool: TierPool, policy: Policy, weeks: int) -> np.ndarray:
    """By drawing again and again: a draw, a percentile, a sort and a choice of its own."""
    rng = np.random.default_rng(2)
    a, b = policy.prior_weight * pool.prior + pool.evidence
    prior_a, prior_b = policy.prior_weight * pool.prior
    variance = prior_b / (prior_a * (prior_a + prior_b + 1))
    in_common = np.maximum(variance - (pool.pair_variance or 0.0), 0)
    explored = variance - in_common * policy.exploration_sharing * (1 - 1 / pool.pages)
    part = explored / variance
    higher = a + policy.draw_optimism * (part * a * b / (a + b + 1)) ** 0.5
    sharpening = policy.posterior_sharpening / part
    draws = rng.beta(sharpening * higher, sharpening * b, (weeks, pool.size))
    percentile = (draws.argsort(axis=1).argsort(axis=1) + 1) / pool.size
    bonus = policy.diversity_weight * (1 - 2 * pool.relative_use[pool.category])
    scores = percentile * pool.multiplier + bonus
    return chosen_greedily(pool, (-scores).argsort(axis=1)).mean(axis=0)


def chosen_greedily(pool: TierPool, order: np.ndarray) -> np.ndarray:
    """Whether each caption is chosen (weeks, captions): all weeks take their next one together.

    `order` (weeks, captions) has each week's captions, the best first. One is passed over where
    its category or the urgent ones have no room left.
    """
    week = np.arange(len(order))
    chosen = np.zeros(order.shape, dtype=bool)
    category_room = np.tile(pool.category_room, (week.size, 1))
    urgent_room = np.full(week.size, pool.urgent_room)
    places = np.full(week.size, pool.places)
    for caption in order.T:
        category, is_urgent = pool.category[caption], pool.is_urgent[caption]
        fits = (places > 0) & (category_room[week, category] > 0)
        fits &= ~is_urgent | (urgent_room > 0)
        chosen[week, caption] = fits
        category_room[week, category] -= fits
        urgent_room -= fits & is_urgent
        places -= fits
    return chosen


@pytest.mark.parametrize(
    "pool",
    [
        pytest.param(a_pool(1), id="no limit binds"),
        pytest.param(a_pool(1, category_room=(4, 1, 4, 4)), id="one category is limited"),
        pytest.param(a_pool(1, category_room=(4, 0, 2, 4)), id="one category has no room"),
        pytest.param(a_pool(1, urgent_room=1), id="urgent ones are limited"),
        pytest.param(a_pool(1, category_room=(1, 1, 1, 1), urgent_room=0), id="all are limited"),
    ],
)
@pytest.mark.parametrize(
    "policy",
    [
        Policy("ours", 4.0, 0.05),
        Policy("plain", 1.0, 0.0),
        Policy("wide", 1.0, 0.2, prior_weight=0.5),
        Policy("sharp", 10.0, 0.02, prior_weight=2.0),
        Policy("alone", 32.0, 0.05, draw_optimism=0.25),
        Policy("as shipped", 32.0, 0.05, draw_optimism=0.25, exploration_sharing=1.0),
        Policy("half", 1.0, 0.05, draw_optimism=0.5, exploration_sharing=0.5, prior_weight=0.5),
    ],
    ids=lambda policy: policy.name,
)
def test_replayed_chances_are_those_of_drawing_again_and_again(
    policy: Policy, pool: TierPool
) -> None:
    counted = counted_chances(pool, policy, 5_000)
    replays = replay(pool, policy, 1_500, np.random.default_rng(3))
    got = replays.probabilities(pool.prior, pool.evidence, pool.category, pool.is_urgent)
    assert got.sum() == pytest.approx(pool.places, rel=0.03)
    np.testing.assert_allclose(got, counted, atol=0.03)
    assert got[counted == 0].max(initial=0) < 0.01
    rate = pool.prior + pool.evidence
    mean_rate = float((counted * rate[0] / rate.sum(axis=0)).sum()) / pool.places
    assert replays.mean_rate == pytest.approx(mean_rate, rel=0.03)


@pytest.mark.parametrize(
    ("policy", "urgent_room"),
    [
        (Policy("ours", 4.0, 0.05), 9),
        (Policy("ours", 4.0, 0.05), 1),
        (Policy("plain", 1, 0), 9),
        (Policy("alone", 32.0, 0.05, draw_optimism=0.25), 9),
        (Policy("as shipped", 32.0, 0.05, draw_optimism=0.25, exploration_sharing=1.0), 9),
    ],
)
def test_large_pools_give_the_chances_that_drawing_every_caption_gives(
    policy: Policy, urgent_room: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = a_pool(5, places=6, category_room=(3,) * 4, urgent_room=urgent_room)
    pool = replace(small, captions=np.full(120, 10))
    kinds = (pool.prior, pool.evidence, pool.category, pool.is_urgent)
    monkeypatch.setattr(replaying, "EVERY_DRAW", pool.size - 1)
    best = replay(pool, policy, 2_000, np.random.default_rng(3))
    monkeypatch.setattr(replaying, "EVERY_DRAW", pool.size)
    every = replay(pool, policy, 2_000, np.random.default_rng(4))
    got, expected = best.probabilities(*kinds), every.probabilities(*kinds)
    assert pool.captions @ got == pytest.approx(6, rel=0.08)
    likely = expected > 1e-4
    assert np.median(got[likely] / expected[likely]) == pytest.approx(1, abs=0.05)
    assert np.corrcoef(got, expected)[0, 1] > 0.99
    assert best.mean_rate == pytest.approx(every.mean_rate, rel=0.03)


def test_a_few_strong_captions_of_a_large_pool_have_the_chances_that_are_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Captions that are likely to be chosen can't be chosen twice: 3 places, 5 favourites."""
    pool = TierPool(
        captions=np.array([1, 1, 1, 1, 1, 700, 700]),
        prior=np.array([[1.0] * 7, [60.0] * 7]),
        evidence=np.array([[9, 8, 7, 6, 9, 0, 0], [60, 60, 60, 60, 90, 0, 0]], dtype=np.float64),
        category=np.array([0, 1, 0, 1, 1, 0, 1]),
        is_urgent=np.array([False, False, True, False, False, False, True]),
        relative_use=np.array([0.0, 0.004]),
        category_room=np.array([3, 3]),
        urgent_room=3,
        multiplier=1.0,
        places=3,
        pages=np.full(7, 12),
        pair_variance=None,
    )
    policy = Policy("ours", 4.0, 0.05)
    each = np.repeat(np.arange(7), pool.captions)
    alone = replace(
        pool,
        captions=np.ones(each.size, dtype=np.int64),
        prior=pool.prior[:, each],
        evidence=pool.evidence[:, each],
        category=pool.category[each],
        is_urgent=pool.is_urgent[each],
        pages=pool.pages[each],
    )
    counted = counted_chances(alone, policy, 3_000)
    kinds = (pool.prior, pool.evidence, pool.category, pool.is_urgent)
    every = replay(pool, policy, 1_000, np.random.default_rng(4)).probabilities(*kinds)
    monkeypatch.setattr(replaying, "EVERY_DRAW", 0)
    got = replay(pool, policy, 2_000, np.random.default_rng(3)).probabilities(*kinds)
    assert pool.captions @ got == pytest.approx(3, rel=0.1)
    np.testing.assert_allclose(every[:5], counted[:5], atol=0.03)
    np.testing.assert_allclose(got[:5], counted[:5], atol=0.08)


def test_like_captions_may_be_grouped() -> None:
    pool = TierPool(
        captions=np.array([30, 10]),
        prior=np.array([[1.0, 1.0], [50.0, 50.0]]),
        evidence=np.array([[0.0, 6.0], [0.0, 100.0]]),
        category=np.array([0, 0]),
        is_urgent=np.array([False, False]),
        relative_use=np.array([0.0]),
        category_room=np.array([40]),
        urgent_room=40,
        multiplier=1.0,
        places=4,
        pages=np.array([12, 12]),
        pair_variance=None,
    )
    got = replay(pool, Policy("ours", 4, 0.05), 500, np.random.default_rng(1))
    each = got.probabilities(pool.prior, pool.evidence, pool.category, pool.is_urgent)
    assert pool.captions @ each == pytest.approx(4, rel=0.06)
    assert each[1] > 3 * each[0]


def test_a_page_explores_its_share_of_what_is_uncertain_on_all_pages() -> None:
    """Means stay; variances are the page's own part and a twelfth of the part in common."""
    prior = np.array([[0.8, 0.8, 0.8, 4.0], [80.0, 80.0, 80.0, 400.0]])
    evidence = np.array([[0.0, 0.0, 6.0, 0.0], [0.0, 0.0, 300.0, 0.0]])
    pages = np.array([12, 1, 12, 12])
    variance = stats.beta(*(prior + evidence)).var() / stats.beta(*(prior + evidence)).mean() ** 2
    of_prior = stats.beta(*prior).var() / stats.beta(*prior).mean() ** 2

    def relative_variance(counts: np.ndarray) -> np.ndarray:
        return stats.beta(*counts).var() / stats.beta(*counts).mean() ** 2

    def drawn(sharing: float, pair_variance: float | None, optimism: float = 0.0) -> np.ndarray:
        policy = Policy("p", 1.0, 0.0, draw_optimism=optimism, exploration_sharing=sharing)
        return policy.drawn_from(prior, evidence, pages, pair_variance)

    mean = (prior + evidence)[0] / (prior + evidence).sum(axis=0)
    together = drawn(1.0, 0.3)
    np.testing.assert_allclose(together[0] / together.sum(axis=0), mean, rtol=1e-12)
    explored = np.where(of_prior > 0.3, 0.3 + (of_prior - 0.3) / pages, of_prior) / of_prior
    np.testing.assert_allclose(relative_variance(together), explored * variance, rtol=0.03)
    assert explored[1] == 1.0  # the page's own caption
    assert explored[3] == 1.0  # as certain as what pages have in common
    for alone in (drawn(0.0, 0.3, 0.25), drawn(1.0, None, 0.25)):
        a, b = prior + evidence
        expected = np.stack((a + 0.25 * np.sqrt(a * b / (a + b + 1.0)), b))
        np.testing.assert_array_equal(alone, expected)
    rise = drawn(1.0, 0.3, 0.25)[0] / together[0] - 1
    np.testing.assert_allclose(rise, 0.25 * np.sqrt(explored * variance), rtol=0.02)


def test_a_uniform_policy_and_a_small_pool_need_no_draw() -> None:
    pool = a_pool(2)
    uniform = replay(pool, Policy("uniform", 1, 0, is_uniform=True), 3, np.random.default_rng(1))
    chances = uniform.probabilities(pool.prior, pool.evidence, pool.category, pool.is_urgent)
    assert set(chances) == {4 / 120}
    everything = replay(a_pool(3, places=120), Policy("ours", 4, 0.05), 3, np.random.default_rng(1))
    sure = everything.probabilities(pool.prior, pool.evidence, pool.category, pool.is_urgent)
    assert set(sure) == {1.0}
    for policy in (Policy("ours", 4, 0.05), Policy("uniform", 1, 0, is_uniform=True)):
        nothing = replay(a_pool(4, places=0), policy, 3, np.random.default_rng(1))
        none = nothing.probabilities(pool.prior, pool.evidence, pool.category, pool.is_urgent)
        assert set(none) == {0.0}


def test_the_same_seed_gives_the_same_chances() -> None:
    pool = a_pool(4)
    first, second = (
        replay(pool, Policy("ours", 4, 0.05), 5, np.random.default_rng(7)).probabilities(
            pool.prior, pool.evidence, pool.category, pool.is_urgent
        )
        for _ in range(2)
    )
    assert (first == second).all()


def test_the_order_of_a_pool_s_rows_makes_no_difference() -> None:
    """Groups may differ in nothing but how many pages they are for."""
    stratum = {"page_name": "cook", "week_start": dt.date(2025, 11, 3), "price_tier": "mid"}
    limits = {
        "relative_use": 0.0,
        "multiplier": 1.0,
        "treatment_places": 4,
        "control_places": 1,
        "category_room": 4,
        "urgent_room": 4,
        "pair_variance": 0.05,
    }
    groups = [
        {"pages": pages, "prior_successes": a, "content_category": category, "has_urgency": urgent}
        for pages in (1, 12)
        for a in (1.0, 2.0)
        for category in ("cooking", "travel")
        for urgent in (False, True)
    ]
    pool = pd.DataFrame(
        {
            **stratum,
            **limits,
            "prior_failures": 90.0,
            "effective_successes": 0.0,
            "effective_failures": 0.0,
            "captions": 3,
            **group,
        }
        for group in groups
    )
    chosen = pool.assign(posterior_successes=pool["prior_successes"], posterior_failures=90.0)
    policy = Policy("ours", 32.0, 0.05, draw_optimism=0.25, exploration_sharing=1.0)
    found = [
        chances(rows, chosen, [policy], replays=200, seed="a")
        for rows in (pool, pool[::-1], pool.sample(frac=1, random_state=7))
    ]
    pd.testing.assert_frame_equal(found[0], found[1])
    pd.testing.assert_frame_equal(found[0], found[2])
    assert found[0].notna().all(axis=None)


@pytest.mark.parametrize("share", [0.1, 0.03, 0.01])
def test_a_control_arm_of_any_size_answers_for_a_uniform_choice(share: float) -> None:
    """Its weights are what they are: cut off, they would average to less than one."""
    rng = np.random.default_rng(7)
    log = Bandit(8).log(rng, pages=40, weeks=40)
    is_control = rng.random(log.reward.size) < share
    value = policy_value(log.of_control(is_control))
    assert value.mean_weight == pytest.approx(1.0, rel=1e-12)
    assert value.weights_are_sound
    assert value.overlap_is_enough == (is_control.sum() >= 50)
    assert value.inverse_propensity.estimate == pytest.approx(
        float(log.reward[is_control].mean()), rel=1e-12
    )
    # The intervals leave out pages of the same log, with the same weights.
    without = log.of_control(is_control).without(0)
    assert without.weights.max() == pytest.approx(1 / is_control.mean(), rel=1e-12)


def test_captions_without_any_pool_have_no_chance_that_is_known() -> None:
    keys = ["page_name", "week_start", "price_tier"]
    chosen = pd.DataFrame([("a", dt.date(2025, 11, 3), "mid")], columns=keys, index=[7])
    policy = Policy("ours", 4.0, 0.05)
    found = chances(pd.DataFrame(columns=keys), chosen, [policy], replays=1, seed="a")
    assert found.index.tolist() == [7]
    assert found.isna().all(axis=None)
    assert chances(pd.DataFrame(columns=keys), chosen[:0], [policy], replays=1, seed="a").empty
