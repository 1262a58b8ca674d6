"""Replays a week's draw to find the chance of each caption under this or another setting.

A week's pool of a page and tier is replayed several times with new draws. In each replay, the last
place goes to a certain score, and so does the last place within the limits on categories and
urgency; a caption is chosen when its own draw exceeds the value that gives these scores, which has
a probability in closed form. Averaged over replays, this is far more precise than counting: a
caption chosen once in a thousand weeks has a probability too. What other pages got, and what the
rest of the page's week takes of its limits, is as it was in the week.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np

from eros_assets.arrays import Bools, Floats, Ints
from eros_assets.evaluation.beta import beta_survival
from eros_assets.evaluation.large_pools import Individuals, curves_of, replay_large

LOOKED_AT = 4, 40
"""The best captions a replay sorts first: so many for each place, and so many more."""


EVERY_DRAW = 30_000
"""Captions of a pool up to which a replay draws every one; of more, the best alone.

Up to about so many, a few replays are no slower so.
"""

UNIFORM_SHARE = 0.01
"""Of a uniform choice in every chance: what replays find impossible is only unlikely to them."""

LIKELY = 0.02
"""Chance to be among the best over which a caption of a larger pool draws by itself."""


@dataclass(frozen=True, slots=True)
class Policy:
    """A setting of the selection. `prior_weight` multiplies both counts of every prior.

    `draw_optimism` is in standard deviations of the posterior.
    """

    name: str
    posterior_sharpening: float
    diversity_weight: float
    prior_weight: float = 1.0
    is_uniform: bool = False
    draw_optimism: float = 0.0

    def drawn_from(self, prior: Floats, evidence: Floats) -> Floats:
        """Beta counts of the draws, rows (successes, failures), of captions with these counts."""
        a, b = self.prior_weight * prior + evidence
        optimistic = a + self.draw_optimism * np.sqrt(a * b / (a + b + 1.0))
        return self.posterior_sharpening * np.stack((optimistic, b))


@dataclass(frozen=True, slots=True)
class TierPool:
    """The eligible captions of a page's week and tier, equal ones grouped.

    Counts are Beta counts in effective trials, rows (successes, failures), columns groups;
    `relative_use` is by category, the share of its use in the last days in that of the most used;
    `category_room` and `urgent_room` are how many of them may be chosen.
    """

    captions: Ints  # (g,) captions in each group
    prior: Floats  # (2, g)
    evidence: Floats  # (2, g)
    category: Ints  # (g,) index into relative_use
    is_urgent: Bools  # (g,)
    relative_use: Floats  # (k,)
    category_room: Ints  # (k,)
    urgent_room: int
    multiplier: float
    places: int

    @property
    def size(self) -> int:
        """Captions in all."""
        return int(self.captions.sum())


@dataclass(frozen=True, slots=True)
class Replays:
    """The result of replaying one pool under one policy.

    `least_draw[0, r, u, k]` is what a caption of category k, urgent or not, must draw over in
    replay r to join the chosen, `least_draw[1, r, u, k]` what one of them must to stay (0: any draw
    will do, 1: none); `mean_rate` is the mean posterior rate of the chosen.
    """

    policy: Policy
    least_draw: Floats
    mean_rate: float
    size: int
    places: int

    def probabilities(
        self, prior: Floats, evidence: Floats, category: Ints, is_urgent: Bools
    ) -> Floats:
        """Chances of captions of the pool, (2, n) counts and n kinds; category -1: unknown.

        A caption competes with the others: against the last chosen when it is not among them
        itself, against the best of the rest when it is. With S and S' the chances to pass these,
        its chance p solves p = (1 - p) S + p S'. A small share of a uniform choice is mixed in, so
        that no caption of the pool has none.
        """
        uniform = np.full(category.size, min(self.places / max(self.size, 1), 1.0))
        if self.policy.is_uniform:
            return uniform
        a, b = self.policy.drawn_from(prior, evidence)
        needed = self.least_draw[:, :, is_urgent.astype(np.int64), category]
        inside = np.clip(needed, 1e-12, 1 - 1e-12)
        passing = np.where(
            needed <= 0, 1.0, np.where(needed >= 1, 0.0, beta_survival(a, b, inside))
        )
        outside, among = passing.mean(axis=1)
        chances = outside / np.maximum(1 - among + outside, 1e-12)
        known = np.where(category < 0, 0.0, np.minimum(chances, 1.0))
        return (1 - UNIFORM_SHARE) * known + UNIFORM_SHARE * uniform


def replay(pool: TierPool, policy: Policy, replays: int, rng: np.random.Generator) -> Replays:
    """Draw the pool's week `replays` times by `policy`."""
    posterior = pool.prior + pool.evidence
    rate = posterior[0] / posterior.sum(axis=0)
    least = np.ones((2, replays, 2, pool.relative_use.size))
    size = pool.size
    if policy.is_uniform or pool.places == 0:  # no draw: any will do, or none
        mean_rate = float(np.average(rate, weights=pool.captions))
        return Replays(policy, least, mean_rate, size, pool.places)
    a, b = policy.drawn_from(pool.prior, pool.evidence)
    diversity = policy.diversity_weight * (1 - 2 * pool.relative_use)
    if size > EVERY_DRAW:
        kind = pool.category + pool.is_urgent * diversity.size
        counts = np.stack((a, b))
        alone = _likely(pool, counts)
        each = np.repeat(np.flatnonzero(alone), pool.captions[alone])
        found = replay_large(
            curves_of(pool.captions, kind, counts, rate, diversity, pool.multiplier, alone),
            Individuals(counts[:, each], kind[each], rate[each]),
            partial(_contest, pool),
            diversity,
            pool.multiplier,
            pool.places,
            replays,
            rng,
        )
        if found is not None:
            return Replays(policy, found[0], float(np.mean(found[1])), size, pool.places)
    group = np.repeat(np.arange(pool.captions.size), pool.captions)
    category, is_urgent = pool.category[group], pool.is_urgent[group]
    rates: list[float] = []
    for r in range(replays):
        draws = rng.beta(a[group], b[group])
        order = np.argsort(draws)
        percentile = np.empty(size)
        percentile[order] = np.arange(1, size + 1) / size
        score = percentile * pool.multiplier + diversity[category]
        ordered = draws[order]
        chosen, rivals = _contest(pool, score, category, is_urgent)
        # The place among the draws from which a caption's score passes that of its rivals.
        needed = (rivals - diversity) / pool.multiplier
        place = np.rint(np.clip(needed, -1.0, 2.0) * size).astype(np.int64) - 1
        at = ordered[np.clip(place, 0, size - 1)]
        least[:, r] = np.where(place < 0, 0.0, np.where(place >= size, 1.0, at))
        if chosen:
            rates.append(float(rate[group[chosen]].mean()))
    return Replays(policy, least, float(np.mean(rates)) if rates else 0.0, size, pool.places)


