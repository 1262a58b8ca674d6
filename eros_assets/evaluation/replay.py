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
from eros_assets.evaluation.large_pools import Individuals, Rivals, curves_of, replay_large

LOOKED_AT = 4, 40
"""The best captions a replay sorts first: so many for each place, and so many more."""


EVERY_DRAW = 30_000
"""Captions of a pool up to which a replay draws every one; of more, the best alone.

Up to about so many, a few replays are no slower so.
"""

UNIFORM_SHARE = 0.01
"""Of a uniform choice in every chance: what replays find impossible is only unlikely to them."""

SAME = 1e-6
"""Relative difference up to which two counts are the same."""

PLACE_ERROR = 1e-6
"""Floating-point error of a place, at most."""

LIKELY = 0.02
"""Chance to be among the best over which a caption of a larger pool draws by itself."""


@dataclass(frozen=True, slots=True)
class Policy:
    """A setting of the selection. `prior_weight` multiplies both counts of every prior.

    `draw_optimism` is in standard deviations of the posterior. `exploration_sharing` is how much of
    what is uncertain on all pages alike the pages explore together: 1, each takes its share, 0,
    each explores it as if it were alone.
    """

    name: str
    posterior_sharpening: float
    diversity_weight: float
    prior_weight: float = 1.0
    is_uniform: bool = False
    draw_optimism: float = 0.0
    exploration_sharing: float = 0.0

    def drawn_from(
        self, prior: Floats, evidence: Floats, pages: Ints, pair_variance: float | None
    ) -> Floats:
        """Beta counts of the draws, rows (successes, failures), of captions with these counts.

        Args:
            prior: (2, n).
            evidence: (2, n).
            pages: how many pages each caption is for (n,).
            pair_variance: relative variance of a caption's rate from page to page; None if unknown.
        """
        a, b = self.prior_weight * prior + evidence
        strength = self._strength(prior, pages, pair_variance)
        optimistic = a + self.draw_optimism * np.sqrt(a * b / (a + b + 1.0) / strength)
        return self.posterior_sharpening * strength * np.stack((optimistic, b))

    def _strength(self, prior: Floats, pages: Ints, pair_variance: float | None) -> Floats:
        """Variance of each belief over what of it the page explores, (n,).

        Its own part, and a share of the part that is uncertain on all pages alike. How much of a
        prior's variance is which tells also what its posterior's is.
        """
        if pair_variance is None:
            return np.ones(pages.size)
        a, b = self.prior_weight * prior
        shared = np.maximum(1.0 - pair_variance * a * (a + b + 1.0) / b, 0.0)
        return 1.0 / (1.0 - self.exploration_sharing * (1.0 - 1.0 / pages) * shared)


