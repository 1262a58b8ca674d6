"""Estimates how repeats wear a caption out, as `update_caption_performance` does.

A send sells e^(-effect · wear) of what the caption would sell unworn; wear is the sum over its
earlier sends on the page of e^(-days since then / length). Rows are sends, by pair of page and
caption, then time.
"""

from dataclasses import dataclass

import numpy as np

from eros_assets.arrays import Bools, Floats, Ints

LENGTHS = (30.0, 60.0, 120.0)
"""Days that are tried for the length of wear."""

USUAL_LENGTH, USUAL_EFFECT = 60.0, 0.3
USUAL_NOISE = (0.25, 0.02)
"""Length, effect, and the noise of a send by message type, before anything is estimated."""

STEP, STEPS = 0.05, 21
"""Effects that are tried at the usual length; in proportion at the others."""

CLEARLY_BETTER = 4.0
"""By so much of chi-square another length must fit better than the usual one."""


@dataclass(frozen=True, slots=True, eq=False)
class RatedSends:
    """Sends with what was to be expected of an average caption.

    A send's variance is taken for dispersion · mean + noise · mean²; `variation` is the captions'
    squared coefficient of variation.
    """

    pair: Ints
    day: Floats  # as of the statistics' date
    message_type: Ints
    expected: Floats  # successes
    successes: Floats
    dispersion: Floats
    noise: Floats
    variation: Floats
    in_window: Bools


@dataclass(frozen=True, slots=True, eq=False)
class Wear:
    """Effect and length (days) of wear, by message type (2,)."""

    effect: Floats
    days: Floats

    def left(self, pair: Ints, day: Floats, message_type: Ints) -> Floats:
        """The share of its conversion that each send still has."""
        worn = np.zeros(pair.size)
        for kind in (0, 1):
            of_kind = message_type == kind
            worn[of_kind] = self.effect[kind] * worn_by(
                pair[of_kind], day[of_kind], self.days[kind]
            )
        return np.exp(-worn)


def earlier(values: Floats, pair: Ints) -> Floats:
    """The sum of the values of a row's pair before the row."""
    total = np.concatenate(([0.0], np.cumsum(values)))
    return total[:-1] - total[np.searchsorted(pair, pair, side="left")]


def worn_by(pair: Ints, day: Floats, days: float) -> Floats:
    """The wear that each send finds."""
    since = np.exp(day / days)
    return earlier(since, pair) / since


def fitted_wear(sends: RatedSends, weight: float, least: int) -> Wear:
    """Wear by prediction: each repeat against what was believed of the caption just before.

    0 where fewer than `least` repeats tell; `weight` is a factor on what is found.
    """
    effect, days = np.zeros(2), np.full(2, USUAL_LENGTH)
    if weight == 0:
        return Wear(effect, days)
    fits = {length: Beliefs.before(sends, length) for length in LENGTHS}
    variance = fits[USUAL_LENGTH].variance
    for kind in (0, 1):
        repeats = sends.in_window & (sends.message_type == kind) & (sends.expected > 0)
        repeats &= fits[USUAL_LENGTH].wear > 0
        if np.count_nonzero(repeats) < least:
            continue
        found: list[tuple[float, float, float]] = []
        for length, beliefs in fits.items():
            loss = np.array(
                [
                    (beliefs.misses(sends, step * STEP, repeats) / variance[repeats]).sum()
                    for step in range(STEPS)
                ]
            )
            best = int(np.argmin(np.round(loss, 6)))
            shift = 0.0
            if 0 < best < STEPS - 1:
                bend = loss[best - 1] - 2 * loss[best] + loss[best + 1]
                shift = 0.5 * (loss[best - 1] - loss[best + 1]) / bend
            misfit = loss[best] - CLEARLY_BETTER * (length == USUAL_LENGTH)
            found.append((misfit, length, (best + shift) * STEP * USUAL_LENGTH / length))
        _, days[kind], effect[kind] = min(found, key=lambda fit: (round(fit[0], 6), fit[1]))
    return Wear(weight * effect, days)


@dataclass(frozen=True, slots=True, eq=False)
class Beliefs:
    """What was believed of a send's caption before it, with wear of one length.

    The pair's Gamma belief is `shape` over `exposure`, which falls by `slope` with the effect.
    """

    length: float
    wear: Floats
    shape: Floats
    exposure: Floats
    slope: Floats
    least_exposure: Floats
    variance: Floats

    @classmethod
    def before(cls, sends: RatedSends, length: float) -> "Beliefs":
        """With wear of this length (days)."""
        wear = worn_by(sends.pair, sends.day, length)
        expected = sends.expected * np.exp(-USUAL_EFFECT * USUAL_LENGTH / length * wear)
        worth = 1.0 / (sends.dispersion + sends.noise * expected)
        begin = 1.0 / sends.variation
        shape = begin + earlier(worth * sends.successes, sends.pair)
        exposure = begin + earlier(worth * expected, sends.pair)
        predicted = expected * shape / exposure
        return cls(
            length=length,
            wear=wear,
            shape=shape,
            exposure=exposure,
            slope=earlier(worth * expected * wear, sends.pair),
            least_exposure=begin,
            variance=sends.dispersion * predicted + (sends.noise + 1.0 / shape) * predicted**2,
        )

    def exposure_at(self, effect: float) -> Floats:
        """The exposure, were this the effect."""
        usual = USUAL_EFFECT * USUAL_LENGTH / self.length
        return np.maximum(self.exposure - (effect - usual) * self.slope, self.least_exposure)

    def misses(self, sends: RatedSends, usual_effect: float, rows: Bools) -> Floats:
        """Squares of successes less predicted, of some rows, were the effect this at 60 days."""
        effect = usual_effect * USUAL_LENGTH / self.length
        left = np.exp(-effect * self.wear)
        predicted = sends.expected * left * self.shape / self.exposure_at(effect)
        return (sends.successes - predicted)[rows] ** 2