def choose(pool: TierPool, policy: Policy, rng: np.random.Generator) -> Ints:
    """The captions (places,) that one draw of the week chooses, in a pool without groups."""
    draws = rng.beta(*policy.drawn_from(pool.prior, pool.evidence))
    diversity = policy.diversity_weight * (1 - 2 * pool.relative_use)
    percentile = (draws.argsort().argsort() + 1) / pool.size
    score = percentile * pool.multiplier + diversity[pool.category]
    best_first = _descending(score, pool.size)
    return np.array(_fill(pool, best_first, pool.category, pool.is_urgent), dtype=np.int64)


def _likely(pool: TierPool, counts: Floats) -> Bools:
    """Groups whose captions are likely to be among the best of their category.

    In each category: over the draw that as many of its captions pass as a replay looks at first. A
    caption with evidence of its own draws by itself, too: only the untried are many and alike.
    """
    a, b = counts
    alone = pool.evidence.sum(axis=0) > 0
    depth = LOOKED_AT[0] * pool.places + LOOKED_AT[1]
    deviation = np.sqrt(1 / a + 1 / b)
    for category in range(pool.relative_use.size):
        of_it = np.flatnonzero(pool.category == category)
        tops = np.log(a / b)[of_it] + 2 * deviation[of_it]
        best_first = of_it[np.argsort(-tops, kind="stable")]
        passed = np.cumsum(pool.captions[best_first])
        if passed.size and passed[-1] > depth:
            logit = np.sort(tops)[::-1][np.searchsorted(passed, depth)]
            x = 1 / (1 + np.exp(-logit))
            chance = beta_survival(a[of_it], b[of_it], np.full(of_it.size, x))
            alone[of_it[chance > LIKELY]] = True
    return alone


