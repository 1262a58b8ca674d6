"""Estimates what another setting would have earned, from the log of this one.

Every sent PPV i of a page's week and tier carries b_i, its chance to be in the week by either arm,
per place, and for a candidate setting e its chance p_i per place. With w_i = p_i / b_i, reward r_i
(EMV, USD per 1,000 recipients) and n messages:

    inverse propensity              sum w r / n                    (Horvitz and Thompson 1952)
    self-normalised                 sum w r / sum w                (Hajek)
    doubly robust                   sum (m + w (r - q)) / n        (Dudik, Langford and Li 2011)

Weights of chances are cut off at MOST_WEIGHT (Ionides 2008): one unlikely message decides nothing,
and the model answers for what is cut.

q is a model of the reward, the posterior rate times the earnings per unit of rate on the page and
tier; m is its mean over the captions that e chooses, known from replays of the whole pool. The
effective sample size is (sum w)^2 / sum w^2 (Kish).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from eros_assets.arrays import Bools, Floats
from eros_assets.evaluation.arms import TARGET
from eros_assets.evaluation.intervals import Interval, jackknife_interval, units_until_detectable

LEAST_EFFECTIVE = 50
"""Effective messages under which nothing is claimed."""

LEAST_MEAN_WEIGHT, MOST_MEAN_WEIGHT = 0.8, 1.25
"""Weights average to 1 where the log covers what the candidate chooses."""

MOST_WEIGHT = 20.0
"""Of a message: greater weights are cut off."""


@dataclass(frozen=True, slots=True)
class LoggedMessages:
    """Sent messages of the log with one candidate's chances; arrays by message.

    `rate` is the posterior rate that it was chosen by, `expected_rate` the mean one of what the
    candidate chooses for such a place; `stratum` numbers page and tier, `cluster` the page.
    Weights are cut off at `most_weight`.
    """

    reward: Floats
    logged: Floats
    candidate: Floats
    rate: Floats
    expected_rate: Floats
    stratum: NDArray[np.int64]
    cluster: NDArray[np.int64]
    most_weight: float = MOST_WEIGHT

    def without(self, cluster: int) -> "LoggedMessages":
        """The log without one cluster."""
        kept = self.cluster != cluster
        return replace(
            self,
            reward=self.reward[kept],
            logged=self.logged[kept],
            candidate=self.candidate[kept],
            rate=self.rate[kept],
            expected_rate=self.expected_rate[kept],
            stratum=self.stratum[kept],
            cluster=self.cluster[kept],
        )

    def of_control(self, is_control: Bools) -> "LoggedMessages":
        """The log as evidence of a uniform choice: its control arm has chosen so.

        The other messages have no weight, those of the control arm equal ones, however few they
        are: nothing is cut off.
        """
        share = max(float(is_control.mean()), 1e-12)
        logged = np.full(self.logged.size, share)
        return replace(self, logged=logged, candidate=1.0 * is_control, most_weight=math.inf)

    @property
    def ratios(self) -> Floats:
        """The candidate's chance over the logged one, by message."""
        return self.candidate / self.logged

    @property
    def weights(self) -> Floats:
        """w, by message: the ratios, cut off."""
        return np.minimum(self.ratios, self.most_weight)


@dataclass(frozen=True, slots=True)
class PolicyValue:
    """EMV of a candidate by each estimator, and of the gain over the messages as they were."""

    inverse_propensity: Interval
    self_normalised: Interval
    doubly_robust: Interval
    gain: Interval
    effective_messages: float
    mean_weight: float
    greatest_weight: float

    @property
    def weights_are_sound(self) -> bool:
        """Whether the log covers what the candidate chooses, however few messages it has."""
        return LEAST_MEAN_WEIGHT <= self.mean_weight <= MOST_MEAN_WEIGHT

    @property
    def overlap_is_enough(self) -> bool:
        """Whether the log overlaps enough with the candidate to evaluate it."""
        return self.weights_are_sound and self.effective_messages >= LEAST_EFFECTIVE

    def weeks_until_detectable(self, weeks: int, logged_emv: float) -> int | None:
        """Further weeks like these `weeks` until a gain of TARGET would be seen; None: never so.

        At least until the messages are enough, too.
        """
        if not self.weights_are_sound or self.effective_messages <= 0:
            return None
        detectable = units_until_detectable(self.gain.standard_error, weeks, TARGET * logged_emv)
        if detectable is None:
            return None
        enough = math.ceil(weeks * LEAST_EFFECTIVE / self.effective_messages) - weeks
        return max(detectable, enough)


def inverse_propensity(log: LoggedMessages) -> float:
    """Mean weighted reward."""
    return float(np.mean(log.weights * log.reward))


def self_normalised(log: LoggedMessages) -> float:
    """Weighted mean of rewards."""
    total = float(log.weights.sum())
    return float((log.weights * log.reward).sum()) / total if total > 0 else math.nan


def doubly_robust(log: LoggedMessages) -> float:
    """The model's mean under the candidate, corrected by its errors on the log."""
    strata = int(log.stratum.max()) + 1
    earned = np.bincount(log.stratum, log.reward, strata)
    per_rate = (earned / np.maximum(np.bincount(log.stratum, log.rate, strata), 1e-12))[log.stratum]
    missed = log.weights * (log.reward - per_rate * log.rate)
    return float(np.mean(per_rate * log.expected_rate + missed))


def policy_value(log: LoggedMessages) -> PolicyValue:
    """Estimated EMV of the candidate, with intervals that leave out one page at a time."""

    def interval(estimate: Callable[[LoggedMessages], float]) -> Interval:
        return jackknife_interval(estimate(log), np.array([estimate(part) for part in parts]))

    parts = [log.without(int(cluster)) for cluster in np.unique(log.cluster)]
    weights = log.weights
    squares = float((weights**2).sum())
    return PolicyValue(
        inverse_propensity=interval(inverse_propensity),
        self_normalised=interval(self_normalised),
        doubly_robust=interval(doubly_robust),
        gain=interval(lambda part: doubly_robust(part) - float(np.mean(part.reward))),
        effective_messages=float(weights.sum()) ** 2 / squares if squares else 0.0,
        mean_weight=float(weights.mean()),
        greatest_weight=float(log.ratios.max()),
    )