@dataclass(frozen=True, slots=True)
class TierPool:
    """The eligible captions of a page's week and tier, equal ones grouped.

    Counts are Beta counts in effective trials, rows (successes, failures), columns groups; `pages`
    are those that a group's captions are for, `pair_variance` that of `Policy.drawn_from`;
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
    pages: Ints  # (g,)
    pair_variance: float | None

    @property
    def size(self) -> int:
        """Captions in all."""
        return int(self.captions.sum())


@dataclass(frozen=True, slots=True)
class Replays:
    """The result of replaying one pool under one policy.

    `least_draw[0, r, u, k]` is what a caption of category k, urgent or not, must draw over in
    replay r to join the chosen, `least_draw[1, r, u, k]` what one of them must to stay (0: any draw
    will do, 1: none), and `rival_draw` what the rival drew. A caption that leaves its place moves
    those between up or down by one: one that was not chosen and drew over its rival needs the next
    higher draw, one that was chosen and drew under it the next lower, `next_draw`. `drawn[r, g]` is
    the draw of a group of one caption, and `taken[r, g]` the share of a group's captions that was
    chosen. `mean_rate` is the mean posterior rate of the chosen.
    """

    policy: Policy
    pool: TierPool
    least_draw: Floats
    rival_draw: Floats
    next_draw: Floats
    drawn: Floats  # NaN where there are several, or none was made
    taken: Floats
    mean_rate: float

    def probabilities(
        self, prior: Floats, evidence: Floats, category: Ints, is_urgent: Bools
    ) -> Floats:
        """Chances of captions of the pool, (2, n) counts and n kinds; category -1: unknown.

        A caption competes with the others alone: in a replay that did not choose it, against the
        last of the chosen, in one that did, against the best of the rest. With S and S' the chances
        to pass these and t the share of its group that the replay chose, its chance is the mean of
        (1 - t) S + t S'. One that is not in the pool as such is taken for one whose chance p solves
        p = (1 - p) S + p S'. A small share of a uniform choice is mixed in, so that no caption of
        the pool has none.
        """
        uniform = np.full(category.size, min(self.pool.places / max(self.pool.size, 1), 1.0))
        if self.policy.is_uniform:
            return uniform
        group = self._groups(prior, evidence, category, is_urgent)
        pool = self.pool
        pages = np.where(group < 0, pool.pages.max(initial=1), pool.pages[group])
        a, b = self.policy.drawn_from(prior, evidence, pages, pool.pair_variance)
        kind = is_urgent.astype(np.int64), category
        own = np.where(group < 0, np.nan, self.drawn[:, group])
        rival = self.rival_draw[:, :, *kind]
        is_moved = np.stack((own > rival[0], own < rival[1]))
        needed = np.where(is_moved, self.next_draw[:, :, *kind], self.least_draw[:, :, *kind])
        inside = np.clip(needed, 1e-12, 1 - 1e-12)
        passing = np.where(
            needed <= 0, 1.0, np.where(needed >= 1, 0.0, beta_survival(a, b, inside))
        )
        outside, among = passing.mean(axis=1)
        chances = np.minimum(outside / np.maximum(1 - among + outside, 1e-12), 1.0)
        taken = self.taken[:, group]
        chances = np.where(
            group >= 0, ((1 - taken) * passing[0] + taken * passing[1]).mean(axis=0), chances
        )
        known = np.where(category < 0, 0.0, chances)
        return (1 - UNIFORM_SHARE) * known + UNIFORM_SHARE * uniform

    def _groups(self, prior: Floats, evidence: Floats, category: Ints, is_urgent: Bools) -> Ints:
        """Groups of the pool that the kinds are of, (n,); -1 where there is none."""
        pool = self.pool
        counts = np.concatenate((prior, evidence))[:, :, None]
        of_pool = np.concatenate((pool.prior, pool.evidence))[:, None, :]
        same = (np.abs(counts - of_pool) <= SAME * (1 + of_pool)).all(axis=0)
        same &= category[:, None] == pool.category
        same &= is_urgent[:, None] == pool.is_urgent
        return np.where(same.any(axis=1), same.argmax(axis=1), -1)


def replay(pool: TierPool, policy: Policy, replays: int, rng: np.random.Generator) -> Replays:
    """Draw the pool's week `replays` times by `policy`."""
    posterior = pool.prior + pool.evidence
    rate = posterior[0] / posterior.sum(axis=0)
    least = np.ones((2, replays, 2, pool.relative_use.size))
    rival_draw, next_draw, size = least.copy(), least.copy(), pool.size
    taken = np.zeros((replays, pool.captions.size))
    drawn = np.full_like(taken, np.nan)
    if policy.is_uniform or pool.places == 0:  # no draw: any will do, or none
        mean_rate = float(np.average(rate, weights=pool.captions))
        return Replays(policy, pool, least, rival_draw, next_draw, drawn, taken, mean_rate)
    a, b = policy.drawn_from(pool.prior, pool.evidence, pool.pages, pool.pair_variance)
    diversity = policy.diversity_weight * (1 - 2 * pool.relative_use)
    if size > EVERY_DRAW:
        kind = pool.category + pool.is_urgent * diversity.size
        counts = np.stack((a, b))
        alone = _likely(pool, counts)
        each = np.repeat(np.flatnonzero(alone), pool.captions[alone])
        found = replay_large(
            curves_of(pool.captions, kind, counts, rate, diversity, pool.multiplier, alone),
            Individuals(counts[:, each], kind[each], rate[each]),
            partial(_contest, pool, diversity),
            diversity,
            pool.multiplier,
            pool.places,
            replays,
            rng,
        )
        if found is not None:
            for r, chosen in enumerate(found.chosen):
                np.add.at(taken[r], each[chosen], 1 / pool.captions[each[chosen]])
            mean_rate, least = float(np.mean(found.rates)), found.least_draw
            return Replays(policy, pool, least, rival_draw, least, drawn, taken, mean_rate)
    group = np.repeat(np.arange(pool.captions.size), pool.captions)
    category, is_urgent = pool.category[group], pool.is_urgent[group]
    is_alone = pool.captions[group] == 1
    rates: list[float] = []
    for r in range(replays):
        draws = rng.beta(a[group], b[group])
        order = np.argsort(draws)
        percentile = np.empty(size)
        percentile[order] = np.arange(1, size + 1) / size
        score = percentile * pool.multiplier + diversity[category]
        ordered = draws[order]
        chosen, rivals = _contest(pool, diversity, score, category, is_urgent)
        place = _places(rivals, diversity, pool.multiplier, size)
        least[:, r] = _at(ordered, place)
        rival_draw[:, r] = _at(ordered, _places(rivals, rivals.lift, pool.multiplier, size))
        next_draw[:, r] = _at(ordered, place + np.array([1, -1])[:, None, None])
        drawn[r, group[is_alone]] = draws[is_alone]
        if chosen:
            np.add.at(taken[r], group[chosen], 1 / pool.captions[group[chosen]])
            rates.append(float(rate[group[chosen]].mean()))
    mean_rate = float(np.mean(rates)) if rates else 0.0
    return Replays(policy, pool, least, rival_draw, next_draw, drawn, taken, mean_rate)