def _contest(
    pool: TierPool, score: Floats, category: Ints, is_urgent: Bools
) -> tuple[list[int], Floats]:
    """The chosen, and (2, 2, k): the scores to pass in order to join them, and to stay.

    Who would stay is measured against a choice without it, or rather without the last of its kind;
    without the last of all where none is of its kind.
    """
    best_first = _descending(score, LOOKED_AT[0] * pool.places + LOOKED_AT[1])
    chosen = _fill(pool, best_first, category, is_urgent)
    if len(chosen) < pool.places:
        best_first = _descending(score, score.size)
        chosen = _fill(pool, best_first, category, is_urgent)

    def rivals_of(others: list[int]) -> Floats:
        return _rivals(pool, score[others], category[others], is_urgent[others])

    def without(caption: int) -> Floats:
        return rivals_of(_fill(pool, best_first[best_first != caption], category, is_urgent))

    to_join = rivals_of(chosen)
    if not chosen:
        return [], np.stack((to_join, to_join))
    to_stay = without(chosen[-1])
    last_of_kind = {(int(is_urgent[c]), int(category[c])): c for c in chosen}
    for kind, caption in last_of_kind.items():
        to_stay[kind] = without(caption)[kind]
    return chosen, np.stack((to_join, to_stay))


def _descending(score: Floats, depth: int) -> Ints:
    depth = min(depth, score.size)
    best = np.argpartition(score, score.size - depth)[score.size - depth :]
    return best[np.argsort(-score[best], kind="stable")]


def _fill(pool: TierPool, best_first: Ints, category: Ints, is_urgent: Bools) -> list[int]:
    """The captions that take the places in order of score, within the limits."""
    chosen: list[int] = []
    category_room, urgent_room = pool.category_room.copy(), pool.urgent_room
    for caption in best_first:
        if len(chosen) == pool.places:
            break
        if category_room[category[caption]] > 0 and (urgent_room > 0 or not is_urgent[caption]):
            chosen.append(int(caption))
            category_room[category[caption]] -= 1
            urgent_room -= int(is_urgent[caption])
    return chosen


def _rivals(pool: TierPool, score: Floats, category: Ints, is_urgent: Bools) -> Floats:
    """(2, k): the score that a caption must pass, urgent or not, by category.

    It is chosen when fewer than the limits allow are chosen over it: in all, of its category, and
    of the urgent ones. A limit without any room lets none pass. The arguments are the chosen's,
    best first.
    """

    def last(scores: Floats, room: int) -> float:
        if room <= 0:
            return np.inf
        return float(scores[room - 1]) if scores.size >= room else -np.inf

    overall = last(score, pool.places)
    of_category = [
        last(score[category == k], int(room)) for k, room in enumerate(pool.category_room)
    ]
    anyone = np.maximum(overall, np.array(of_category))
    urgent = last(score[is_urgent], pool.urgent_room)
    return np.stack((anyone, np.maximum(anyone, urgent)))
