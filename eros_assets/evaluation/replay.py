"""How likely a caption was to be chosen, by this or another setting: the draw, replayed.

A week's pool of a page and tier is replayed with new draws some times over. In each replay the last
place goes at a score; a caption of a category is chosen when its own draw lies over the value that
gives that score, which has a probability in closed form. Averaged over replays this is far finer
than counting: a caption chosen once in a thousand weeks has a probability too. What a page loses to
others that want the same caption, and its limits on urgency and categories, are left out.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eros_assets.evaluation.beta import beta_survival
from eros_assets.evaluation.intervals import Floats

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Policy:
    """A setting of the selection. `prior_weight` multiplies both counts of every prior."""

    name: str
    posterior_sharpening: float
    diversity_weight: float
    prior_weight: float = 1.0
    is_uniform: bool = False


@dataclass(frozen=True, slots=True)
class TierPool:
    """The eligible captions of a page's week and tier, in groups of like ones.

    Counts are Beta counts in effective trials, rows (successes, failures), columns groups;
    `relative_use` is by category, the share of its use in the last days in that of the most used.
    """

    captions: Ints  # (g,) captions in each group
    prior: Floats  # (2, g)
    evidence: Floats  # (2, g)
    category: Ints  # (g,) index into relative_use
    relative_use: Floats  # (k,)
    multiplier: float
    places: int

    @property
    def size(self) -> int:
        """Captions in all."""
        return int(self.captions.sum())


@dataclass(frozen=True, slots=True)
class Replays:
    """What replays of one pool by one policy came to.

    `least_draw[0, r, k]` is what a caption of category k must draw over in replay r to pass the
    last chosen, `least_draw[1, r, k]` to pass the best that was not (0: any draw will do, 1: none);
    `mean_rate` is the mean posterior rate of the chosen.
    """

    policy: Policy
    least_draw: Floats
    mean_rate: float
    size: int
    places: int

    def probabilities(self, prior: Floats, evidence: Floats, category: Ints) -> Floats:
        """Chances of captions of the pool, (2, n) counts and n categories; -1: no known one.

        A caption competes with the others: against the last chosen when it is not among them
        itself, against the best of the rest when it is. With S and S' the chances to pass these,
        its chance p solves p = (1 - p) S + p S'.
        """
        if self.policy.is_uniform:
            return np.full(category.size, min(self.places / self.size, 1.0))
        a, b = self.policy.posterior_sharpening * (self.policy.prior_weight * prior + evidence)
        needed = self.least_draw[:, :, category]
        inside = np.clip(needed, 1e-12, 1 - 1e-12)
        passing = np.where(
            needed <= 0, 1.0, np.where(needed >= 1, 0.0, beta_survival(a, b, inside))
        )
        outside, among = passing.mean(axis=1)
        chances = outside / np.maximum(1 - among + outside, 1e-12)
        return np.where(category < 0, 0.0, np.minimum(chances, 1.0))


def replay(pool: TierPool, policy: Policy, replays: int, rng: np.random.Generator) -> Replays:
    """Draw the pool's week `replays` times by `policy`."""
    posterior = pool.prior + pool.evidence
    rate = posterior[0] / posterior.sum(axis=0)
    least = np.zeros((2, replays, pool.relative_use.size))
    size = pool.size
    if policy.is_uniform or not 0 < pool.places < size:
        if pool.places == 0:  # the tier's only places are the control arm's: no draw will do
            least += 1.0
        mean_rate = float(np.average(rate, weights=pool.captions))
        return Replays(policy, least, mean_rate, size, pool.places)
    group = np.repeat(np.arange(pool.captions.size), pool.captions)
    a, b = policy.posterior_sharpening * (policy.prior_weight * pool.prior + pool.evidence)
    diversity = policy.diversity_weight * (1 - 2 * pool.relative_use)
    rates: list[float] = []
    for r in range(replays):
        draws = rng.beta(a[group], b[group])
        order = np.argsort(draws)
        percentile = np.empty(size)
        percentile[order] = np.arange(1, size + 1) / size
        score = percentile * pool.multiplier + diversity[pool.category[group]]
        order_of_score = np.argpartition(score, (size - pool.places - 1, size - pool.places))
        chosen = order_of_score[size - pool.places :]
        rates.append(float(rate[group[chosen]].mean()))
        ordered = draws[order]
        for which, rival in enumerate(order_of_score[size - pool.places - 1 :][:2][::-1]):
            # The place among the draws from which a category's score passes the rival's.
            needed = (score[rival] - diversity) / pool.multiplier
            place = np.rint(needed * size).astype(np.int64) - 1
            at = ordered[np.clip(place, 0, size - 1)]
            least[which, r] = np.where(place < 0, 0.0, np.where(place >= size, 1.0, at))
    return Replays(policy, least, float(np.mean(rates)), size, pool.places)