def choose(pool: TierPool, policy: Policy, rng: np.random.Generator) -> Ints:
    """The captions (places,) that one draw of the week chooses, in a pool without groups."""
    counts = policy.drawn_from(pool.prior, pool.evidence, pool.pages, pool.pair_variance)
    draws = rng.beta(*counts)
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


def _places(rivals: Rivals, diversity: Floats, multiplier: float, size: int) -> Ints:
    """The places among the draws over which a caption passes its rivals, (2, 2, k).

    With more diversity than its rival a caption may stay some places under it, with less it must be
    some over it: whole places, those that make up the difference alone.
    """
    needed = np.clip((rivals.score - diversity) / multiplier, -1.0, 2.0) * size - 1
    whole = np.where(
        rivals.lift >= diversity, np.floor(needed + PLACE_ERROR), np.ceil(needed - PLACE_ERROR)
    )
    return whole.astype(np.int64)


def _at(ordered: Floats, place: Ints) -> Floats:
    """The draws at places of an order; 0 under the first, 1 over the last."""
    inside = ordered[np.clip(place, 0, ordered.size - 1)]
    return np.where(place < 0, 0.0, np.where(place >= ordered.size, 1.0, inside))


def _contest(
    pool: TierPool, diversity: Floats, score: Floats, category: Ints, is_urgent: Bools
) -> tuple[list[int], Rivals]:
    """The chosen, and the scores (2, 2, k) to pass in order to join them, and to stay.

    Who would stay is measured against a choice without it, or rather without the last of its kind;
    without the last of all where none is of its kind.
    """
    best_first = _descending(score, LOOKED_AT[0] * pool.places + LOOKED_AT[1])
    chosen = _fill(pool, best_first, category, is_urgent)
    if len(chosen) < pool.places:
        best_first = _descending(score, score.size)
        chosen = _fill(pool, best_first, category, is_urgent)

    def rivals_of(others: list[int]) -> Floats:
        lift = diversity[category[others]]
        return _rivals(pool, score[others], lift, category[others], is_urgent[others])

    def without(caption: int) -> Floats:
        return rivals_of(_fill(pool, best_first[best_first != caption], category, is_urgent))

    to_join = rivals_of(chosen)
    if not chosen:
        return [], Rivals(*np.stack((to_join, to_join), axis=1))
    to_stay = without(chosen[-1])
    last_of_kind = {(int(is_urgent[c]), int(category[c])): c for c in chosen}
    for kind, caption in last_of_kind.items():
        to_stay[:, *kind] = without(caption)[:, *kind]
    return chosen, Rivals(*np.stack((to_join, to_stay), axis=1))


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


def _rivals(
    pool: TierPool, score: Floats, lift: Floats, category: Ints, is_urgent: Bools
) -> Floats:
    """(2, 2, k): the score that a caption must pass, urgent or not, by category, and its lift.

    It is chosen when fewer than the limits allow are chosen over it: in all, of its category, and
    of the urgent ones. A limit without any room lets none pass. The arguments are the chosen's,
    best first.
    """
    scores, lifts, places = score.tolist(), lift.tolist(), list(range(score.size))
    of_category: list[list[int]] = [[] for _ in pool.category_room]
    for place, k in enumerate(category.tolist()):
        of_category[k].append(place)

    def last(those: list[int], room: int) -> tuple[float, float]:
        if room <= 0:
            return np.inf, 0.0
        if len(those) < room:
            return -np.inf, 0.0
        at = those[room - 1]
        return scores[at], lifts[at]

    overall = last(places, pool.places)
    urgent = last([place for place in places if is_urgent[place]], pool.urgent_room)
    anyone = [
        max(overall, last(those, int(room)))
        for those, room in zip(of_category, pool.category_room, strict=True)
    ]
    return np.array([anyone, [max(each, urgent) for each in anyone]]).transpose(2, 0, 1)
