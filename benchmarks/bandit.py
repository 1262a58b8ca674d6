"""The draw against exact Beta sampling: regret on Bernoulli bandits, as a ratio with its error.

The Bernoulli settings are those of Chapelle and Li (2011, An empirical evaluation of Thompson
sampling): K arms, the best of rate 0.5, the others a gap below; and ten arms from Beta(4, 4), one
of which is replaced now and then, whose feedback comes in batches. The weekly setting is EROS's
own: some captions of very low rates, a few places a week, all of them read off one draw.

Every setting is played by both samplers over many replications at once, each with a prior that is
right. Regret is what the best arms would have earned on average beyond the arms that were played.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from eros_assets.arrays import Floats
from eros_assets.simulation.draws import beta_from_uniforms

Sampler = Callable[[Floats, Floats, np.random.Generator], Floats]


def exact(a: Floats, b: Floats, rng: np.random.Generator) -> Floats:
    """Numpy's own Beta."""
    return rng.beta(a, b)


def ours(a: Floats, b: Floats, rng: np.random.Generator) -> Floats:
    """The formula of `wilson_sample`, its uniforms from numpy instead of a key's hash."""
    return beta_from_uniforms(a, b, rng.random((8, *a.shape)) * (1 - 2**-52) + 2**-53)


@dataclass(frozen=True)
class Bernoulli:
    """One arm of rate 0.5, the others `gap` below it."""

    arms: int
    gap: float
    steps: int
    replications: int

    @property
    def name(self) -> str:
        return f"K = {self.arms:>3}, gap {self.gap:<4}, T = {self.steps:,}"

    def regret(self, sampler: Sampler, rng: np.random.Generator) -> Floats:
        """Of each replication."""
        rates = np.full(self.arms, 0.5 - self.gap)
        rates[0] = 0.5
        every = np.arange(self.replications)
        a = np.ones((self.replications, self.arms))
        b = np.ones_like(a)
        regret = np.zeros(self.replications)
        for _ in range(self.steps):
            arm = sampler(a, b, rng).argmax(axis=1)
            won = rng.random(self.replications) < rates[arm]
            a[every, arm] += won
            b[every, arm] += ~won
            regret += 0.5 - rates[arm]
        return regret


@dataclass(frozen=True)
class Dynamic:
    """Arms from Beta(4, 4), any of which is replaced with `renewal` a step; feedback in batches.

    Regret is per million steps, as Chapelle and Li's Table 1 has it: 9,105, 9,049 and 11,550 for
    batches of 1, 10 and 100.
    """

    batch: int
    steps: int
    replications: int
    arms: int = 10
    renewal: float = 1e-3

    @property
    def name(self) -> str:
        return f"dynamic Beta(4, 4), batches of {self.batch:>3}, T = {self.steps:,}"

    def regret(self, sampler: Sampler, rng: np.random.Generator) -> Floats:
        """Of each replication, per million steps."""
        shape = (self.replications, self.arms)
        every = np.arange(self.replications)
        rates = rng.beta(4, 4, shape)
        a, b = np.full(shape, 4.0), np.full(shape, 4.0)
        won_since, lost_since = np.zeros(shape), np.zeros(shape)
        regret = np.zeros(self.replications)
        for step in range(1, self.steps + 1):
            arm = sampler(a, b, rng).argmax(axis=1)
            rate = rates[every, arm]
            regret += rates.max(axis=1) - rate
            won = rng.random(self.replications) < rate
            won_since[every, arm] += won
            lost_since[every, arm] += ~won
            if step % self.batch == 0:
                a += won_since
                b += lost_since
                won_since[:], lost_since[:] = 0.0, 0.0
            renewed = np.flatnonzero(rng.random(self.replications) < self.renewal)
            if renewed.size:
                which = rng.integers(self.arms, size=renewed.size)
                rates[renewed, which] = rng.beta(4, 4, renewed.size)
                a[renewed, which] = b[renewed, which] = 4.0
                won_since[renewed, which] = lost_since[renewed, which] = 0.0
        return regret * 1e6 / self.steps


@dataclass(frozen=True)
class Weekly:
    """Captions of rates from Beta(0.6, 215), the `places` best of a draw sent each week."""

    captions: int = 1000
    places: int = 18
    views: int = 280
    weeks: int = 52
    sharpening: float = 1.0
    replications: int = 200

    @property
    def name(self) -> str:
        return (
            f"{self.captions:,} captions, {self.places} places a week, {self.weeks} weeks, "
            f"sharpening {self.sharpening:g}"
        )

    def play(self, sampler: Sampler, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """Regret in purchases, and the share of the best captions' purchases, per replication."""
        shape = (self.replications, self.captions)
        rates = rng.beta(0.6, 215, shape)
        a, b = np.full(shape, 0.6), np.full(shape, 215.0)
        every = np.arange(self.replications)[:, None]
        best = np.sort(rates, axis=1)[:, -self.places :].sum(axis=1) * self.views * self.weeks
        earned = np.zeros(self.replications)
        for _ in range(self.weeks):
            draw = sampler(self.sharpening * a, self.sharpening * b, rng)
            sent = np.argpartition(draw, -self.places, axis=1)[:, -self.places :]
            bought = rng.binomial(self.views, rates[every, sent])
            a[every, sent] += bought
            b[every, sent] += self.views - bought
            earned += self.views * rates[every, sent].sum(axis=1)
        return best - earned, earned / best

    def regret(self, sampler: Sampler, rng: np.random.Generator) -> Floats:
        """Of each replication, purchases."""
        return self.play(sampler, rng)[0]


SETTINGS: tuple[Bernoulli | Dynamic | Weekly, ...] = (
    Bernoulli(10, 0.1, 10_000, 400),
    Bernoulli(10, 0.02, 10_000, 400),
    Bernoulli(100, 0.1, 10_000, 60),
    Bernoulli(100, 0.02, 10_000, 60),
    Dynamic(1, 50_000, 40),
    Dynamic(10, 50_000, 40),
    Dynamic(100, 50_000, 40),
    Weekly(),
    Weekly(sharpening=4.0),
)


def measure() -> Iterator[str]:
    """Regret of both samplers in every setting, and their ratio with its standard error."""
    for number, setting in enumerate(SETTINGS):
        rng = np.random.default_rng([20_251_103, number])
        mine, other = setting.regret(ours, rng), setting.regret(exact, rng)
        ratio, error = _ratio(mine, other)
        yield (
            f"{setting.name:<66} ours {mine.mean():>8,.1f}  exact {other.mean():>8,.1f}  "
            f"ratio {ratio:.3f} ± {error:.3f}"
        )
    for sharpening in (1.0, 4.0):
        setting = Weekly(sharpening=sharpening)
        share = setting.play(ours, np.random.default_rng(7))[1]
        yield (
            f"{setting.name:<66} {share.mean():.3f} of the best captions' purchases "
            f"± {share.std(ddof=1) / np.sqrt(share.size):.3f}"
        )


def _ratio(a: Floats, b: Floats) -> tuple[float, float]:
    """The ratio of two independent means and its standard error, to first order."""
    ratio = a.mean() / b.mean()
    errors = [x.std(ddof=1) / np.sqrt(x.size) / x.mean() for x in (a, b)]
    return float(ratio), float(ratio * np.hypot(*errors))
