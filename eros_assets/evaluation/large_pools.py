"""Replays a large pool without drawing every caption.

Of many independent draws, none of which is likely to be among the best, the best are the points of
a Poisson process: seen from the top, the expected number of captions over each of them grows by
exponentials of mean one. So a replay takes the best scores of the many from the curve of expected
numbers over a score, and the work does not grow with them. A caption that is likely to be among the
best can't come up twice, as a point of a Poisson process could: those few draw one by one.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from eros_assets.arrays import Bools, Floats, Ints
from eros_assets.evaluation.beta import beta_survival

GRID = 128
"""Draws, from far under to far over what is likely, at which captions are counted."""

REACH = 5.0, 6.0
"""How far the grid goes down and up from the means, in standard deviations of a logit."""

STEPS = 48
"""Scores of each category at which the numbers over a score are worked out."""


@dataclass(frozen=True, slots=True, eq=False)
class Curves:
    """How many captions of the pool are expected over a draw or a score.

    Kinds are urgency x category: kind `u * k + c` of k categories.
    """

    log_share: Floats  # (GRID,) of the expected share over each draw, falling
    logit: Floats  # (GRID,) of the draws, rising
    score: Floats  # (s,) falling
    over: Floats  # (s,) captions over each score, rising
    of_kind: Floats  # (2 k, s) of each kind
    rate: Floats  # (2 k, s - 1) mean posterior rate of those between a score and the next

    def draw_at(self, percentile: Floats) -> Floats:
        """The draw of a percentile; 0 where any draw will do, 1 where none will."""
        log_share = np.log(np.clip(1.0 - percentile, 1e-300, 1.0))
        draws = 1 / (1 + np.exp(-np.interp(-log_share, -self.log_share, self.logit)))
        return np.where(percentile <= 0, 0.0, np.where(percentile >= 1, 1.0, draws))

    def percentile_at(self, draw: Floats) -> Floats:
        """The percentile of a draw."""
        inside = np.clip(draw, 1e-15, 1 - 1e-15)
        logit = np.log(inside / (1 - inside))
        return 1.0 - np.exp(np.interp(logit, self.logit, self.log_share))

    def best(self, points: int, rng: np.random.Generator) -> tuple[Floats, Ints, Floats]:
        """The best scores of a replay, best first, with their kinds and posterior rates."""
        arrivals = np.cumsum(rng.exponential(size=points))
        arrivals = arrivals[arrivals < self.over[-1]]
        score = np.interp(arrivals, self.over, self.score)
        cell = np.clip(np.searchsorted(self.over, arrivals) - 1, 0, self.rate.shape[1] - 1)
        new = np.diff(self.of_kind, axis=1)[:, cell]
        passed = np.cumsum(new, axis=0) < rng.random(arrivals.size) * new.sum(axis=0)
        kind = np.minimum(passed.sum(axis=0), new.shape[0] - 1)
        return score, kind, self.rate[kind, cell]


@dataclass(frozen=True, slots=True, eq=False)
class Individuals:
    """Captions that draw one by one."""

    counts: Floats  # (2, n) Beta counts
    kind: Ints  # (n,)
    rate: Floats  # (n,) posterior means


@dataclass(frozen=True, slots=True, eq=False)
class LargeReplays:
    """Replays of a large pool.

    `least_draw` (2, replays, 2, k) and `rates`, the mean rates of the chosen, are as in `Replays`;
    `chosen` has the individuals that each replay chose.
    """

    least_draw: Floats
    chosen: list[Ints]
    rates: list[float]


def curves_of(
    captions: Ints,
    kind: Ints,
    counts: Floats,
    rate: Floats,
    diversity: Floats,
    multiplier: float,
    is_individual: Bools,
) -> Curves:
    """The curves of a pool of groups.

    Args:
        captions: in each group (g,).
        kind: of each group (g,).
        counts: Beta counts that each group draws from (2, g).
        rate: posterior mean of each group (g,).
        diversity: of each category (k,).
        multiplier: of percentiles.
        is_individual: groups whose captions draw one by one (g,): they are among those that
            percentiles are of, and not among those that are counted over a score.
    """
    kinds = 2 * diversity.size
    alike, member = np.unique(counts, axis=1, return_inverse=True)
    a, b = np.asarray(alike, dtype=np.float64)
    member = member.ravel()
    weight = np.bincount(member, captions)
    number = np.zeros((weight.size, kinds))
    np.add.at(number, (member, kind), np.where(is_individual, 0, captions))
    rates = np.bincount(member, captions * rate) / weight
    centre, width = np.log(a / b), np.sqrt(1 / a + 1 / b)
    low, high = (centre - REACH[0] * width).min(), (centre + REACH[1] * width).max()
    logit = np.clip(np.linspace(low, high, GRID), -34.0, 34.0)
    draw = np.clip(1 / (1 + np.exp(-logit)), 1e-15, 1 - 1e-15)
    survival = np.maximum(beta_survival(a[:, None], b[:, None], draw), 1e-200)
    share = np.maximum.accumulate((weight @ survival / weight.sum())[::-1])[::-1]
    log_share = np.asarray(  # strictly falling
        np.log(share) - np.arange(GRID) * 1e-12, dtype=np.float64
    )
    size = float(weight.sum())
    under = np.geomspace(1e-3 / size, 1.0, STEPS)
    score = np.unique((multiplier * (1 - under))[:, None] + diversity)[::-1]
    of_class = np.zeros((kinds, score.size, weight.size))
    relative = survival / np.exp(log_share)  # interpolated as such: the classes add up to the share
    for category, lift in enumerate(diversity):
        needed = np.clip(1 - (score - lift) / multiplier, 0.0, 1.0)
        at = np.interp(-np.log(np.maximum(needed, 1e-300)), -log_share, np.arange(GRID))
        below = np.minimum(at.astype(np.int64), GRID - 2)
        between = relative[:, below] + (at - below) * (relative[:, below + 1] - relative[:, below])
        for one in (category, diversity.size + category):
            of_class[one] = (needed * between * number[:, one, None]).T
    of_kind = of_class.sum(axis=2)
    new = np.maximum(np.diff(of_class, axis=1), 0.0)
    total = new.sum(axis=2)
    mean = np.divide(new @ rates, total, out=np.zeros_like(total), where=total > 0)
    over = np.maximum.accumulate(of_kind.sum(axis=0))
    return Curves(log_share, logit, score, over, np.maximum.accumulate(of_kind, axis=1), mean)


@dataclass(frozen=True, slots=True, eq=False)
class Rivals:
    """The scores to pass in a replay, to join the chosen and to stay; urgent or not, by category.

    `lift` is what diversity gave the rival whose score it is.
    """

    score: Floats  # (2, 2, k)
    lift: Floats  # (2, 2, k)


Contest = Callable[[Floats, Ints, Bools], tuple[list[int], Rivals]]
"""Of scores, categories and urgency: who is chosen, and the scores that others must pass."""


def replay_large(
    curves: Curves,
    individuals: Individuals,
    contest: Contest,
    diversity: Floats,
    multiplier: float,
    places: int,
    replays: int,
    rng: np.random.Generator,
) -> LargeReplays | None:
    """Draw the week `replays` times.

    None where the best scores don't fill the places, because limits on categories and urgency pass
    nearly all of them over.
    """
    least = np.ones((2, replays, 2, diversity.size))
    rates: list[float] = []
    individuals_chosen: list[Ints] = []
    for r in range(replays):
        score, kind, rate = curves.best(20 * places + 200, rng)
        percentile = curves.percentile_at(rng.beta(*individuals.counts))
        own = percentile * multiplier + diversity[individuals.kind % diversity.size]
        score = np.concatenate((own, score))
        kind = np.concatenate((individuals.kind, kind))
        rate = np.concatenate((individuals.rate, rate))
        category = kind % diversity.size
        chosen, rivals = contest(score, category, kind >= diversity.size)
        if len(chosen) < places:
            return None
        least[:, r] = curves.draw_at((rivals.score - diversity) / multiplier)
        rates.append(float(rate[chosen].mean()))
        taken = np.array(chosen, dtype=np.int64)
        individuals_chosen.append(taken[taken < individuals.kind.size])
    return LargeReplays(least, individuals_chosen, rates)
